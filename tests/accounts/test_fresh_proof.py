"""Acts that move money, rights or personal data ask for a fresh proof, and go on with what was typed."""

from __future__ import annotations

import re
from dataclasses import replace
from enum import StrEnum
from uuid import uuid4

import httpx
import pytest

from market.accounts.actors import Actor, load_actor
from market.accounts.factor_models import HeldRequest
from market.accounts.models import MemberRole, Membership, Organisation, OrganisationKind, Session, StaffRole
from market.accounts.permissions import AccountAct
from market.app import create_app
from market.budgets.states import BudgetAct
from market.claims.states import ClaimAct
from market.contracts.states import ContractAct
from market.deps import Deps
from market.experts.states import ExpertAct
from market.integrity.states import IntegrityAct
from market.kit.room import FreshProof
from market.notices.states import NoticeAct
from market.payees.models import PayeeAccount
from market.payees.states import PayeeAct
from market.policies.states import PolicyAct
from market.programmes.call_states import CallAct
from market.programmes.states import ProgrammeAct
from market.rewards.states import RewardAct
from market.rooms import ROOMS
from tests.accounts.factor_data import age_proof, code, switch_on_authenticator
from tests.accounts.registration_data import password_hash
from tests.factories import PASSWORD, make_member, make_membership, make_organisation, make_staff, make_user
from tests.visitor import post, sign_in

ASKED = "确认是您本人"
WAITING = re.compile(r'name="proof_of" value="([0-9a-f-]{36})"')
SETTLED: dict[str, set[StrEnum]] = {
    "release and approve": {
        ProgrammeAct.RELEASE_TERMS,
        CallAct.RELEASE_CALL,
        PolicyAct.RELEASE_POLICY,
        BudgetAct.APPROVE,
        BudgetAct.CONFIRM_CLAWBACK,
        BudgetAct.CONFIRM_RETURN,
        BudgetAct.CONFIRM_HANDOVER,
        BudgetAct.CONFIRM_RATE,
        BudgetAct.SIGN_RUN,
    },
    "refusals and rulings": {ClaimAct.DECIDE_REFUSAL, NoticeAct.DECIDE_OBJECTION},
    "lists": {BudgetAct.MAKE_LIST, BudgetAct.CONFIRM_LIST},
    "instructions": {BudgetAct.DISBURSE, BudgetAct.RELEASE_PAYMENT, BudgetAct.CONFIRM_LAYOUT},
    "results": {BudgetAct.CONFIRM_RESULT, BudgetAct.TAKE_BACK_RESULT, BudgetAct.DECIDE_TAKE_BACK},
    "payee": {
        PayeeAct.PROPOSE_ACCOUNT,
        PayeeAct.CONFIRM_ACCOUNT,
        PayeeAct.CONFIRM_COMPARISON,
        ClaimAct.PROPOSE_PAYEE_CHANGE,
        ClaimAct.DECIDE_PAYEE_CHANGE,
    },
    "payouts account": {ContractAct.CONNECT_ACCOUNT},
    "confirming remittances, refunds and bank lines": {
        ContractAct.CONFIRM_REMITTANCE,
        ContractAct.CONFIRM_REFUND,
        ContractAct.CONFIRM_PAID_IN,
    },
    "sanctions": {
        IntegrityAct.MANAGE_SANCTIONS,
        IntegrityAct.DECIDE_SANCTION,
        ExpertAct.BAR_EXPERT,
        ExpertAct.CONFIRM_BAR,
    },
    "rewards": {RewardAct.PAY_REWARDS},
    "roles": {AccountAct.MANAGE_MEMBERS},
    "factor changes": {AccountAct.CHANGE_FACTORS},
}
EXPORTS: set[StrEnum] = {
    AccountAct.EXPORT_OWN_DATA,
    AccountAct.EXPORT_AUDIT,
    RewardAct.EXPORT_PAYOUTS,
}
N, U = "PC-2026-000001", "11111111-2222-4333-8444-555555555555"
"""A number and an id of records that need not exist: who is asked for a proof learns nothing before."""
OFFICER, RECHECKER, APPROVER = StaffRole.OFFICER, StaffRole.RECHECKER, StaffRole.APPROVER
TREASURER, ADMIN = MemberRole.FINANCE, MemberRole.ADMIN
POSTS: list[tuple[StaffRole | MemberRole, str, dict[str, str]]] = [
    (OFFICER, "/desk/batches", {"programme": "x"}),
    (RECHECKER, f"/desk/batches/{N}/confirm", {}),
    (APPROVER, f"/desk/batches/{N}/approve", {}),
    (OFFICER, f"/desk/batches/{N}/order", {}),
    (OFFICER, f"/desk/batches/{N}/results", {}),
    (RECHECKER, f"/desk/batches/{N}/results/confirm", {}),
    (RECHECKER, f"/desk/instructions/{N}/release", {}),
    (ADMIN, "/account/payee", {"bank_name": "银行"}),
    (ADMIN, "/account/payouts", {}),
    (TREASURER, f"/remittances/{U}/confirm", {}),
    (TREASURER, f"/remittances/{U}/reject", {}),
    (TREASURER, f"/refunds/{U}/confirm", {}),
    (RECHECKER, f"/desk/{N}/refusal", {"act": "confirm"}),
    (RECHECKER, "/desk/layouts/bank_bulk", {"act": "confirm"}),
    (TREASURER, f"/rewards/{N}/pay", {}),
    (StaffRole.OPERATOR, "/backoffice/sanctions", {}),
    (ADMIN, "/account/members", {"act": "role"}),
    (OFFICER, "/account/factors", {"act": "begin"}),
]


