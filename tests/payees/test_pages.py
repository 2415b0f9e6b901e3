"""Pages of accounts: the organisation's own, the desk's, and the red marks on claim, list and order."""

from __future__ import annotations

import httpx

from market.accounts.actors import Actor
from market.accounts.models import MemberRole, StaffRole
from market.budgets.batches import approve_batch
from market.claims.models import Claim
from market.files.models import StoredFile
from market.payees.models import PayeeAccount
from market.payees.queries import account_in_force
from market.records.by import By
from tests.budgets.factories import order_and_release
from tests.claims.factories import LATER, make_desk, make_published, make_rechecked
from tests.claims.payees import change_account, make_unpayable, propose
from tests.claims.test_pages import PDF
from tests.factories import make_broker, make_member, make_organisation, make_staff
from tests.visitor import post, sign_in

PROOF = {"file": ("开户许可证.pdf", PDF, "application/pdf")}
ACCOUNT = {"bank_name": "邕州商业银行城南支行", "number": "6222 0000 1111 2222"}
STOPPED = "收款账户已变更，停止拨付"


async def test_an_account_is_entered_by_one_person_and_confirmed_by_another_in_the_browser(
    client: httpx.AsyncClient,
) -> None:
    organisation = await make_organisation()
    owner, colleague = await make_member(organisation), await make_member(organisation, MemberRole.AGENT)
    await sign_in(client, owner)
    bare = await post(client, "/account/payee", ACCOUNT | {"number": "12"}, files=PROOF)
    unproven = await post(client, "/account/payee", ACCOUNT)
    assert (bare.status_code, unproven.status_code) == (422, 422)
    assert "8 到 30 位数字" in bare.text
    assert "请选择文件" in unproven.text

    page = await post(client, "/account/payee", ACCOUNT, files=PROOF)
    assert "请本单位另一人登录确认" in page.text
    account = await PayeeAccount.get(organisation_id=organisation.id)
    decision = {"act": "confirm", "account": str(account.id)}
    assert (await post(client, "/account/payee", decision)).status_code == 403

    await sign_in(client, colleague)
    page = await client.get("/account/payee")
    assert "核对无误，确认" in page.text
    assert "登记收款账户" not in page.text
    page = await post(client, "/account/payee", decision)
    assert "从现在起生效" in page.text
    assert "6222000011112222" in page.text
    assert (await post(client, "/account/payee", ACCOUNT, files=PROOF)).status_code == 403
    assert await account_in_force(organisation.id)


async def test_the_profile_of_an_organisation_has_no_account_to_change(client: httpx.AsyncClient) -> None:
    organisation = await make_organisation()
    await sign_in(client, await make_member(organisation))

    page = await client.get("/account/organisation")
    await post(
        client,
        "/account/organisation",
        {
            "revision": "1",
            "contact_name": "韦",
            "contact_phone": "0771-5550000",
            "bank_name": "某某银行",
            "bank_account": "6222029999999999999",
        },
    )

    assert "bank_account" not in page.text
    assert not await PayeeAccount.exists(organisation_id=organisation.id)


async def test_officer_and_rechecker_compare_the_proof_of_an_organisation_of_one(
    client: httpx.AsyncClient,
) -> None:
    owner = await make_member()
    await sign_in(client, owner)
    assert "由主管部门比对证明" in (await post(client, "/account/payee", ACCOUNT, files=PROOF)).text
    account = await PayeeAccount.get(organisation_id=owner.organisation_id)
    officer, rechecker = await make_staff(StaffRole.OFFICER), await make_staff(StaffRole.RECHECKER)
    address = f"/payees/{account.id}"

    await sign_in(client, officer)
    assert "待比对收款账户" in (await client.get("/dashboard")).text
    assert address in (await client.get("/payees")).text
    assert "6222000011112222" in (await client.get(address)).text
    assert (await client.get(f"/files/{account.proof_id}")).status_code == 200
    assert "请复核人确认" in (await post(client, address, {"act": "compare", "note": "一致"})).text
    assert (await post(client, address, {"act": "confirm"})).status_code == 403
    await sign_in(client, rechecker)
    assert "已比对，待确认" in (await client.get("/payees")).text
    assert "从现在起生效" in (await post(client, address, {"act": "confirm"})).text

    assert owner.organisation_id
    assert await account_in_force(owner.organisation_id)


