from __future__ import annotations

import httpx
import pytest

from market.accounts.members import change_role, end_membership
from market.accounts.messages import notify, notify_staff
from market.accounts.models import MemberRole, Membership, MemberStatus, Message, StaffRole
from market.accounts.permissions import NotYours
from market.kit.errors import Conflict, NotFound
from market.kit.models import OutgoingMail
from market.records.by import By
from tests.factories import make_member, make_organisation, make_staff
from tests.fixtures import NOW
from tests.visitor import post, sign_in


async def test_the_last_administrator_can_neither_go_nor_be_demoted() -> None:
    admin = await make_member()
    membership = await Membership.get(user_id=admin.user_id)

    with pytest.raises(Conflict, match="唯一的管理员"):
        await end_membership(membership.id, by=By(admin, NOW))
    with pytest.raises(Conflict, match="唯一的管理员"):
        await change_role(membership.id, MemberRole.AGENT, by=By(admin, NOW))


async def test_one_of_two_administrators_can_go() -> None:
    organisation = await make_organisation()
    admin, other = await make_member(organisation), await make_member(organisation)
    membership = await Membership.get(user_id=other.user_id)

    await end_membership(membership.id, by=By(admin, NOW))

    await membership.refresh_from_db()
    assert (membership.status, membership.ended_at) == (MemberStatus.ENDED, NOW)


async def test_members_of_other_organisations_are_out_of_reach() -> None:
    admin, stranger = await make_member(), await make_member()
    membership = await Membership.get(user_id=stranger.user_id)

    with pytest.raises(NotFound):
        await end_membership(membership.id, by=By(admin, NOW))


@pytest.mark.parametrize("role", [MemberRole.AGENT, MemberRole.FINANCE])
async def test_only_administrators_manage_members(role: MemberRole, client: httpx.AsyncClient) -> None:
    actor = await make_member(None, role)
    membership = await Membership.get(user_id=actor.user_id)
    await sign_in(client, actor)

    with pytest.raises(NotYours):
        await change_role(membership.id, MemberRole.ADMIN, by=By(actor, NOW))
    assert (await client.get("/account/members")).status_code == 403


async def test_a_person_who_left_may_ask_again(client: httpx.AsyncClient) -> None:
    organisation = await make_organisation()
    admin, agent = await make_member(organisation), await make_member(organisation, MemberRole.AGENT)
    membership = await Membership.get(user_id=agent.user_id)
    await end_membership(membership.id, by=By(admin, NOW))
    await sign_in(client, agent)

    await post(client, "/account/join", {"uscc": organisation.uscc, "role": "finance"})
    twice = await post(client, "/account/join", {"uscc": organisation.uscc, "role": "finance"})

    await membership.refresh_from_db()
    assert (membership.status, membership.role) == (MemberStatus.PENDING, MemberRole.FINANCE)
    assert twice.status_code == 409


async def test_a_wish_to_join_is_refused(client: httpx.AsyncClient) -> None:
    organisation = await make_organisation()
    admin, wisher = await make_member(organisation), await make_member()
    await sign_in(client, wisher)
    await post(client, "/account/join", {"uscc": organisation.uscc, "role": "agent"})
    membership = await Membership.get(user_id=wisher.user_id, organisation_id=organisation.id)
    await sign_in(client, admin)

    await post(client, "/account/members", {"member": str(membership.id), "act": "end"})

    await membership.refresh_from_db()
    assert membership.status is MemberStatus.ENDED
    assert await Message.filter(user_id=wisher.user_id, text__contains="没有同意").exists()


@pytest.mark.parametrize(
    "data",
    [
        {"member": "nonsense", "act": "end"},
        {"member": "", "act": ""},
        {"act": "promote"},
        {"member": "00000000-0000-0000-0000-000000000000", "act": "role", "role": "king"},
    ],
)
async def test_nonsense_changes_no_member(client: httpx.AsyncClient, data: dict[str, str]) -> None:
    await sign_in(client, await make_member())

    assert (await post(client, "/account/members", data)).status_code == 404


async def test_people_are_told_once_each_inside_the_site_and_by_mail() -> None:
    organisation = await make_organisation()
    admin = await make_member(organisation)
    await make_member(organisation, MemberRole.AGENT)

    told = await notify(
        "有新的报价",
        now=NOW,
        address="/dashboard",
        user_ids=[admin.user_id],
        organisation_id=organisation.id,
        roles={MemberRole.ADMIN},
    )

    assert told == 1
    message = await Message.get()
    assert (message.user_id, message.text, message.address) == (admin.user_id, "有新的报价", "/dashboard")
    mail = await OutgoingMail.get()
    assert mail.recipient == admin.email
    assert mail.text.endswith("{site}/dashboard\n")


async def test_staff_of_one_role_are_told() -> None:
    operator = await make_staff(StaffRole.OPERATOR)
    await make_staff(StaffRole.OFFICER)

    assert await notify_staff(StaffRole.OPERATOR, "新单位待认证", now=NOW) == 1
    assert (await Message.get()).user_id == operator.user_id
