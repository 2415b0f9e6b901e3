"""A claim that was decided on, with what its documents print: the computation that stands and its papers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from market.claims.computation import Sheet, build_sheet, is_below_ceiling
from market.claims.evidence_log import list_rejections
from market.claims.models import Assessment, Claim, Evidence, EvidenceRejection
from market.claims.queries import last_assessment
from market.kit.i18n import gettext as _
from market.programmes.models import ProgrammeTerms

AT_CEILING = "“最高”比例按上限计算"
"""The assumption of rule files that name only a ceiling."""


@dataclass(frozen=True)
class DecidedClaim:
    """A claim with its programme, terms and applicant, and the computation that stands, if there is one."""

    claim: Claim
    assessment: Assessment | None
    sheet: Sheet | None
    evidence: list[Evidence]
    rejections: Mapping[UUID, EvidenceRejection]
    is_tried: bool = False
    """A decided claim is never only tried; see `ClaimPage.is_tried`."""

    @property
    def is_scaled(self) -> bool:
        """Return whether the pot gave less than was computed."""
        assessment = self.assessment
        return assessment is not None and self.claim.award_amount not in (None, assessment.award_amount)

    @property
    def assumptions(self) -> list[str]:
        """Return the assumptions of the rule set that the computation rests on."""
        return assumptions_of(self.claim.terms, self.assessment)

    @property
    def calculated_by(self) -> str:
        """Return the name of who made the computation."""
        return self.assessment.proposed_by.name if self.assessment else ""

    @property
    def rechecked_by(self) -> str:
        """Return the name of who confirmed the computation."""
        assessment = self.assessment
        if assessment is None or assessment.decided_by is None or not assessment.is_confirmed:
            return ""
        return assessment.decided_by.name


def assumptions_of(terms: ProgrammeTerms, assessment: Assessment | None) -> list[str]:
    """Return the assumptions of a rule set that a computation rests on, translated.

    Where a rate below the ceiling was decided on, nothing was computed at the ceiling.
    """
    texts: list[str] = terms.content["assumptions"]
    given = assessment.given if assessment else {}
    return [_(text) for text in texts if not (text == AT_CEILING and is_below_ceiling(given))]


async def load_decided_claim(claim: Claim) -> DecidedClaim:
    """Load what the documents of a claim print."""
    await claim.fetch_related("programme", "terms", "applicant")
    assessment = await last_assessment(claim.id)
    papers = Evidence.filter(claim_id=claim.id, withdrawn_at__isnull=True).order_by("added_at", "kind")
    sheet = build_sheet(assessment.facts, assessment.result, assessment.proposed_at) if assessment else None
    return DecidedClaim(claim, assessment, sheet, await papers, await list_rejections(claim.id))
