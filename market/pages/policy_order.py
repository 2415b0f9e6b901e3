"""The order of policies and programmes for who looks: of their place, for their kind, the nearest first."""

from __future__ import annotations

from uuid import UUID

from market.accounts.actors import Actor
from market.codes.regions import GUANGXI
from market.policies.queries import list_public
from market.policies.states import VALID
from market.programmes.catalogue import released_by_id
from market.programmes.models import Programme
from market.programmes.rule_terms import Terms

MOST = 200
"""Records that are put in order; the rest follows as the engine has it."""
Rank = tuple[bool, bool, int, str]


async def order_policies(actor: Actor | None) -> list[UUID]:
    """Return ids of programmes and policies, those first that concern this person's organisation.

    For guests and staff the place is Guangxi and every kind is alike.
    """
    region = (actor.organisation_region if actor else "") or GUANGXI
    kind = actor.organisation_kind.value if actor and actor.organisation_kind else None
    ranks: dict[UUID, Rank] = {}
    newest: dict[str, Terms] = {}
    for terms in sorted((await released_by_id()).values(), key=lambda terms: terms.valid_from):
        newest[terms.programme] = terms
    for programme in await Programme.filter(slug__in=list(newest)):
        terms = newest[programme.slug]
        is_for = kind is None or kind in terms.applicant_kinds
        ranks[programme.id] = _rank(region, terms.place, is_for, programme.name)
    for policy in await list_public():
        is_for = kind is None or not policy.audience or kind in policy.audience
        place = policy.region.rstrip("0") if policy.region else ""
        is_for = is_for and policy.status in VALID
        ranks[policy.id] = _rank(region, place, is_for, policy.title)
    return sorted(ranks, key=lambda record_id: (ranks[record_id], record_id))[:MOST]


def _rank(region: str, place: str, is_for: bool, name: str) -> Rank:
    """Return what a record is sorted by: elsewhere last, then of another kind, then by the nearest place."""
    own = region.rstrip("0")
    is_here = region.startswith(place) or place.startswith(own)
    return (not is_here, not is_for, abs(len(place) - len(own)), name)
