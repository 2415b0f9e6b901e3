"""Every figure of a ranking is its records, on pages and in files; versions stand beside each other."""

from __future__ import annotations

import csv
import html
import json
import re
from datetime import date
from fractions import Fraction
from io import BytesIO, StringIO
from typing import Any, cast

import httpx
import openpyxl
import pytest

from market.accounts.models import StaffRole
from market.contracts.contract_changes import confirm_change, propose_change
from market.contracts.models import Contract
from market.contracts.states import ChangeKind
from market.deps import Deps
from market.rankings.indicators import INDICATORS
from market.rankings.models import Ranking, RankingCell, RankingCellRow, RankingRow
from market.records.by import By
from tests.factories import make_staff
from tests.fakes import FixedClock
from tests.rankings.factories import LATER, Hall, make_hall
from tests.visitor import sign_in

UNKNOWN = re.compile(r"\b(NaN|nan|Infinity|inf|None|undefined)\b")


@pytest.fixture
async def corrected(deps: Deps) -> tuple[Hall, Ranking, Ranking]:
    """A ranking that was told, and its correction after a contract was rescinded."""
    cast(FixedClock, deps.clock).now = LATER
    hall = await make_hall()
    first = await hall.told()
    change = await propose_change(
        (await Contract.get()).number,
        ChangeKind.RESCISSION,
        "双方同意解除",
        agreed_on=date(2026, 4, 5),
        by=By(hall.parties.seller, LATER),
    )
    await confirm_change(change.id, by=By(hall.parties.buyer, LATER))
    return hall, first, await hall.told(note="合同已解除")


async def test_each_figure_of_each_page_is_its_records(
    client: httpx.AsyncClient, corrected: tuple[Hall, Ranking, Ranking]
) -> None:
    hall, first, second = corrected
    await sign_in(client, hall.operator)
    for ranking in (first, second):
        analysis = html.unescape((await client.get(f"/rankings/{ranking.number}/analysis")).text)
        for row in await RankingRow.filter(ranking_id=ranking.id):
            page = await client.get(f"/rankings/{ranking.number}/{row.place}")
            shown = html.unescape(page.text)
            assert not UNKNOWN.search(_words(page.text))
            cells = await RankingCell.filter(row_id=row.id)
            for cell in cells:
                indicator = INDICATORS[cell.indicator]
                base = f"/rankings/{ranking.number}/{row.place}/records?indicator={cell.indicator}"
                assert base in analysis
                for part, value in (("numerator", cell.numerator), ("denominator", cell.denominator)):
                    if value is None:
                        continue
                    address = f"{base}&part={part}"
                    assert address in shown
                    records = RankingCellRow.filter(cell_id=cell.id, is_denominator=part == "denominator")
                    amounts = [record.amount for record in await records]
                    is_count = indicator.figure_counts(is_denominator=part == "denominator")
                    assert value == (len(amounts) if is_count else sum(amounts))
                    listed = (await client.get(address)).text
                    assert f"共 {len(amounts)} 项" in listed
                    assert len(re.findall(r"<tr>\s*<td>", listed)) == len(amounts)
            total = sum(cell.weight for cell in cells)
            score = Fraction(sum(cell.weight * cell.points for cell in cells), 100 * total)
            assert row.score is not None
            assert abs(score - row.score) <= 1


async def test_files_tell_definitions_version_status_and_hash_and_nothing_unknown(
    client: httpx.AsyncClient, corrected: tuple[Hall, Ranking, Ranking]
) -> None:
    _hall, first, second = corrected
    for ranking, status in ((first, "已被更正"), (second, "核定数，已告知")):
        base = f"/rankings/{ranking.number}/file"
        content: dict[str, Any] = json.loads((await client.get(f"{base}.json")).text)
        text = (await client.get(f"{base}.csv")).text
        book = openpyxl.load_workbook(BytesIO((await client.get(f"{base}.xlsx")).content))

        assert (content["status"], content["version"]) == (status, str(ranking.version))
        assert (content["rows_hash"], content["period"]) == (ranking.rows_hash, "2026-03-01/2026-03-31")
        assert content["made_at"].startswith("2026-04-11")
        assert [row["code"] for row in content["definitions"]] == [
            "output_count",
            "output_trade",
            "average_trade",
        ]
        rows = {row["place"]: row for row in content["rows"]}
        assert Fraction(rows["nanning"]["score"]) * 10 == 810 if ranking.version == 1 else 600
        assert not UNKNOWN.search(json.dumps(content) + text)
        lines = list(csv.reader(StringIO(text.lstrip("\ufeff"))))
        assert ["版本", str(ranking.version)] in lines
        assert book.sheetnames == ["名次", "指标口径", "说明"]
        assert [cell.value for cell in book["名次"][2]][1] == lines[lines.index([]) + 2][1]
    assert (await client.get(f"/rankings/{second.number}/file.pdf")).status_code == 404


async def test_the_sum_of_a_lone_contract_is_read_by_the_place_and_the_department_alone(
    client: httpx.AsyncClient, corrected: tuple[Hall, Ranking, Ranking]
) -> None:
    hall, first, second = corrected
    pages = [
        f"/rankings/{first.number}/nanning",
        f"/rankings/{first.number}/nanning/records?indicator=output_trade",
    ]
    pages += [f"/rankings/{first.number}/file.csv", f"/rankings/{second.number}/versions"]
    for actor, reads in (
        (None, False),
        (hall.parties.seller, False),
        (hall.officer, True),
        (hall.operator, True),
    ):
        await sign_in(client, actor)
        texts = [(await client.get(page)).text for page in pages]
        assert [bool(re.search(r"\b107(\.00)?\b|107000000", text)) for text in texts] == [reads] * 4


async def test_versions_are_set_beside_each_other_with_what_differs(
    client: httpx.AsyncClient, corrected: tuple[Hall, Ranking, Ranking]
) -> None:
    _hall, first, second = corrected
    contract = (await Contract.get()).number
    page = await client.get(f"/rankings/{second.number}/versions")
    assert "81.0 → 60.0" in _words(page.text)
    assert "1 → 0" in _words(page.text)
    assert (contract in page.text, "双方没有公开" in page.text) == (False, True)
    await sign_in(client, await make_staff(StaffRole.AUDITOR))
    page = await client.get(f"/rankings/{first.number}/versions?base={second.number}")
    assert "60.0 → 81.0" in _words(page.text)
    assert contract in page.text
    assert "合同已解除" in page.text
    assert "名次 1 → 2" in _words(page.text)  # of the other park, once both had 60.0
    for wrong in (f"{second.number}/versions?base=PX-2000-000001", f"{second.number}/versions?base=%00"):
        assert (await client.get(f"/rankings/{wrong}")).status_code == 404


def _words(page: str) -> str:
    """Return the words of a page, one space between them."""
    return " ".join(re.sub(r"<[^>]+>", " ", page[page.index("<main") :]).split())
