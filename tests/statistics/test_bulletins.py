"""Monthly reports: a month closes, its report is frozen by a job, issued by another person, and stays."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from io import BytesIO
from typing import Any, cast

import httpx
import pytest
from openpyxl import load_workbook

from market.accounts.actors import Actor
from market.accounts.models import Message, StaffRole
from market.contracts.models import Contract
from market.deps import Deps
from market.kit.clock import SHANGHAI
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.guest_pages import forget_pages
from market.records.by import By
from market.records.decisions import SamePerson, Verdict
from market.records.figures import list_rows
from market.statistics import bulletins, months
from market.statistics.definitions import decide_definition, propose_definition
from market.statistics.dimensions import Layout
from market.statistics.frozen import differences, tables_of
from market.statistics.models import Bulletin, StatisticsMonth
from market.statistics.states import BulletinStatus, Event
from tests.databases import past_guards
from tests.factories import HOLIDAYS, NOW, make_staff
from tests.fakes import FixedClock
from tests.invariants import broken
from tests.moments import run_acts
from tests.stage_cache import cached_stage
from tests.statistics.factories import Given, cancel, copy_contracts, make_base, receive
from tests.visitor import post, sign_in

MARCH = date(2026, 3, 1)
AFTER = NOW + timedelta(days=45)
"""16 April 2026: March has closed."""


@dataclass
class Office:
    """The people who make and issue reports."""

    operator: Actor
    approver: Actor
    base: Contract

    @property
    def operates(self) -> By:
        return By(self.operator, AFTER)

    @property
    def approves(self) -> By:
        return By(self.approver, AFTER)

    async def frozen(self, note: str = "") -> Bulletin:
        ordered = await bulletins.order_bulletin(MARCH, note, by=self.operates)
        return await bulletins.freeze_bulletin(ordered.id, now=AFTER)

    async def issued(self, note: str = "") -> Bulletin:
        bulletin = await self.frozen(note)
        return await bulletins.decide_bulletin(bulletin.number, Verdict.CONFIRMED, by=self.approves)


@cached_stage
async def make_office() -> Office:
    """March 2026 has closed with three contracts, one of them the year before, and a receipt."""
    base = await make_base()
    await base.fetch_related("deal__seller")
    seller = base.deal.seller
    given = [
        Given(seller.id, date(2026, 3, 5), 5_000_000, disclosure="price"),
        Given(seller.id, date(2026, 3, 6), 7_000_000),
        Given(seller.id, date(2025, 3, 6), 6_000_000),
    ]
    await copy_contracts(base, given)
    await receive([(given[0].id, 2_000_000, date(2026, 3, 9))])
    row = await months.open_month(MARCH, HOLIDAYS)
    assert await months.close_due(row.id, HOLIDAYS, now=AFTER)
    operator, approver = await make_staff(StaffRole.OPERATOR), await make_staff(StaffRole.APPROVER)
    return Office(operator, approver, base)


async def test_a_month_closes_on_the_fifth_working_day_at_six_and_asks_for_its_report(deps: Deps) -> None:
    operator = await make_staff(StaffRole.OPERATOR)
    closes_at = datetime(2026, 4, 8, 18, tzinfo=SHANGHAI)
    assert months.closing_of(MARCH, HOLIDAYS) == closes_at  # 6 April is a holiday
    await months.open_months(HOLIDAYS, now=NOW)
    await months.open_months(HOLIDAYS, now=NOW)
    assert await StatisticsMonth.all().count() == 2
    row = await StatisticsMonth.get(month=MARCH)
    assert not await months.close_due(row.id, HOLIDAYS, now=closes_at - timedelta(seconds=1))
    assert await run_acts(closes_at, months.CLOSE, deps=deps) == 2
    assert (await StatisticsMonth.get(month=MARCH)).closed_at == closes_at
    assert await StatisticsMonth.filter(month=date(2026, 4, 1), closed_at=None).exists()
    assert await Message.filter(user_id=operator.user_id).count() == 2
    assert [row.month for row in await bulletins.list_unreported()] == [MARCH, date(2026, 2, 1)]


async def test_a_report_is_made_for_a_closed_month_and_issued_by_another() -> None:
    office = await make_office()
    with pytest.raises(Invalid) as refusal:
        await bulletins.order_bulletin(date(2026, 4, 1), "", by=office.operates)
    assert refusal.value.field == "month"
    bulletin = await office.frozen()
    assert (await bulletins.freeze_bulletin(bulletin.id, now=AFTER)).rows_hash == bulletin.rows_hash
    with pytest.raises(Conflict):
        await bulletins.order_bulletin(MARCH, "", by=office.operates)
    with pytest.raises(NotFound):
        await bulletins.get_bulletin_for(None, MARCH)
    await past_guards("UPDATE bulletins SET proposed_by_id = $1", office.approver.user_id)
    with pytest.raises(SamePerson):
        await bulletins.decide_bulletin(bulletin.number, Verdict.CONFIRMED, by=office.approves)
    await past_guards("UPDATE bulletins SET proposed_by_id = $1", office.operator.user_id)
    await bulletins.decide_bulletin(bulletin.number, Verdict.REJECTED, reason="再核", by=office.approves)
    with pytest.raises(Conflict):
        await bulletins.decide_bulletin(bulletin.number, Verdict.CONFIRMED, by=office.approves)
    issued = await office.issued()

    assert (issued.version, issued.status) == (1, BulletinStatus.ISSUED)
    tables = tables_of(await Bulletin.get(id=issued.id))
    for table in tables.values():
        for line in (*table.lines, table.total):
            for value in (*line.now.values(), *line.before.values()):
                if value.count:
                    rows = await list_rows(value.figure, value.period, value.scope)
                    assert len(rows) == value.count
                    assert sum(row.money.amount for row in rows) == value.money.amount
    total = tables[Layout.CITY].total
    assert (total.now["contracts"].count, total.before["contracts"].count) == (3, 1)
    assert total.now["received"].money.amount == 2_000_000
    assert await broken("statistics") == {}
    await past_guards("UPDATE bulletin_rows SET contract_amount = contract_amount + 1")
    assert len(await broken("statistics")) == 2


async def test_an_issued_month_stays_and_a_correction_is_a_second_version() -> None:
    office = await make_office()
    first = await office.issued()
    definition = await propose_definition(
        date(2026, 4, 1), Event.SIGNED, "按签订日计入。", "假定（A）", by=office.operates
    )
    await decide_definition(definition.id, Verdict.CONFIRMED, by=office.approves)
    late = [Given(office.base.deal.seller_id, date(2026, 3, 30), 9_000_000)]
    await copy_contracts(office.base, late, first=50)
    await cancel(office.base.id, date(2026, 4, 10))
    kept = await Bulletin.get(id=first.id)
    assert (kept.figures, kept.rows_hash) == (first.figures, first.rows_hash)
    with pytest.raises(Invalid) as refusal:
        await bulletins.order_bulletin(MARCH, "", by=office.operates)
    assert refusal.value.field == "note"
    second = await office.issued("一份合同补登记")

    assert (await Bulletin.get(id=first.id)).status is BulletinStatus.REPLACED
    changed = differences(kept, await Bulletin.get(id=second.id))
    assert ("contracts", 3, 4) in {(cell.figure, cell.before, cell.now) for cell in changed if not cell.line}
    assert {cell.figure for cell in changed} == {"contracts", "contract_amount", "trade_amount"}
    assert second.definition["version"] == 1
    assert [bulletin.version for bulletin in await bulletins.list_versions(MARCH)] == [2, 1]
    assert await broken("statistics") == {}


@pytest.fixture
def afterwards(deps: Deps) -> Deps:
    cast(FixedClock, deps.clock).now = AFTER
    return deps


def read_strictly(text: str) -> object:
    """Return JSON that has no NaN and no infinity."""

    def refuse(word: str) -> object:
        raise AssertionError(word)

    return json.loads(text, parse_constant=refuse)


async def test_the_pages_lead_from_the_desk_to_the_issued_report(
    client: httpx.AsyncClient, afterwards: Deps
) -> None:
    office = await make_office()
    assert "截至" in (await client.get("/screen")).text
    await sign_in(client, office.operator)
    assert "2026 年 3 月" in (await client.get("/backoffice/statistics")).text
    for data, words in (({"month": "13"}, "请按"), ({"month": "2026-04"}, "还没有关账")):
        answer = await post(client, "/backoffice/statistics/order", data)
        assert answer.status_code == 422
        assert words in answer.text
    await post(client, "/backoffice/statistics/order", {"month": "2026-03"})
    bulletin = await bulletins.freeze_bulletin((await Bulletin.get()).id, now=AFTER)
    form = {"valid_from": "2026-05-01", "event": "signed", "text": "按签订日。", "basis": "假定"}
    assert (
        await post(client, "/backoffice/statistics/definitions/new", form | {"valid_from": ""})
    ).status_code == 422
    await post(client, "/backoffice/statistics/definitions/new", form)
    await sign_in(client, office.approver)
    desk = (await client.get("/backoffice/statistics")).text
    address = desk.split('action="/backoffice/statistics/definitions/')[1].split('"')[0]
    await post(client, f"/backoffice/statistics/definitions/{address}", {"verdict": "confirmed"})
    assert "核定并发布" in (await client.get(bulletins.address_of(bulletin))).text
    await post(client, f"/bulletins/{bulletin.number}/decide", {"verdict": "confirmed"})
    assert (await client.get(f"/bulletins/{bulletin.number}")).status_code == 302

    await sign_in(client, None)
    forget_pages()
    for address in ("/statistics/2026-03", "/screen"):
        page = await client.get(address)
        assert page.status_code == 200
        assert "最终数" in page.text
    assert "<noscript><meta" in (await client.get("/screen")).text
    assert (await client.get("/reports/2026-03", follow_redirects=False)).status_code == 308
    assert (await client.get("/statistics/2026-02", follow_redirects=False)).status_code == 302
    for address in (
        "/statistics/2026-13",
        "/statistics/2027-01",
        "/statistics/moon",
        "/statistics/2026-03?version=x",
    ):
        assert (await client.get(address)).status_code == 404


async def test_files_hold_definition_period_version_and_hash_and_no_formula(
    client: httpx.AsyncClient, afterwards: Deps
) -> None:
    office = await make_office()
    bulletin = await office.issued()
    for actor in (None, office.operator):
        await sign_in(client, actor)
        for address in ("/statistics/2026-03/bulletin", "/statistics/tables"):
            content = cast(dict[str, Any], read_strictly((await client.get(f"{address}.json")).text))
            assert set(content) >= {"definition_text", "period", "status", "version", "made_at", "as_of"}
            assert len(content["sha256"]) == 64
            *lines, whole = content["tables"]["city"]
            assert sum(line["contracts"] for line in lines) == whole["contracts"]
            hidden = [line for line in lines if line["contracts"] and line["contract_amount"] is None]
            assert bool(hidden) is (actor is None)
    text = (await client.get("/statistics/2026-03/bulletin.csv")).text
    cells = [cell for row in csv.reader(io.StringIO(text.removeprefix("\ufeff"))) for cell in row]
    assert not [cell for cell in cells if cell[:1] in ("=", "+", "@")]
    book = load_workbook(BytesIO((await client.get("/statistics/tables.xlsx")).content))
    assert book.sheetnames[-1] == "口径和说明"
    assert (await client.get("/statistics/2026-03/bulletin.pdf")).content[:5] == b"%PDF-"
    assert (await client.get("/statistics/2026-03/bulletin.doc")).status_code == 404
    assert (await client.get("/statistics/tables.json?span=moon")).status_code == 404
    assert bulletin.rows_hash in (await client.get("/statistics/2026-03/bulletin.json")).text
