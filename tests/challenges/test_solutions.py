"""Solutions: written sealed, submitted before the deadline, opened all together."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from asyncpg import PostgresError  # type: ignore[import-untyped]
from tortoise.exceptions import IntegrityError, OperationalError

from market.accounts.actors import Actor
from market.accounts.models import Message, Organisation, OrganisationKind, StaffRole
from market.challenges import clock, extending, submitting
from market.challenges.challenge_terms import Package
from market.challenges.clock import OPEN_JOB
from market.challenges.deadlines import GRACE
from market.challenges.models import Challenge, PublishedTerms
from market.challenges.opening import Broken, open_all
from market.challenges.reminders import BEFORE, remind
from market.challenges.sealing import open_draft, open_version
from market.challenges.solution_content import (
    ReachRow,
    StageRow,
    TeamRow,
    commitment,
    faults_of,
)
from market.challenges.solution_drafts import begin_solution, remove_file, save
from market.challenges.solution_hints import OpenedText, hints_of
from market.challenges.solution_models import (
    OpenedSolution,
    SealedFile,
    Solution,
    SolutionVersion,
)
from market.challenges.solution_states import SOLUTION_WORKFLOW, SolutionAction, SolutionStatus
from market.challenges.states import BudgetKind, ChallengeStatus, Cooperation, EndReason
from market.challenges.submitting import Late
from market.deps import Deps
from market.files.models import StoredFile
from market.integrity.models import Scope, TieKind
from market.integrity.party_ties import record_tie
from market.integrity.sanction_acts import Barred
from market.kit.database import connection, in_transaction
from market.kit.encryption import Undecipherable
from market.kit.errors import Conflict, Forbidden, Invalid, NotFound
from market.kit.workflow import ActionNotAllowed
from market.records.by import By
from tests.challenges.factories import (
    DEADLINE,
    OPENS,
    WAN,
    Stage,
    challenge_terms,
    make_listed_by_two,
)
from tests.challenges.solution_factories import (
    FILE_NAME,
    IN_TIME,
    PDF,
    SECRET,
    WORD,
    attach,
    close_and_open,
    hand_in,
    make_responding,
    make_solver,
    make_written,
    solution_content,
)
from tests.databases import past_guards, run_as_owner
from tests.factories import HOLIDAYS, make_member, make_organisation, make_staff
from tests.integrity.test_sanction_acts import confirm, file_one
from tests.invariants import broken
from tests.moments import run_acts
from tests.visitor import sign_in

S, A = SolutionStatus, SolutionAction
TERMS = challenge_terms()


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({"summary": ""}, "summary", "一两句话"),
        ({"leader": ""}, "leader", "挂帅"),
        ({"price": None}, "price", "请填报价"),
        ({"months": None}, "months", "工期"),
        ({"related": ""}, "related", "关联关系"),
        ({"approach": "短"}, "approach", "至少 30 个字"),
        ({"price": 201 * WAN}, "price", "超过"),
        ({"reaches": (ReachRow(1, "96", "外推"),)}, "reaches", "氧化失重率"),
        ({"stages": ()}, "stages", "几个阶段"),
        ({"stages": (StageRow("一", "", 1, 9000),)}, "stages", "合计 90%"),
        ({"stages": (StageRow("", "", 1, 10_000),)}, "stages", "名称和比例"),
        ({"team": (TeamRow("甲", "", 5000), TeamRow("乙", "", 4000))}, "team", "合计 90%"),
    ],
)
def test_what_keeps_a_solution_from_being_submitted_is_told_at_its_field(
    given: dict[str, Any], field: str, words: str
) -> None:
    faults = faults_of(solution_content(**given), TERMS, 0)

    assert [sentence for name, sentence in faults if name == field and words in sentence], faults


def test_a_whole_solution_has_no_fault_and_a_price_keeps_to_the_kind_of_the_budget() -> None:
    content = solution_content()
    assert faults_of(content, TERMS, 0) == []
    assert "定额" in faults_of(content, replace(TERMS, budget_kind=BudgetKind.FIXED), 0)[0][1]
    fitting = replace(TERMS, budget_kind=BudgetKind.RANGE, budget_least=190 * WAN)
    assert "下限" in faults_of(content, fitting, 0)[0][1]
    assert faults_of(content, replace(TERMS, budget=None, budget_kind=BudgetKind.NEGOTIABLE), 0) == []
    assert "不接受联合" in faults_of(content, replace(TERMS, allows_teams=False), 0)[0][1]
    first, second = TERMS.indicators
    crowd = replace(
        TERMS,
        cooperation=Cooperation.CROWD,
        packages=(Package("一", "内容", 100 * WAN), Package("二", "内容", 180 * WAN)),
        indicators=(replace(first, package=1), replace(second, package=2)),
    )
    assert "超过" in faults_of(content, crowd, 1)[0][1]
    assert faults_of(replace(content, reaches=content.reaches[1:]), crowd, 2) == []


def test_a_commitment_changes_with_every_word_file_and_term() -> None:
    content, files = solution_content().content, [{"name": "a", "sha256": "1"}]
    hash_ = commitment("c", "t", content, files, "s")
    others = {
        commitment("d", "t", content, files, "s"),
        commitment("c", "u", content, files, "s"),
        commitment("c", "t", solution_content(price=1).content, files, "s"),
        commitment("c", "t", content, [{"name": "b", "sha256": "1"}], "s"),
        commitment("c", "t", content, [{"name": "a", "sha256": "2"}], "s"),
        commitment("c", "t", content, files, "r"),
    }
    assert hash_ not in others
    assert len(others) == 6


def test_every_status_and_action_of_a_solution_leads_where_the_table_says() -> None:
    table = {
        (S.DRAFT, A.SUBMIT): S.SUBMITTED,
        (S.SUBMITTED, A.SUBMIT): S.SUBMITTED,
        (S.SUBMITTED, A.WITHDRAW): S.WITHDRAWN,
        (S.SUBMITTED, A.ADMIT): S.ADMITTED,
        (S.SUBMITTED, A.REFUSE): S.INADMISSIBLE,
        (S.ADMITTED, A.CHOOSE): S.CHOSEN,
        (S.ADMITTED, A.PASS_OVER): S.NOT_CHOSEN,
        (S.CHOSEN, A.PASS_OVER): S.NOT_CHOSEN,
        (S.NOT_CHOSEN, A.PROMOTE): S.CHOSEN,
        (S.CHOSEN, A.REOPEN): S.ADMITTED,
        (S.NOT_CHOSEN, A.REOPEN): S.ADMITTED,
    }
    for status in S:
        for action in A:
            if (status, action) in table:
                assert SOLUTION_WORKFLOW.next(status, action) is table[status, action]
            else:
                with pytest.raises(ActionNotAllowed):
                    SOLUTION_WORKFLOW.next(status, action)


def test_alike_solutions_and_shared_people_are_hinted_at_and_nothing_else() -> None:
    def text(place: int, unit: str, **given: Any) -> OpenedText:
        return OpenedText(place, unit, solution_content(**given))

    other = "先做配方正交试验，再以真空浸渍成型，装槽前逐块探伤，运行中用热像仪每周记录温度场，半年取样一次。"
    hints = hints_of(
        [
            text(1, "甲大学", team=()),
            text(2, "乙大学", team=(TeamRow("甲大学", "", 10_000),), leader="另一人", approach=other),
            text(3, "丙大学", team=(), leader="第三人"),
            text(4, "丙大学", team=(), leader="第三人", approach=other[::-1]),
        ]
    )
    assert hints == {
        1: ["技术路线与方案 3 几乎相同", "有单位也在方案 2 中"],
        2: ["有单位也在方案 1 中"],
        3: ["技术路线与方案 1 几乎相同"],
    }


async def test_the_last_version_counts_and_all_are_opened_together(deps: Deps) -> None:
    stage, solver, other = await make_responding(), await make_solver(), await make_solver("南宁师范大学")
    solution = await make_written(stage, solver)
    file_id = await attach(solution, solver, deps.store)
    first = await hand_in(solution, solver, IN_TIME - timedelta(hours=1))
    await save(solution.id, solution_content(price=170 * WAN), secret=SECRET, by=By(solver, OPENS))
    second = await hand_in(solution, solver)
    await make_written(stage, other)
    rival = await make_solver("广西大学")
    await hand_in(await make_written(stage, rival, price=150 * WAN), rival)
    assert first.commitment != second.commitment

    assert await clock.close(stage.challenge.id, now=DEADLINE + GRACE)
    rows = await connection().execute_query_dict(
        "SELECT args FROM procrastinate_jobs WHERE task_name = $1", [OPEN_JOB]
    )
    assert len(rows) == 1
    at = DEADLINE + GRACE
    for _twice in range(2):
        await open_all(stage.challenge.id, secret=SECRET, store=deps.store, now=at)
    challenge = await stage.reload()
    assert (challenge.status, challenge.opened_at) == (ChallengeStatus.CHECKING, at)
    opened = await OpenedSolution.all().order_by("solution__place").select_related("solution", "version")
    assert [row.solution.place for row in opened] == [1, 2]
    assert [row.version.commitment for row in opened] == sorted(row.version.commitment for row in opened)
    own = next(row for row in opened if row.solution_id == solution.id)
    assert (own.version.version, own.content["price"]) == (2, 170 * WAN)
    file = await StoredFile.get(id=UUID(file_id))
    assert (file.name, file.subject_kind) == (FILE_NAME, "solution")
    assert await deps.store.get(file.sha256) == PDF
    assert await broken("challenges:", secret=SECRET, store=deps.store) == {}
    assert await Message.filter(text__contains="统一开启，共 2 份").exists()
    with pytest.raises(Conflict):
        await save(solution.id, solution_content(), secret=SECRET, by=By(solver, at))


@pytest.mark.parametrize(
    ("arrives", "is_taken"),
    [
        (OPENS - timedelta(milliseconds=1), False),
        (OPENS, True),
        (DEADLINE - timedelta(milliseconds=1), True),
        (DEADLINE, False),
        (DEADLINE + timedelta(seconds=1), False),
    ],
)
async def test_what_arrives_at_the_deadline_is_too_late_however_long_the_other_waited(
    arrives: Any, is_taken: bool
) -> None:
    stage, solver = await make_responding(), await make_solver()
    solution = await make_written(stage, solver)
    long_after = max(arrives, DEADLINE) + GRACE - timedelta(seconds=1)
    if is_taken:
        version = await hand_in(solution, solver, arrives, long_after)
        assert version.arrived_at == arrives
    else:
        with pytest.raises(Late, match=r"草稿仍保留|还没有开始"):
            await hand_in(solution, solver, arrives, long_after)
        draft = await Solution.get(id=solution.id)
        assert open_draft(SECRET, draft.id, draft.draft) == solution_content()


async def test_the_database_itself_refuses_what_comes_late_and_keeps_what_came() -> None:
    stage, solver = await make_responding(), await make_solver()
    solution = await make_written(stage, solver)
    version = await hand_in(solution, solver)
    values: dict[str, Any] = {
        "solution_id": solution.id,
        "sealed": version.sealed,
        "commitment": version.commitment,
        "terms_version": 1,
        "submitted_by_id": solver.user_id,
    }
    for number, arrives in ((2, DEADLINE), (3, OPENS - timedelta(seconds=1))):
        with pytest.raises(IntegrityError, match="takes no solution"):
            async with in_transaction():
                await SolutionVersion.create(
                    id=uuid4(), version=number, arrived_at=arrives, submitted_at=DEADLINE, **values
                )
    for statement in (
        "UPDATE solution_versions SET commitment = repeat('0', 64)",
        "DELETE FROM solution_versions",
        "DELETE FROM solutions",
        "UPDATE solutions SET organisation_id = gen_random_uuid()",
        "UPDATE challenges SET deadline_at = deadline_at + interval '1 day'",
    ):
        with pytest.raises((OperationalError, PostgresError)):
            await run_as_owner(statement)


async def test_one_unit_has_one_solution_which_it_may_withdraw_until_the_deadline() -> None:
    stage, solver = await make_responding(), await make_solver()
    solution = await make_written(stage, solver)
    assert (await begin_solution(stage.challenge, 0, by=By(solver, OPENS))).id == solution.id
    await hand_in(solution, solver)
    with pytest.raises(Late):
        await submitting.withdraw(solution.id, arrived_at=DEADLINE, by=By(solver, DEADLINE))
    await submitting.withdraw(solution.id, arrived_at=IN_TIME, by=By(solver, IN_TIME))
    again = await begin_solution(stage.challenge, 0, by=By(solver, IN_TIME))
    assert again.id != solution.id
    with pytest.raises(NotFound):
        await begin_solution(stage.challenge, 1, by=By(solver, IN_TIME))
    with pytest.raises(Conflict, match="截止"):
        await begin_solution(stage.challenge, 0, by=By(await make_solver("百色学院"), DEADLINE))


async def test_who_may_not_solve_is_told_why() -> None:
    stage = await make_responding()
    with pytest.raises(Forbidden, match="自己的榜"):
        await begin_solution(stage.challenge, 0, by=By(stage.owner, OPENS))
    institute = await make_member(await make_organisation(kind=OrganisationKind.INSTITUTE))
    with pytest.raises(Forbidden, match="高校、企业"):
        await begin_solution(stage.challenge, 0, by=By(institute, OPENS))
    solver = await make_solver()
    solution = await make_written(stage, solver)
    organisation = await solution.organisation
    await confirm(await file_one(str(organisation.uscc), scopes=[Scope.CHALLENGE]))
    with pytest.raises(Barred):
        await hand_in(solution, solver)
    with pytest.raises(NotFound):
        await hand_in(solution, await make_solver("别的大学"))


async def test_a_draft_that_lacks_something_is_not_submitted() -> None:
    stage, solver = await make_responding(), await make_solver()
    solution = await begin_solution(stage.challenge, 0, by=By(solver, OPENS))
    with pytest.raises(Invalid):
        await hand_in(solution, solver)
    assert await SolutionVersion.filter(solution_id=solution.id).count() == 0


async def test_files_are_encrypted_limited_and_taken_out_of_the_draft_alone(deps: Deps) -> None:
    stage, solver = await make_responding(), await make_solver()
    solution = await make_written(stage, solver)
    file_id = await attach(solution, solver, deps.store)
    row = await SealedFile.get(id=UUID(file_id))
    assert PDF not in await deps.store.get(row.store_digest)
    assert FILE_NAME.encode() not in bytes(row.sealed)
    version = await hand_in(solution, solver)
    await remove_file(solution.id, UUID(file_id), by=By(solver, OPENS))
    with pytest.raises(NotFound):
        await remove_file(solution.id, UUID(file_id), by=By(solver, OPENS))
    assert [facts.name for facts in open_version(SECRET, solution.id, version.sealed).files] == [FILE_NAME]
    with pytest.raises(Undecipherable):
        open_version(SECRET, uuid4(), version.sealed)
    with pytest.raises(Undecipherable):
        open_draft("another key", solution.id, solution.draft)
    with pytest.raises(Invalid, match="内容与扩展名不符"):
        await attach(solution, solver, deps.store, b"MZ\x90\x00", "方案.pdf")
    with pytest.raises(Invalid, match="只接收"):
        await attach(solution, solver, deps.store, b"MZ\x90\x00", "方案.exe")
    for place in range(10):
        await attach(solution, solver, deps.store, name=f"{place}.pdf")
    with pytest.raises(Invalid, match="最多 10 个文件"):
        await attach(solution, solver, deps.store, name="多一个.pdf")


async def test_nobody_came_is_recorded_and_nothing_is_opened_of_a_draft(deps: Deps) -> None:
    stage, solver = await make_responding(), await make_solver()
    await make_written(stage, solver)
    challenge = await close_and_open(stage.challenge, deps.store)
    assert (challenge.status, challenge.end_reason) == (ChallengeStatus.NO_TAKER, EndReason.NONE_CAME)
    assert await OpenedSolution.all().count() == 0
    assert await broken("challenges:", secret=SECRET, store=deps.store) == {}
    await open_all(challenge.id, secret=SECRET, store=deps.store, now=DEADLINE + GRACE)


async def test_drafts_are_reminded_and_nobody_else_learns_that_there_are_any(deps: Deps) -> None:
    stage, solver, done = await make_responding(), await make_solver(), await make_solver("河池学院")
    await make_written(stage, solver)
    await hand_in(await make_written(stage, done), done)
    before = await Message.all().count()
    assert await run_acts(DEADLINE - timedelta(days=7), *BEFORE, deps=deps) == 1
    told = await Message.all().order_by("id").offset(before)
    assert [row.user_id for row in told] == [solver.user_id]
    assert WORD not in told[0].text
    assert await remind(stage.challenge.id, now=DEADLINE) is False


async def test_a_deadline_is_extended_once_before_it_is_over_and_told_to_who_writes(deps: Deps) -> None:
    stage, solver = await make_responding(), await make_solver()
    await make_written(stage, solver)
    number, until, why = stage.challenge.number, DEADLINE + timedelta(days=10), "上游停电一周，试样推迟送检。"

    async def extend(moment: Any, until: Any = until, reason: str = why, actor: Any = None) -> Challenge:
        by = By(actor or stage.owner, moment)
        return await extending.extend(number, until, reason, arrived_at=moment, calendar=HOLIDAYS, by=by)

    with pytest.raises(Conflict, match="已经截止"):
        await extend(DEADLINE + timedelta(seconds=1))
    with pytest.raises(Invalid, match="只能延后"):
        await extend(IN_TIME, DEADLINE)
    with pytest.raises(Invalid, match="最多延后 60 天"):
        await extend(IN_TIME, DEADLINE + timedelta(days=61))
    with pytest.raises(Invalid, match="为什么延期"):
        await extend(IN_TIME, reason="忙")
    with pytest.raises(NotFound):
        await extend(IN_TIME, actor=solver)
    challenge = await extend(IN_TIME)
    assert (challenge.deadline_at, challenge.version) == (until, 2)
    assert await PublishedTerms.filter(challenge_id=challenge.id).count() == 2
    assert await Message.filter(user_id=solver.user_id, text__contains="延期到 2026-05-10 17:00:00").exists()
    with pytest.raises(Conflict, match="只能延期一次"):
        await extend(IN_TIME)
    assert await clock.close(challenge.id, now=DEADLINE + GRACE) is False
    solution = await Solution.get(challenge_id=challenge.id)
    version = await hand_in(solution, solver, until - timedelta(milliseconds=1))
    assert version.terms_version == 2
    assert await broken("challenges:", secret=SECRET, store=deps.store) == {}


async def test_a_government_list_is_not_extended_by_its_owner_nor_solved_by_whom_it_holds() -> None:
    stage = await make_listed_by_two()
    held = await make_solver("右江区工业研究院")
    await _tie(stage, held)
    with pytest.raises(Forbidden, match=r"存在关联关系（.*60%.*）"):
        await begin_solution(stage.challenge, 0, by=By(held, OPENS))
    with pytest.raises(Forbidden, match="批准人决定"):
        await extending.extend(
            stage.challenge.number,
            DEADLINE + timedelta(days=1),
            "延期的理由写在这里。",
            arrived_at=OPENS,
            calendar=HOLIDAYS,
            by=By(stage.owner, OPENS),
        )


async def _tie(stage: Stage, solver: Actor) -> None:
    """Record that the owner of a challenge holds shares of a solver."""
    held = await Organisation.get(id=solver.organisation_id)
    owner = await Organisation.get(id=stage.challenge.owner_id)
    await record_tie(
        TieKind.SHAREHOLDING,
        str(held.uscc),
        str(owner.uscc),
        role="",
        basis_points=6000,
        source="年报",
        secret=SECRET,
        by=By(await make_staff(StaffRole.OFFICER), OPENS),
    )


async def test_a_firms_own_daughter_may_solve_and_readers_are_told(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    stage, solver = await make_responding(), await make_solver()
    await _tie(stage, solver)
    await hand_in(await make_written(stage, solver), solver)
    await close_and_open(stage.challenge, deps.store)
    await sign_in(client, stage.owner)
    page = await client.get(f"/challenges/{stage.challenge.number}/solutions")
    assert "与发榜方存在关联关系" in page.text


async def test_who_tampers_with_solutions_past_the_guards_is_found(deps: Deps) -> None:
    stage, solver = await make_responding(), await make_solver()
    solution = await make_written(stage, solver)
    await attach(solution, solver, deps.store)
    await hand_in(solution, solver)
    challenge = await close_and_open(stage.challenge, deps.store)
    assert await broken("challenges:", secret=SECRET, store=deps.store) == {}
    for statement, undo, name in (
        (
            "UPDATE solution_versions SET arrived_at = arrived_at + interval '1 h', "
            "submitted_at = submitted_at + interval '1 h'",
            "UPDATE solution_versions SET arrived_at = arrived_at - interval '1 h', "
            "submitted_at = submitted_at - interval '1 h'",
            "challenges: no solution came late",
        ),
        (
            "UPDATE opened_solutions SET opened_at = opened_at - interval '1 day'",
            "UPDATE opened_solutions SET opened_at = opened_at + interval '1 day'",
            "challenges: none is open before its time",
        ),
        (
            "UPDATE solutions SET place = NULL",
            "UPDATE solutions SET place = 1",
            "challenges: all are opened",
        ),
        (
            "UPDATE audit_events SET data = '{}' WHERE subject_kind = 'solution' AND action = 'submit'",
            "",
            "challenges: versions are logged",
        ),
        (
            "UPDATE opened_solutions SET content = content || '{\"price\": 1}'",
            "",
            "challenges: versions are as committed",
        ),
        ("UPDATE sealed_files SET store_digest = repeat('0', 64)", "", "challenges: sealed files are kept"),
        (
            "UPDATE challenges SET deadline_at = deadline_at - interval '1 day'",
            "",
            "challenges: deadlines moved once",
        ),
    ):
        await past_guards(statement)
        assert name in await broken("challenges:", secret=SECRET, store=deps.store), name
        if undo:
            await past_guards(undo)
    assert challenge.status is ChallengeStatus.CHECKING


async def test_a_version_that_is_not_what_was_committed_to_stops_the_opening_and_no_other(deps: Deps) -> None:
    stage, solver = await make_responding(), await make_solver()
    await hand_in(await make_written(stage, solver), solver)
    other = await make_solver("梧州学院")
    good = await make_written(stage, other)
    await hand_in(good, other)
    await past_guards(
        "UPDATE solution_versions SET commitment = repeat('0', 64) WHERE solution_id <> $1", good.id
    )
    await clock.close(stage.challenge.id, now=DEADLINE + GRACE)
    with pytest.raises(Broken):
        await open_all(stage.challenge.id, secret=SECRET, store=deps.store, now=DEADLINE + GRACE)
    assert await OpenedSolution.filter(solution_id=good.id).exists()
    assert (await stage.reload()).status is ChallengeStatus.CLOSED
