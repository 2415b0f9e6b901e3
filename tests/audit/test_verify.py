from __future__ import annotations

import json
import random
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from market.audit.export_format import GENESIS, canonical_json, event_hash, root_over
from market.audit.log import deferred_audit, flush_deferred_audit, record
from market.audit.models import AuditEvent, DailyRoot
from market.audit.queries import export_lines
from market.audit.roots import make_missing_roots
from market.audit.verify import Finding, verify_database, verify_file, verify_lines
from market.records.by import By
from tests.databases import past_guards, run_as_owner
from tests.factories import make_member
from tests.fixtures import NOW

A, B = UUID(int=0xA), UUID(int=0xB)


def chain(identity: UUID = A, rows: int = 4, kind: str = "deal") -> list[dict[str, Any]]:
    """An unbroken chain, one act a day from 2 March 2026."""
    made, previous = [], GENESIS
    for sequence in range(1, rows + 1):
        event = {
            "subject_kind": kind,
            "subject_id": str(identity),
            "sequence": sequence,
            "action": "offer",
            "actor": str(UUID(int=7)),
            "role": "agent",
            "data": {"amount": 115_000_000, "note": f"第{sequence}次"},
            "happened_at": f"2026-03-{sequence + 1:02d}T02:00:00.000000+00:00",
            "previous_hash": previous,
        }
        event["hash"] = previous = event_hash(event)
        made.append(event)
    return made


def root_of(day: str, *chains: list[dict[str, Any]]) -> dict[str, Any]:
    heads = [
        max((e for e in rows if e["happened_at"][:10] <= day), key=lambda e: e["sequence"]) for rows in chains
    ]
    return {
        "root": {
            "day": day,
            "root": root_over((e["subject_kind"], e["subject_id"], e["hash"]) for e in heads),
            "chains": len(heads),
            "events": sum(e["sequence"] for e in heads),
        }
    }


def end(events: int, roots: int = 0) -> dict[str, Any]:
    return {"end": {"events": events, "roots": roots}}


def findings_of(rows: Iterable[Mapping[str, Any]]) -> list[Finding]:
    return verify_lines(enumerate(rows, start=1))


def rehash(rows: list[dict[str, Any]], start: int) -> None:
    """What a patient forger does: compute the rest of the chain anew."""
    for index in range(start, len(rows)):
        rows[index]["previous_hash"] = rows[index - 1]["hash"] if index else GENESIS
        rows[index]["hash"] = event_hash(rows[index])


def test_an_untouched_log_has_no_findings() -> None:
    assert findings_of([*chain(A), *chain(B), root_of("2026-03-04", chain(A), chain(B)), end(8, 1)]) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("action", "accept"),
        ("actor", str(UUID(int=8))),
        ("role", "admin"),
        ("data", {"amount": 115_000_001}),
        ("happened_at", "2026-03-03T02:00:00.000001+00:00"),
        ("hash", "f" * 64),
        ("previous_hash", "f" * 64),
    ],
)
def test_a_changed_row_is_named_as_edited(field: str, value: Any) -> None:
    rows = chain(A)
    rows[1][field] = value

    assert findings_of([*rows, *chain(B)]) == [Finding("deal", str(A), 2, "edited")]


def test_only_the_first_broken_row_of_a_chain_is_named() -> None:
    rows = chain(A)
    rows[1]["role"] = rows[3]["role"] = "admin"

    assert findings_of(rows) == [Finding("deal", str(A), 2, "edited")]


def test_a_row_taken_out_is_named_as_missing() -> None:
    rows = chain(A)
    del rows[2]

    assert findings_of(rows) == [Finding("deal", str(A), 3, "missing")]


def test_rows_in_another_order_are_named_as_reordered() -> None:
    rows = chain(A)
    rows[1], rows[2] = rows[2], rows[1]

    assert findings_of(rows) == [Finding("deal", str(A), 2, "reordered")]


def test_a_changed_row_with_its_hash_made_anew_no_longer_carries_the_next() -> None:
    rows = chain(A)
    rows[1]["role"] = "admin"
    rows[1]["hash"] = event_hash(rows[1])

    assert findings_of(rows) == [Finding("deal", str(A), 3, "unlinked")]


def test_a_chain_computed_anew_is_given_away_by_the_daily_root() -> None:
    rows, root = chain(A), root_of("2026-03-04", chain(A))
    rows[1]["role"] = "admin"
    rehash(rows, 1)

    assert findings_of(rows) == []
    assert findings_of([*rows, root]) == [Finding("root", "2026-03-04", None, "root")]


def test_a_last_row_cut_off_is_given_away_by_the_daily_root() -> None:
    rows, root = chain(A), root_of("2026-03-05", chain(A))

    assert findings_of([*rows[:3], root]) == [Finding("root", "2026-03-05", None, "root")]


def test_each_broken_chain_is_named() -> None:
    first, second = chain(A), chain(B)
    first[0]["role"] = second[3]["role"] = "admin"

    assert findings_of([*first, *second]) == [
        Finding("deal", str(A), 1, "edited"),
        Finding("deal", str(B), 4, "edited"),
    ]


