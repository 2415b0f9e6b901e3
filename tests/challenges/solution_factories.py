"""Solutions brought to where a test needs them."""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from typing import Any

from starlette.datastructures import Headers, UploadFile

from market.accounts.actors import Actor
from market.accounts.models import OrganisationKind
from market.challenges import clock, submitting
from market.challenges.deadlines import GRACE
from market.challenges.models import Challenge
from market.challenges.opening import open_all
from market.challenges.solution_content import ReachRow, SolutionContent, StageRow, TeamRow
from market.challenges.solution_drafts import add_file, begin_solution, save
from market.challenges.solution_models import Solution, SolutionVersion
from market.files.store import FileStore
from market.records.by import By
from tests.challenges.factories import DEADLINE, OPENS, WAN, Stage, make_listed
from tests.factories import make_member, make_organisation
from tests.stage_cache import cached_stage

SECRET = "a secret that is long enough for tests"
"""That of the site in tests."""
IN_TIME = DEADLINE - timedelta(milliseconds=1)
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n"
WORD = "钛硼复合内衬"
"""Stands in every text of a solution: wherever it is read, the solution is."""
FILE_NAME = "热震曲线原始数据.pdf"


def solution_content(**given: Any) -> SolutionContent:
    """Return a solution that lacks nothing."""
    values: dict[str, Any] = {
        "summary": f"{WORD}，寿命八年。",
        "leader": f"{WORD}课题组长",
        "credentials": f"{WORD}在三台槽上运行四年。",
        "approach": f"以{WORD}替换炭块，先小试氧化失重，再在两台槽上各装一侧，逐月测量减薄量并外推寿命。",
        "reaches": (ReachRow(1, "96", f"{WORD}外推"), ReachRow(2, "7.5", f"{WORD}试样")),
        "price": 180 * WAN,
        "months": 18,
        "stages": (StageRow("小试", f"{WORD}试样", 4, 4000), StageRow("上槽", f"{WORD}两台", 14, 6000)),
        "team": (TeamRow("桂林理工大学", "材料", 7000), TeamRow(f"{WORD}合作单位", "安装", 3000)),
        "risks": f"{WORD}开裂。",
        "background_rights": f"{WORD}专利一件。",
        "related": f"没有（{WORD}）",
    }
    return SolutionContent(**(values | given))


@cached_stage
async def make_responding(is_masked: bool = False) -> Stage:
    """Make a firm's challenge that takes solutions."""
    stage = await make_listed(is_masked)
    await clock.begin_responding(stage.challenge.id, now=OPENS)
    await stage.reload()
    return stage


@cached_stage
async def make_solver(name: str = "桂林理工大学") -> Actor:
    return await make_member(await make_organisation(kind=OrganisationKind.UNIVERSITY, name=name))


async def make_written(stage: Stage, solver: Actor, **given: Any) -> Solution:
    """Write a draft that lacks nothing."""
    by = By(solver, OPENS)
    solution = await begin_solution(stage.challenge, 0, by=by)
    return await save(solution.id, solution_content(**given), secret=SECRET, by=by)


async def attach(
    solution: Solution, solver: Actor, store: FileStore, content: bytes = PDF, name: str = FILE_NAME
) -> str:
    """Add a file to a draft; return its id."""
    file = UploadFile(io.BytesIO(content), filename=name, headers=Headers({}))
    facts = await add_file(solution.id, file, secret=SECRET, store=store, by=By(solver, OPENS))
    return facts.id


async def hand_in(
    solution: Solution, solver: Actor, arrived_at: datetime = IN_TIME, now: datetime | None = None
) -> SolutionVersion:
    return await submitting.submit(
        solution, arrived_at=arrived_at, secret=SECRET, by=By(solver, now or arrived_at)
    )


async def close_and_open(challenge: Challenge, store: FileStore) -> Challenge:
    """Let the deadline pass and open what was submitted."""
    at = DEADLINE + GRACE
    await clock.close(challenge.id, now=at)
    await open_all(challenge.id, secret=SECRET, store=store, now=at)
    return await Challenge.get(id=challenge.id)
