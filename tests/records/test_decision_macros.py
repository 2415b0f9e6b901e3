"""The second person on a page: who proposed, who decided, with which verdict and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from market.kit.templating import environment
from market.records.decisions import Verdict

PROPOSED_AT = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
DECIDED_AT = datetime(2026, 3, 3, 2, 0, tzinfo=UTC)


@dataclass
class Person:
    name: str


@dataclass
class Record:
    proposed_by: Person
    proposed_at: datetime = PROPOSED_AT
    decided_by: Person | None = None
    decided_at: datetime | None = None
    verdict: Verdict | None = None
    reason: str = ""


WAITING = Record(Person("甲"))
CONFIRMED = Record(Person("甲"), decided_by=Person("乙"), decided_at=DECIDED_AT, verdict=Verdict.CONFIRMED)
REJECTED = Record(Person("甲"), PROPOSED_AT, Person("乙"), DECIDED_AT, Verdict.REJECTED, "金额<不符>")


def _words(call: str, record: Record) -> str:
    page = (
        '{% from "macros/decisions.html" import decision, decision_line, verdict with context %}{{ '
        + call
        + " }}"
    )
    return " ".join(environment().from_string(page).render(record=record).split())


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (WAITING, '<span class="mark mark--due">待确认</span>'),
        (CONFIRMED, '<span class="mark mark--done">已确认</span>'),
        (REJECTED, '<span class="mark mark--wrong">已退回</span>'),
    ],
)
def test_the_badge_says_how_the_second_person_decided(record: Record, words: str) -> None:
    assert _words("verdict(record)", record) == words


@pytest.mark.parametrize("macro", ["decision", "decision_line"])
def test_both_persons_and_the_reason_are_named(macro: str) -> None:
    shown = _words(f'{macro}(record, "登记", "复核")', REJECTED)

    assert all(
        words in shown
        for words in ("登记", "甲 2026-03-02 09:30", "复核", "乙 2026-03-03 10:00", "金额&lt;不符&gt;")
    )


@pytest.mark.parametrize("macro", ["decision", "decision_line"])
def test_nobody_is_named_as_the_second_person_before_the_decision(macro: str) -> None:
    shown = _words(f'{macro}(record, "登记", "复核")', WAITING)

    assert "甲" in shown
    assert "复核" not in shown
    assert "理由" not in shown
