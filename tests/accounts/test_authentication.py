from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from market.accounts.attempt_limits import OF_ACCOUNT, OF_ADDRESS, SignInAttempts
from market.accounts.demo_logins import EMAILS
from market.accounts.demo_logins import PASSWORD as DEMO_PASSWORD
from market.accounts.messages import notify
from market.accounts.models import MailToken, MemberRole, Message, Session, User
from market.accounts.sessions import COOKIE
from market.app import create_app
from market.deps import Deps
from market.kit.models import Attempt
from tests.accounts.factor_data import switch_on_authenticator
from tests.accounts.registration_data import (
    errors,
    last_mail,
    link_in,
    make_user_with_password,
    set_attempts,
)
from tests.factories import PASSWORD, make_member, make_membership, make_organisation, make_user
from tests.fixtures import NOW
from tests.visitor import post, sign_in


async def enter(
    client: httpx.AsyncClient, email: str, password: str = PASSWORD, **more: str
) -> httpx.Response:
    return await post(client, "/login", {"email": email, "password": password, **more}, follow=False)


async def test_the_right_password_opens_the_dashboard(client: httpx.AsyncClient) -> None:
    user = await make_user_with_password()

    answer = await enter(client, user.email.upper())

    assert (answer.status_code, answer.headers["location"]) == (303, "/dashboard")
    assert user.name in (await client.get("/account")).text


async def test_the_first_form_with_a_password_is_the_sign_in_form(client: httpx.AsyncClient) -> None:
    text = (await client.get("/login")).text

    first = text[: text.index('type="password"')].rindex("<form")
    form = text[first : text.index("</form>", first)]
    assert 'type="email"' in form
    assert 'type="submit"' in form


@pytest.mark.parametrize("email", ["nobody@example.test", None])
async def test_a_wrong_password_and_an_unknown_address_look_alike(
    client: httpx.AsyncClient, email: str | None
) -> None:
    user = await make_user_with_password()

    answer = await enter(client, email or user.email, "not the password at all")

    assert (answer.status_code, errors(answer)) == (422, ["邮箱或密码不正确。"])
    assert (email or user.email) in answer.text
    assert COOKIE not in client.cookies


async def test_the_session_is_new_at_each_sign_in(client: httpx.AsyncClient) -> None:
    user = await make_user_with_password()
    await enter(client, user.email)
    first = client.cookies[COOKIE]

    await enter(client, user.email)

    assert client.cookies[COOKIE] != first
    assert await Session.filter(user_id=user.id).count() == 1


async def test_guessing_is_slowed_down(client: httpx.AsyncClient) -> None:
    user = await make_user_with_password()
    await enter(client, user.email, "wrong wrong wrong")
    await set_attempts(10)

    assert (await enter(client, user.email)).status_code == 429


async def test_strangers_cannot_lock_out_a_device_on_which_the_person_has_signed_in(
    client: httpx.AsyncClient,
) -> None:
    user = await make_user_with_password()
    await enter(client, user.email)
    attempts = SignInAttempts(user.email, "203.0.113.9")
    for _try in range(OF_ACCOUNT):
        await attempts.count_failure()

    client.cookies.delete(COOKIE)
    assert (await enter(client, user.email)).status_code == 303
    client.cookies.clear()
    assert (await enter(client, user.email)).status_code == 429


