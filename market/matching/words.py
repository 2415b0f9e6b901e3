"""How a match tells its parts and misfits to people, wherever it is shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from market.codes.labels import WORDS

MOST_TERMS = 6
"""Common terms that a row shows."""


def parts_of(parts: Mapping[str, int]) -> list[tuple[str, int]]:
    """Return the parts that gave something, named, the heaviest first."""
    given = sorted(((key, points) for key, points in parts.items() if points > 0), key=lambda one: -one[1])
    return [(_word("match_part", key), points) for key, points in given]


def misfits_of(misfits: Iterable[str]) -> list[str]:
    """Return what does not fit, named."""
    return [_word("misfit", key) for key in misfits]


def out_of_hundred(score: int) -> int:
    """Return a score of 0-1000 as people read it, 0-100."""
    return round(score / 10)


def _word(kind: str, key: str) -> str:
    """Return what a part or a misfit is called; one that the table does not know says it itself."""
    found = WORDS[kind].get(key)
    return key if found is None else str(found)
