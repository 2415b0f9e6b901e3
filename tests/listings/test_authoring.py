from datetime import date, timedelta

import pytest

from market.accounts.actors import Actor
from market.accounts.models import MemberRole, Message, Organisation, OrganisationKind, StaffRole
from market.accounts.permissions import NotYours
from market.audit.models import AuditEvent
from market.kit.errors import Conflict, Forbidden, Invalid, NotFound
from market.listings import authoring, lifecycle, masking, queries, submission
from market.listings.deadlines import expiry_act
from market.listings.kinds import NEED, OUTCOME
from market.listings.models import Need, Outcome, Review
from market.listings.rules import Points
from market.listings.states import NeedStatus, OutcomeStatus
from market.records.by import By
from market.search.models import OutboxEntry
from tests.factories import NOW, make_member, make_need, make_organisation, make_outcome, make_staff
from tests.listings.forms import need_values, outcome_values
from tests.moments import run_acts

GOOD = Points(4, 4, 3, 4)
POOR = Points(2, 2, 1, 2)


async def make_author() -> Actor:
    return await make_member(await make_organisation(kind=OrganisationKind.UNIVERSITY), MemberRole.AGENT)


async def make_pending(author: Actor) -> Outcome:
    outcome = await authoring.create_outcome(outcome_values(), by=By(author, NOW))
    return await authoring.submit_outcome(outcome.number, by=By(author, NOW))


async def make_organisation_of(actor: Actor) -> Organisation:
    return await Organisation.get(id=actor.organisation_id)


async def acts_on(kind: str, listing: Outcome | Need) -> list[str]:
    return [
        e.action
        for e in await AuditEvent.filter(subject_kind=kind, subject_id=listing.id).order_by("sequence")
    ]


async def is_waiting_for_index(index: str, listing: Outcome | Need) -> bool:
    return await OutboxEntry.exists(index_name=index, document_id=listing.id)


async def test_a_draft_may_be_almost_empty_and_is_scored() -> None:
    author = await make_author()

    outcome = await authoring.create_outcome({"title": "初稿"}, by=By(author, NOW))

    assert outcome.status is OutcomeStatus.DRAFT
    assert outcome.number.startswith("CG-2026-")
    assert outcome.completeness == 10
    assert not await is_waiting_for_index("outcomes", outcome)


async def test_an_incomplete_outcome_is_not_submitted() -> None:
    author = await make_author()
    outcome = await authoring.create_outcome(outcome_values(problem=""), by=By(author, NOW))

    with pytest.raises(submission.Incomplete) as refused:
        await authoring.submit_outcome(outcome.number, by=By(author, NOW))

    assert refused.value.faults == [("problem", "请说明要解决的问题。")]
    assert (await Outcome.get(id=outcome.id)).status is OutcomeStatus.DRAFT


async def test_a_published_outcome_is_verified_for_twelve_months_and_handed_to_search() -> None:
    author, operator = await make_author(), await make_staff(StaffRole.OPERATOR)
    outcome = await make_pending(author)

    await authoring.review(
        "outcome", outcome.number, points=GOOD, is_published=True, comment="", by=By(operator, NOW)
    )

    outcome = await Outcome.get(id=outcome.id)
    assert outcome.status is OutcomeStatus.PUBLISHED
    assert (outcome.verified_on, outcome.expires_on) == (date(2026, 3, 2), date(2027, 3, 2))
    assert await is_waiting_for_index("outcomes", outcome)
    assert await acts_on("outcome", outcome) == ["created", "submitted", "published"]
    assert await Message.filter(user_id=author.user_id, text__contains="已通过审核").exists()


async def test_a_returned_outcome_is_corrected_and_submitted_again() -> None:
    author, operator = await make_author(), await make_staff(StaffRole.OPERATOR)
    outcome = await make_pending(author)

    await authoring.review(
        "outcome",
        outcome.number,
        points=POOR,
        is_published=False,
        comment="请补对比",
        by=By(operator, NOW),
    )
    rows = [{"indicator": "导电率", "current": "52", "ours": "54", "change": "+2", "evidence": "检测报告"}]
    await authoring.update_outcome(outcome.number, {"comparison": rows}, by=By(author, NOW))
    await authoring.submit_outcome(outcome.number, by=By(author, NOW))

    outcome = await Outcome.get(id=outcome.id)
    judged = await Review.get(subject_id=outcome.id)
    assert outcome.status is OutcomeStatus.PENDING
    assert (judged.revision, outcome.revision) == (1, 2)
    assert judged.comment == "请补对比"
    assert not await is_waiting_for_index("outcomes", outcome)


