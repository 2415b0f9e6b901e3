"""Listings are confirmed once a year: asked for by mail, done by one press."""

from __future__ import annotations

from datetime import date, timedelta

import httpx
import pytest

from market.accounts.models import MemberRole, Message, Organisation
from market.audit.models import AuditEvent
from market.deps import Deps
from market.kit.errors import NotFound
from market.kit.models import OutgoingMail
from market.listings import authoring, freshness
from market.listings.deadlines import expiry_act, reminder_act, reminder_due
from market.listings.kinds import NEED, OUTCOME
from market.listings.models import Need, Outcome
from market.listings.states import NeedStatus, OutcomeStatus
from market.records.by import By
from market.search.engine import Query
from tests.factories import NOW, make_member, make_need, make_organisation, make_outcome
from tests.moments import run_acts
from tests.pages.search_index import index_listings
from tests.visitor import post

SECRET = "a secret that is long enough for tests"
TODAY = NOW.date()


@pytest.mark.parametrize(
    ("left", "reminded", "verified", "is_due"),
    [
        (31, None, 334, False),
        (30, None, 335, True),
        (20, None, 345, True),
        (20, 5, 345, False),
        (7, 15, 358, True),
        (3, 2, 362, False),
        (0, None, 365, True),
        (-1, None, 366, False),
        (20, None, 3, False),
    ],
    ids=["too early", "a month", "late", "once", "a week", "once more", "last day", "over", "just verified"],
)
def test_a_reminder_is_due_a_month_and_a_week_before_the_end(
    left: int, reminded: int | None, verified: int, is_due: bool
) -> None:
    listing = Outcome(
        status=OutcomeStatus.PUBLISHED,
        expires_on=TODAY + timedelta(days=left),
        reminded_on=None if reminded is None else TODAY - timedelta(days=reminded),
        verified_on=TODAY - timedelta(days=verified),
    )

    assert reminder_due(listing, TODAY) is is_due


async def test_authors_are_reminded_once_and_renew_by_the_button_behind_the_link(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    author = await make_member(await make_organisation(kind="university"), MemberRole.AGENT)
    outcome = await _old_outcome(author.organisation_id)

    assert await run_acts(NOW, reminder_act(OUTCOME), deps=deps) == 1
    assert await run_acts(NOW, reminder_act(OUTCOME), deps=deps) == 0
    mail = await OutgoingMail.get(recipient=author.email)
    address = mail.text.split("{site}")[1].strip()
    outcome = await Outcome.get(id=outcome.id)
    assert freshness.is_stale(outcome)

    looked = await client.get(address)
    assert "续期" in looked.text
    assert (await Outcome.get(id=outcome.id)).verified_on == outcome.verified_on

    done = await post(client, address)
    again = await client.get(address)

    renewed = await Outcome.get(id=outcome.id)
    assert "有效期延长十二个月" in done.text
    assert renewed.verified_on == TODAY
    assert renewed.expires_on == date(2027, 3, 2)
    assert not freshness.is_stale(renewed)
    assert again.status_code == 404
    event = await AuditEvent.filter(subject_id=outcome.id).order_by("-id").first()
    assert event is not None
    assert event.data["way"] == "mail"


async def test_the_second_reminder_comes_a_week_before_the_end_and_none_after_the_renewal(deps: Deps) -> None:
    author = await make_member(await make_organisation(kind="university"), MemberRole.AGENT)
    outcome = await _old_outcome(author.organisation_id)
    act = reminder_act(OUTCOME)

    sent = [await run_acts(NOW + timedelta(days=days), act, deps=deps) for days in (0, 17, 18, 19)]
    await authoring.renew(OUTCOME, outcome.number, by=By(author, NOW + timedelta(days=20)))
    after = [
        await run_acts(NOW + timedelta(days=days), act, expiry_act(OUTCOME), deps=deps) for days in (26, 300)
    ]

    assert sent == [1, 0, 1, 0]
    assert after == [0, 0]
    assert (await Outcome.get(id=outcome.id)).status is OutcomeStatus.PUBLISHED


async def test_an_expired_listing_comes_back_by_the_same_link() -> None:
    author = await make_member(await make_organisation(kind="university"), MemberRole.AGENT)
    outcome = await _old_outcome(author.organisation_id)
    outcome.status = OutcomeStatus.EXPIRED
    await outcome.save(update_fields=["status"])
    token = freshness.renewal_address(outcome, SECRET).partition("token=")[2]

    await freshness.renew_by_link("outcome", outcome.number, token, secret=SECRET, now=NOW)

    assert (await Outcome.get(id=outcome.id)).status is OutcomeStatus.PUBLISHED


@pytest.mark.parametrize("token", ["", "0" * 32, "é" * 32])
async def test_a_link_that_is_not_ours_renews_nothing(token: str) -> None:
    outcome = await make_outcome()

    with pytest.raises(NotFound):
        await freshness.renew_by_link("outcome", outcome.number, token, secret=SECRET, now=NOW)


async def test_of_a_need_near_its_deadline_the_deadline_is_told_and_it_is_not_stale(
    deps: Deps,
) -> None:
    author = await make_member(await make_organisation(), MemberRole.AGENT)
    need = await make_need(
        await _organisation(author.organisation_id),
        status=NeedStatus.PUBLISHED,
        verified_on=TODAY - timedelta(days=60),
        deadline_on=TODAY + timedelta(days=20),
        expires_on=TODAY + timedelta(days=20),
    )

    await run_acts(NOW, reminder_act(NEED), deps=deps)

    assert "修改截止日期" in (await Message.get(user_id=author.user_id)).text
    assert not freshness.is_stale(await Need.get(id=need.id))


async def _old_outcome(organisation_id: object) -> Outcome:
    return await make_outcome(
        await _organisation(organisation_id),
        status=OutcomeStatus.PUBLISHED,
        verified_on=TODAY - timedelta(days=340),
        expires_on=TODAY + timedelta(days=25),
    )


async def _organisation(organisation_id: object) -> Organisation:
    return await Organisation.get(id=organisation_id)


async def test_what_was_not_confirmed_in_time_stands_after_what_was(deps: Deps) -> None:
    author = await make_member(await make_organisation(kind="university"), MemberRole.AGENT)
    stale = await _old_outcome(author.organisation_id)
    stale.title, stale.published_at = "赤泥路基材料", NOW
    await stale.save(update_fields=["title", "published_at"])
    fresh = await make_outcome(title="赤泥路基材料制备", published_at=NOW - timedelta(days=90))
    await run_acts(NOW, reminder_act(OUTCOME), deps=deps)
    await index_listings(deps, await Outcome.get(id=stale.id), fresh)

    for text in ("", "赤泥"):
        first = await deps.search.search(Query(index="outcomes", text=text, limit=1))
        second = await deps.search.search(Query(index="outcomes", text=text, limit=1, offset=1))
        assert (first.ids, second.ids, first.total) == ((fresh.id,), (stale.id,), 2)
