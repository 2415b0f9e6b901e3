"""Public profiles of organisations and brokers: what guests may read, and who sees contacts."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from market.accounts.actors import Actor
from market.accounts.desk_access import require_named_or_reason
from market.accounts.models import BrokerProfile, Membership, Organisation, OrganisationStatus
from market.accounts.permissions import AccountAct
from market.accounts.web import optional_actor
from market.contracts.models import Contract
from market.kit.clock import local_date
from market.kit.errors import NotFound
from market.kit.i18n import gettext as _
from market.kit.pagination import PageRequest
from market.kit.routing import Route
from market.kit.templating import render
from market.kit.web import deps, path_id
from market.listings import masking, queries
from market.listings.kinds import NEED, OUTCOME
from market.listings.models import Outcome
from market.matching.models import Match
from market.pages import estimates, listing_labels

MOST_SHOWN = 20
PUBLIC_KINDS = ("university", "institute", "enterprise", "farmers_coop", "agency", "source")


@dataclass(frozen=True)
class BrokerRecord:
    """The record of a broker: matches taken up, contracts signed."""

    taken_up: int
    signed: int


async def get_public_organisation(organisation_id: UUID, actor: Actor | None) -> Organisation:
    """Return a verified organisation; others only to their own people, who oversees, and the desk.

    Raises:
        NotFound: there is none that this person may know of.
        ReasonNeeded: the desk opens it for a stated reason.
    """
    organisation = await Organisation.get_or_none(id=organisation_id)
    is_own = actor is not None and any(
        organisation and organisation.id == own_id for own_id, _name in actor.organisations
    )
    is_public = (
        organisation is not None
        and organisation.is_verified
        and organisation.kind.value in (*PUBLIC_KINDS, "registry", "authority")
    )
    if organisation is not None and (is_public or is_own or (actor and actor.oversees)):
        return organisation
    if organisation is None or actor is None or not actor.may(AccountAct.SEE_DESK):
        raise NotFound(_("没有这个单位。"))
    await require_named_or_reason(actor, "organisation", organisation.id)
    return organisation


def may_see_contacts(organisation: Organisation, actor: Actor | None) -> bool:
    """Tell whether the contact is shown: to verified organisations and who oversees."""
    if actor is None:
        return False
    return actor.oversees or actor.is_organisation_verified or actor.acts_for(organisation.id)


async def get_public_broker(profile_id: UUID) -> BrokerProfile:
    """Return a verified broker's profile with the person.

    Raises:
        NotFound: there is none.
    """
    profile = await BrokerProfile.get_or_none(
        id=profile_id, is_verified=True, user__is_active=True
    ).select_related("user")
    if profile is None:
        raise NotFound(_("没有这位经纪人。"))
    return profile


async def agency_of(user_id: UUID) -> Organisation | None:
    """Return the verified organisation a broker works for."""
    membership = (
        await Membership.active(user_id=user_id, organisation__status=OrganisationStatus.VERIFIED)
        .select_related("organisation")
        .order_by("applied_at")
        .first()
    )
    return membership.organisation if membership else None


async def broker_record(user_id: UUID) -> BrokerRecord:
    """Return how many matches a broker took up and how many contracts came of them."""
    return BrokerRecord(
        taken_up=await Match.filter(broker_id=user_id).count(),
        signed=await Contract.filter(deal__broker_id=user_id).count(),
    )


async def organisation(request: Request) -> Response:
    actor, now = optional_actor(request), deps(request).clock()
    organisation = await get_public_organisation(path_id(request, "organisation_id"), actor)
    page_request, today = PageRequest(size=MOST_SHOWN), local_date(now)
    outcomes = await queries.list_live_of(OUTCOME, organisation.id, page_request)
    return render(
        request,
        "pages/organisation.html",
        organisation=organisation,
        outcomes=outcomes,
        badges=await estimates.badges(
            [outcome for outcome in outcomes.items if isinstance(outcome, Outcome)], now
        ),
        needs=await queries.list_live_of(NEED, organisation.id, page_request),
        owner_name=lambda need: masking.need_owner_name(need, actor),
        days_left=lambda day: (day - today).days,
        may_see_contacts=may_see_contacts(organisation, actor),
        **listing_labels.context(),
    )


async def broker(request: Request) -> Response:
    profile = await get_public_broker(path_id(request, "profile_id"))
    return render(
        request,
        "pages/broker.html",
        profile=profile,
        agency=await agency_of(profile.user_id),
        record=await broker_record(profile.user_id),
    )


routes = [
    Route("/organisations/{organisation_id:uuid}", organisation, name="pages:organisation"),
    Route("/brokers/{profile_id:uuid}", broker, name="pages:broker"),
]
