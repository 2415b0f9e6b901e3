"""Pure rules beside the bidding: announcements, related bidders, who knows what when."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from market.auctions.rules import announcement_faults, count_groups, faults_of
from market.auctions.states import AuctionStatus, Right
from market.auctions.visibility import TABLE, Knowledge, Phase, Viewer, may_know, phase_of
from market.codes.holidays import shipped_calendar
from market.kit.clock import end_of_day
from tests.auctions.factories import ENROL_UNTIL, hall_terms
from tests.factories import NOW

HOLIDAYS = shipped_calendar()


def test_an_auction_is_announced_for_ten_working_days() -> None:
    tenth = end_of_day(date(2026, 3, 16))

    def faults(until: date, now: date | None = None) -> list[str]:
        terms = hall_terms(enrol_until=end_of_day(until))
        found = announcement_faults(terms, end_of_day(now) if now else NOW, "450100", HOLIDAYS)
        return [field for field, _words in found]

    assert tenth < ENROL_UNTIL
    assert faults(date(2026, 3, 16)) == []
    assert faults(date(2026, 3, 15)) == ["enrol_until"]
    # Where the calendar does not reach so far nobody knows ten working days.
    assert faults(date(2026, 3, 16), date(2029, 1, 1)) == ["enrol_until"]
    whole = hall_terms(right=Right.TRANSFER, years=None, territory="")
    assert [field for field, _words in faults_of(replace(whole, years=5))] == ["years"]
    assert announcement_faults(whole, NOW, "450100", HOLIDAYS) == []


def test_the_step_has_its_bounds_and_says_them() -> None:
    faults = announcement_faults(hall_terms(step=1), NOW, "450100", HOLIDAYS)

    assert [field for field, _words in faults] == ["step"]
    assert "4,000.00" in faults[0][1]
    assert "160,000.00" in faults[0][1]


@pytest.mark.parametrize(
    ("related", "groups"),
    [([], 4), ([(0, 1)], 3), ([(0, 1), (1, 2)], 2), ([(0, 1), (2, 3)], 2), ([(0, 1), (1, 0), (0, 1)], 3)],
)
def test_related_bidders_count_as_one(related: list[tuple[int, int]], groups: int) -> None:
    assert count_groups(related, 4) == groups


def test_what_is_known_only_grows() -> None:
    for phases in TABLE.values():
        assert phases[Phase.BEFORE] <= phases[Phase.DURING] <= phases[Phase.AFTER]
    assert {phase_of(status, has_begun=False) for status in AuctionStatus} == set(Phase)
    assert phase_of(AuctionStatus.READY, has_begun=True) is Phase.DURING
    assert not may_know(Knowledge.BIDDERS, Viewer.HOLDER, Phase.DURING)
    assert not may_know(Knowledge.COUNT, Viewer.HOLDER, Phase.BEFORE)
    assert not may_know(Knowledge.SEALED_PRICES, Viewer.ORGANISER, Phase.DURING)
