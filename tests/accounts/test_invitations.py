"""Colleagues are invited by mail, and who is missing for a second signature is named."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from market.accounts import invitations
from market.accounts.actors import Actor, load_actor
from market.accounts.invitations import NewColleague
from market.accounts.messages import list_latest_messages
from market.accounts.models import (
    Invitation,
    MemberRole,
    Membership,
    Organisation,
    OrganisationStatus,
    User,
)
from market.accounts.permissions import NotYours
from market.accounts.second_people import second_people
from market.accounts.sessions import token_hash
from market.audit.models import AuditEvent
from market.contracts.states import ContractAct
from market.deps import Deps
from market.kit.errors import Conflict, Invalid, NotFound
from market.records.by import By
from tests.accounts.registration_data import last_mail, link_in
from tests.factories import NOW, make_member, make_organisation, make_user
from tests.visitor import post, sign_in

EMAIL = "caiwu@example.test"
PASSWORD = "a long and quiet password"


async def invited(deps: Deps, admin: Actor, email: str = EMAIL, role: MemberRole = MemberRole.FINANCE) -> str:
    """Invite somebody and return the path of the link in the mail."""
    await invitations.invite(email, role, by=By(admin, NOW))
    return link_in(await last_mail(deps, email))


async def test_a_colleague_without_an_account_sets_a_password_and_is_a_member(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    admin = await make_member()
    await sign_in(client, admin)
    sent = await post(
        client, "/account/members", {"act": "invite", "email": EMAIL.upper(), "role": "finance"}
    )
    mail = await last_mail(deps, EMAIL)
    listed = await client.get("/account/members")
    await sign_in(client, None)

    page = await client.get(link_in(mail))
    empty = await post(client, link_in(mail), {})
    board = await post(
        client,
        link_in(mail),
        {"person_name": "陆财", "password": PASSWORD, "agreed": "y", "email": "x@y.test"},
    )

    assert "邀请已发到" in sent.text
    assert EMAIL in listed.text
    assert admin.organisation_name in mail.text
    assert admin.organisation_name in page.text
    assert empty.status_code == 422
    assert "您已加入" in board.text
    user = await User.get(email=EMAIL)
    membership = await Membership.get(user_id=user.id)
    assert (membership.role, membership.organisation_id) == (MemberRole.FINANCE, admin.organisation_id)
    assert "陆财 接受了邀请" in (await list_latest_messages(admin.user_id, 1))[0].text
    invitation = await Invitation.get()
    assert (invitation.email, invitation.accepted_by_id) == ("", user.id)
    assert (await client.get(link_in(mail))).status_code == 404
    acts = {event.action for event in await AuditEvent.filter(subject_id=admin.organisation_id)}
    assert {"invite", "accept_invitation"} <= acts


async def test_a_colleague_with_an_account_signs_in_and_accepts(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    admin, person = await make_member(), await make_user(email=EMAIL)
    link = await invited(deps, admin)
    await sign_in(client, None)

    guest = await client.get(link)
    taken = await post(client, link, {"person_name": "冒名", "password": PASSWORD, "agreed": "y"})
    await sign_in(client, await load_actor(person.id))
    board = await post(client, link)

    assert "去登录" in guest.text
    assert taken.status_code == 409
    assert "您已加入" in board.text
    assert (await load_actor(person.id)).organisation_id == admin.organisation_id


async def test_an_invitation_is_for_its_address_alone(client: httpx.AsyncClient, deps: Deps) -> None:
    admin, other = await make_member(), await make_member()
    link = await invited(deps, admin)
    await sign_in(client, other)

    page = await client.get(link)
    refused = await post(client, link)

    assert "用收到邀请的邮箱登录" in page.text
    assert refused.status_code == 409
    assert not await Membership.exists(user_id=other.user_id, organisation_id=admin.organisation_id)


@pytest.mark.parametrize("end", ["revoked", "expired", "replaced", "suspended", "unknown"])
async def test_a_dead_link_opens_nothing(client: httpx.AsyncClient, deps: Deps, end: str) -> None:
    admin = await make_member()
    link = await invited(deps, admin)
    invitation = await Invitation.get()
    if end == "revoked":
        await sign_in(client, admin)
        await post(client, "/account/members", {"act": "revoke", "invitation": str(invitation.id)})
    elif end == "expired":
        await Invitation.all().update(expires_at=datetime.now(UTC) - timedelta(minutes=1))
    elif end == "replaced":
        await invitations.invite(EMAIL, MemberRole.AGENT, by=By(admin, NOW))
    elif end == "suspended":
        await Organisation.filter(id=admin.organisation_id).update(status=OrganisationStatus.SUSPENDED)
    else:
        link = "/invitations/unknown"
    await sign_in(client, None)

    assert (await client.get(link)).status_code == 404
    posted = await post(client, link, {"person_name": "陆财", "password": PASSWORD, "agreed": "y"})
    assert posted.status_code == 404
    assert not await User.exists(email=EMAIL)


async def test_only_an_administrator_of_a_verified_organisation_invites_and_revokes(deps: Deps) -> None:
    admin = await make_member()
    await invited(deps, admin)
    invitation = await Invitation.get()
    agent = await make_member(await Organisation.get(id=admin.organisation_id), MemberRole.AGENT)
    waiting = await make_member(await make_organisation(status=OrganisationStatus.PENDING))

    for actor in (agent, waiting):
        with pytest.raises(NotYours):
            await invitations.invite("a@example.test", MemberRole.AGENT, by=By(actor, NOW))
    with pytest.raises(NotYours):
        await invitations.revoke(invitation.id, by=By(agent, NOW))
    with pytest.raises(NotFound):
        await invitations.revoke(invitation.id, by=By(await make_member(), NOW))
    with pytest.raises(Invalid) as member:
        await invitations.invite(agent.email, MemberRole.FINANCE, by=By(admin, NOW))
    assert member.value.field == "email"


async def test_an_application_that_waits_is_granted_by_the_invitation_and_a_password_is_checked(
    deps: Deps,
) -> None:
    admin, person = await make_member(), await make_user(email=EMAIL)
    await Membership.create(
        user_id=person.id, organisation_id=admin.organisation_id, role=MemberRole.AGENT, applied_at=NOW
    )
    link = await invited(deps, admin)

    actor = await load_actor(person.id)
    await invitations.accept(link.rsplit("/", 1)[1], session_token="none", by=By(actor, NOW))

    membership = await Membership.get(user_id=person.id)
    assert (membership.role, membership.started_at) == (MemberRole.FINANCE, NOW)
    other = (await invited(deps, admin, "neu@example.test")).rsplit("/", 1)[1]
    with pytest.raises(Invalid):
        await invitations.register(other, NewColleague("新", "kurz"), now=NOW)
    with pytest.raises(Conflict):
        await invitations.accept(other, session_token="none", by=By(actor, NOW))
    assert await Invitation.exists(token_hash=token_hash(other), accepted_at__isnull=True)


async def test_addresses_of_invitations_that_are_over_are_forgotten(deps: Deps) -> None:
    await invited(deps, await make_member())
    await invitations.forget_invitations()
    assert (await Invitation.get()).email == EMAIL

    await Invitation.all().update(expires_at=datetime.now(UTC) - timedelta(minutes=1))
    await invitations.forget_invitations()

    assert (await Invitation.get()).email == ""


async def test_who_may_confirm_is_named_and_who_is_missing_too() -> None:
    admin = await make_member()
    organisation = await Organisation.get(id=admin.organisation_id)
    act, stranger = ContractAct.CONFIRM_REMITTANCE, await make_member()

    alone = (await second_people(act, organisation.id, [admin.user_id], actor=admin))[admin.user_id]
    finance = await make_member(organisation, MemberRole.FINANCE, name="陆财")
    agent = await make_member(organisation, MemberRole.AGENT)
    seconds = await second_people(act, organisation.id, [admin.user_id, finance.user_id], actor=agent)

    assert (alone.is_missing, alone.roles, alone.may_invite) == (True, [MemberRole.FINANCE], True)
    assert alone.role_words == "财务"
    assert seconds[admin.user_id].people == [("陆财", MemberRole.FINANCE)]
    assert (seconds[finance.user_id].is_missing, seconds[finance.user_id].may_invite) == (True, False)
    assert await second_people(act, organisation.id, [admin.user_id], actor=stranger) == {}
    assert await second_people(act, organisation.id, [], actor=admin) == {}
