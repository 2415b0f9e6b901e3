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
from market.targets.closing_models import TargetClosing
from market.targets.definitions import SUBJECT
from market.targets.facts import facts_query
from market.targets.models import Deed, TargetDefinition
from market.targets.plans import definition_in_force
from market.targets.states import DeedAction, DeedStatus, DefinitionVerb

_COLUMNS = (
    *("contract_id", "event_on", "city", "unit_id", "seller_id", "buyer_id", "kind", "field", "used_in"),
    *("contract_amount", "trade_amount", "received_amount", "received_share"),
    *("is_registered", "is_in_use", "sales_amount", "claim_id", "is_related", "is_ended"),
)
_PLACED = ("event_on", "city", "unit_id", "kind")
"""What stays as it was once a deed is declared, or two units agreed to share it."""
_RELATED = ("is_related",)
"""What stays once a deed is declared; a relation that comes to light later is an alarm."""
_MOVING = tuple(
    name for name in _COLUMNS[2:] if name not in (*_PLACED, *_RELATED, "seller_id", "buyer_id", "field")
)


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
    await _collect(year, definition)
    lapsed = await _lapse(year, by)
    again = await _find_again(year, definition, by)
    fresh = await _find(year, definition, by)
    changed = await _update(year, by)
    if fresh or lapsed or again:
        await record(
            SUBJECT,
            definition.id,
            DefinitionVerb.RECOUNT,
            by=by,
            year=year,
            found=fresh + again,
            lapsed=lapsed,
        )
    return Recount(fresh + again, lapsed, changed)


async def recount_open_years(*, by: By) -> None:
    """Recount this year and the last, each in a transaction of its own, and raise alarms on closed years."""
    this = local_date(by.now).year
    for year in (this - 1, this):
        await recount_year(year, by=by)
    await raise_alarms(by=by)
    await add_changes_up()


@atomic()
async def add_changes_up() -> None:
    """Add up what is written of changes of deeds, so that few rows tell whether a board is out of date."""
    await connection().execute_query(
        "WITH added AS (DELETE FROM deed_changes RETURNING year, n) "
        "INSERT INTO deed_changes (year, n) SELECT year, sum(n) FROM added GROUP BY year"
    )


@atomic()
async def raise_alarms(*, by: By) -> int:
    """Raise the alarm on deeds of closed years whose contract has ended since; return on how many."""
    raised, _rows = await connection().execute_query(
        "UPDATE deeds d SET alarm = 'ended', is_ended = true, updated_at = $1 FROM contracts k "  # noqa: S608
        "JOIN deals l ON l.id = k.deal_id WHERE k.id = d.contract_id AND d.alarm = '' "
        f"AND d.status IN ('{DeedStatus.VERIFIED.value}', '{DeedStatus.PARTIAL.value}') "
        "AND (l.status = 'rescinded' OR EXISTS (SELECT 1 FROM contract_changes c WHERE c.contract_id = k.id "
        "AND c.kind = 'cancellation' AND c.effective_at IS NOT NULL))",
        [by.now],
    )
    return int(raised)


async def _collect(year: int, definition: TargetDefinition) -> None:
    """Read the facts of a year once into a table of this transaction, which the steps after it work on."""
    columns = ", ".join(_COLUMNS)
    for statement in (
        "DROP TABLE IF EXISTS pg_temp.deed_facts",
        f"CREATE TEMP TABLE deed_facts ON COMMIT DROP AS SELECT {columns}, "  # noqa: S608
        "''::text AS seller_code, ''::text AS buyer_code, false AS fits FROM deeds WITH NO DATA",
    ):
        await connection().execute_query(statement)
    await connection().execute_query(
        f"INSERT INTO deed_facts SELECT {columns}, seller_code, buyer_code, fits "  # noqa: S608
        f"FROM ({facts_query(definition)}) AS f",
        [year, definition.least_amount],
    )
    await connection().execute_query("ANALYZE deed_facts")
    await _relate()


async def _relate() -> None:
    """Look up the relation of parties that stand in any tie."""
    pairs = await connection().execute_query_dict(
        "SELECT DISTINCT seller_code, buyer_code FROM deed_facts WHERE NOT is_related AND fits "
        "AND seller_code IN (SELECT uscc FROM party_ties UNION SELECT other FROM party_ties) "
        "AND buyer_code IN (SELECT uscc FROM party_ties UNION SELECT other FROM party_ties)"
    )
    related = [
        f"{pair['seller_code']} {pair['buyer_code']}"
        for pair in pairs
        if await relation_between(pair["seller_code"], pair["buyer_code"])
    ]
    await connection().execute_query(
        "UPDATE deed_facts SET is_related = true WHERE seller_code || ' ' || buyer_code = ANY($1::text[])",
        [related],
    )


