"""Measuring matching and search on questions with known answers, by the very code that serves the site."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
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
from market.matching.facts import need_facts, outcome_facts
from market.matching.finding import rank_outcomes
from market.matching.frequencies import frequencies_of
from market.matching.quality.baselines import PlainKeywords, by_chance
from market.matching.quality.measures import auc, interval, ndcg_10, reciprocal_rank_10, share_found
from market.matching.quality.test_sets import STRONG, Row, TestSets
from market.matching.scoring import value
from market.search.documents import prepare
from market.search.duplicates import groups
from market.search.engine import Document, Query, SearchEngine

NAMES = UUID("5b0f7a0e-1f0f-4c43-9d5c-5f1f2a4c7f10")
"""Under it the ids of a file become ids of the index."""
BATCH = 2000
FIRST_HUNDRED = 100
KINDS = ("title", "kw", "kw2", "title_en")
Scratch = Callable[[], AbstractAsyncContextManager[SearchEngine]]
"""Makes an empty engine that is gone after the block."""
Progress = Callable[[str, int, int], None]
"""Told what is being done, and how many of how many are done."""


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

    def told(self) -> dict[str, Any]:
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


async def evaluate(sets: TestSets, *, scratch: Scratch, on_progress: Progress) -> dict[str, Any]:
    """Return the figures of every set that is there."""
    found: dict[str, Any] = {}
    if sets.has_graded:
        found["graded"] = (await _graded(sets, scratch, on_progress)).told()
    outcomes = sets.rows["outcomes"]
    if outcomes and sets.rows["topics"]:
        found["topics"] = (await _topics(sets, scratch, on_progress)).told()
    if outcomes and sets.rows["known_item"]:
        found["known_item"] = {
            kind: figures.told() async for kind, figures in _known_items(sets, scratch, on_progress)
        }
    if sets.rows["duplicate_needs"]:
        found["duplicates"] = duplicates(sets.rows["duplicate_needs"])
    return found


def duplicates(rows: Sequence[Row]) -> dict[str, int]:
    """Return how many of the groups of needs posted twice are found, and how many pairs wrongly."""
    wanted = {row["id"]: row["group"] for row in rows if row["group"] is not None}
    members = Counter(wanted.values())
    found, false = 0, 0
    for group in groups([(row["id"], f"{row['title']}\n{row.get('text', '')}") for row in rows]):
        known = Counter(wanted.get(one) for one in group)
        whole = [key for key, count in known.items() if key is not None and count == members[key]]
        found += len(whole)
        right = sum(count * (count - 1) // 2 for key, count in known.items() if key is not None)
        false += len(group) * (len(group) - 1) // 2 - right
    return {"found": found, "of": len(members), "false": false}


async def _graded(sets: TestSets, scratch: Scratch, on_progress: Progress) -> Figures:
    """A need is the query; its graded titles are ranked, and the whole pool of titles for the recall."""
    grades = sets.grades()
    pool = {
        row["id"]: outcome_documents([{**row, "title": " ".join(row["terms"])}])
        for row in sets.rows["graded_titles"]
    }
    titles = {name: made[0] for name, made in pool.items() if made}
    needs = {row["id"]: made[0] for row in sets.rows["graded_needs"] if (made := need_documents([row]))}
    plain = PlainKeywords(["".join(row["terms"]) for row in sets.rows["graded_titles"]])
    names = [row["id"] for row in sets.rows["graded_titles"]]
    places = {name: at for at, name in enumerate(names)}
    figures = Figures()
    async with scratch() as search:
        await fill(search, "outcomes", list(titles.values()), on_progress)
        await fill(search, "needs", list(needs.values()), on_progress)
        frequencies = await frequencies_of(search)
        name_of = {document["id"]: name for name, document in titles.items()}
        outcomes = {name: outcome_facts(prepare("outcomes", one).facts()) for name, one in titles.items()}
        for done, (need_id, graded) in enumerate(grades.items(), 1):
            need = need_facts(prepare("needs", needs[need_id]).facts())
            scores = {one: float(value(need, outcomes[one], frequencies.idf)) for one in graded}
            ranked = await rank_outcomes(need, frequencies=frequencies, search=search)
            whole = ranked_names({name_of[one.id]: score for score, one in ranked})
            strong = {one for one, grade in graded.items() if grade >= STRONG}
            figures.note(
                **_of_graded(scores, graded, strong), recall_100=share_found(whole, strong, FIRST_HUNDRED)
            )
            keyword = plain.scores(
                f"{needs[need_id]['title']} {needs[need_id]['title']} {needs[need_id]['text']}"
            )
            everything = ranked_names(dict(zip(names, map(float, keyword), strict=True)))
            figures.note_baseline(
                "keyword",
                **_of_graded({one: float(keyword[places[one]]) for one in graded}, graded, strong),
                recall_100=share_found(everything, strong, FIRST_HUNDRED),
            )
            figures.note_baseline(
                "random",
                **_of_graded(by_chance(need_id, graded), graded, strong),
                recall_100=FIRST_HUNDRED / max(len(names), FIRST_HUNDRED),
            )
            on_progress("graded needs", done, len(grades))
    return figures


def _of_graded(
    scores: Mapping[str, float], grades: Mapping[str, int], strong: set[str]
) -> dict[str, float | None]:
    return {"ndcg_10": ndcg_10(ranked_names(scores), grades), "auc": auc(scores, strong)}


async def _topics(sets: TestSets, scratch: Scratch, on_progress: Progress) -> Figures:
    figures = Figures()
    rows = sets.rows["topics"]
    async with _outcomes(sets, {"keywords"}, scratch, on_progress) as market:
        for done, row in enumerate(rows, 1):
            wanted = dict.fromkeys(row["relevant"], 1)
            figures.note(ndcg_10=ndcg_10(await market.ask(row["query"]), wanted))
            figures.note_baseline("keyword", ndcg_10=ndcg_10(market.plain(row["query"]), wanted))
            on_progress("topics", done, len(rows))
    return figures


async def _known_items(
    sets: TestSets, scratch: Scratch, on_progress: Progress
) -> AsyncIterator[tuple[str, Figures]]:
    found: dict[str, Figures] = {}
    hidden: dict[frozenset[str], list[tuple[str, Row]]] = {}
    for kind, rows in sets.known_items().items():
        for row in rows:
            hidden.setdefault(frozenset(row["hide_fields"].split(",")), []).append((kind, row))
    for fields, questions in hidden.items():
        async with _outcomes(sets, fields, scratch, on_progress) as market:
            for done, (kind, row) in enumerate(questions, 1):
                figures = found.setdefault(kind, Figures())
                ranked = await market.ask(row["query"])
                figures.note(
                    mrr_10=reciprocal_rank_10(ranked, row["relevant"]),
                    recall_10=share_found(ranked, [row["relevant"]], 10),
                )
                plain = market.plain(row["query"])
                figures.note_baseline("keyword", mrr_10=reciprocal_rank_10(plain, row["relevant"]))
                on_progress(f"known items without {', '.join(sorted(fields))}", done, len(questions))
    for kind in sorted(found, key=lambda one: (KINDS.index(one) if one in KINDS else len(KINDS), one)):
        yield kind, found[kind]


class _outcomes:  # noqa: N801 - used as a function
    """All outcomes in a scratch index, without the fields that the questions were made from."""

    def __init__(
        self, sets: TestSets, hidden: Iterable[str], scratch: Scratch, on_progress: Progress
    ) -> None:
        self.rows, self.hidden, self.on_progress = sets.rows["outcomes"], frozenset(hidden), on_progress
        self.scratch = scratch()

    async def __aenter__(self) -> _outcomes:
        self.search = await self.scratch.__aenter__()
        documents = outcome_documents(self.rows, self.hidden)
        self.names = {id_of(row["id"]): row["id"] for row in self.rows}
        await fill(self.search, "outcomes", documents, self.on_progress)
        self.ids = [self.names[one["id"]] for one in documents]
        self.keywords = PlainKeywords([_whole(one) for one in documents])
        return self

    async def __aexit__(self, *error: Any) -> None:
        await self.scratch.__aexit__(*error)

    async def ask(self, words: str) -> list[str]:
        """Return what the search box shows first."""
        hits = await self.search.search(Query("outcomes", text=words, limit=10))
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
