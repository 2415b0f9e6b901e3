"""Annexes of a challenge: who opens which when, and that nobody learns too early who is about to solve it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import uuid4

import httpx
import pytest

from market.accounts.actors import Actor
from market.accounts.models import Organisation, OrganisationStatus, StaffRole
from market.challenges import annexes, clock, drafting, screening
from market.challenges.visibility import ANNEXES, Annex, Reader
from market.deps import Deps
from market.files.attachments import StoredBlob
from market.files.models import StoredFile, Tier
from market.files.uploads import Upload
from market.kit.errors import Conflict, Invalid, NotFound
from market.records.by import By
from tests.challenges.factories import DEADLINE, OPENS, Stage, make_draft
from tests.challenges.selection_factories import set_clock
from tests.challenges.solution_factories import close_and_open, hand_in, make_solver, make_written
from tests.databases import tampered
from tests.factories import HOLIDAYS, NOW, make_broker, make_member, make_organisation, make_staff
from tests.invariants import broken
from tests.visitor import post, sign_in

OPEN, SECRET_NAME = "电解槽工况数据.pdf", "槽壳图纸与热平衡计算.pdf"
PDF = b"%PDF-1.7\n%annex\n"
SOLVER = "钦州深海材料学院"


@dataclass
class Annexed:
    stage: Stage
    public: StoredFile
    confidential: StoredFile
    people: Mapping[str, Actor | None]


async def _attach(stage: Stage, name: str, tier: Tier, deps: Deps) -> StoredFile:
    content = PDF + name.encode()
    blob = StoredBlob(Upload(name, content, "application/pdf"), await deps.store.put(content))
    return await annexes.add_annex(stage.challenge.number, blob, tier, by=By(stage.owner, NOW))


async def make_annexed(deps: Deps) -> Annexed:
    """Make a draft with one public and one confidential annex, and people of all sorts."""
    stage = await make_draft()
    public = await _attach(stage, OPEN, Tier.PUBLIC, deps)
    confidential = await _attach(stage, SECRET_NAME, Tier.UNDERTAKING, deps)
    waiting = await make_organisation(status=OrganisationStatus.PENDING, name="未实名的公司")
    people: dict[str, Actor | None] = {
        "guest": None,
        "owner": stage.owner,
        "colleague": await make_member(await Organisation.get(id=stage.owner.organisation_id)),
        "unit": await make_solver(SOLVER),
        "unverified": await make_member(waiting),
        "broker": await make_broker(),
        "operator": stage.operator,
        "auditor": await make_staff(StaffRole.AUDITOR),
        "officer": await make_staff(StaffRole.OFFICER),
    }
    return Annexed(stage, public, confidential, people)


async def _bring(annexed: Annexed, when: str, deps: Deps) -> None:
    """Bring the draft to the moment that is tested."""
    number, owner = annexed.stage.challenge.number, annexed.stage.owner
    set_clock(deps, NOW)
    if when == "draft":
        return
    await drafting.submit(number, by=By(owner, NOW))
    if when == "collecting":
        return
    await screening.list_of_firm(number, calendar=HOLIDAYS, by=By(annexed.stage.operator, NOW))
    set_clock(deps, OPENS)
    if when == "opened":
        challenge = await annexed.stage.reload()
        await close_and_open(challenge, deps.store)
        set_clock(deps, DEADLINE)


OFFICE = {"operator", "auditor"}
OWN = {"owner", "colleague"}
OPENING = {
    "draft": (OWN, OWN),
    "collecting": (OWN | OFFICE, OWN | OFFICE),
    "listed": (None, OWN | OFFICE | {"unit"}),
    "opened": (None, OWN | OFFICE | {"unit"}),
}
"""Who opens the public and the confidential annex at which moment; None: everybody."""


@pytest.mark.parametrize("when", OPENING)
async def test_who_opens_which_annex_when(client: httpx.AsyncClient, deps: Deps, when: str) -> None:
    annexed = await make_annexed(deps)
    await _bring(annexed, when, deps)
    number = annexed.stage.challenge.number
    for name, actor in annexed.people.items():
        await sign_in(client, actor)
        page = (await client.get(f"/challenges/{number}")).text
        for file, readers in zip((annexed.public, annexed.confidential), OPENING[when], strict=True):
            may = readers is None or name in readers
            answer = await client.get(f"/files/{file.id}")
            must_sign = may and file.tier is Tier.UNDERTAKING and name != "owner"
            assert answer.status_code == (303 if must_sign else 200 if may else 404), (name, file.name)
            assert (file.name in page) is may, (name, file.name)


@pytest.mark.parametrize("when", ["listed", "opened"])
async def test_nobody_is_told_who_opened_an_annex_before_the_solutions_are_open(
    client: httpx.AsyncClient, deps: Deps, when: str
) -> None:
    annexed = await make_annexed(deps)
    await _bring(annexed, "listed", deps)
    file, unit = annexed.confidential, annexed.people["unit"]
    assert unit is not None
    await sign_in(client, unit)
    assert (await post(client, f"/files/{file.id}/undertake", {"agreed": "y"})).status_code == 200
    assert (await client.get(f"/files/{file.id}")).status_code == 200
    if when == "opened":
        other, challenge = await make_solver("河池学院"), await annexed.stage.reload()
        await clock.begin_responding(challenge.id, now=OPENS)
        await hand_in(await make_written(annexed.stage, other), other)
        await close_and_open(await annexed.stage.reload(), deps.store)
    challenge_id, number = annexed.stage.challenge.id, annexed.stage.challenge.number
    addresses = (
        f"/files/{file.id}/openings",
        f"/files/{annexed.public.id}/openings",
        f"/challenges/{number}",
        "/audit-log",
        f"/audit-log/challenge_annex/{challenge_id}",
        f"/audit-log/challenge/{challenge_id}",
        "/audit-log/export",
        "/dashboard",
    )
    telling: dict[str, set[str]] = {}
    for name, actor in annexed.people.items():
        if name == "unit":
            continue
        await sign_in(client, actor)
        for address in addresses:
            answer = await client.get(address, follow_redirects=True)
            assert answer.status_code < 500, (name, address)
            if SOLVER in answer.text or unit.name in answer.text:
                telling.setdefault(address.split("/")[1], set()).add(name)
    if when == "listed":
        assert telling == {}
    else:
        assert telling["files"] == {"owner", "colleague", "auditor"}


async def test_an_owner_attaches_replaces_and_takes_off_until_the_draft_is_submitted(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    stage = await make_draft()
    number = stage.challenge.number
    page = f"/challenges/{number}/annexes"
    set_clock(deps, NOW)
    await sign_in(client, stage.owner)
    assert "添加附件" in (await client.get(f"/challenges/{number}")).text
    assert "还没有附件" in (await client.get(page)).text
    answer = await post(client, page, {"tier": "parties"}, files={"file": (OPEN, PDF, "application/pdf")})
    assert answer.status_code == 422
    answer = await post(client, page, {"tier": "public"})
    assert (answer.status_code, "请选择文件" in answer.text) == (422, True)
    for tier in ("public", "undertaking"):
        answer = await post(client, page, {"tier": tier}, files={"file": (OPEN, PDF, "application/pdf")})
        assert "已添加" in answer.text
    (file,) = (await annexes.annexes_of(stage.owner, stage.challenge)).files
    assert (file.tier, file.version) == (Tier.UNDERTAKING, 2), "the second takes the first one's place"
    assert "已取下" in (await post(client, f"{page}/{file.id}/take-off")).text
    assert (await post(client, f"{page}/{uuid4()}/take-off", follow=False)).status_code == 404
    await post(client, page, {"tier": "public"}, files={"file": (OPEN, PDF, "application/pdf")})
    await drafting.submit(number, by=By(stage.owner, NOW))
    assert (await client.get(page)).status_code == 409
    blob = StoredBlob(Upload(OPEN, PDF, "application/pdf"), await deps.store.put(PDF))
    with pytest.raises(Conflict):
        await annexes.add_annex(number, blob, Tier.PUBLIC, by=By(stage.owner, NOW))
    with pytest.raises(NotFound):
        await annexes.add_annex(number, blob, Tier.PUBLIC, by=By(await make_member(), NOW))
    await screening.list_of_firm(number, calendar=HOLIDAYS, by=By(stage.operator, NOW))
    assert await broken("challenges:") == {}
    async with tampered("UPDATE files SET tier = 'undertaking' WHERE tier = 'public'"):
        assert "challenges: annexes are as listed" in await broken("challenges: annexes")


async def test_a_masked_list_names_no_owner_in_a_file_name(deps: Deps) -> None:
    stage = await make_draft(is_masked=True)
    with pytest.raises(Invalid, match="文件名"):
        await _attach(stage, "百色电解铝有限公司槽壳图纸.pdf", Tier.PUBLIC, deps)


def test_what_is_not_listed_is_for_owner_and_office_and_guests_open_nothing_confidential() -> None:
    for annex in Annex:
        assert ANNEXES[annex][False] == {Reader.OWNER, Reader.OFFICE}
    assert Reader.GUEST not in ANNEXES[Annex.CONFIDENTIAL][True]
    assert ANNEXES[Annex.PUBLIC][True] == set(Reader)
