"""Questions about challenges: asked until a week before the deadline, answered to all, naming nobody."""

from __future__ import annotations

from datetime import timedelta
from typing import cast

import httpx

from market.accounts.models import Message
from market.deps import Deps
from market.questions.models import Question
from tests.challenges.factories import DEADLINE, make_draft, make_listed
from tests.factories import make_broker, make_member
from tests.fakes import FixedClock
from tests.visitor import post, sign_in

TEXT, ANSWER = "能否进厂看槽？", "可以，每周三上午，入场签保密承诺。"


async def test_an_answer_about_a_list_is_read_by_all_and_names_no_masked_owner(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    stage = await make_listed(is_masked=True)
    number = stage.challenge.number
    page, form = f"/challenges/{number}", f"/questions/ask/challenge/{number}"
    assert f'href="{form}"' in (await client.get(page)).text, "a guest is offered it and signs in first"

    asker = await make_member()
    await sign_in(client, asker)
    assert "百色电解铝" not in (await client.get(form)).text
    assert (await post(client, form, {"text": TEXT}, follow=False)).headers["location"] == f"{page}#questions"
    question = await Question.get()
    assert TEXT in (await client.get(page)).text
    await sign_in(client, await make_broker())
    assert TEXT not in (await client.get(page)).text, "nobody else reads it before it is answered"

    await sign_in(client, stage.owner)
    assert (await post(client, form, {"text": "自问"}, follow=False)).status_code == 422
    text = (await client.get("/dashboard")).text
    assert "待答复的提问" in text
    assert page in text
    answer = await post(
        client, f"/questions/{question.id}/answer", {"text": "到百色电解铝有限公司来。"}, follow=False
    )
    assert answer.status_code == 422
    assert "单位名称不公开" in answer.text
    await post(client, f"/questions/{question.id}/answer", {"text": ANSWER})
    await sign_in(client, None)
    text = (await client.get(page)).text
    assert ANSWER in text
    assert "百色电解铝" not in text
    told = await Message.filter(user_id=asker.user_id, text__contains="有了答复").get()
    assert told.address == f"{page}#questions"
    assert "百色" not in told.text

    clock = cast(FixedClock, deps.clock)
    await sign_in(client, asker)
    for now, status in (
        (DEADLINE - timedelta(days=7, milliseconds=1), 200),
        (DEADLINE - timedelta(days=7), 422),
    ):
        clock.now = now
        assert (await client.get(form)).status_code == status, now
        assert (f'href="{form}"' in (await client.get(page)).text) == (status == 200)
    assert ANSWER in (await client.get(page)).text


async def test_nobody_asks_about_a_list_that_is_not_public(client: httpx.AsyncClient) -> None:
    stage = await make_draft()
    await sign_in(client, await make_member())
    assert (await client.get(f"/questions/ask/challenge/{stage.challenge.number}")).status_code == 404
