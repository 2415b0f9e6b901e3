"""The recount of a year: deeds are found among contracts, their facts read anew, what no longer fits lapses.

Sets of rows at once, so that 20,000 deeds take seconds. A year that is closed is not touched.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from market.audit.log import record
from market.codes.numbers import next_numbers
from market.integrity.related_parties import relation_between
from market.kit.clock import local_date
from market.kit.database import atomic, connection
from market.records.by import By
from market.records.decisions import Verdict
from market.records.transitions import transition_all
from market.targets.definitions import SUBJECT
from market.targets.facts import facts_query
from market.targets.models import Deed, TargetClosing, TargetDefinition
from market.targets.plans import definition_in_force
from market.targets.states import DeedAction, DeedStatus, DefinitionVerb

_COLUMNS = (
    *("contract_id", "event_on", "city", "unit_id", "seller_id", "buyer_id", "kind", "field", "used_in"),
    *("contract_amount", "trade_amount", "received_amount", "received_share"),
    *("is_registered", "is_in_use", "is_related", "is_ended"),
)
_PLACED = ("event_on", "city", "unit_id", "kind", "is_related")
"""What stays as it was once a deed is declared; a relation that comes to light later is an alarm."""
_MOVING = tuple(name for name in _COLUMNS[2:] if name not in (*_PLACED, "seller_id", "buyer_id", "field"))


@dataclass(frozen=True)
class Recount:
    """What a recount changed."""

    found: int
    lapsed: int
    changed: int


@atomic()
async def recount_year(year: int, *, by: By) -> Recount | None:
    """Find the deeds of a year and read their facts anew; None for a closed year or one without definition.

    Idempotent. Two recounts of a year at once wait for one another.
    """
    await connection().execute_query(
        "SELECT pg_advisory_xact_lock(hashtextextended('targets.recount', $1::bigint))", [year]
    )
    definition = await definition_in_force(year)
    if definition is None or await TargetClosing.exists(year=year, verdict=Verdict.CONFIRMED):
        return None
    facts = await _read_facts(year, definition)
    lapsed = await _lapse(facts, by)
    again = await _find_again(facts, by)
    found = await _find(facts, by)
    changed = await _update(facts, by)
    if found or lapsed or again:
        await record(
            SUBJECT,
            definition.id,
            DefinitionVerb.RECOUNT,
            by=by,
            year=year,
            found=found + again,
            lapsed=lapsed,
        )
    return Recount(found + again, lapsed, changed)


async def recount_open_years(*, by: By) -> None:
    """Recount this year and the last, each in a transaction of its own."""
    this = local_date(by.now).year
    for year in (this - 1, this):
        await recount_year(year, by=by)


@dataclass(frozen=True)
class _Facts:
    """The statement of a year's facts with its values."""

    year: int
    definition: TargetDefinition
    related: list[str]

    @property
    def query(self) -> str:
        return facts_query(self.definition)

    @property
    def values(self) -> list[object]:
        return [self.year, self.definition.least_amount, self.related]


async def _read_facts(year: int, definition: TargetDefinition) -> _Facts:
    """Return the facts of a year; of parties that stand in any tie the relation is looked up."""
    facts = _Facts(year, definition, [])
    pairs = await connection().execute_query_dict(
        f"SELECT DISTINCT seller_code, buyer_code FROM ({facts.query}) AS f WHERE NOT is_related AND fits "  # noqa: S608
        "AND seller_code IN (SELECT uscc FROM party_ties UNION SELECT other FROM party_ties) "
        "AND buyer_code IN (SELECT uscc FROM party_ties UNION SELECT other FROM party_ties)",
        facts.values,
    )
    for pair in pairs:
        if await relation_between(pair["seller_code"], pair["buyer_code"]):
            facts.related.append(f"{pair['seller_code']} {pair['buyer_code']}")
    return facts


async def _lapse(facts: _Facts, by: By) -> int:
    """Let deeds lapse that nobody declared and that do not fit any more."""
    rows = await _deeds_where(facts, "d.status = 'found' AND d.year = $1::int AND NOT f.fits")
    deeds = await Deed.filter(id__in=[row["id"] for row in rows])
    await transition_all([(deed, DeedAction.LAPSE, {"updated_at": by.now}) for deed in deeds], by=by)
    return len(deeds)


