"""How a person's words and limits are asked of tantivy."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import rjieba
from tantivy import FieldType, Occur, Query, Schema, Searcher

from market.search import engine, normalise
from market.search.indexes import fields_of
from market.search.normalise import (
    LONGEST_QUERY,
    LONGEST_TOPIC,
    LONGEST_WORD,
    STOP_WORDS,
    Token,
    fold,
    is_latin,
    query_words,
    tokens,
)

ENOUGH = 10
"""With fewer hits, documents that hold fewer of the words are hits as well."""
SHARES = (0.67, 0.5, 0.34)
"""Which share of the words a hit must hold, the strictest first; at last any one word will do."""
TITLE, WORDS, NAMES, ENGLISH, PINYIN = 0.2, 0.35, 0.3, 0.7, 3.0
"""Weights beside characters of title, keywords and text together, which have 1. Chosen on known
items and author keywords of real outcomes, see `evaluate`."""


STALE = 0.75
"""What a listing that its people did not confirm in time keeps of its relevance. Meilisearch, whose scores
are not one number, puts it after fresh ones that hold the same words as well spelled."""

LITERAL = 4.0
"""What holding the whole of a single topic gives, for each of its pairs of characters. Where several
topics are asked for at once, whoever holds one literally is no better for it."""
LITERAL_TITLE = 2.0
"""What holding it in the title gives beside, likewise."""


@dataclass(frozen=True)
class Wording:
    """A text as it is asked of the index."""

    ranking: Query
    groups: list[Query]
    """One for each word: the documents that hold it."""
    terms: tuple[str, ...]

    def levels(self) -> list[int]:
        """Return how many words a hit must hold, the strictest first."""
        count = len(self.groups)
        return list(dict.fromkeys([math.ceil(share * count) for share in SHARES] + [1]))

    def holding(self, least: int) -> Query:
        """Return the query for documents that hold at least so many of the words."""
        return Query.boolean_query([(Occur.Should, group) for group in self.groups], least)

    def ranked(self, limits: Query, stale: Query | None = None) -> Query:
        """Return the query that orders what `limits` keeps; what `stale` holds loses a part of its score."""
        clauses = [(Occur.Must, Query.const_score_query(limits, 0.0)), (Occur.Should, self.ranking)]
        if stale is not None:
            both_of = [(Occur.Must, Query.const_score_query(stale, 0.0)), (Occur.Must, self.ranking)]
            clauses.append((Occur.Should, Query.boost_query(Query.boolean_query(both_of), STALE - 1)))
        return Query.boolean_query(clauses)


def read(schema: Schema, text: str) -> Wording | None:
    """Return how a person's words are asked; None when there are none."""
    folded = fold(text, LONGEST_QUERY)
    found = list(tokens(folded))
    if not found:
        return None
    terms = query_words(folded)
    ranking = [*_ranking(schema, folded), *_literal(schema, found), *_pinyin(schema, found)]
    return Wording(Query.boolean_query(ranking), _groups(schema, found, set(terms)), tuple(terms))


def held(searcher: Searcher, wording: Wording) -> Query:
    """Return the query for what counts as a hit: the strictest that keeps enough.

    Disregards filters, so that choosing one shows just as many as its count said.
    """
    for least in wording.levels():
        holding = wording.holding(least)
        found: Any = searcher.search(holding, 1)
        if found.count >= ENOUGH:
            break
    return holding


def limits(schema: Schema, filters: Iterable[engine.Filter]) -> Query:
    """Return the query for what all filters keep."""
    clauses: list[tuple[Occur, Query]] = [(Occur.Must, Query.all_query())]
    for limit in filters:
        if isinstance(limit, engine.Range):
            clauses.append((Occur.Must, _range(schema, limit)))
        elif isinstance(limit, engine.AnyOf):
            clauses.append((Occur.Must, any_of(schema, limit.field, limit.values)))
        else:
            clauses.append((Occur.MustNot, any_of(schema, limit.field, limit.values)))
    return Query.boolean_query(clauses)


def stale(schema: Schema, index: str) -> Query | None:
    """Return the query for listings that were not confirmed in time; None where there are no such."""
    if "is_stale" not in fields_of(index).numbers:
        return None
    return _range(schema, engine.Range("is_stale", least=1))


def both(first: Query, second: Query) -> Query:
    """Return the query for what both keep."""
    return Query.boolean_query([(Occur.Must, first), (Occur.Must, second)])


