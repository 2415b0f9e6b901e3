"""`fit-weights`: fit the scorer's weights on graded pairs."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from market.commands.evaluate import bench_of
from market.matching.quality.answer_sets import AnswerSets, UnreadableSet
from market.matching.quality.weight_fitting import as_json, fit
from market.matching.scoring import WEIGHTS
from market.search.embedders import EmbedderUnavailable
from market.settings import Settings
from market.tables import database


async def fit_weights(settings: Settings, directory: Path, *, version: str, file: Path | None) -> int:
    """Fit weights with the configured embedders, print their cross-validated figures, and write them.

    To use them, replace `market/matching/weights.json` by the file.
    """
    try:
        sets = AnswerSets.read(directory)
        bench = bench_of(settings, engine="embedded", is_semantic=True)
        if not sets.has_graded or not bench.embedders:
            sys.stderr.write("Graded needs, titles and pairs are needed, and a model.\n")
            return 1
        async with database("postgresql://nobody@localhost/nothing", pool_size=1):
            fitted = await fit(sets, bench, version=version)
    except (UnreadableSet, EmbedderUnavailable) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    for words, figures in (
        ("cross-validated, on needs unseen", fitted.cross_validated),
        (f"the weights in use ({WEIGHTS.version})", fitted.before),
    ):
        text = "  ".join(f"{name} {figure:.3f}" for name, figure in figures.items())
        sys.stdout.write(f"{words:<36}{text}\n")
    text = json.dumps(as_json(fitted.weights), ensure_ascii=False, indent=2) + "\n"
    if file is None:
        sys.stdout.write(text)
    else:
        _write(file, text)
    return 0


def _write(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")
