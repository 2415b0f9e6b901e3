"""What the scorer knows of a need and of an outcome: the facts as they stand in the index."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from market.search.candidates import Counts
from market.search.documents import Prepared, WithoutWord
from market.search.term_hashes import term_hashes


@dataclass(frozen=True, slots=True)
class Text:
    """The wording of a listing: the marks of its terms and letters, those of the title first."""

    hashes: bytes = b""
    counts: Counts = (0, 0, 0, 0, 0, 0)
    """How many stand in title, keywords and text: of the terms, then of the letters."""
    words: tuple[str, ...] = ()
    """What the marks stand for. Only one of a pair need know it."""

    @classmethod
    def of(
        cls,
        title: Iterable[str] = (),
        keywords: Iterable[str] = (),
        text: Iterable[str] = (),
        letters: tuple[Iterable[str], Iterable[str], Iterable[str]] = ((), (), ()),
    ) -> Text:
        """Return the text that has these terms, which are known by name; each counts at its best place."""
        known: set[str] = set()
        places: list[list[str]] = []
        for place in (title, keywords, text, *letters):
            places.append([one for one in dict.fromkeys(place) if one not in known])
            known.update(places[-1])
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
    """Read a need's facts as an engine gives them back, or as `documents.Prepared.facts` makes them."""
    return NeedFacts(
        id=_id(facts["id"]),
        revision=int(facts["revision"]),
        text=_text(facts),
        field=_one(facts, "field"),
        industries=frozenset(facts.get("industries", ())),
        modes=frozenset(facts.get("modes", ())),
        budget_most=_number(facts, "budget_max_amount"),
        trl_least=_number(facts, "trl_min"),
        region=_last(facts, "regions"),
    )


def outcome_facts(facts: Mapping[str, Any]) -> OutcomeFacts:
    """Read an outcome's facts, likewise."""
    return OutcomeFacts(
        id=_id(facts["id"]),
        revision=int(facts["revision"]),
        text=_text(facts),
        field=_one(facts, "field"),
        industries=frozenset(facts.get("industries", ())),
        modes=frozenset(facts.get("modes", ())),
        price=_number(facts, "price_amount"),
        trl=_number(facts, "trl"),
        region=_last(facts, "regions"),
        is_exclusive_possible=_one(facts, "is_exclusive_possible") != "no"
        and _one(facts, "status") != "licensed",
    )


def named_need(prepared: Prepared) -> NeedFacts:
    """Return the facts of a need whose words are known, so that it can be the one that others are held to."""
    facts = need_facts(prepared.facts())
    return replace(facts, text=_named(facts.text, prepared))


def named_outcome(prepared: Prepared) -> OutcomeFacts:
    """Return the facts of an outcome whose words are known, likewise."""
    facts = outcome_facts(prepared.facts())
    return replace(facts, text=_named(facts.text, prepared))


def text_without(trial: WithoutWord, word: str) -> Text:
    """Return the wording that a listing would have without this word."""
    terms, letters, counts = trial.without(word)
    return Text(term_hashes(terms, letters), counts, (*terms, *letters))


def _named(text: Text, prepared: Prepared) -> Text:
    return replace(text, words=(*prepared.terms, *prepared.letters))


def _text(facts: Mapping[str, Any]) -> Text:
    a, b, c, d, e, f = facts.get("counts", (0, 0, 0, 0, 0, 0))
    return Text(facts.get("hashes", b""), (a, b, c, d, e, f))


def _id(told: object) -> UUID:
    return told if isinstance(told, UUID) else UUID(str(told))


def _one(facts: Mapping[str, Any], name: str) -> str:
    values = facts.get(name) or [""]
    return str(values[0] if isinstance(values, list) else values)


def _last(facts: Mapping[str, Any], name: str) -> str:
    values = facts.get(name) or [""]
    return str(values[-1] if isinstance(values, list) else values)


def _number(facts: Mapping[str, Any], name: str) -> int | None:
    value = facts.get(name)
    return None if value is None else int(value)
