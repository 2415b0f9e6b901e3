"""Bulk runs of a programme's year."""

from __future__ import annotations

from random import Random

import httpx
import pytest

from market.accounts.models import StaffRole
from market.budgets import run_signing, year_runs
from market.budgets.models import RunStage, YearRun
from market.budgets.run_signing import NotSigned
from market.claims.desk_review import calculate, recheck, return_calculation
from market.claims.models import Assessment, Claim, SalesReport
from market.claims.states import ClaimStatus, RecheckPoint
from market.kit.errors import Conflict, Forbidden
from market.panels.round_results import conclude_round
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
from tests.factories import NOW, make_staff
from tests.panels.round_factories import draw, make_pool, prepare, score_all
from tests.visitor import post, sign_in


class Killed(BaseException):
    """The process ends here."""


async def year_of(desk: Desk, count: int) -> list[Claim]:
    applicant = await make_applicant()
    return [
        await make_accepted(desk, applicant, contract_amount=(100 + n) * WAN, trade_amount=(100 + n) * WAN)
        for n in range(count)
    ]


async def look_at_sample(run: YearRun, desk: Desk) -> None:
    """Draw a sample and recheck each of its sheets."""
    run = await run_signing.draw_sample(run.id, by=By(desk.rechecker, NOW))
    for number in run.sample or []:
        await recheck(number, sequence=1, by=By(desk.rechecker, NOW))


async def test_a_year_run_killed_at_random_ends_with_the_same_result() -> None:
    desk, random = await make_desk(), Random(6)
    claims = await year_of(desk, 13)
    plan = await year_runs.plan_run("guangxi", 2026)

    def deadly(stage: str, done: int, total: int) -> None:
        if random.random() < 0.4:
            raise Killed

    kills = 0
    while True:
        try:
            run = await year_runs.open_run("guangxi", 2026, by=By(desk.officer, NOW))
            run = await year_runs.compute_all(run.id, by=By(desk.officer, NOW), on_progress=deadly)
            if run.sample is None:
                await look_at_sample(run, desk)
                await run_signing.sign_run(run.id, by=By(desk.rechecker, NOW))
            run = await year_runs.recheck_signed(run.id, by=By(desk.rechecker, NOW), on_progress=deadly)
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
        sum(int(str(award)) for award in awards) == plan.award == sum((100 + n) * WAN // 2 for n in range(13))
    )
    assert (await YearRun.get(id=run.id)).stage is RunStage.DONE


async def test_a_run_rechecks_nothing_before_a_second_person_has_looked_and_signed() -> None:
    desk = await make_desk()
    claims = await year_of(desk, 12)
    run = await year_runs.open_run("guangxi", 2026, by=By(desk.officer, NOW))
    await year_runs.compute_all(run.id, by=By(desk.officer, NOW))

    with pytest.raises(NotSigned):
        await year_runs.recheck_signed(run.id, by=By(desk.rechecker, NOW))
    with pytest.raises(Conflict):
        await run_signing.sign_run(run.id, by=By(desk.rechecker, NOW))
    run = await run_signing.draw_sample(run.id, by=By(desk.rechecker, NOW))
    with pytest.raises(Conflict):
        await run_signing.sign_run(run.id, by=By(desk.rechecker, NOW))

    sample = run.sample or []
    assert len(sample) == 10
    assert run_signing.sample_of([claim.number for claim in claims], 10, run.sample_seed) == sample
    for number in sample:
        await recheck(number, sequence=1, by=By(desk.rechecker, NOW))
    run = await run_signing.sign_run(run.id, by=By(desk.rechecker, NOW))
    assert set(run.signed or {}) == {claim.number for claim in claims} - set(sample)
    other = await make_staff(StaffRole.RECHECKER)
    with pytest.raises(Forbidden):
        await year_runs.recheck_signed(run.id, by=By(other, NOW))
    await year_runs.recheck_signed(run.id, by=By(desk.rechecker, NOW))
    assert await Claim.filter(status=ClaimStatus.RECHECKED).count() == 12


async def test_a_sampled_sheet_that_was_returned_stops_the_signature_until_a_new_sample_passes() -> None:
    desk = await make_desk()
    (claim,) = await year_of(desk, 1)
    run = await year_runs.open_run("guangxi", 2026, by=By(desk.officer, NOW))
    await year_runs.compute_all(run.id, by=By(desk.officer, NOW))
    await run_signing.draw_sample(run.id, by=By(desk.rechecker, NOW))
    await return_calculation(claim.number, reason="比例", by=By(desk.rechecker, NOW))

    with pytest.raises(Conflict):
        await run_signing.sign_run(run.id, by=By(desk.rechecker, NOW))
    await run_signing.draw_sample(run.id, by=By(desk.rechecker, NOW))
    await run_signing.sign_run(run.id, by=By(desk.rechecker, NOW))

    assert (await YearRun.get(id=run.id)).signed == {}


