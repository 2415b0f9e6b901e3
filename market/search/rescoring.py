"""Another look at the first hits of an engine whose own order knows little of how rare a word is. Pure.

Meilisearch orders by rules, one after another; where several words are asked for at once, how many of
their pieces a listing holds, and where, tells a little more. Shares were chosen on known answers.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from market.search.box import Question, kind_of
from market.search.marks import mark_of
from market.search.normalise import STOP_WORDS, fold, read

FIRST = 100
"""Hits that are looked at again."""
SHARE = {Question.WORDS: 0.35, Question.TOPIC: 0.2, Question.FOREIGN: 0.35}
"""What the look counts beside the engine's own score, by the kind of question."""
LITERAL = 0.1
"""What a listing gains that holds the whole of a single topic."""
PLACES = (1.6, 1.4, 1.0)
"""Title, keywords, text."""
LETTER = 0.3
"""What a single character counts beside a pair or a word."""
STALE = 0.75
"""What a listing that its people did not confirm in time keeps, as on the embedded engine."""


@dataclass(frozen=True)
class Hit:
    """What a first hit tells: the engine's score from 0 to 1, and its marks."""

    score: float
    marks: bytes
    counts: Sequence[int]
    is_stale: bool = False


def reordered(text: str, hits: Sequence[Hit]) -> list[int]:
    """Return the places of the hits in their new order; equal ones stay as they are."""
    asked = _asked(text)
    held = [_held(asked, one) for one in hits]
    known = Counter(mark for one in held for mark in one)
    rarity = {mark: 1 + math.log((len(hits) + 1) / (count + 0.5)) for mark, count in known.items()}
    points = [sum(weight * rarity[mark] for mark, weight in one.items()) for one in held]
    most = max(points, default=0.0) or 1.0
    kind = kind_of(text)
    share, topic = SHARE[kind], _topic(text) if kind is Question.TOPIC else set()
    total = [
        (share * found / most + (1 - share) * one.score + (LITERAL if topic and topic <= marks.keys() else 0))
        * (STALE if one.is_stale else 1.0)
        for found, marks, one in zip(points, held, hits, strict=True)
    ]
    return sorted(range(len(hits)), key=lambda at: -total[at])


def _asked(text: str) -> Mapping[int, float]:
    """Return the marks of what is asked for, with how often and how much each counts."""
    reading = read(fold(text))
    words = [one for one in reading.words if len(one) > 2 and not one.isascii()]
    found = Counter(one for one in (*reading.pairs, *words, *reading.singles) if one not in STOP_WORDS)
    return {mark_of(one): times * (LETTER if len(one) == 1 else 1.0) for one, times in found.items()}


def _topic(text: str) -> set[int]:
    """Return the marks of a topic's pairs of characters; whoever holds all of them holds it."""
    return {mark_of(one) for one in read(fold(text)).pairs if one not in STOP_WORDS}


def _held(asked: Mapping[int, float], hit: Hit) -> dict[int, float]:
    ends = list(accumulate(hit.counts))
    marks: Any = memoryview(hit.marks).cast("I")
    return {
        mark: asked[mark] * PLACES[bisect_right(ends, at) % len(PLACES)]
        for at, mark in enumerate(marks.tolist())
        if mark in asked and at < ends[-1]
    }
