from __future__ import annotations

import csv
import io
from dataclasses import replace
from uuid import UUID

import httpx
import pytest

from market.accounts.models import MemberRole, StaffRole
from market.app import create_app
from market.contracts import bank_statements, refunds
from market.contracts.queries import received_amount
from market.contracts.statement_imports import import_statement
from market.deps import Deps
from market.kit.jobs import run_pending
from market.payments.models import Refund
from market.payments.statement_models import BankLine, BankStatement, LinePart
from market.payments.states import LineStatus, RefundStatus
from market.records.by import By
from tests.contracts.bank_statements import kept, lines_of, take_over
from tests.contracts.factories import LATER, TODAY, make_officer
from tests.contracts.online_payments import PayableContract, make_payable_contract
from tests.deals.factories import make_parties, move_clock
from tests.factories import make_member, make_staff
from tests.kit.books import row_of, xlsx
from tests.kit.xls import Table, container, xls
from tests.payments.bank_statement_files import Row, boc, icbc
from tests.visitor import post, sign_in


@pytest.fixture(autouse=True)
def later(deps: Deps) -> None:
    move_clock(deps, LATER)


def statement_of(payable: PayableContract, *rows: Row) -> dict[str, tuple[str, bytes, str]]:
    return {"file": ("流水.csv", boc(*rows), "text/csv")}


async def test_a_statement_goes_from_the_file_to_the_receipt_in_the_browser(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    payable = await make_payable_contract()
    await sign_in(client, payable.parties.seller)
    wrong = await post(client, "/bank/statements", files={"file": ("a.csv", b"a,b\n1,2\n", "text/csv")})
    rows = (Row("805,000.00", f"{payable.contract.number}-1"), Row("5.00", "房租", payer="租户"))
    imported = await post(client, "/bank/statements", files=statement_of(payable, *rows))
    await run_pending(replace(deps, gateway=payable.gateway))
    again = await post(client, "/bank/statements", files=statement_of(payable, *rows))
    [statement] = await BankStatement.all()
    matched, other = await BankLine.all().order_by("row")
    candidates = await client.get(f"/bank/lines/{other.id}")
    aside = await post(client, f"/bank/lines/{other.id}/act", {"act": "set_aside", "note": "房租"})
    await sign_in(client, payable.parties.seller_finance)
    listed = await client.get(f"/bank/statements/{statement.id}")
    refused = await post(client, f"/bank/statements/{statement.id}/confirm", {"line": str(matched.id)})
    await post(client, f"/bank/statements/{statement.id}/account")
    done = await post(client, f"/bank/statements/{statement.id}/confirm", {"line": str(matched.id)})

    assert "这个文件的各列是什么" in wrong.text
    assert "请先在流水页确认" in refused.text
    assert "正在匹配" in imported.text
    assert "没有变化" in again.text
    assert "付的是哪一期" in candidates.text
    assert "与合同无关" in aside.text
    assert payable.contract.number in listed.text
    assert "已确认 1 笔到账" in done.text
    assert await received_amount(payable.contract.id) == 80_500_000
    assert (await BankLine.get(id=other.id)).status is LineStatus.SET_ASIDE


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("流水.xlsx", xlsx("<row>"), "打不开"),
        ("流水.xlsx", xlsx(row_of(1, "x"))[:-30] + bytes(30), "内容与扩展名不符"),
        ("流水.xls", container(b"\x09\x08" + bytes(900)), "打不开"),
    ],
)
async def test_a_workbook_that_cannot_be_read_is_refused_in_words_on_the_page(
    client: httpx.AsyncClient, name: str, content: bytes, words: str
) -> None:
    await sign_in(client, (await make_payable_contract()).parties.seller)

    page = await post(client, "/bank/statements", files={"file": (name, content, "application/octet-stream")})

    assert (page.status_code, words in page.text) == (422, True)


async def test_the_statement_of_an_old_excel_is_imported_on_the_page(client: httpx.AsyncClient) -> None:
    payable = await make_payable_contract()
    await sign_in(client, payable.parties.seller)
    lines = list(csv.reader(io.StringIO(icbc(Row("5.00"), Row("6.00")).decode("gb18030"))))

    page = await post(
        client,
        "/bank/statements",
        files={"file": ("流水.xls", xls(Table(lines)), "application/vnd.ms-excel")},
    )

    assert "共 2 行" in page.text
    assert await BankLine.all().count() == 2


