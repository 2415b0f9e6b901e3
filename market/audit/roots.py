"""Daily roots: a published hash over the heads of all chains, which shows what a chain alone cannot."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from market.audit.export_format import root_over
from market.audit.models import DailyRoot
from market.deps import Deps
from market.kit.clock import end_of_day, local_date
from market.kit.database import atomic, connection
from market.kit.jobs import job

GRACE = timedelta(minutes=10)
"""How long after midnight a day's transactions may still commit."""


@atomic()
async def make_daily_root(day: date, *, now: datetime) -> DailyRoot:
    """Publish the root over the heads of all chains at the end of `day`. Idempotent: it is made once."""
    existing = await DailyRoot.get_or_none(day=day)
    if existing is not None:
        return existing
    heads = await _heads(end_of_day(day))
    return await DailyRoot.create(
        day=day,
        root=root_over((kind, identity, digest) for kind, identity, digest, _count in heads),
        chains=len(heads),
        events=sum(count for *_rest, count in heads),
        made_at=now,
    )


async def make_missing_roots(*, now: datetime) -> int:
    """Publish the roots of past days that have none, and return how many were made.

    A day without events needs none, but the last past day always gets one. A day is past ten minutes after
    its midnight, when transactions that began before it have committed.
    """
    last_day = local_date(now - GRACE) - timedelta(days=1)
    if await DailyRoot.exists(day=last_day):
        return 0
    latest = await DailyRoot.all().order_by("-day").first()
    days = {*await _days_with_events(latest.day if latest else None, last_day), last_day}
    for day in sorted(days):
        await make_daily_root(day, now=now)
    return len(days)


async def _days_with_events(after: date | None, until: date) -> list[date]:
    rows = await connection().execute_query_dict(
        "SELECT DISTINCT (happened_at AT TIME ZONE 'Asia/Shanghai')::date AS day FROM audit_events "
        "WHERE ($1::timestamptz IS NULL OR happened_at >= $1) AND happened_at < $2",
        [end_of_day(after) if after else None, end_of_day(until)],
    )
    return [row["day"] for row in rows]


async def _heads(before: datetime) -> list[tuple[str, UUID, str, int]]:
    rows = await connection().execute_query_dict(
        "SELECT DISTINCT ON (subject_kind, subject_id) subject_kind, subject_id, hash, sequence "
        "FROM audit_events WHERE happened_at < $1 ORDER BY subject_kind, subject_id, sequence DESC",
        [before],
    )
    return [(row["subject_kind"], row["subject_id"], row["hash"], row["sequence"]) for row in rows]


@job("audit.publish_roots", cron="12 * * * *")
async def publish_roots(deps: Deps) -> None:
    """Publish the roots of past days. Runs hourly, because the demo's clock may jump."""
    await make_missing_roots(now=deps.clock())