async def person(role: StaffRole | MemberRole | None, deps: Deps) -> Actor:
    """Make a person of a role who has a second factor."""
    if isinstance(role, StaffRole):
        actor = await make_staff(role)
    else:
        actor = await make_member(await make_organisation(kind=OrganisationKind.UNIVERSITY), role or ADMIN)
    await switch_on_authenticator(actor.user_id, deps)
    return await load_actor(actor.user_id)


def test_the_acts_that_ask_are_those_that_were_settled() -> None:
    to_act = {act for act, asks in ROOMS.fresh.items() if asks is FreshProof.TO_ACT}
    to_read = {act for act, asks in ROOMS.fresh.items() if asks is FreshProof.TO_READ}

    assert to_act == set().union(*SETTLED.values())
    assert to_read == EXPORTS
    assert set(ROOMS.fresh) <= set(ROOMS.permissions)


async def test_each_of_them_waits_for_the_proof_and_goes_on(client: httpx.AsyncClient, deps: Deps) -> None:
    people = {role: await person(role, deps) for role in {role for role, *_rest in POSTS}}

    for role, address, fields in POSTS:
        await sign_in(client, people[role])
        fresh = await post(client, address, fields, follow=False)
        await age_proof(people[role].user_id)
        stale = await post(client, address, fields, follow=False)

        assert ASKED not in fresh.text, address
        assert (stale.status_code, ASKED in stale.text) == (403, True), address


@pytest.mark.parametrize(
    ("role", "address"),
    [
        (ADMIN, "/account/export"),
        (StaffRole.AUDITOR, "/audit-log/export"),
        (ADMIN, "/rewards/FP-2026-000001/payouts.xlsx"),
    ],
)
async def test_an_export_of_personal_data_is_read_after_the_proof(
    client: httpx.AsyncClient, deps: Deps, role: StaffRole | MemberRole, address: str
) -> None:
    actor = await person(role, deps)
    await sign_in(client, actor)
    await age_proof(actor.user_id)

    asked = await client.get(address)
    assert (asked.status_code, asked.headers["location"]) == (303, f"/account/proof?next={address}")
    proved = await post(client, "/account/proof", {"next": address, "proof_code": code()}, follow=False)

    assert (proved.status_code, proved.headers["location"]) == (303, address)
    assert (await client.get(address)).status_code in (200, 404)


