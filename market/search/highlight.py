"""Marking in a text what was looked for. Works on the text that is shown, so no engine need keep it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from markupsafe import Markup, escape

from market.search.normalise import LONGEST_QUERY, fold

_MOST_TERMS = 60
_TITLE = 200


def mark(text: str, terms: Iterable[str]) -> Markup:
    """Return the text as HTML with the terms inside `<mark>`; 發動機 is marked for 发动机."""
    found = spans(text, terms)
    if not found:
        return escape(text)
    parts: list[str] = []
    at = 0
    for start, end in found:
        parts += [escape(text[at:start]), "<mark>", escape(text[start:end]), "</mark>"]
        at = end
    return Markup("".join([*parts, escape(text[at:])]))  # noqa: S704  # escaped part by part


def spans(text: str, terms: Iterable[str]) -> list[tuple[int, int]]:
    """Return where terms stand in the text, in order, without overlaps."""
    wanted = frozenset(terms)
    if not text or not wanted:
        return []
    return places_of(_aligned_title(text) if len(text) <= _TITLE else _aligned(text), wanted)


def places_of(folded: str, terms: Iterable[str]) -> list[tuple[int, int]]:
    """Return the same for a text that is folded already."""
    wanted = frozenset(term for term in terms if term)
    if not wanted or not folded:
        return []
    return [match.span() for match in _any_of(wanted).finditer(folded)]


@lru_cache(maxsize=256)
def _any_of(terms: frozenset[str]) -> re.Pattern[str]:
    """Return the pattern of these terms; the texts of a page are all looked through for the same ones."""
    wanted = sorted(sorted(terms), key=len, reverse=True)[:_MOST_TERMS]
    return re.compile("|".join(_pattern(term) for term in wanted))


def _pattern(term: str) -> str:
    if not term.isascii():
        return re.escape(term)
    # "ti6al4v" is also marked where it is written Ti-6Al-4V, but not inside another word.
    return r"(?<![a-z0-9])" + r"[\s\-/·]?".join(map(re.escape, term)) + r"(?![a-z0-9])"


def _aligned(text: str) -> str:
    """Fold a text without moving any character, so that places in it are places in the text."""
    whole = fold(text, most=max(len(text), LONGEST_QUERY))
    if len(whole) == len(text):
        return whole
    return text.translate(_LETTERS)


_aligned_title = lru_cache(maxsize=4096)(_aligned)
"""The same, remembered for what is no longer than a title: those come on many pages."""


class _Letters(dict[int, str]):
    """Characters as they are compared, each read once; what would become several stays as it is."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        folded = fold(char)
        self[code] = folded if len(folded) == 1 else char
        return self[code]


_LETTERS = _Letters()
