"""The page on which a claim begins: what is one's own to claim with, chosen beforehand, and a preview."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.datastructures import ImmutableMultiDict

from market.accounts.actors import Actor
from market.accounts.models import Organisation
from market.claims.claim_facts import gather_facts
from market.claims.computing import Sheet, run, sheet
from market.claims.queries import Claimable, list_claimable
from market.contracts.models import Contract
from market.kit.clock import local_date
from market.kit.errors import NotFound
from market.kit.i18n import gettext as _
from market.programmes.catalogue import compiled, version_in_force
from market.programmes.facts import FactsError
from market.programmes.models import Programme


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
