"""Whether a purchase of an outcome may be subsidised at all (可享后补助), as its search document says.

Judged from what the outcome itself says, its field, ways of cooperation and owner, against the newest
released terms of each programme that pays buyers in Guangxi. Price and buyer are left open, so yes means
that nothing known rules it out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from market.claims.award_estimates import MODES
from market.codes.regions import GUANGXI
from market.listings.models import Outcome
from market.listings.search import VISIBLE_OUTCOMES
from market.programmes.catalogue import released_terms
from market.programmes.facts import PARTY_KINDS, Applicant, ContractFacts, Facts, Party
from market.programmes.terms import Terms
from market.search.jobs import enqueue_rebuild

PROVINCE = GUANGXI[:2]
_SOMEBODY = ""
"""Who claims is not known yet, but it will be the contract's own party."""


def may_be_paid(field: str, modes: Iterable[str], seller_kind: str, seller_region: str, terms: Terms) -> bool:
    """Tell whether terms leave room for a purchase by one of the ways in which an outcome is offered.

    An outcome that names no way of cooperation is not judged favourably: there is nothing to go by.
    """
    seller = Party(kind=seller_kind if seller_kind in PARTY_KINDS else None, region=seller_region or None)
    buyer = Party(uscc=_SOMEBODY, kind="enterprise")
    applicant = Applicant(uscc=_SOMEBODY, kind="enterprise", role=terms.role)
    for kind in {MODES.get(mode, mode) for mode in modes}:
        contract = ContractFacts(
            kind=kind, field=field or None, seller=seller, buyer=buyer, subsidised_before=False
        )
        facts = Facts(year=terms.valid_from.year, applicant=applicant, contracts=(contract,))
        if all(test(facts, contract, None) is not False for test in terms.contract_tests):
            return True
    return False


async def judge_outcomes_anew() -> None:
    """Have all outcomes on the market judged by terms that were just released."""
    if await Outcome.exists(status__in=VISIBLE_OUTCOMES):
        await enqueue_rebuild("outcomes")


async def tell_of_outcomes(outcomes: Sequence[Any]) -> Mapping[UUID, Mapping[str, Any]]:
    """Return what documents of outcomes hold of it. Needs the organisations fetched."""
    terms = _for_buyers(await released_terms())
    return {
        one.id: {
            "has_subsidy": _is_payable(
                one.field, tuple(one.modes), one.organisation.kind.value, one.organisation.region, terms
            )
        }
        for one in outcomes
    }


def _for_buyers(released: Iterable[Terms]) -> tuple[Terms, ...]:
    newest: dict[str, Terms] = {}
    for one in sorted(released, key=lambda one: one.valid_from):
        if one.role == "buyer" and one.place.startswith(PROVINCE):
            newest[one.programme] = one
    return tuple(newest.values())


_remembered: dict[tuple[Any, ...], bool] = {}


def _is_payable(field: str, modes: tuple[str, ...], kind: str, region: str, terms: tuple[Terms, ...]) -> bool:
    """Judge once what many outcomes have in common."""
    key = (field, modes, kind, region, tuple((one.programme, one.version) for one in terms))
    if key not in _remembered:
        if len(_remembered) > 10_000:
            _remembered.clear()
        _remembered[key] = any(may_be_paid(field, modes, kind, region, one) for one in terms)
    return _remembered[key]
