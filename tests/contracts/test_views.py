from __future__ import annotations

import re
from datetime import timedelta
from itertools import product
from typing import Any
from uuid import uuid4

import httpx
import pytest

from market.accounts.actors import load_actor
from market.accounts.models import MemberRole, Membership, StaffRole
from market.contracts import remittances
from market.contracts.contract_progress import deals_waiting_for_finance
from market.contracts.models import INSTALMENT, Contract, ContractDraft
from market.contracts.queries import received_amount
from market.deals.models import Deal, Introduction, Side
from market.deals.states import DealStatus
from market.deps import Deps
from market.kit.jobs import run_pending
from market.kit.worklist import Turn
from market.pages.deal_worklist import deals_worklist
from market.payments.line_matching import payment_reference
from market.payments.models import ConnectedAccount, Payment, Remittance
from market.records.by import By
from tests.browser_forms import shown_forms
from tests.contracts.factories import (
    LATER,
    PDF,
    instalments_of,
    make_contract,
    make_draft,
    make_officer,
    make_registered,
    make_remittance,
)
from tests.deals.factories import make_match, make_parties, make_to_sign, move_clock
from tests.factories import make_broker, make_member, make_staff, make_user
from tests.malicious_input import MALICIOUS_INPUT
from tests.visitor import post, sign_in, token

SIGN = {
    "name": "高导电铝合金导线许可",
    "field": "materials",
    "signed_on": "2026-03-21",
    "used_in": "450100",
    "licence_years": "5",
    "exclusions-0-kind": "equipment",
    "exclusions-0-name": "在线淬火装置",
    "exclusions-0-amount": "8",
    "plan-0-condition": "合同生效后 10 日",
    "plan-0-amount": "115",
    "seen": "",
    "act": "sign",
}
SCAN = {"file": ("合同.pdf", PDF, "application/pdf")}


@pytest.fixture(autouse=True)
def later(deps: Deps) -> None:
    move_clock(deps, LATER)


async def test_the_seller_enters_and_the_buyer_confirms_what_was_entered(client: httpx.AsyncClient) -> None:
    parties = await make_parties()
    deal = await make_to_sign(parties)
    await sign_in(client, parties.seller)
    form = await client.get(f"/deals/{deal.number}/sign")
    room = await post(client, f"/deals/{deal.number}/sign", SIGN, files=SCAN)
    draft = await ContractDraft.get()
    await sign_in(client, parties.buyer)
    contract = await client.get(f"/deals/{deal.number}/sign")
    confirmation = await client.get(f"/deals/{deal.number}/sign/confirm?seen={draft.content_hash}")

    page = await post(client, f"/deals/{deal.number}/sign", {"act": "confirm", "seen": draft.content_hash})

    assert "合同生效" in form.text
    assert "待您方办理" not in room.text
    assert "￥1,070,000.00" in contract.text
    assert contract.text.count("btn--act") == 1
    for bound in (
        *("￥1,150,000.00", "壹佰壹拾伍万元整", "￥1,070,000.00", deal.title, "您方"),
        *("合同生效后 10 日", "合同.pdf", "不公开，只计入合计"),
    ):
        assert bound in confirmation.text
    assert confirmation.text.count("btn--act") == 1
    assert page.url.path.startswith("/contracts/HT-2026-")
    for amount in ("￥1,150,000.00", "￥1,070,000.00", "￥0.00"):
        assert amount in page.text
    assert "在线淬火装置" in page.text


async def test_before_it_is_entered_the_contract_is_shown_with_what_it_binds_and_asked_once(
    client: httpx.AsyncClient,
) -> None:
    parties = await make_parties()
    deal = await make_to_sign(parties)
    address = f"/deals/{deal.number}/sign"
    await sign_in(client, parties.seller)

    asked = await post(client, address, SIGN | {"act": ""}, files=SCAN)

    assert asked.status_code == 200
    for bound in ("￥1,150,000.00", "壹佰壹拾伍万元整", "￥1,070,000.00", "合同生效后 10 日", "合同.pdf"):
        assert bound in asked.text
    assert not await ContractDraft.exists()
    sent = dict(next(form for form in shown_forms(asked.text) if form.action == address).pairs)
    back = await post(client, address, sent | {"act": "edit"})
    assert (back.status_code, "已上传：合同.pdf" in back.text, "在线淬火装置" in back.text) == (
        200,
        True,
        True,
    )
    await sign_in(client, parties.buyer)
    of_another = await post(client, address, sent | {"act": "sign"})
    assert (of_another.status_code, await ContractDraft.exists()) == (422, False)
    await sign_in(client, parties.seller)
    await post(client, address, sent | {"act": "sign"})
    draft = await ContractDraft.get().select_related("file")
    assert (draft.side, draft.file.name) == (Side.SELLER, "合同.pdf")
    entered = await client.get(address)
    changed = await post(client, address, sent | {"draft_hash": draft.content_hash, "act": "edit"})
    unfolded = re.compile(r"<details open>\s*<summary>内容有出入")
    assert (unfolded.search(entered.text), bool(unfolded.search(changed.text))) == (None, True)


