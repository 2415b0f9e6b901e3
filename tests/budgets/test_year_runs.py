"""Bulk runs of a programme's year."""

from __future__ import annotations

from random import Random

import pytest

from market.budgets import year_runs
from market.budgets.models import RunStage, YearRun
from market.claims.models import Assessment, Claim
from market.records.by import By
from market.records.decisions import SamePerson
from tests.claims.factories import (
    WAN,
    Desk,
    make_accepted,
    make_applicant,
    make_budget,
    make_desk,
)
from tests.factories import NOW


class Killed(BaseException):
    """The process ends here."""


async def year_of(desk: Desk, count: int) -> list[Claim]:
    applicant = await make_applicant()
    return [
        await make_accepted(desk, applicant, contract_amount=(100 + n) * WAN, trade_amount=(100 + n) * WAN)
        for n in range(count)
    ]


async def test_a_year_run_killed_at_random_ends_with_the_same_result() -> None:
    desk, random = await make_desk(), Random(6)
    claims = await year_of(desk, 4)
    plan = await year_runs.plan_run("guangxi", 2026)

    def deadly(stage: str, done: int, total: int) -> None:
        if random.random() < 0.5:
            raise Killed

    kills = 0
    while True:
        try:
            run = await year_runs.open_run("guangxi", 2026, by=By(desk.officer, NOW))
            run = await year_runs.compute_all(run.id, by=By(desk.officer, NOW), on_progress=deadly)
            run = await year_runs.recheck_all(run.id, by=By(desk.rechecker, NOW), on_progress=deadly)
            run = await year_runs.list_all(run.id, by=By(desk.rechecker, NOW))
            break
        except Killed:
            kills += 1
    again = await year_runs.list_all(run.id, by=By(desk.rechecker, NOW))

    assert kills > 2
    assert run.batch_id is not None
    assert again.batch_id == run.batch_id
    assert await Assessment.all().count() == len(claims) == plan.to_compute
    awards = await Claim.filter(batch_id=run.batch_id).values_list("award_amount", flat=True)
    assert (
        sum(int(str(award)) for award in awards) == plan.award == sum((100 + n) * WAN // 2 for n in range(4))
    )
    assert (await YearRun.get(id=run.id)).stage is RunStage.DONE


async def test_a_dry_run_writes_nothing_and_says_when_the_pot_is_short() -> None:
    desk = await make_desk()
    await year_of(desk, 2)
    await make_budget(desk, 10 * WAN)

    plan = await year_runs.plan_run("guangxi", 2026)

    assert (plan.to_compute, plan.is_short, plan.available) == (2, True, 10 * WAN)
    assert not await Assessment.all().exists()


async def test_the_officer_of_a_run_does_not_recheck_it() -> None:
    desk = await make_desk()
    await year_of(desk, 1)
    run = await year_runs.open_run("guangxi", 2026, by=By(desk.officer, NOW))
    await year_runs.compute_all(run.id, by=By(desk.officer, NOW))
    await YearRun.filter(id=run.id).update(proposed_by_id=desk.rechecker.user_id)

    with pytest.raises(SamePerson):
        await year_runs.recheck_all(run.id, by=By(desk.rechecker, NOW))


async def test_a_doubtful_claim_is_left_to_a_person() -> None:
    desk = await make_desk()
    (claim,) = await year_of(desk, 1)
    await Claim.filter(id=claim.id).update(doubt_kinds=",split,")
    run = await year_runs.open_run("guangxi", 2026, by=By(desk.officer, NOW))
    await year_runs.compute_all(run.id, by=By(desk.officer, NOW))
    await Claim.filter(id=claim.id).update(doubt_kinds=",split,")

    run = await year_runs.recheck_all(run.id, by=By(desk.rechecker, NOW))

    assert run.left is not None
    assert list(run.left) == [claim.number]
