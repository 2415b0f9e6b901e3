"""What an organisation may claim, with a preview of the award; the figures about claims on workbenches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from starlette.datastructures import ImmutableMultiDict

from market.accounts.actors import Actor
from market.accounts.models import Organisation, OrganisationKind
from market.claims.claim_facts import gather_facts, promised_support
from market.claims.computation import Sheet, build_sheet, compute_claim
from market.claims.models import Claim, ClaimContract
from market.claims.queries import voided_among
from market.claims.states import ENDED, ClaimAct
from market.contracts.models import Contract
from market.kit.clock import local_date
from market.kit.errors import NotFound
from market.kit.i18n import gettext as _
from market.kit.money import HOME
from market.programmes.catalogue import compiled, released_terms, version_in_force
from market.programmes.facts import FactsError
from market.programmes.models import Programme
from market.programmes.rule_files import in_force


@dataclass(frozen=True)
class Selection:
    """The programme, year and contracts selected on the page; all of one's own by default."""

    claimable: list[Claimable]
    programme: Programme | None
    year: int
    numbers: list[str]

    @property
    def programmes(self) -> list[tuple[str, str]]:
        return [(offer.programme.slug, _(offer.programme.name)) for offer in self.claimable]

    @property
    def own(self) -> list[Contract]:
        """Return the contracts that may be claimed for under the programme."""
        return next((offer.contracts for offer in self.claimable if offer.programme == self.programme), [])

    @property
    def is_on_totals(self) -> bool:
        """Return whether the programme is claimed on the year's totals, without contracts."""
        return any(offer.is_on_totals for offer in self.claimable if offer.programme == self.programme)

    @property
    def contracts(self) -> list[tuple[str, str]]:
        return [(contract.number, contract.name) for contract in self.own]

    @property
    def data(self) -> Mapping[str, Any]:
        slug = self.programme.slug if self.programme else ""
        return {"programme": slug, "year": self.year, "contracts": self.numbers}


async def read_selection(actor: Actor, data: ImmutableMultiDict[str, Any], now: datetime) -> Selection:
    """Read the selection from a form or a query; invalid values fall back to the defaults."""
    this_year = local_date(now).year
    year_text = str(data.get("year") or "")
    year = (
        int(year_text) if year_text.isascii() and year_text.isdigit() and len(year_text) == 4 else this_year
    )
    claimable = await list_claimable(actor, now, year)
    slug = str(data.get("programme") or "")
    programme = next((offer.programme for offer in claimable if offer.programme.slug == slug), None)
    if programme is None and claimable:
        programme = claimable[0].programme
    selection = Selection(claimable, programme, year, [])
    own_numbers = [contract.number for contract in selection.own]
    requested = [str(number) for number in data.getlist("contracts")]
    is_switched = slug and programme is not None and slug != programme.slug
    numbers = (
        [number for number in own_numbers if number in requested]
        if requested and not is_switched
        else own_numbers
    )
    return Selection(claimable, programme, year, numbers)


async def preview_award(actor: Actor, selection: Selection) -> tuple[Sheet | None, str]:
    """Compute the selected contracts; return the sheet and the name of its document, or None and nothing."""
    if selection.programme is None or actor.organisation_id is None:
        return None, ""
    if not selection.numbers and not selection.is_on_totals:
        return None, ""
    ids = [contract.id for contract in selection.own if contract.number in selection.numbers]
    try:
        terms = compiled(await version_in_force(selection.programme.id, selection.year))
        applicant = await Organisation.get(id=actor.organisation_id)
        facts = await gather_facts(selection.programme, applicant, selection.year, ids)
        return build_sheet(facts, compute_claim(facts, terms)), _(terms.content["source"]["document"])
    except (NotFound, FactsError):
        return None, ""


SIDES = {"buyer": "buyer", "seller": "seller"}
"""Which side of a contract claims, by the role a programme pays."""


TOTALS_OF = {
    "broker": (OrganisationKind.AGENCY,),
    "agency": (OrganisationKind.AGENCY,),
    "registry": (OrganisationKind.REGISTRY,),
}
"""Who may claim on yearly totals, by the role a programme pays; a seller is any organisation."""


@dataclass(frozen=True)
class Claimable:
    """One programme that an organisation may claim, with its contracts not claimed for yet."""

    programme: Programme
    contracts: list[Contract]
    is_on_totals: bool = False
    """Whether it is claimed on the year's totals, without contracts."""


async def list_claimable(actor: Actor, now: datetime, year: int | None = None) -> list[Claimable]:
    """Return the programmes of the organisation's place, with contracts still free or on yearly totals."""
    if not actor.may(ClaimAct.WRITE_CLAIM) or not actor.acts_for(actor.organisation_id):
        return []
    organisation = await Organisation.get(id=actor.organisation_id)
    claim_year = year or local_date(now).year
    local_terms = {
        terms.programme: terms
        for terms in in_force(claim_year, await released_terms())
        if terms.is_for_chosen or organisation.region.startswith(terms.place)
    }
    offers = []
    for programme in await Programme.filter(slug__in=list(local_terms)).order_by("region", "slug"):
        if not local_terms[programme.slug].per_contract:
            is_free = not await live_claim(programme.id, organisation.id, claim_year)
            if is_free and pays_on_totals(programme, organisation):
                offers.append(Claimable(programme, [], is_on_totals=True))
        elif programme.role in SIDES:
            contracts = await _free_contracts(programme, organisation)
            if local_terms[programme.slug].is_for_chosen:
                support = await promised_support(contracts)
                contracts = [contract for contract in contracts if support[contract.id]]
            if contracts:
                offers.append(Claimable(programme, contracts))
    return offers


def pays_on_totals(programme: Programme, organisation: Organisation) -> bool:
    """Return whether a programme without contracts pays organisations of this kind."""
    return organisation.kind in TOTALS_OF.get(programme.role, (organisation.kind,))


async def live_claim(programme_id: UUID, applicant_id: UUID, year: int) -> Claim | None:
    """Return the applicant's claim of the year that is neither rejected nor withdrawn."""
    own = Claim.filter(programme_id=programme_id, applicant_id=applicant_id, year=year)
    return await own.exclude(status__in=list(ENDED)).first()


async def _free_contracts(programme: Programme, organisation: Organisation) -> list[Contract]:
    taken = (
        await ClaimContract.filter(claim__programme_id=programme.id, claim__applicant_id=organisation.id)
        .exclude(claim__status__in=list(ENDED))
        .values_list("contract_id", flat=True)
    )
    own_contracts = Contract.filter(
        registration_number__isnull=False,
        currency=HOME,
        **{f"deal__{SIDES[programme.role]}_id": organisation.id},
    )
    rows = (
        await own_contracts.exclude(id__in=list(taken))
        .select_related("deal__outcome", "deal__seller")
        .order_by("number")
    )
    voided = await voided_among([row.id for row in rows])
    return [row for row in rows if row.id not in voided]
