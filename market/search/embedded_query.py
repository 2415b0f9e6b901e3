"""Translation of search texts and filters into tantivy queries."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from tantivy import FieldType, Occur, Query, Schema, Searcher

from market.search import engine, normalise
from market.search.indexes import fields_of
from market.search.normalise import (
    LONGEST_QUERY,
    LONGEST_TOPIC,
    LONGEST_WORD,
    STOP_WORDS,
    Token,
    cut_words,
    fold,
    is_latin,
    query_words,
    tokens,
)

LEAST_HITS = 10
"""With fewer hits the share of words that a hit must contain is lowered."""
SHARES = (0.67, 0.5, 0.34)
"""Shares of the words that a hit must contain, the strictest first; finally any one word."""
TITLE, WORDS, NAMES, ENGLISH, PINYIN = 0.2, 0.35, 0.3, 0.7, 3.0
"""Field weights, relative to the field of all characters with weight 1. Tuned on known items and author
keywords of real outcomes, see `evaluate`."""


STALE = 0.75
"""Factor on the score of a listing that was not confirmed in time. Meilisearch, whose ranking is no single
number, ranks it after fresh ones with the same words and typos."""

LITERAL = 4.0
"""Bonus per bigram for containing a single topic literally; none if the query has several."""
LITERAL_TITLE = 2.0
"""The additional bonus for containing it in the title."""


@dataclass(frozen=True)
class ParsedText:
    """A search text as tantivy queries."""

    ranking: Query
    groups: list[Query]
    """For each word the query of documents that contain it."""
    terms: tuple[str, ...]

    def levels(self) -> list[int]:
        """Return the numbers of words that a hit must contain, the strictest first."""
        count = len(self.groups)
        return list(dict.fromkeys([math.ceil(share * count) for share in SHARES] + [1]))

    def holding(self, least: int) -> Query:
        """Return the query for documents that contain at least so many of the words."""
        return Query.boolean_query([(Occur.Should, group) for group in self.groups], least)

    def ranked(self, filter_query: Query, stale_query: Query | None = None) -> Query:
        """Return the query that ranks what passes `limits`, with a lower score for what matches `stale`."""
        clauses = [(Occur.Must, Query.const_score_query(filter_query, 0.0)), (Occur.Should, self.ranking)]
        if stale_query is not None:
            both_of = [(Occur.Must, Query.const_score_query(stale_query, 0.0)), (Occur.Must, self.ranking)]
            clauses.append((Occur.Should, Query.boost_query(Query.boolean_query(both_of), STALE - 1)))
        return Query.boolean_query(clauses)


def parse(schema: Schema, text: str) -> ParsedText | None:
    """Parse a search text; None when it has no words."""
    folded = fold(text, LONGEST_QUERY)
    text_tokens = list(tokens(folded))
    if not text_tokens:
        return None
    terms = query_words(folded)
    ranking = [*_ranking(schema, folded), *_literal(schema, text_tokens), *_pinyin(schema, text_tokens)]
    return ParsedText(Query.boolean_query(ranking), _groups(schema, text_tokens, set(terms)), tuple(terms))


def matching_query(searcher: Searcher, parsed: ParsedText) -> Query:
    """Return the query for hits: the strictest that has enough results.

    Ignores filters, so that choosing one yields as many hits as its facet count said.
    """
    for least in parsed.levels():
        query = parsed.holding(least)
        results: Any = searcher.search(query, 1)
        if results.count >= LEAST_HITS:
            break
    return query


def filter_query(schema: Schema, filters: Iterable[engine.Filter]) -> Query:
    """Return the query for what passes all filters."""
    clauses: list[tuple[Occur, Query]] = [(Occur.Must, Query.all_query())]
    for limit in filters:
        if isinstance(limit, engine.Range):
            clauses.append((Occur.Must, _range(schema, limit)))
        elif isinstance(limit, engine.AnyOf):
            clauses.append((Occur.Must, any_of(schema, limit.field, limit.values)))
        else:
            clauses.append((Occur.MustNot, any_of(schema, limit.field, limit.values)))
    return Query.boolean_query(clauses)


def stale_query(schema: Schema, index: str) -> Query | None:
    """Return the query for listings that were not confirmed in time; None for an index without them."""
    if "is_stale" not in fields_of(index).numbers:
        return None
    return _range(schema, engine.Range("is_stale", least=1))


def all_of(first: Query, second: Query) -> Query:
    """Return the conjunction of two queries."""
    return Query.boolean_query([(Occur.Must, first), (Occur.Must, second)])


def one_of(first: Query, second: Query) -> Query:
    """Return the disjunction of two queries."""
    return Query.boolean_query([(Occur.Should, first), (Occur.Should, second)])


def without(first: Query, second: Query) -> Query:
    """Return the query for what matches the first and not the second."""
    return Query.boolean_query([(Occur.Must, first), (Occur.MustNot, second)])


def any_of(schema: Schema, field: str, values: Sequence[str]) -> Query:
    """Return the query for documents that have one of the values."""
    return Query.term_set_query(schema, field, list(values)) if values else Query.empty_query()


def _range(schema: Schema, limit: engine.Range) -> Query:
    exists = Query.exists_query(limit.field)
    in_range = exists
    if limit.least is not None or limit.most is not None:
        in_range = Query.range_query(schema, limit.field, FieldType.Integer, limit.least, limit.most)
    if not limit.or_missing:
        return in_range
    missing = Query.boolean_query([(Occur.Must, Query.all_query()), (Occur.MustNot, exists)])
    return Query.boolean_query([(Occur.Should, in_range), (Occur.Should, missing)])


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


def _literal(schema: Schema, text_tokens: Sequence[Token]) -> list[tuple[Occur, Query]]:
    pieces = (
        [a + b for a, b in pairwise(text_tokens[0].text)]
        if len(text_tokens) == 1 and text_tokens[0].is_dense
        else []
    )
    if not pieces or len(pieces) > LONGEST_TOPIC:
        return []
    return [
        (Occur.Should, Query.const_score_query(_all(schema, field, pieces), weight * len(pieces)))
        for field, weight in (("whole", LITERAL), ("title", LITERAL_TITLE))
    ]


def _groups(schema: Schema, text_tokens: Sequence[Token], words: set[str]) -> list[Query]:
    groups: dict[str, Query] = {}
    for token, typed in zip(text_tokens, _pinyin_of(text_tokens), strict=True):
        for word in cut_words(token.text) if token.is_dense else [token.text]:
            if word in words:
                groups[word] = _word_query(schema, token, word, typed)
    return list(groups.values())


def _word_query(schema: Schema, token: Token, word: str, typed: str) -> Query:
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


def _pinyin(schema: Schema, text_tokens: Sequence[Token]) -> list[tuple[Occur, Query]]:
    return [
        _boosted(schema, "pinyin", typed, PINYIN) for typed in dict.fromkeys(_pinyin_of(text_tokens)) if typed
    ]


def _pinyin_of(text_tokens: Sequence[Token]) -> list[str]:
    """Return for each token the pinyin it may be part of: fadongji for each of `fa dong ji`."""
    pinyin: list[str] = []
    run: list[str] = []
    for token in [*text_tokens, None]:
        if token is not None and is_latin(token):
            run.append(token.text)
            continue
        whole = "".join(run)
        pinyin += [whole if len(whole) <= LONGEST_WORD else ""] * len(run)
        run = []
        if token is not None:
            pinyin.append("")
    return pinyin


def _boosted(schema: Schema, field: str, term: str, weight: float) -> tuple[Occur, Query]:
    return Occur.Should, Query.boost_query(_term(schema, field, term), weight)


def _all(schema: Schema, field: str, terms: Sequence[str]) -> Query:
    if len(terms) == 1:
        return _term(schema, field, terms[0])
    return Query.boolean_query([(Occur.Must, _term(schema, field, term)) for term in terms])


def _term(schema: Schema, field: str, term: str) -> Query:
    return Query.term_query(schema, field, term, "basic" if field == "pinyin" else "freq")