async def test_nine_points_cannot_be_published_and_nothing_happens() -> None:
    author, operator = await make_author(), await make_staff(StaffRole.OPERATOR)
    outcome = await make_pending(author)

    with pytest.raises(Invalid):
        await authoring.review(
            "outcome", outcome.number, points=POOR, is_published=True, comment="", by=By(operator, NOW)
        )

    assert (await Outcome.get(id=outcome.id)).status is OutcomeStatus.PENDING
    assert not await Review.exists(subject_id=outcome.id)


async def test_only_an_operator_reviews_and_never_the_own_organisations() -> None:
    author = await make_author()
    outcome = await make_pending(author)
    organisation = await outcome.organisation
    insider = await make_member(organisation, staff_role=StaffRole.OPERATOR)

    with pytest.raises(NotYours):
        await authoring.review(
            "outcome", outcome.number, points=GOOD, is_published=True, comment="", by=By(author, NOW)
        )
    with pytest.raises(Forbidden, match="当事的一方有关"):
        await authoring.review(
            "outcome", outcome.number, points=GOOD, is_published=True, comment="", by=By(insider, NOW)
        )


async def test_one_listing_is_not_reviewed_twice() -> None:
    author, operator = await make_author(), await make_staff(StaffRole.OPERATOR)
    outcome = await make_pending(author)
    await authoring.review(
        "outcome", outcome.number, points=GOOD, is_published=True, comment="", by=By(operator, NOW)
    )

    with pytest.raises(Conflict):
        await authoring.review(
            "outcome",
            outcome.number,
            points=GOOD,
            is_published=False,
            comment="晚了",
            by=By(operator, NOW),
        )


async def test_a_small_edit_of_a_published_outcome_goes_live_at_once_with_a_trace() -> None:
    author = await make_author()
    outcome = await make_outcome(
        await make_organisation_of(author), **outcome_values(), status=OutcomeStatus.PUBLISHED
    )

    await authoring.update_outcome(outcome.number, {"solution": "新的方案"}, by=By(author, NOW))

    outcome = await Outcome.get(id=outcome.id)
    assert (outcome.solution, outcome.revision, outcome.status) == ("新的方案", 2, OutcomeStatus.PUBLISHED)
    assert await is_waiting_for_index("outcomes", outcome)
    event = await AuditEvent.get(subject_id=outcome.id, action="edited")
    assert event.data == {"revision": 2, "fields": ["solution"]}


async def test_a_published_outcome_cannot_be_emptied() -> None:
    author = await make_author()
    outcome = await make_outcome(await make_organisation_of(author), **outcome_values())

    with pytest.raises(submission.Incomplete):
        await authoring.update_outcome(outcome.number, {"solution": ""}, by=By(author, NOW))


async def test_saving_the_same_again_makes_no_new_revision() -> None:
    author = await make_author()
    outcome = await authoring.create_outcome(outcome_values(), by=By(author, NOW))

    again = await authoring.update_outcome(outcome.number, outcome_values(), by=By(author, NOW))

    assert again.revision == 1


async def test_a_colleagues_newer_revision_is_not_overwritten_unknowingly() -> None:
    author = await make_author()
    outcome = await authoring.create_outcome(outcome_values(), by=By(author, NOW))
    await authoring.update_outcome(outcome.number, {"title": "同事的稿"}, by=By(author, NOW), base_revision=1)

    with pytest.raises(Invalid, match="同事"):
        await authoring.update_outcome(
            outcome.number, {"title": "我的稿"}, by=By(author, NOW), base_revision=1
        )


async def test_a_listing_is_only_its_owners_to_change() -> None:
    author, stranger = await make_author(), await make_author()
    outcome = await authoring.create_outcome(outcome_values(), by=By(author, NOW))

    with pytest.raises(NotFound):
        await authoring.update_outcome(outcome.number, {"title": "改"}, by=By(stranger, NOW))
    with pytest.raises(NotFound):
        await authoring.unlist(OUTCOME, outcome.number, by=By(stranger, NOW))


async def test_a_university_posts_no_needs() -> None:
    author = await make_author()

    with pytest.raises(NotYours):
        await authoring.create_need(need_values(), by=By(author, NOW))


async def test_unlisting_takes_the_outcome_from_search_and_the_public() -> None:
    author = await make_author()
    outcome = await make_outcome(await make_organisation_of(author), **outcome_values())

    await authoring.unlist(OUTCOME, outcome.number, by=By(author, NOW))

    assert await is_waiting_for_index("outcomes", outcome)
    with pytest.raises(NotFound):
        await queries.get_outcome_for(None, outcome.number)
    assert await queries.get_outcome_for(author, outcome.number)


