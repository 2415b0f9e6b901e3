"""A session that ends while somebody types loses no text, and a form that is sent twice acts once."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from market.accounts.actors import Actor
from market.accounts.held_forms import MOST_CHARACTERS, MOST_OF_BROWSER, PURPOSE, sweep_held_forms
from market.accounts.models import HeldForm, MemberRole, OrganisationKind, Session, Submission
from market.accounts.sessions import COOKIE
from market.accounts.submissions import (
    begin_submission,
    end_submission,
    submission_key,
    sweep_submissions,
)
from market.deps import Deps
from market.kit.encryption import decrypt
from market.kit.held_forms import is_typed
from market.kit.security import BROWSER_COOKIE
from market.listings.models import Outcome
from tests.browser_forms import shown_forms
from tests.deals.factories import make_agreed, make_parties
from tests.factories import make_member, make_organisation
from tests.listings.forms import outcome_form
from tests.visitor import post, sign_in, token

NEW = "/my/outcomes/new"
TEXT = "第一段：在线淬火。\n\n第二段：微合金化 <b> & “引号”。"


async def make_author() -> Actor:
    return await make_member(await make_organisation(kind=OrganisationKind.UNIVERSITY), MemberRole.AGENT)


def _sent(page: httpx.Response, action: str) -> dict[str, Any]:
    """Return what a browser sends of the form that the page shows."""
    sent: dict[str, Any] = {}
    shown = next(form for form in shown_forms(page.text) if form.action == action)
    for name, value in shown.pairs:
        sent.setdefault(name, []).append(value)
    return sent


async def _send_without_session(client: httpx.AsyncClient, **changes: Any) -> httpx.Response:
    client.cookies.delete(COOKIE)
    return await post(client, NEW, outcome_form(act="submit", solution=TEXT, **changes))


def _way_back(page: httpx.Response) -> str:
    return next(dict(form.pairs)["next"] for form in shown_forms(page.text) if "next" in dict(form.pairs))


async def test_what_was_typed_when_the_session_ended_stands_in_the_form_after_signing_in(
    client: httpx.AsyncClient,
) -> None:
    author = await make_author()
    await sign_in(client, author)

    refused = await _send_without_session(client)
    assert refused.status_code == 401
    assert "没有丢" in refused.text
    assert "微合金化" not in refused.text, "before the sign-in nobody sees it"

    await sign_in(client, author)
    page = await client.get(_way_back(refused))

    assert page.status_code == 200
    assert "还没有保存" in page.text
    assert not await Outcome.exists(), "it is shown, not carried out"
    sent = _sent(page, NEW)
    assert sent["solution"] == [TEXT.replace("\n", "\r\n")]
    assert sent["comparison-0-ours"] == ["54.6"]
    assert sent["modes"] == ["assignment", "licence"]
    assert sent["price_amount"] == ["120.00"]

    saved = await post(client, NEW, sent | {"act": "save"})
    assert "草稿已保存" in saved.text
    assert (await Outcome.get()).solution == TEXT
    assert not await HeldForm.exists(), "it is deleted once it is taken"


async def test_signing_in_leads_back_to_the_form(client: httpx.AsyncClient) -> None:
    author = await make_author()
    refused = await _send_without_session(client)

    page = await client.get("/login", params={"next": _way_back(refused)})
    await sign_in(client, author)

    assert _way_back(page) == _way_back(refused)
    assert _way_back(refused).startswith(f"{NEW}?held=")


async def test_nobody_else_sees_it(client: httpx.AsyncClient) -> None:
    author, other = await make_author(), await make_author()
    await sign_in(client, author)
    refused = await _send_in_ended_session(client)

    await sign_in(client, other)
    assert "微合金化" not in (await client.get(_way_back(refused))).text

    await sign_in(client, author)
    browser = client.cookies.pop(BROWSER_COOKIE)
    assert "微合金化" not in (await client.get(_way_back(refused))).text
    client.cookies.set(BROWSER_COOKIE, browser, domain="market.test")
    assert "微合金化" in (await client.get(_way_back(refused))).text


async def _send_in_ended_session(client: httpx.AsyncClient) -> httpx.Response:
    """Send a form in a session that is over but still stored, so that it is known whose it was."""
    await Session.all().update(expires_at=datetime.now(UTC) - timedelta(minutes=1))
    return await post(client, NEW, outcome_form(act="save", solution=TEXT))


async def test_it_is_gone_at_sign_out_and_when_its_time_is_over(client: httpx.AsyncClient) -> None:
    author = await make_author()
    for end in ("sign-out", "time"):
        refused = await _send_without_session(client)
        await sign_in(client, author)
        if end == "time":
            await HeldForm.all().update(expires_at=datetime.now(UTC) - timedelta(minutes=1))
            assert "微合金化" not in (await client.get(_way_back(refused))).text
            await sweep_held_forms()
        else:
            await post(client, "/logout")
        assert not await HeldForm.exists(), end


async def test_no_secret_is_kept_and_not_more_than_a_browser_may_have(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    await post(client, "/account/password", {"current": "旧的 密码", "password": "新的 密码"})
    assert not await HeldForm.exists()

    await _send_without_session(client, problem="长" * MOST_CHARACTERS)
    assert not await HeldForm.exists()

    for number in range(MOST_OF_BROWSER + 2):
        await _send_without_session(client, title=f"第 {number} 份")
    rows = await HeldForm.all().order_by("held_at")
    titles = []
    for row in rows:
        sealed = json.loads(
            decrypt(deps.settings.secret_key, f"{PURPOSE} {row.id}", bytes(row.sealed or b""))
        )
        titles.append(dict(sealed["pairs"])["title"])
        assert (row.pairs, row.file_names) == ([], []), "nothing lies in the database in plain"
    assert titles == [f"第 {number} 份" for number in range(2, MOST_OF_BROWSER + 2)]


async def test_a_form_of_a_page_that_expired_is_shown_again(client: httpx.AsyncClient) -> None:
    await sign_in(client, await make_author())
    await token(client)
    stale = outcome_form(act="save", solution=TEXT, csrf_token="0" * 64)

    refused = await client.post(NEW, data=stale)

    assert refused.status_code == 403
    link = refused.text.split('href="/my/outcomes/new?held=')[1].split('"')[0]
    page = await client.get(f"{NEW}?held={link}")
    assert _sent(page, NEW)["solution"] == [TEXT.replace("\n", "\r\n")]


async def test_a_message_whose_page_has_no_such_form_any_more_can_be_copied_or_sent_again(
    client: httpx.AsyncClient,
) -> None:
    parties = await make_parties()
    deal = await make_agreed(parties)
    address = f"/deals/{deal.number}/messages"
    refused = await post(client, address, {"text": "请补充检测报告。"})
    await sign_in(client, parties.buyer)

    page = await client.get(_way_back(refused))

    assert page.url.path == f"/deals/{deal.number}"
    assert _sent(page, address)["text"]
    assert "请补充检测报告。" in page.text


async def test_a_form_that_is_sent_twice_acts_once(client: httpx.AsyncClient) -> None:
    await sign_in(client, await make_author())
    page = await client.get(NEW)
    sent = _sent(page, NEW) | {"title": "双击", "act": "save"}

    first = await post(client, NEW, sent, follow=False)
    second = await post(client, NEW, sent, follow=False)
    again = await post(client, NEW, _sent(await client.get(NEW), NEW) | {"title": "另一项", "act": "save"})

    assert first.status_code == second.status_code == 303
    assert first.headers["location"] == second.headers["location"]
    assert await Outcome.filter(title="双击").count() == 1
    assert "草稿已保存" in again.text


async def test_a_form_that_was_refused_may_be_sent_again(client: httpx.AsyncClient) -> None:
    await sign_in(client, await make_author())
    sent = _sent(await client.get(NEW), NEW) | {"title": "长" * 81, "act": "save"}

    for _attempt in range(2):
        assert (await post(client, NEW, sent)).status_code == 422
    assert not await Submission.exists()


async def test_a_second_sending_waits_for_the_first_one_and_takes_over_what_was_cut_off() -> None:
    key = submission_key("browser", NEW, b"title=a")

    assert await begin_submission(key) is None
    assert await begin_submission(key, patience=0) == ""
    await end_submission(key, "/my/outcomes/CG-2026-000001")
    assert await begin_submission(key) == "/my/outcomes/CG-2026-000001"

    await Submission.all().update(location="", started_at=datetime.now(UTC) - timedelta(minutes=1))
    assert await begin_submission(key) is None, "the first one was cut off"
    await Submission.all().update(started_at=datetime.now(UTC) - timedelta(hours=2))
    await sweep_submissions()
    assert not await Submission.exists()


@pytest.mark.parametrize(
    ("name", "value", "typed"),
    [
        ("title", "导线", True),
        ("note", "3.5", True),
        ("act", "submit", False),
        ("modes", "licence", False),
        ("seen", "a" * 64, False),
        ("offer", "0b9d2f6e-5a39-4a58-9d0f-1c2d3e4f5a6b", False),
        ("once", "随便", False),
        ("title", "  ", False),
    ],
)
def test_only_what_a_person_typed_counts(name: str, value: str, typed: bool) -> None:
    assert is_typed(name, value) is typed
