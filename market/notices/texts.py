"""The texts of a notice: the frozen one with its hash, which anybody can verify, and the printed form."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from market.codes.labels import label
from market.kit.formats import day, moment
from market.kit.i18n import gettext as _
from market.notices.models import Notice
from market.notices.periods import last_day


def canonical(title: str, body: Sequence[Sequence[str]]) -> str:
    """Serialise title and body to the canonical JSON that is hashed: sorted keys, no spaces, no escapes."""
    return json.dumps(
        {"body": [list(row) for row in body], "title": title},
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
    )


def body_hash(title: str, body: Sequence[Sequence[str]]) -> str:
    """Return the SHA-256 over the canonical text in UTF-8, in hexadecimal."""
    return hashlib.sha256(canonical(title, body).encode()).hexdigest()


def print_of(notice: Notice) -> dict[str, Any]:
    """Return the data of the printed notice, without objectors' names; objections must be fetched."""
    ends = _("%(day)s 24:00", day=day(last_day(notice.ends_at))) if notice.ends_at else _("待确认")
    unit = notice.organisation.name if notice.organisation else _("主管部门")
    return {
        "title": notice.title,
        "number": notice.number,
        "kind": label("notice_kind", notice.kind),
        "body": [list(row) for row in notice.body],
        "facts": [
            [_("发布单位"), unit],
            [_("发布"), moment(notice.published_at)],
            [_("公示期"), f"{notice.days} {label('day_kind', notice.day_kind)}"],
            [_("截止"), ends],
            [_("状态"), label("notice", notice.status)],
            [_("文本校验值"), notice.body_hash],
        ],
        "objections_title": _("异议及处理"),
        "objections": [
            [
                moment(objection.filed_at),
                label("objection", objection.status),
                objection.reason,
                objection.answer,
                objection.decision,
            ]
            for objection in notice.objections
        ],
        "heads": [_("提出"), _("结果"), _("事实和理由"), _("答复"), _("裁定")],
        "none": _("没有收到异议。"),
    }
