"""Questions about listings: asked by members and brokers, answered by the owner, read by everybody."""

from __future__ import annotations

import httpx

from market.accounts.actors import Actor
from market.accounts.models import Message, Organisation, OrganisationKind, StaffRole
from market.audit.models import AuditEvent
from market.listings.states import OutcomeStatus
from market.questions.models import Question
from market.questions.states import QuestionStatus
from tests.factories import (
    make_broker,
    make_member,
    make_need,
    make_organisation,
    make_outcome,
    make_staff,
)
from tests.visitor import post, sign_in


async def organisation_of(actor: Actor) -> Organisation:
    return await Organisation.get(id=actor.organisation_id)


TEXT, ANSWER = "赤泥含水 30 % 还能压吗？", "不能直接压，要先堆到 24 % 以下。"


async def test_an_answer_is_read_by_everybody_and_an_open_question_by_both_sides_only(
    client: httpx.AsyncClient,
) -> None:
    owner = await make_member(await make_organisation(kind=OrganisationKind.UNIVERSITY))
    buyer, stranger = await make_member(), await make_member()
    outcome = await make_outcome(await organisation_of(owner))
    page = f"/outcomes/{outcome.number}"

    await sign_in(client, buyer)
    answer = await post(client, f"/questions/ask/outcome/{outcome.number}", {"text": TEXT}, follow=False)
    assert answer.status_code == 303
    question = await Question.get()

    assert TEXT in (await client.get(page)).text
    for other in (None, stranger):
        await sign_in(client, other)
        assert TEXT not in (await client.get(page)).text
    await sign_in(client, owner)
    assert TEXT in (await client.get(page)).text
    assert "待答复的提问" in (await client.get("/dashboard")).text
    assert (
        await post(client, f"/questions/{question.id}/answer", {"text": ANSWER}, follow=False)
    ).status_code == 303

    for reader in (None, stranger, buyer):
        await sign_in(client, reader)
        text = (await client.get(page)).text
        assert TEXT in text
        assert ANSWER in text
        assert (await organisation_of(buyer)).name not in text[text.index('id="questions"') :]
    assert await Message.filter(user_id=owner.user_id, text__contains="新问题").count() == 1
    assert await Message.filter(user_id=buyer.user_id, text__contains="答复").count() == 1
    events = await AuditEvent.filter(subject_id=question.id).order_by("id")
    assert [event.action for event in events] == ["asked", "answered"]


async def test_nobody_asks_of_their_own_listing_nor_of_one_that_is_off_offer(
    client: httpx.AsyncClient,
) -> None:
    owner = await make_member()
    need = await make_need(await organisation_of(owner))
    draft = await make_outcome(status=OutcomeStatus.DRAFT)

    await sign_in(client, owner)
    assert (
        await post(client, f"/questions/ask/need/{need.number}", {"text": TEXT}, follow=False)
    ).status_code == 422
    assert (
        await post(client, f"/questions/ask/outcome/{draft.number}", {"text": TEXT}, follow=False)
    ).status_code == 404
    assert (
        await post(client, f"/questions/ask/deal/{need.number}", {"text": TEXT}, follow=False)
    ).status_code == 404
    await sign_in(client, await make_broker())
    assert (
        await post(client, f"/questions/ask/need/{need.number}", {"text": TEXT}, follow=False)
    ).status_code == 303
    again = await post(client, f"/questions/ask/need/{need.number}", {"text": TEXT}, follow=False)
    assert again.status_code == 422
    assert "正在等答复" in again.text
    assert await Question.all().count() == 1


async def test_only_the_owner_answers_and_only_once(client: httpx.AsyncClient) -> None:
    owner, asker = await make_member(), await make_member()
    need = await make_need(await organisation_of(owner))
    await sign_in(client, asker)
    await post(client, f"/questions/ask/need/{need.number}", {"text": TEXT}, follow=False)
    question = await Question.get()

    assert (
        await post(client, f"/questions/{question.id}/answer", {"text": "x"}, follow=False)
    ).status_code == 404
    await sign_in(client, owner)
    assert (
        await post(client, f"/questions/{question.id}/answer", {"text": " "}, follow=False)
    ).status_code == 422
    assert (
        await post(client, f"/questions/{question.id}/answer", {"text": ANSWER}, follow=False)
    ).status_code == 303
    assert (
        await post(client, f"/questions/{question.id}/answer", {"text": "别的"}, follow=False)
    ).status_code in {409, 422}
    assert (await Question.get()).answer == ANSWER


async def test_the_operator_hides_a_question_with_a_reason_that_both_sides_read(
    client: httpx.AsyncClient,
) -> None:
    owner, asker = await make_member(), await make_member()
    need = await make_need(await organisation_of(owner))
    await sign_in(client, asker)
    await post(client, f"/questions/ask/need/{need.number}", {"text": TEXT}, follow=False)
    question = await Question.get()

    for person in (owner, asker):
        await sign_in(client, person)
        assert (
            await post(client, f"/questions/{question.id}/hide", {"text": "不当"}, follow=False)
        ).status_code == 403
    await sign_in(client, await make_staff(StaffRole.OPERATOR))
    assert (
        await post(client, f"/questions/{question.id}/hide", {"text": ""}, follow=False)
    ).status_code == 422
    assert (
        await post(client, f"/questions/{question.id}/hide", {"text": "写了电话"}, follow=False)
    ).status_code == 303

    assert (await Question.get()).status is QuestionStatus.HIDDEN
    await sign_in(client, owner)
    assert TEXT not in (await client.get(f"/needs/{need.number}")).text
    assert await Message.filter(text__contains="写了电话").count() == 2
