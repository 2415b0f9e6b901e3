"""A document as rooms give it, made ready for any engine.

A room gives a flat mapping: `id` (UUID), `revision`, the texts `title`, `text`, `title_en`,
`text_en`, the lists `keywords` and `names`, and the exact and number fields of its index. Nothing
private may be in it. What is None or empty is left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from market.search.engine import Document, Refused
from market.search.indexes import Fields, fields_of
from market.search.normalise import Reading, fold, joined, pinyin, read

MOST_TITLE_TERMS = 80
MOST_KEYWORD_TERMS = 60
MOST_TEXT_TERMS = 120
_TEXTS = frozenset({"id", "revision", "title", "text", "title_en", "text_en", "keywords", "names"})
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
    pinyin: list[str]
    terms: list[str]
    """What it is about: terms of the title first, then of the keywords, then of the text."""
    title_terms: int
    """How many of `terms` stand in the title."""
    keyword_terms: int
    exact: dict[str, list[str]]
    numbers: dict[str, int]

    def facts(self) -> dict[str, Any]:
        """Return what an engine gives back with a candidate."""
        return {
            "id": str(self.id),
            "revision": self.revision,
            **self.exact,
            **self.numbers,
            "terms": self.terms,
            "title_terms": self.title_terms,
            "keyword_terms": self.keyword_terms,
        }


def prepare(index: str, document: Document) -> Prepared:
    """Make a room's document ready.

    Raises:
        Refused: a field is unknown or no engine could keep its value; says which.
    """
    fields = fields_of(index)
    try:
        exact, numbers = _facts(fields, document)
        title = _read(document.get("title"))
        keywords = _read(*(document.get("keywords") or ()))
        text = _read(document.get("text"))
        terms, title_terms, keyword_terms = _terms(title, keywords, text)
        return Prepared(
            id=UUID(str(document["id"])),
            revision=int(document["revision"]),
            title=title,
            keywords=keywords,
            text=text,
            english=_read(document.get("title_en"), document.get("text_en")),
            names=_read(*(document.get("names") or ())),
            pinyin=pinyin(title.folded),
            terms=terms,
            title_terms=title_terms,
            keyword_terms=keyword_terms,
            exact=exact,
            numbers=numbers,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Refused(f"{document.get('id')}: {error}") from error


def as_number(value: date | datetime | bool | int) -> int:
    """Return a moment as seconds and a day as days since 1970, so that both can be compared."""
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
        return [str(one) for one in dict.fromkeys(value) if one not in ("", None)]
    return [str(value)]


def _read(*texts: str | None) -> Reading:
    return read(fold(joined(text for text in texts if text)))


def _terms(title: Reading, keywords: Reading, text: Reading) -> tuple[list[str], int, int]:
    terms = dict.fromkeys(title.terms(MOST_TITLE_TERMS))
    title_terms = len(terms)
    terms |= dict.fromkeys(keywords.terms(MOST_KEYWORD_TERMS))
    keyword_terms = len(terms) - title_terms
    terms |= dict.fromkeys(text.terms(MOST_TEXT_TERMS))
    return list(terms), title_terms, keyword_terms
