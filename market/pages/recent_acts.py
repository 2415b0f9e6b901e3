"""What a person and their colleagues did lately: the changes of status they made, newest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from market.accounts.actors import Actor
from market.kit.database import connection
from market.kit.labels import LabelEnum
from market.kit.room import rooms
from market.kit.worklist import NOBODY, Recent

DAYS = 30
"""How far back an act is called recent."""
MOST = 40
_ACTS = """
WITH v AS (SELECT $1::uuid AS user_id, $2::uuid AS organisation_id),
people AS (
    SELECT user_id FROM v UNION
    SELECT m.user_id FROM memberships m JOIN v USING (organisation_id)
    WHERE m.started_at IS NOT NULL AND m.ended_at IS NULL
), acts AS MATERIALIZED (
    SELECT e.* FROM status_events e JOIN people p ON p.user_id = e.actor_id
    WHERE e.happened_at > $3::timestamptz AND e.action <> ''
), named AS ({parts})
SELECT named.*, u.name AS actor_name, named.actor_id = $1::uuid AS is_own, (count(*) OVER ())::int AS total
FROM named LEFT JOIN users u ON u.id = named.actor_id
ORDER BY happened_at DESC, id DESC LIMIT {most}
"""


@dataclass(frozen=True)
class RecentAct:
    """One act with the record it was done to and what became of that."""

    what: str
    kind: str
    status: str
    """To which the act led."""
    number: str
    title: str
    address: str
    happened_at: datetime
    actor_name: str
    is_own: bool


@dataclass(frozen=True)
class RecentActs:
    rows: Sequence[RecentAct] = ()
    count: int = 0
    """Of all acts of the days, also those that are not among the rows."""


async def list_recent_acts(actor: Actor, now: datetime) -> RecentActs:
    """Return what the person did in the last `DAYS` days, and colleagues to records of the organisation."""
    parts = rooms().recent(actor)
    if not parts:
        return RecentActs()
    rows = await connection().execute_query_dict(
        _ACTS.format(parts=" UNION ALL ".join(map(_part, range(len(parts)), parts)), most=MOST),
        [actor.user_id, actor.organisation_id or NOBODY, now - timedelta(days=DAYS)],
    )
    words = {part.kind: _verbs(part.kind) for part in parts}
    return RecentActs([_act(parts[row["part"]], row, words) for row in rows], rows[0]["total"] if rows else 0)


def _part(index: int, part: Recent) -> str:
    return (
        f"SELECT {index} AS part, e.id, e.action, e.status, e.happened_at, e.actor_id, "  # noqa: S608
        f"({part.key})::text AS key, ({part.number})::text AS number, ({part.title})::text AS title "
        f"FROM acts e CROSS JOIN v JOIN {part.source} ON r.id = e.subject_id "
        f"WHERE e.subject_kind = '{part.kind}' AND (e.actor_id = v.user_id OR ({part.is_shared}))"
    )


def _verbs(kind: str) -> Mapping[str, LabelEnum]:
    return {verb.value: verb for verbs in rooms().verbs_of(kind) for verb in verbs}


def _act(part: Recent, row: Mapping[str, object], words: Mapping[str, Mapping[str, LabelEnum]]) -> RecentAct:
    verb, happened_at = words[part.kind].get(str(row["action"])), row["happened_at"]
    assert isinstance(happened_at, datetime)  # noqa: S101 -- a column that is never null
    return RecentAct(
        what=str(verb.label) if verb else str(row["action"]),
        kind=part.kind,
        status=str(row["status"]),
        number=str(row["number"] or ""),
        title=str(row["title"] or ""),
        address=part.address.replace("{key}", str(row["key"])),
        happened_at=happened_at,
        actor_name=str(row["actor_name"] or ""),
        is_own=bool(row["is_own"]),
    )
