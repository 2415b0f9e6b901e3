"""Audit events as exported lines: plain values, canonical JSON, and the hashes over them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import UTC
from typing import Any
from uuid import UUID

from market.audit.models import AuditEvent, DailyRoot, HourlyRoot

GENESIS = "0" * 64
"""The previous hash of the first event of a chain."""
FIELDS = (
    "subject_kind",
    "subject_id",
    "sequence",
    "action",
    "actor",
    "role",
    "data",
    "happened_at",
    "previous_hash",
)
"""What is hashed, and with `hash` what is exported."""
LINK = ("subject_kind", "subject_id", "sequence", "happened_at", "previous_hash", "hash")
"""What is exported of an event of which nobody is told yet who acted: its place in the chain."""
NONCE = "nonce"
"""Random value in the data of such events, so that nobody finds the actor by trying hashes."""
SIGNED = ("until", "root", "chains", "events")
"""What of an hourly root is signed."""


def to_export_row(event: AuditEvent) -> dict[str, Any]:
    """Return the event as a line of an export: plain values, moments in UTC to the microsecond."""
    return {
        "subject_kind": event.subject_kind,
        "subject_id": str(event.subject_id),
        "sequence": event.sequence,
        "action": event.action,
        "actor": str(event.actor) if event.actor else None,
        "role": event.role,
        "data": event.data,
        "happened_at": event.happened_at.astimezone(UTC).isoformat(timespec="microseconds"),
        "previous_hash": event.previous_hash,
        "hash": event.hash,
    }


def to_sealed_row(event: AuditEvent) -> dict[str, Any]:
    """Return the link of an event whose content is sealed yet, as a line of an export."""
    row = to_export_row(event)
    return {"sealed": {name: row[name] for name in LINK}}


def root_to_export_row(root: DailyRoot) -> dict[str, Any]:
    """Return a daily root as a line of an export."""
    return {"day": root.day.isoformat(), "root": root.root, "chains": root.chains, "events": root.events}


def hourly_root_to_export_row(root: HourlyRoot) -> dict[str, Any]:
    """Return an hourly root as a line of an export and of the copy outside."""
    return {**_signed_part(root), "key": root.key, "signature": root.signature}


def _signed_part(root: HourlyRoot) -> dict[str, Any]:
    until = root.until.astimezone(UTC).isoformat(timespec="seconds")
    return {"until": until, "root": root.root, "chains": root.chains, "events": root.events}


def signed_content(row: Mapping[str, Any]) -> bytes:
    """Return the bytes of an exported hourly root that are signed."""
    return canonical_json({name: row[name] for name in SIGNED}).encode()


def canonical_json(value: dict[str, Any]) -> str:
    """Serialise to canonical JSON: sorted keys, no spaces, no escapes of other scripts."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def event_hash(row: dict[str, Any]) -> str:
    """Return SHA-256 over an exported event: every field but its own hash, as canonical JSON."""
    return hashlib.sha256(canonical_json({key: row[key] for key in FIELDS}).encode()).hexdigest()


def root_over(heads: Iterable[tuple[str, str | UUID, str]]) -> str:
    """Return SHA-256 over `(kind, id, head hash)` of every chain, in sorted order."""
    digest = hashlib.sha256()
    for kind, identity, head in sorted(heads, key=lambda chain: (chain[0], str(chain[1]))):
        digest.update(f"{kind}:{identity}:{head}\n".encode())
    return digest.hexdigest()
