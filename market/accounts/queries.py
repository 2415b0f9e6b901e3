from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from market.accounts.actors import Actor
from market.accounts.demo import EMAILS
from market.accounts.models import (
    BrokerProfile,
    Membership,
    MemberStatus,
    Organisation,
    OrganisationStatus,
    Session,
    User,
)
from market.kit.errors import NotFound
from market.kit.i18n import gettext as _


async def get_organisation(organisation_id: UUID) -> Organisation:
    """Return an organisation, verified or not: for staff and for its own people.

    Raises:
        NotFound: there is none.
    """
    found = await Organisation.get_or_none(id=organisation_id)
    if found is None:
        raise NotFound(_("没有这个单位。"))
    return found


async def list_memberships(organisation_id: UUID) -> list[Membership]:
    """Return everybody who acts, asked to act, or acted for an organisation, with the people."""
    return (
        await Membership.filter(organisation_id=organisation_id).select_related("user").order_by("created_at")
    )


async def list_memberships_of(user_id: UUID) -> list[Membership]:
    """Return the organisations of a person, with how they stand to them."""
    return (
        await Membership.filter(user_id=user_id, status__not=MemberStatus.ENDED)
        .select_related("organisation")
        .order_by("created_at")
    )


async def find_own_membership(actor: Actor) -> Membership | None:
    """Return how the person stands to the organisation they act for, with it; None without one."""
    return await Membership.get_or_none(
        user_id=actor.user_id, organisation_id=actor.organisation_id, status=MemberStatus.ACTIVE
    ).select_related("organisation")


async def find_organisation_by_uscc(uscc: str) -> Organisation | None:
    """Return the organisation that has this unified social credit code, verified or not."""
    return await Organisation.get_or_none(uscc=uscc)


async def list_organisations(
    statuses: Collection[OrganisationStatus], *, words: str = "", offset: int, limit: int
) -> tuple[list[Organisation], int]:
    """Return organisations in one of these states, the longest-waiting first, and how many there are."""
    found = Organisation.filter(status__in=list(statuses))
    if words:
        found = found.filter(name__icontains=words)
    return await found.order_by("created_at").offset(offset).limit(limit), await found.count()


async def count_organisations() -> dict[OrganisationStatus, int]:
    """Return how many organisations stand in each state."""
    return {status: await Organisation.filter(status=status).count() for status in OrganisationStatus}


async def find_broker_profile(user_id: UUID) -> BrokerProfile | None:
    """Return a person's broker profile, verified or not."""
    return await BrokerProfile.get_or_none(user_id=user_id)


async def get_broker_profile(profile_id: UUID) -> BrokerProfile:
    """Return a broker profile with its person, verified or not: for staff.

    Raises:
        NotFound: there is none.
    """
    found = await BrokerProfile.get_or_none(id=profile_id).select_related("user")
    if found is None:
        raise NotFound(_("没有这位经纪人。"))
    return found


async def list_broker_profiles(
    *, is_verified: bool, offset: int, limit: int
) -> tuple[list[BrokerProfile], int]:
    """Return brokers, verified or waiting for it, with the people, and how many there are in all."""
    found = BrokerProfile.filter(is_verified=is_verified, user__is_active=True)
    items = await found.select_related("user").order_by("created_at").offset(offset).limit(limit)
    return items, await found.count()


async def list_sessions(user_id: UUID) -> list[Session]:
    """Return where a person is signed in, the latest first."""
    return await Session.filter(user_id=user_id).order_by("-seen_at")


async def list_demo_people() -> Sequence[User]:
    """Return the people of the demo logins, as far as the demo market has been seeded."""
    people = {user.email: user for user in await User.filter(email__in=EMAILS, is_active=True)}
    return [people[email] for email in EMAILS if email in people]
