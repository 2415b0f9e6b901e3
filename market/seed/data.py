"""The written content of the demo market, read from the files beside this one."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

FOLDER = Path(__file__).parent / "data"
NAMESPACE = UUID("5f0c2a7e-2b0e-5c57-9a53-6f1f6a1d0e44")
"""Ids of the demo's own rows are derived from it and their key, so they are the same in every demo."""


@lru_cache
def load(name: str) -> dict[str, dict[str, Any]]:
    """Return the entries of one file by their key, in the order in which they are written."""
    entries = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return {entry["key"]: {k: v for k, v in entry.items() if k != "key"} for entry in entries}


def id_of(kind: str, key: str) -> UUID:
    """Return the id that the demo gives to this record."""
    return uuid5(NAMESPACE, f"{kind}:{key}")


def fen(wan: int | float | None) -> int | None:
    """Return so many 万元 in fen."""
    return None if wan is None else round(wan * 1_000_000)
