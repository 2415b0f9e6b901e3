"""Estimated awards of a purchase: for the outcome page, the deal page and the public calculator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from market.accounts.models import Organisation
from market.claims.claim_facts import gather_facts
from market.claims.computation import Check, to_check, to_stored
from market.codes.regions import GUANGXI
from market.contracts.models import Contract as SignedContract
from market.deals.models import Deal
from market.kit.clock import local_date
from market.kit.formats import figure, percent
from market.kit.i18n import gettext as _
from market.kit.money import HOME
from market.listings.models import Outcome
from market.programmes.catalogue import released_terms
from market.programmes.engine import compute
from market.programmes.estimates import EstimateResult, estimate
from market.programmes.facts import PARTY_KINDS, Applicant, ContractFacts, Party, ReceiptFacts, read_facts
from market.programmes.models import Programme
from market.programmes.results import AssessmentResult
from market.programmes.rule_files import in_force
from market.programmes.rule_terms import Terms

MODES = {"licence": "licence", "exclusive_licence": "licence"}
"""Modes of cooperation whose contract has another name; the others are called alike."""
_SOMEBODY = ""
"""Who claims is not known yet, but it will be the contract's own party."""


@dataclass(frozen=True)
class Estimate:
    """The estimated award of one programme; `amount` is None where the text seen gives no rate."""

    programme_name: str
    slug: str
    version: str
    amount: int | None
    formula: str
    conditions: list[Check]
    assumed: list[str]
    """What stands in for facts that nobody gave."""
    assumptions: list[str]
    """How the set's text was read."""
    note: str
    document: str
    """The document all clauses stand in that name no other."""

    def count(self, state: str) -> int:
        """Return how many conditions are met, assumed, failed or open."""
        return sum(condition.state == state for condition in self.conditions)


@dataclass(frozen=True)
class CalculatorInput:
    """What a visitor enters into the calculator; None is unknown."""

    amount: int
    region: str = GUANGXI
    role: str = "buyer"
    kind: str | None = None
    new_sales: int | None = None
    established_on: date | None = None
    seller_kind: str | None = None
    seller_region: str | None = None
    field: str | None = None
    mode: str | None = None
    grade: str | None = None
    used_in: str | None = None
    signed_on: date | None = None
    registered_on: date | None = None
    received: int | None = None
    """Of the amount, in the calendar year of `received_on`, or this one."""
    received_on: date | None = None
    is_related: bool | None = None
    is_publicly_funded: bool | None = None
    vat_payable: int | None = None
    vat_paid: int | None = None


async def estimate_for_outcome(
    outcome: Outcome,
    amount: int,
    buyer_region: str | None,
    now: datetime,
    *,
    buyer: Organisation | None = None,
    seller: Organisation | None = None,
    modes: Sequence[str] | None = None,
    is_told: bool = False,
) -> list[Estimate]:
    """Estimate a purchase of `outcome` at `amount` fen by somebody of a region (Guangxi if not known).

    Who has the outcome's owner at hand gives it as `seller`; `modes` stand for the listed ones.
    The best programme comes first, those without a known rate last. With `is_told` a condition that is met
    only by what is supposed, such as the buyer's place, is told as assumed (假定).
    """
    seller = seller or await Organisation.get(id=outcome.organisation_id)
    region = (buyer.region if buyer else buyer_region) or GUANGXI
    contract = ContractFacts(
        field=outcome.field or None,
        seller=_party(seller),
        outcome=outcome.number,
        subsidised_before=False,
    )
    kinds = [MODES.get(mode, mode) for mode in (outcome.modes if modes is None else modes)]
    results = [
        _estimated(terms, amount, now, region, "buyer", replace(contract, kind=_kind(kinds, terms)), buyer)
        for terms in await _of_place(region, "buyer", now)
    ]
    return _sorted(results, is_place_known=bool(buyer or buyer_region), is_told=is_told)


