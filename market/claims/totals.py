"""What this market itself knows of the yearly totals that an applicant states.

Of what was registered elsewhere it knows nothing, so a difference is a doubt and never a result. A broker's
deals count for the organisation that the broker belongs to today (A); a registry is known by its name, as
the parties entered it with the registration.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from tortoise.queryset import QuerySet

from market.accounts.models import Membership, MemberStatus, Organisation
from market.claims.contract_validity import is_lost
from market.claims.models import Claim
from market.codes.canonical import canonical_key
from market.contracts.models import Contract
from market.kit.money import HOME


@dataclass(frozen=True)
class Known:
    """A total as the records have it: the contracts by number, and what they come to in fen."""

    fact: str
    amount: int
    numbers: list[str]


async def known_totals(claim: Claim) -> list[Known]:
    """Return those of the totals stated on a claim that the market has records for."""
    found = []
    stated = claim.stated or {}
    if "brokered_total" in stated:
        people = Membership.filter(organisation_id=claim.applicant_id, status=MemberStatus.ACTIVE)
        ids = await people.values_list("user_id", flat=True)
        rows = await _registered_in(claim.year).filter(deal__broker_id__in=list(ids))
        found.append(_known("brokered_total", [(row.number, row.trade_amount) for row in rows]))
    if "registered_total" in stated:
        name = canonical_key((await Organisation.get(id=claim.applicant_id)).name)
        names = (
            await _registered_in(claim.year)
            .distinct()
            .order_by("registry")
            .values_list("registry", flat=True)
        )
        same = [each for each in names if canonical_key(str(each)) == name]
        rows = await _registered_in(claim.year).filter(registry__in=same) if same else []
        found.append(_known("registered_total", [(row.number, row.contract_amount) for row in rows]))
    return found


def _registered_in(year: int) -> QuerySet[Contract]:
    """Return the contracts registered in a year that still stand, in the home currency."""
    return (
        Contract.filter(
            registered_on__gte=date(year, 1, 1), registered_on__lte=date(year, 12, 31), currency=HOME
        )
        .exclude(is_lost(""))
        .order_by("number")
    )


def _known(fact: str, rows: list[tuple[str, int]]) -> Known:
    return Known(fact, sum(amount for _number, amount in rows), [number for number, _amount in rows])
