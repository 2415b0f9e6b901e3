"""What people and machines type that cannot be: a message at the field, what was typed kept, never a 500."""

from __future__ import annotations

from datetime import timedelta
from html import escape
from typing import Any

import httpx

from market.accounts.actors import Actor
from market.accounts.models import Organisation
from market.budgets.batches import approve_batch
from market.records.by import By
from tests.budgets.factories import order_and_release
from tests.claims.factories import (
    make_accepted,
    make_contract,
    make_desk,
    make_draft,
    make_published,
    make_rechecked,
)
from tests.factories import NOW
from tests.malicious_input import MALICIOUS_INPUT
from tests.visitor import faults_on, post, sign_in

LONG = "长 " + "long" * 25_000
ZERO = "零\x00字节"
HUGE = "9" * 40
BAD_DAY = "2026-13-45"
REJECTED: dict[str, list[dict[str, str]]] = {
    # form: what was typed at once, each of which must be refused at its field
    "/contracts/{contract}/sales": [
        {"year": HUGE, "amount": HUGE, "note": LONG},
        {"year": "²", "amount": "1.1234567", "note": ZERO},
        {"year": "1999", "amount": "-5"},
        {"amount": "NaN"},
    ],
    "/claims/new": [{"programme": "nowhere"}, {"year": HUGE}, {"year": "abc"}, {"contracts": "HT-0000"}],
    "/claims/{draft}/evidence": [
        {"kind": "gold", "number": LONG, "dated_on": BAD_DAY, "amount": "1e5"},
        {"number": ZERO, "amount": HUGE},
    ],
    "/desk/{claim}/supplement": [
        {"reason": LONG, "due_on": BAD_DAY},
        {"reason": ZERO},
        {"due_on": "2026-03-02"},
    ],
    "/desk/{claim}/calculate": [
        {"rate": "abc"},
        {"rate": "101"},
        {"rate": "1.234"},
        {"rate": HUGE},
        {"rate": "60"},
    ],
    "/desk/{claim}/reject": [{"clause": "nothing", "reason": LONG}, {"reason": ""}],
    "/desk/budgets": [{"programme": "nowhere", "year": "x", "amount": "0"}, {"amount": HUGE}],
    "/desk/disbursements/{order}": [
        {"result": "stolen", "ended_on": BAD_DAY, "bank_reference": LONG},
        {"ended_on": "2020-01-01"},
    ],
    "/desk/batches": [{"claims": "BZ-0000"}, {"title": LONG}],
}
GOOD: dict[str, dict[str, Any]] = {
    "/contracts/{contract}/sales": {"year": "2026", "amount": "100", "note": "按发票统计"},
    "/claims/new": {"programme": "guangxi", "year": "2026", "contracts": "{free}"},
    "/claims/{draft}/evidence": {"kind": "invoice", "number": "1", "dated_on": "2026-02-01", "amount": "1"},
    "/desk/{claim}/supplement": {"reason": "缺少发票", "due_on": "2026-03-20"},
    "/desk/{claim}/calculate": {"rate": "30"},
    "/desk/{claim}/reject": {"clause": "kinds", "reason": "不属于购买成果"},
    "/desk/budgets": {"programme": "guangxi", "year": "2025", "amount": "100"},
    "/desk/disbursements/{order}": {"result": "paid", "ended_on": "2026-03-12", "bank_reference": "1"},
    "/desk/batches": {"group": "guangxi:2026", "title": "第一批", "claims": "{rechecked}"},
}
OURS = {"/contracts/{contract}/sales", "/claims/new", "/claims/{draft}/evidence"}
"""Forms of the applicant; the others are the officer's."""


async def scene() -> tuple[Actor, Actor, dict[str, str]]:
    desk = await make_desk()
    applicant, draft = await make_draft()
    batch = await make_published(desk, await make_rechecked(desk))
    later = NOW + timedelta(days=10)
    await approve_batch(batch, by=By(desk.approver, later))
    order = (await order_and_release(batch, desk, at=later)).orders[0]
    contract = (await draft.contracts.all().select_related("contract"))[0].contract
    free = await make_contract(await Organisation.get(id=applicant.organisation_id))
    accepted = await make_accepted(desk)
    rechecked = await make_rechecked(desk)
    return (
        applicant,
        desk.officer,
        {
            "draft": draft.number,
            "contract": contract.number,
            "free": free.number,
            "claim": accepted.number,
            "order": order.number,
            "rechecked": rechecked.number,
        },
    )


async def test_what_cannot_be_is_refused_at_its_field_and_the_rest_is_kept(client: httpx.AsyncClient) -> None:
    applicant, officer, names = await scene()
    for route, rows in REJECTED.items():
        await sign_in(client, applicant if route in OURS else officer)
        good = {key: value.format(**names) for key, value in GOOD[route].items()}
        for typed in rows:
            answer = await post(client, route.format(**names), good | typed)

            at = (route, *typed)
            assert answer.status_code == 422, at
            assert typed.keys() <= faults_on(answer).keys(), at
            for kept, value in good.items():
                if kept not in (*typed, "group", "contracts", "claims"):
                    assert escape(value) in answer.text, (*at, kept)


async def test_nothing_malicious_brings_a_page_down_or_runs(client: httpx.AsyncClient) -> None:
    applicant, officer, names = await scene()
    for route in REJECTED:
        await sign_in(client, applicant if route in OURS else officer)
        for kind, typed in MALICIOUS_INPUT.items():
            answer = await post(client, route.format(**names), dict.fromkeys(GOOD[route], typed))

            assert answer.status_code < 500, (route, kind, answer.status_code)
            assert "<script>alert" not in answer.text, route


async def test_a_file_that_is_not_what_it_says_is_refused(client: httpx.AsyncClient) -> None:
    applicant, draft = await make_draft()
    await sign_in(client, applicant)

    for name, content, words in (
        ("空.pdf", b"", "空的"),
        ("假.pdf", b"<html><script>1</script></html>", "不符"),
        ("图.svg", b"<svg xmlns='x'/>", "只接收"),
        ("程序.exe", b"MZ" + b"\0" * 200, "只接收"),
    ):
        answer = await post(
            client,
            f"/claims/{draft.number}/evidence",
            {"kind": "invoice", "number": "发票 77"},
            files={"file": (name, content, "application/pdf")},
        )

        assert answer.status_code == 422, name
        assert words in answer.text
        assert "发票 77" in answer.text


async def test_the_calculator_says_what_it_did_not_understand(client: httpx.AsyncClient) -> None:
    await make_draft()
    typed: tuple[dict[str, str], ...] = (
        {"amount": ""},
        {"amount": HUGE},
        {"amount": "abc", "region": "999999", "role": "king", "established_on": BAD_DAY},
        {"amount": "1", "kind": MALICIOUS_INPUT["markup"]},
    )

    for query in typed:
        answer = await client.get("/subsidies/calculator", params=query)

        assert answer.status_code == 422
        assert faults_on(answer).keys() == {name for name, value in query.items() if value != "1"}
        assert "<script>alert" not in answer.text


async def test_the_calculator_takes_the_smallest_and_the_largest_amounts(client: httpx.AsyncClient) -> None:
    await make_draft()

    for amount in ("0.01", "999999999", "0.000001"):
        answer = await client.get("/subsidies/calculator", params={"amount": amount, "region": "450100"})

        assert answer.status_code == 200, amount
