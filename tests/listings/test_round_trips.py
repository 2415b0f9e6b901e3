"""Opening a listing and saving it changes nothing; a price that is typed is kept or asked about."""

from __future__ import annotations

from datetime import date
from typing import Any

import httpx
import pytest
from starlette.datastructures import FormData

from market.accounts.models import MemberRole, OrganisationKind
from market.listings.forms import OutcomeForm, need_data, outcome_data
from market.listings.models import Need, Outcome, PriceKind
from market.listings.states import NeedStatus, OutcomeStatus
from tests.browser_forms import shown_forms
from tests.factories import make_member, make_need, make_organisation, make_outcome
from tests.listings.forms import outcome_form
from tests.visitor import post, sign_in

RIGHTS = [
    {
        "kind": "invention",
        "number": "201810861934.2",
        "name": "一种导线",
        "status": "granted",
        "holder": "某大学",
        "expires_on": "2038-07-31",
        "pledged": "no",
        "open_licence": "yes",
    },
    {"kind": "software", "number": "2023SR0000001", "name": "控制软件", "expires_on": ""},
]
LONG = "第一段。\n\n　　第二段，<b>不是</b>标签 & “引号”。\n" + "长" * 3000
OUTCOME: dict[str, Any] = {
    "rights": RIGHTS,
    "comparison": [
        {"indicator": "掺量", "current": "0", "ours": "58 %", "change": "+58", "evidence": "报告"}
    ],
    "team": [{"name": f"成员{n}", "title": "教授", "direction": "铝合金"} for n in range(30)],
    "solution": LONG,
    "region": "330106",
    "keywords": ["铝合金", "1,3-丙二醇", "字" * 60],
    "is_exclusive_possible": False,
    "is_publicly_funded": True,
    "title_en": "Al alloy",
}
NEED: dict[str, Any] = {
    "targets": [{"indicator": "强度", "present": "0", "target": "≥ 20 MPa"}],
    "description": LONG,
    "trl_min": 7,
    "deadline_on": date(2026, 12, 31),
    "is_masked": True,
    "budget_min_amount": 1_00,
    "budget_max_amount": 128_50_01_00,
}


async def _save_unchanged(client: httpx.AsyncClient, address: str) -> None:
    page = await client.get(address)
    shown = next(form for form in shown_forms(page.text) if form.action == address)
    sent: dict[str, Any] = {}
    for name, value in shown.pairs:
        sent.setdefault(name, []).append(value)

    answer = await post(client, address, sent | {"act": "save"})

    assert "已保存" in answer.text or "草稿已保存" in answer.text, answer.text


def _plain(data: dict[str, Any]) -> dict[str, Any]:
    """Return the data of a form without empty cells; the revision counts the saving itself."""
    return {name: _filled(value) for name, value in data.items() if name != "revision"}


def _filled(value: Any) -> Any:
    """Return rows without their empty cells, and chosen boxes in one order: boxes have none."""
    if not isinstance(value, list) or not value:
        return value
    if isinstance(value[0], dict):
        return [{name: text for name, text in row.items() if text} for row in value]
    return sorted(value)


@pytest.mark.parametrize(
    "changes",
    [{}, {"price_kind": PriceKind.NEGOTIABLE, "price_amount": None}, {"price_amount": 1_00}],
    ids=["priced", "negotiable", "one yuan"],
)
async def test_an_outcome_that_is_opened_and_saved_stays_as_it_is(
    client: httpx.AsyncClient, changes: dict[str, Any]
) -> None:
    owner = await make_organisation(kind=OrganisationKind.UNIVERSITY)
    outcome = await make_outcome(owner, status=OutcomeStatus.DRAFT, **(OUTCOME | changes))
    before = _plain(outcome_data(outcome))
    await sign_in(client, await make_member(owner, MemberRole.AGENT))

    await _save_unchanged(client, f"/my/outcomes/{outcome.number}")

    assert _plain(outcome_data(await Outcome.get(id=outcome.id))) == before


async def test_a_need_that_is_opened_and_saved_stays_as_it_is(client: httpx.AsyncClient) -> None:
    owner = await make_organisation()
    need = await make_need(owner, status=NeedStatus.DRAFT, **NEED)
    before = _plain(need_data(need))
    await sign_in(client, await make_member(owner, MemberRole.AGENT))

    await _save_unchanged(client, f"/my/needs/{need.number}")

    assert _plain(need_data(await Need.get(id=need.id))) == before


@pytest.mark.parametrize(
    ("kind", "typed", "amount"),
    [
        ("", "128.5", 1_285_000_00),
        ("fixed", "1,200.5", 12_005_000_00),
        ("", "", None),
        ("negotiable", "", None),
    ],
)
def test_a_typed_price_is_the_price(kind: str, typed: str, amount: int | None) -> None:
    form = _typed(price_kind=kind, price_amount=typed)

    assert form.validate()
    values = form.values()
    assert values["price_amount"] == amount
    assert values["price_kind"] is (PriceKind.NEGOTIABLE if amount is None else PriceKind.FIXED)


@pytest.mark.parametrize(
    ("kind", "typed", "question"),
    [
        ("negotiable", "128.5", "选了面议，又填了价格"),
        ("fixed", "", "请填挂牌价"),
        ("fixed", "3,5", "3.5 还是 35？"),
        ("", "1.200,50", "逗号只用来分千位"),
    ],
)
def test_a_price_that_can_be_meant_in_two_ways_is_asked_about(kind: str, typed: str, question: str) -> None:
    form = _typed(price_kind=kind, price_amount=typed)

    assert not form.validate()
    assert question in str(form.price_amount.errors)


@pytest.mark.parametrize(
    ("typed", "fault"),
    [("；".join(f"词{n}" for n in range(21)), "最多 20 个关键词，现在有 21 个"), ("字" * 61, "超过 60 个字")],
)
def test_keywords_that_would_be_cut_are_named(typed: str, fault: str) -> None:
    form = _typed(keywords=typed)

    assert not form.validate()
    assert fault in str(form.keywords.errors)


def _typed(**changes: Any) -> OutcomeForm:
    pairs = [
        (name, text)
        for name, value in outcome_form(**changes).items()
        for text in (value if isinstance(value, list) else [value])
    ]
    return OutcomeForm(FormData(pairs))
