"""A year is closed: its figures are frozen with their rows; a correction is a further version."""

from __future__ import annotations

import hashlib
from datetime import date
from uuid import UUID, uuid4

from market.accounts.messages import notify_staff
from market.accounts.models import StaffRole
from market.audit.log import record
from market.kit.clock import local_date
from market.kit.database import atomic, connection
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.i18n import gettext as _
from market.records.by import By
from market.records.decisions import Verdict, decide
from market.records.figures import Measure
from market.targets.closing_models import TargetClosing
from market.targets.figures import FIGURES, REVERSALS
from market.targets.plans import issued_plan
from market.targets.states import ClosingVerb, TargetAct

SUBJECT = "target_closing"
_ROW_TEXT = (
    "concat_ws('|', d.number, r.status, r.city, r.unit_id, r.kind, r.event_on, r.verified_on, "
    "r.contract_amount, r.trade_amount, r.received_amount, r.is_related, r.partner_id, r.partner_share, "
    "r.struck_on, CASE WHEN r.is_reversal THEN 'reversal' END)"
)
"""What is hashed of a row; what is empty leaves no trace, so that years closed before keep their hash."""
_COLUMNS = (
    "deed_id, status, city, unit_id, kind, event_on, verified_on, contract_amount, trade_amount, "
    "received_amount, is_related, partner_id, partner_share, struck_on, is_reversal"
)
_LIVE = (
    "(SELECT id AS deed_id, status, city, unit_id, kind, event_on, verified_on, contract_amount, "  # noqa: S608
    "trade_amount, received_amount, is_related, partner_id, partner_share, struck_on, false AS is_reversal "
    "FROM deeds WHERE year = $1 UNION ALL SELECT deed_id, 'struck', city, unit_id, kind, event_on, "
    "verified_on, contract_amount, trade_amount, received_amount, is_related, partner_id, partner_share, "
    f"struck_on, true FROM ({REVERSALS.format(year='$1')}) AS s)"
)
"""Rows of a year $1 as they stand, with those of closed years that were struck in it."""


@atomic()
async def propose_closing(year: int, note: str, *, by: By) -> TargetClosing:
    """Freeze the rows of a year that is over, as they stand, for the operator; or a correction of it.

    Raises:
        Conflict: the year is not over, has no target, or a version waits.
        Invalid: at `note`, which says why there is a further version.
    """
    by.actor.require(TargetAct.MANAGE_TARGETS)
    if year >= local_date(by.now).year:
        raise Conflict(_("年度结束以后才能封存。"))
    if await issued_plan(year) is None:
        raise Conflict(_("这一年没有下达目标。"))
    earlier = await TargetClosing.filter(year=year).order_by("-version").select_for_update()
    if any(closing.verdict is None for closing in earlier):
        raise Conflict(_("这一年已有一版等待决定。"))
    if any(closing.is_confirmed for closing in earlier) and len(note) < 4:
        raise Invalid(_("请写明为什么更正。"), field="note")
    closing_id = uuid4()
    closing = await TargetClosing.create(
        id=closing_id,
        year=year,
        version=earlier[0].version + 1 if earlier else 1,
        note=note or ("" if not earlier else _("更正")),
        figures=await _live_figures(year),
        rows_hash=await _live_hash(year),
        proposed_by_id=by.actor.user_id,
        proposed_at=by.now,
    )
    await connection().execute_query(
        f"INSERT INTO closed_deeds (closing_id, {_COLUMNS}) "  # noqa: S608
        f"SELECT $2::uuid, {_COLUMNS} FROM {_LIVE} AS r ORDER BY deed_id",
        [year, closing_id],
    )
    await record(SUBJECT, closing.id, ClosingVerb.PROPOSE, by=by, year=year, hash=closing.rows_hash)
    await notify_staff(
        StaffRole.APPROVER,
        _("%(year)s 年重大成果转化数等您封存。", year=year),
        now=by.now,
        address="/backoffice/targets",
    )
    return closing


@atomic()
async def decide_closing(closing_id: UUID, verdict: Verdict, *, reason: str = "", by: By) -> TargetClosing:
    """Close a year with these rows, or reject that, for the approver.

    Raises:
        NotFound: there is none.
        SamePerson: the person proposed it.
        AlreadyDecided: somebody decided before.
        Invalid: at `reason`, which a rejection must have.
    """
    by.actor.require(TargetAct.DECIDE_TARGETS)
    closing = await TargetClosing.filter(id=closing_id).select_for_update().first()
    if closing is None:
        raise NotFound(_("没有这一版。"))
    await decide(closing, verdict, by=by, reason=reason)
    await record(SUBJECT, closing.id, ClosingVerb.DECIDE, by=by, year=closing.year, verdict=verdict.value)
    return closing


async def list_closings(year: int | None = None) -> list[TargetClosing]:
    """Return the versions of closed years, the newest first."""
    closings = TargetClosing.all() if year is None else TargetClosing.filter(year=year)
    return await closings.select_related("proposed_by", "decided_by").order_by("-year", "-version")


async def stored_hash(closing_id: UUID) -> str:
    """Return the hash over the rows that were frozen with a closing."""
    return await _hash(
        f"SELECT {_ROW_TEXT} AS text FROM closed_deeds r JOIN deeds d ON d.id = r.deed_id "  # noqa: S608
        "WHERE r.closing_id = $1 ORDER BY d.number",
        closing_id,
    )


async def _live_hash(year: int) -> str:
    return await _hash(
        f"SELECT {_ROW_TEXT} AS text FROM {_LIVE} AS r JOIN deeds d ON d.id = r.deed_id "  # noqa: S608
        "ORDER BY d.number",
        year,
    )


async def _hash(query: str, value: object) -> str:
    rows = await connection().execute_query_dict(query, [value])
    return hashlib.sha256("\n".join(row["text"] for row in rows).encode()).hexdigest()


async def stored_figures(closing: TargetClosing) -> dict[str, int]:
    """Return the figures of a closing that stand in it, counted from the rows that were frozen with it."""
    counted = await _figures("closed_deeds WHERE closing_id = $1", closing.id, closing.year)
    return {key: value for key, value in counted.items() if key in closing.figures}


async def _live_figures(year: int) -> dict[str, int]:
    return await _figures(f"{_LIVE} AS r WHERE true", year, year)


async def _figures(rows: str, value: object, year: int) -> dict[str, int]:
    """Return the value of each figure over rows of deeds, up to the end of the year."""
    measured = ", ".join(
        f"(count(*) FILTER (WHERE {figure.where}))::bigint AS {figure.key}"
        if figure.measure is Measure.COUNT
        else f"coalesce(sum({figure.amount}) FILTER (WHERE {figure.where}), 0)::bigint AS {figure.key}"
        for figure in FIGURES
    )
    values = await connection().execute_query_dict(
        f"SELECT {measured} FROM {rows} AND $2::date IS NOT NULL",  # noqa: S608
        [value, date(year, 12, 31)],
    )
    return dict(values[0])
