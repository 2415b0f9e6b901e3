"""Search documents of organisations and brokers: verified ones only, without contacts."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from market.accounts.models import (
    BrokerProfile,
    Membership,
    Organisation,
    OrganisationKind,
    OrganisationStatus,
)
from market.codes import industries, labels, regions
from market.search.engine import Document

HIDDEN = {OrganisationKind.SOURCE, OrganisationKind.AUTHORITY}
TRAITS = ("is_state_owned", "is_manufacturer", "is_high_tech", "is_sme")


def organisation_document(organisation: Organisation) -> Document | None:
    """Build the public document of an organisation, None if it is not searchable."""
    if organisation.status is not OrganisationStatus.VERIFIED or organisation.kind in HIDDEN:
        return None
    return {
        "id": organisation.id,
        "revision": organisation.revision,
        "title": organisation.name,
        "keywords": [
            labels.label("organisation_kind", organisation.kind),
            industries.name(organisation.industry),
        ],
        "text": organisation.introduction,
        "names": [organisation.name],
        "kind": organisation.kind.value,
        "industry": organisation.industry,
        "regions": _regions(organisation.region),
        "traits": [trait.removeprefix("is_") for trait in TRAITS if getattr(organisation, trait)],
        "verified_at": organisation.verified_at,
    }


def broker_document(profile: BrokerProfile, organisation: Organisation | None) -> Document | None:
    """Build the public document of a broker, None if it is not searchable."""
    if not profile.is_verified or not profile.user.is_active:
        return None
    return {
        "id": profile.id,
        "revision": profile.revision,
        "title": profile.user.name,
        "keywords": [labels.label("field", key) for key in profile.fields_of_work],
        "text": profile.introduction,
        "names": [organisation.name] if organisation else [],
        "level": profile.certificate_level.value,
        "fields": profile.fields_of_work,
        "regions": _regions(organisation.region) if organisation else [],
        "organisation_id": organisation.id if organisation else None,
        "verified_at": profile.created_at,
    }


async def build_organisations(ids: Sequence[UUID]) -> dict[UUID, Document | None]:
    """Build the current public documents of these organisations."""
    return {
        organisation.id: organisation_document(organisation)
        for organisation in await Organisation.filter(id__in=list(ids))
    }


async def build_brokers(ids: Sequence[UUID]) -> dict[UUID, Document | None]:
    """Build the current public documents of these brokers."""
    profiles = await BrokerProfile.filter(id__in=list(ids)).select_related("user")
    memberships = (
        await Membership.active(
            user_id__in=[profile.user_id for profile in profiles],
            organisation__status=OrganisationStatus.VERIFIED,
        )
        .select_related("organisation")
        .order_by("-applied_at")
    )
    of = {membership.user_id: membership.organisation for membership in memberships}
    return {profile.id: broker_document(profile, of.get(profile.user_id)) for profile in profiles}


async def all_organisations() -> dict[UUID, int]:
    """Return id and revision of all searchable organisations."""
    findable = Organisation.filter(status=OrganisationStatus.VERIFIED, kind__not_in=list(HIDDEN))
    return {organisation.id: organisation.revision for organisation in await findable.only("id", "revision")}


async def all_brokers() -> dict[UUID, int]:
    """Return id and revision of all searchable brokers."""
    findable = BrokerProfile.filter(is_verified=True, user__is_active=True)
    return {profile.id: profile.revision for profile in await findable.only("id", "revision")}


def _regions(code: str) -> list[str]:
    if not code:
        return []
    code = regions.current(code)
    levels = [code[:2] + "0000", code[:4] + "00", code]
    return [level for level in dict.fromkeys(levels) if regions.is_known(level)]