async def test_a_changed_account_is_red_on_claim_list_and_order_until_the_approver_agrees(
    client: httpx.AsyncClient,
) -> None:
    desk = await make_desk()
    claim = await make_rechecked(desk)
    batch = await make_published(desk, claim)
    await approve_batch(batch, by=By(desk.approver, LATER))
    (order,) = (await order_and_release(batch, desk)).orders
    await sign_in(client, desk.rechecker)
    pages = (f"/desk/{claim.number}", f"/desk/batches/{batch}", f"/desk/disbursements/{order.number}")
    assert not [page for page in pages if STOPPED in (await client.get(page)).text]

    account = await change_account(claim)

    on_claim, on_list, on_order = [(await client.get(page)).text for page in pages]
    assert STOPPED in on_claim
    assert on_list.count(STOPPED) == 2
    assert "停止付款" in on_order
    assert account.number in on_claim
    assert "提请批准新账户" in on_claim
    refused = await post(client, f"/desk/{claim.number}/payee", {"act": "propose"})
    assert refused.status_code == 409


async def test_rechecker_and_approver_change_the_account_of_a_claim_in_the_browser(
    client: httpx.AsyncClient,
) -> None:
    desk = await make_desk()
    claim = await make_rechecked(desk)
    account = await change_account(claim)
    address = f"/desk/{claim.number}/payee"

    await sign_in(client, desk.officer)
    assert (await post(client, address, {"act": "propose"})).status_code == 403
    await sign_in(client, desk.rechecker)
    await post(client, address, {"act": "propose"})
    assert (await post(client, address, {"act": "confirm"})).status_code == 403
    await sign_in(client, desk.approver)
    assert "批准新账户" in (await client.get(f"/desk/{claim.number}")).text
    assert (await post(client, address, {"act": "reject"})).status_code == 422
    page = await post(client, address, {"act": "confirm"})

    assert "已改为拨付到新账户" in page.text
    assert (await Claim.get(id=claim.id)).payee_id == account.id


async def test_an_applicant_without_an_account_reads_what_to_do_when_it_submits(
    client: httpx.AsyncClient,
) -> None:
    owner, claim = await make_unpayable()
    await sign_in(client, owner)

    page = await post(client, f"/claims/{claim.number}/submit", {"declaration": "y", "is_incomplete": "y"})

    assert page.status_code == 422
    assert "请先在“收款账户”登记本单位的账户并附证明" in page.text
    assert 'href="/account/payee"' in page.text


async def test_accounts_and_proofs_open_for_their_organisation_and_the_desk_alone(
    client: httpx.AsyncClient,
) -> None:
    owner = await make_member(await make_organisation())
    account = await propose(owner)
    assert await StoredFile.exists(id=account.proof_id)
    expected: tuple[tuple[Actor | None, int, int, int], ...] = (
        # own page, at the desk, the proof
        (owner, 200, 403, 200),
        (await make_member(), 200, 403, 404),
        (await make_broker(), 403, 403, 404),
        (await make_staff(StaffRole.OFFICER), 403, 200, 200),
        (await make_staff(StaffRole.AUDITOR), 403, 200, 200),
        (None, 303, 303, 404),
    )

    for person, own, at_desk, proof in expected:
        await sign_in(client, person)
        assert (await client.get("/account/payee")).status_code == own
        assert (await client.get(f"/payees/{account.id}")).status_code == at_desk
        if proof == 404:
            assert (await client.get(f"/files/{account.proof_id}")).status_code == 404
