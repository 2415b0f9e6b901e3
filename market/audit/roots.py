"""Roots: published hashes over the heads of all chains, which show what a chain alone cannot.

One a day, and one an hour that is signed with a key outside the database and pushed out: into a file, and
by mail to the auditors.
"""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

from market.audit.export_format import canonical_json, hourly_root_to_export_row, root_over, signed_content
from market.audit.models import DailyRoot, HourlyRoot
from market.deps import Deps
from market.kit.clock import end_of_day, local_date
from market.kit.database import atomic, connection
from market.kit.jobs import enqueue, job
from market.kit.signing import Signer

COPY = "audit-roots.jsonl"
"""The copy of the roots in the data folder, outside the database."""
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


async def make_hourly_root(signer: Signer, *, now: datetime) -> HourlyRoot | None:
    """Sign the root over the heads of all chains at the end of the last hour; None where that was done.

    Hours in which nobody looked are covered by the next root, since each is over all chains.
    """
    until = (now - GRACE).astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    if await HourlyRoot.exists(until__gte=until):
        return None
    return await _make_hourly_root(until, signer, now=now)


@atomic()
async def _make_hourly_root(until: datetime, signer: Signer, *, now: datetime) -> HourlyRoot:
    heads = await _heads(until)
    root = HourlyRoot(
        until=until,
        root=root_over((kind, identity, digest) for kind, identity, digest, _count in heads),
        chains=len(heads),
        events=sum(count for *_rest, count in heads),
        made_at=now,
        key=signer.public_key,
        signature="",
    )
    root.signature = signer.sign(signed_content(hourly_root_to_export_row(root)))
    await root.save(force_create=True)
    return root


@job("audit.publish_roots", cron="12 * * * *")
async def publish_roots(deps: Deps) -> None:
    """Publish the roots of past days, sign that of the last hour, and push it out of the database.

    Runs hourly, because the demo's clock may jump.
    """
    now = deps.clock()
    await make_missing_roots(now=now)
    root = await make_hourly_root(deps.settings.signer, now=now)
    if root is not None:
        line = canonical_json({"hour": hourly_root_to_export_row(root)})
        await asyncio.to_thread(append_to_copy, deps.settings.data_directory / COPY, line)
        await enqueue("audit.mail_root", until=root.until.isoformat())


def append_to_copy(path: Path, line: str) -> None:
    """Append a line to the copy of the roots that lies outside the database, readable by its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "a", encoding="utf-8") as file:
        file.write(line + "\n")
