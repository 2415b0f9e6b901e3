"""Papers of a blind round: copied by a job, looked at by the operator, and only then read by experts."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID, uuid4

import httpx
import pytest

from market.accounts.models import Organisation
from market.claims.models import Claim, Evidence
from market.claims.queries import may_open_evidence
from market.deps import Deps
from market.files.mentions import Mention, Name, NameKind, Place
from market.files.models import FileAccess, StoredFile, Tier
from market.files.plain_copy import CopyFault, CopyRefused, Doubt, PlainCopy, Removed
from market.files.uploads import MEDIA_TYPES, Upload
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.jobs import run_pending
from market.panels.blind_copies import ask_for_copies, make_copies
from market.panels.blind_models import BlindCheck, BlindCopy
from market.panels.blind_names import names_in
from market.panels.blind_papers import check_copies, copy_rows, counts_of, material_of, may_open_copy
from market.panels.draw_replay import replay_draws
from market.panels.panel_seats import accept
from market.panels.round_models import Round, RoundItem, Seat
from market.panels.round_states import SeatStatus
from market.panels.subjects import get_subject
from market.records.by import By
from market.seed.content import make_pdf
from tests.claims.factories import make_accepted, make_desk
from tests.databases import past_guards
from tests.factories import NOW
from tests.invariants import broken
from tests.panels.round_factories import WIDE, Stage, actor_of, draw, make_pool, prepare, seats
from tests.stage_cache import cached_stage
from tests.visitor import post, sign_in

INVOICE, REPORT, ARCHIVE = "发票.pdf", "审计报告.pdf", "台账.zip"
SCOPE = ("panels: blind", "panels: experts of blind")


PAPER = make_pdf(["plain"])


async def make_paper(claim_id: UUID, name: str) -> StoredFile:
    """Add a paper with a file to an accepted claim."""
    file = await StoredFile.create(
        id=uuid4(),
        subject_kind="claim",
        subject_id=claim_id,
        kind="invoice",
        name=name,
        media_type=MEDIA_TYPES[name.rpartition(".")[2]],
        size=1,
        sha256=hashlib.sha256(PAPER).hexdigest(),
        tier=Tier.PARTIES,
        uploaded_at=NOW,
    )
    await Evidence.create(
        id=uuid4(), claim_id=claim_id, kind="invoice", number=name, file_id=file.id, added_at=NOW
    )
    return file


@dataclass(frozen=True)
class Copier:
    """Copies without parsing: what it answers stands for each name of a file."""

    answers: Mapping[str, PlainCopy | CopyFault]

    async def __call__(self, upload: Upload, names: Sequence[Name]) -> PlainCopy:
        answer = self.answers[upload.name]
        if isinstance(answer, CopyFault):
            raise CopyRefused(answer)
        return answer


CLEAN = PlainCopy(b"%PDF clean", [Removed.PROPERTIES], [], [(Doubt.SCAN, "2")])
NAMED = PlainCopy(b"%PDF named", [], [Mention(NameKind.UNIT, Place.PAGE, "3")], [])
COPIER = Copier({INVOICE: CLEAN, REPORT: NAMED, ARCHIVE: CopyFault.UNSUPPORTED})


@cached_stage
async def make_blind() -> Stage:
    """Draw a blind round over a claim with three papers; one expert has accepted."""
    desk = await make_desk()
    await make_pool()
    claim = await make_accepted(desk)
    for name in (INVOICE, REPORT, ARCHIVE):
        await make_paper(claim.id, name)
    round_ = await prepare(desk, [claim.id])
    await draw(round_.number, by=By(desk.operator, NOW))
    return Stage(desk, await Round.get(id=round_.id), [claim.id])


async def copied(stage: Stage, deps: Deps) -> dict[str, BlindCopy]:
    """Make the copies and return them by the name of their source."""
    await deps.store.put(PAPER)
    await make_copies(stage.round.id, store=deps.store, now=NOW, copier=COPIER)
    copies = await BlindCopy.all().select_related("source")
    return {copy.source.name: copy for copy in copies}


async def first_seat(stage: Stage) -> Seat:
    seat = (await seats(stage.round, SeatStatus.INVITED))[0]
    return await accept(seat.id, by=By(await actor_of(seat), NOW))


async def open_all(stage: Stage, copies: Mapping[str, BlindCopy]) -> None:
    for copy in copies.values():
        if copy.file_id:
            await FileAccess.create(file_id=copy.file_id, user_id=stage.desk.operator.user_id, opened_at=NOW)


async def test_copies_carry_no_name_and_are_linked_to_their_source_by_hash(deps: Deps) -> None:
    stage = await make_blind()
    copies = await copied(stage, deps)
    again = await make_copies(stage.round.id, store=deps.store, now=NOW, copier=COPIER)
    files = {copy.source.name: await StoredFile.get_or_none(id=copy.file_id) for copy in copies.values()}
    invoice = files[INVOICE]

    assert again == 0
    assert sorted(file.name for file in files.values() if file) == ["材料1.pdf", "材料2.pdf"]
    assert invoice is not None
    assert (invoice.subject_kind, invoice.uploaded_by_id) == ("round", None)
    assert await deps.store.get(copies[INVOICE].sha256) == CLEAN.content
    assert copies[ARCHIVE].fault is CopyFault.UNSUPPORTED
    assert copies[REPORT].mentions == [{"kind": "unit", "place": "page", "at": "3"}]
    assert await broken(*SCOPE, store=deps.store) == {}


async def test_a_job_copies_the_papers_of_a_blind_round_by_their_kinds(deps: Deps) -> None:
    stage = await make_blind()
    await run_pending(deps)
    first = await BlindCopy.all()
    await deps.store.put(PAPER)
    await ask_for_copies(stage.round.number, by=By(stage.desk.operator, NOW))
    await run_pending(deps)
    second = await BlindCopy.filter(attempt=2).order_by("place").select_related("source")

    assert [copy.fault for copy in first] == [CopyFault.MISSING] * 3
    assert {copy.source.name: copy.fault for copy in second} == {
        INVOICE: None,
        REPORT: None,
        ARCHIVE: CopyFault.UNSUPPORTED,
    }
    assert [copy.place for copy in second] == [1, 2, 3]


async def test_an_expert_opens_neither_originals_nor_copies_that_nobody_checked(deps: Deps) -> None:
    stage = await make_blind()
    seat = await first_seat(stage)
    expert, other = await actor_of(seat), await actor_of((await seats(stage.round, SeatStatus.INVITED))[0])
    copies = await copied(stage, deps)
    by = By(stage.desk.operator, NOW)
    file = await StoredFile.get(id=copies[INVOICE].file_id)
    source = await StoredFile.get(id=copies[INVOICE].source_id)
    unchecked = await may_open_copy(expert, file)
    with pytest.raises(Invalid, match="先打开副本"):
        await check_copies(stage.round.number, [copies[INVOICE].id], is_shown=True, reason="", by=by)
    await open_all(stage, copies)
    with pytest.raises(Invalid, match="理由"):
        await check_copies(stage.round.number, [copies[REPORT].id], is_shown=True, reason="", by=by)
    await check_copies(stage.round.number, [copies[INVOICE].id], is_shown=True, reason="", by=by)
    await check_copies(
        stage.round.number, [copies[REPORT].id], is_shown=False, reason="第 3 页有单位名称", by=by
    )

    assert not unchecked
    assert await may_open_copy(expert, file)
    assert not await may_open_copy(other, file)
    assert not await may_open_copy(None, file)
    assert await may_open_copy(stage.desk.operator, file)
    assert not await may_open_copy(expert, await StoredFile.get(id=copies[REPORT].file_id))
    assert not await may_open_evidence(expert, source)
    assert counts_of(await copy_rows(stage.round)) == {
        "papers": 3,
        "waiting": 0,
        "shown": 1,
        "failed": 1,
        "unmade": 0,
    }
    await check_copies(stage.round.number, [copies[INVOICE].id], is_shown=False, reason="漏看一处名称", by=by)
    assert not await may_open_copy(expert, file)


async def test_experts_of_a_round_that_is_not_blind_read_the_papers_themselves(deps: Deps) -> None:
    desk = await make_desk()
    await make_pool()
    claim = await make_accepted(desk)
    source = await make_paper(claim.id, INVOICE)
    round_ = await prepare(desk, [claim.id], rules=replace(WIDE, blind="single"))
    await draw(round_.number, by=By(desk.operator, NOW))
    expert = await actor_of(await first_seat(Stage(desk, round_, [claim.id])))
    item = await RoundItem.get(round_id=round_.id)
    subject = await get_subject("claim", claim.id)

    assert await may_open_evidence(expert, source)
    assert await make_copies(round_.id, store=deps.store, now=NOW, copier=COPIER) == 0
    assert await material_of(round_, item, subject) == subject
    with pytest.raises(Conflict):
        await ask_for_copies(round_.number, by=By(desk.operator, NOW))


async def test_texts_for_experts_of_a_blind_round_name_nobody_and_lead_nowhere() -> None:
    stage = await make_blind()
    claim = await Claim.get(id=stage.claims[0]).select_related("applicant")
    item = await RoundItem.get(round_id=stage.round.id)
    subject = await get_subject("claim", claim.id)
    unit: Organisation = claim.applicant
    section = replace(subject.sections[0], text=f"{unit.name}（{unit.uscc}）应用", address="/outcomes/1")
    material = await material_of(stage.round, item, replace(subject, sections=(section,)))
    names = {name.text for name in await names_in(subject)}

    assert material.sections[0].text == "申报单位（申报单位）应用"
    assert material.sections[0].address == ""
    assert {paper.address for paper in material.papers} == {""}
    assert all(INVOICE not in paper.label for paper in material.papers)
    assert {unit.name, unit.uscc} <= names


async def test_the_operator_checks_copies_on_a_page_and_the_expert_then_opens_them(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    stage = await make_blind()
    seat = await first_seat(stage)
    address = f"/admin/rounds/{stage.round.number}/papers"
    await sign_in(client, stage.desk.operator)
    unmade = await client.get(address)
    copies = await copied(stage, deps)
    await sign_in(client, await actor_of(seat))
    before = await client.get(f"/reviews/seats/{seat.id}")
    refused = await client.get(f"/files/{copies[INVOICE].source_id}")
    early = await client.get(f"/files/{copies[INVOICE].file_id}")
    await sign_in(client, stage.desk.operator)
    page = await client.get(address)
    unopened = await post(client, address, {"act": "show", "copy": str(copies[INVOICE].id)}, follow=False)
    await client.get(f"/files/{copies[INVOICE].file_id}")
    shown = await post(client, address, {"act": "show", "copy": str(copies[INVOICE].id)})
    asked = await post(client, address, {"act": "copy"})
    todo = (await client.get("/dashboard")).text
    await sign_in(client, await actor_of(seat))
    after = await client.get(f"/reviews/seats/{seat.id}")
    opened = await client.get(f"/files/{copies[INVOICE].file_id}")
    strange = await client.get(address)

    assert unmade.text.count("制作中") == 4
    assert before.text.count("盲审副本尚未核对") == 3
    assert (refused.status_code, early.status_code, strange.status_code) == (404, 404, 404)
    assert "单位名称（页 3）" in page.text
    assert "导出为 PDF 后重新提供" in page.text
    assert unopened.status_code == 422
    assert "专家可看" in shown.text
    assert "已开始制作" in asked.text
    assert "待核对盲审副本" in todo
    assert "材料1（" in after.text or "材料2（" in after.text
    assert INVOICE not in after.text
    assert opened.content == CLEAN.content
    assert "%E6%9D%90%E6%96%99" in opened.headers["content-disposition"]
    assert await broken(*SCOPE, store=deps.store) == {}


async def test_the_check_tells_copies_that_were_changed_and_papers_opened_too_early(deps: Deps) -> None:
    stage = await make_blind()
    seat = await first_seat(stage)
    copies = await copied(stage, deps)
    await open_all(stage, copies)
    copy = copies[INVOICE]
    for file_id in (copy.file_id, copy.source_id):
        await FileAccess.create(file_id=file_id, user_id=seat.user_id, opened_at=NOW)
    early = await broken("panels: experts of blind")
    await past_guards("UPDATE blind_copies SET sha256 = $1 WHERE id = $2", "f" * 64, copy.id)
    changed = await broken("panels: blind", store=deps.store)

    assert [sorted(findings) for findings in early.values()] == [
        [
            f"盲审 {stage.round.number} 第 1 项的{seat.label}打开了原件",
            f"评审 {stage.round.number} 第 1 项的{seat.label}打开了没有核对的副本",
        ]
    ]
    assert sorted(changed) == [
        "panels: blind copies are stored",
        "panels: blind copies are what the log says",
    ]


async def test_only_copies_of_the_round_are_checked_and_none_after_its_conclusion(deps: Deps) -> None:
    stage = await make_blind()
    by = By(stage.desk.operator, NOW)
    for ids, error in ((), Invalid), ([uuid4()], NotFound):
        with pytest.raises(error):
            await check_copies(stage.round.number, ids, is_shown=True, reason="", by=by)

    assert not await BlindCheck.exists()
    assert all(replay.is_same for replay in await replay_draws(stage.round))
