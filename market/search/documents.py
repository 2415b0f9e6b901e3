"""A document as rooms give it, made ready for any engine.

A room gives a flat mapping: `id` (UUID), `revision`, the texts `title`, `text`, `title_en`,
`text_en`, the lists `keywords` and `names`, and the exact and number fields of its index. Nothing
private may be in it. What is None or empty is left out. `vectors`, by the model's name, are added by
the relay.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from market.search.candidates import Counts
from market.search.engine import Document, Refused, Vector
from market.search.highlight import places_of
from market.search.indexes import Fields, fields_of
from market.search.marks import marks_of
from market.search.normalise import STOP_WORDS, Reading, Run, fold, joined, pinyin, read

MOST_TITLE_TERMS = 80
MOST_KEYWORD_TERMS = 60
MOST_TEXT_TERMS = 120
MOST_TEXT_LETTERS = 120
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
    """What it is about: terms of the title first, then of the keywords, then of the text."""
    letters: list[str]
    """Single characters of dense scripts, likewise: what two texts share when no word is quite the same."""
    counts: Counts
    """How many of `terms` stand in the title, the keywords and the text, and then of `letters`."""
    exact: dict[str, list[str]]
    numbers: dict[str, int]
    vectors: Mapping[str, Vector]

    @property
    def pinyin(self) -> list[str]:
        """How the words of the title are typed; read when it is asked for, which matching never does."""
        return pinyin(self.title.folded)

    def facts(self) -> dict[str, Any]:
        """Return what an engine gives back with a candidate."""
        return {
            "id": str(self.id),
            "revision": self.revision,
            **self.exact,
            **self.numbers,
            "counts": list(self.counts),
            "marks": marks_of(self.terms, self.letters),
        }

    def indexed_terms(self) -> list[str]:
        """Return what candidates are found by and rarity is counted of: all but the letters of the text."""
        return self.terms + self.letters[: self.counts[3] + self.counts[4]]


def prepare(index: str, document: Document) -> Prepared:
    """Make a room's document ready.

    Raises:
        Refused: a field is unknown or no engine could keep its value; says which.
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
        raise Refused(f"{document.get('id')}: {error}") from error


class Trial:
    """The texts of a document, from which words are taken away one at a time."""

    def __init__(self, document: Document) -> None:
        self._whole = _readings(document)
        self._known: dict[str, Run] = {}

    def without(self, word: str) -> tuple[list[str], list[str], Counts]:
        """Return the terms, letters and counts that the document would have without this word."""
        return _wording(*(_cut(one, word, self._known) for one in self._whole))


def _cut(whole: Reading, word: str, known: dict[str, Run]) -> Reading:
    """Read a text with a break where the word stood."""
    places = places_of(whole.folded, [word])
    if not places:
        return whole
    starts, ends = [0, *(end for _, end in places)], [*(start for start, _ in places), None]
    parts = (whole.folded[start:end] for start, end in zip(starts, ends, strict=True))
    return read(" ".join(parts), known)


def _readings(document: Document) -> tuple[Reading, Reading, Reading]:
    return (
        _read(document.get("title")),
        _read(*(document.get("keywords") or ())),
        _read(document.get("text")),
    )


def _wording(title: Reading, keywords: Reading, text: Reading) -> tuple[list[str], list[str], Counts]:
    terms, of_terms = _placed(
        title.terms(MOST_TITLE_TERMS), keywords.terms(MOST_KEYWORD_TERMS), text.terms(MOST_TEXT_TERMS)
    )
    frequent = (letter for letter, _ in Counter(text.singles).most_common(MOST_TEXT_LETTERS))
    letters, of_letters = _placed(title.singles, keywords.singles, frequent)
    return terms, letters, (*of_terms, *of_letters)


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


def _placed(*places: Iterable[str]) -> tuple[list[str], tuple[int, int, int]]:
    """Return what stands in title, keywords and text, each at the best place, and how many by place."""
    found: dict[str, None] = {}
    ends = []
    for place in places:
        found |= dict.fromkeys(one for one in place if one not in STOP_WORDS)
        ends.append(len(found))
    return list(found), (ends[0], ends[1] - ends[0], ends[2] - ends[1])