async def test_the_page_of_the_signature_tells_the_brokers_commission(client: httpx.AsyncClient) -> None:
    parties, broker = await make_parties(), await make_broker()
    deal, _draft = await make_draft(parties)
    match = await make_match(parties, broker)
    await Deal.filter(id=deal.id).update(broker_id=broker.user_id)
    await Introduction.create(
        id=uuid4(),
        match_id=match.id,
        deal_id=deal.id,
        broker_id=broker.user_id,
        commission_basis_points=300,
        payer=Side.BUYER,
        introduced_at=LATER,
    )
    await sign_in(client, parties.buyer)

    page = " ".join((await client.get(f"/deals/{deal.number}/sign/confirm")).text.split())
    await sign_in(client, parties.seller)
    own = await client.get(f"/deals/{deal.number}/sign/confirm", follow_redirects=False)

    assert "￥34,500.00" in page
    assert "由受让方承担（您方）" in page
    assert (own.status_code, own.headers["location"]) == (303, f"/deals/{deal.number}/sign")


async def test_a_contract_that_changed_meanwhile_is_not_confirmed(client: httpx.AsyncClient) -> None:
    parties = await make_parties()
    deal, _draft = await make_draft(parties)
    await sign_in(client, parties.buyer)
    stale = await client.get(f"/deals/{deal.number}/sign/confirm?seen={'0' * 64}", follow_redirects=True)
    assert "合同内容已变更" in stale.text
    assert "核对无误，去签署" in stale.text

    page = await post(client, f"/deals/{deal.number}/sign", {"act": "confirm", "seen": "0" * 64})

    assert page.status_code == 409
    assert not await Contract.exists()


WRONG_CONTRACTS: tuple[tuple[dict[str, str], Any, str], ...] = (
    ({"name": ""}, SCAN, "请填项目名称"),
    ({"field": "magic"}, SCAN, "请从列表中选择"),
    ({"signed_on": "2026-02-31"}, SCAN, "填日期"),
    ({"signed_on": "2027-01-01"}, SCAN, "不能晚于今天"),
    ({"plan-0-amount": "114"}, SCAN, "应等于约定的"),
    ({"plan-0-condition": ""}, SCAN, "每一期都要填条件和金额"),
    ({"exclusions-0-amount": "200"}, SCAN, "应小于成交额"),
    ({"exclusions-0-name": ""}, SCAN, "都要写明类别"),
    ({}, None, "请选择文件"),
    ({}, {"file": ("a.pdf", b"", "application/pdf")}, "空的"),
    ({}, {"file": ("a.pdf", b"<html>", "application/pdf")}, "内容与扩展名不符"),
    ({}, {"file": ("a.svg", b"<svg/>", "image/svg+xml")}, "只接收"),
    ({}, {"file": ("a.exe", b"MZ", "application/pdf")}, "只接收"),
)


async def test_a_wrong_contract_comes_back_with_what_was_typed(client: httpx.AsyncClient) -> None:
    parties = await make_parties()
    deal = await make_to_sign(parties)
    await sign_in(client, parties.seller)

    for changes, files, message in WRONG_CONTRACTS:
        page = await post(client, f"/deals/{deal.number}/sign", SIGN | changes, files=files)

        assert (page.status_code, message in page.text) == (422, True), message
        assert "在线淬火装置" in page.text or "exclusions-0-name" in changes
    assert not await ContractDraft.exists()


async def test_the_seller_notes_the_registration(client: httpx.AsyncClient) -> None:
    parties = await make_parties()
    contract = await make_contract(parties)
    await sign_in(client, parties.seller)
    shown = await client.get(f"/contracts/{contract.number}")

    page = await post(
        client,
        f"/contracts/{contract.number}/register",
        {
            "registration_number": "4526 0103 0000 0117",
            "registered_on": "2026-03-21",
            "registry": "南宁登记站",
        },
        files={"file": ("证明.pdf", PDF, "application/pdf")},
    )

    assert "填写登记编号" in shown.text
    assert "4526010300000117" in page.text
    assert "证明.pdf" in page.text
    assert (await Deal.get(id=contract.deal_id)).status is DealStatus.REGISTERED


