"""What an organisation may claim, chosen on the page on which a claim begins, with a preview of the award."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from starlette.datastructures import ImmutableMultiDict

from market.accounts.actors import Actor
from market.accounts.models import Organisation, OrganisationKind
from market.claims.claim_facts import gather_facts
from market.claims.computation import Sheet, run, sheet
from market.claims.contract_validity import lost_among
from market.claims.models import Claim, ClaimContract
from market.claims.permissions import ClaimAct
from market.claims.states import ENDED
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
class Chosen:
    """What is chosen on the page: a programme, a year, contracts; all one's own when nothing is said."""

    claimable: list[Claimable]
    programme: Programme | None
    year: int
    numbers: list[str]

    @property
    def programmes(self) -> list[tuple[str, str]]:
        return [(one.programme.slug, _(one.programme.name)) for one in self.claimable]

    @property
    def own(self) -> list[Contract]:
        """The contracts that may be claimed with under the programme."""
        return next((one.contracts for one in self.claimable if one.programme == self.programme), [])

    @property
    def is_on_totals(self) -> bool:
        """Whether the programme is claimed on the year's totals, without contracts."""
        return any(one.is_on_totals for one in self.claimable if one.programme == self.programme)

    @property
    def contracts(self) -> list[tuple[str, str]]:
        return [(one.number, one.name) for one in self.own]

    @property
    def data(self) -> Mapping[str, Any]:
        slug = self.programme.slug if self.programme else ""
        return {"programme": slug, "year": self.year, "contracts": self.numbers}


async def chosen_in(actor: Actor, given: ImmutableMultiDict[str, Any], now: datetime) -> Chosen:
    """Read the choice from a form or an address; nonsense falls back to what is one's own."""
    this_year = local_date(now).year
    typed = str(given.get("year") or "")
    year = int(typed) if typed.isascii() and typed.isdigit() and len(typed) == 4 else this_year
    claimable = await list_claimable(actor, now, year)
    wanted = str(given.get("programme") or "")
    programme = next((one.programme for one in claimable if one.programme.slug == wanted), None)
    if programme is None and claimable:
        programme = claimable[0].programme
    chosen = Chosen(claimable, programme, year, [])
    known = [one.number for one in chosen.own]
    named = [str(one) for one in given.getlist("contracts")]
    is_switched = wanted and programme is not None and wanted != programme.slug
    numbers = [one for one in known if one in named] if named and not is_switched else known
    return Chosen(claimable, programme, year, numbers)


async def preview_of(actor: Actor, chosen: Chosen) -> tuple[Sheet | None, str]:
    """Try the computation with the chosen contracts, and name its document; None where there is none."""
    if chosen.programme is None or actor.organisation_id is None:
        return None, ""
    if not chosen.numbers and not chosen.is_on_totals:
        return None, ""
    ids = [one.id for one in chosen.own if one.number in chosen.numbers]
    try:
        terms = compiled(await version_in_force(chosen.programme.id, chosen.year))
        applicant = await Organisation.get(id=actor.organisation_id)
        facts = await gather_facts(chosen.programme, applicant, chosen.year, ids)
        return sheet(facts, run(facts, terms)), _(terms.content["source"]["document"])
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
    """What an organisation might claim: one programme with its contracts not claimed for yet."""

    programme: Programme
    contracts: list[Contract]
    is_on_totals: bool = False
    """Whether it is claimed on the year's totals, without contracts."""


async def list_claimable(actor: Actor, now: datetime, year: int | None = None) -> list[Claimable]:
    """Return the programmes of the organisation's place, with contracts still free or on yearly totals."""
    if not actor.may(ClaimAct.WRITE_CLAIM) or not actor.acts_for(actor.organisation_id):
        return []
    organisation = await Organisation.get(id=actor.organisation_id)
    asked = year or local_date(now).year
    here = {
        terms.programme: terms
        for terms in in_force(asked, await released_terms())
        if organisation.region.startswith(terms.place)
    }
    found = []
    for programme in await Programme.filter(slug__in=list(here)).order_by("region", "slug"):
        if not here[programme.slug].per_contract:
            is_free = not await live_claim(programme.id, organisation.id, asked)
            if is_free and pays_on_totals(programme, organisation):
                found.append(Claimable(programme, [], is_on_totals=True))
        elif programme.role in SIDES and (contracts := await _free_contracts(programme, organisation)):
            found.append(Claimable(programme, contracts))
    return found


def pays_on_totals(programme: Programme, organisation: Organisation) -> bool:
    """Tell whether a programme without contracts pays organisations of this kind."""
    return organisation.kind in TOTALS_OF.get(programme.role, (organisation.kind,))


async def live_claim(programme_id: UUID, applicant_id: UUID, year: int) -> Claim | None:
    """Return the applicant's claim of the year that has not come to nothing."""
    own = Claim.filter(programme_id=programme_id, applicant_id=applicant_id, year=year)
    return await own.exclude(status__in=list(ENDED)).first()


async def _free_contracts(programme: Programme, organisation: Organisation) -> list[Contract]:
    taken = (
        await ClaimContract.filter(claim__programme_id=programme.id, claim__applicant_id=organisation.id)
        .exclude(claim__status__in=list(ENDED))
        .values_list("contract_id", flat=True)
    )
    own = Contract.filter(
        registration_number__isnull=False,
        currency=HOME,
        **{f"deal__{SIDES[programme.role]}_id": organisation.id},
    )
    rows = (
        await own.exclude(id__in=list(taken))
        .select_related("deal__outcome", "deal__seller")
        .order_by("number")
    )
    lost = await lost_among([row.id for row in rows])
    return [row for row in rows if row.id not in lost]
