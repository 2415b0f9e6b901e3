"""The figures that tell how good an order is. Pure; means are taken over questions."""

from __future__ import annotations

import math
import random
from collections.abc import Collection, Mapping, Sequence
from statistics import fmean

RESAMPLED = 1000
DISCOUNTS = [1 / math.log2(place + 2) for place in range(10)]


def ndcg_10(ranked: Sequence[str], grades: Mapping[str, int]) -> float:
    """Return the normalised discounted gain of the first ten; a grade g gains 2^g - 1."""
    ideal = sorted((2**grade - 1 for grade in grades.values()), reverse=True)
    best = sum(gain * discount for gain, discount in zip(ideal, DISCOUNTS, strict=False))
    found = sum(
        (2 ** grades.get(one, 0) - 1) * discount for one, discount in zip(ranked, DISCOUNTS, strict=False)
    )
    return found / best if best else 0.0


def auc(scores: Mapping[str, float], strong: Collection[str]) -> float | None:
    """Return how often a strong one scores higher; equal scores count half. None: nothing to compare."""
    good = sorted(score for one, score in scores.items() if one in strong)
    poor = sorted(score for one, score in scores.items() if one not in strong)
    if not good or not poor:
        return None
    wins = 0.0
    below = level = 0
    for score in good:
        while below < len(poor) and poor[below] < score:
            below += 1
        level = max(level, below)
        while level < len(poor) and poor[level] <= score:
            level += 1
        wins += below + (level - below) / 2
    return wins / (len(good) * len(poor))


def reciprocal_rank_10(ranked: Sequence[str], wanted: str) -> float:
    """Return one over the place of the wanted one among the first ten, 0 if it is not there."""
    first = list(ranked[:10])
    return 1 / (first.index(wanted) + 1) if wanted in first else 0.0


def share_found(ranked: Sequence[str], wanted: Collection[str], most: int) -> float:
    """Return which share of the wanted ones is among the first `most`."""
    return len(set(ranked[:most]) & set(wanted)) / len(wanted) if wanted else 0.0


def overlap_10(ranked: Sequence[object], other: Sequence[object]) -> float:
    """Return which share of the first ten of two orders is in both; two empty orders agree."""
    first, second = set(ranked[:10]), set(other[:10])
    return len(first & second) / max(len(first), len(second), 1) if first or second else 1.0


def interval(values: Sequence[float]) -> tuple[float, float]:
    """Return the 95 % interval of the mean, by resampling the questions; the same for the same values."""
    if not values:
        return 0.0, 0.0
    draw = random.Random(1)  # noqa: S311 - nothing secret hangs on it
    means = sorted(fmean(draw.choices(values, k=len(values))) for _ in range(RESAMPLED))
    return means[int(0.025 * RESAMPLED)], means[int(0.975 * RESAMPLED) - 1]
