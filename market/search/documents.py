"""Preparation of documents for any engine: validation, normalisation, terms.

A room builds a flat mapping: `id` (UUID), `revision`, the texts `title`, `text`, `title_en`, `text_en`,
the lists `keywords` and `names`, and the exact and number fields of its index, without anything private.
None and empty values are left out. The relay adds `vectors` by model.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from market.search.candidates import Counts
from market.search.engine import Document, Rejected, Vector
from market.search.highlight import folded_spans
from market.search.indexes import Fields, fields_of
from market.search.normalise import (
    STOP_WORDS,
    Reading,
    Run,
    fold,
    joined,
    most_frequent,
    pinyin,
    read,
    term_hashes,
)

MAX_TITLE_TERMS = 80
MAX_KEYWORD_TERMS = 60
MAX_TEXT_TERMS = 120
MAX_TEXT_LETTERS = 120
_TEXTS = frozenset({"id", "revision", "title", "text", "title_en", "text_en", "keywords", "names", "vectors"})
_LARGEST = 2**53
"""Beyond it Meilisearch, which counts in floating point, would round."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """Folded texts, terms and facts of one document."""

    id: UUID
    revision: int
    title: Reading
    keywords: Reading
    text: Reading
    english: Reading
    names: Reading
    terms: list[str]
    """Index terms: of the title first, then of the keywords, then of the text."""
    letters: list[str]
    """Single characters of dense scripts, likewise: the overlap of texts that share no whole word."""
    counts: Counts
    """Numbers of `terms` in title, keywords and text, then of `letters`."""
    exact: dict[str, list[str]]
    numbers: dict[str, int]
    vectors: Mapping[str, Vector]

    @property
    def pinyin(self) -> list[str]:
        """Pinyin of the title's words; computed lazily, since matching never needs it."""
        return pinyin(self.title.folded)

    def facts(self) -> dict[str, Any]:
        """Return the facts that engines return with a candidate."""
        return {
            "id": str(self.id),
            "revision": self.revision,
            **self.exact,
            **self.numbers,
            "counts": list(self.counts),
            "hashes": term_hashes(self.terms, self.letters),
        }

    def indexed_terms(self) -> list[str]:
        """Return the terms for candidate lookup and document frequencies: all but the letters of the text."""
        return self.terms + self.letters[: self.counts[3] + self.counts[4]]


def prepare(index: str, document: Document) -> Prepared:
    """Validate and normalise a room's document.

    Raises:
        Rejected: a field is unknown or its value cannot be stored; names it.
    """
    fields = fields_of(index)
    try:
        exact, numbers = _facts(fields, document)
        title, keywords, text = _readings(document)
        terms, letters, counts = _wording(title, keywords, text)
        return Prepared(
            id=UUID(str(document["id"])),
            revision=int(document["revision"]),
            title=title,
            keywords=keywords,
            text=text,
            english=_read(document.get("title_en"), document.get("text_en")),
            names=_read(*(document.get("names") or ())),
            terms=terms,
            letters=letters,
            counts=counts,
            exact=exact,
            numbers=numbers,
            vectors=document.get("vectors") or {},
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Rejected(f"{document.get('id')}: {error}") from error


class WithoutWord:
    """Leave-one-out variants of a document, one word removed at a time."""

    def __init__(self, document: Document) -> None:
        self._whole = _readings(document)
        self._known: dict[str, Run] = {}

    def without(self, word: str) -> tuple[list[str], list[str], Counts]:
        """Return terms, letters and counts of the document without this word."""
        return _wording(*(_cut(reading, word, self._known) for reading in self._whole))


def _cut(reading: Reading, word: str, cache: dict[str, Run]) -> Reading:
    """Tokenise a text with a break where the word stood."""
    places = folded_spans(reading.folded, [word])
    if not places:
        return reading
    starts, ends = [0, *(end for _, end in places)], [*(start for start, _ in places), None]
    parts = (reading.folded[start:end] for start, end in zip(starts, ends, strict=True))
    return read(" ".join(parts), cache)


def _readings(document: Document) -> tuple[Reading, Reading, Reading]:
    return (
        _read(document.get("title")),
        _read(*(document.get("keywords") or ())),
        _read(document.get("text")),
    )


def _wording(title: Reading, keywords: Reading, text: Reading) -> tuple[list[str], list[str], Counts]:
    terms, of_terms = _placed(
        title.terms(MAX_TITLE_TERMS), keywords.terms(MAX_KEYWORD_TERMS), text.terms(MAX_TEXT_TERMS)
    )
    frequent = most_frequent(Counter(text.singles), MAX_TEXT_LETTERS)
    letters, of_letters = _placed(title.singles, keywords.singles, frequent)
    return terms, letters, (*of_terms, *of_letters)


def as_number(value: date | datetime | bool | int) -> int:
    """Convert a datetime to seconds and a date to days since 1970."""
    if isinstance(value, datetime):
        return int(value.astimezone(UTC).timestamp())
    if isinstance(value, date):
        return value.toordinal() - date(1970, 1, 1).toordinal()
    return int(value)


def _facts(fields: Fields, document: Document) -> tuple[dict[str, list[str]], dict[str, int]]:
    exact: dict[str, list[str]] = {}
    numbers: dict[str, int] = {}
    for name, value in document.items():
        if name in fields.exact:
            if values := _values(value):
                exact[name] = values
        elif name in fields.numbers:
            if value is not None:
                numbers[name] = as_number(value)
                if abs(numbers[name]) > _LARGEST:
                    raise ValueError(f"{name} is too large")
        elif name not in _TEXTS:
            raise ValueError(f"unknown field {name}")
    return exact, numbers


def _values(value: object) -> list[str]:
    if value is None or value == "":
        return []
    if isinstance(value, bool):
        return ["yes" if value else "no"]
    if isinstance(value, Iterable) and not isinstance(value, str):
        return [str(item) for item in dict.fromkeys(value) if item not in ("", None)]
    return [str(value)]


def _read(*texts: str | None) -> Reading:
    return read(fold(joined(text for text in texts if text)))


def _placed(*places: Iterable[str]) -> tuple[list[str], tuple[int, int, int]]:
    """Deduplicate terms of title, keywords and text, keeping the best place; return them with counts."""
    terms: dict[str, None] = {}
    ends = []
    for place in places:
        terms |= dict.fromkeys([term for term in place if term not in STOP_WORDS])
        ends.append(len(terms))
    return list(terms), (ends[0], ends[1] - ends[0], ends[2] - ends[1])
