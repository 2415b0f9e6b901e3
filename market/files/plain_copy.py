"""What a copy without metadata is, and why a file has none. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from market.files.mentions import Mention
from market.kit.i18n import lazy
from market.kit.labels import LabelEnum


class CopyFault(LabelEnum):
    """Why no copy could be made of a file, with what to do."""

    ENCRYPTED = "encrypted", lazy("文件加了密码：请申报单位去掉密码后重新提供"), "wrong"
    BROKEN = "broken", lazy("文件损坏，读不出来：请申报单位另存一份后重新提供"), "wrong"
    EMBEDDED = "embedded", lazy("文件里嵌有清理不了的对象：请申报单位导出为 PDF 后重新提供"), "wrong"
    TOO_LARGE = "too_large", lazy("文件太大或太复杂，没有处理完：请申报单位分成几份后重新提供"), "wrong"
    UNSUPPORTED = (
        "unsupported",
        lazy("这种文件清理不了，不向专家展示：请申报单位导出为 PDF 后重新提供"),
        "wrong",
    )
    MISSING = "missing", lazy("文件的内容取不到：请核对文件库"), "wrong"


class Removed(LabelEnum):
    """What a copy has no more."""

    PROPERTIES = "properties", lazy("作者、单位、标题等文档属性")
    METADATA = "metadata", lazy("XMP 等内嵌元数据")
    EXIF = "exif", lazy("图片的拍摄信息（EXIF、GPS）")
    EMBEDDED = "embedded", lazy("内嵌文件、脚本和外部链接")
    COMMENT_AUTHORS = "comment_authors", lazy("批注的作者和时间")
    REVISION_AUTHORS = "revision_authors", lazy("修订的作者和时间")
    SIGNATURES = "signatures", lazy("电子签名、图章和表单域")
    OUTLINE = "outline", lazy("书签、图层等文档结构")
    HISTORY = "history", lazy("路径、缩略图等编辑痕迹")


class Doubt(LabelEnum):
    """What nobody but a person can look at."""

    SCAN = "scan", lazy("没有文字层（扫描件）"), "due"
    PICTURE = "picture", lazy("图片里的文字没有检查"), "due"
    UNREAD_MEDIA = "unread_media", lazy("内嵌图片的格式没有清理"), "due"


@dataclass(frozen=True)
class PlainCopy:
    """The content of a copy, with what was removed and what is left to look at."""

    content: bytes
    removed: Sequence[Removed]
    mentions: Sequence[Mention]
    doubts: Sequence[tuple[Doubt, str]]
    """What to look at and where, such as pages `3、7`."""


class CopyRefused(Exception):
    """No copy can be made."""

    def __init__(self, fault: CopyFault) -> None:
        super().__init__(fault)
        self.fault = fault
