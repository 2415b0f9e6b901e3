"""Signing in with a second factor, switching it on and off, and who must have one."""

from __future__ import annotations

import re
import time
from dataclasses import replace

import httpx
import pyotp
import pytest

from market.accounts.actors import load_actor
from market.accounts.attempt_limits import OF_CODE
from market.accounts.factor_models import Authenticator, KnownDevice, RecoveryCode
from market.accounts.models import MemberRole, Organisation, Session, StaffRole, User
from market.accounts.second_factors import PERIOD, read_secret, reset_factors, set_requirement
from market.accounts.sessions import COOKIE, token_hash
from market.app import create_app
from market.audit.models import AuditEvent
from market.deps import Deps
from market.kit.errors import Conflict
from market.kit.models import Attempt, OutgoingMail
from market.records.by import By
from tests.accounts.factor_data import code, switch_on_authenticator
from tests.accounts.registration_data import errors, make_user_with_password
from tests.factories import PASSWORD, make_member, make_membership, make_organisation, make_staff
from tests.fixtures import NOW
from tests.visitor import post, sign_in


async def password(client: httpx.AsyncClient, user: User, **more: str) -> httpx.Response:
    fields = {"email": user.email, "password": PASSWORD, **more}
    return await post(client, "/login", fields, follow=False)


async def factor(client: httpx.AsyncClient, typed: str, **more: str) -> httpx.Response:
    return await post(client, "/login/factor", {"proof_code": typed, **more}, follow=False)


@pytest.fixture
async def user(deps: Deps) -> User:
    user = await make_user_with_password()
    await switch_on_authenticator(user.id, deps)
    return user


async def test_the_password_alone_opens_nothing(client: httpx.AsyncClient, user: User) -> None:
    answer = await password(client, user, next="/account")

    assert (answer.status_code, answer.headers["location"]) == (303, "/login/factor?next=/account")
    assert (await client.get("/account")).headers["location"].startswith("/login?next=")
    answer = await factor(client, code(), next="/account")
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    assert user.name in (await client.get("/account")).text


async def test_a_wrong_code_a_used_one_and_one_of_another_time_are_refused(
    client: httpx.AsyncClient, user: User
) -> None:
    await password(client, user)
    right = code()

    for typed in ("", "123456", "abc", code(-3), code(3), "１２３４５６"):
        refused = await factor(client, typed)
        assert (refused.status_code, errors(refused)) == (
            422,
            ["验证码不正确，或者已经用过。请等下一个验证码。"],
        )
        await Attempt.all().delete()
    assert (await factor(client, right)).status_code == 303
    client.cookies.delete(COOKIE)
    await password(client, user)
    assert (await factor(client, right)).status_code == 422
    assert (await factor(client, code(1))).status_code == 303


async def test_after_six_wrong_codes_even_the_right_one_waits(client: httpx.AsyncClient, user: User) -> None:
    await password(client, user)
    for _try in range(OF_CODE):
        await factor(client, "000000")

    assert (await factor(client, code())).status_code == 429


async def test_who_typed_no_password_is_asked_for_it_first(client: httpx.AsyncClient) -> None:
    assert (await client.get("/login/factor")).headers["location"] == "/login"
    assert (await factor(client, "123456")).headers["location"] == "/login"


async def test_a_demo_login_that_switched_it_on_is_asked_too(client: httpx.AsyncClient, deps: Deps) -> None:
    user = await make_user_with_password(email="finance@demo.kezhuan.test", staff_role=StaffRole.OFFICER)
    assert (await post(client, "/login", {"demo": user.email}, follow=False)).headers[
        "location"
    ] == "/dashboard"
    client.cookies.delete(COOKIE)
    await switch_on_authenticator(user.id, deps)

    answer = await post(client, "/login", {"demo": user.email}, follow=False)

    assert answer.headers["location"] == "/login/factor"


