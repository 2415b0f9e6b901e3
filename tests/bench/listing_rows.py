"""Rows of listings for a bench: real ones of the folder `DATA`, else made ones."""

from __future__ import annotations

import gzip
import json
import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def listing_rows(size: int, needs_count: int) -> tuple[Iterator[dict[str, Any]], Iterator[dict[str, Any]]]:
    """Return outcomes and needs as an import reads them."""
    if data := os.environ.get("DATA"):
        folder = Path(data)
        outcomes = list(_read(folder / "outcomes.jsonl.gz"))[:size]
        needs = [*_read(folder / "graded_needs.jsonl.gz"), *_read(folder / "duplicate_needs.jsonl.gz")]
        needs += [
            {"title": one["title"], "text": (one.get("abstract") or "")[:600]} for one in outcomes[::-1]
        ]
        return iter(outcomes), ({**row, "id": f"n-{at}"} for at, row in enumerate(needs[:needs_count]))
    return _made(size, "outcomes"), _made(needs_count, "needs")


def _read(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def _made(size: int, index: str) -> Iterator[dict[str, Any]]:
    """Texts of made words, some frequent and most rare, as words are."""
    chance = random.Random(0)
    letters = [chr(0x4E00 + 7 * at) for at in range(2000)]
    words = ["".join(chance.choices(letters, k=chance.choice((2, 2, 3)))) for _ in range(20_000)]
    weights = [1 / (place + 10) for place in range(len(words))]
    draw = random.Random(index)
    for at in range(size):
        text = draw.choices(words, weights, k=120)
        told = "，".join("".join(text[n : n + 6]) for n in range(6, 120, 6))
        yield {
            "id": f"{index}-{at}",
            "title": "".join(text[:6]),
            "keywords": text[6:9],
            ("abstract" if index == "outcomes" else "text"): told,
        }
