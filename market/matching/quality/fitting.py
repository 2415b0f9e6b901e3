"""Fitting the weights of wording and meaning on pairs that people graded.

Weights are judged on needs that they were not fitted on: five parts of the needs, three divisions.
Fitted is a logistic model of *strong* and, half as heavy, of *at least weak*; with few needs anything
finer learns the needs by heart.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

import numpy as np
import numpy.typing as npt

from market.matching.facts import named_need
from market.matching.frequencies import frequencies_of
from market.matching.quality.evaluation import Bench, GradedPairs, fill, ranked_names
from market.matching.quality.measures import auc, ndcg_10
from market.matching.quality.test_sets import STRONG, AnswerSets
from market.matching.scoring import Calibration, Weights, fit_of_wording
from market.matching.wording import Texts
from market.search.documents import prepare

PARTS, DIVISIONS = 5, 3
RIDGE = 3.0
"""How much weights are held towards nought."""
LOW, HIGH = 2.0, 99.8
"""Percentiles of the cosines that stand for nothing and for everything in common."""
Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Need:
    """One need with its graded titles, a row of features for each."""

    name: str
    titles: Sequence[str]
    grades: Sequence[int]
    features: Matrix
    """The fit in words, then the cosine by each model."""


@dataclass(frozen=True)
class Fitted:
    weights: Weights
    cross_validated: Mapping[str, float]
    """On needs that the weights were not fitted on."""
    before: Mapping[str, float]
    """What the weights in use reach."""


async def fit(sets: AnswerSets, bench: Bench, *, version: str) -> Fitted:
    """Return new weights with the figures they reach where they were not fitted."""
    needs = await _needs(sets, bench)
    models = [one.name for one in bench.embedders]
    found: list[Mapping[str, float]] = []
    for division in range(DIVISIONS):
        order = list(range(len(needs)))
        random.Random(division).shuffle(order)  # noqa: S311 - nothing secret hangs on it
        scores: dict[str, Matrix] = {}
        for part in range(PARTS):
            held = set(order[part::PARTS])
            fitted = _fit(
                [one for at, one in enumerate(needs) if at not in held], models, bench.weights, version
            )
            scores |= {needs[at].name: _scores(needs[at], models, fitted) for at in held}
        found.append(_figures(needs, scores))
    return Fitted(
        _fit(needs, models, bench.weights, version),
        {name: fmean(one[name] for one in found) for name in found[0]},
        _figures(needs, {one.name: _scores(one, models, bench.weights) for one in needs}),
    )


def as_json(weights: Weights) -> dict[str, object]:
    """Return weights as their file holds them."""
    told = {**vars(weights), "scales": vars(weights.scales)}
    return {**told, "models": {name: vars(one) for name, one in weights.models.items()}}


async def _needs(sets: AnswerSets, bench: Bench) -> list[Need]:
    graded = GradedPairs.of(sets, bench)
    models = [one.name for one in bench.embedders]
    async with bench.scratch() as search:
        await fill(search, "outcomes", list(graded.titles.values()), bench.on_progress)
        await fill(search, "needs", list(graded.needs.values()), bench.on_progress)
        rarity = (await frequencies_of(search)).idf
    found = []
    for name, grades in graded.grades.items():
        need = named_need(prepare("needs", graded.needs[name]))
        titles = [one for one in grades if one in graded.titles]
        pairs = graded.pairs_of(need, name, titles)
        wording = fit_of_wording(
            need.text, Texts.of_each([one.outcome.text for one in pairs]), rarity, bench.weights
        )
        cosines = [[one.meaning[model] for model in models] for one in pairs]
        features = np.column_stack([wording, np.array(cosines).reshape(len(pairs), len(models))])
        found.append(Need(name, titles, [grades[one] for one in titles], features))
    return found


def _fit(needs: Collection[Need], models: Sequence[str], before: Weights, version: str) -> Weights:
    features = np.vstack([one.features for one in needs])
    grades = np.concatenate([one.grades for one in needs])
    means, spreads = features.mean(axis=0), features.std(axis=0) + 1e-9
    rows = np.vstack([(features - means) / spreads] * 2)
    wanted = np.concatenate([grades >= STRONG, grades >= 1]).astype(np.float64)
    heavy = np.concatenate([np.full(len(grades), 1.0), np.full(len(grades), 0.5)])
    # A part that would count against a pair is a chance of few needs.
    slopes = np.maximum(_logistic(rows, wanted, heavy), 0.0) / spreads
    calibrated = {}
    for at, name in enumerate(models, 1):
        low, high = np.percentile(features[:, at], [LOW, HIGH])
        share = slopes[at] * (high - low) / max(slopes[0], 1e-9)
        calibrated[name] = Calibration(round(float(low), 3), round(float(high), 3), round(float(share), 2))
    return replace(before, version=version, models={**before.models, **calibrated})


def _logistic(rows: Matrix, wanted: Matrix, heavy: Matrix) -> Matrix:
    """Return the slopes of a logistic model, by Newton's steps."""
    whole = np.column_stack([rows, np.ones(len(rows))])
    ridge = np.full(whole.shape[1], RIDGE)
    ridge[-1] = 1e-6
    slopes = np.zeros(whole.shape[1])
    for _step in range(30):
        chance = 1 / (1 + np.exp(-np.clip(whole @ slopes, -30, 30)))
        downhill = whole.T @ (heavy * (chance - wanted)) + ridge * slopes
        bent = (whole * (heavy * chance * (1 - chance))[:, None]).T @ whole + np.diag(ridge)
        step = np.linalg.solve(bent, downhill)
        slopes -= step
        if np.abs(step).max() < 1e-8:
            break
    found: Matrix = slopes[:-1]
    return found


def _scores(need: Need, models: Sequence[str], weights: Weights) -> Matrix:
    total: Matrix = need.features[:, 0].copy()
    for at, name in enumerate(models, 1):
        model = weights.model(name)
        total += model.share * np.clip((need.features[:, at] - model.low) / (model.high - model.low), 0, 1)
    return total


def _figures(needs: Sequence[Need], scores: Mapping[str, Matrix]) -> dict[str, float]:
    gains, areas = [], []
    for need in needs:
        by_title = dict(zip(need.titles, scores[need.name].tolist(), strict=True))
        grades = dict(zip(need.titles, need.grades, strict=True))
        gains.append(ndcg_10(ranked_names(by_title), grades))
        area = auc(by_title, {one for one, grade in grades.items() if grade >= STRONG})
        areas += [] if area is None else [area]
    return {"ndcg_10": fmean(gains), "auc": fmean(areas)}
