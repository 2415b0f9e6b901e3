"""Verification of the log: each record's chain row by row, then the published daily roots over all chains.

A chain cannot show that its last row was cut off, or that it was recomputed from some row on; the daily
roots do, from the first root after it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from market.audit.export_format import (
    FIELDS,
    GENESIS,
    LINK,
    SIGNED,
    canonical_json,
    event_hash,
    hourly_root_to_export_row,
    root_over,
    root_to_export_row,
    signed_content,
    to_export_row,
)
from market.audit.models import AuditEvent, DailyRoot, HourlyRoot
from market.audit.persons import broken_pseudonyms
from market.kit.clock import end_of_day
from market.kit.database import connection
from market.kit.signing import is_signed

OTHERS = frozenset({"root", "hour", "end", "sealed"})
"""What lines of an export hold that are no events."""
BATCH = 5000
"""Rows read from the database at a time."""


@dataclass(frozen=True)
class Finding:
    """The first broken row of one chain, or something wrong with the export as a whole."""

    kind: str
    """Subject kind; "root" for a root, "person" for a pseudonym, "line" for a line that cannot be read."""
    id: str
    """Subject id, the day or hour of a root, the pseudonym, or the number of a line."""
    sequence: int | None
    fault: str
    """One of `FAULTS`."""
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
    "root": "the chains as they stood at the end of this day or hour give another root",
    "forged": "the root's signature was not made with the key",
    "withdrawn": "the copy outside has this root, the database has it not or another one",
    "swapped": "the table names another person than the one who acted",
    "unresolved": "the table names nobody, and nobody was erased",
    "unknown": "the log names a pseudonym that the table does not have",
    "unreadable": "the line is not a row of the log",
    "cut": "the export does not end as it was written",
    "unsigned": "the export is not signed with the key, or was changed after it was",
}


@dataclass
class _Chain:
    sequences: list[int] = field(default_factory=list)
    last_hash: str = GENESIS
    finding: tuple[int, str, int | None] | None = None
    heads: dict[datetime, tuple[int, str]] = field(default_factory=dict)
    """By the hour that it happened in: the highest sequence of that hour and its hash."""


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
        self._feed(event, line, is_edited=event_hash(dict(event)) != event["hash"])

    def feed_sealed(self, link: Mapping[str, Any], line: int | None = None) -> None:
        """Verify the next row by its link alone, as `to_sealed_row` returns it: its content is sealed yet."""
        self._feed(link, line, is_edited=False)

    def _feed(self, event: Mapping[str, Any], line: int | None, *, is_edited: bool) -> None:
        self.events += 1
        chain = self._chains.setdefault((str(event["subject_kind"]), str(event["subject_id"])), _Chain())
        sequence, expected = int(event["sequence"]), len(chain.sequences) + 1
        chain.sequences.append(sequence)
        if chain.finding is None:
            if is_edited:
                chain.finding = (sequence, "edited", line)
            elif sequence != expected:
                # Settled at the end: a row that comes later is reordered, one that never comes is missing.
                chain.finding = (expected, "missing", line)
            elif event["previous_hash"] != chain.last_hash:
                chain.finding = (sequence, "unlinked", line)
        chain.last_hash = str(event["hash"])
        hour = _hour(datetime.fromisoformat(str(event["happened_at"])))
        chain.heads[hour] = max(chain.heads.get(hour, (0, "")), (sequence, str(event["hash"])))

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
        """Recompute each root in one pass over the hours, carrying the heads along.

        A day ends with an hour, so that daily and hourly roots are checked alike.
        """
        changes: dict[datetime, list[tuple[tuple[str, str], tuple[int, str]]]] = {}
        for key, chain in self._chains.items():
            for hour, head in chain.heads.items():
                changes.setdefault(hour, []).append((key, head))
        pending = sorted(changes)
        heads: dict[tuple[str, str], tuple[int, str]] = {}
        findings = []
        for root in sorted(roots, key=_end):
            end = _end(root)
            while pending and pending[0] < end:
                for key, head in changes[pending.pop(0)]:
                    heads[key] = max(heads.get(key, (0, "")), head)
            digest_of_heads = root_over(
                (kind, identity, digest) for (kind, identity), (_n, digest) in heads.items()
            )
            events = sum(sequence for sequence, _digest in heads.values())
            if (digest_of_heads, len(heads), events) != (root["root"], root["chains"], root["events"]):
                findings.append(Finding("root", _name(root), None, "root"))
        return findings


def _hour(happened: datetime) -> datetime:
    return happened.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _end(root: Mapping[str, Any]) -> datetime:
    """Return the moment up to which a daily or an hourly root was made."""
    if "day" in root:
        return end_of_day(date.fromisoformat(str(root["day"])))
    return datetime.fromisoformat(str(root["until"]))


def _name(root: Mapping[str, Any]) -> str:
    return str(root.get("day") or root.get("until"))


def _forged(hours: Iterable[Mapping[str, Any]], trusted: str | None) -> list[Finding]:
    """Return the hourly roots that were not signed with their key, or with another than the trusted one."""
    return [
        Finding("root", _name(hour), None, "forged")
        for hour in hours
        if (trusted is not None and hour["key"] != trusted)
        or not is_signed(signed_content(hour), str(hour["signature"]), str(hour["key"]))
    ]


def verify_lines(
    numbered: Iterable[tuple[int, Mapping[str, Any]]], *, trusted: str | None = None
) -> list[Finding]:
    """Verify exported, numbered rows and, where they are among them, roots and the end mark.

    `trusted` is the public key that hourly roots must be signed with; None: whichever they name.
    """
    verifier, roots, end, findings = Verifier(), [], None, []
    for number, line in numbered:
        if "root" in line and isinstance(line["root"], Mapping):
            roots.append(line["root"])
        elif "hour" in line and isinstance(line["hour"], Mapping):
            roots.append(line["hour"])
        elif "signature" in line and "subject_kind" not in line:
            continue
        elif "end" in line:
            end = line["end"]
        elif _is_link(line):
            verifier.feed_sealed(line["sealed"], number)
        elif _is_row(line):
            verifier.feed(line, number)
        else:
            findings.append(Finding("line", str(number), None, "unreadable", number))
    usable = [root for root in roots if _is_root(root)]
    findings += [Finding("root", _name(root), None, "unreadable") for root in roots if not _is_root(root)]
    findings += verifier.findings(usable)
    findings += _forged((root for root in usable if "until" in root), trusted)
    if end is not None and end != {"events": verifier.events, "roots": len(roots)}:
        findings.append(Finding("line", "end", None, "cut"))
    return findings


async def verify_database(
    *, trusted: str | None = None, outside: Iterable[Mapping[str, Any]] = ()
) -> tuple[list[Finding], Verifier]:
    """Verify all rows of the database against their hashes, the roots, and the people behind pseudonyms.

    `trusted` is the public key that hourly roots must be signed with; `outside` are hourly roots of a copy
    that lay out of the operator's reach: each must still be there, and hold.
    """
    days = [root_to_export_row(root) for root in await DailyRoot.all().order_by("day")]
    hours = [hourly_root_to_export_row(root) for root in await HourlyRoot.all().order_by("until")]
    copies = list(outside)
    verifier = Verifier()
    async for rows in all_events():
        for row in rows:
            verifier.feed(to_export_row(row))
    findings = verifier.findings([*days, *hours]) + _forged([*hours, *copies], trusted)
    findings += [Finding("root", _name(copy), None, "withdrawn") for copy in copies if copy not in hours]
    findings += [Finding("person", identity, None, fault) for identity, fault in await broken_pseudonyms()]
    return findings, verifier


def read_copy(path: Path) -> list[Mapping[str, Any]]:
    """Return the hourly roots in a file: a copy of them, an export, or a mail to an auditor as it came."""
    roots = []
    for raw in path.read_bytes().splitlines():
        line = _parse(raw.decode(errors="replace"))
        if line is not None and isinstance(line.get("hour"), Mapping) and _is_root(line["hour"]):
            roots.append(line["hour"])
    return roots


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


def verify_file(path: Path, *, trusted: str | None = None) -> list[Finding]:
    """Verify an export byte by byte; a line that cannot be parsed is identified by what is left of it.

    `trusted` is the public key that it must be signed with; None: a signature must hold, if there is one.
    """
    lines: list[tuple[int, Mapping[str, Any]]] = []
    findings: list[Finding] = []
    has_end, is_unsigned = False, trusted is not None
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for number, raw in enumerate(file, start=1):
            text = raw.decode(errors="replace")
            line = _parse(text)
            if line is not None and set(line) == {"key", "signature"}:
                key = str(line["key"])
                is_unsigned = (trusted is not None and key != trusted) or not is_signed(
                    digest.hexdigest().encode(), str(line["signature"]), key
                )
            digest.update(raw)
            if line is None:
                findings.append(_unreadable(number, text))
                continue
            has_end = has_end or "end" in line
            if text != canonical_json(dict(line)) + "\n":
                findings.append(_unreadable(number, text, "edited"))
            lines.append((number, line))
    if not has_end:
        findings.append(Finding("line", "end", None, "cut"))
    if is_unsigned:
        findings.append(Finding("line", "signature", None, "unsigned"))
    findings += verify_lines(lines, trusted=trusted)
    return list(dict.fromkeys(findings))


def _parse(text: str) -> Mapping[str, Any] | None:
    try:
        line = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(line, dict):
        return None
    if not OTHERS.isdisjoint(line) or set(line) == {"key", "signature"} or _is_row(line):
        return line
    return None


def _is_link(line: Mapping[str, Any]) -> bool:
    link = line.get("sealed")
    return isinstance(link, Mapping) and all(name in link for name in LINK) and _has_place(link)


def _is_row(line: Mapping[str, Any]) -> bool:
    return all(name in line for name in (*FIELDS, "hash")) and _has_place(line)


def _has_place(line: Mapping[str, Any]) -> bool:
    """Return whether moment and sequence of a row can be read."""
    try:
        datetime.fromisoformat(str(line["happened_at"])).astimezone()
        return isinstance(line["sequence"], int)
    except (ValueError, OverflowError):
        return False


def _is_root(root: Mapping[str, Any]) -> bool:
    try:
        if _end(root).tzinfo is None:
            return False
        names = ("root", "chains", "events") if "day" in root else (*SIGNED, "key", "signature")
        return all(name in root for name in names)
    except (KeyError, ValueError):
        return False


def _unreadable(number: int, text: str, fault: str = "unreadable") -> Finding:
    kind = re.search(r'"subject_kind":"([^"]*)"', text)
    identity = re.search(r'"subject_id":"([^"]*)"', text)
    sequence = re.search(r'"sequence":(\d{1,9})', text)
    if kind and identity:
        return Finding(kind[1], identity[1], int(sequence[1]) if sequence else None, fault, number)
    return Finding("line", str(number), None, fault, number)
