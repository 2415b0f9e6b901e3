"""What the scorer knows of a need and of an outcome: the facts as they stand in the index."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

TITLE, KEYWORD, TEXT = 3.0, 2.0, 1.0
"""How much a term weighs by where it stands."""


@dataclass(frozen=True, slots=True)
class NeedFacts:
    id: UUID
    revision: int
    terms: Mapping[str, float]
    """Normalised terms and their weights in this text."""
    field: str = ""
    industries: frozenset[str] = frozenset()
    modes: frozenset[str] = frozenset()
    budget_most: int | None = None
    """In fen; None is 面议."""
    trl_least: int | None = None
    region: str = ""
    size: float = 0.0
    """The sum of the squared weights of all its terms: long texts share some by chance."""


@dataclass(frozen=True, slots=True)
class OutcomeFacts:
    id: UUID
    revision: int
    terms: Mapping[str, float]
    field: str = ""
    industries: frozenset[str] = frozenset()
    modes: frozenset[str] = frozenset()
    price: int | None = None
    """In fen; None is 面议."""
    trl: int | None = None
    region: str = ""
    is_exclusive_possible: bool = True
    size: float = 0.0


def need_facts(facts: Mapping[str, Any], among: Container[str] | None = None) -> NeedFacts:
    """Read a need's facts as an engine gives them back, or as `documents.Prepared.facts` makes them.

    With `among` only those terms are kept, which is all the scorer asks for and much quicker.
    """
    return NeedFacts(
        id=UUID(str(facts["id"])),
        revision=int(facts["revision"]),
        terms=weighted_terms(facts, among),
        size=_size(facts),
        field=_one(facts, "field"),
        industries=frozenset(facts.get("industries", ())),
        modes=frozenset(facts.get("modes", ())),
        budget_most=_number(facts, "budget_max_amount"),
        trl_least=_number(facts, "trl_min"),
        region=_last(facts, "regions"),
    )


def outcome_facts(facts: Mapping[str, Any], among: Container[str] | None = None) -> OutcomeFacts:
    """Read an outcome's facts, likewise."""
    return OutcomeFacts(
        id=UUID(str(facts["id"])),
        revision=int(facts["revision"]),
        terms=weighted_terms(facts, among),
        size=_size(facts),
        field=_one(facts, "field"),
        industries=frozenset(facts.get("industries", ())),
        modes=frozenset(facts.get("modes", ())),
        price=_number(facts, "price_amount"),
        trl=_number(facts, "trl"),
        region=_last(facts, "regions"),
        is_exclusive_possible=_one(facts, "is_exclusive_possible") != "no"
        and _one(facts, "status") != "licensed",
    )


def weighted_terms(facts: Mapping[str, Any], among: Container[str] | None = None) -> dict[str, float]:
    """Return each term with the weight of the best place it stands in."""
    terms: list[str] = facts.get("terms", [])
    in_title = int(facts.get("title_terms", 0))
    in_keywords = in_title + int(facts.get("keyword_terms", 0))
    if among is not None:
        # Once for each of a thousand candidates, so in the quickest way there is.
        weighted = dict.fromkeys([term for term in terms[in_keywords:] if term in among], TEXT)
        weighted.update(
            dict.fromkeys([term for term in terms[in_title:in_keywords] if term in among], KEYWORD)
        )
        weighted.update(dict.fromkeys([term for term in terms[:in_title] if term in among], TITLE))
        return weighted
    return {
        term: TITLE if at < in_title else KEYWORD if at < in_keywords else TEXT
        for at, term in enumerate(terms)
    }


def _size(facts: Mapping[str, Any]) -> float:
    in_title, in_keywords = int(facts.get("title_terms", 0)), int(facts.get("keyword_terms", 0))
    in_text = len(facts.get("terms", ())) - in_title - in_keywords
    return in_title * TITLE**2 + in_keywords * KEYWORD**2 + in_text * TEXT**2


def _one(facts: Mapping[str, Any], name: str) -> str:
    values = facts.get(name) or [""]
    return str(values[0] if isinstance(values, list) else values)


def _last(facts: Mapping[str, Any], name: str) -> str:
    values = facts.get(name) or [""]
    return str(values[-1] if isinstance(values, list) else values)


def _number(facts: Mapping[str, Any], name: str) -> int | None:
    value = facts.get(name)
    return None if value is None else int(value)
