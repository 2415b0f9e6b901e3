"""The impact of a draft of rules on a year's claims, before it is released."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from typing import Any
from uuid import UUID

from market.claims.computation import Sheet, SheetLine, build_sheet, compute_claim
from market.claims.expert_panel import verdict_for
from market.claims.models import Assessment
from market.kit.clock import local_date
from market.kit.formats import percent, yuan
from market.kit.i18n import gettext as _
from market.programmes.facts import FactsError
from market.programmes.models import ProgrammeTerms
from market.programmes.rule_files import read_terms
from market.programmes.terms import TermError, Terms

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
            return DraftImpact(year, [await _compared(row, terms) for row in rows])
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


async def _compared(row: Assessment, terms: Terms) -> ClaimImpact:
    decided = dict(row.result.get("given") or {})  # type: ignore[call-overload]
    name, number = row.claim.applicant.name, row.claim.number
    verdict = await verdict_for(row.claim_id, terms)
    rate, basis = _rate(decided, terms), ""
    if rate is not None and verdict.rate is not None and verdict.points is not None:
        rate = verdict.rate
        basis = _(
            "专家得分 %(points)s，新上限 %(ceiling)s，核定 %(rate)s",
            points=verdict.shown_points,
            ceiling=percent(terms.ceiling),
            rate=percent(rate),
        )
    elif rate is not None and rate != decided["rate_basis_points"]:
        basis = _("核定比例超过新上限，按 %(rate)s", rate=percent(rate))
    try:
        result = compute_claim(row.facts, terms, rate)
    except (TermError, FactsError) as fault:
        return ClaimImpact(number, name, row.award_amount, None, str(fault))
    failed = [finding for contract in result["contracts"] for finding in contract["failed"]] + result[
        "failed"
    ]
    reasons = [finding["reason"] for finding in failed[:3]]
    if result["award"] != row.award_amount:
        before, after = build_sheet(row.facts, row.result), build_sheet(row.facts, result)
        reasons = [*reasons, *([basis] if basis else []), *_differing_line(before, after)]
    return ClaimImpact(number, name, row.award_amount, result["award"], "；".join(reasons))


def _differing_line(before: Sheet, after: Sheet) -> list[str]:
    """Return the first step whose amount or terms differ, with both; nothing where none is alike."""
    for old, new in zip_longest(_steps(before), _steps(after)):
        if (
            old is not None
            and new is not None
            and (old.words, old.note, old.amount)
            == (
                new.words,
                new.note,
                new.amount,
            )
        ):
            continue
        return [
            _("%(words)s：%(old)s → %(new)s", words=line.words, old=_told(old), new=_told(new))
            for line in (new or old,)
            if line is not None
        ]
    return []


def _told(line: SheetLine | None) -> str:
    return _("无") if line is None else " ".join(part for part in (line.note, yuan(line.amount)) if part)


def _steps(sheet: Sheet) -> list[SheetLine]:
    contract_lines = [line for contract in sheet.contracts for line in contract.lines]
    return [line for line in (*contract_lines, *sheet.lines) if not line.is_fact]


def _rate(decided: Mapping[str, Any], new: Terms) -> int | None:
    """Return the rate that was decided, at most the new ceiling."""
    rate = decided.get("rate_basis_points")
    if rate is None or not new.one_rate:
        return None
    return min(int(rate), new.ceiling)