async def test_what_changed_after_the_signature_is_left_to_a_person() -> None:
    desk = await make_desk()
    claims = await year_of(desk, 11)
    run = await year_runs.open_run("guangxi", 2026, by=By(desk.officer, NOW))
    await year_runs.compute_all(run.id, by=By(desk.officer, NOW))
    await look_at_sample(run, desk)
    run = await run_signing.sign_run(run.id, by=By(desk.rechecker, NOW))
    (number,) = run.signed or {}
    claim = await Claim.get(number=number)
    await SalesReport.filter(contract__claims__claim_id=claim.id).update(amount=1)

    run = await year_runs.recheck_signed(run.id, by=By(desk.rechecker, NOW))

    assert len(claims) == 11
    assert list(run.left or {}) == [number]
    assert (await Claim.get(id=claim.id)).status is ClaimStatus.CALCULATED


async def test_the_second_officer_draws_looks_and_signs_on_the_page(client: httpx.AsyncClient) -> None:
    desk = await make_desk()
    (claim,) = await year_of(desk, 1)
    run = await year_runs.open_run("guangxi", 2026, by=By(desk.officer, NOW))
    await year_runs.compute_all(run.id, by=By(desk.officer, NOW))
    address = f"/desk/runs/{run.id}"
    await sign_in(client, desk.officer)
    assert "抽取样本" not in (await client.get(address)).text
    assert (await post(client, address, {"act": "draw"}, follow=False)).status_code == 403

    await sign_in(client, desk.rechecker)
    assert "事实、规则和结果重新计算一致" in (await client.get(address)).text
    drawn = await post(client, address, {"act": "draw"})
    assert (await YearRun.get(id=run.id)).sample_seed in drawn.text
    assert (await post(client, address, {"act": "sign"}, follow=False)).status_code == 409
    await post(client, f"/desk/{claim.number}/recheck", {"sequence": "1", "compared": list(RecheckPoint)})
    assert "签署全部核算" in (await client.get(address)).text
    assert (await post(client, address, {"act": "sign"}, follow=False)).status_code == 303


async def test_a_dry_run_writes_nothing_and_says_when_the_pot_is_short() -> None:
    desk = await make_desk()
    await year_of(desk, 2)
    await make_budget(desk, 10 * WAN)

    plan = await year_runs.plan_run("guangxi", 2026)

    assert (plan.to_compute, plan.is_short, plan.available) == (2, True, 10 * WAN)
    assert not await Assessment.all().exists()


async def test_a_dry_run_leaves_out_what_experts_have_not_concluded_and_takes_the_rate_of_their_scores() -> (
    None
):
    desk = await make_desk()
    [claim] = await year_of(desk, 1)
    full = (await year_runs.plan_run("guangxi", 2026)).award
    await make_pool()
    round_ = await prepare(desk, [claim.id])
    await draw(round_.number, by=By(desk.operator, NOW))

    waiting = await year_runs.plan_run("guangxi", 2026)

    assert waiting.award == 0
    assert list(waiting.refused) == [claim.number]
    await score_all(round_, 75, 75, 75)
    await conclude_round(round_.number, reason="意见一致", by=By(desk.rechecker, NOW))
    planned = (await year_runs.plan_run("guangxi", 2026)).award
    assessment = await calculate(claim.number, by=By(desk.officer, NOW))
    assert planned == assessment.award_amount < full


async def test_the_officer_of_a_run_does_not_recheck_it() -> None:
    desk = await make_desk()
    await year_of(desk, 1)
    run = await year_runs.open_run("guangxi", 2026, by=By(desk.officer, NOW))
    await year_runs.compute_all(run.id, by=By(desk.officer, NOW))
    await YearRun.filter(id=run.id).update(proposed_by_id=desk.rechecker.user_id)

    with pytest.raises(SamePerson):
        await run_signing.draw_sample(run.id, by=By(desk.rechecker, NOW))
    with pytest.raises(SamePerson):
        await year_runs.recheck_signed(run.id, by=By(desk.rechecker, NOW))


async def test_a_doubtful_claim_is_left_to_a_person() -> None:
    desk = await make_desk()
    (claim,) = await year_of(desk, 1)
    await Claim.filter(id=claim.id).update(doubt_kinds=",split,")
    run = await year_runs.open_run("guangxi", 2026, by=By(desk.officer, NOW))
    await year_runs.compute_all(run.id, by=By(desk.officer, NOW))
    await Claim.filter(id=claim.id).update(doubt_kinds=",split,")

    await look_at_sample(run, desk)
    await run_signing.sign_run(run.id, by=By(desk.rechecker, NOW))
    run = await year_runs.recheck_signed(run.id, by=By(desk.rechecker, NOW))

    assert run.left is not None
    assert list(run.left) == [claim.number]