async def test_what_is_not_renewed_lapses_after_its_last_day() -> None:
    author = await make_author()
    outcome = await make_outcome(
        await make_organisation_of(author), **outcome_values(), expires_on=date(2026, 3, 2)
    )

    assert await run_acts(NOW, expiry_act(OUTCOME)) == 0
    assert await run_acts(NOW + timedelta(days=1), expiry_act(OUTCOME)) == 1
    assert await run_acts(NOW + timedelta(days=1), expiry_act(OUTCOME)) == 0

    outcome = await Outcome.get(id=outcome.id)
    assert outcome.status is OutcomeStatus.EXPIRED
    assert await Message.filter(user_id=author.user_id, text__contains="已过期").exists()


async def test_a_lapsed_outcome_is_renewed_by_one_button() -> None:
    author = await make_author()
    outcome = await make_outcome(
        await make_organisation_of(author),
        **outcome_values(),
        status=OutcomeStatus.EXPIRED,
        expires_on=date(2026, 3, 1),
    )

    await authoring.renew(OUTCOME, outcome.number, by=By(author, NOW))

    outcome = await Outcome.get(id=outcome.id)
    assert (outcome.status, outcome.expires_on) == (OutcomeStatus.PUBLISHED, date(2027, 3, 2))


async def test_a_licensed_outcome_that_lapsed_comes_back_licensed() -> None:
    author = await make_author()
    outcome = await make_outcome(
        await make_organisation_of(author), **outcome_values(), expires_on=date(2026, 3, 2)
    )
    await lifecycle.mark_licensed(outcome.id, is_sold=False, by=By.job(NOW))
    await run_acts(NOW + timedelta(days=1), expiry_act(OUTCOME))

    await authoring.renew(OUTCOME, outcome.number, by=By(author, NOW + timedelta(days=2)))

    assert (await Outcome.get(id=outcome.id)).status is OutcomeStatus.LICENSED


async def test_a_need_whose_deadline_passed_is_renewed_only_with_a_new_one() -> None:
    buyer = await make_member()
    need = await make_need(
        await make_organisation_of(buyer),
        **need_values(deadline_on=date(2026, 3, 1)),
        status=NeedStatus.EXPIRED,
    )

    with pytest.raises(Conflict, match="截止日期"):
        await authoring.renew(NEED, need.number, by=By(buyer, NOW))
    await authoring.update_need(need.number, {"deadline_on": date(2026, 6, 1)}, by=By(buyer, NOW))
    await authoring.renew(NEED, need.number, by=By(buyer, NOW))

    need = await Need.get(id=need.id)
    assert (need.status, need.expires_on) == (NeedStatus.PUBLISHED, date(2026, 6, 1))


async def test_a_sold_outcome_leaves_search_and_marking_it_twice_changes_nothing() -> None:
    outcome = await make_outcome()

    await lifecycle.mark_licensed(outcome.id, is_sold=True, by=By.job(NOW))
    await lifecycle.mark_licensed(outcome.id, is_sold=True, by=By.job(NOW))

    assert (await Outcome.get(id=outcome.id)).status is OutcomeStatus.SOLD
    assert await is_waiting_for_index("outcomes", outcome)
    assert await acts_on("outcome", outcome) == ["sold"]


async def test_a_need_goes_from_published_through_matching_to_solved() -> None:
    need = await make_need()

    await lifecycle.mark_matching(need.id, by=By.job(NOW))
    await lifecycle.mark_matching(need.id, by=By.job(NOW))
    await lifecycle.mark_solved(need.id, by=By.job(NOW))
    await lifecycle.mark_solved(need.id, by=By.job(NOW))

    assert await acts_on("need", need) == ["matched", "solved"]


async def test_the_owner_of_a_masked_need_is_told_to_itself_staff_and_its_broker_only() -> None:
    owner, other = await make_member(), await make_member()
    operator = await make_staff(StaffRole.OPERATOR)
    need = await make_need(await make_organisation_of(owner), is_masked=True)
    need = await queries.get_need_for(None, need.number)

    assert masking.need_owner_name(need, None) == "某企业"
    assert masking.need_owner_name(need, other) == "某企业"
    assert masking.need_owner_name(need, owner) == owner.organisation_name
    assert masking.need_owner_name(need, operator) == owner.organisation_name
    assert masking.need_owner_name(need, other, brokers=[other.user_id]) == owner.organisation_name
    assert not queries.may_see_contacts(need, other)
