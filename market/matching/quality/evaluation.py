"""Measuring matching and search on questions with known answers, by the very code that serves the site."""

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
from market.listings.kinds import NEED, OUTCOME, Kind
from market.listings.mapping import Unusable, need_of, outcome_of
from market.listings.search import need_document, outcome_document
from market.matching.facts import NeedFacts, named_need, outcome_facts
from market.matching.finding import Pair, rank, scored
from market.matching.frequencies import frequencies_of
from market.matching.quality.baselines import PlainKeywords, by_chance
from market.matching.quality.measures import (
    auc,
    interval,
    ndcg_10,
    overlap_10,
    reciprocal_rank_10,
    share_found,
)
from market.matching.quality.test_sets import STRONG, AnswerSets, Row
from market.matching.scoring import WEIGHTS, Weights
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
"""Under it the ids of a file become ids of the index."""
BATCH = 2000
FIRST_HUNDRED = 100
KINDS = ("title", "kw", "kw2", "title_en")
Scratch = Callable[[], AbstractAsyncContextManager[SearchEngine]]
"""Makes an empty engine that is gone after the block."""
Progress = Callable[[str, int, int], None]
"""Told what is being done, and how many of how many are done."""


@dataclass(frozen=True)
class Bench:
    """What is measured with."""

    scratch: Scratch
    embedders: Sequence[Embedder]
    reader: EmbedTexts
    on_progress: Progress
    weights: Weights = WEIGHTS
    beside: Scratch | None = None
    """Another engine, whose first ten matches are held against those of the one measured."""

    def read_ahead(self, questions: Iterable[str]) -> None:
        """Have the models read all questions at once that will be asked one by one."""
        asked = [tidy(one) for one in questions if query_kind(one) is not QueryKind.WORDS]
        for embedder in self.embedders if asked else ():
            self.reader(embedder, asked, True)

    def with_vectors(self, index: str, documents: Sequence[Document]) -> list[Document]:
        """Return the documents with what they mean to each model."""
        found: list[dict[str, Vector]] = [{} for _ in documents]
        for embedder in self.embedders:
            vectors = embed_documents(index, documents, embedder, reader=self.reader)
            for one, vector in zip(found, vectors, strict=True):
                if vector is not None:
                    # As it is after it was kept.
                    one[embedder.name] = unpack_vector(pack_vector(vector))
        return [attach_vectors(one, vectors) for one, vectors in zip(documents, found, strict=True)]


@dataclass
class Figures:
    """The values of each measure, one a question, and of the baselines beside."""

    values: dict[str, list[float]] = field(default_factory=dict)
    baselines: dict[str, dict[str, list[float]]] = field(default_factory=dict)

    def note(self, **found: float | None) -> None:
        for name, one in found.items():
            if one is not None:
                self.values.setdefault(name, []).append(one)

    def note_baseline(self, of: str, **found: float | None) -> None:
        for name, one in found.items():
            if one is not None:
                self.baselines.setdefault(of, {}).setdefault(name, []).append(one)

    def summary(self) -> dict[str, Any]:
        """Return the means with their intervals, ready to be written."""
        found: dict[str, Any] = {name: round(fmean(of), 4) for name, of in self.values.items()}
        found["n"] = max((len(of) for of in self.values.values()), default=0)
        for name, of in self.values.items():
            found[f"{name}_interval"] = [round(end, 4) for end in interval(of)]
        if self.baselines:
            found["baseline"] = {
                of: {name: round(fmean(one), 4) for name, one in measures.items()}
                for of, measures in self.baselines.items()
            }
        return found


async def evaluate(sets: AnswerSets, bench: Bench) -> dict[str, Any]:
    """Return the figures of every set that is there."""
    found: dict[str, Any] = {}
    if sets.has_graded:
        found["graded"] = (await _graded(sets, bench)).summary()
    outcomes = sets.rows["outcomes"]
    if outcomes and sets.rows["topics"]:
        found["topics"] = (await _topics(sets, bench)).summary()
    if outcomes and sets.rows["known_item"]:
        found["known_item"] = {kind: figures.summary() async for kind, figures in _known_items(sets, bench)}
    if sets.rows["duplicate_needs"]:
        found["duplicates"] = duplicates(sets.rows["duplicate_needs"])
    return found