async def _find_again(facts: _Facts, by: By) -> int:
    """Bring back deeds that lapsed and fit again, in this year or another."""
    rows = {row["id"]: row for row in await _deeds_where(facts, "d.status = 'lapsed' AND f.fits")}
    await transition_all(
        [
            (
                deed,
                DeedAction.FIND,
                {
                    "year": facts.year,
                    "definition_id": facts.definition.id,
                    "event_on": rows[deed.id]["event_on"],
                    "updated_at": by.now,
                },
            )
            for deed in await Deed.filter(id__in=list(rows))
        ],
        by=by,
    )
    return len(rows)


async def _deeds_where(facts: _Facts, condition: str) -> list[dict[str, Any]]:
    """Return ids and days of deeds that are locked, beside what their contracts tell."""
    return await connection().execute_query_dict(
        f"SELECT d.id, f.event_on FROM deeds d JOIN ({facts.query}) AS f "  # noqa: S608
        f"ON f.contract_id = d.contract_id WHERE {condition} FOR UPDATE OF d",
        facts.values,
    )


async def _find(facts: _Facts, by: By) -> int:
    """Write a deed for each contract that fits and is none yet, with its first status event."""
    fresh = "f.fits AND NOT EXISTS (SELECT 1 FROM deeds d WHERE d.contract_id = f.contract_id)"
    rows = await connection().execute_query_dict(
        f"SELECT f.contract_id FROM ({facts.query}) AS f "  # noqa: S608
        f"JOIN contracts k ON k.id = f.contract_id WHERE {fresh} ORDER BY f.event_on, k.number",
        facts.values,
    )
    if not rows:
        return 0
    numbers = await next_numbers(Deed.record_kind, len(rows), by.now)
    columns = ", ".join(_COLUMNS)
    await connection().execute_query(
        "WITH written AS (INSERT INTO deeds "  # noqa: S608
        f"(id, number, status, year, definition_id, {columns}, found_at, updated_at) "
        f"SELECT n.id, n.number, '{DeedStatus.FOUND.value}', $1::int, $4::uuid, "
        f"{', '.join(f'f.{name}' for name in _COLUMNS)}, $5::timestamptz, $5::timestamptz "
        "FROM unnest($6::uuid[], $7::uuid[], $8::text[]) AS n (id, contract_id, number) "
        f"JOIN ({facts.query}) AS f ON f.contract_id = n.contract_id RETURNING id) "
        "INSERT INTO status_events (subject_kind, subject_id, action, status, note, happened_at) "
        f"SELECT '{Deed.record_kind}', id, '', '{DeedStatus.FOUND.value}', '', $5::timestamptz FROM written",
        [
            *facts.values,
            facts.definition.id,
            by.now,
            [uuid4() for _row in rows],
            [row["contract_id"] for row in rows],
            numbers,
        ],
    )
    return len(rows)


async def _update(facts: _Facts, by: By) -> int:
    """Write what changed of the facts; raise the alarm on a deed that counts and should not any more."""
    alarm = (
        "CASE WHEN d.status IN ('found', 'lapsed', 'refused', 'struck') THEN '' "
        "WHEN f.is_ended THEN 'ended' WHEN f.is_related THEN 'related' ELSE '' END"
    )
    placed = await _write(facts, _PLACED, "d.status = 'found' AND f.fits", by=by)
    return placed + await _write(
        facts, _MOVING, "true", by=by, further=f"alarm = {alarm}", or_=f"d.alarm <> {alarm}"
    )


async def _write(
    facts: _Facts,
    names: Sequence[str],
    condition: str,
    *,
    by: By,
    further: str = "",
    or_: str = "false",
) -> int:
    assigned = ", ".join([*(f"{name} = f.{name}" for name in names), *([further] if further else [])])
    own, read = (", ".join(f"{table}.{name}" for name in names) for table in ("d", "f"))
    written, _rows = await connection().execute_query(
        f"UPDATE deeds d SET {assigned}, updated_at = $4 FROM ({facts.query}) AS f "  # noqa: S608
        f"WHERE f.contract_id = d.contract_id AND d.year = $1::int AND {condition} "
        f"AND (({own}) IS DISTINCT FROM ({read}) OR {or_})",
        [*facts.values, by.now],
    )
    return int(written)
