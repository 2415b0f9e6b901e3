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
from market.programmes.rule_terms import Terms
from market.search.jobs import enqueue_rebuild

PROVINCE = GUANGXI[:2]
_SOMEBODY = ""
"""Who claims is not known yet, but it will be the contract's own party."""


def may_be_paid(field: str, modes: Iterable[str], seller_kind: str, seller_region: str, terms: Terms) -> bool:
    """Return whether terms may subsidise a purchase in one of the modes in which an outcome is offered.

    An outcome without a mode is not subsidisable: nothing is known of it.
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


async def rebuild_outcome_documents() -> None:
    """Enqueue a rebuild of the outcomes' search documents after terms were released."""
    if await Outcome.exists(status__in=VISIBLE_OUTCOMES):
        await enqueue_rebuild("outcomes")


async def subsidy_facts(outcomes: Sequence[Any]) -> Mapping[UUID, Mapping[str, Any]]:
    """Return the field that search documents of outcomes hold. Needs the organisations fetched."""
    terms = _for_buyers(await released_terms())
    return {
        outcome.id: {
            "has_subsidy": _is_payable(
                outcome.field,
                tuple(outcome.modes),
                outcome.organisation.kind.value,
                outcome.organisation.region,
                terms,
            )
        }
        for outcome in outcomes
    }


def _for_buyers(released: Iterable[Terms]) -> tuple[Terms, ...]:
    newest: dict[str, Terms] = {}
    for terms in sorted(released, key=lambda terms: terms.valid_from):
        if terms.role == "buyer" and terms.place.startswith(PROVINCE):
            newest[terms.programme] = terms
    return tuple(newest.values())


_cache: dict[tuple[Any, ...], bool] = {}


def _is_payable(field: str, modes: tuple[str, ...], kind: str, region: str, terms: tuple[Terms, ...]) -> bool:
    """Return the cached answer for outcomes alike in field, modes, owner and terms."""
    key = (
        field,
        modes,
        kind,
        region,
        tuple((terms_version.programme, terms_version.version) for terms_version in terms),
    )
    if key not in _cache:
        if len(_cache) > 10_000:
            _cache.clear()
        _cache[key] = any(may_be_paid(field, modes, kind, region, terms_version) for terms_version in terms)
    return _cache[key]