WRONG_REGISTRATIONS = (
    ("registration_number", "123", "16 位数字"),
    ("registration_number", "abcdefghijklmnop", "16 位数字"),
    ("registered_on", "", "请填登记日期"),
    ("registered_on", "2099-01-01", "不晚于今天"),
    ("registry", "", "请填登记机构"),
)


async def test_a_wrong_registration_comes_back(client: httpx.AsyncClient) -> None:
    parties = await make_parties()
    contract = await make_contract(parties)
    await sign_in(client, parties.seller)
    data = {"registration_number": "4526010300000117", "registered_on": "2026-03-21", "registry": "登记站"}

    for field, value, message in WRONG_REGISTRATIONS:
        page = await post(client, f"/contracts/{contract.number}/register", data | {field: value})

        assert (page.status_code, message in page.text) == (422, True), (field, value)


REMIT = {
    "amount": "805000.00",
    "received_on": "2026-03-21",
    "bank_reference": "2026032100123",
    "invoice_number": "26452000000012345678",
    "invoice_amount": "805000.00",
}
VOUCHER = {"file": ("回单.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 40, "image/png")}


async def test_a_transfer_is_recorded_by_one_and_confirmed_by_another_in_the_browser(
    client: httpx.AsyncClient,
) -> None:
    parties = await make_parties()
    contract = await make_registered(parties)
    first, _second = await instalments_of(contract)
    await sign_in(client, parties.seller)
    form = await client.get(f"/instalments/{first.id}/remit")
    recorded = await post(client, f"/instalments/{first.id}/remit", REMIT, files=VOUCHER)
    remittance = await Remittance.get()
    await sign_in(client, parties.seller_finance)
    waiting = await client.get("/deals?todo=confirm")
    shown = await client.get(f"/contracts/{contract.number}")

    asked = await client.get(f"/remittances/{remittance.id}/confirm")
    page = await post(client, f"/remittances/{remittance.id}/confirm")
    after = await client.get(f"/remittances/{remittance.id}/confirm")

    assert "确认已到账 ￥805,000.00" in asked.text
    assert "回单.png" in asked.text
    assert after.status_code == 303, "nothing is left to confirm"
    assert payment_reference(contract.number, 1) in form.text
    assert "已登记，待确认" in recorded.text
    assert "确认到账" not in recorded.text
    deal = await Deal.get(id=contract.deal_id)
    assert deal.number in waiting.text
    assert shown.text.count("btn--act") == 1
    assert "￥805,000.00" in page.text
    assert "26452000000012345678" in page.text
    assert "回单.png" in page.text


async def test_who_recorded_sees_no_button_and_is_refused(client: httpx.AsyncClient) -> None:
    parties = await make_parties()
    contract = await make_registered(parties)
    first, _second = await instalments_of(contract)
    remittance = await make_remittance(parties, first, 100_00, by=By(parties.seller_finance, LATER))
    await sign_in(client, parties.seller_finance)
    shown = await client.get(f"/contracts/{contract.number}")

    page = await post(client, f"/remittances/{remittance.id}/confirm")

    assert "需要财务确认，本单位还没有别人有这个身份" in shown.text
    assert page.status_code == 403
    assert await received_amount(contract.id) == 0


async def test_a_transfer_that_does_not_fit_goes_back_with_a_reason(client: httpx.AsyncClient) -> None:
    parties = await make_parties()
    contract = await make_registered(parties)
    first, _second = await instalments_of(contract)
    remittance = await make_remittance(parties, first, 100_00)
    await sign_in(client, parties.seller_finance)

    empty = await post(client, f"/remittances/{remittance.id}/reject", {"reason": " "})
    page = await post(client, f"/remittances/{remittance.id}/reject", {"reason": "回单金额不符"})

    assert empty.status_code == 422
    assert "回单金额不符" in page.text


WRONG_TRANSFERS: tuple[tuple[dict[str, str], Any, str], ...] = (
    ({"amount": ""}, VOUCHER, "请填到账金额"),
    ({"amount": "0"}, VOUCHER, "大于零"),
    ({"amount": "805000.001"}, VOUCHER, "最细到分"),
    ({"amount": "805000.01"}, VOUCHER, "还可登记"),
    ({"received_on": "2026-03-22"}, VOUCHER, "不能晚于今天"),
    ({"received_on": "x"}, VOUCHER, "填日期"),
    ({"invoice_amount": ""}, VOUCHER, "一起填写"),
    ({}, None, "请选择文件"),
    ({}, {"file": ("回单.png", b"GIF89a", "image/png")}, "内容与扩展名不符"),
)


async def test_a_wrong_transfer_comes_back_with_what_was_typed(client: httpx.AsyncClient) -> None:
    parties = await make_parties()
    contract = await make_registered(parties)
    first, _second = await instalments_of(contract)
    await sign_in(client, parties.seller)

    for changes, files, message in WRONG_TRANSFERS:
        page = await post(client, f"/instalments/{first.id}/remit", REMIT | changes, files=files)

        assert (page.status_code, message in page.text) == (422, True), message
        assert "2026032100123" in page.text
    assert not await Remittance.exists()


async def test_an_invoice_is_used_once(client: httpx.AsyncClient) -> None:
    parties = await make_parties()
    contract = await make_registered(parties)
    first, second = await instalments_of(contract)
    await sign_in(client, parties.seller)
    await post(client, f"/instalments/{first.id}/remit", REMIT, files=VOUCHER)

    page = await post(
        client,
        f"/instalments/{second.id}/remit",
        REMIT | {"amount": "100", "bank_reference": "x"},
        files=VOUCHER,
    )

    assert page.status_code == 422
    assert "发票号码已经登记过" in page.text


async def test_the_buyer_pays_an_instalment_online_and_sees_it_arrive(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    parties = await make_parties()
    contract = await make_registered(parties)
    _first, second = await instalments_of(contract)
    await sign_in(client, parties.seller_finance)
    opened = await post(client, "/account/payouts", follow=False)
    assert opened.status_code == 303
    await client.post(opened.headers["location"], data={"csrf_token": await token(client, "/help")})
    await run_pending(deps)
    account = await ConnectedAccount.get()
    assert account.charges_enabled
    assert "已开通" in (await client.get("/account/payouts")).text

    await sign_in(client, parties.buyer)
    shown = await client.get(f"/contracts/{contract.number}")
    assert "在线支付" in shown.text
    gone = await post(client, f"/instalments/{second.id}/pay", follow=False)
    assert gone.status_code == 303
    back = await post(client, gone.headers["location"], {"act": "pay"}, follow=False)
    payment = await Payment.get()
    assert back.headers["location"] == f"/payments/{payment.id}/return"
    waiting = await client.get(back.headers["location"])
    await run_pending(deps)
    done = await client.get(back.headers["location"])

    assert "还没有通知结果" in waiting.text or "付款成功" in waiting.text
    assert "付款成功" in done.text
    assert await received_amount(contract.id) == second.amount
    page = await client.get(f"/contracts/{contract.number}")
    assert "支付记录" in page.text


async def test_looking_at_the_return_page_decides_nothing(client: httpx.AsyncClient, deps: Deps) -> None:
    parties = await make_parties()
    contract = await make_registered(parties)
    _first, second = await instalments_of(contract)
    payment = await Payment.create(
        id=uuid4(),
        payable_kind=INSTALMENT,
        payable_id=second.id,
        status="pending",
        amount=second.amount,
        connected_account="acct_1",
        created_at=LATER,
    )
    await sign_in(client, parties.buyer)

    page = await client.get(f"/payments/{payment.id}/return?paid=yes")

    assert "还没有通知结果" in page.text
    assert await received_amount(contract.id) == 0


ROUTES = [
    ("GET", "/instalments/{instalment}/remit", {"seller", "finance", "buyer"}),
    ("POST", "/instalments/{instalment}/remit", {"seller", "finance", "buyer"}),
    ("POST", "/instalments/{instalment}/pay", {"buyer"}),
    ("POST", "/remittances/{remittance}/confirm", {"finance"}),
    ("POST", "/remittances/{remittance}/reject", {"finance"}),
    ("GET", "/contracts/{contract}", {"seller", "finance", "buyer", "broker", "auditor", "officer"}),
    ("GET", "/files/{file}", {"seller", "finance", "buyer", "broker", "auditor", "officer"}),
]
"""Beside those of tests/rewards/test_permissions.py."""


async def test_only_those_of_the_contract_reach_its_pages(client: httpx.AsyncClient) -> None:
    parties, broker = await make_parties(), await make_broker()
    contract = await make_contract(parties)
    deal = await Deal.get(id=contract.deal_id)
    await Deal.filter(id=deal.id).update(broker_id=broker.user_id)
    first, _second = await instalments_of(contract)
    remittance = await make_remittance(parties, first, 100_00)
    former = await make_member(parties.enterprise, MemberRole.AGENT)
    await Membership.filter(user_id=former.user_id).update(ended_at=LATER)
    records = {
        "contract": contract.number,
        "instalment": first.id,
        "remittance": remittance.id,
        "file": remittance.voucher_id,
    }
    people = {
        "seller": parties.seller,
        "finance": parties.seller_finance,
        "buyer": parties.buyer,
        "broker": broker,
        "auditor": await make_staff(StaffRole.AUDITOR),
        "officer": await make_officer(contract),
        "person": await load_actor((await make_user()).id),
        "stranger": await make_member(),
        "foreign finance": await make_member(role=MemberRole.FINANCE),
        "former": former,
    }

    for (name, actor), (method, path, allowed) in product(people.items(), ROUTES):
        await sign_in(client, actor)
        address = path.format(**records)
        answer = await client.get(address) if method == "GET" else await post(client, address, follow=False)
        if name in allowed:
            # The file of this test lies in no store: whoever may open it is told so.
            assert answer.status_code in (200, 303, 409, 422) or "取不到" in answer.text, (name, path)
        else:
            assert answer.status_code in (403, 404), (name, path, answer.status_code)
            assert "取不到" not in answer.text
        if name == "stranger" and "remittances" not in path:
            assert answer.status_code == 404


async def test_nothing_typed_breaks_a_form(client: httpx.AsyncClient) -> None:
    parties = await make_parties()
    deal = await make_to_sign(parties)
    others = await make_parties()
    contract = await make_contract(others)
    first, _second = await instalments_of(contract)
    forms = [
        (parties.seller, f"/deals/{deal.number}/sign", [*SIGN, "act"]),
        (
            others.seller,
            f"/contracts/{contract.number}/register",
            ["registration_number", "registered_on", "registry"],
        ),
        (others.seller, f"/instalments/{first.id}/remit", list(REMIT)),
    ]

    for (actor, address, fields), (kind, typed) in product(forms, MALICIOUS_INPUT.items()):
        await sign_in(client, actor)
        answer = await post(client, address, dict.fromkeys(fields, typed), follow=False)
        assert answer.status_code in (409, 422), (address, kind, answer.status_code)


async def test_the_finance_person_is_shown_what_waits(client: httpx.AsyncClient) -> None:
    parties = await make_parties()
    contract = await make_registered(parties)
    first, _second = await instalments_of(contract)
    await make_remittance(parties, first, 100_00)

    for person, turn in ((parties.seller_finance, Turn.MINE), (parties.seller, Turn.COLLEAGUE)):
        todos = (await deals_worklist(person, LATER)).todos
        assert [(todo.kind, todo.number, todo.turn) for todo in todos] == [
            ("deals.confirm_receipt", contract.number, turn)
        ]
    assert await deals_waiting_for_finance(parties.seller_finance) == {contract.deal_id}
    assert await deals_waiting_for_finance(await make_member(role=MemberRole.FINANCE)) == set()


async def test_a_late_instalment_is_marked(client: httpx.AsyncClient, deps: Deps) -> None:
    parties = await make_parties()
    contract = await make_registered(parties)
    move_clock(deps, LATER + timedelta(days=30))
    await sign_in(client, parties.buyer)

    page = await client.get(f"/contracts/{contract.number}")
    room = await client.get(f"/deals/{(await Deal.get(id=contract.deal_id)).number}")

    for shown in (page, room):
        assert re.search(r'class="mark mark--wrong"\s*>已逾期<', shown.text)
    assert len(re.findall("btn--act", page.text)) == 1


async def test_the_room_of_a_completed_deal_leads_to_the_subsidy(client: httpx.AsyncClient) -> None:
    parties = await make_parties()
    contract = await make_registered(parties)
    for instalment in await instalments_of(contract):
        remittance = await make_remittance(parties, instalment, instalment.amount)
        await remittances.confirm_remittance(remittance.id, by=By(parties.seller_finance, LATER))
    deal = await Deal.get(id=contract.deal_id)
    await sign_in(client, parties.buyer)

    page = await client.get(f"/deals/{deal.number}")

    assert "交易已完成" in page.text
    assert f"/contracts/{contract.number}" in page.text