async def _lapse(year: int, by: By) -> int:
    """Let deeds lapse that nobody declared and that do not fit any more."""
    rows = await _deeds_where("d.status = 'found' AND d.year = $1::int AND NOT f.fits", [year])
    deeds = await Deed.filter(id__in=[row["id"] for row in rows])
    await transition_all([(deed, DeedAction.LAPSE, {"updated_at": by.now}) for deed in deeds], by=by)
    return len(deeds)


async def _find_again(year: int, definition: TargetDefinition, by: By) -> int:
    """Bring back deeds that lapsed and fit again, in this year or another."""
    rows = {row["id"]: row for row in await _deeds_where("d.status = 'lapsed' AND f.fits", [])}
    await transition_all(
        [
            (
                deed,
                DeedAction.FIND,
                {
                    "year": year,
                    "definition_id": definition.id,
                    "event_on": rows[deed.id]["event_on"],
                    "updated_at": by.now,
                },
            )
            for deed in await Deed.filter(id__in=list(rows))
        ],
        by=by,
    )
    return len(rows)


async def _deeds_where(condition: str, values: list[object]) -> list[dict[str, Any]]:
    """Return ids and days of deeds that are locked, beside what their contracts tell."""
    return await connection().execute_query_dict(
        "SELECT d.id, f.event_on FROM deeds d JOIN deed_facts f "  # noqa: S608
        f"ON f.contract_id = d.contract_id WHERE {condition} FOR UPDATE OF d",
        values,
    )


async def _find(year: int, definition: TargetDefinition, by: By) -> int:
    """Write a deed for each contract that fits and is none yet, with its first status event."""
    fresh = "f.fits AND NOT EXISTS (SELECT 1 FROM deeds d WHERE d.contract_id = f.contract_id)"
    rows = await connection().execute_query_dict(
        "SELECT f.contract_id FROM deed_facts f "  # noqa: S608
        f"JOIN contracts k ON k.id = f.contract_id WHERE {fresh} ORDER BY f.event_on, k.number"
    )
    if not rows:
        return 0
    numbers = await next_numbers(Deed.record_kind, len(rows), by.now)
    columns = ", ".join(_COLUMNS)
    await connection().execute_query(
        "WITH written AS (INSERT INTO deeds "  # noqa: S608
        f"(id, number, status, year, definition_id, {columns}, found_at, updated_at) "
        f"SELECT n.id, n.number, '{DeedStatus.FOUND.value}', $1::int, $2::uuid, "
        f"{', '.join(f'f.{name}' for name in _COLUMNS)}, $3::timestamptz, $3::timestamptz "
        "FROM unnest($4::uuid[], $5::uuid[], $6::text[]) AS n (id, contract_id, number) "
        "JOIN deed_facts f ON f.contract_id = n.contract_id RETURNING id) "
        "INSERT INTO status_events (subject_kind, subject_id, action, status, note, happened_at) "
        f"SELECT '{Deed.record_kind}', id, '', '{DeedStatus.FOUND.value}', '', $3::timestamptz FROM written",
        [
            year,
            definition.id,
            by.now,
            [uuid4() for _row in rows],
            [row["contract_id"] for row in rows],
            numbers,
        ],
    )
    return len(rows)


async def _update(year: int, by: By) -> int:
    """Write what changed of the facts; raise the alarm on a deed that counts and should not any more."""
    alarm = (
        "CASE WHEN d.status IN ('found', 'lapsed', 'refused', 'struck') THEN '' "
        "WHEN f.is_ended THEN 'ended' WHEN f.is_related THEN 'related' ELSE '' END"
    )
    fresh = "d.status = 'found' AND f.fits"
    placed = await _write(year, _PLACED, f"{fresh} AND d.partner_id IS NULL", by=by)
    placed += await _write(year, _RELATED, fresh, by=by)
    return placed + await _write(
        year, _MOVING, "true", by=by, further=f"alarm = {alarm}", or_=f"d.alarm <> {alarm}"
    )


async def _write(
    year: int,
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
        f"UPDATE deeds d SET {assigned}, updated_at = $2 FROM deed_facts f "  # noqa: S608
        f"WHERE f.contract_id = d.contract_id AND d.year = $1::int AND {condition} "
        f"AND (({own}) IS DISTINCT FROM ({read}) OR {or_})",
        [year, by.now],
    )
    return int(written)
