from __future__ import annotations

import json
from uuid import uuid4

import httpx

from market.accounts.actors import Actor, load_actor
from market.accounts.factor_models import Authenticator
from market.accounts.messages import notify
from market.accounts.models import (
    MemberRole,
    Membership,
    MemberStatus,
    Message,
    Organisation,
    Session,
    StaffRole,
    User,
)
from market.audit.log import record
from market.audit.models import AuditEvent
from market.audit.queries import names_by_pseudonym
from market.audit.verify import verify_database
from market.deps import Deps
from market.kit.models import OutgoingMail
from market.records.by import By
from tests.accounts.factor_data import switch_on_authenticator
from tests.accounts.registration_data import errors, make_user_with_password
from tests.factories import (
    PASSWORD,
    make_member,
    make_membership,
    make_organisation,
    make_outcome,
    make_staff,
)
from tests.fixtures import NOW
from tests.visitor import post, sign_in

GO = {"password": PASSWORD, "is_sure": "y"}


async def member_with_password(role: MemberRole = MemberRole.AGENT, **fields: object) -> Actor:
    organisation = await make_organisation()
    await make_member(organisation)
    user = await make_user_with_password(**fields)
    await make_membership(user.id, organisation, role)
    return await load_actor(user.id)


async def test_a_person_takes_the_own_data_along(client: httpx.AsyncClient) -> None:
    actor = await member_with_password()
    await Message.create(user_id=actor.user_id, text="有新的报价", created_at=NOW)
    await record("deal", uuid4(), "offer", by=By(actor, NOW), amount=5)
    await sign_in(client, actor)

    answer = await client.get("/account/export")

    data = json.loads(answer.text)
    assert answer.headers["content-disposition"].startswith("attachment")
    assert data["person"]["email"] == actor.email
    assert data["memberships"][0]["organisation"] == actor.organisation_name
    assert [message["text"] for message in data["messages"]] == ["有新的报价"]
    assert [act["action"] for act in data["acts"]] == ["offer"]
    assert "password" not in answer.text


async def test_erasure_leaves_only_a_pseudonym_in_the_log(client: httpx.AsyncClient) -> None:
    actor = await member_with_password()
    event = await record("deal", uuid4(), "offer", by=By(actor, NOW))
    await sign_in(client, actor)

    answer = await post(client, "/account/erase", GO, follow=False)

    assert answer.status_code == 303
    user = await User.get(id=actor.user_id)
    assert (user.name, user.is_active, user.password_hash) == ("已注销用户", False, "")
    assert user.email.endswith("@erased.invalid")
    assert not await Session.filter(user_id=user.id).exists()
    assert not await Message.filter(user_id=user.id).exists()
    assert (await Membership.get(user_id=user.id)).status is MemberStatus.ENDED
    stored = await AuditEvent.get(id=event.id)
    assert stored.actor
    assert await names_by_pseudonym([stored.actor]) == {}
    assert (await verify_database())[0] == []


async def test_erasure_asks_for_the_password(client: httpx.AsyncClient) -> None:
    actor = await member_with_password()
    await sign_in(client, actor)

    wrong = await post(client, "/account/erase", {"password": "not it at all", "is_sure": "y"})
    unsure = await post(client, "/account/erase", {"password": PASSWORD})

    assert (wrong.status_code, errors(wrong)) == (422, ["密码不正确。"])
    assert (unsure.status_code, errors(unsure)) == (422, ["请勾选确认。"])
    assert (await User.get(id=actor.user_id)).is_active


async def test_the_last_administrator_of_an_organisation_is_not_erased(client: httpx.AsyncClient) -> None:
    organisation = await make_organisation(name="只有一位管理员的单位")
    user = await make_user_with_password()
    await make_membership(user.id, organisation)
    await sign_in(client, await load_actor(user.id))

    answer = await post(client, "/account/erase", GO)

    assert answer.status_code == 409
    assert "只有一位管理员的单位" in answer.text


async def test_staff_are_not_erased_by_themselves(client: httpx.AsyncClient) -> None:
    officer = await make_staff(StaffRole.OFFICER)
    user = await make_user_with_password(staff_role=StaffRole.RECHECKER)
    await sign_in(client, await load_actor(user.id))

    answer = await post(client, "/account/erase", GO)

    assert answer.status_code == 409
    assert officer.is_staff


async def test_erasure_reaches_names_in_messages_of_others_contacts_and_factors(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    actor = await member_with_password(name="欧阳擦除")
    organisation = await Organisation.get(id=actor.organisation_id)
    other = await make_member(organisation)
    contact = {"contact_name": "欧阳擦除", "contact_phone": "0771-1234567", "contact_email": actor.email}
    outcome = await make_outcome(organisation, **contact)
    foreign = await make_outcome(None, contact_name="欧阳擦除", contact_email="x@example.test")
    await switch_on_authenticator(actor.user_id, deps)
    words = "欧阳擦除 申请加入，请审核；欧阳擦除之子不是他。新成员：欧阳擦除"
    await notify(words, user_ids=[other.user_id], now=NOW)
    await sign_in(client, actor)
    assert outcome.number in (await client.get("/account/export")).text

    await post(client, "/account/erase", GO)

    message = await Message.get(user_id=other.user_id)
    mail = await OutgoingMail.get(recipient=other.email)
    assert message.text == "已注销用户 申请加入，请审核；欧阳擦除之子不是他。新成员：已注销用户"
    assert "欧阳擦除 申请" not in mail.text + mail.subject
    await outcome.refresh_from_db()
    await foreign.refresh_from_db()
    assert (outcome.contact_name, outcome.contact_phone, outcome.contact_email) == ("", "", "")
    assert foreign.contact_name == "欧阳擦除"
    assert not await Authenticator.exists(user_id=actor.user_id)


async def test_who_asks_for_erasure_is_told_what_is_kept_and_why(client: httpx.AsyncClient) -> None:
    await sign_in(client, await member_with_password())

    assert "依法要保存的留着" in (await client.get("/account/erase")).text
