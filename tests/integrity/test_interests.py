"""Interest: who has, or had, something to do with a party decides nothing about it, whatever they declare."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import pytest

from market.accounts import brokers, invitations, memberships, organisations
from market.accounts.actors import Actor
from market.accounts.checks import staff_belong_to_no_organisation
from market.accounts.models import MemberRole, Organisation, OrganisationStatus, StaffRole
from market.accounts.relations import LOOK_BACK_YEARS, Conflicted
from market.claims.applications import submit_claim
from market.claims.checks import no_interested_hands
from market.claims.desk_review import accept, calculate, recheck
from market.claims.models import Claim, ClaimContract
from market.claims.states import ClaimStatus
from market.deps import Deps
from market.integrity import sanction_acts
from market.integrity.models import SanctionGrade, Scope
from market.kit.errors import Conflict
from market.records.by import By
from tests.accounts.registration_data import last_mail, link_in
from tests.claims.factories import make_calculated, make_desk, make_draft
from tests.factories import NOW, make_member, make_membership, make_organisation, make_staff

YEARS = timedelta(days=366)


async def make_handed_in() -> Claim:
    """Make a claim that was submitted and waits to be accepted."""
    applicant, claim = await make_draft()
    return await submit_claim(claim.number, is_declared=True, by=By(applicant, NOW))


async def related(staff: Actor, organisation_id: UUID, *, ended: timedelta | None = None) -> None:
    """Let a person of the department have been a member of an organisation."""
    await make_membership(
        staff.user_id,
        await Organisation.get(id=organisation_id),
        MemberRole.AGENT,
        start=NOW - 10 * YEARS,
        end=None if ended is None else NOW - ended,
    )


async def test_an_officer_neither_accepts_nor_computes_a_claim_of_a_former_employer() -> None:
    desk = await make_desk()
    claim = await make_handed_in()
    await related(desk.officer, claim.applicant_id, ended=YEARS)

    with pytest.raises(Conflicted, match="当事的一方有关"):
        await accept(claim.number, by=By(desk.officer, NOW))
    other = By(await make_staff(StaffRole.OFFICER), NOW)
    assert (await accept(claim.number, by=other)).status is ClaimStatus.ACCEPTED
    with pytest.raises(Conflicted):
        await calculate(claim.number, by=By(desk.officer, NOW))


async def test_a_rechecker_with_a_past_at_the_seller_of_one_contract_is_refused_too() -> None:
    desk = await make_desk()
    claim = await make_calculated(desk)
    row = await ClaimContract.filter(claim_id=claim.id).select_related("contract__deal").first()
    assert row is not None
    await related(desk.rechecker, row.contract.deal.seller_id, ended=2 * YEARS)

    with pytest.raises(Conflicted):
        await recheck(claim.number, sequence=1, by=By(desk.rechecker, NOW))


async def test_what_ended_before_the_limit_counts_no_more() -> None:
    desk = await make_desk()
    claim = await make_handed_in()
    await related(desk.officer, claim.applicant_id, ended=(LOOK_BACK_YEARS + 1) * YEARS)

    assert (await accept(claim.number, by=By(desk.officer, NOW))).status is ClaimStatus.ACCEPTED


async def test_the_check_states_a_hand_that_had_an_interest_whoever_let_it_act() -> None:
    desk = await make_desk()
    claim = await make_calculated(desk)
    assert await no_interested_hands() == []

    await related(desk.officer, claim.applicant_id, ended=YEARS)

    applicant = await Organisation.get(id=claim.applicant_id)
    assert await no_interested_hands() == [f"申报 {claim.number} 的核算或复核人与 {applicant.name} 有关"]


async def test_the_operator_verifies_no_organisation_of_their_own_past() -> None:
    operator = await make_staff(StaffRole.OPERATOR)
    waiting = await make_organisation(status=OrganisationStatus.PENDING)
    await related(operator, waiting.id, ended=YEARS)

    with pytest.raises(Conflicted):
        await organisations.verify_organisation(waiting.id, revision=1, by=By(operator, NOW))


async def test_nor_sanctions_one() -> None:
    operator = await make_staff(StaffRole.OPERATOR)
    organisation = await make_organisation()
    await related(operator, organisation.id)
    assert organisation.uscc is not None

    with pytest.raises(Conflicted):
        await sanction_acts.file_sanction(
            uscc=organisation.uscc,
            name=organisation.name,
            grade=next(iter(SanctionGrade)),
            scopes=[Scope.SUBSIDY],
            decision_number="桂科罚〔2026〕1号",
            source="科技厅",
            basis="依据",
            starts_on=NOW.date(),
            ends_on=None,
            by=By(operator, NOW),
        )


async def _join(by: By) -> None:
    organisation = await make_organisation()
    assert organisation.uscc is not None
    await memberships.apply_to_join_another(organisation.uscc, MemberRole.ADMIN, by=by)


async def _found(by: By) -> None:
    await organisations.register_another_organisation({}, by=by, session_token="none")


async def _broker(by: By) -> None:
    await brokers.update_broker({}, by=by)


@pytest.mark.parametrize("act", [_join, _found, _broker])
@pytest.mark.parametrize("role", [StaffRole.APPROVER, StaffRole.AUDITOR, StaffRole.OPERATOR])
async def test_staff_join_found_and_broker_nothing(
    act: Callable[[By], Awaitable[None]], role: StaffRole
) -> None:
    with pytest.raises(Conflict, match="工作人员账号"):
        await act(By(await make_staff(role), NOW))


async def test_nor_do_they_accept_an_invitation(deps: Deps) -> None:
    officer, admin = await make_staff(StaffRole.OFFICER), await make_member()
    await invitations.invite(officer.email, MemberRole.AGENT, by=By(admin, NOW))
    token = link_in(await last_mail(deps, officer.email)).rsplit("/", 1)[1]

    with pytest.raises(Conflict, match="工作人员账号"):
        await invitations.accept(token, session_token="none", by=By(officer, NOW))


async def test_the_check_names_staff_who_are_members() -> None:
    approver = await make_staff(StaffRole.APPROVER)
    assert await staff_belong_to_no_organisation() == []
    organisation = await make_organisation()
    await related(approver, organisation.id)

    assert await staff_belong_to_no_organisation() == [
        f"工作人员 {approver.name} 同时属于 {organisation.name}"
    ]