async def test_the_sellers_finance_sends_an_online_payment_back_in_the_browser(deps: Deps) -> None:
    payable = await make_payable_contract()
    payment = await payable.pay()
    with_gateway = replace(deps, gateway=payable.gateway)
    transport = httpx.ASGITransport(app=create_app(with_gateway))
    async with httpx.AsyncClient(transport=transport, base_url="http://market.test") as client:
        await sign_in(client, payable.parties.seller_finance)
        form = await client.get(f"/payments/{payment.id}/refund")
        wrong = await post(
            client, f"/payments/{payment.id}/refund", {"amount": "805000.01", "reason": "多收"}
        )
        page = await post(client, f"/payments/{payment.id}/refund", {"amount": "5.00", "reason": "多收"})
        await run_pending(with_gateway)
        done = await client.get(f"/contracts/{payable.contract.number}/money")

    assert "最多可退" in form.text
    assert (wrong.status_code, "最多还可退" in wrong.text) == (422, True)
    assert "准备退款" in page.text
    assert "已退款" in done.text
    assert (await Refund.get()).amount == 500
    assert await received_amount(payable.contract.id) == 80_500_000 - 500


ROUTES = [
    ("GET", "/bank/statements", {"seller", "finance", "auditor"}),
    ("GET", "/bank/statements/{statement}", {"seller", "finance", "auditor"}),
    ("POST", "/bank/statements/{statement}/account", {"seller", "finance"}),
    ("GET", "/bank/statements/drafts/{draft}", {"seller", "finance"}),
    ("POST", "/bank/statements/drafts/{draft}", {"seller", "finance"}),
    ("POST", "/bank/statements/{statement}/confirm", {"finance"}),
    ("GET", "/bank/lines/{line}", {"seller", "finance", "auditor"}),
    ("POST", "/bank/lines/{line}/act", {"seller", "finance"}),
    ("GET", "/bank/lines/{line}/return", {"finance"}),
    ("GET", "/payments/{payment}/refund", {"finance"}),
    ("POST", "/payments/{payment}/refund", {"finance"}),
    ("GET", "/remittances/{remittance}/refund", {"finance"}),
    ("POST", "/refunds/{refund}/confirm", {"finance"}),
    ("POST", "/refunds/{refund}/reject", {"finance"}),
    ("GET", "/contracts/{contract}/money", {"seller", "finance", "buyer", "auditor", "officer"}),
]


async def test_only_those_of_the_seller_reach_its_money(client: httpx.AsyncClient, deps: Deps) -> None:
    payable = await make_payable_contract()
    payment = await payable.pay()
    statement = await take_over(
        payable.parties, Row("345,000.00", f"{payable.contract.number}-2"), Row("1.00")
    )
    line, other = await lines_of(statement)
    await bank_statements.confirm_line(line.id, by=By(payable.parties.seller_finance, LATER))
    remittance = (await LinePart.get(line_id=line.id)).remittance_id
    refund = await payable.refund(payment, 5)
    unknown = b"a,b\n1,2\n"
    await deps.store.put(unknown)
    draft, _is_new = await import_statement(kept(unknown), by=By(payable.parties.seller, LATER))
    ids: dict[str, UUID | str | None] = {
        "draft": draft.id,
        "statement": statement.id,
        "line": other.id,
        "payment": payment.id,
        "remittance": remittance,
        "refund": refund.id,
        "contract": payable.contract.number,
    }
    people = {
        "seller": payable.parties.seller,
        "finance": payable.parties.seller_finance,
        "buyer": payable.parties.buyer,
        "auditor": await make_staff(StaffRole.AUDITOR),
        "officer": await make_officer(payable.contract),
        "stranger": await make_member(role=MemberRole.FINANCE),
        "guest": None,
    }

    for name, actor in people.items():
        await sign_in(client, actor)
        for method, path, allowed in ROUTES:
            address = path.format(**ids)
            if method == "GET":
                answer = await client.get(address)
            else:
                answer = await post(client, address, follow=False)
            if name in allowed or (name in ("stranger", "buyer") and path == "/bank/statements"):
                assert answer.status_code in (200, 303, 409, 422), (name, path, answer.status_code)
            elif name == "guest":
                assert answer.status_code in (302, 303, 401, 403), (name, path, answer.status_code)
            else:
                assert answer.status_code in (403, 404), (name, path, answer.status_code)


async def test_a_refund_that_did_not_leave_is_rejected_with_a_reason(client: httpx.AsyncClient) -> None:
    parties = await make_parties()
    [line] = await lines_of(await take_over(parties, Row("8.00", "货款", payer="某厂")))
    refund = await refunds.record_refund(
        line,
        800,
        "付错单位",
        refunded_on=TODAY,
        bank_reference="",
        blob=None,
        by=By(parties.seller_finance, LATER),
    )
    other = await make_member(parties.university, role=MemberRole.FINANCE)
    await sign_in(client, other)
    address = f"/refunds/{refund.id}/reject"

    missing = await post(client, address, {"reason": ""})
    done = await post(client, address, {"reason": "网银没有付出"})

    assert (missing.status_code, "请写明哪里不符" in missing.text) == (422, True)
    assert "付错单位" in missing.text
    assert "这笔退款不算数" in done.text
    rejected = await Refund.get(id=refund.id)
    assert (rejected.status, rejected.reason) == (RefundStatus.REJECTED, "网银没有付出")
