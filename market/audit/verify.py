"""Checks the log: each record's chain row by row, then the published daily roots over all chains.

What a chain cannot show by itself, such as a last row cut off or a chain computed anew from some row
on, the daily roots show, from the first root after it.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from market.audit.models import AuditEvent, DailyRoot
from market.audit.services import FIELDS, GENESIS, canonical_json, event_hash, root_over, to_export_row
from market.kit.clock import local_date
from market.kit.database import connection

STEP = 5000
"""Rows read from the database at a time."""


@dataclass(frozen=True)
class Finding:
    """The first broken row of one chain, or something wrong with the export as a whole."""

    kind: str
    """Subject kind; "root" for a daily root, "line" for a line that cannot be read."""
    id: str
    """Subject id, the day of a root, or the number of a line."""
    sequence: int | None
    fault: str
    """edited, missing, reordered, unlinked, root, unreadable or cut."""
    line: int | None = field(default=None, compare=False)
    """Number of the line where it shows, if lines were read."""

    def __str__(self) -> str:
        row = f" row {self.sequence}" if self.sequence is not None else ""
        line = f" (line {self.line})" if self.line else ""
        return f"{self.kind} {self.id}{row}{line}: {self.fault}: {FAULTS[self.fault]}"


FAULTS = {
    "edited": "the row's content is not what was written",
    "missing": "the row is not there",
    "reordered": "the row stands in the wrong place",
    "unlinked": "the row before it was changed or replaced after this one was written",
    "root": "the chains as they stood at the end of this day give another root",
    "unreadable": "the line is not a row of the log",
    "cut": "the export does not end as it was written",
}


@dataclass
class _Chain:
    sequences: list[int] = field(default_factory=list)
    last_hash: str = GENESIS
    finding: tuple[int, str, int | None] | None = None
    heads: dict[date, tuple[int, str]] = field(default_factory=dict)
    """By day: the highest sequence of that day and its hash."""


class Verifier:
    """Is fed rows, those of one record in the order they were written, then tells what is wrong."""

    def __init__(self) -> None:
        self.events = 0
        self._chains: dict[tuple[str, str], _Chain] = {}

    @property
    def chains(self) -> int:
        return len(self._chains)

    def feed(self, event: Mapping[str, Any], line: int | None = None) -> None:
        """Take the next row, as `audit.services.to_export_row` gives it, and the line it was read from."""
        self.events += 1
        chain = self._chains.setdefault((str(event["subject_kind"]), str(event["subject_id"])), _Chain())
        sequence, expected = int(event["sequence"]), len(chain.sequences) + 1
        chain.sequences.append(sequence)
        if chain.finding is None:
            if event_hash(dict(event)) != event["hash"]:
                chain.finding = (sequence, "edited", line)
            elif sequence != expected:
                # Settled at the end: a row that comes later is reordered, one that never comes is missing.
                chain.finding = (expected, "missing", line)
            elif event["previous_hash"] != chain.last_hash:
                chain.finding = (sequence, "unlinked", line)
        chain.last_hash = str(event["hash"])
        day = local_date(datetime.fromisoformat(str(event["happened_at"])))
        chain.heads[day] = max(chain.heads.get(day, (0, "")), (sequence, str(event["hash"])))

    def findings(self, roots: Iterable[Mapping[str, Any]] = ()) -> list[Finding]:
        """Return the first broken row of each broken chain, then the roots that do not hold."""
        found = []
        for (kind, identity), chain in self._chains.items():
            if chain.finding is not None:
                sequence, fault, line = chain.finding
                if fault == "missing" and sequence in chain.sequences:
                    fault = "reordered"
                found.append(Finding(kind, identity, sequence, fault, line))
        return found + self._broken_roots(roots)

    def _broken_roots(self, roots: Iterable[Mapping[str, Any]]) -> list[Finding]:
        """Recompute each root. Days are walked once, with the heads as they stood carried along."""
        changes: dict[date, list[tuple[tuple[str, str], tuple[int, str]]]] = {}
        for key, chain in self._chains.items():
            for day, head in chain.heads.items():
                changes.setdefault(day, []).append((key, head))
        pending = sorted(changes)
        heads: dict[tuple[str, str], tuple[int, str]] = {}
        found = []
        for root in sorted(roots, key=lambda each: str(each["day"])):
            day = date.fromisoformat(str(root["day"]))
            while pending and pending[0] <= day:
                for key, head in changes[pending.pop(0)]:
                    heads[key] = max(heads.get(key, (0, "")), head)
            mine = root_over((kind, identity, digest) for (kind, identity), (_n, digest) in heads.items())
            events = sum(sequence for sequence, _digest in heads.values())
            if (mine, len(heads), events) != (root["root"], root["chains"], root["events"]):
                found.append(Finding("root", day.isoformat(), None, "root"))
        return found


def verify_events(lines: Iterable[Mapping[str, Any]]) -> list[Finding]:
    """Check exported rows and, where they are among them, daily roots and the end mark."""
    return _check(enumerate(lines, start=1))


def _check(numbered: Iterable[tuple[int, Mapping[str, Any]]]) -> list[Finding]:
    verifier, roots, end, found = Verifier(), [], None, []
    for number, line in numbered:
        if "root" in line and isinstance(line["root"], Mapping):
            roots.append(line["root"])
        elif "end" in line:
            end = line["end"]
        elif _is_row(line):
            verifier.feed(line, number)
        else:
            found.append(Finding("line", str(number), None, "unreadable", number))
    usable = [root for root in roots if _is_root(root)]
    found += [
        Finding("root", str(root.get("day")), None, "unreadable") for root in roots if not _is_root(root)
    ]
    found += verifier.findings(usable)
    if end is not None and end != {"events": verifier.events, "roots": len(roots)}:
        found.append(Finding("line", "end", None, "cut"))
    return found


async def verify_database() -> tuple[list[Finding], Verifier]:
    """Check all rows that stand in the database against their hashes and the daily roots."""
    roots = [root_to_export_row(root) for root in await DailyRoot.all().order_by("day")]
    verifier = Verifier()
    async for rows in all_events():
        for row in rows:
            verifier.feed(to_export_row(row))
    return verifier.findings(roots), verifier


async def all_events() -> AsyncIterator[list[AuditEvent]]:
    """Give the whole log chain by chain, some thousand rows at a time.

    In this order rows written meanwhile can leave no gap: of each chain one reads a beginning.
    """
    last: tuple[str, UUID, int] = ("", UUID(int=0), 0)
    while True:
        ids = await connection().execute_query_dict(
            "SELECT id FROM audit_events WHERE (subject_kind, subject_id, sequence) > ($1, $2, $3) "
            "ORDER BY subject_kind, subject_id, sequence LIMIT $4",
            [*last, STEP],
        )
        if not ids:
            return
        rows = await AuditEvent.filter(id__in=[row["id"] for row in ids]).order_by(
            "subject_kind", "subject_id", "sequence"
        )
        yield rows
        last = (rows[-1].subject_kind, rows[-1].subject_id, rows[-1].sequence)


def verify_file(path: Path) -> list[Finding]:
    """Check an export byte by byte; a line that cannot be read is named by what is left of it."""
    lines: list[tuple[int, Mapping[str, Any]]] = []
    found: list[Finding] = []
    has_end = False
    with path.open("rb") as file:
        for number, raw in enumerate(file, start=1):
            text = raw.decode(errors="replace")
            line = _parsed(text)
            if line is None:
                found.append(_unreadable(number, text))
                continue
            has_end = has_end or "end" in line
            if text != canonical_json(dict(line)) + "\n":
                found.append(_unreadable(number, text, "edited"))
            lines.append((number, line))
    if not has_end:
        found.append(Finding("line", "end", None, "cut"))
    found += _check(lines)
    return list(dict.fromkeys(found))


def root_to_export_row(root: DailyRoot) -> dict[str, Any]:
    """Return a daily root as it stands in an export."""
    return {"day": root.day.isoformat(), "root": root.root, "chains": root.chains, "events": root.events}


def _parsed(text: str) -> Mapping[str, Any] | None:
    try:
        line = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(line, dict):
        return None
    if "root" in line or "end" in line or _is_row(line):
        return line
    return None


def _is_row(line: Mapping[str, Any]) -> bool:
    if any(name not in line for name in (*FIELDS, "hash")):
        return False
    try:
        datetime.fromisoformat(str(line["happened_at"])).astimezone()
        return isinstance(line["sequence"], int)
    except (ValueError, OverflowError):
        return False


def _is_root(root: Mapping[str, Any]) -> bool:
    try:
        date.fromisoformat(str(root["day"]))
        return all(name in root for name in ("root", "chains", "events"))
    except (KeyError, ValueError):
        return False


def _unreadable(number: int, text: str, fault: str = "unreadable") -> Finding:
    kind = re.search(r'"subject_kind":"([^"]*)"', text)
    identity = re.search(r'"subject_id":"([^"]*)"', text)
    sequence = re.search(r'"sequence":(\d{1,9})', text)
    if kind and identity:
        return Finding(kind[1], identity[1], int(sequence[1]) if sequence else None, fault, number)
    return Finding("line", str(number), None, fault, number)
