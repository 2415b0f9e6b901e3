"""The registration form of a contract, printed and exported."""

from __future__ import annotations

import io

import httpx
from openpyxl import load_workbook

from tests.contracts.factories import make_registered
from tests.deals.factories import make_parties
from tests.factories import make_member
from tests.visitor import sign_in


async def test_the_form_is_printed_and_exported_in_its_order(client: httpx.AsyncClient) -> None:
    parties = await make_parties()
    contract = await make_registered(parties)
    await sign_in(client, parties.buyer)

    prints = [await client.get(f"/contracts/{contract.number}/{name}.pdf") for name in ("form", "summary")]
    sheet = load_workbook(io.BytesIO((await client.get("/contracts/export.xlsx")).content)).active

    assert all(response.content.startswith(b"%PDF") for response in prints)
    assert sheet is not None
    heads, row = [[cell.value for cell in line] for line in sheet.iter_rows()]
    assert heads[1:4] == ["登记编号", "项目名称", "合同类别"]
    values = dict(zip(heads, row, strict=True))
    assert values["登记编号"] == "4526010300000117"
    assert (values["合同成交额（元）"], values["其中技术交易额（元）"]) == (1_150_000, 1_070_000)
    await sign_in(client, await make_member())
    assert (await client.get(f"/contracts/{contract.number}/form.pdf")).status_code == 404
    empty = load_workbook(io.BytesIO((await client.get("/contracts/export.xlsx")).content)).active
    assert empty is not None
    assert empty.max_row == 1
