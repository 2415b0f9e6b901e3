"""The impact of a draft of rules on a year's claims, before it is released."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from market.claims.computation import compute_claim
from market.claims.models import Assessment
from market.kit.clock import local_date
from market.programmes.facts import FactsError
from market.programmes.models import ProgrammeTerms
from market.programmes.rule_files import read_terms
from market.programmes.rule_terms import TermError, Terms

MOST_PREVIEWED = 500


@dataclass(frozen=True)
class ClaimImpact:
    """One claim under the version it was computed with and under the draft."""

    number: str
    name: str
    before: int
    after: int | None
    """None: the draft cannot compute it."""
    why: str

    @property
    def difference(self) -> int:
        return (self.after or 0) - self.before


@dataclass(frozen=True)
class DraftImpact:
    """The awards of a year's claims before and after a draft."""

    year: int
    rows: list[ClaimImpact]

    @property
    def before(self) -> int:
        return sum(row.before for row in self.rows)

    @property
    def after(self) -> int:
        return sum(row.after or 0 for row in self.rows)

    @property
    def moved(self) -> list[ClaimImpact]:
        return [row for row in self.rows if row.difference or row.after is None]


async def assess_impact(draft: ProgrammeTerms, now: datetime) -> DraftImpact:
    """Compute last year's claims under the draft; where there were none, this year's; nothing is stored."""
    this_year = local_date(now).year
    for year in (this_year - 1, this_year):
        rows = await _computed(draft.programme_id, year)
        if rows or year == this_year:
            terms = read_terms(draft.content)
            return DraftImpact(year, [_compared(row, terms) for row in rows])
    raise AssertionError


async def _computed(programme_id: UUID, year: int) -> list[Assessment]:
    """Return the computation that stands of each claim of the year."""
    rows = (
        await Assessment.filter(claim__programme_id=programme_id, claim__year=year)
        .select_related("claim__applicant", "terms")
        .order_by("claim__number", "sequence")
        .limit(MOST_PREVIEWED)
    )
    return list({row.claim_id: row for row in rows}.values())


def _compared(row: Assessment, terms: Terms) -> ClaimImpact:
    decided = dict(row.given)
    name, number = row.claim.applicant.name, row.claim.number
    try:
        result = compute_claim(row.facts, terms, _rate(decided, terms))
    except (TermError, FactsError) as fault:
        return ClaimImpact(number, name, row.award_amount, None, str(fault))
    failed = [finding for contract in result["contracts"] for finding in contract["failed"]] + result[
        "failed"
    ]
    return ClaimImpact(
        number,
        name,
        row.award_amount,
        result["award"],
        "；".join(finding["reason"] for finding in failed[:3]),
    )


def _rate(decided: Mapping[str, Any], new: Terms) -> int | None:
    """Return the rate that was decided, at most the new ceiling."""
    rate = decided.get("rate_basis_points")
    if rate is None or not new.one_rate:
        return None
    return min(int(rate), new.ceiling)
