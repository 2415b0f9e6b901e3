"""The pages of statistics: what everybody reads, what the department reads, wrong periods."""

from __future__ import annotations

import html
import re
from datetime import date
from typing import cast

import httpx
import pytest

from market.accounts.models import Organisation, StaffRole
from market.deps import Deps
from tests.factories import NOW, make_member, make_staff
from tests.fakes import FixedClock
from tests.statistics.factories import Given, copy_contracts, make_base
from tests.visitor import sign_in

TABLES = ("city", "field", "kind", "seller", "flow", "universities", "agencies")


@pytest.fixture
def in_june(deps: Deps) -> Deps:
    cast(FixedClock, deps.clock).now = NOW.replace(month=6)
    return deps


async def make_few() -> Organisation:
    """Two contracts of a university, of which one is disclosed; a third is the first of all."""
    base = await make_base()
    await base.fetch_related("deal__seller")
    seller = base.deal.seller
    await copy_contracts(
        base,
        [
            Given(seller.id, date(2026, 3, 5), 5_000_000, disclosure="price"),
            Given(seller.id, date(2026, 3, 6), 7_000_000, disclosure="nothing"),
        ],
    )
    return seller


@pytest.mark.usefixtures("in_june")
async def test_guests_read_counts_and_no_price_of_what_was_not_disclosed(client: httpx.AsyncClient) -> None:
    seller = await make_few()
    for layout in TABLES:
        answer = await client.get("/statistics", params={"layout": layout, "span": "year", "year": "2026"})
        assert answer.status_code == 200
    assert "127.00" in (await client.get("/statistics")).text  # the year until today
    page = await client.get("/statistics?span=month&year=2026&month=3")
    assert "127.00" in page.text  # of the whole, in 万元
    assert "统计口径第 1 版" in page.text
    few = await client.get("/statistics?span=days&first=2026-03-05&last=2026-03-06")
    assert "12.00" not in few.text
    links = re.findall(r'href="(/statistics/rows\?[^"]*figure=contracts[^"]*)"', page.text)
    rows = await client.get(html.unescape(links[0]))
    assert "另有 2 项" in rows.text
    assert "50,000.00" in rows.text
    assert "70,000.00" not in rows.text
    for address in ("?figure=moon&from=2026-01-01&until=2026-02-01", "?figure=contracts&from=x&until=y"):
        assert (await client.get(f"/statistics/rows{address}")).status_code == 404

    await sign_in(client, await make_member(seller))
    own = await client.get(html.unescape(links[0]))
    assert "70,000.00" in own.text
    await sign_in(client, await make_staff(StaffRole.AUDITOR))
    whole = await client.get("/statistics?span=days&first=2026-03-05&last=2026-03-06")
    assert "12.00" in whole.text
    assert "1,270,000.00" in (await client.get(html.unescape(links[0]))).text
    assert (await client.get("/statistics/definitions")).status_code == 200


@pytest.mark.usefixtures("in_june")
@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("span=month&year=2026&month=13", "month"),
        ("span=month&year=2026&month=7", "month"),
        ("span=year&year=2027", "year"),
        ("span=year&year=1.5", "year"),
        ("span=quarter&year=2026&quarter=5", "quarter"),
        ("span=days&first=2026-05-02&last=2026-05-01", "last"),
        ("span=days&first=2026-05-02&last=2026-07-01", "last"),
        ("span=days&last=2026-05-01", "first"),
        ("span=moon&year=2026", "span"),
    ],
)
async def test_a_wrong_period_is_told_at_its_field(client: httpx.AsyncClient, query: str, field: str) -> None:
    answer = await client.get(f"/statistics?{query}")
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