def test_an_export_cut_short_is_noticed() -> None:
    assert [f.fault for f in findings_of([*chain(A)[:3], end(4)])] == ["cut"]


def write(path: Path, lines: list[dict[str, Any]]) -> None:
    path.write_text("".join(canonical_json(line) + "\n" for line in lines), encoding="utf-8")


def test_a_file_cut_before_its_end_mark_is_noticed(tmp_path: Path) -> None:
    write(tmp_path / "log.jsonl", chain(A))

    assert [f.fault for f in verify_file(tmp_path / "log.jsonl")] == ["cut"]


def test_whichever_byte_of_an_export_is_flipped_its_row_is_named(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    write(path, [*chain(A), *chain(B), root_of("2026-03-05", chain(A), chain(B)), end(8, 1)])
    content = path.read_bytes()
    assert verify_file(path) == []
    starts = [0] + [i + 1 for i, byte in enumerate(content) if byte == 10]
    generator = random.Random(1)

    for position in generator.sample(range(len(content)), 400):
        flipped = bytearray(content)
        flipped[position] ^= 1 << generator.randrange(8)
        path.write_bytes(bytes(flipped))
        found = verify_file(path)

        row = max(n for n, start in enumerate(starts) if start <= position)
        assert found, (position, content[position - 20 : position + 20])
        if row < 8:
            expected = (str(A if row < 4 else B), row % 4 + 1)
            named = [(f.id, f.sequence) for f in found]
            assert expected in named or any(f.line == row + 1 for f in found), (position, found)


async def test_what_the_market_writes_verifies_in_the_database_and_as_a_file(tmp_path: Path) -> None:
    actor = await make_member()
    deal, contract = uuid4(), uuid4()
    for number in range(3):
        await record("deal", deal, "offer", by=By(actor, NOW + timedelta(days=number)), amount=number)
    await record("contract", contract, "sign", by=By.job(NOW), parties=["甲", "乙"])
    await make_missing_roots(now=NOW + timedelta(days=4))

    found, verifier = await verify_database()
    path = tmp_path / "log.jsonl"
    path.write_text("".join([part async for part in export_lines()]), encoding="utf-8")

    assert (found, verifier.events, verifier.chains) == ([], 4, 2)
    assert verify_file(path) == []
    assert [json.loads(line)["end"] for line in path.read_text().splitlines()[-1:]] == [
        {"events": 4, "roots": 4}
    ]


async def test_acts_kept_back_continue_their_chains_and_are_written_together() -> None:
    first, second, chained = await make_member(), await make_member(), uuid4()
    await record("deal", chained, "open", by=By(first, NOW))

    async with deferred_audit():
        for actor in (first, second, None):
            await record("deal", chained, "move", by=By(actor, NOW))
        assert await AuditEvent.filter(subject_id=chained).count() == 1
        await flush_deferred_audit()
        await record("deal", chained, "move", by=By(second, NOW))
    await record("deal", chained, "close", by=By(first, NOW))

    rows = await AuditEvent.filter(subject_id=chained).order_by("sequence")
    assert [row.sequence for row in rows] == [1, 2, 3, 4, 5, 6]
    assert [row.actor for row in rows[1:5]] == [rows[0].actor, rows[4].actor, None, rows[2].actor]
    assert (await verify_database())[0] == []


async def test_a_row_changed_behind_the_markets_back_is_named() -> None:
    actor, deal = await make_member(), uuid4()
    for _each in range(3):
        await record("deal", deal, "offer", by=By(actor, NOW))
    await past_guards("UPDATE audit_events SET role = 'admin!' WHERE sequence = 2")

    found, _verifier = await verify_database()

    assert found == [Finding("deal", str(deal), 2, "edited")]


async def test_days_on_which_something_happened_and_the_last_day_get_a_root() -> None:
    for days in (0, 2, 9):
        await record("deal", uuid4(), "offer", by=By.job(NOW + timedelta(days=days)))

    await make_missing_roots(now=NOW + timedelta(days=9))

    roots = await DailyRoot.all().order_by("day")
    assert [(root.day, root.chains) for root in roots] == [
        (date(2026, 3, 2), 1),
        (date(2026, 3, 4), 2),
        (date(2026, 3, 10), 2),
    ]


async def test_a_root_made_is_never_made_again() -> None:
    await record("deal", uuid4(), "offer", by=By.job(NOW))
    await make_missing_roots(now=NOW + timedelta(days=1))
    first = await DailyRoot.get(day=date(2026, 3, 2))

    assert await make_missing_roots(now=NOW + timedelta(days=1, hours=1)) == 0
    assert (await DailyRoot.get(day=date(2026, 3, 2))).root == first.root


async def test_the_log_cannot_be_edited() -> None:
    event = await record("deal", uuid4(), "offer", by=By.job(NOW))

    with pytest.raises(Exception, match="append-only"):
        await run_as_owner("UPDATE audit_events SET role = 'admin' WHERE id = $1", event.id)
