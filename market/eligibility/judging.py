"""How organisations stand to all programmes that are for them, judged from records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from market.accounts.models import Organisation
from market.eligibility.facts import FactsBook, OrganisationFacts, read_book
from market.eligibility.guests import roles_of_kind
from market.eligibility.results import Eligibility
from market.eligibility.rules import concerns, judge
from market.eligibility.targets import Target, targets
from market.programmes.call_queries import windows
from market.programmes.catalogue import released_by_id
from market.programmes.models import Programme


@dataclass(frozen=True)
class Catalogue:
    """The programmes with what one may apply for now."""

    programmes: Mapping[str, Programme]
    """By slug."""
    targets: Sequence[Target]
    terms_ids: Mapping[tuple[str, str], UUID]
    """By programme and version."""

    @property
    def open_targets(self) -> Sequence[Target]:
        """Return what everybody may ask about: all but what is for who was chosen in public."""
        return [target for target in self.targets if not target.terms.is_for_chosen]

    def for_organisation(self, organisation: Organisation) -> list[Target]:
        """Return what is for an organisation of this kind and place, or once it was chosen in public."""
        kind, region = organisation.kind.value, organisation.region
        roles = roles_of_kind(kind)
        return [
            target
            for target in self.targets
            if concerns(target.terms, kind=kind, region=region, roles=roles, may_be_chosen=True)
        ]


@dataclass(frozen=True)
class OwnEligibility:
    """How one organisation stands to one target, with the facts it was judged on."""

    organisation_id: UUID
    target: Target
    result: Eligibility
    source: OrganisationFacts
    terms_id: UUID

    @property
    def contract_numbers(self) -> list[str]:
        """The contract that stands best, by number; none where none exists yet."""
        place = self.result.contract
        if place is None or place >= len(self.source.contracts):
            return []
        return [self.source.contracts[place].number]


async def read_catalogue(now: datetime) -> Catalogue:
    """Read programmes, released versions and calls."""
    released = await released_by_id()
    return Catalogue(
        {programme.slug: programme for programme in await Programme.all()},
        targets(released.values(), await windows(), now),
        {(terms.programme, terms.version): terms_id for terms_id, terms in released.items()},
    )


def judge_organisation(
    organisation: Organisation, catalogue: Catalogue, book: FactsBook, now: datetime
) -> list[OwnEligibility]:
    """Judge one organisation on what records know of it."""
    results = []
    for target in catalogue.for_organisation(organisation):
        terms = target.terms
        source = book.of(organisation, catalogue.programmes[terms.programme], target.year)
        if terms.is_for_chosen and not any(row.public_challenge for row in source.facts.contracts):
            continue
        result = judge(
            terms, source.facts, now=now, call=target.live_call(now), unregistered=source.unregistered
        )
        results.append(
            OwnEligibility(
                organisation.id,
                target,
                result,
                source,
                catalogue.terms_ids[terms.programme, terms.version],
            )
        )
    return results


async def judge_one(organisation: Organisation, now: datetime) -> tuple[Catalogue, list[OwnEligibility]]:
    """Judge one organisation now, for its page."""
    catalogue = await read_catalogue(now)
    book = await read_book([organisation])
    return catalogue, judge_organisation(organisation, catalogue, book, now)
