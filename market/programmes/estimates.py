"""Estimates for pages: what a contract that does not exist yet might earn."""

from __future__ import annotations

from dataclasses import replace

from market.programmes.engine import compute
from market.programmes.facts import Applicant, ContractFacts, Facts, ReceiptFacts
from market.programmes.results import AssessmentResult
from market.programmes.terms import Terms

_UNKNOWN_APPLICANT = Applicant()
_UNKNOWN_CONTRACT = ContractFacts()


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
) -> AssessmentResult:
    """Compute a contract of this trade amount from what is known so far; the rest is open (待核).

    The applicant is taken to claim in the role the set pays. While nothing was received the whole amount is
    supposed to be paid, and an equity contract to be paid in, on a day not known: so the award is the
    one to hope for, and provisional. Where the text seen gives no rate the conditions stand alone
    (`rate_known` is false) and no amount may be shown.
    """
    supposed = replace(contract, trade_amount=trade_amount)
    if contract.receipts is None:
        supposed = replace(supposed, receipts=(ReceiptFacts(on=None, amount=trade_amount),))
    if contract.kind == "equity" and contract.paid_in_equity is None:
        supposed = replace(supposed, paid_in_equity=trade_amount)
    if applicant.role is None:
        applicant = replace(applicant, role=terms.role)
    return compute(
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
