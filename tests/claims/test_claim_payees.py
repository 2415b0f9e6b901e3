"""The account frozen into a claim, and what becomes of a claim whose applicant changes it."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from tortoise.exceptions import BaseORMException

from market.accounts.actors import Actor
from market.accounts.models import MemberRole, Message, Organisation, StaffRole
from market.audit.models import AuditEvent
from market.claims.applications import submit_claim
from market.claims.claim_payees import (
    PayeeState,
    claim_payee,
    decide_payee_change,
    payee_states,
    propose_payee_change,
)
from market.claims.models import Claim
from market.kit.database import connection, in_transaction
from market.kit.errors import Conflict, Invalid
from market.payees.accounts import confirm_account
from market.payees.comparisons import compare_proof, confirm_comparison
from market.payees.fingerprints import fingerprint, mask
from market.payees.models import PayeeAccount
from market.records.by import By
from market.records.decisions import SamePerson, Verdict
from tests.claims.factories import Desk, make_accepted, make_desk, make_draft
from tests.claims.payees import NEW, broken_checks, change_account, make_unpayable, propose
from tests.databases import past_guards
from tests.factories import NOW, make_member, make_staff
from tests.payees.factories import SECRET
from tests.stage_cache import cached_stage


async def state_of(claim: Claim) -> PayeeState:
    return (await payee_states([claim.id]))[claim.id]


def _as(actor: Actor, user_id: UUID) -> Actor:
    """Return a person with the rights of the actor and the identity of another."""
    return replace(actor, user_id=user_id)


@cached_stage
async def make_changed(desk: Desk) -> tuple[Claim, PayeeAccount, PayeeAccount]:
    """Make a claim whose applicant changed its account since; return it, the account before, and now."""
    claim = await make_accepted(desk)
    before = await PayeeAccount.get(id=claim.payee_id)
    return claim, before, await change_account(claim)


async def test_the_account_in_force_is_frozen_into_the_claim_when_it_is_submitted() -> None:
    applicant, claim = await make_draft()
    account = await PayeeAccount.get(organisation_id=claim.applicant_id)
    assert claim.payee_id is None

    await submit_claim(claim.number, is_declared=True, by=By(applicant, NOW))

    assert (await Claim.get(id=claim.id)).payee_id == account.id
    assert await state_of(claim) is PayeeState.STANDING
    event = await AuditEvent.get(subject_kind="claim", subject_id=claim.id, action="submit")
    assert (event.data["account"], event.data["account_hash"]) == (account.masked, account.fingerprint)


async def test_a_claim_is_not_submitted_without_an_account_that_a_colleague_has_confirmed() -> None:
    owner, claim = await make_unpayable()
    with pytest.raises(Invalid, match="请先在"):
        await submit_claim(claim.number, is_declared=True, by=By(owner, NOW))

    account = await propose(owner)
    colleague = await make_member(await Organisation.get(id=claim.applicant_id), MemberRole.AGENT)
    with pytest.raises(Invalid, match="第二人确认"):
        await submit_claim(claim.number, is_declared=True, by=By(owner, NOW))

    await confirm_account(account.id, by=By(colleague, NOW))
    await submit_claim(claim.number, is_declared=True, by=By(owner, NOW))
    assert await state_of(claim) is PayeeState.STANDING


async def test_an_organisation_of_one_person_submits_with_an_account_that_waits_for_the_desk() -> None:
    owner, claim = await make_unpayable()
    account = await propose(owner)
    await submit_claim(claim.number, is_declared=True, by=By(owner, NOW))
    assert await state_of(claim) is PayeeState.UNCONFIRMED

    await compare_proof(account.id, by=By(await make_staff(StaffRole.OFFICER), NOW))
    await confirm_comparison(account.id, by=By(await make_staff(StaffRole.RECHECKER), NOW))

    assert await state_of(claim) is PayeeState.STANDING


async def test_a_change_after_the_submission_needs_the_rechecker_and_the_approver() -> None:
    desk = await make_desk()
    claim, before, account = await make_changed(desk)
    assert await state_of(claim) is PayeeState.CHANGED
    for staff in (desk.officer, desk.rechecker):
        assert await Message.filter(user_id=staff.user_id, text__contains="拨付已停止").exists()

    await propose_payee_change(claim.number, by=By(desk.rechecker, NOW))
    with pytest.raises(Conflict, match="正待批准"):
        await propose_payee_change(claim.number, by=By(desk.rechecker, NOW))
    assert (await Claim.get(id=claim.id)).payee_id == before.id
    await decide_payee_change(claim.number, Verdict.CONFIRMED, by=By(desk.approver, NOW))

    assert (await Claim.get(id=claim.id)).payee_id == account.id
    assert await state_of(claim) is PayeeState.STANDING
    assert await broken_checks() == {}
    events = AuditEvent.filter(subject_kind="claim", subject_id=claim.id, action="change_payee")
    data = (await events.get()).data
    assert (data["old_account"], data["account"]) == (before.masked, mask(NEW))
    assert (data["old_hash"], data["account_hash"]) == (before.fingerprint, fingerprint(NEW, SECRET))


async def test_a_change_that_the_approver_rejects_leaves_the_payment_stopped() -> None:
    desk = await make_desk()
    claim, before, _account = await make_changed(desk)
    await propose_payee_change(claim.number, by=By(desk.rechecker, NOW))

    with pytest.raises(Invalid):
        await decide_payee_change(claim.number, Verdict.REJECTED, by=By(desk.approver, NOW))
    await decide_payee_change(claim.number, Verdict.REJECTED, reason="证明不足", by=By(desk.approver, NOW))

    assert (await Claim.get(id=claim.id)).payee_id == before.id
    assert await state_of(claim) is PayeeState.CHANGED
    (change,) = (await claim_payee(claim)).changes
    assert (change.verdict, change.reason) == (Verdict.REJECTED, "证明不足")


async def test_an_account_that_changed_again_is_not_approved_by_the_proposal_before() -> None:
    desk = await make_desk()
    claim, _before, _account = await make_changed(desk)
    await propose_payee_change(claim.number, by=By(desk.rechecker, NOW))
    await change_account(claim, "6222020000000000001")

    with pytest.raises(Conflict, match="又有变更"):
        await decide_payee_change(claim.number, Verdict.CONFIRMED, by=By(desk.approver, NOW))


async def test_one_person_does_not_propose_and_approve_a_changed_account() -> None:
    desk = await make_desk()
    claim, _before, _account = await make_changed(desk)
    user = desk.rechecker.user_id
    await propose_payee_change(claim.number, by=By(desk.rechecker, NOW))

    with pytest.raises(SamePerson):
        await decide_payee_change(claim.number, Verdict.CONFIRMED, by=By(_as(desk.approver, user), NOW))


async def test_a_proposal_that_nobody_confirmed_stops_nothing() -> None:
    desk = await make_desk()
    claim = await make_accepted(desk)

    waiting = await propose(await make_member(await Organisation.get(id=claim.applicant_id)))

    assert await state_of(claim) is PayeeState.STANDING
    seen = (await claim_payee(claim)).waiting
    assert seen is not None
    assert seen.id == waiting.id


async def test_the_database_refuses_another_account_for_a_submitted_claim() -> None:
    claim, _before, account = await make_changed(await make_desk())

    with pytest.raises(BaseORMException, match="frozen"):
        async with in_transaction():
            await connection().execute_query(
                "UPDATE claims SET payee_id = $1 WHERE id = $2", [account.id, claim.id]
            )


async def test_another_account_put_into_a_claim_behind_the_guards_is_found_by_the_check() -> None:
    claim, _before, account = await make_changed(await make_desk())

    await past_guards("UPDATE claims SET payee_id = $1 WHERE id = $2", account.id, claim.id)

    broken = await broken_checks()
    assert list(broken) == ["subsidies: accounts are the ones frozen into claims"]
    assert claim.number in broken["subsidies: accounts are the ones frozen into claims"][0]