async def estimate_for_deal(deal: Deal, contract: SignedContract | None, now: datetime) -> list[Estimate]:
    """Estimate what the buyer of a deal might claim: from the contract where signed, else from the price.

    Until a price is agreed the listed one stands for it; without either there is no estimate. Money not
    yet received is supposed to arrive in full; reported sales count as reported.
    """
    # A page that has the deal with its parties asks for nothing twice.
    buyer = deal.buyer if isinstance(deal.buyer, Organisation) else await Organisation.get(id=deal.buyer_id)
    if contract is None:
        is_loaded = isinstance(deal.outcome, Outcome) and isinstance(deal.seller, Organisation)
        outcome = deal.outcome if is_loaded else await Outcome.get_or_none(id=deal.outcome_id)
        if outcome is None:
            return []
        seller = deal.seller if is_loaded else None
        amount = outcome.price_amount if deal.price_amount is None else deal.price_amount
        if amount is None or deal.currency != HOME:
            return []
        modes = [deal.kind.value] if deal.kind is not None else None
        return await estimate_for_outcome(outcome, amount, None, now, buyer=buyer, seller=seller, modes=modes)
    if contract.currency != HOME:
        return []
    year, results = local_date(now).year, []
    for terms in await _of_place(buyer.region, "buyer", now):
        programme = await Programme.get(slug=terms.programme)
        raw = await gather_facts(programme, buyer, year, [contract.id])
        facts = read_facts(raw)
        contract_facts = facts.contracts[0]
        paid = sum(receipt.amount or 0 for receipt in contract_facts.receipts or ())
        if paid < (contract_facts.trade_amount or 0):
            contract_facts = replace(contract_facts, receipts=None)
        results.append(
            estimate(
                terms,
                year=year,
                trade_amount=contract_facts.trade_amount or 0,
                applicant=facts.applicant,
                contract=contract_facts,
                granted_this_year=facts.granted_this_year,
            )
            if contract_facts.receipts is None
            else EstimateResult(compute(replace(facts, contracts=(contract_facts,)), terms), ())
        )
    return _sorted(results)


async def calculate(query: CalculatorInput, now: datetime) -> list[Estimate]:
    """Compare the programmes of a place for what a visitor typed."""
    year = local_date(now).year
    applicant_party = Party(uscc=_SOMEBODY, region=query.region)
    other_party = Party(kind=query.seller_kind, region=query.seller_region)
    contract = ContractFacts(
        kind=query.kind,
        field=query.field,
        mode=query.mode,
        grade=query.grade,
        used_in=query.used_in,
        signed_on=query.signed_on,
        registered_on=query.registered_on,
        related=query.is_related,
        publicly_funded=query.is_publicly_funded,
        receipts=None
        if query.received is None
        else (ReceiptFacts(query.received_on or date(year, 12, 31), query.received),),
        buyer=applicant_party if query.role == "buyer" else Party(),
        seller=applicant_party if query.role == "seller" else other_party,
        new_sales={} if query.new_sales is None else {year: query.new_sales},
        subsidised_before=False,
    )
    applicant = Applicant(
        uscc=_SOMEBODY,
        role=query.role,
        region=query.region,
        established_on=query.established_on,
    )
    return _sorted(
        [
            estimate(
                terms,
                year=year,
                trade_amount=query.amount,
                applicant=applicant,
                contract=contract,
                vat_payable=query.vat_payable,
                vat_paid=query.vat_paid,
            )
            for terms in await _of_place(query.region, query.role, now)
        ],
        is_place_known=True,
        is_told=True,
    )


async def _of_place(region: str, role: str, now: datetime) -> list[Terms]:
    in_force_terms = in_force(local_date(now).year, await released_terms())
    return [
        terms
        for terms in in_force_terms
        if terms.role == role and region.startswith(terms.place) and not terms.is_for_chosen
    ]


def _estimated(
    terms: Terms,
    amount: int,
    now: datetime,
    region: str,
    role: str,
    contract: ContractFacts,
    organisation: Organisation | None,
) -> EstimateResult:
    """Estimate a purchase under one set; the kind of a buyer who is not known yet is assumed."""
    buyer = replace(_party(organisation) if organisation else Party(uscc=_SOMEBODY), region=region)
    applicant = Applicant(uscc=buyer.uscc, kind=buyer.kind, role=role, region=region)
    if organisation is not None:
        applicant = replace(
            applicant,
            established_on=organisation.established_on,
            state_owned=organisation.is_state_owned,
            manufacturer=organisation.is_manufacturer,
            high_tech=organisation.is_high_tech,
            flags={} if organisation.is_sme is None else {"sme": organisation.is_sme},
        )
    return estimate(
        terms,
        year=local_date(now).year,
        trade_amount=amount,
        applicant=applicant,
        contract=replace(contract, buyer=buyer),
    )


