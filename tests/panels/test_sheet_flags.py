"""Sheets that people should look at: handed in too fast, or with an opinion that stands twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from market.panels.panel_seats import accept
from market.panels.round_models import Round, SeatOpinion
from market.panels.round_results import conclude_round, results_of
from market.panels.round_rules import DEFAULT_RULES, read_rules, write_rules
from market.panels.round_states import SeatStatus
from market.panels.score_acts import submit
from market.panels.sheet_flags import HandedIn, SheetLimits, alike_opinions, copied_seats, fast_seats
from market.panels.statistics import Flag
from market.records.by import By
from tests.claims.factories import make_accepted, make_desk
from tests.factories import NOW
from tests.invariants import broken
from tests.panels.round_factories import WIDE, actor_of, draw, make_pool, prepare, seats, sheet

LIMITS = SheetLimits(base=120, per_paper=60, alike=85)
OPINION = "技术路线成熟，已在同类产线应用；新增销售与成果的对应关系清楚，建议予以支持。"
OTHER = "核对了审计报告与发票，转化收入可信，但工艺窗口较窄，量产的稳定性还需要观察。"


def handed_in(
    seat: str, minutes: float = 60, papers: int = 0, version: int = 1, alike: Sequence[tuple[str, int]] = ()
) -> HandedIn:
    return HandedIn(
        seat=seat,
        item="1",
        expert=seat,
        accepted_at=NOW,
        first_at=NOW + timedelta(minutes=minutes),
        papers=papers,
        version=version,
        alike=alike,
    )


@pytest.mark.parametrize(
    ("minutes", "papers", "earlier", "is_fast"),
    [
        (2, 0, (), False),
        (1.9, 0, (), True),
        (6.9, 5, (), True),
        (7, 5, (), False),
        (60, 5, (NOW + timedelta(minutes=55),), True),
        (60, 5, (NOW + timedelta(minutes=70),), False),
    ],
)
def test_a_sheet_is_fast_that_comes_sooner_than_its_papers_are_read(
    minutes: float, papers: int, earlier: tuple[datetime, ...], is_fast: bool
) -> None:
    given = handed_in("a", minutes, papers)

    assert fast_seats([given], {"a": earlier}, LIMITS) == ({"a"} if is_fast else set())


def test_opinions_are_alike_by_what_they_say_and_short_ones_are_like_none() -> None:
    others = [("a", OPINION.replace("建议", "可以")), ("b", OTHER), ("c", "同意。"), ("d", OPINION)]

    assert alike_opinions(OPINION, others, LIMITS) == ["a", "d"]
    assert alike_opinions(OPINION, others, replace(LIMITS, alike=100)) == ["d"]
    assert alike_opinions("同意。", others, LIMITS) == []


def test_like_opinions_are_flagged_at_both_seats_while_both_versions_count() -> None:
    sheets = [
        handed_in("a"),
        handed_in("b", alike=[("a", 1), ("c", 1)]),
        handed_in("c", version=2),
        handed_in("d", alike=[("c", 1)]),
    ]

    assert copied_seats(sheets) == {"a", "b"}


def test_rules_of_before_have_no_such_flags() -> None:
    stored = write_rules(DEFAULT_RULES)
    del stored["sheets"]

    assert read_rules(stored).sheets is None
    assert read_rules(write_rules(DEFAULT_RULES)).sheets == LIMITS


async def test_flags_of_sheets_change_no_number_and_stand_with_the_result() -> None:
    desk = await make_desk()
    await make_pool()
    claim = await make_accepted(desk)
    round_ = await prepare(desk, [claim.id], rules=replace(WIDE, sheets=LIMITS))
    await draw(round_.number, by=By(desk.operator, NOW))
    for seat in await seats(round_, SeatStatus.INVITED):
        await accept(seat.id, by=By(await actor_of(seat), NOW))
    for place, seat in enumerate(await seats(round_, SeatStatus.ACCEPTED)):
        now = NOW + timedelta(seconds=(30, 600, 900)[place])
        typed = sheet((80, 81, 79)[place], for_applicant=(OTHER, OPINION, OPINION)[place])
        await submit(seat.id, typed, by=By(await actor_of(seat), now))
    result = (await results_of(await Round.get(id=round_.id)))[0]
    now = NOW + timedelta(hours=1)
    await conclude_round(round_.number, reason="意见一致", by=By(desk.rechecker, now))

    assert [scored.flags for scored in result.scored] == [(Flag.FAST,), (Flag.COPY,), (Flag.COPY,)]
    assert result.points == 80
    assert result.as_stored()["flags"] == ["fast", "copy"]
    assert await SeatOpinion.filter(papers=0).count() == 3
    assert await broken("panels: results", "panels: sheets") == {}
