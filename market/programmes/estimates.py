"""Estimates for pages: what a contract that does not exist yet might earn, and what is assumed for it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from market.programmes import texts
from market.programmes.engine import compute
from market.programmes.facts import Applicant, ContractFacts, Facts, ReceiptFacts
from market.programmes.results import AssessmentResult
from market.programmes.rule_terms import Terms
from market.programmes.texts import Text

ORDINARY_MODE, ORDINARY_GRADE = "agreed", "general"
"""What a contract is where nobody says otherwise: never what would earn more."""
_UNKNOWN_APPLICANT = Applicant()
_UNKNOWN_CONTRACT = ContractFacts()


@dataclass(frozen=True)
class EstimateResult:
    """What the engine computes from the facts and assumptions, and the assumptions."""

    result: AssessmentResult
    assumptions: tuple[Text, ...]


def estimate(
    terms: Terms,
    *,
    year: int,
    trade_amount: int,
    applicant: Applicant = _UNKNOWN_APPLICANT,
    contract: ContractFacts = _UNKNOWN_CONTRACT,
    granted_this_year: int | None = None,
    vat_payable: int | None = None,
    vat_paid: int | None = None,
) -> EstimateResult:
    """Compute a contract of this trade amount (fen) from what is known so far; the rest is open (待核).

    The applicant is taken to claim in the role the set pays. Where nothing is known of receipts the whole
    amount is assumed to arrive in the claim's year: no more can be received, so an amount below a threshold
    fails it. How the price came about and the grade of the outcome are assumed ordinary, and a buyer to use
    it at its own place; only what the set asks for is assumed, and each assumption is told (假定). Where the
    text seen gives no rate the conditions stand alone (`rate_known` is false) and no amount may be shown.
    """
    if applicant.role is None:
        applicant = replace(applicant, role=terms.role)
    supposed, assumptions = _assume(terms, replace(contract, trade_amount=trade_amount), applicant, year=year)
    result = compute(
        Facts(
            year=year,
            applicant=applicant,
            contracts=(supposed,),
            granted_this_year=granted_this_year,
            vat_payable=vat_payable,
            vat_paid=vat_paid,
            brokered_total=trade_amount,
            registered_total=trade_amount,
        ),
        terms,
    )
    return EstimateResult(result, tuple(assumptions))


def _assume(
    terms: Terms, contract: ContractFacts, applicant: Applicant, *, year: int
) -> tuple[ContractFacts, list[Text]]:
    needed_facts = terms.facts_asked
    assumptions: list[Text] = []
    amount = contract.trade_amount or 0
    if "mode" in needed_facts and contract.mode is None:
        contract = replace(contract, mode=ORDINARY_MODE)
        assumptions.append(_assumed("mode", ORDINARY_MODE))
    if "grade" in needed_facts and contract.grade is None:
        contract = replace(contract, grade=ORDINARY_GRADE)
        assumptions.append(_assumed("grade", ORDINARY_GRADE))
    if (
        "used_in" in needed_facts
        and contract.used_in is None
        and applicant.role == "buyer"
        and applicant.region
    ):
        contract = replace(contract, used_in=applicant.region)
        assumptions.append(_assumed("used_in", applicant.region))
    if contract.kind == "equity" and contract.paid_in_equity is None:
        contract = replace(contract, paid_in_equity=amount)
        assumptions.append(Text(texts.ASSUMED_PAID_IN, {"amount": texts.wan(amount)}))
    if contract.receipts is None:
        day = _day_in_window(terms, year)
        contract = replace(contract, receipts=(ReceiptFacts(on=day, amount=amount),))
        if "receipts" in needed_facts and contract.kind != "equity":
            values = {"amount": texts.wan(amount), "year": day.year}
            assumptions.append(Text(texts.ASSUMED_RECEIVED, values))
    return contract, assumptions


def _assumed(fact: str, value: str) -> Text:
    return Text(
        texts.ASSUMED, {"what": texts.named(fact), "value": texts.format_fact(fact, value, money=False)}
    )


def _day_in_window(terms: Terms, year: int) -> date:
    """Return a day that counts: the last of the claim's year, or of the years in which receipts count."""
    last = terms.content["base"].get("window", {}).get("to")
    if isinstance(last, str):
        return date.fromisoformat(last)
    return date(year + min(last or 0, 0), 12, 31)
