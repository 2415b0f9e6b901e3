from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
from tortoise.exceptions import IntegrityError

from market.accounts.actors import load_actor
from market.accounts.memberships import apply_to_join, change_role, end_membership
from market.accounts.messages import notify, notify_staff
from market.accounts.models import MemberRole, Membership, MemberStatus, Message, StaffRole
from market.accounts.permissions import NotYours, Role
from market.accounts.relations import relations
from market.kit.database import in_transaction
from market.kit.errors import Conflict, NotFound
from market.kit.models import OutgoingMail
from market.records.by import By
from tests.factories import make_member, make_membership, make_organisation, make_staff, make_user
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

    former, applied = await Membership.filter(user_id=agent.user_id).order_by("applied_at", "ended_at")
    assert (former.id, former.role, former.ended_at) == (membership.id, MemberRole.AGENT, NOW)
    assert (applied.status, applied.role) == (MemberStatus.PENDING, MemberRole.FINANCE)
    assert twice.status_code == 409


async def test_a_change_of_role_ends_one_period_and_begins_another(client: httpx.AsyncClient) -> None:
    organisation = await make_organisation()
    admin, agent = await make_member(organisation), await make_member(organisation, MemberRole.AGENT)
    membership = await Membership.get(user_id=agent.user_id)
    await sign_in(client, admin)
    change = {"member": str(membership.id), "act": "role", "role": "finance"}

    changed = await post(client, "/account/members", change)
    again = await post(client, "/account/members", change)

    before, after = await Membership.filter(user_id=agent.user_id).order_by("started_at", "ended_at")
    assert (before.role, before.ended_at) == (MemberRole.AGENT, after.started_at)
    assert (after.role, after.status) == (MemberRole.FINANCE, MemberStatus.ACTIVE)
    assert (await load_actor(agent.user_id)).roles == {Role.PERSON, Role.FINANCE}
    assert "经办人，2026-03-02 至" in changed.text
    assert again.status_code == 409


async def test_a_person_keeps_their_first_organisation_when_their_role_changes() -> None:
    first, second = await make_organisation(), await make_organisation()
    admin, agent = await make_member(first), await make_member(first, MemberRole.AGENT)
    await make_membership(agent.user_id, second, MemberRole.AGENT, start=NOW + timedelta(hours=1))
    membership = await Membership.get(user_id=agent.user_id, organisation_id=first.id)

    await change_role(membership.id, MemberRole.FINANCE, by=By(admin, NOW + timedelta(hours=2)))

    assert (await load_actor(agent.user_id)).organisation_id == first.id


async def test_the_same_role_again_begins_no_new_period() -> None:
    admin = await make_member()
    membership = await Membership.get(user_id=admin.user_id)

    await change_role(membership.id, MemberRole.ADMIN, by=By(admin, NOW))

    assert (await Membership.get(user_id=admin.user_id)).id == membership.id


async def test_a_refused_application_was_no_membership() -> None:
    organisation = await make_organisation()
    admin, applicant = await make_member(organisation), await make_member()
    application = await apply_to_join(str(organisation.uscc), MemberRole.AGENT, by=By(applicant, NOW))

    await end_membership(application.id, by=By(admin, NOW))

    assert await relations(applicant.user_id, [organisation.id], NOW) == []


async def test_relations_tell_the_periods_in_which_a_person_acted_for_an_organisation() -> None:
    organisation, other = await make_organisation(name="测试大学"), await make_organisation()
    person = await make_user()
    years = [NOW - timedelta(days=365 * n) for n in range(6)]
    await make_membership(person.id, organisation, MemberRole.FINANCE, start=years[5], end=years[4])
    await make_membership(person.id, organisation, MemberRole.AGENT, start=years[4], end=years[2])
    await make_membership(person.id, organisation, start=years[1])
    await make_membership(person.id, other, start=years[1])

    reasons = await relations(person.id, [organisation.id], years[3])

    assert reasons == [
        "2022-03-03 至 2024-03-02 在测试大学任经办人",
        "2025-03-02 至今在测试大学任单位管理员",
    ]


async def test_the_database_refuses_to_change_a_period_that_has_ended() -> None:
    person = await make_user()
    membership = await make_membership(person.id, await make_organisation(), end=NOW)
    changes: tuple[dict[str, object], ...] = (
        {"ended_at": None},
        {"role": MemberRole.AGENT},
        {"started_at": NOW - timedelta(days=1)},
    )

    for change in changes:
        with pytest.raises(IntegrityError, match="never reused"):
            async with in_transaction():
                await Membership.filter(id=membership.id).update(**change)


async def test_the_database_refuses_a_second_membership_beside_a_running_one() -> None:
    person, organisation = await make_user(), await make_organisation()
    await make_membership(person.id, organisation, end=NOW)
    await make_membership(person.id, organisation)

    with pytest.raises(IntegrityError):
        await make_membership(person.id, organisation, MemberRole.AGENT)


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

    recipients = await notify(
        "有新的报价",
        now=NOW,
        address="/dashboard",
        user_ids=[admin.user_id],
        organisation_id=organisation.id,
        roles={MemberRole.ADMIN},
    )

    assert recipients == 1
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
