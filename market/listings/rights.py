"""Numbers of patents as people type them: Chinese ones are checked, foreign ones kept. Pure."""

from __future__ import annotations

import re
import unicodedata

from market.codes.patents import (
    foreign_number,
    is_publication_number,
    missing_check_digit,
    parse_patent_number,
    right_check_digit,
)
from market.kit.i18n import gettext as _

_LABEL = re.compile(
    r"\s*(?:中国)?(?:发明|实用新型|外观设计)?(?:专利|申请|授权|公开|公告|专利申请|授权公告|公开公告)?\s*(?:编?号码?)?\s*[::第]\s*"
    r"|\s*(?:专利|申请|授权|公开|公告|专利申请|授权公告)编?号码?\s*"
)
"""What people write before a number: 专利号：, 申请号."""


class InvalidNumber(ValueError):
    """The number of a patent cannot be right; the message says why."""


def patent_number_of(text: str) -> str:
    """Return the number of a patent or an application in canonical form.

    Raises:
        InvalidNumber: it is the number of a publication, its check digit is wrong or missing, or it is none.
    """
    text = without_label(text)
    number = parse_patent_number(text) or foreign_number(text)
    if number is not None:
        return number
    if is_publication_number(text):
        raise InvalidNumber(
            _(
                "%(number)s 是公开（公告）号，请填申请号（专利号），如 201810861934.2。",
                number=text.strip()[:40],
            )
        )
    if digit := right_check_digit(text):
        raise InvalidNumber(
            _(
                "专利号 %(number)s 的校验位不对，按前面的数字应为 %(digit)s，请看证书。",
                number=text.strip()[:40],
                digit=digit,
            )
        )
    if digit := missing_check_digit(text):
        raise InvalidNumber(
            _(
                "专利号 %(number)s 少了最后的校验位，按前面的数字应为 %(digit)s，请看证书。",
                number=text.strip()[:40],
                digit=digit,
            )
        )
    raise InvalidNumber(
        _(
            "“%(number)s”里没有完整的专利号，请填如 201810861934.2；没有专利号可以留空。",
            number=text.strip()[:40],
        )
    )


def is_almost_patent(text: str) -> bool:
    """Return whether this is the number of a publication, or a Chinese one without its right check digit."""
    bare = without_label(text)
    return is_publication_number(bare) or bool(right_check_digit(bare) or missing_check_digit(bare))


def without_label(text: str) -> str:
    """Return a number without what people write around it, such as 专利号： or 第…号."""
    plain = unicodedata.normalize("NFKC", text).strip()
    label = _LABEL.match(plain)
    bare = plain[label.end() :] if label else plain
    return bare.removeprefix("第").removesuffix("号").strip() or plain