async def test_switching_an_authenticator_on_gives_recovery_codes_once(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    user = await make_user_with_password()
    await sign_in(client, await load_actor(user.id))
    await post(client, "/account/factors", {"act": "begin"})
    own = await Authenticator.get(user_id=user.id)
    shared = read_secret(own, secret=deps.settings.secret_key)
    page = (await client.get("/account/factors")).text
    assert shared in page
    assert "data:image/svg+xml" in page
    assert shared.encode() not in bytes(own.secret)
    assert not (await load_actor(user.id)).has_factor

    now = pyotp.TOTP(shared).generate_otp(int(time.time()) // PERIOD)
    page = (await post(client, "/account/factors", {"act": "confirm", "code": now})).text

    codes = re.findall(r"<code>([a-z2-9]{5}-[a-z2-9]{5})</code>", page)
    assert len(set(codes)) == 10
    assert shared not in page
    assert (await load_actor(user.id)).has_factor
    assert not await RecoveryCode.filter(code_hash__in=codes).exists()
    page = (await post(client, "/account/factors", {"act": "written_down"})).text
    assert codes[0] not in page
    # A recovery code stands in for a lost phone, once, however it is typed.
    for expected in (303, 422):
        client.cookies.delete(COOKIE)
        await password(client, user)
        assert (await factor(client, f" {codes[3].upper()} ")).status_code == expected
    verbs = [event.action for event in await AuditEvent.filter(subject_id=user.id)]
    assert "add_factor" in verbs


async def test_an_old_code_cannot_be_taken_for_a_later_step(client: httpx.AsyncClient, user: User) -> None:
    await Authenticator.filter(user_id=user.id).update(last_step=int(time.time()) // PERIOD + 1)
    await password(client, user)

    assert (await factor(client, code())).status_code == 422


async def test_it_is_switched_off_and_its_recovery_codes_go_with_it(
    client: httpx.AsyncClient, user: User
) -> None:
    await sign_in(client, await load_actor(user.id))
    await post(client, "/account/factors", {"act": "renew"})
    assert await RecoveryCode.filter(user_id=user.id).count() == 10

    await post(client, "/account/factors", {"act": "remove_authenticator"})

    assert not (await load_actor(user.id)).has_factor
    assert not await RecoveryCode.filter(user_id=user.id).exists()
    refused = await post(client, "/account/factors", {"act": "renew"}, follow=False)
    assert refused.status_code == 409


async def test_staff_outside_the_demo_set_it_up_before_anything_else_and_keep_one(deps: Deps) -> None:
    deps = replace(deps, settings=replace(deps.settings, is_demo=False))
    transport = httpx.ASGITransport(app=create_app(deps))
    async with httpx.AsyncClient(transport=transport, base_url="http://market.test") as client:
        officer = await make_staff(StaffRole.OFFICER)
        await sign_in(client, officer)

        assert (await client.get("/desk")).headers["location"] == "/account/factors"
        assert (await post(client, "/desk/bulk", follow=False)).status_code == 403
        assert "必须开启二次验证" in (await client.get("/account/factors")).text
        await switch_on_authenticator(officer.user_id, deps)
        assert (await client.get("/desk")).status_code == 200
        removal = await post(client, "/account/factors", {"act": "remove_authenticator"}, follow=False)
        assert removal.status_code == 409
        member = await make_member()
        await sign_in(client, member)
        assert (await client.get("/dashboard")).status_code == 200


async def test_sessions_of_staff_are_shorter_outside_the_demo(deps: Deps) -> None:
    user = await make_user_with_password(staff_role=StaffRole.APPROVER)
    for is_demo, idle in ((True, 720), (False, 60)):
        own = replace(deps, settings=replace(deps.settings, is_demo=is_demo))
        transport = httpx.ASGITransport(app=create_app(own))
        async with httpx.AsyncClient(transport=transport, base_url="http://market.test") as client:
            await password(client, user)
        session = await Session.filter(user_id=user.id).order_by("-created_at").first()
        assert session is not None
        assert session.idle_minutes == idle
        assert (session.expires_at - session.created_at).total_seconds() == (604_800 if is_demo else 43_200)


async def test_an_organisation_requires_it_of_its_members(client: httpx.AsyncClient, deps: Deps) -> None:
    organisation = await make_organisation()
    admin = await make_member(organisation)
    agent = await make_member(organisation, MemberRole.AGENT)
    with pytest.raises(Conflict, match="自己的账号"):
        await set_requirement(True, by=By(admin, NOW))
    await switch_on_authenticator(admin.user_id, deps)

    await sign_in(client, admin)
    await post(client, "/account/members", {"act": "require_factor"})

    assert (await Organisation.get(id=organisation.id)).requires_factor
    assert (await client.get("/dashboard")).status_code == 200
    await sign_in(client, agent)
    assert (await client.get("/dashboard")).headers["location"] == "/account/factors"
    await sign_in(client, admin)
    await post(client, "/account/members", {"act": "stop_requiring_factor"})
    await sign_in(client, agent)
    assert (await client.get("/dashboard")).status_code == 200


async def test_who_lost_everything_is_reset_by_who_has_the_server(user: User) -> None:
    await reset_factors(user, by=By.job(NOW))

    assert not (await load_actor(user.id)).has_factor
    event = await AuditEvent.get(subject_id=user.id, action="reset_factors")
    assert event.role == "job"


async def test_a_new_device_is_told_by_mail_and_a_known_one_is_not(client: httpx.AsyncClient) -> None:
    user = await make_user_with_password()
    await password(client, user)
    assert not await OutgoingMail.filter(recipient=user.email).exists()
    client.cookies.delete(COOKIE)
    await password(client, user)
    assert not await OutgoingMail.filter(recipient=user.email).exists()

    client.cookies.clear()
    await password(client, user)

    mail = await OutgoingMail.get(recipient=user.email)
    assert mail.subject == "科转：您的账号在新设备上登录"
    assert await KnownDevice.filter(user_id=user.id).count() == 2


async def test_a_made_up_device_is_replaced_by_ours(client: httpx.AsyncClient) -> None:
    user = await make_user_with_password()
    planted = "planted-by-somebody-else"
    client.cookies.set("device", planted, domain="market.test")

    answer = await password(client, user)

    assert "device=" in answer.headers["set-cookie"]
    assert not await KnownDevice.filter(token_hash=token_hash(planted)).exists()
    assert await KnownDevice.filter(user_id=user.id).count() == 1


async def test_members_see_who_of_them_has_it(client: httpx.AsyncClient, deps: Deps) -> None:
    organisation = await make_organisation()
    admin = await make_member(organisation)
    colleague = await make_user_with_password()
    await make_membership(colleague.id, organisation, MemberRole.AGENT)
    await switch_on_authenticator(colleague.id, deps)
    await sign_in(client, admin)

    page = (await client.get("/account/members")).text

    assert page.count("二次验证已开启") == 1