def either(first: Query, second: Query) -> Query:
    """Return the query for what one of them keeps."""
    return Query.boolean_query([(Occur.Should, first), (Occur.Should, second)])


def without(first: Query, second: Query) -> Query:
    """Return the query for what the first keeps and the second does not."""
    return Query.boolean_query([(Occur.Must, first), (Occur.MustNot, second)])


def any_of(schema: Schema, field: str, values: Sequence[str]) -> Query:
    """Return the query for documents that hold one of the values."""
    return Query.term_set_query(schema, field, list(values)) if values else Query.empty_query()


def _range(schema: Schema, limit: engine.Range) -> Query:
    exists = Query.exists_query(limit.field)
    kept = exists
    if limit.least is not None or limit.most is not None:
        kept = Query.range_query(schema, limit.field, FieldType.Integer, limit.least, limit.most)
    if not limit.or_missing:
        return kept
    missing = Query.boolean_query([(Occur.Must, Query.all_query()), (Occur.MustNot, exists)])
    return Query.boolean_query([(Occur.Should, kept), (Occur.Should, missing)])


def _ranking(schema: Schema, folded: str) -> list[tuple[Occur, Query]]:
    clauses = []
    reading = normalise.read(folded)
    for term, times in Counter(reading.grams).items():
        if term not in STOP_WORDS:
            weights = [("whole", 1.0), ("title", TITLE), ("names", NAMES)]
            if term.isascii():
                weights.append(("english", ENGLISH))
            clauses += [_boosted(schema, field, term, weight * times) for field, weight in weights]
    for term, times in Counter(reading.words).items():
        if term not in STOP_WORDS:
            clauses.append(_boosted(schema, "words", term, WORDS * times))
    return clauses


def _literal(schema: Schema, found: Sequence[Token]) -> list[tuple[Occur, Query]]:
    pieces = [a + b for a, b in pairwise(found[0].text)] if len(found) == 1 and found[0].is_dense else []
    if not pieces or len(pieces) > LONGEST_TOPIC:
        return []
    return [
        (Occur.Should, Query.const_score_query(_all(schema, field, pieces), weight * len(pieces)))
        for field, weight in (("whole", LITERAL), ("title", LITERAL_TITLE))
    ]


def _groups(schema: Schema, found: Sequence[Token], wanted: set[str]) -> list[Query]:
    groups: dict[str, Query] = {}
    for token, typed in zip(found, _typed(found), strict=True):
        for word in rjieba.cut(token.text) if token.is_dense else [token.text]:
            if word in wanted:
                groups[word] = _holding(schema, token, word, typed)
    return list(groups.values())


def _holding(schema: Schema, token: Token, word: str, typed: str) -> Query:
    if token.is_dense:
        pieces = [a + b for a, b in pairwise(word)] or [word]
        ways = [_all(schema, field, pieces) for field in ("whole", "names")]
    else:
        fields = ("whole", "english", "names")
        ways = [_all(schema, field, [word]) for field in fields]
        if token.pieces:
            ways += [_all(schema, field, token.pieces) for field in fields]
        ways += [_all(schema, "pinyin", [typed])] if typed else []
    return Query.boolean_query([(Occur.Should, way) for way in ways])


def _pinyin(schema: Schema, found: Sequence[Token]) -> list[tuple[Occur, Query]]:
    return [_boosted(schema, "pinyin", typed, PINYIN) for typed in dict.fromkeys(_typed(found)) if typed]


def _typed(found: Sequence[Token]) -> list[str]:
    """Return for each token the pinyin it may be part of: `fa dong ji` is typed for fadongji."""
    typed: list[str] = []
    run: list[str] = []
    for token in [*found, None]:
        if token is not None and is_latin(token):
            run.append(token.text)
            continue
        whole = "".join(run)
        typed += [whole if len(whole) <= LONGEST_WORD else ""] * len(run)
        run = []
        if token is not None:
            typed.append("")
    return typed


def _boosted(schema: Schema, field: str, term: str, weight: float) -> tuple[Occur, Query]:
    return Occur.Should, Query.boost_query(_term(schema, field, term), weight)


def _all(schema: Schema, field: str, terms: Sequence[str]) -> Query:
    if len(terms) == 1:
        return _term(schema, field, terms[0])
    return Query.boolean_query([(Occur.Must, _term(schema, field, term)) for term in terms])


def _term(schema: Schema, field: str, term: str) -> Query:
    return Query.term_query(schema, field, term, "basic" if field == "pinyin" else "freq")