async def test_the_act_goes_on_with_what_was_typed_and_with_its_files(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    actor = await person(ADMIN, deps)
    await sign_in(client, actor)
    await age_proof(actor.user_id)
    account = {"bank_name": "龙城合作银行民族支行", "number": "6222000011112222"}
    page = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF"
    files = {"file": ("开户许可证.pdf", page, "application/pdf")}

    asked = await post(client, "/account/payee", account, files=files, follow=False)
    waiting = WAITING.search(asked.text)
    assert waiting, asked.text
    held = await HeldRequest.get()
    assert "龙城".encode() not in bytes(held.body)
    answer = {"proof_of": waiting[1], "proof_code": "000000"}
    wrong = await post(client, "/account/payee", answer, follow=False)
    right = await post(client, "/account/payee", answer | {"proof_code": code()}, follow=False)

    assert (wrong.status_code, waiting[1] in wrong.text) == (422, True)
    assert "验证码不正确" in wrong.text
    assert right.status_code == 303, right.text
    proposed = await PayeeAccount.get(organisation_id=actor.organisation_id)
    assert proposed.bank_name == "龙城合作银行民族支行"
    assert not await HeldRequest.exists()


async def test_what_waits_is_of_no_use_elsewhere_and_only_once(client: httpx.AsyncClient, deps: Deps) -> None:
    actor, other = await person(ADMIN, deps), await person(ADMIN, deps)
    colleague = await make_user()
    await make_membership(colleague.id, await _organisation(actor), MemberRole.AGENT)
    membership = await Membership.get(user_id=colleague.id)
    await sign_in(client, actor)
    await age_proof(actor.user_id)
    change = {"act": "role", "member": str(membership.id), "role": "finance"}
    waiting = WAITING.search((await post(client, "/account/members", change, follow=False)).text)
    assert waiting
    answer = {"proof_of": waiting[1], "proof_code": code()}

    await sign_in(client, other)
    assert (await post(client, "/account/members", answer, follow=False)).status_code == 404
    await Session.filter(user_id=other.user_id).delete()
    client.cookies.delete("session")
    await sign_in(client, actor)
    assert (await post(client, "/account/members", answer, follow=False)).status_code == 404
    assert (await Membership.get(user_id=colleague.id)).role is MemberRole.AGENT


async def test_a_role_is_changed_once_the_proof_is_given(client: httpx.AsyncClient, deps: Deps) -> None:
    actor = await person(ADMIN, deps)
    colleague = await make_user()
    membership = await make_membership(colleague.id, await _organisation(actor), MemberRole.AGENT)
    await sign_in(client, actor)
    await age_proof(actor.user_id)
    change = {"act": "role", "member": str(membership.id), "role": "finance"}
    waiting = WAITING.search((await post(client, "/account/members", change, follow=False)).text)
    assert waiting
    answer = {"proof_of": waiting[1], "proof_code": code()}

    done = await post(client, "/account/members", answer, follow=False)

    assert (done.status_code, done.headers["location"]) == (303, "/account/members")
    assert await Membership.active(user_id=colleague.id, role=MemberRole.FINANCE).exists()
    assert (await post(client, "/account/members", answer, follow=False)).status_code == 404
    again = await post(client, "/account/members", {"act": "invite", "email": "x@example.test"}, follow=False)
    assert ASKED not in again.text


async def test_a_recent_sign_in_is_a_proof_for_ten_minutes(client: httpx.AsyncClient, deps: Deps) -> None:
    actor = await person(ADMIN, deps)
    await sign_in(client, actor)

    await age_proof(actor.user_id, minutes=9)
    assert (await client.get("/account/export")).status_code == 200
    await age_proof(actor.user_id, minutes=11)
    assert (await client.get("/account/export")).status_code == 303


async def test_in_the_demo_nobody_is_asked_who_has_not_switched_a_factor_on(
    client: httpx.AsyncClient,
) -> None:
    actor = await make_member()
    await sign_in(client, actor)
    await age_proof(actor.user_id)

    assert (await client.get("/account/export")).status_code == 200


async def test_outside_the_demo_the_password_of_who_has_no_factor_counts(deps: Deps) -> None:
    deps = replace(deps, settings=replace(deps.settings, is_demo=False))
    transport = httpx.ASGITransport(app=create_app(deps))
    async with httpx.AsyncClient(transport=transport, base_url="http://market.test") as client:
        actor = await make_member(password_hash=await password_hash())
        await sign_in(client, actor)
        await age_proof(actor.user_id)

        asked = await client.get("/account/proof")
        wrong = await post(client, "/account/proof", {"proof_password": "wrong"}, follow=False)
        right = await post(
            client, "/account/proof", {"proof_password": PASSWORD, "next": "//evil.test"}, follow=False
        )

    assert "proof_password" in asked.text
    assert wrong.status_code == 422
    assert (right.status_code, right.headers["location"]) == (303, "/account")


async def test_without_a_session_nothing_of_it_can_be_asked(client: httpx.AsyncClient) -> None:
    answer = await post(
        client, "/account/members", {"proof_of": str(uuid4()), "proof_code": "1"}, follow=False
    )

    assert answer.status_code == 401


async def _organisation(actor: Actor) -> Organisation:
    return await Organisation.get(id=actor.organisation_id)
