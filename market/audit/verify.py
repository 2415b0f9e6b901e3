"""Verification of the log: each record's chain row by row, then the published daily roots over all chains.

A chain cannot show that its last row was cut off, or that it was recomputed from some row on; the daily
roots do, from the first root after it.
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

from market.audit.export_format import (
    FIELDS,
    GENESIS,
    canonical_json,
    event_hash,
    root_over,
    root_to_export_row,
    to_export_row,
)
from market.audit.models import AuditEvent, DailyRoot
from market.kit.clock import local_date
from market.kit.database import connection

BATCH = 5000
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
    """Verifies rows incrementally, those of one record in order of sequence, and reports faults."""

    def __init__(self) -> None:
        self.events = 0
        self._chains: dict[tuple[str, str], _Chain] = {}

    @property
    def chains(self) -> int:
        return len(self._chains)

    def feed(self, event: Mapping[str, Any], line: int | None = None) -> None:
        """Verify the next row, as `to_export_row` returns it, and note the line it was read from."""
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
        findings = []
        for (kind, identity), chain in self._chains.items():
            if chain.finding is not None:
                sequence, fault, line = chain.finding
                if fault == "missing" and sequence in chain.sequences:
                    fault = "reordered"
                findings.append(Finding(kind, identity, sequence, fault, line))
        return findings + self._broken_roots(roots)

    def _broken_roots(self, roots: Iterable[Mapping[str, Any]]) -> list[Finding]:
        """Recompute each root in one pass over the days, carrying the heads along."""
        changes: dict[date, list[tuple[tuple[str, str], tuple[int, str]]]] = {}
        for key, chain in self._chains.items():
            for day, head in chain.heads.items():
                changes.setdefault(day, []).append((key, head))
        pending = sorted(changes)
        heads: dict[tuple[str, str], tuple[int, str]] = {}
        findings = []
        for root in sorted(roots, key=lambda row: str(row["day"])):
            day = date.fromisoformat(str(root["day"]))
            while pending and pending[0] <= day:
                for key, head in changes[pending.pop(0)]:
                    heads[key] = max(heads.get(key, (0, "")), head)
            digest_of_heads = root_over(
                (kind, identity, digest) for (kind, identity), (_n, digest) in heads.items()
            )
            events = sum(sequence for sequence, _digest in heads.values())
            if (digest_of_heads, len(heads), events) != (root["root"], root["chains"], root["events"]):
                findings.append(Finding("root", day.isoformat(), None, "root"))
        return findings


def verify_lines(numbered: Iterable[tuple[int, Mapping[str, Any]]]) -> list[Finding]:
    """Verify exported, numbered rows and, where they are among them, daily roots and the end mark."""
    verifier, roots, end, findings = Verifier(), [], None, []
    for number, line in numbered:
        if "root" in line and isinstance(line["root"], Mapping):
            roots.append(line["root"])
        elif "end" in line:
            end = line["end"]
        elif _is_row(line):
            verifier.feed(line, number)
        else:
            findings.append(Finding("line", str(number), None, "unreadable", number))
    usable = [root for root in roots if _is_root(root)]
    findings += [
        Finding("root", str(root.get("day")), None, "unreadable") for root in roots if not _is_root(root)
    ]
    findings += verifier.findings(usable)
    if end is not None and end != {"events": verifier.events, "roots": len(roots)}:
        findings.append(Finding("line", "end", None, "cut"))
    return findings


async def verify_database() -> tuple[list[Finding], Verifier]:
    """Verify all rows of the database against their hashes and the daily roots."""
    roots = [root_to_export_row(root) for root in await DailyRoot.all().order_by("day")]
    verifier = Verifier()
    async for rows in all_events():
        for row in rows:
            verifier.feed(to_export_row(row))
    return verifier.findings(roots), verifier


async def all_events() -> AsyncIterator[list[AuditEvent]]:
    """Yield the whole log chain by chain, `BATCH` rows at a time.

    In this order concurrent writes can leave no gap: of each chain a prefix is read.
    """
    last: tuple[str, UUID, int] = ("", UUID(int=0), 0)
    while True:
        ids = await connection().execute_query_dict(
            "SELECT id FROM audit_events WHERE (subject_kind, subject_id, sequence) > ($1, $2, $3) "
            "ORDER BY subject_kind, subject_id, sequence LIMIT $4",
            [*last, BATCH],
        )
        if not ids:
            return
        rows = await AuditEvent.filter(id__in=[row["id"] for row in ids]).order_by(
            "subject_kind", "subject_id", "sequence"
        )
        yield rows
        last = (rows[-1].subject_kind, rows[-1].subject_id, rows[-1].sequence)


def verify_file(path: Path) -> list[Finding]:
    """Verify an export byte by byte; a line that cannot be parsed is identified by what is left of it."""
    lines: list[tuple[int, Mapping[str, Any]]] = []
    findings: list[Finding] = []
    has_end = False
    with path.open("rb") as file:
        for number, raw in enumerate(file, start=1):
            text = raw.decode(errors="replace")
            line = _parse(text)
            if line is None:
                findings.append(_unreadable(number, text))
                continue
            has_end = has_end or "end" in line
            if text != canonical_json(dict(line)) + "\n":
                findings.append(_unreadable(number, text, "edited"))
            lines.append((number, line))
    if not has_end:
        findings.append(Finding("line", "end", None, "cut"))
    findings += verify_lines(lines)
    return list(dict.fromkeys(findings))


def _parse(text: str) -> Mapping[str, Any] | None:
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
