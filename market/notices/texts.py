"""The texts of a notice: the frozen one with its hash, which anybody can verify, its print and its feed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from market.codes.labels import label
from market.kit.atom import FeedEntry, feed
from market.kit.formats import end_of, moment
from market.kit.i18n import gettext as _
from market.kit.letterhead import letterhead
from market.notices.models import Notice, Objection


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


def print_of(notice: Notice, outcome: Sequence[Sequence[str]] = ()) -> dict[str, Any]:
    """Return the data of the printed notice, without objectors' names; objections must be fetched.

    `outcome` says what became of its entries.
    """
    ends = end_of(notice.ends_at) if notice.ends_at else _("待确认")
    entries = dict(notice.entries)
    return {
        "title": notice.title,
        "number": notice.number,
        "kind": label("notice_kind", notice.kind),
        "body": [list(row) for row in notice.body],
        "facts": [
            *publisher_of(notice),
            [_("发布"), moment(notice.published_at)],
            [_("公示期"), f"{notice.days} {label('day_kind', notice.day_kind)}"],
            [_("截止"), ends],
            [_("状态"), label("notice", notice.shown_status)],
            [_("文本校验值"), notice.body_hash],
        ],
        "outcome_title": _("公示结果"),
        "outcome": [list(row) for row in outcome],
        "objections_title": _("异议及处理"),
        "objections": [
            [
                moment(objection.filed_at),
                label("objection", objection.status),
                "\n".join(
                    [_("针对：%(entry)s", entry=entries[str(objection.entry_id)]), objection.reason]
                    if objection.entry_id
                    else [objection.reason]
                ),
                "\n".join(_answers(objection)),
                objection.decision,
            ]
            for objection in notice.objections
        ],
        "heads": [_("提出"), _("结果"), _("事实和理由"), _("答复"), _("裁定")],
        "none": _("没有收到异议。"),
    }


def _answers(objection: Objection) -> list[str]:
    """Return the publisher's answer, then what the sides stated; statements must be fetched."""
    stated = [
        f"{label('statement_side', statement.side)}：{statement.text}"
        for statement in objection.statements
        if statement.text
    ]
    return [objection.answer, *stated] if objection.answer else stated


def publisher_of(notice: Notice) -> list[list[str]]:
    """Return who published a notice and, of the authority's, where objections on paper go."""
    if notice.organisation:
        return [[_("发布单位"), notice.organisation.name]]
    office = letterhead()
    rows = [
        [_("发布单位"), office.office or _("主管部门")],
        [_("地址"), office.address],
        [_("电话"), office.phone],
    ]
    return [row for row in rows if row[1]]


NEWEST = 50


def atom_of(notices: Sequence[Notice], base_url: str, now: datetime) -> bytes:
    """Return the feed as UTF-8 XML; an entry is updated by any change of its notice.

    Changes are an extension, an objection, its answer and decision, and the end. Objections and extensions
    must be fetched.
    """
    entries = []
    for notice in notices:
        ends = end_of(notice.ends_at) if notice.ends_at else _("待确认")
        words = _("%(status)s，截止 %(ends)s", status=label("notice", notice.shown_status), ends=ends)
        entries.append(
            FeedEntry(
                f"urn:uuid:{notice.id}",
                notice.title,
                _changed(notice),
                f"{base_url}/notices/{notice.number}",
                notice.organisation.name if notice.organisation else _("主管部门"),
                f"{label('notice_kind', notice.kind)}　{notice.number}　{words}",
                published=notice.published_at,
            )
        )
    return feed(
        _("科转 · 公示公告"),
        address=f"{base_url}/notices.atom",
        page=f"{base_url}/notices",
        entries=entries,
        now=now,
    )


def _changed(notice: Notice) -> datetime:
    moments = [notice.published_at, notice.closed_at]
    moments += [extension.extended_at for extension in notice.extensions]
    for objection in notice.objections:
        moments += [objection.filed_at, objection.answered_at, objection.decided_at]
    return max(moment for moment in moments if moment is not None)
