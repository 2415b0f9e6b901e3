"""The frozen text of a notice and its hash, which anybody can verify."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence


def canonical(title: str, body: Sequence[Sequence[str]]) -> str:
    """Serialise title and body to the canonical JSON that is hashed: sorted keys, no spaces, no escapes."""
    return json.dumps(
        {"body": [list(row) for row in body], "title": title},
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
    )


def body_hash(title: str, body: Sequence[Sequence[str]]) -> str:
    """Return the SHA-256 over the canonical text in UTF-8, in hexadecimal."""
    return hashlib.sha256(canonical(title, body).encode()).hexdigest()