async def test_who_has_a_second_factor_passes_the_lock_that_strangers_cause(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    user = await make_user_with_password()
    await switch_on_authenticator(user.id, deps)
    attempts = SignInAttempts(user.email, "203.0.113.9")
    for _try in range(OF_ACCOUNT):
        await attempts.count_failure()

    assert (await enter(client, user.email)).headers["location"] == "/login/factor"


async def test_a_campus_behind_one_address_signs_in_whatever_one_of_it_does(
    client: httpx.AsyncClient,
) -> None:
    user, victim = await make_user_with_password(), await make_user_with_password()
    for number in range(OF_ADDRESS):
        await SignInAttempts(f"guess{number}@example.test", "127.0.0.1").count_failure()

    assert (await enter(client, user.email)).status_code == 303
    # But whoever guesses from there has two tries for an account, not ten.
    client.cookies.clear()
    for expected in (422, 422, 429):
        assert (await enter(client, victim.email, "wrong wrong wrong")).status_code == expected


async def test_right_passwords_are_never_counted_however_many_come_together(
    client: httpx.AsyncClient,
) -> None:
    user = await make_user_with_password()

    answers = [await enter(client, user.email) for _time in range(16)]

    assert {answer.status_code for answer in answers} == {303}
    assert not await Attempt.exists()


async def test_the_right_password_clears_the_count_of_wrong_ones(client: httpx.AsyncClient) -> None:
    user = await make_user_with_password()
    await enter(client, user.email, "wrong wrong wrong")
    await set_attempts(9)

    assert (await enter(client, user.email)).status_code == 303
    assert (await enter(client, user.email)).status_code == 303


@pytest.mark.parametrize(
    ("target", "address"),
    [
        ("/account/members", "/account/members"),
        ("https://evil.test/", "/dashboard"),
        ("//evil.test/", "/dashboard"),
        ("/\\evil.test", "/dashboard"),
        ("javascript:alert(1)", "/dashboard"),
    ],
)
async def test_after_sign_in_people_stay_on_this_site(
    client: httpx.AsyncClient, target: str, address: str
) -> None:
    user = await make_user_with_password()

    answer = await enter(client, user.email, next=target)

    assert answer.headers["location"] == address


async def test_a_guest_is_led_to_sign_in_and_back(client: httpx.AsyncClient) -> None:
    answer = await client.get("/account/messages?page=2")

    assert answer.headers["location"] == "/login?next=/account/messages%3Fpage%3D2"


async def test_who_has_not_confirmed_the_address_is_sent_the_link_again(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    user = await make_user_with_password(email_confirmed_at=None)

    answer = await enter(client, user.email)

    assert answer.status_code == 422
    assert link_in(await last_mail(deps, user.email)).startswith("/confirm/")


async def test_one_click_opens_each_demo_login(client: httpx.AsyncClient) -> None:
    for email in EMAILS:
        await make_user(email=email)
    page = (await client.get("/login")).text

    for email in EMAILS:
        assert page.count(f'value="{email}"') == 1
        answer = await post(client, "/login", {"demo": email}, follow=False)
        assert answer.status_code == 303


@pytest.mark.parametrize("email", ["operator@demo.kezhuan.test", "somebody@example.test"])
async def test_nobody_else_comes_in_by_one_click(client: httpx.AsyncClient, email: str) -> None:
    await make_user(email="somebody@example.test")

    answer = await post(client, "/login", {"demo": email})

    assert answer.status_code == 404


async def test_demo_logins_are_dead_outside_the_demo(deps: Deps) -> None:
    await make_user_with_password(email="operator@demo.kezhuan.test")
    real = replace(deps, settings=replace(deps.settings, is_demo=False))
    transport = httpx.ASGITransport(app=create_app(real))
    async with httpx.AsyncClient(transport=transport, base_url="http://market.test") as client:
        one_click = await post(client, "/login", {"demo": "operator@demo.kezhuan.test"})
        typed = await enter(client, "operator@demo.kezhuan.test", PASSWORD)
        page = await client.get("/login")
        mails = await client.get("/mails")

    assert (one_click.status_code, typed.status_code, mails.status_code) == (404, 422, 404)
    assert "demo.kezhuan.test" not in page.text
    assert DEMO_PASSWORD not in page.text


async def test_signing_out_ends_the_session(client: httpx.AsyncClient) -> None:
    user = await make_user_with_password()
    await enter(client, user.email)
    token = client.cookies[COOKIE]

    await post(client, "/logout")

    client.cookies.set(COOKIE, token)
    assert (await client.get("/account")).status_code == 303
    assert not await Session.filter(user_id=user.id).exists()


async def test_a_lost_password_is_set_anew_and_all_browsers_are_signed_out(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    user = await make_user_with_password()
    await enter(client, user.email)

    await post(client, "/forgot", {"email": user.email})
    link = link_in(await last_mail(deps, user.email))
    assert (await client.get(link)).status_code == 200
    weak = await post(client, link, {"password": "short"})
    answer = await post(client, link, {"password": "quite another password"}, follow=False)

    assert (weak.status_code, answer.status_code) == (422, 303)
    assert not await Session.filter(user_id=user.id).exists()
    assert (await enter(client, user.email)).status_code == 422
    assert (await enter(client, user.email, "quite another password")).status_code == 303
    assert (await post(client, link, {"password": "and a third password"})).status_code == 404


async def test_a_reset_link_is_good_for_half_an_hour(client: httpx.AsyncClient, deps: Deps) -> None:
    user = await make_user_with_password()
    await post(client, "/forgot", {"email": user.email})
    token = await MailToken.get(user_id=user.id)

    assert timedelta(minutes=29) < token.expires_at - datetime.now(UTC) <= timedelta(minutes=30)
    await MailToken.filter(user_id=user.id).update(expires_at=datetime.now(UTC))
    link = link_in(await last_mail(deps, user.email))
    assert (await client.get(link)).status_code == 404


async def test_forgetting_tells_nobody_which_addresses_are_known(client: httpx.AsyncClient) -> None:
    user = await make_user()

    existing = await post(client, "/forgot", {"email": user.email})
    unknown = await post(client, "/forgot", {"email": "nobody@example.test"})

    assert (
        existing.text.replace(user.email, "X").split("<main")[0]
        == unknown.text.replace("nobody@example.test", "X").split("<main")[0]
    )


async def test_changing_the_password_ends_the_other_browsers(client: httpx.AsyncClient) -> None:
    user = await make_user_with_password()
    await enter(client, user.email)
    other = client.cookies[COOKIE]
    client.cookies.delete(COOKIE)
    await enter(client, user.email)

    wrong = await post(client, "/account/password", {"current": "no", "password": "a wholly new password"})
    await post(client, "/account/password", {"current": PASSWORD, "password": "a wholly new password"})

    assert errors(wrong) == ["密码不正确。"]
    assert (await client.get("/account")).status_code == 200
    client.cookies.set(COOKIE, other)
    assert (await client.get("/account")).status_code == 303


async def test_a_browser_can_be_signed_out_from_another(client: httpx.AsyncClient) -> None:
    actor = await make_member()
    await sign_in(client, actor)
    first = await Session.get(user_id=actor.user_id)
    await sign_in(client, actor)

    await post(client, "/account/sessions", {"session": first.token_hash})

    assert await Session.filter(user_id=actor.user_id).count() == 1
    assert (await client.get("/account/sessions")).status_code == 200


async def test_nobody_ends_anothers_session(client: httpx.AsyncClient) -> None:
    victim = await make_member()
    await sign_in(client, victim)
    session = await Session.get(user_id=victim.user_id)
    await sign_in(client, await make_member())

    await post(client, "/account/sessions", {"session": session.token_hash})

    assert await Session.exists(token_hash=session.token_hash)


async def test_a_person_acts_for_another_of_their_organisations(client: httpx.AsyncClient) -> None:
    actor = await make_member()
    second = await make_organisation(name="另一家测试单位")
    await make_membership(actor.user_id, second, MemberRole.AGENT, start=NOW + timedelta(days=1))
    await sign_in(client, actor)

    await post(client, "/account/act-for", {"organisation": str(second.id), "next": "/account"})

    page = (await client.get("/account")).text
    assert page.index("现在代表它办事") > page.index("另一家测试单位")


async def test_nobody_acts_for_a_strange_organisation(client: httpx.AsyncClient) -> None:
    strange = await make_organisation()
    await sign_in(client, await make_member())

    for value in (str(strange.id), "nonsense", ""):
        answer = await post(client, "/account/act-for", {"organisation": value})
        assert answer.status_code == 404


async def test_messages_are_marked_read(client: httpx.AsyncClient) -> None:
    actor = await make_member()
    await Message.create(user_id=actor.user_id, text="有新的报价", address="/dashboard", created_at=NOW)
    await sign_in(client, actor)
    before = (await client.get("/account/messages")).text

    await post(client, "/account/messages")

    assert "未读" in before
    assert "未读" not in (await client.get("/account/messages")).text


async def test_a_person_changes_the_name(client: httpx.AsyncClient) -> None:
    actor = await make_member()
    await sign_in(client, actor)

    await post(client, "/account", {"name": "新 名字"})

    assert (await User.get(id=actor.user_id)).name == "新 名字"


async def test_going_to_what_a_message_is_about_reads_it_and_the_others_about_the_same(
    client: httpx.AsyncClient,
) -> None:
    member, other = await make_member(), await make_member()
    for address in ("/deals/JY-2026-000001#messages", "/deals/JY-2026-000001", "/deals/JY-2026-000010"):
        await notify("有新报价。", now=NOW, address=address, user_ids=[member.user_id, other.user_id])
    await sign_in(client, member)
    mine = await Message.filter(user_id=member.user_id).order_by("id")

    page = await post(client, "/account/messages", {"message": str(mine[0].id)}, follow=False)

    assert (page.status_code, page.headers["location"]) == (303, "/deals/JY-2026-000001#messages")
    unread = Message.filter(read_at=None)
    assert [message.address for message in await unread.filter(user_id=member.user_id)] == [
        "/deals/JY-2026-000010"
    ]
    assert await unread.filter(user_id=other.user_id).count() == 3
    theirs = await Message.filter(user_id=other.user_id).first()
    assert theirs is not None
    for wrong in (str(theirs.id), "9" * 30, "x"):
        assert (await post(client, "/account/messages", {"message": wrong})).status_code == 404
