"""The pages of who solves: begin, write, attach, submit, read after the opening."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import cast

import httpx

from market.challenges.solution_models import SealedFile, Solution, SolutionVersion
from market.challenges.solution_states import SolutionStatus
from market.deps import Deps
from tests.challenges.factories import DEADLINE, OPENS
from tests.challenges.solution_factories import (
    FILE_NAME,
    PDF,
    attach,
    close_and_open,
    make_responding,
    make_solver,
    make_written,
)
from tests.fakes import FixedClock
from tests.visitor import post, sign_in

FORM = {
    "summary": "复合内衬，寿命八年。",
    "leader": "黄工",
    "credentials": "做成过两台槽。",
    "approach": "以复合材料替换炭块，先小试氧化失重，再在两台槽上各装一侧，逐月测量减薄量并外推寿命。",
    "reaches-0-place": "1",
    "reaches-0-value": "96",
    "reaches-0-basis": "外推",
    "reaches-1-place": "2",
    "reaches-1-value": "7.5",
    "reaches-1-basis": "试样",
    "price": "180",
    "months": "18",
    "stages-0-name": "小试",
    "stages-0-months": "4",
    "stages-0-share": "40",
    "stages-1-name": "上槽",
    "stages-1-months": "14",
    "stages-1-share": "60",
    "related": "没有",
}


def set_clock(deps: Deps, now: object) -> None:
    cast(FixedClock, deps.clock).now = now  # type: ignore[assignment]


async def test_a_solution_is_begun_written_attached_to_and_submitted_to_the_millisecond(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    stage, solver = await make_responding(), await make_solver()
    number, address = stage.challenge.number, f"/challenges/{stage.challenge.number}"
    draft = f"{address}/solution"
    set_clock(deps, OPENS)
    assert "登录后揭榜" in (await client.get(address)).text
    await sign_in(client, stage.owner)
    assert "我要揭榜" not in (await client.get(address)).text
    assert (await post(client, f"{draft}/begin", follow=False)).status_code == 403

    await sign_in(client, solver)
    assert "我要揭榜" in (await client.get(address)).text
    assert (await client.get(draft)).status_code == 404
    page = (await post(client, f"{draft}/begin")).text
    assert "侧部内衬使用寿命" in page
    answer = await post(client, draft, FORM | {"price": "三"})
    assert answer.status_code == 422
    unfinished = FORM | {"stages-0-months": "", "months": ""}
    assert "草稿已保存" in (await post(client, draft, unfinished)).text
    shown = re.search(r'<input[^>]*"stages-0-months"[^>]*>', (await client.get(draft)).text)
    assert shown is not None
    assert 'value=""' in shown[0], "what was left empty is no 0 that the next saving refuses"
    assert "草稿已保存" in (await post(client, draft, FORM | {"leader": ""})).text
    answer = await post(client, f"{draft}/submit")
    assert answer.status_code == 422
    assert "请填挂帅负责人" in answer.text
    await post(client, draft, FORM)
    assert "继续写方案" in (await client.get(address)).text

    files = f"{draft}/files"
    answer = await post(client, files, files={"file": ("方案.pdf", b"MZ\x90", "application/pdf")})
    assert answer.status_code == 422
    assert "内容与扩展名不符" in answer.text
    answer = await post(client, files, files={"file": (FILE_NAME, PDF, "application/pdf")})
    assert "已加密存入草稿" in answer.text
    (row,) = await SealedFile.all()
    own = await client.get(f"{files}/{row.id}")
    assert own.content == PDF
    assert "attachment" in own.headers["content-disposition"]

    set_clock(deps, DEADLINE - timedelta(milliseconds=1))
    typed = FORM | {"summary": "写在提交的这一刻，还没有另存"}
    assert (await post(client, f"{draft}/submit", typed | {"price": "三"})).status_code == 422
    page = (await post(client, f"{draft}/submit", typed)).text
    assert "第 1 版已提交" in page
    assert "写在提交的这一刻" in page
    version = await SolutionVersion.get()
    assert version.commitment in page
    assert "2026-04-30 16:59:59.999" in page
    assert number in (await client.get("/my/solutions")).text

    set_clock(deps, DEADLINE)
    answer = await post(client, f"{draft}/submit", follow=False)
    assert answer.status_code == 409
    assert "揭榜已于 2026-04-30 17:00:00（北京时间）截止" in answer.text
    assert "17:00:00.000 到达" in answer.text
    answer = await post(client, files, files={"file": ("晚到.pdf", PDF, "application/pdf")})
    assert "传完时揭榜已截止" in answer.text
    assert (await post(client, f"{draft}/withdraw", follow=False)).status_code == 409
    assert await SolutionVersion.all().count() == 1

    await close_and_open(stage.challenge, deps.store)
    page = (await client.get(draft)).text
    assert "方案已统一开启" in page
    assert "黄工" in (await client.get(f"{address}/solutions/1")).text
    await sign_in(client, stage.owner)
    assert "看全部方案" in (await client.get(address)).text
    assert "黄工" in (await client.get(f"{address}/solutions")).text
    page = (await client.get(f"{address}/solutions/1")).text
    assert "1,080,000.00" in page
    assert FILE_NAME in page
    assert "晚到.pdf" not in page


async def test_a_solution_is_withdrawn_and_a_file_taken_out(client: httpx.AsyncClient, deps: Deps) -> None:
    stage, solver = await make_responding(), await make_solver()
    solution = await make_written(stage, solver)
    file_id = await attach(solution, solver, deps.store)
    draft = f"/challenges/{stage.challenge.number}/solution"
    set_clock(deps, OPENS)
    await sign_in(client, solver)
    assert FILE_NAME in (await client.get(draft)).text
    assert FILE_NAME not in (await post(client, f"{draft}/files/{file_id}/remove")).text
    assert (await client.get(f"{draft}/files/{file_id}")).status_code == 404
    await post(client, f"{draft}/submit")
    assert "方案已撤回" in (await post(client, f"{draft}/withdraw")).text
    assert (await Solution.get(id=solution.id)).status is SolutionStatus.WITHDRAWN
    assert "我要揭榜" in (await client.get(f"/challenges/{stage.challenge.number}")).text


async def test_an_upload_of_a_guest_or_over_the_limit_is_refused_before_it_is_kept(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    stage, solver = await make_responding(), await make_solver()
    await make_written(stage, solver)
    files = f"/challenges/{stage.challenge.number}/solution/files"
    set_clock(deps, OPENS)
    upload = {"file": (FILE_NAME, PDF, "application/pdf")}
    answer = await post(client, files, files=upload, follow=False)
    assert answer.status_code == 401
    await sign_in(client, solver)
    answer = await client.post(files, files=upload)
    assert answer.status_code == 403
    large = {"file": (FILE_NAME, PDF + b"\0" * (33 * 1024 * 1024), "application/pdf")}
    assert (await post(client, files, files=large, follow=False)).status_code == 413
    answer = await post(client, files, files={"file": (FILE_NAME, PDF + b"\0" * (21 * 1024 * 1024), "a/b")})
    assert answer.status_code == 422
    assert "文件最大 20.0 MB" in answer.text
    assert (await post(client, files, {"x": "1"})).status_code == 422
    assert await SealedFile.all().count() == 0


async def test_an_owner_extends_on_a_page(client: httpx.AsyncClient, deps: Deps) -> None:
    stage = await make_responding()
    address = f"/challenges/{stage.challenge.number}"
    set_clock(deps, OPENS)
    await sign_in(client, stage.owner)
    assert "延期（只能一次）" in (await client.get(address)).text
    typed = {"deadline_on": "2026-04-20", "deadline_time": "17:00", "reason": "上游停电一周，试样推迟送检。"}
    answer = await post(client, f"{address}/extend", typed)
    assert answer.status_code == 422
    assert "只能延后，不能提前" in answer.text
    page = (await post(client, f"{address}/extend", typed | {"deadline_on": "2026-05-10"})).text
    assert "2026-05-10 17:00:00" in page
    assert re.search(r"由 2026-04-30 17:00:00 延期", page)
    assert "延期（只能一次）" not in page
    assert (await post(client, f"{address}/extend", typed, follow=False)).status_code == 409