def _kind(kinds: Sequence[str], terms: Terms) -> str | None:
    """Return the kind of contract where all offered ones fare alike under these terms, else not known."""
    paid_for = [kind for kind in kinds if kind in terms.content["kinds"]]
    if not kinds or (paid_for and len(paid_for) < len(kinds)):
        return None
    return kinds[0]


def _party(organisation: Organisation) -> Party:
    kind = organisation.kind.value
    return Party(
        uscc=organisation.uscc, kind=kind if kind in PARTY_KINDS else None, region=organisation.region
    )


def _sorted(
    estimates: list[EstimateResult], *, is_place_known: bool = True, is_told: bool = False
) -> list[Estimate]:
    best = sorted(
        estimates,
        key=lambda estimate: (
            not estimate.result.rate_known,
            -estimate.result.award,
            estimate.result.terms.programme,
        ),
    )
    return [
        to_estimate(
            estimate, _without_suppositions(estimate, is_place_known=is_place_known) if is_told else None
        )
        for estimate in best
    ]


def _without_suppositions(estimate: EstimateResult, *, is_place_known: bool) -> AssessmentResult:
    """Compute the same from what is really known, so that what rests on a supposition is open."""
    facts = estimate.result.facts
    applicant, (contract,) = facts.applicant, facts.contracts
    contract = replace(contract, subsidised_before=None, receipts=None)
    if applicant.uscc == _SOMEBODY:
        contract = replace(contract, used_in=None, mode=None, grade=None)
    if not is_place_known:
        applicant = replace(applicant, region=None)
        contract = replace(contract, buyer=Party())
    return compute(replace(facts, applicant=applicant, contracts=(contract,)), estimate.result.terms)


def _conditions(stored_result: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    contracts = stored_result["contracts"]
    return [
        *stored_result["conditions"],
        *(condition for contract_result in contracts for condition in contract_result["conditions"]),
    ]


def to_estimate(estimate: EstimateResult, known: AssessmentResult | None = None) -> Estimate:
    """Render one result for a page; conditions that are open in `known` and met here are assumed."""
    result = estimate.result
    terms = result.terms
    open_names = {
        condition["condition"]
        for condition in (_conditions(to_stored(known)) if known else ())
        if condition["state"] == "open"
    }
    checks: dict[tuple[str, str], Check] = {}
    for condition in _conditions(to_stored(result)):
        check = to_check(condition)
        is_supposed = condition["condition"] in open_names or (known is not None and condition["reason"])
        if check.state == "met" and is_supposed:
            check = replace(check, state="assumed", hint=check.hint or _("先按符合计算，申报时核实"))
        checks.setdefault((check.state, check.text), check)
    has_failed = any(check.state == "failed" for check in checks.values())
    if not result.rate_known:
        note = _("所见文本未载比例，不估算金额")
    elif has_failed:
        note = _("有条件不符合，按现有情况不能获得")
    else:
        note = _("估算，以最终审定为准")
    return Estimate(
        programme_name=_(terms.title),
        slug=terms.programme,
        version=terms.version,
        amount=result.award if result.rate_known else None,
        formula=_formula(result),
        conditions=sorted(
            checks.values(),
            key=lambda check: ("failed", "open", "assumed", "met").index(check.state),
        ),
        assumed=[assumption.render(_) for assumption in estimate.assumptions],
        assumptions=[_(text) for text in terms.content["assumptions"]],
        note=note,
        document=_(terms.content["source"]["document"]),
    )


def _formula(result: AssessmentResult) -> str:
    """Return how the amount came about, in one line."""
    lines = [*(line for contract_result in result.contracts for line in contract_result.lines), *result.lines]
    rates = [
        line
        for line in lines
        if line.step not in ("base", "sum", "round", "share", "total") and not _is_cap(line.step)
    ]
    if not rates or not result.award:
        return ""
    is_ceiling = result.terms.content["rate_is"] == "ceiling"
    parts = []
    for line in rates:
        if line.rate_basis_points is None:
            parts.append(f"{line.note.render(_)} {figure(line.amount)}")
        else:
            parts.append(f"{figure(line.base)} × {percent(line.rate_basis_points)}")
    text = " + ".join(parts)
    if is_ceiling:
        text = _("%(formula)s（最高）", formula=text)
    cut = next((line for line in lines if _is_cap(line.step) and line.amount < line.base), None)
    if cut is not None:
        text = _("%(formula)s，上限 %(cap)s", formula=text, cap=figure(cut.amount))
    return text


def _is_cap(step: str) -> bool:
    return step == "bound" or step.endswith("cap")
