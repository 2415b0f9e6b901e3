"""Public co-funding of a government list: the winner's contract leads to a claim and each record on."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import httpx

from market.accounts.actors import Actor
from market.accounts.models import MemberRole, Organisation
from market.challenges import milestones
from market.challenges.milestones import Reached
from market.challenges.selection_models import ChallengeAward
from market.claims.applications import create_claim, submit_claim
from market.claims.claim_facts import facts_of
from market.claims.claimable import list_claimable
from market.claims.desk_review import accept, calculate, recheck
from market.claims.models import Claim
from market.contracts import remittances, signing
from market.contracts.models import Contract, Instalment
from market.deps import Deps
from market.eligibility.judging import judge_one
from market.eligibility.states import Answer
from market.kit.clock import local_date
from market.records.by import By
from market.records.decisions import Verdict
from tests.challenges.factories import WAN
from tests.challenges.public_factories import make_dealt
from tests.challenges.selection_factories import (
    JUDGED,
    Choosing,
    agree_all,
    choose,
    make_reviewing,
    set_clock,
    sign,
)
from tests.claims.factories import Desk, make_desk, make_published
from tests.contracts.factories import KEPT
from tests.factories import make_member
from tests.invariants import broken
from tests.payees.factories import make_payee
from tests.programmes.factories import make_programmes
from tests.visitor import sign_in

SLUG = "guangxi-challenge"


async def _register(contract: Contract, solver: Actor) -> None:
    await signing.register_contract(
        contract.number,
        "4526010300000999",
        registered_on=local_date(JUDGED),
        registry="百色市技术合同登记站",
        by=By(solver, JUDGED),
    )


async def _pay_first(stage: Choosing, award: ChallengeAward, contract: Contract) -> None:
    """Have the first milestone accepted and its instalment paid."""
    solver = stage.solver_of(award)
    text, by = "小试三组试样失重率均低于指标。", By(solver, JUDGED)
    report = await milestones.report(stage.number, award.id, text, [Reached(2, "7.5")], None, by=by)
    await milestones.review(stage.number, report.id, Verdict.CONFIRMED, by=By(stage.owner, JUDGED))
    part = await Instalment.get(contract_id=contract.id, sequence=1)
    remittance = await remittances.record_remittance(
        part.id,
        part.amount,
        KEPT,
        received_on=local_date(JUDGED),
        bank_reference="",
        invoice_number="",
        invoice_amount=None,
        by=By(solver, JUDGED),
    )
    finance = await make_member(await Organisation.get(id=solver.organisation_id), MemberRole.FINANCE)
    await remittances.confirm_remittance(remittance.id, by=By(finance, JUDGED))


async def _granted(claim: Claim, desk: Desk, solver: Actor) -> str:
    """Bring a claim onto a confirmed list, and return the list's number."""
    await submit_claim(claim.number, is_declared=True, by=By(solver, JUDGED))
    await accept(claim.number, by=By(desk.officer, JUDGED))
    await calculate(claim.number, by=By(desk.officer, JUDGED))
    await recheck(claim.number, sequence=1, by=By(desk.rechecker, JUDGED))
    return await make_published(desk, await Claim.get(id=claim.id), slug=SLUG)


async def _distances(client: httpx.AsyncClient, pages: Sequence[str]) -> Mapping[tuple[str, str], int]:
    """Return how many clicks lie between each two of these pages, going by no other page."""
    steps: dict[tuple[str, str], int] = {}
    for page in pages:
        answer = await client.get(page)
        assert answer.status_code == 200, page
        links = {link.split("#")[0].split("?")[0] for link in re.findall(r'href="([^"]+)"', answer.text)}
        steps.update({(page, other): 1 for other in pages if other in links and other != page})
    for through in pages:
        for start in pages:
            for end in pages:
                if start != end and (start, through) in steps and (through, end) in steps:
                    way = steps[start, through] + steps[through, end]
                    steps[start, end] = min(steps.get((start, end), way), way)
    return steps


async def test_the_winners_contract_leads_to_a_claim_of_thirty_percent_on_a_list(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    stage = await make_dealt((180, 180))
    await make_programmes()
    (award,) = await stage.awards()
    solver, desk = stage.solver_of(award), await make_desk()
    contract = await sign(stage, award)
    await _register(contract, solver)
    await _pay_first(stage, award, contract)
    unit = await Organisation.get(id=solver.organisation_id)
    await make_payee(unit.id)

    offers = await list_claimable(solver, JUDGED)
    assert [(row.programme.slug, [c.number for c in row.contracts]) for row in offers] == [
        (SLUG, [contract.number])
    ]
    _catalogue, judged = await judge_one(unit, JUDGED)
    assert [(row.target.terms.programme, row.result.answer, row.result.amount) for row in judged] == [
        (SLUG, Answer.MET, 54 * WAN)
    ]
    set_clock(deps, JUDGED)
    await sign_in(client, solver)
    page = (await client.get(f"/challenges/{stage.number}/awards/{award.id}")).text
    assert "申报财政支持" in page
    assert "540,000.00" in page
    claim = await create_claim(SLUG, year=2026, contract_numbers=[contract.number], by=By(solver, JUDGED))
    (facts,) = (await facts_of(claim))["contracts"]
    assert (facts["public_challenge"], facts["public_support"]) == (True, 54 * WAN)
    batch = await _granted(claim, desk, solver)
    assert (await Claim.get(id=claim.id)).award_amount == 54 * WAN

    assert award.deal is not None
    at = f"/challenges/{stage.number}"
    chain = [
        f"{at}/solutions/{award.solution.place}",
        at,
        f"{at}/awards/{award.id}",
        f"/deals/{award.deal.number}",
        f"/contracts/{contract.number}",
        f"/claims/{claim.number}",
    ]
    steps = await _distances(client, chain)
    far = {(a, b) for a in chain for b in chain if a != b and steps.get((a, b), 9) > 3}
    assert far == set()
    await sign_in(client, stage.owner)
    owned = [at, f"{at}/selection", chain[0], *chain[2:5]]
    steps = await _distances(client, owned)
    assert {(a, b) for a in owned for b in owned if a != b and steps.get((a, b), 9) > 3} == set()
    await sign_in(client, desk.officer)
    listed = (await client.get(f"/desk/batches/{batch}")).text
    assert f"/desk/{claim.number}" in listed
    assert "540,000.00" in listed
    assert await broken("challenges:", "claims:", "subsidies:", "budgets:", "contracts:", "ledger:") == {}


async def test_a_contract_of_a_firms_list_is_not_co_funded() -> None:
    stage = await make_reviewing()
    await make_programmes()
    await choose(stage, 1)
    (award,) = await agree_all(stage)
    solver = stage.solver_of(award)
    await _register(await sign(stage, award), solver)
    assert await list_claimable(solver, JUDGED) == []
    _catalogue, judged = await judge_one(await Organisation.get(id=solver.organisation_id), JUDGED)
    assert judged == []
