"""Search documents of listings: public fields only, and only while on offer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any
from uuid import UUID

from market.accounts.models import Organisation
from market.codes import regions
from market.kit.clock import local_date
from market.kit.hydration import read_by_ids, relate
from market.kit.room import rooms
from market.listings.freshness import is_stale
from market.listings.models import Need, Outcome
from market.listings.rules import is_open_licence
from market.listings.states import LIVE, NeedStatus, OutcomeStatus
from market.search.engine import Document
from market.search.normalise import joined

VISIBLE_OUTCOMES = [status for status in LIVE if isinstance(status, OutcomeStatus)]
VISIBLE_NEEDS = [status for status in LIVE if isinstance(status, NeedStatus)]


def outcome_document(outcome: Outcome) -> Document | None:
    """Return the public document of an outcome with its organisation, None if it is not on offer.

    Contacts, the team and attachments stay out.
    """
    if outcome.status not in VISIBLE_OUTCOMES:
        return None
    organisation = outcome.organisation
    comparison = (f"{row.get('indicator', '')} {row.get('ours', '')}" for row in outcome.comparison)
    return {
        "id": outcome.id,
        "revision": outcome.revision,
        "status": outcome.status.value,
        "title": outcome.title,
        "keywords": outcome.keywords,
        "text": _text(
            outcome.highlight,
            outcome.problem,
            outcome.solution,
            *comparison,
            outcome.indicators,
            outcome.applications,
        ),
        "title_en": outcome.title_en,
        "text_en": outcome.abstract_en,
        "names": [organisation.name],
        "organisation_id": outcome.organisation_id,
        "organisation_kind": organisation.kind.value,
        "field": outcome.field,
        "industries": outcome.industries,
        "trl": outcome.trl,
        "modes": outcome.modes,
        "price_kind": outcome.price_kind.value,
        "price_amount": outcome.price_amount,
        "regions": _regions(outcome.region),
        "right_kinds": [row.get("kind", "") for row in outcome.rights],
        "right_states": [row.get("status", "") for row in outcome.rights],
        "is_exclusive_possible": outcome.is_exclusive_possible,
        "has_open_licence": any(map(is_open_licence, outcome.rights)),
        "completeness": outcome.completeness,
        "is_stale": is_stale(outcome),
        "published_at": outcome.published_at,
        "published_on": local_date(outcome.published_at) if outcome.published_at else None,
        "verified_on": outcome.verified_on,
    }


def need_document(need: Need) -> Document | None:
    """Return the public document of a need with its organisation, None if it is not on offer.

    That of a masked need contains neither its enterprise nor its county.
    """
    if need.status not in VISIBLE_NEEDS:
        return None
    organisation = need.organisation
    targets = (f"{row.get('indicator', '')} {row.get('target', '')}" for row in need.targets)
    is_masked = need.is_masked
    return {
        "id": need.id,
        "revision": need.revision,
        "status": need.status.value,
        "title": need.title,
        "keywords": need.keywords,
        "text": _text(
            need.description, *targets, need.constraints, need.background, need.attempts, need.expected_form
        ),
        "names": [] if is_masked else [organisation.name],
        "organisation_id": None if is_masked else need.organisation_id,
        "organisation_kind": organisation.kind.value,
        "is_masked": is_masked,
        "field": need.field,
        "industries": need.industries,
        "kind": need.kind,
        "modes": need.modes,
        "regions": _regions(need.region)[: 2 if is_masked else 3],
        "trl_min": need.trl_min,
        "budget_min_amount": need.budget_min_amount,
        "budget_max_amount": need.budget_max_amount,
        "deadline_on": need.deadline_on,
        "completeness": need.completeness,
        "is_stale": is_stale(need),
        "published_at": need.published_at,
    }


async def build_outcomes(ids: Sequence[UUID]) -> dict[UUID, Document | None]:
    """Build the public documents of these outcomes from their current state."""
    return await _add_facts("outcomes", await _with_owners(Outcome, ids), outcome_document)


async def build_needs(ids: Sequence[UUID]) -> dict[UUID, Document | None]:
    """Build the public documents of these needs from their current state."""
    return await _add_facts("needs", await _with_owners(Need, ids), need_document)


async def _with_owners(model: type[Outcome] | type[Need], ids: Sequence[UUID]) -> Sequence[Outcome | Need]:
    listings: Sequence[Outcome | Need] = await read_by_ids(model, ids)
    owner_ids = {listing.organisation_id for listing in listings}
    owners = {owner.id: owner for owner in await read_by_ids(Organisation, owner_ids)}
    for listing in listings:
        relate(listing, "organisation", owners[listing.organisation_id])
    return listings


async def _add_facts(
    index: str, listings: Sequence[Any], document_of: Callable[[Any], Document | None]
) -> dict[UUID, Document | None]:
    documents = {listing.id: document_of(listing) for listing in listings}
    public = [listing for listing in listings if documents[listing.id]]
    for facts_of in rooms().document_facts(index) if public else ():
        for identity, facts in (await facts_of(public)).items():
            documents[identity] = {**(documents[identity] or {}), **facts}
    return documents


async def all_outcomes() -> dict[UUID, int]:
    """Return id and revision of all outcomes that belong in the index."""
    return _revisions(await Outcome.filter(status__in=VISIBLE_OUTCOMES).values_list("id", "revision"))


async def all_needs() -> dict[UUID, int]:
    """Return id and revision of all needs that belong in the index."""
    return _revisions(await Need.filter(status__in=VISIBLE_NEEDS).values_list("id", "revision"))


def _revisions(rows: Iterable[Any]) -> dict[UUID, int]:
    return {id_: int(revision) for id_, revision in rows}


def _text(*parts: str) -> str:
    """Join the parts by line, without those contained in another.

    The highlight of an imported outcome is the first sentence of its text.
    """
    texts = [part for part in dict.fromkeys(parts) if part]
    return joined(part for part in texts if not any(part in other for other in texts if other != part))


def _regions(code: str) -> list[str]:
    """Return the region with its parents, the province first."""
    if not code:
        return []
    code = regions.current(code)
    levels = [code[:2] + "0000", code[:4] + "00", code]
    return [level for level in dict.fromkeys(levels) if regions.is_known(level)]
