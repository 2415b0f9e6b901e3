"""Labels of a match's parts and misfits, for every page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from market.codes.labels import LABELS

MAX_TERMS = 6
"""Common terms shown in a row."""


def part_labels(parts: Mapping[str, int]) -> list[tuple[str, int]]:
    """Return the parts with points and their labels, the heaviest first."""
    points_by_key = sorted(
        ((key, points) for key, points in parts.items() if points > 0), key=lambda item: -item[1]
    )
    return [(_label("match_part", key), points) for key, points in points_by_key]


def misfit_labels(misfits: Iterable[str]) -> list[str]:
    """Return the labels of misfits."""
    return [_label("misfit", key) for key in misfits]


def percent_score(score: int) -> int:
    """Convert a score of 0-1000 to 0-100."""
    return round(score / 10)


def _label(kind: str, key: str) -> str:
    """Return the label of a part or misfit, or its key if it has none."""
    text = LABELS[kind].get(key)
    return key if text is None else str(text)
