"""Exports of lists: short ones at once, long ones by a job, with a page that shows how far it is."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from openpyxl import load_workbook

from market.accounts.actors import Actor
from market.accounts.models import Message
from market.app import create_app
from market.deps import Deps
from market.kit.jobs import run_pending
from market.kit.routing import Route
from market.kit.workbooks.writing import Table, in_one_portion, save_workbook
from market.pages.export_views import short_export
from market.pages.list_exports import drop_expired_exports, file_name, write_export
from market.pages.models import ListExport
from market.pages.search_results import OUTCOMES
from tests.factories import make_member, make_need, make_organisation, make_outcome
from tests.pages.search_index import index_listings
from tests.visitor import post, sign_in


def cells(workbook: bytes) -> list[list[Any]]:
    sheet = load_workbook(io.BytesIO(workbook)).worksheets[0]
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


async def start(client: httpx.AsyncClient, path: str, query: str = "") -> str:
    """Have a list written and return the address of its export."""
    answer = await post(client, f"/exports/list/{path}", {"query": query}, follow=False)
    assert answer.status_code == 303
    return str(answer.headers["location"])


async def test_a_list_longer_than_what_is_answered_at_once_leads_to_a_question(deps: Deps) -> None:
    await index_listings(deps, *[await make_outcome(field="materials") for _ in range(3)])
    app = create_app(deps)
    app.router.routes.insert(0, Route("/short.xlsx", short_export(OUTCOMES, direct=2)))

    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://market.test", trust_env=False
    ) as client:
        answer = await client.get("/short.xlsx?field=materials&page=2")
        question = (await client.get(answer.headers["location"])).text

    assert (answer.status_code, answer.headers["location"]) == (303, "/exports/list/outcomes?field=materials")
    assert "有 3 行" in question
    assert 'name="query" value="field=materials"' in question


async def test_a_guests_export_is_written_by_a_job_shown_and_fetched(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    outcomes = [await make_outcome(title=f"=导线{number}", field="materials") for number in range(3)]
    await index_listings(deps, *outcomes, await make_outcome(field="energy"))

    address = await start(client, "outcomes", "field=materials&sort=newest")
    before = (await client.get(address)).text
    none_yet = await client.get(f"{address}/file")
    await run_pending(deps)
    after = (await client.get(address)).text
    file = await client.get(f"{address}/file")
    direct = await client.get("/outcomes.xlsx?field=materials&sort=newest")

    assert "已写 0 / 3 行" in before
    assert 'hx-trigger="every 2s"' in before
    assert none_yet.status_code == 404
    assert "写好了：3 行" in after
    assert f'href="{address}/file"' in after
    assert "hx-trigger" not in after.partition('id="export-progress"')[2].partition("</div>")[0]
    assert file.headers["content-length"] == str(len(file.content))
    assert cells(file.content) == cells(direct.content)
    assert len(cells(file.content)) == 4


async def test_an_export_shows_what_its_person_may_see_and_only_to_them(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    owner = await make_organisation(name="邕江秘密铝业")
    await index_listings(deps, await make_need(owner, is_masked=True))
    member, stranger = await make_member(owner), await make_member()

    async def export_of(actor: Actor | None) -> tuple[str, bytes]:
        await sign_in(client, actor)
        address = await start(client, "needs")
        await run_pending(deps)
        return address, (await client.get(f"{address}/file")).content

    own_address, own = await export_of(member)
    message = await Message.get(user_id=member.user_id, address=own_address)
    _address, others = await export_of(stranger)
    refused = [(await client.get(own_address + end)).status_code for end in ("", "/file")]
    guests_address, guests = await export_of(None)

    assert "邕江秘密铝业" in cells(own)[1]
    assert "共 1 行" in message.text
    assert "邕江秘密铝业" not in cells(others)[1] + cells(guests)[1]
    assert refused == [404, 404]
    await sign_in(client, stranger)
    assert (await client.get(guests_address)).status_code == 200


async def test_an_export_that_runs_is_not_begun_twice_and_one_that_is_done_is_not_written_again(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    await index_listings(deps, await make_outcome())
    await sign_in(client, await make_member())

    address = await start(client, "outcomes")
    assert await start(client, "outcomes") == address
    await run_pending(deps)
    export = await ListExport.get()
    await write_export(deps, export_id=str(export.id))  # a job may run twice

    assert (await ListExport.get()).finished_at == export.finished_at


async def test_a_failed_export_says_so_and_an_expired_one_is_gone_with_its_file(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    await index_listings(deps, await make_outcome())
    address = await start(client, "outcomes")
    await ListExport.all().update(has_failed=True)
    assert "上一次没有写完" in (await client.get(address)).text
    await run_pending(deps)
    export = await ListExport.get()
    kept = Path(deps.settings.data_directory) / "kept" / file_name(export)
    assert kept.exists()

    await ListExport.all().update(expires_at=deps.clock() - timedelta(seconds=1))
    expired = [(await client.get(address + end)).status_code for end in ("", "/file")]
    await drop_expired_exports(deps)

    assert expired == [404, 404]
    assert not await ListExport.exists()
    assert not kept.exists()


async def test_there_is_no_export_of_an_unknown_list_or_id(client: httpx.AsyncClient) -> None:
    for path in ("/exports/list/users", f"/exports/{UUID(int=1)}", f"/exports/{UUID(int=1)}/file"):
        assert (await client.get(path)).status_code == 404


async def test_a_table_longer_than_a_sheet_goes_on_in_the_next(tmp_path: Path) -> None:
    rows: list[list[str | int]] = [[f"行{number}", number] for number in range(7)]
    path = tmp_path / "long.xlsx"

    await save_workbook(path, Table("成果", ["名称", "数"], in_one_portion(rows)), most_rows=3)

    sheets = load_workbook(path).worksheets
    assert [sheet.title for sheet in sheets] == ["成果", "成果 2", "成果 3"]
    assert [[cell.value for cell in row] for sheet in sheets for row in list(sheet.iter_rows())[1:]] == rows
