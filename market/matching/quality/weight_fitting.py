"""Fitting of the weights of wording and vectors on graded pairs.

Weights are cross-validated: five folds of the needs, in three shuffles. The model is a logistic regression on
*strong* and, with half the weight, *at least weak*; anything finer overfits on few needs.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

import numpy as np
import numpy.typing as npt

from market.matching.facts import need_with_words
from market.matching.quality.answer_sets import STRONG, AnswerSets
from market.matching.quality.evaluation import Evaluator, GradedPairs, fill, ranked_names
from market.matching.quality.metrics import auc, ndcg_10
from market.matching.scoring import Calibration, Weights, fit_of_wording
from market.matching.term_frequencies import compute_frequencies
from market.matching.text_similarity import Texts
from market.search.documents import prepare

PARTS, DIVISIONS = 5, 3
RIDGE = 3.0
"""L2 regularisation."""
LOW, HIGH = 2.0, 99.8
"""Percentiles of the cosines that calibrate to 0 and 1."""
Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Need:
    """A need with its graded titles, a row of features for each."""

    name: str
    titles: Sequence[str]
    grades: Sequence[int]
    features: Matrix
    """The fit in words, then the cosine by model."""


@dataclass(frozen=True)
class FittedWeights:
    weights: Weights
    cross_validated: Mapping[str, float]
    """Figures on held-out needs."""
    before: Mapping[str, float]
    """Figures of the current weights."""


async def fit(sets: AnswerSets, bench: Evaluator, *, version: str) -> FittedWeights:
    """Fit weights and cross-validate them."""
    needs = await _load_needs(sets, bench)
    models = [embedder.name for embedder in bench.embedders]
    results: list[Mapping[str, float]] = []
    for division in range(DIVISIONS):
        order = list(range(len(needs)))
        random.Random(division).shuffle(order)  # noqa: S311 - nothing secret hangs on it
        scores: dict[str, Matrix] = {}
        for fold in range(PARTS):
            validation = set(order[fold::PARTS])
            fitted = _fit(
                [need for at, need in enumerate(needs) if at not in validation],
                models,
                bench.weights,
                version,
            )
            scores |= {needs[at].name: _scores(needs[at], models, fitted) for at in validation}
        results.append(_figures(needs, scores))
    return FittedWeights(
        _fit(needs, models, bench.weights, version),
        {name: fmean(result[name] for result in results) for name in results[0]},
        _figures(needs, {need.name: _scores(need, models, bench.weights) for need in needs}),
    )


def as_json(weights: Weights) -> dict[str, object]:
    """Return weights in the format of their file."""
    content = {**vars(weights), "scales": vars(weights.scales)}
    return {**content, "models": {name: vars(calibration) for name, calibration in weights.models.items()}}


async def _load_needs(sets: AnswerSets, bench: Evaluator) -> list[Need]:
    graded = GradedPairs.of(sets, bench)
    models = [embedder.name for embedder in bench.embedders]
    async with bench.scratch() as search:
        await fill(search, "outcomes", list(graded.titles.values()), bench.on_progress)
        await fill(search, "needs", list(graded.needs.values()), bench.on_progress)
        rarity = (await compute_frequencies(search)).idf
    needs = []
    for name, grades in graded.grades.items():
        need = need_with_words(prepare("needs", graded.needs[name]))
        titles = [title for title in grades if title in graded.titles]
        pairs = graded.pairs_of(need, name, titles)
        wording = fit_of_wording(
            need.text, Texts.of_texts([pair.outcome.text for pair in pairs]), rarity, bench.weights
        )
        cosines = [[pair.meaning[model] for model in models] for pair in pairs]
        features = np.column_stack([wording, np.array(cosines).reshape(len(pairs), len(models))])
        needs.append(Need(name, titles, [grades[title] for title in titles], features))
    return needs


def _fit(needs: Collection[Need], models: Sequence[str], before: Weights, version: str) -> Weights:
    features = np.vstack([need.features for need in needs])
    grades = np.concatenate([need.grades for need in needs])
    means, spreads = features.mean(axis=0), features.std(axis=0) + 1e-9
    rows = np.vstack([(features - means) / spreads] * 2)
    targets = np.concatenate([grades >= STRONG, grades >= 1]).astype(np.float64)
    sample_weights = np.concatenate([np.full(len(grades), 1.0), np.full(len(grades), 0.5)])
    # Negative weights are artefacts of few needs.
    slopes = np.maximum(_logistic(rows, targets, sample_weights), 0.0) / spreads
    calibrated = {}
    for at, name in enumerate(models, 1):
        low, high = np.percentile(features[:, at], [LOW, HIGH])
        share = slopes[at] * (high - low) / max(slopes[0], 1e-9)
        calibrated[name] = Calibration(round(float(low), 3), round(float(high), 3), round(float(share), 2))
    return replace(before, version=version, models={**before.models, **calibrated})


def _logistic(rows: Matrix, targets: Matrix, sample_weights: Matrix) -> Matrix:
    """Return the coefficients of a logistic regression, by Newton's method."""
    design = np.column_stack([rows, np.ones(len(rows))])
    ridge = np.full(design.shape[1], RIDGE)
    ridge[-1] = 1e-6
    slopes = np.zeros(design.shape[1])
    for _step in range(30):
        probabilities = 1 / (1 + np.exp(-np.clip(design @ slopes, -30, 30)))
        gradient = design.T @ (sample_weights * (probabilities - targets)) + ridge * slopes
        hessian = (
            design * (sample_weights * probabilities * (1 - probabilities))[:, None]
        ).T @ design + np.diag(ridge)
        step = np.linalg.solve(hessian, gradient)
        slopes -= step
        if np.abs(step).max() < 1e-8:
            break
    result: Matrix = slopes[:-1]
    return result


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
        area = auc(by_title, {title for title, grade in grades.items() if grade >= STRONG})
        areas += [] if area is None else [area]
    return {"ndcg_10": fmean(gains), "auc": fmean(areas)}
