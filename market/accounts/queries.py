"""Queries of organisations, memberships and broker profiles."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from tortoise.expressions import Q

from market.accounts.actors import Actor
from market.accounts.demo_logins import EMAILS
from market.accounts.models import BrokerProfile, Membership, Organisation, OrganisationStatus, Session, User
from market.codes.labels import label
from market.kit.errors import NotFound
from market.kit.formats import day
from market.kit.i18n import gettext as _
from market.kit.room import Relation


async def get_organisation(organisation_id: UUID) -> Organisation:
    """Return an organisation, verified or not: for staff and its own members.

    Raises:
        NotFound: there is none.
    """
    organisation = await Organisation.get_or_none(id=organisation_id)
    if organisation is None:
        raise NotFound(_("没有这个单位。"))
    return organisation


async def list_memberships(organisation_id: UUID) -> list[Membership]:
    """Return all periods and applications at an organisation with their people, by application."""
    memberships = Membership.filter(organisation_id=organisation_id).select_related("user")
    return await memberships.order_by("applied_at", "started_at")


async def list_memberships_of(user_id: UUID) -> list[Membership]:
    """Return a person's running memberships and open applications with their organisations."""
    memberships = Membership.filter(user_id=user_id, ended_at__isnull=True).select_related("organisation")
    return await memberships.order_by("applied_at")


async def relations(
    user_ids: Collection[UUID], organisation_ids: Collection[UUID], since: datetime
) -> list[Relation]:
    """Return the memberships of people in these organisations that have not ended before `since`.

    Part of the question whether a person has a conflict of interest, see `Room.relations`.
    """
    periods = Membership.filter(
        Q(ended_at__isnull=True) | Q(ended_at__gte=since),
        user_id__in=list(user_ids),
        organisation_id__in=list(organisation_ids),
        started_at__isnull=False,
    )
    return [
        Relation(
            membership.user_id,
            membership.organisation_id,
            _(
                "%(from)s 至%(to)s在%(organisation)s任%(role)s",
                **{"from": day(membership.started_at), "to": _until(membership)},
                organisation=membership.organisation.name,
                role=label("member_role", membership.role),
            ),
        )
        for membership in await periods.select_related("organisation").order_by("started_at", "id")
    ]


def _until(membership: Membership) -> str:
    return _("今") if membership.ended_at is None else f" {day(membership.ended_at)} "


async def find_own_membership(actor: Actor) -> Membership | None:
    """Return the person's membership in the organisation they act for, with it; None without one."""
    memberships = Membership.active(user_id=actor.user_id, organisation_id=actor.organisation_id)
    return await memberships.select_related("organisation").first()


async def find_organisation_by_uscc(uscc: str) -> Organisation | None:
    """Return the organisation that has this unified social credit code, verified or not."""
    return await Organisation.get_or_none(uscc=uscc)


async def list_organisations(
    statuses: Collection[OrganisationStatus], *, words: str = "", offset: int, limit: int
) -> tuple[list[Organisation], int]:
    """Return a page of the organisations in these statuses, oldest first, and the total count."""
    organisations = Organisation.filter(status__in=list(statuses))
    if words:
        organisations = organisations.filter(name__icontains=words)
    page = organisations.order_by("created_at").offset(offset).limit(limit)
    return await page, await organisations.count()


async def count_organisations() -> dict[OrganisationStatus, int]:
    """Return the number of organisations by status."""
    return {status: await Organisation.filter(status=status).count() for status in OrganisationStatus}


async def find_broker_profile(user_id: UUID) -> BrokerProfile | None:
    """Return a person's broker profile, verified or not."""
    return await BrokerProfile.get_or_none(user_id=user_id)


async def get_broker_profile(profile_id: UUID) -> BrokerProfile:
    """Return a broker profile with its person, verified or not: for staff.

    Raises:
        NotFound: there is none.
    """
    profile = await BrokerProfile.get_or_none(id=profile_id).select_related("user")
    if profile is None:
        raise NotFound(_("没有这位经纪人。"))
    return profile


async def list_broker_profiles(
    *, is_verified: bool, offset: int, limit: int
) -> tuple[list[BrokerProfile], int]:
    """Return a page of brokers, verified or pending, with their people, and the total count."""
    profiles = BrokerProfile.filter(is_verified=is_verified, user__is_active=True)
    page = profiles.select_related("user").order_by("created_at").offset(offset).limit(limit)
    return await page, await profiles.count()


async def list_sessions(user_id: UUID) -> list[Session]:
    """Return a person's sessions, last used first."""
    return await Session.filter(user_id=user_id).order_by("-seen_at")


async def list_demo_people() -> Sequence[User]:
    """Return the people of the demo logins that are seeded."""
    people = {user.email: user for user in await User.filter(email__in=EMAILS, is_active=True)}
    return [people[email] for email in EMAILS if email in people]
