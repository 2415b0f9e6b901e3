"""Which facts are worth asking for next. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from market.eligibility.results import Eligibility
from market.eligibility.states import Answer


@dataclass(frozen=True)
class Question:
    """A fact that would decide something, with what it is worth."""

    fact: str
    programmes: tuple[str, ...]
    """Slugs of the sets in which it is missing."""
    stake: int
    """The most that those sets would pay together, in fen."""


def next_questions(
    results: Sequence[Eligibility], askable: Mapping[str, object] | Collection[str], most: int = 3
) -> list[Question]:
    """Return which facts to ask for: of the most sets first, then of the larger stake, then by name.

    Only what decides is asked for, and only where the answer is not no already.
    """
    sets: dict[str, dict[str, int]] = {}
    for result in results:
        if result.answer is Answer.FAILED:
            continue
        for point in result.points:
            if not point.is_deciding or point.state != "open":
                continue
            for fact in point.missing:
                if fact in askable:
                    sets.setdefault(fact, {})[result.terms.programme] = result.amount or 0
    questions = [Question(fact, tuple(stakes), sum(stakes.values())) for fact, stakes in sets.items()]
    questions.sort(key=lambda question: (-len(question.programmes), -question.stake, question.fact))
    return questions[:most]
