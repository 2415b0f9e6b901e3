"""Highlighting of search terms in displayed text, independent of the engine."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from markupsafe import Markup, escape

from market.search.normalise import LONGEST_QUERY, NEGATIONS, fold

_MOST_TERMS = 60
_TITLE = 200
_UNNEGATED = f"(?<![{''.join(sorted(NEGATIONS))}])"


def mark(text: str, terms: Iterable[str]) -> Markup:
    """Return the text as HTML with the terms inside `<mark>`; the term 发动机 marks 發動機 too."""
    places = spans(text, terms)
    if not places:
        return escape(text)
    parts: list[str] = []
    at = 0
    for start, end in places:
        parts += [escape(text[at:start]), "<mark>", escape(text[start:end]), "</mark>"]
        at = end
    return Markup("".join([*parts, escape(text[at:])]))  # noqa: S704  # escaped part by part


def spans(text: str, terms: Iterable[str]) -> list[tuple[int, int]]:
    """Return the spans of terms in the text, in order, without overlaps."""
    words = frozenset(terms)
    if not text or not words:
        return []
    return folded_spans(_aligned_title(text) if len(text) <= _TITLE else _aligned(text), words)


def folded_spans(folded: str, terms: Iterable[str]) -> list[tuple[int, int]]:
    """Return the spans of terms in a folded text."""
    words = frozenset(term for term in terms if term)
    if not words or not folded:
        return []
    return [match.span() for match in _any_of(words).finditer(folded)]


@lru_cache(maxsize=256)
def _any_of(terms: frozenset[str]) -> re.Pattern[str]:
    """Compile and cache the pattern of these terms; all texts of a page share it."""
    words = sorted(sorted(terms), key=len, reverse=True)[:_MOST_TERMS]
    return re.compile("|".join(_pattern(term) for term in words))


def _pattern(term: str) -> str:
    if not term.isascii():
        # Not within its opposite: 烧砖 is not marked in 免烧砖.
        return (_UNNEGATED if term[0] not in NEGATIONS else "") + re.escape(term)
    # "ti6al4v" also matches Ti-6Al-4V, but not inside another word.
    return r"(?<![a-z0-9])" + r"[\s\-/·]?".join(map(re.escape, term)) + r"(?![a-z0-9])"


def _aligned(text: str) -> str:
    """Fold a text character by character, so that offsets stay valid."""
    whole = fold(text, most=max(len(text), LONGEST_QUERY))
    if len(whole) == len(text):
        return whole
    return text.translate(_LETTERS)


_aligned_title = lru_cache(maxsize=4096)(_aligned)
"""The same, cached for texts as short as titles, which recur on many pages."""


class _Letters(dict[int, str]):
    """Folded characters, computed once each; one that folds to several stays as it is."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        folded = fold(char)
        self[code] = folded if len(folded) == 1 else char
        return self[code]


_LETTERS = _Letters()
