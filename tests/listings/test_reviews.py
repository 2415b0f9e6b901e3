"""The operator's review: what is checked before, remarks at fields, and what a new draft changes."""

from __future__ import annotations

from datetime import timedelta

import httpx

from market.accounts.models import MemberRole, Organisation, OrganisationKind, StaffRole
from market.listings import authoring, queries
from market.listings.differences import content_fields
from market.listings.kinds import NEED, OUTCOME
from market.listings.models import Outcome, Review, ReviewRemark
from market.listings.prechecks import prechecks
from market.listings.rules import ANCHORS, HEADINGS
from market.listings.states import NeedStatus, OutcomeStatus
from market.records.by import By
from tests.factories import NOW, make_member, make_need, make_organisation, make_outcome, make_staff
from tests.listings.forms import outcome_values
from tests.visitor import faults_on, post, sign_in

POINTS = {"advantage": "2", "clarity": "2", "cooperation": "1", "language": "2"}
PATENT = {"kind": "invention", "number": "201810861934.2", "name": "一种导线", "status": "granted"}


async def faults_of(outcome: Outcome) -> dict[str, str]:
    found = await prechecks(OUTCOME, await queries.get_for_review(OUTCOME, outcome.number), [])
    return {check.label: " ".join(check.faults) for check in found if check.faults}


async def test_a_remark_stands_at_its_field_of_the_form_until_the_listing_is_published(
    client: httpx.AsyncClient,
) -> None:
    author = await make_member(await make_organisation(kind=OrganisationKind.UNIVERSITY), MemberRole.AGENT)
    outcome = await authoring.create_outcome(outcome_values(), by=By(author, NOW))
    await authoring.submit_outcome(outcome.number, by=By(author, NOW))
    address = f"/backoffice/listings/outcome/{outcome.number}"
    remarks = {
        "remarks-0-field": "rights",
        "remarks-0-text": "请补专利号",
        "remarks-1-field": "highlight",
        "remarks-1-text": "写出数字",
    }
    await sign_in(client, await make_staff(StaffRole.OPERATOR))

    page = await client.get(address)
    await post(client, address, POINTS | remarks | {"decision": "returned"})
    await sign_in(client, author)
    form = await client.get(f"/my/outcomes/{outcome.number}")
    await post(client, f"/my/outcomes/{outcome.number}", {"title": "改过的名称", "solution": "改过的方案"})
    await sign_in(client, await make_staff(StaffRole.OPERATOR))
    again = await client.get(address)

    assert all(str(words) in page.text for anchors in ANCHORS.values() for words in anchors.values())
    assert form.text.count("field__remark") == 2
    assert form.text.index('id="rights"') < form.text.index("请补专利号") < form.text.index('id="modes"')
    assert await ReviewRemark.all().count() == 2
    assert "与第 1 稿相比" in again.text
    assert "<ins>" in again.text


async def test_half_a_remark_is_refused(client: httpx.AsyncClient) -> None:
    outcome = await make_outcome(status=OutcomeStatus.PENDING, submitted_at=NOW)
    await sign_in(client, await make_staff(StaffRole.OPERATOR))
    halves: tuple[tuple[dict[str, str], str], ...] = (
        ({"remarks-0-field": "rights", "remarks-1-text": "不清楚"}, "请选栏目，并写明要怎样改"),
        ({"remarks-0-field": "targets", "remarks-0-text": "不清楚"}, "请从列表中选择"),
        ({}, "指出哪一栏要改"),
    )

    for typed, message in halves:
        page = await post(
            client,
            f"/backoffice/listings/outcome/{outcome.number}",
            POINTS | {"decision": "returned"} | typed,
        )

        faults = faults_on(page)
        assert (page.status_code, message in page.text) == (422, True)
        assert {name[:9] for name in faults if name.startswith("remarks-")} == {name[:9] for name in typed}
    assert not await Review.exists()


async def test_patents_duplicates_words_and_missing_evidence_are_found_before_the_operator_reads() -> None:
    other = await make_outcome(rights=[PATENT])
    wrong = [
        {"kind": "invention", "number": "201810861934.3", "name": "错号"},
        {"kind": "invention", "name": "无号"},
    ]
    bad = await make_outcome(highlight="全国第一", solution="加微信 lab2026", rights=[PATENT, *wrong])
    good = await make_outcome(
        await Organisation.get(id=other.organisation_id),
        rights=[{"kind": "software", "number": "2026SR1", "name": "软件"}],
        comparison=[{"indicator": "导电率", "ours": "54"}],
        evidence="检测报告",
    )

    found = await faults_of(bad)

    assert "201810861934.3 的校验位不对" in found["专利号"]
    assert "“无号”没有填专利号" in found["专利号"]
    assert f"也写在 {other.number}" in found["同一专利"]
    assert "另一家单位" in found["同一专利"]
    assert "一句话亮点" in found["用语和联系方式"]
    assert found["依据"] == "没有填与现有方案对比 没有填成熟度证据"
    assert await faults_of(good) == {}


async def test_the_queue_counts_what_waits_by_age(client: httpx.AsyncClient) -> None:
    for days in (0, 2, 5, 30):
        await make_need(status=NeedStatus.PENDING, submitted_at=NOW - timedelta(days=days))
    await sign_in(client, await make_staff(StaffRole.OPERATOR))

    page = await client.get("/backoffice/listings?kind=need")

    assert await queries.count_pending_by_age(NEED, NOW) == (2, 1, 1)
    assert "超过七天" in page.text
    assert "30 天" in page.text


def test_every_heading_has_anchors_and_every_field_can_be_remarked_on() -> None:
    assert set(ANCHORS) == set(HEADINGS)
    assert all(set(anchors) == {0, 2, 4, 5} for anchors in ANCHORS.values())
    assert {"comparison", "rights", "modes", "is_publicly_funded"} < set(content_fields("outcome"))
    assert "revision" not in content_fields("need")
