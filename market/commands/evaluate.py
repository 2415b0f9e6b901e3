"""`evaluate`, `fit-weights`, `quality publish`: measure matching and search, fit weights, publish figures."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from market.commands.progress import Progress
from market.matching.quality.answer_sets import AnswerSets, UnreadableSet
from market.matching.quality.evaluation import Evaluator
from market.matching.quality.evaluation import evaluate as run
from market.matching.quality.weight_fitting import as_json, fit
from market.matching.scoring import WEIGHTS
from market.pages import quality
from market.runtime import build_deps, running
from market.search.embedded import EmbeddedSearch
from market.search.embedders import EmbedderUnavailable
from market.search.embedders.configured import configured_embedders, joint_name
from market.search.engine import SearchEngine
from market.search.meili import MeiliSearch
from market.search.meili_indexes import ScratchTenant
from market.search.text_embedding import VectorCache
from market.seed.answer_sets import write_answer_sets
from market.settings import Settings
from market.tables import database


def write_demo_sets(directory: Path) -> int:
    """Write the questions of the demo market into a folder that `evaluate` reads."""
    sys.stdout.write(f"{write_answer_sets(directory)} questions in {directory}\n")
    return 0


async def evaluate(
    settings: Settings, directory: Path, *, engine: str, is_semantic: bool, file: Path | None
) -> int:
    """Evaluate the sets of a folder, print a table, and write the figures as JSON if a file is given."""
    started = time.monotonic()
    if engine == "meilisearch" and not settings.meili_url:
        sys.stderr.write("Set MEILI_URL (and MEILI_KEY) to measure on Meilisearch.\n")
        return 2
    try:
        sets = AnswerSets.read(directory)
    except UnreadableSet as error:
        sys.stderr.write(f"{error}\n")
        return 1
    for name in sets.missing:
        sys.stderr.write(f"skipped, because {directory} has no such file: {name}\n")
    if len(sets.missing) == len(sets.rows):
        return 1
    try:
        bench = bench_of(settings, engine=engine, is_semantic=is_semantic)
    except EmbedderUnavailable as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if is_semantic and not bench.embedders:
        sys.stderr.write("no embedder is there, so words alone decide\n")
    # Records are made in memory only, but the ORM needs its tables configured.
    async with database("postgresql://nobody@localhost/nothing", pool_size=1):
        try:
            measured = await run(sets, bench)
        except EmbedderUnavailable as error:
            sys.stderr.write(f"{error}\n")
            return 1
    figures: dict[str, Any] = {
        "engine": engine,
        "embedder": joint_name(bench.embedders) or None,
        "scorer": WEIGHTS.version,
        "seconds": round(time.monotonic() - started, 1),
        **measured,
        "skipped": sets.missing,
    }
    sys.stdout.write(table(figures))
    if file:
        _write(file, figures)
    return 0


def bench_of(settings: Settings, *, engine: str, is_semantic: bool) -> Evaluator:
    """Build the evaluator: the configured embedders and a scratch engine.

    Raises:
        EmbedderUnavailable: a model that the settings name cannot be used.
    """
    embedders = configured_embedders(settings.embedders, settings.embeddings_key) if is_semantic else ()
    lengths = {embedder.name: embedder.dimensions for embedder in embedders}
    bars = _Bars()
    return Evaluator(
        scratch=_scratch_meili(settings, lengths) if engine == "meilisearch" else _scratch_embedded,
        embedders=embedders,
        reader=VectorCache(settings.data_directory / "vectors", bars),
        on_progress=bars,
        comparison=_scratch_embedded if engine == "meilisearch" else None,
    )


def _write(file: Path, figures: dict[str, Any]) -> None:
    file.write_text(json.dumps(figures, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def table(figures: dict[str, Any]) -> str:
    """Format the figures as a table."""
    head = f"engine {figures['engine']}, embedder {figures['embedder'] or 'none'}, scorer {figures['scorer']}"
    lines = [f"{head}, {figures['seconds']:.0f} s", ""]
    lines.append(f"{'':<24}{'figure':>8}  {'95 % interval':<16}{'n':>6}  baselines")
    for name in ("graded", "topics"):
        if name in figures:
            lines += _rows(name, figures[name])
    for kind, measures in figures.get("known_item", {}).items():
        lines += _rows(kind, measures)
    if "duplicates" in figures:
        measures = figures["duplicates"]
        lines.append(
            f"{'duplicates':<24}{measures['found']} of {measures['of']} found, {measures['false']} false"
        )
    return "\n".join(lines) + "\n"


def _rows(name: str, measures: dict[str, Any]) -> list[str]:
    rows = []
    for measure, figure in measures.items():
        if not isinstance(figure, float):
            continue
        low, high = measures[f"{measure}_interval"]
        beside = "  ".join(
            f"{baseline} {values[measure]:.3f}"
            for baseline, values in measures.get("baseline", {}).items()
            if measure in values
        )
        shown = f"{low:.3f} – {high:.3f}"
        rows.append(f"{name + ' ' + measure:<24}{figure:>8.3f}  {shown:<16}{measures['n']:>6}  {beside}")
    return rows


class _Bars:
    """A progress line for each task."""

    def __init__(self) -> None:
        self.work, self.done = ("", 0), 0

    def __call__(self, title: str, done: int, total: int) -> None:
        if (title, total) != self.work or done < self.done:
            self.work, self.line = (title, total), Progress(title, total)
        self.done = done
        self.line(done)


@asynccontextmanager
async def _scratch_embedded() -> AsyncIterator[SearchEngine]:
    with tempfile.TemporaryDirectory(prefix="market-evaluate-") as folder:
        search = EmbeddedSearch(Path(folder))
        await search.apply_settings()
        try:
            yield search
        finally:
            await search.close()


def _scratch_meili(settings: Settings, lengths: Mapping[str, int]) -> Callable[[], Any]:
    @asynccontextmanager
    async def scratch() -> AsyncIterator[SearchEngine]:
        tenant = ScratchTenant(f"evaluate_{os.getpid()}_{uuid4().hex[:8]}")
        search = MeiliSearch(str(settings.meili_url), settings.meili_key, tenant=tenant, embedders=lengths)
        await search.apply_settings()
        try:
            yield search
        finally:
            await search.drop()
            await search.close()

    return scratch


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
    for title, figures in (
        ("cross-validated, on needs unseen", fitted.cross_validated),
        (f"the weights in use ({WEIGHTS.version})", fitted.before),
    ):
        text = "  ".join(f"{name} {figure:.3f}" for name, figure in figures.items())
        sys.stdout.write(f"{title:<36}{text}\n")
    text = json.dumps(as_json(fitted.weights), ensure_ascii=False, indent=2) + "\n"
    if file is None:
        sys.stdout.write(text)
    else:
        _write_text(file, text)
    return 0


def _write_text(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")


async def publish(settings: Settings, path: Path) -> int:
    """Publish what `evaluate --json FILE` wrote."""
    try:
        report = _read(path)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{path}: {error}\n")
        return 1
    deps = build_deps(settings)
    async with running(deps):
        await quality.publish_report(report, now=deps.clock())
    sys.stdout.write("Published; see /quality.\n")
    return 0


def _read(path: Path) -> Any:
    text = path.read_text("utf-8")
    if len(text) > quality.MOST_SIZE:
        raise quality.NoReport("too large for a report")
    report = json.loads(text)
    quality.check_report(report)
    return report
