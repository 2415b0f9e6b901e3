"""The faults of rows: at their cells, in the summary with the way to each cell."""

from __future__ import annotations

from typing import Any

import httpx
from starlette.datastructures import FormData

from market.deals.forms import OfferForm
from market.rewards.forms import PlanForm
from tests.deals.factories import make_agreed, make_parties
from tests.visitor import post, sign_in

OFFER = {"kind": "licence", "payment_way": "instalments", "price": "115"}


def _offer(**typed: Any) -> OfferForm:
    return OfferForm(FormData({**OFFER, **typed}))


def test_a_row_that_is_not_whole_names_its_empty_cell() -> None:
    form = _offer(**{"plan-0-condition": "签约", "plan-0-amount": "80", "plan-1-amount": "35"})

    assert not form.validate()
    cells = form.plan.entries[1].form
    assert cells.condition.errors == ["每一期都要填条件和金额。"]
    assert not cells.amount.errors
    assert not form.plan.entries[0].errors


def test_a_cell_that_cannot_be_read_keeps_its_own_fault() -> None:
    form = _offer(**{"plan-0-condition": "签约", "plan-0-amount": "3,5"})

    assert not form.validate()
    assert "3.5 还是 35？" in str(form.plan.entries[0].form.amount.errors)


def test_blank_rows_and_rows_with_a_zero_are_told_apart() -> None:
    form = PlanForm(
        FormData({"income": "100", "pot": "50", "people-0-basis_points": "0", "units-0-name": ""})
    )

    assert not form.validate()
    assert form.people.errors
    assert not form.units.errors


async def test_the_summary_leads_to_the_cell_with_its_reason(client: httpx.AsyncClient) -> None:
    parties = await make_parties()
    deal = await make_agreed(parties)
    await sign_in(client, parties.buyer)

    page = await post(
        client,
        f"/deals/{deal.number}/offer",
        OFFER | {"plan-0-condition": "签约", "plan-0-amount": "80", "plan-1-amount": "35"},
    )

    summary = page.text.split('class="summary"')[1].split("</div>")[0]
    assert '<a href="#plan-1-condition">付款计划 第 2 行 条件</a>' in summary
    assert "每一期都要填条件和金额。" in summary
    assert 'id="plan-1-condition"' in page.text
    assert 'id="plan-1-condition-error"' in page.text
