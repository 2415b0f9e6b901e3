"""Who reads what of a solution, and when: one matrix over pages, files, exports, mails, logs and tables."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import cast
from uuid import uuid4

import httpx
import pytest

from market.accounts.actors import Actor, load_actor
from market.accounts.models import StaffRole
from market.audit.models import AuditEvent
from market.challenges.models import Challenge
from market.challenges.personal_data import export
from market.challenges.solution_content import SolutionContent
from market.challenges.solution_drafts import begin_solution, save
from market.challenges.solution_models import SealedFile, Solution
from market.challenges.states import ChallengeStatus
from market.challenges.visibility import TABLE, Part, Phase, Viewer, may_know, phase_of
from market.deps import Deps
from market.files.models import FileAccess, StoredFile
from market.kit.database import connection
from market.records.by import By
from tests.challenges.factories import DEADLINE, OPENS, Stage
from tests.challenges.solution_factories import (
    FILE_NAME,
    SECRET,
    WORD,
    attach,
    close_and_open,
    hand_in,
    make_responding,
    make_solver,
    make_written,
)
from tests.databases import past_guards
from tests.experts.factories import make_expert
from tests.factories import make_broker, make_member, make_staff
from tests.fakes import FixedClock
from tests.visitor import post, sign_in

SOLVER = "钦州深海材料学院"
"""No other text names it: where it is read, it is known that it has a solution."""
READING = {
    Phase.SEALED: {"author"},
    Phase.JUDGED: {"author", "owner", "operator", "approver", "auditor"},
    Phase.OVER: {"author", "owner", "operator", "approver", "auditor"},
    Phase.ENDED: {"author", "operator", "approver", "auditor"},
}
"""Who reads a solution in which phase, by the logins of the matrix."""


@dataclass
class Sealed:
    stage: Stage
    solution: Solution
    file_id: str
    people: dict[str, Actor | None]


async def make_sealed(deps: Deps) -> Sealed:
    stage, solver = await make_responding(), await make_solver(SOLVER)
    solution = await make_written(stage, solver)
    file_id = await attach(solution, solver, deps.store)
    await hand_in(solution, solver)
    other = await make_solver("河池学院")
    by = By(other, OPENS)
    rival = await begin_solution(stage.challenge, 0, by=by)
    await save(rival.id, SolutionContent(summary="别的方案"), secret=SECRET, by=by)
    expert = await make_expert()
    people: dict[str, Actor | None] = {
        "guest": None,
        "author": solver,
        "other": other,
        "owner": stage.owner,
        "firm": await make_member(),
        "broker": await make_broker(),
        "expert": await load_actor(expert.user_id),
        "operator": stage.operator,
        "approver": stage.approver,
        "auditor": await make_staff(StaffRole.AUDITOR),
        "officer": await make_staff(StaffRole.OFFICER),
    }
    return Sealed(stage, solution, file_id, people)


def addresses(sealed: Sealed) -> list[str]:
    """Return every address by which something of the solution could be asked for."""
    number, solution, file_id = sealed.stage.challenge.number, sealed.solution.id, sealed.file_id
    return [
        "/",
        "/challenges",
        f"/challenges/{number}",
        f"/challenges/{number}/solution",
        f"/challenges/{number}/solutions",
        f"/challenges/{number}/solutions/1",
        f"/challenges/{number}/solution/files/{file_id}",
        f"/files/{file_id}",
        f"/files/{file_id}/openings",
        "/my/challenges",
        "/my/solutions",
        "/dashboard",
        "/messages",
        "/admin/challenges",
        f"/admin/challenges/{number}",
        "/audit-log",
        f"/audit-log/solution/{solution}",
        "/audit-log/export",
        "/notices",
        "/notices.atom",
        "/search?q=课题组长",
        "/find?q=课题组长",
        "/outcomes?q=课题组长",
    ]


async def readers(client: httpx.AsyncClient, sealed: Sealed, words: Collection[str]) -> dict[str, set[str]]:
    """Return where each person reads one of these words."""
    seen: dict[str, set[str]] = {}
    for name, actor in sealed.people.items():
        await sign_in(client, actor)
        for address in addresses(sealed):
            answer = await client.get(address, follow_redirects=True)
            assert answer.status_code < 500, (name, address)
            text = answer.text + str(answer.headers)
            if any(word in text for word in words):
                seen.setdefault(name, set()).add(address)
    return seen


async def test_before_the_opening_nobody_but_the_author_reads_anything_anywhere(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    sealed = await make_sealed(deps)
    cast(FixedClock, deps.clock).now = OPENS

    seen = await readers(client, sealed, (WORD, FILE_NAME))
    assert set(seen) == READING[Phase.SEALED]
    assert f"/challenges/{sealed.stage.challenge.number}/solution" in seen["author"]
    # The log has the id of a record; whose it is, or of which challenge, it does not tell.
    await sign_in(client, sealed.people["auditor"])
    page = (await client.get(f"/audit-log/solution/{sealed.solution.id}")).text
    assert "未到启封时间" in page
    assert sealed.stage.challenge.number not in page


async def test_before_the_opening_nobody_learns_that_a_unit_has_a_solution_nor_how_many_there_are(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    sealed = await make_sealed(deps)
    cast(FixedClock, deps.clock).now = OPENS
    seen = await readers(client, sealed, (SOLVER,))
    assert set(seen) <= {"author"}
    for name, actor in sealed.people.items():
        await sign_in(client, actor)
        text = (await client.get(f"/challenges/{sealed.stage.challenge.number}")).text
        assert not re.search(r"\d+ 份", text), name


async def test_neither_a_table_nor_the_store_holds_a_word_of_a_sealed_solution(deps: Deps) -> None:
    sealed = await make_sealed(deps)
    tables = await connection().execute_query_dict(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    )
    holding = []
    for row in tables:
        name = row["tablename"]
        statement = f'SELECT 1 FROM "{name}" t WHERE t::text LIKE $1 OR t::text LIKE $2 LIMIT 1'  # noqa: S608
        if await connection().execute_query_dict(statement, [f"%{WORD}%", f"%{FILE_NAME}%"]):
            holding.append(name)
    assert holding == []
    file = await SealedFile.get(id=sealed.file_id)
    assert b"%PDF" not in await deps.store.get(file.store_digest)
    assert await StoredFile.filter(subject_kind="solution").count() == 0
    logged = await AuditEvent.filter(subject_kind="solution").values_list("data", flat=True)
    assert WORD not in str(logged)


@pytest.mark.parametrize("status", ["checking", "executing", "ended"])
async def test_after_the_opening_those_read_it_whom_the_table_names(
    client: httpx.AsyncClient, deps: Deps, status: str
) -> None:
    sealed = await make_sealed(deps)
    challenge = await close_and_open(sealed.stage.challenge, deps.store)
    cast(FixedClock, deps.clock).now = DEADLINE
    reason = "'withdrawn'" if status == "ended" else "NULL"
    await past_guards(f"UPDATE challenges SET status = '{status}', end_reason = {reason}")  # noqa: S608
    phase = phase_of(ChallengeStatus(status), is_opened=True)
    page, file = f"/challenges/{challenge.number}/solutions/1", f"/files/{sealed.file_id}"
    for name, actor in sealed.people.items():
        await sign_in(client, actor)
        expected = 200 if name in READING[phase] else 404
        answer = await client.get(page)
        assert answer.status_code == (expected if actor else 303), name
        assert (WORD in answer.text) is (expected == 200)
        assert (await client.get(file)).status_code == expected, name
        text = (await client.get(f"/challenges/{challenge.number}")).text
        assert SOLVER not in text
    readers_of_file = len(READING[phase])
    assert await FileAccess.filter(file_id=sealed.file_id).count() == readers_of_file
    await sign_in(client, sealed.people["author"])
    openings = (await client.get(f"{file}/openings")).text
    assert sealed.people["operator"].name in openings  # type: ignore[union-attr]


async def test_a_refusal_tells_nothing_of_anothers_solution(client: httpx.AsyncClient, deps: Deps) -> None:
    sealed = await make_sealed(deps)
    cast(FixedClock, deps.clock).now = OPENS
    number = sealed.stage.challenge.number
    firm = await make_solver("贺州学院")
    await sign_in(client, firm)
    with_one, without = [], []
    for address in (
        f"/challenges/{number}/solution",
        f"/challenges/{number}/solution/files/{sealed.file_id}",
        f"/challenges/{number}/solutions",
        f"/challenges/{number}/solutions/1",
        f"/files/{sealed.file_id}",
    ):
        answer = await client.get(address)
        with_one.append((answer.status_code, SOLVER in answer.text))
        answer = await client.get(address.replace(sealed.file_id, str(uuid4())))
        without.append((answer.status_code, False))
    assert with_one == without == [(404, False)] * 5
    for act in ("submit", "withdraw", f"files/{sealed.file_id}/remove"):
        answer = await post(client, f"/challenges/{number}/solution/{act}", follow=False)
        assert answer.status_code == 404


async def test_the_count_is_shown_where_the_owner_chose_so(client: httpx.AsyncClient, deps: Deps) -> None:
    sealed = await make_sealed(deps)
    cast(FixedClock, deps.clock).now = OPENS
    await past_guards("UPDATE challenges SET shows_count = true")
    assert "已有 1 份方案" in (await client.get(f"/challenges/{sealed.stage.challenge.number}")).text
    assert await Challenge.filter(shows_count=True).count() == 1


def test_what_is_sealed_is_for_its_author_and_what_was_never_opened_stays_so() -> None:
    for part, phases in TABLE.items():
        assert phases[Phase.SEALED] <= {Viewer.AUTHOR}, part
        assert set(phases) == set(Phase)
    for status in ChallengeStatus:
        assert phase_of(status, is_opened=False) is Phase.SEALED
    assert phase_of(ChallengeStatus.ENDED, is_opened=True) is Phase.ENDED
    assert phase_of(ChallengeStatus.NO_TAKER, is_opened=True) is Phase.OVER
    assert phase_of(ChallengeStatus.REVIEWING, is_opened=True) is Phase.JUDGED
    assert not may_know(Part.CONTENT, Viewer.PUBLIC, Phase.OVER)
    assert not may_know(Part.FILES, Viewer.OWNER, Phase.ENDED)


async def test_a_person_is_handed_the_solutions_that_they_submitted(deps: Deps) -> None:
    sealed = await make_sealed(deps)
    author = sealed.people["author"]
    assert author is not None
    rows = (await export(author.user_id))["solutions"]
    assert [row["challenge"] for row in rows] == [sealed.stage.challenge.number]