def duplicates(rows: Sequence[Row]) -> dict[str, int]:
    """Return how many of the groups of needs posted twice are found, and how many pairs wrongly."""
    wanted = {row["id"]: row["group"] for row in rows if row["group"] is not None}
    members = Counter(wanted.values())
    found, false = 0, 0
    for group in duplicate_groups([(row["id"], f"{row['title']}\n{row.get('text', '')}") for row in rows]):
        known = Counter(wanted.get(one) for one in group)
        whole = [key for key, count in known.items() if key is not None and count == members[key]]
        found += len(whole)
        right = sum(count * (count - 1) // 2 for key, count in known.items() if key is not None)
        false += len(group) * (len(group) - 1) // 2 - right
    return {"found": found, "of": len(members), "false": false}


@dataclass(frozen=True)
class GradedPairs:
    """The pairs that people graded, with all that the scorer knows of them."""

    grades: Mapping[str, Mapping[str, int]]
    needs: Mapping[str, Document]
    titles: Mapping[str, Document]

    @classmethod
    def of(cls, sets: AnswerSets, bench: Bench) -> GradedPairs:
        grades = sets.grades()
        asked = [row for row in sets.rows["graded_needs"] if row["id"] in grades]
        others = [row for row in sets.rows["graded_needs"] if row["id"] not in grades]
        titles = [{**row, "title": " ".join(row["terms"])} for row in sets.rows["graded_titles"]]
        needs = [*bench.with_vectors("needs", need_documents(asked)), *need_documents(others)]
        outcomes = bench.with_vectors("outcomes", outcome_documents(titles))
        names = {id_of(row["id"]): row["id"] for row in (*asked, *others, *titles)}
        return cls(
            {need: of for need, of in grades.items() if id_of(need) in {one["id"] for one in needs}},
            {names[one["id"]]: one for one in needs},
            {names[one["id"]]: one for one in outcomes},
        )

    def pairs_of(self, need: NeedFacts, name: str, titles: Iterable[str]) -> list[Pair]:
        """Return the pairs of a need with titles, whether they would be candidates or not."""
        own = self.needs[name]["vectors"]
        return [
            Pair(
                need,
                outcome_facts(prepare("outcomes", self.titles[one]).facts()),
                {model: float(vector @ own[model]) for model, vector in self.titles[one]["vectors"].items()},
            )
            for one in titles
            if one in self.titles
        ]


async def _graded(sets: AnswerSets, bench: Bench) -> Figures:
    """A need is the query; its graded titles are ranked, and the whole pool of titles for the recall."""
    graded = GradedPairs.of(sets, bench)
    plain = PlainKeywords(["".join(row["terms"]) for row in sets.rows["graded_titles"]])
    names = [row["id"] for row in sets.rows["graded_titles"]]
    name_of = {id_of(one): one for one in names}
    places = {name: at for at, name in enumerate(names)}
    figures = Figures()
    async with AsyncExitStack() as stack:
        engines = [
            await stack.enter_async_context(scratch()) for scratch in (bench.scratch, bench.beside) if scratch
        ]
        for search in engines:
            await fill(search, "outcomes", list(graded.titles.values()), bench.on_progress)
            await fill(search, "needs", list(graded.needs.values()), bench.on_progress)
        frequencies = await frequencies_of(engines[0])
        for done, (need_id, grades) in enumerate(graded.grades.items(), 1):
            document = graded.needs[need_id]
            need = named_need(prepare("needs", document))
            pairs = scored(graded.pairs_of(need, need_id, grades), frequencies, bench.weights)
            ranked, *beside = [
                await rank(
                    need,
                    vectors=document["vectors"],
                    frequencies=frequencies,
                    search=search,
                    weights=bench.weights,
                )
                for search in engines
            ]
            strong = {one for one, grade in grades.items() if grade >= STRONG}
            figures.note(
                **_of_graded({name_of[one.outcome.id]: one.value for one in pairs}, grades, strong),
                recall_100=share_found(
                    ranked_names({name_of[one]: value for one, value in ranked.scores().items()}),
                    strong,
                    FIRST_HUNDRED,
                ),
                overlap_10=overlap_10(list(ranked.scores()), list(beside[0].scores())) if beside else None,
            )
            keyword = plain.scores(f"{document['title']} {document['title']} {document['text']}")
            everything = ranked_names(dict(zip(names, map(float, keyword), strict=True)))
            figures.note_baseline(
                "keyword",
                **_of_graded({one: float(keyword[places[one]]) for one in grades}, grades, strong),
                recall_100=share_found(everything, strong, FIRST_HUNDRED),
            )
            figures.note_baseline(
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


async def _topics(sets: AnswerSets, bench: Bench) -> Figures:
    figures = Figures()
    rows = sets.rows["topics"]
    bench.read_ahead(row["query"] for row in rows)
    async with _outcomes(sets, {"keywords"}, bench) as market:
        for done, row in enumerate(rows, 1):
            wanted = dict.fromkeys(row["relevant"], 1)
            figures.note(ndcg_10=ndcg_10(await market.ask(row["query"]), wanted))
            figures.note_baseline("keyword", ndcg_10=ndcg_10(market.plain(row["query"]), wanted))
            bench.on_progress("topics", done, len(rows))
    return figures


async def _known_items(sets: AnswerSets, bench: Bench) -> AsyncIterator[tuple[str, Figures]]:
    found: dict[str, Figures] = {}
    hidden: dict[frozenset[str], list[tuple[str, Row]]] = {}
    for kind, rows in sets.known_items().items():
        for row in rows:
            hidden.setdefault(frozenset(row["hide_fields"].split(",")), []).append((kind, row))
    for fields, questions in hidden.items():
        bench.read_ahead(row["query"] for _, row in questions)
        async with _outcomes(sets, fields, bench) as market:
            for done, (kind, row) in enumerate(questions, 1):
                figures = found.setdefault(kind, Figures())
                ranked = await market.ask(row["query"])
                figures.note(
                    mrr_10=reciprocal_rank_10(ranked, row["relevant"]),
                    recall_10=share_found(ranked, [row["relevant"]], 10),
                )
                plain = market.plain(row["query"])
                figures.note_baseline("keyword", mrr_10=reciprocal_rank_10(plain, row["relevant"]))
                bench.on_progress(f"known items without {', '.join(sorted(fields))}", done, len(questions))
    for kind in sorted(found, key=lambda one: (KINDS.index(one) if one in KINDS else len(KINDS), one)):
        yield kind, found[kind]


class _outcomes:  # noqa: N801 - used as a function
    """All outcomes in a scratch index, without the fields that the questions were made from."""

    def __init__(self, sets: AnswerSets, hidden: Iterable[str], bench: Bench) -> None:
        self.rows, self.hidden, self.bench = sets.rows["outcomes"], frozenset(hidden), bench
        self.scratch = bench.scratch()

    async def __aenter__(self) -> _outcomes:
        self.search = await self.scratch.__aenter__()
        documents = self.bench.with_vectors("outcomes", outcome_documents(self.rows, self.hidden))
        self.names = {id_of(row["id"]): row["id"] for row in self.rows}
        self.box = QueryPlanner(self.search, self.bench.embedders, reader=self.bench.reader)
        await fill(self.search, "outcomes", documents, self.bench.on_progress)
        self.ids = [self.names[one["id"]] for one in documents]
        self.keywords = PlainKeywords([_whole(one) for one in documents])
        return self

    async def __aexit__(self, *error: Any) -> None:
        await self.scratch.__aexit__(*error)

    async def ask(self, words: str) -> list[str]:
        """Return what the search box shows first."""
        hits = await self.box.search(Query("outcomes", text=words, limit=10))
        return [self.names[one] for one in hits.ids]

    def plain(self, words: str) -> list[str]:
        scores = self.keywords.scores(words)
        first = scores.argsort(kind="stable")[::-1][:FIRST_HUNDRED]
        return ranked_names({self.ids[at]: float(scores[at]) for at in first})[:10]


async def fill(
    search: SearchEngine, index: str, documents: Sequence[Document], on_progress: Progress
) -> None:
    """Put documents into a scratch index."""

    async def batches() -> AsyncIterator[Sequence[Document]]:
        for start in range(0, len(documents), BATCH):
            yield documents[start : start + BATCH]
            on_progress(f"index of {index}", min(start + BATCH, len(documents)), len(documents))

    await search.rebuild(index, batches())


def outcome_documents(rows: Iterable[Row], hidden: frozenset[str] = frozenset()) -> list[Document]:
    """Return what readers would find of these outcomes, imported as any file is."""
    return _documents(OUTCOME, outcome_of, outcome_document, rows, hidden)


def need_documents(rows: Iterable[Row]) -> list[Document]:
    """Return what readers would find of these needs, likewise."""
    return _documents(NEED, need_of, need_document, rows)


def _documents(
    kind: Kind,
    columns_of: Callable[[Row], dict[str, Any]],
    document_of: Callable[[Any], Document | None],
    rows: Iterable[Row],
    hidden: frozenset[str] = frozenset(),
) -> list[Document]:
    found = []
    for row in rows:
        try:
            columns = columns_of(row)
        except Unusable:
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
            found.append(document)
    return found


def id_of(name: str) -> UUID:
    """Return the id under which a row of a file stands in the index."""
    return uuid5(NAMES, str(name))


def ranked_names(scores: Mapping[str, float]) -> list[str]:
    """Return names by their scores; equal scores go by ascending name."""
    return sorted(scores, key=lambda one: (-scores[one], one))


@lru_cache
def _source() -> Organisation:
    source = Organisation(id=id_of("source"), name="外部数据", kind=OrganisationKind.SOURCE)
    # The ORM lets a listing belong only to what is stored; nothing is stored here.
    source._saved_in_db = True
    return source


def _whole(document: Document) -> str:
    parts = (document[name] for name in ("title", "text", "title_en", "text_en"))
    return "\n".join([*parts, *document["keywords"]])
