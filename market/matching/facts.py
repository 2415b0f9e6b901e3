"""What the scorer knows of a need and an outcome: facts as stored in the index."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from market.search.candidates import Counts
from market.search.documents import Prepared, WithoutWord
from market.search.normalise import term_hashes


@dataclass(frozen=True, slots=True)
class Text:
    """The text of a listing: hashes of its terms and letters, those of the title first."""

    hashes: bytes = b""
    counts: Counts = (0, 0, 0, 0, 0, 0)
    """Numbers of terms in title, keywords and text, then of letters."""
    words: tuple[str, ...] = ()
    """The hashed terms. Only one text of a pair needs them."""

    @classmethod
    def of(
        cls,
        title: Iterable[str] = (),
        keywords: Iterable[str] = (),
        text: Iterable[str] = (),
        letters: tuple[Iterable[str], Iterable[str], Iterable[str]] = ((), (), ()),
    ) -> Text:
        """Build a text from terms by place; each term counts at its best place."""
        earlier: set[str] = set()
        places: list[list[str]] = []
        for place in (title, keywords, text, *letters):
            places.append([term for term in dict.fromkeys(place) if term not in earlier])
            earlier.update(places[-1])
        words = tuple(word for place in places for word in place)
        a, b, c, d, e, f = map(len, places)
        return cls(term_hashes(words), (a, b, c, d, e, f), words)


@dataclass(frozen=True, slots=True)
class NeedFacts:
    id: UUID
    revision: int
    text: Text
    field: str = ""
    industries: frozenset[str] = frozenset()
    modes: frozenset[str] = frozenset()
    budget_most: int | None = None
    """In fen; None is 面议."""
    trl_least: int | None = None
    region: str = ""


@dataclass(frozen=True, slots=True)
class OutcomeFacts:
    id: UUID
    revision: int
    text: Text
    field: str = ""
    industries: frozenset[str] = frozenset()
    modes: frozenset[str] = frozenset()
    price: int | None = None
    """In fen; None is 面议."""
    trl: int | None = None
    region: str = ""
    is_exclusive_possible: bool = True


def need_facts(facts: Mapping[str, Any]) -> NeedFacts:
    """Parse a need's facts as returned by an engine or by `documents.Prepared.facts`."""
    return NeedFacts(
        id=_id(facts["id"]),
        revision=int(facts["revision"]),
        text=_text(facts),
        field=_first(facts, "field"),
        industries=frozenset(facts.get("industries", ())),
        modes=frozenset(facts.get("modes", ())),
        budget_most=_number(facts, "budget_max_amount"),
        trl_least=_number(facts, "trl_min"),
        region=_last(facts, "regions"),
    )


def outcome_facts(facts: Mapping[str, Any]) -> OutcomeFacts:
    """Parse an outcome's facts, likewise."""
    return OutcomeFacts(
        id=_id(facts["id"]),
        revision=int(facts["revision"]),
        text=_text(facts),
        field=_first(facts, "field"),
        industries=frozenset(facts.get("industries", ())),
        modes=frozenset(facts.get("modes", ())),
        price=_number(facts, "price_amount"),
        trl=_number(facts, "trl"),
        region=_last(facts, "regions"),
        is_exclusive_possible=_first(facts, "is_exclusive_possible") != "no"
        and _first(facts, "status") != "licensed",
    )


def need_with_words(prepared: Prepared) -> NeedFacts:
    """Return a need's facts with the words of its text, as the subject of a ranking needs them."""
    facts = need_facts(prepared.facts())
    return replace(facts, text=_with_words(facts.text, prepared))


def outcome_with_words(prepared: Prepared) -> OutcomeFacts:
    """Return an outcome's facts with the words of its text, likewise."""
    facts = outcome_facts(prepared.facts())
    return replace(facts, text=_with_words(facts.text, prepared))


def text_without(variants: WithoutWord, word: str) -> Text:
    """Return the text of a listing without this word."""
    terms, letters, counts = variants.without(word)
    return Text(term_hashes(terms, letters), counts, (*terms, *letters))


def _with_words(text: Text, prepared: Prepared) -> Text:
    return replace(text, words=(*prepared.terms, *prepared.letters))


def _text(facts: Mapping[str, Any]) -> Text:
    a, b, c, d, e, f = facts.get("counts", (0, 0, 0, 0, 0, 0))
    return Text(facts.get("hashes", b""), (a, b, c, d, e, f))


def _id(value: object) -> UUID:
    return value if isinstance(value, UUID) else UUID(str(value))


def _first(facts: Mapping[str, Any], name: str) -> str:
    values = facts.get(name) or [""]
    return str(values[0] if isinstance(values, list) else values)


def _last(facts: Mapping[str, Any], name: str) -> str:
    values = facts.get(name) or [""]
    return str(values[-1] if isinstance(values, list) else values)


def _number(facts: Mapping[str, Any], name: str) -> int | None:
    value = facts.get(name)
    return None if value is None else int(value)
