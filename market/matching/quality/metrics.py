"""Ranking metrics. Pure; means are taken over queries."""

from __future__ import annotations

import math
import random
from collections.abc import Collection, Mapping, Sequence
from statistics import fmean

RESAMPLES = 1000
DISCOUNTS = [1 / math.log2(place + 2) for place in range(10)]


def ndcg_10(ranked: Sequence[str], grades: Mapping[str, int]) -> float:
    """Return NDCG@10; a grade g gains 2^g - 1."""
    ideal = sorted((2**grade - 1 for grade in grades.values()), reverse=True)
    best = sum(gain * discount for gain, discount in zip(ideal, DISCOUNTS, strict=False))
    gained = sum(
        (2 ** grades.get(name, 0) - 1) * discount for name, discount in zip(ranked, DISCOUNTS, strict=False)
    )
    return gained / best if best else 0.0


def auc(scores: Mapping[str, float], strong: Collection[str]) -> float | None:
    """Return the area under the ROC curve; ties count half. None if a class is empty."""
    good = sorted(score for name, score in scores.items() if name in strong)
    poor = sorted(score for name, score in scores.items() if name not in strong)
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


def reciprocal_rank_10(ranked: Sequence[str], relevant: str) -> float:
    """Return the reciprocal rank among the first ten, 0 if absent."""
    first = list(ranked[:10])
    return 1 / (first.index(relevant) + 1) if relevant in first else 0.0


def recall_at(ranked: Sequence[str], relevant: Collection[str], most: int) -> float:
    """Return the recall among the first `most`."""
    return len(set(ranked[:most]) & set(relevant)) / len(relevant) if relevant else 0.0


def overlap_10(ranked: Sequence[object], other: Sequence[object]) -> float:
    """Return the overlap of the first ten of two rankings; 1 for two empty ones."""
    first, second = set(ranked[:10]), set(other[:10])
    return len(first & second) / max(len(first), len(second), 1) if first or second else 1.0


def interval(values: Sequence[float]) -> tuple[float, float]:
    """Return the 95 % confidence interval of the mean, by a seeded bootstrap."""
    if not values:
        return 0.0, 0.0
    draw = random.Random(1)  # noqa: S311 - nothing secret hangs on it
    means = sorted(fmean(draw.choices(values, k=len(values))) for _ in range(RESAMPLES))
    return means[int(0.025 * RESAMPLES)], means[int(0.975 * RESAMPLES) - 1]
