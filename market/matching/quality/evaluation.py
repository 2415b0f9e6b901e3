"""Evaluation of matching and search on test sets, by the code that serves the site."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from statistics import fmean
from typing import Any
from uuid import UUID, uuid5

from market.accounts.models import Organisation, OrganisationKind
from market.imports.open_data_rows import InvalidRow, need_of, outcome_of
from market.listings.kinds import NEED, OUTCOME, Kind
from market.listings.search import need_document, outcome_document
from market.matching.facts import NeedFacts, need_with_words, outcome_facts
from market.matching.quality.answer_sets import STRONG, AnswerSets, Row
from market.matching.quality.baselines import PlainKeywords, by_chance
from market.matching.quality.metrics import (
    auc,
    interval,
    ndcg_10,
    overlap_10,
    recall_at,
    reciprocal_rank_10,
)
from market.matching.ranking import Pair, rank, score_pairs
from market.matching.scoring import WEIGHTS, Weights
from market.matching.term_frequencies import compute_frequencies
from market.search.documents import prepare
from market.search.duplicates import duplicate_groups
from market.search.embedders import Embedder, tidy
from market.search.engine import Document, Query, SearchEngine, Vector
from market.search.query_planner import QueryKind, QueryPlanner, query_kind
from market.search.text_embedding import (
    EmbedTexts,
    attach_vectors,
    embed_documents,
    pack_vector,
    unpack_vector,
)

NAMES = UUID("5b0f7a0e-1f0f-4c43-9d5c-5f1f2a4c7f10")
"""Namespace of the UUIDs made from the ids of a file."""
BATCH = 2000
FIRST_HUNDRED = 100
KINDS = ("title", "kw", "kw2", "title_en")
Scratch = Callable[[], AbstractAsyncContextManager[SearchEngine]]
"""Opens an empty engine that is deleted after the block."""
Progress = Callable[[str, int, int], None]
"""Called with the task and the numbers done and in total."""


@dataclass(frozen=True)
class Evaluator:
    """Engines, embedders and weights under evaluation."""

    scratch: Scratch
    embedders: Sequence[Embedder]
    reader: EmbedTexts
    on_progress: Progress
    weights: Weights = WEIGHTS
    comparison: Scratch | None = None
    """Another engine, whose first ten matches are compared with those of the evaluated one."""

    def prefetch_vectors(self, questions: Iterable[str]) -> None:
        """Embed all queries in batches before they are searched one by one."""
        queries = [tidy(question) for question in questions if query_kind(question) is not QueryKind.WORDS]
        for embedder in self.embedders if queries else ():
            self.reader(embedder, queries, True)

    def with_vectors(self, index: str, documents: Sequence[Document]) -> list[Document]:
        """Return the documents with vectors by each model."""
        by_document: list[dict[str, Vector]] = [{} for _ in documents]
        for embedder in self.embedders:
            vectors = embed_documents(index, documents, embedder, reader=self.reader)
            for own, vector in zip(by_document, vectors, strict=True):
                if vector is not None:
                    # With the precision that is stored.
                    own[embedder.name] = unpack_vector(pack_vector(vector))
        return [
            attach_vectors(document, vectors)
            for document, vectors in zip(documents, by_document, strict=True)
        ]


@dataclass
class Figures:
    """The values of each metric, one a query, and those of the baselines."""

    values: dict[str, list[float]] = field(default_factory=dict)
    baselines: dict[str, dict[str, list[float]]] = field(default_factory=dict)

    def add(self, **values: float | None) -> None:
        for name, value in values.items():
            if value is not None:
                self.values.setdefault(name, []).append(value)

    def add_baseline(self, of: str, **values: float | None) -> None:
        for name, value in values.items():
            if value is not None:
                self.baselines.setdefault(of, {}).setdefault(name, []).append(value)

    def summary(self) -> dict[str, Any]:
        """Return the means with their confidence intervals, as JSON."""
        summary: dict[str, Any] = {name: round(fmean(of), 4) for name, of in self.values.items()}
        summary["n"] = max((len(of) for of in self.values.values()), default=0)
        for name, of in self.values.items():
            summary[f"{name}_interval"] = [round(end, 4) for end in interval(of)]
        if self.baselines:
            summary["baseline"] = {
                of: {name: round(fmean(values), 4) for name, values in measures.items()}
                for of, measures in self.baselines.items()
            }
        return summary


async def evaluate(sets: AnswerSets, bench: Evaluator) -> dict[str, Any]:
    """Return the figures of every set that is present."""
    figures: dict[str, Any] = {}
    if sets.has_graded:
        figures["graded"] = (await _graded(sets, bench)).summary()
    outcomes = sets.rows["outcomes"]
    if outcomes and sets.rows["topics"]:
        figures["topics"] = (await _topics(sets, bench)).summary()
    if outcomes and sets.rows["known_item"]:
        figures["known_item"] = {kind: of_kind.summary() async for kind, of_kind in _known_items(sets, bench)}
    if sets.rows["duplicate_needs"]:
        figures["duplicates"] = evaluate_duplicates(sets.rows["duplicate_needs"])
    return figures


def evaluate_duplicates(rows: Sequence[Row]) -> dict[str, int]:
    """Count the duplicate groups that are found, and the pairs that are found wrongly."""
    group_of = {row["id"]: row["group"] for row in rows if row["group"] is not None}
    members = Counter(group_of.values())
    hits, false = 0, 0
    for group in duplicate_groups([(row["id"], f"{row['title']}\n{row.get('text', '')}") for row in rows]):
        counts = Counter(group_of.get(id_) for id_ in group)
        whole = [key for key, count in counts.items() if key is not None and count == members[key]]
        hits += len(whole)
        right = sum(count * (count - 1) // 2 for key, count in counts.items() if key is not None)
        false += len(group) * (len(group) - 1) // 2 - right
    return {"found": hits, "of": len(members), "false": false}


@dataclass(frozen=True)
class GradedPairs:
    """The graded pairs with their documents."""

    grades: Mapping[str, Mapping[str, int]]
    needs: Mapping[str, Document]
    titles: Mapping[str, Document]

    @classmethod
    def of(cls, sets: AnswerSets, bench: Evaluator) -> GradedPairs:
        grades = sets.grades()
        graded = [row for row in sets.rows["graded_needs"] if row["id"] in grades]
        others = [row for row in sets.rows["graded_needs"] if row["id"] not in grades]
        titles = [{**row, "title": " ".join(row["terms"])} for row in sets.rows["graded_titles"]]
        needs = [*bench.with_vectors("needs", need_documents(graded)), *need_documents(others)]
        outcomes = bench.with_vectors("outcomes", outcome_documents(titles))
        names = {id_of(row["id"]): row["id"] for row in (*graded, *others, *titles)}
        return cls(
            {
                need: of
                for need, of in grades.items()
                if id_of(need) in {document["id"] for document in needs}
            },
            {names[document["id"]]: document for document in needs},
            {names[document["id"]]: document for document in outcomes},
        )

    def pairs_of(self, need: NeedFacts, name: str, titles: Iterable[str]) -> list[Pair]:
        """Return the pairs of a need with titles, bypassing retrieval."""
        own = self.needs[name]["vectors"]
        return [
            Pair(
                need,
                outcome_facts(prepare("outcomes", self.titles[title]).facts()),
                {
                    model: float(vector @ own[model])
                    for model, vector in self.titles[title]["vectors"].items()
                },
            )
            for title in titles
            if title in self.titles
        ]


async def _graded(sets: AnswerSets, bench: Evaluator) -> Figures:
    """Rank the graded titles of each need, and all titles for the recall."""
    graded = GradedPairs.of(sets, bench)
    plain = PlainKeywords(["".join(row["terms"]) for row in sets.rows["graded_titles"]])
    names = [row["id"] for row in sets.rows["graded_titles"]]
    name_of = {id_of(title): title for title in names}
    places = {name: at for at, name in enumerate(names)}
    figures = Figures()
    async with AsyncExitStack() as stack:
        engines = [
            await stack.enter_async_context(scratch())
            for scratch in (bench.scratch, bench.comparison)
            if scratch
        ]
        for search in engines:
            await fill(search, "outcomes", list(graded.titles.values()), bench.on_progress)
            await fill(search, "needs", list(graded.needs.values()), bench.on_progress)
        frequencies = await compute_frequencies(engines[0])
        for done, (need_id, grades) in enumerate(graded.grades.items(), 1):
            document = graded.needs[need_id]
            need = need_with_words(prepare("needs", document))
            pairs = score_pairs(graded.pairs_of(need, need_id, grades), frequencies, bench.weights)
            ranked, *comparison = [
                await rank(
                    need,
                    vectors=document["vectors"],
                    frequencies=frequencies,
                    search=search,
                    weights=bench.weights,
                )
                for search in engines
            ]
            strong = {title for title, grade in grades.items() if grade >= STRONG}
            figures.add(
                **_of_graded({name_of[pair.outcome.id]: pair.value for pair in pairs}, grades, strong),
                recall_100=recall_at(
                    ranked_names({name_of[id_]: value for id_, value in ranked.scores().items()}),
                    strong,
                    FIRST_HUNDRED,
                ),
                overlap_10=overlap_10(list(ranked.scores()), list(comparison[0].scores()))
                if comparison
                else None,
            )
            keyword = plain.scores(f"{document['title']} {document['title']} {document['text']}")
            everything = ranked_names(dict(zip(names, map(float, keyword), strict=True)))
            figures.add_baseline(
                "keyword",
                **_of_graded({title: float(keyword[places[title]]) for title in grades}, grades, strong),
                recall_100=recall_at(everything, strong, FIRST_HUNDRED),
            )
            figures.add_baseline(
                "random",
                **_of_graded(by_chance(need_id, grades), grades, strong),
                recall_100=FIRST_HUNDRED / max(len(names), FIRST_HUNDRED),
            )
            bench.on_progress("graded needs", done, len(graded.grades))
    return figures


def _of_graded(
    scores: Mapping[str, float], grades: Mapping[str, int], strong: set[str]
) -> dict[str, float | None]:
    return {"ndcg_10": ndcg_10(ranked_names(scores), grades), "auc": auc(scores, strong)}


async def _topics(sets: AnswerSets, bench: Evaluator) -> Figures:
    figures = Figures()
    rows = sets.rows["topics"]
    bench.prefetch_vectors(row["query"] for row in rows)
    async with _OutcomeIndex(sets, {"keywords"}, bench) as market:
        for done, row in enumerate(rows, 1):
            relevant = dict.fromkeys(row["relevant"], 1)
            figures.add(ndcg_10=ndcg_10(await market.ask(row["query"]), relevant))
            figures.add_baseline("keyword", ndcg_10=ndcg_10(market.plain(row["query"]), relevant))
            bench.on_progress("topics", done, len(rows))
    return figures


async def _known_items(sets: AnswerSets, bench: Evaluator) -> AsyncIterator[tuple[str, Figures]]:
    by_kind: dict[str, Figures] = {}
    hidden: dict[frozenset[str], list[tuple[str, Row]]] = {}
    for kind, rows in sets.known_items().items():
        for row in rows:
            hidden.setdefault(frozenset(row["hide_fields"].split(",")), []).append((kind, row))
    for fields, questions in hidden.items():
        bench.prefetch_vectors(row["query"] for _, row in questions)
        async with _OutcomeIndex(sets, fields, bench) as market:
            for done, (kind, row) in enumerate(questions, 1):
                figures = by_kind.setdefault(kind, Figures())
                ranked = await market.ask(row["query"])
                figures.add(
                    mrr_10=reciprocal_rank_10(ranked, row["relevant"]),
                    recall_10=recall_at(ranked, [row["relevant"]], 10),
                )
                plain = market.plain(row["query"])
                figures.add_baseline("keyword", mrr_10=reciprocal_rank_10(plain, row["relevant"]))
                bench.on_progress(f"known items without {', '.join(sorted(fields))}", done, len(questions))
    for kind in sorted(
        by_kind, key=lambda kind_: (KINDS.index(kind_) if kind_ in KINDS else len(KINDS), kind_)
    ):
        yield kind, by_kind[kind]


class _OutcomeIndex:
    """All outcomes in a scratch index, without the fields from which the queries were made."""

    def __init__(self, sets: AnswerSets, hidden: Iterable[str], bench: Evaluator) -> None:
        self.rows, self.hidden, self.bench = sets.rows["outcomes"], frozenset(hidden), bench
        self.scratch = bench.scratch()

    async def __aenter__(self) -> _OutcomeIndex:
        self.search = await self.scratch.__aenter__()
        documents = self.bench.with_vectors("outcomes", outcome_documents(self.rows, self.hidden))
        self.names = {id_of(row["id"]): row["id"] for row in self.rows}
        self.box = QueryPlanner(self.search, self.bench.embedders, reader=self.bench.reader)
        await fill(self.search, "outcomes", documents, self.bench.on_progress)
        self.ids = [self.names[document["id"]] for document in documents]
        self.keywords = PlainKeywords([_whole(document) for document in documents])
        return self

    async def __aexit__(self, *error: Any) -> None:
        await self.scratch.__aexit__(*error)

    async def ask(self, words: str) -> list[str]:
        """Return the first hits of the search box."""
        hits = await self.box.search(Query("outcomes", text=words, limit=10))
        return [self.names[id_] for id_ in hits.ids]

    def plain(self, words: str) -> list[str]:
        scores = self.keywords.scores(words)
        first = scores.argsort(kind="stable")[::-1][:FIRST_HUNDRED]
        return ranked_names({self.ids[at]: float(scores[at]) for at in first})[:10]


async def fill(
    search: SearchEngine, index: str, documents: Sequence[Document], on_progress: Progress
) -> None:
    """Fill a scratch index with documents."""

    async def batches() -> AsyncIterator[Sequence[Document]]:
        for start in range(0, len(documents), BATCH):
            yield documents[start : start + BATCH]
            on_progress(f"index of {index}", min(start + BATCH, len(documents)), len(documents))

    await search.rebuild(index, batches())


def outcome_documents(rows: Iterable[Row], hidden: frozenset[str] = frozenset()) -> list[Document]:
    """Return the public documents of these outcomes as imported from a file."""
    return _documents(OUTCOME, outcome_of, outcome_document, rows, hidden)


def need_documents(rows: Iterable[Row]) -> list[Document]:
    """Return the public documents of these needs, likewise."""
    return _documents(NEED, need_of, need_document, rows)


def _documents(
    kind: Kind,
    columns_of: Callable[[Row], dict[str, Any]],
    document_of: Callable[[Any], Document | None],
    rows: Iterable[Row],
    hidden: frozenset[str] = frozenset(),
) -> list[Document]:
    documents = []
    for row in rows:
        try:
            columns = columns_of(row)
        except InvalidRow:
            continue
        columns |= {name: type(columns[name])() for name in hidden & columns.keys()}
        listing: Any = kind.model(
            **{**kind.blank, **columns},
            id=id_of(row["id"]),
            organisation=_source(),
            status=kind.published,
            published_at=datetime(2026, 1, 1, tzinfo=UTC),
        )
        if document := document_of(listing):
            documents.append(document)
    return documents


def id_of(name: str) -> UUID:
    """Return the index id of a row of a file."""
    return uuid5(NAMES, str(name))


def ranked_names(scores: Mapping[str, float]) -> list[str]:
    """Return names by descending score, ties by ascending name."""
    return sorted(scores, key=lambda name: (-scores[name], name))


@lru_cache
def _source() -> Organisation:
    source = Organisation(id=id_of("source"), name="外部数据", kind=OrganisationKind.SOURCE)
    # The ORM accepts only saved objects as foreign keys; nothing is saved here.
    source._saved_in_db = True
    return source


def _whole(document: Document) -> str:
    parts = (document[name] for name in ("title", "text", "title_en", "text_en"))
    return "\n".join([*parts, *document["keywords"]])
