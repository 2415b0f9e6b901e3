"""Calls as people may read them, and the windows in which programmes take applications."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise.expressions import Q

from market.accounts.actors import Actor
from market.accounts.permissions import AccountAct
from market.files.models import StoredFile
from market.kit.database import connection
from market.kit.errors import Invalid, NotFound
from market.kit.formats import closing_words, moment
from market.kit.i18n import gettext as _
from market.programmes.call_models import Call, CallClosing
from market.programmes.call_states import CallStatus
from market.programmes.call_windows import CallWindow, WindowState, admits, current_windows
from market.records.decisions import Verdict

RELATIONS = ("programme", "proposed_by", "decided_by", "file")
_WINDOWS = """
SELECT c.id, c.number, p.slug AS programme, c.year, c.opens_at, c.channel, c.address, c.contact, c.phone,
    c.papers,
    coalesce((SELECT k.closes_at FROM call_closings k WHERE k.call_id = c.id AND k.verdict = 'confirmed'
        ORDER BY k.decided_at DESC, k.id LIMIT 1), c.closes_at) AS closes_at
FROM calls c JOIN programmes p ON p.id = c.programme_id WHERE c.status = 'released'
"""


async def get_call_for(actor: Actor | None, number: str) -> Call:
    """Return a call: a released one for everybody, any other for the desk.

    Raises:
        NotFound: there is none, or it is not released.
    """
    call = await Call.get_or_none(number=number).select_related(*RELATIONS)
    if call is None or not _may_read(actor, call):
        raise NotFound(_("没有这份申报通知。"))
    return call


def _may_read(actor: Actor | None, call: Call) -> bool:
    return call.status is CallStatus.RELEASED or (actor is not None and actor.may(AccountAct.SEE_DESK))


async def may_open_notice(actor: Actor | None, file: StoredFile) -> bool:
    """Return whether a person may open the file of a call."""
    call = await Call.get_or_none(id=file.subject_id)
    return call is not None and _may_read(actor, call)


async def list_calls() -> list[Call]:
    """Return all calls for the desk, those that wait first, then the newest."""
    rows = await Call.exclude(status=CallStatus.DISCARDED).select_related(*RELATIONS)
    order = list(CallStatus)
    return sorted(rows, key=lambda call: (order.index(call.status), -call.opens_at.timestamp(), call.number))


async def list_closings(call_id: UUID) -> list[CallClosing]:
    """Return the changed closings of a call, with who proposed and decided, the first first."""
    rows = CallClosing.filter(call_id=call_id).select_related("proposed_by", "decided_by")
    return await rows.order_by("proposed_at", "id")


async def waiting_closings() -> list[CallClosing]:
    """Return the changed closings that wait for the approver, with their calls."""
    rows = CallClosing.filter(verdict=None).select_related("call__programme", "proposed_by")
    return await rows.order_by("proposed_at")


async def confirmed_closings(call_ids: Collection[UUID]) -> Mapping[UUID, datetime]:
    """Return the closing that counts of those of these calls whose closing was changed."""
    rows = CallClosing.filter(Q(call_id__in=list(call_ids)), verdict=Verdict.CONFIRMED)
    return {row.call_id: row.closes_at for row in await rows.order_by("decided_at", "id")}


async def windows(slugs: Collection[str] | None = None) -> dict[str, list[CallWindow]]:
    """Return the windows of released calls by programme; of these programmes only, where given."""
    where, values = ("", []) if slugs is None else (" AND p.slug = ANY($1::text[])", [list(slugs)])
    by_programme: defaultdict[str, list[CallWindow]] = defaultdict(list)
    for row in await connection().execute_query_dict(_WINDOWS + where, values):
        window = _window(row)
        by_programme[window.programme].append(window)
    return dict(by_programme)


def _window(row: Mapping[str, Any]) -> CallWindow:
    return CallWindow(
        id=UUID(str(row["id"])),
        number=row["number"],
        programme=row["programme"],
        year=row["year"],
        opens_at=row["opens_at"],
        closes_at=row["closes_at"],
        channel=row["channel"],
        address=row["address"],
        contact=row["contact"],
        phone=row["phone"],
        papers=tuple(Call._meta.fields_map["papers"].to_python_value(row["papers"])),
    )


async def window_of(call_id: UUID) -> CallWindow | None:
    """Return the window of a released call; None while it is not released."""
    rows = await connection().execute_query_dict(_WINDOWS + " AND c.id = $1", [call_id])
    return _window(rows[0]) if rows else None


def window_of_draft(call: Call) -> CallWindow:
    """Return the window that a call would have, released as it is; its programme must be loaded."""
    names = ("id", "number", "year", "opens_at", "closes_at", "channel", "address", "contact", "phone")
    return CallWindow(
        **{name: getattr(call, name) for name in names},
        programme=call.programme.slug,
        papers=tuple(call.papers),
    )


async def windows_beside(call: Call) -> tuple[list[CallWindow], list[CallWindow]]:
    """Return the windows of the other calls of its programme: the released ones, and those that wait."""
    released = (await windows([call.programme.slug])).get(call.programme.slug, [])
    waiting = await Call.filter(
        programme_id=call.programme_id, status__in=[CallStatus.DRAFT, CallStatus.RETURNED]
    ).select_related("programme")
    return (
        [window for window in released if window.id != call.id],
        [window_of_draft(row) for row in waiting if row.id != call.id],
    )


async def require_open(slug: str, year: int, now: datetime) -> None:
    """Raise unless a claim to a programme for a year may be submitted at this moment.

    Raises:
        Invalid: the programme takes applications by calls, and none of that year is open; says until or from
            when.
    """
    of_programme = (await windows([slug])).get(slug, [])
    if not admits(of_programme, year, now):
        raise Invalid(refusal(of_programme, year, now), field="declaration")


@dataclass(frozen=True)
class Submission:
    """When claims of a year are taken, in words."""

    number: str
    words: str
    is_open: bool


async def submission_of(slug: str, year: int, now: datetime) -> Submission | None:
    """Return when claims to a programme for a year are taken; None: at any time, for it has no call.

    Of calls that are open together the one that closes last is named.
    """
    of_programme = (await windows([slug])).get(slug, [])
    if not of_programme:
        return None
    of_year = [window for window in of_programme if window.year == year]
    window = current_windows(of_year or of_programme, now)[-1]
    if not admits(of_programme, year, now):
        return Submission(window.number, refusal(of_programme, year, now), False)
    words = _(
        "按申报通知 %(number)s，%(at)s 截止，按提交的时刻算。",
        number=window.number,
        at=closing_words(window.closes_at),
    )
    return Submission(window.number, words, True)


def refusal(of_programme: Sequence[CallWindow], year: int, now: datetime) -> str:
    """Return why no claim of this year is taken now."""
    of_year = [window for window in of_programme if window.year == year]
    if not of_year:
        window = current_windows(of_programme, now)[0]
        return _(
            "现在没有受理 %(year)s 年度申报的通知（最近的是 %(number)s，%(other)s 年度）。",
            year=year,
            number=window.number,
            other=window.year,
        )
    window = current_windows(of_year, now)[0]
    if window.state(now) is WindowState.UPCOMING:
        return _(
            "申报通知 %(number)s 从 %(at)s 开始受理，草稿已保留，届时再提交。",
            number=window.number,
            at=moment(window.opens_at),
        )
    return _(
        "申报通知 %(number)s 已于 %(at)s 截止，不能再提交；草稿保留。",
        number=window.number,
        at=closing_words(window.closes_at),
    )
