"""Who opened a file, or acted at a seat, tells nobody who the experts are before they may know."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from market.accounts.models import StaffRole, User
from market.audit.models import AuditEvent
from market.audit.queries import export_lines
from market.audit.verify import verify_file
from market.claims.models import Claim
from market.files.attachments import record_opening
from market.files.models import StoredFile, Tier
from market.panels.round_models import Round
from market.panels.round_results import conclude_round
from market.panels.seat_access import sealed_openers
from market.records.by import By
from tests.factories import NOW, make_staff
from tests.panels.round_factories import Stage, actor_of, make_checked, seats
from tests.panels.test_visibility import applicant_of, named_in
from tests.visitor import sign_in


async def opened_by_an_expert(stage: Stage, subject_kind: str, uploaded_by: User | None) -> StoredFile:
    """Let an expert of the panel open a paper of the claim, or a copy of the round."""
    file = await StoredFile.create(
        id=uuid4(),
        subject_kind=subject_kind,
        subject_id=stage.round.id if subject_kind == Round.record_kind else stage.claims[0],
        kind="invoice",
        name="发票.pdf",
        media_type="application/pdf",
        size=1,
        sha256="0" * 64,
        tier=Tier.PARTIES,
        uploaded_by=uploaded_by,
        uploaded_at=NOW,
    )
    seat = (await seats(stage.round))[0]
    await record_opening(file, by=By(await actor_of(seat), NOW))
    return file


async def test_neither_applicant_nor_auditor_reads_the_expert_in_who_opened_a_paper(
    client: httpx.AsyncClient,
) -> None:
    stage = await make_checked(80, 81, 82)
    claim = await Claim.get(id=stage.claims[0])
    applicant, auditor = await applicant_of(claim), await make_staff(StaffRole.AUDITOR)
    expert = await User.get(id=(await seats(stage.round))[0].user_id)
    copy = await opened_by_an_expert(stage, Round.record_kind, None)
    paper = await opened_by_an_expert(stage, "claim", await User.get(id=applicant.user_id))
    is_named = []
    for actor in (auditor, applicant):
        await sign_in(client, actor)
        page = (await client.get(f"/files/{paper.id}/openings")).text
        assert "评审专家（姓名不公开）" in page
        is_named.append(named_in(page)(expert.name))
        assert expert.id in await sealed_openers(actor, copy)
    await conclude_round(stage.round.number, reason="意见一致", by=By(stage.desk.rechecker, NOW))
    for actor in (auditor, applicant):
        await sign_in(client, actor)
        page = (await client.get(f"/files/{paper.id}/openings")).text
        is_named.append(named_in(page)(expert.name))

    assert is_named == [False, False, True, False]
    assert await sealed_openers(auditor, copy) == set()


async def test_the_log_searched_by_a_person_leaves_out_the_seats_that_are_sealed(
    client: httpx.AsyncClient,
) -> None:
    stage = await make_checked(80, 81, 82)
    seat = (await seats(stage.round))[0]
    event = await AuditEvent.filter(subject_kind="seat", subject_id=seat.id, action="submit").get()
    await sign_in(client, await make_staff(StaffRole.AUDITOR))
    address, row = f"/audit-log?actor={event.actor}", f"/audit-log/seat/{seat.id}"

    before = (await client.get(address)).text
    await conclude_round(stage.round.number, reason="意见一致", by=By(stage.desk.rechecker, NOW))
    after = (await client.get(address)).text

    assert (row in before, row in after) == (False, True)


async def test_an_export_of_the_log_holds_the_links_of_sealed_seats_alone_and_still_verifies(
    tmp_path: Path,
) -> None:
    stage = await make_checked(80, 81, 82)
    seat = (await seats(stage.round))[0]
    path = tmp_path / "log.jsonl"

    async def exported() -> list[dict[str, Any]]:
        path.write_text("".join([part async for part in export_lines()]), encoding="utf-8")
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        rows = [line.get("sealed", line) for line in lines]
        return [row for row in rows if row.get("subject_id") == str(seat.id)]

    before = await exported()
    assert verify_file(path) == []
    path.write_text(path.read_text().replace(before[0]["hash"], "0" * 64, 1))
    tampered = verify_file(path)
    await conclude_round(stage.round.number, reason="意见一致", by=By(stage.desk.rechecker, NOW))
    after = await exported()

    assert {name for row in before for name in row}.isdisjoint({"actor", "role", "action", "data"})
    assert [finding.fault for finding in tampered if finding.id == str(seat.id)] == ["unlinked"]
    assert verify_file(path) == []
    assert [row["hash"] for row in after[: len(before)]] == [row["hash"] for row in before]
    assert None not in {row["actor"] for row in after[: len(before)]}
    assert len({row["data"]["nonce"] for row in after}) == len(after)
