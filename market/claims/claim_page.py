"""A claim with all that its pages and documents show to applicant and desk; the page asking for a reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from market.accounts.actors import Actor
from market.claims.claim_facts import facts_of
from market.claims.claim_parts import ClaimParts, parts_of
from market.claims.claim_payees import ClaimPayee, claim_payee
from market.claims.computation import Sheet, build_sheet, compute_claim, is_below_ceiling
from market.claims.evidence import (
    RequestedPaper,
    SumCheck,
    checklist,
    requested_papers,
    sum_checks,
    without_scan,
)
from market.claims.evidence_log import EvidenceChanges, changes_of, list_rejections
from market.claims.models import Assessment, Claim, ClaimContract, Evidence, EvidenceRejection
from market.claims.queries import claim_contracts, last_assessment
from market.claims.record_chain import Link, chain_of_read_claim
from market.claims.states import COMPUTED, WORKFLOW, ClaimAction, ClaimShownStatus, ClaimStatus
from market.codes.labels import label
from market.integrity.models import IntegrityCheck
from market.integrity.queries import list_checks
from market.kit.clock import local_date
from market.kit.formats import end_of, yuan
from market.kit.forms import BaseForm
from market.kit.i18n import gettext as _
from market.kit.templating import render_form
from market.notices.models import Notice, ObjectionRuling
from market.notices.periods import days_left
from market.notices.queries import find_notice, list_corrections
from market.programmes.catalogue import compiled
from market.programmes.facts import FactsError
from market.programmes.models import ProgrammeTerms
from market.programmes.rule_terms import Terms
from market.records.models import StatusEvent
from market.records.transitions import history

if TYPE_CHECKING:
    from market.budgets.models import Disbursement, ListRemoval


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
    corrections: Sequence[ObjectionRuling] = ()
    is_tried: bool = False
    """A decided claim is never only tried; see `ClaimPage.is_tried`."""

    @property
    def is_scaled(self) -> bool:
        """Return whether the pot gave less than was computed."""
        return is_scaled(self.claim, self.assessment, self.corrections)

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


def listed_award(claim: Claim, corrections: Sequence[ObjectionRuling]) -> int | None:
    """Return what a claim had on its list before rulings on objections lowered it, in fen."""
    award: int | None = corrections[0].listed_amount if corrections else claim.award_amount
    return award


def is_scaled(
    claim: Claim, assessment: Assessment | None, corrections: Sequence[ObjectionRuling] = ()
) -> bool:
    """Return whether the pot gave a claim less than was computed for it."""
    return assessment is not None and listed_award(claim, corrections) not in (None, assessment.award_amount)


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
    corrections = await list_corrections(claim.id, claim.batch_id)
    return DecidedClaim(claim, assessment, sheet, await papers, await list_rejections(claim.id), corrections)


@dataclass(frozen=True)
class ClaimPage:
    """One claim with everything its page shows."""

    claim: Claim
    parts: ClaimParts
    terms: Terms
    sheet: Sheet | None
    assessment: Assessment | None
    """The computation that stands; None while the sheet is only tried."""
    contracts: list[ClaimContract]
    evidence: list[Evidence]
    rejections: Mapping[UUID, EvidenceRejection]
    """Pieces that the desk does not accept, by the piece."""
    removals: list[ListRemoval]
    """Lists that the claim was left off, with the reasons."""
    """Papers that count."""
    without_scan: list[Evidence]
    """Papers that decide money and have no scan."""
    withdrawn: list[Evidence]
    """Papers that were withdrawn or replaced after the first submission."""
    changes: EvidenceChanges | None
    """What changed since the desk last looked."""
    sums: list[SumCheck]
    papers: list[tuple[str, bool]]
    """Documents the rule set requires, and whether the claim has them."""
    requested: list[RequestedPaper]
    """Papers that the last supplement request names."""
    checks: list[IntegrityCheck]
    events: list[StatusEvent]
    disbursements: list[Disbursement]
    notice: Notice | None
    corrections: Sequence[ObjectionRuling]
    """Rulings on objections that lowered the award, oldest first."""
    payee: ClaimPayee
    chain: list[Link]
    actions: frozenset[ClaimAction]
    next_step: str

    @property
    def listed_award(self) -> int | None:
        """Return what the claim had on its list before rulings on objections lowered it, in fen."""
        return listed_award(self.claim, self.corrections)

    @property
    def lacking(self) -> list[str]:
        """Return what the claim lacks: papers that are not there, sums that contradict the figures."""
        doubtful = [
            _(
                "%(kind)s合计 %(sum)s，应为 %(expected)s",
                kind=label("evidence_kind", comparison.kind),
                sum=yuan(comparison.amount),
                expected=yuan(comparison.expected),
            )
            for comparison in self.sums
            if comparison.is_doubtful
        ]
        return [*(_(words) for words, is_there in self.papers if not is_there), *doubtful]

    @property
    def is_tried(self) -> bool:
        return self.assessment is None

    @property
    def assumptions(self) -> list[str]:
        """Return the assumptions of the rule set that the computation rests on."""
        return assumptions_of(self.claim.terms, self.assessment)

    @property
    def calculated_by(self) -> str:
        """Return the name of who made the computation that stands; empty while there is none."""
        return self.assessment.proposed_by.name if self.assessment else ""

    @property
    def rechecked_by(self) -> str:
        """Return the name of who confirmed the computation that stands; empty while nobody has."""
        assessment = self.assessment
        if assessment is None or assessment.decided_by is None or not assessment.is_confirmed:
            return ""
        return assessment.decided_by.name

    @property
    def shown_status(self) -> str:
        """Return the claim's status as people see it."""
        return self.claim.shown_status

    @property
    def is_scaled(self) -> bool:
        """Return whether the pot gave less than was computed."""
        return is_scaled(self.claim, self.assessment, self.corrections)


async def claim_page(actor: Actor, claim: Claim, now: datetime) -> ClaimPage:
    """Load the page of a claim read with its shown status.

    What was decided is shown as stored, never computed again.
    """
    terms, parts = compiled(claim.terms), await parts_of(claim.id)
    assessment = await last_assessment(claim.id) if claim.status in COMPUTED else None
    evidence = (
        await Evidence.filter(claim_id=claim.id)
        .select_related("file", "added_by", "withdrawn_by", "replaces")
        .order_by("added_at", "kind")
    )
    contracts = await claim_contracts(claim.id)
    rejections = await list_rejections(claim.id) if parts.has("rejections") else {}
    accepted = [paper for paper in evidence if paper.id not in rejections]
    papers = checklist(terms.content, accepted, contracts)
    events = await history("claim", claim.id)
    notice = await find_notice("batch", claim.batch_id) if claim.batch_id else None
    disbursements: list[Disbursement] = []
    if parts.has("disbursements"):
        disbursements = await claim.disbursements.all().prefetch_related("results").order_by("number")
    removals: list[ListRemoval] = []
    if parts.has("removals"):
        removals = await claim.list_removals.all().select_related("batch").order_by("removed_at")
    return ClaimPage(
        claim=claim,
        parts=parts,
        terms=terms,
        sheet=build_sheet(assessment.facts, assessment.result, assessment.proposed_at)
        if assessment
        else await _try_computation(claim, terms),
        assessment=assessment,
        contracts=contracts,
        evidence=[paper for paper in evidence if paper.is_current],
        rejections=rejections,
        removals=removals,
        without_scan=without_scan(evidence),
        withdrawn=[paper for paper in evidence if not paper.is_current],
        changes=changes_of(evidence, events),
        papers=papers,
        requested=requested_papers(claim, papers, evidence, events),
        sums=sum_checks(accepted, parts.received, parts.sales) if contracts else [],
        checks=await list_checks("claim", claim.id) if parts.has("checks") else [],
        events=events,
        disbursements=disbursements,
        notice=notice,
        corrections=await list_corrections(claim.id, claim.batch_id) if parts.has("rulings") else [],
        payee=await claim_payee(claim, has_changes=parts.has("payee_changes")),
        chain=await chain_of_read_claim(actor, claim, contracts, notice, disbursements),
        actions=frozenset(WORKFLOW.actions(claim.status)),
        next_step=next_step(claim, notice, now),
    )


async def _try_computation(claim: Claim, terms: Terms) -> Sheet | None:
    """Compute a claim that is not computed yet from its current facts, without storing anything."""
    if claim.status not in (
        ClaimStatus.DRAFT,
        ClaimStatus.SUBMITTED,
        ClaimStatus.ACCEPTED,
        ClaimStatus.SUPPLEMENT,
    ):
        return None
    facts = await facts_of(claim)
    try:
        return build_sheet(facts, compute_claim(facts, terms))
    except FactsError:
        return None


def next_step(claim: Claim, notice: Notice | None, now: datetime) -> str:
    """Return whose turn it is, and until when."""
    if claim.status is ClaimStatus.SUPPLEMENT and claim.supplement_due_on is not None:
        return _(
            "由申请单位在 %(end)s 前补正，还剩 %(days)s 天；逾期视为撤回",
            end=end_of(claim.supplement_due_on),
            days=max((claim.supplement_due_on - local_date(now)).days, 0),
        )
    if claim.shown_status == ClaimShownStatus.OBJECTION_UPHELD:
        return _("异议成立，即将移出名单")
    if claim.shown_status == ClaimShownStatus.OBJECTION:
        return _("等待异议裁定")
    if claim.status is ClaimStatus.PUBLICITY and notice is not None and notice.ends_at is not None:
        if notice.ends_at > now:
            return _(
                "公示至 %(end)s，还剩 %(days)s 天，期满无异议后由批准人批准",
                end=end_of(notice.ends_at),
                days=days_left(notice.ends_at, now),
            )
        return _("公示期满，由批准人批准")
    words = {
        ClaimStatus.DRAFT: _("由申请单位补齐材料后提交"),
        ClaimStatus.SUBMITTED: _("由核算人受理"),
        ClaimStatus.ACCEPTED: _("由核算人核算"),
        ClaimStatus.CALCULATED: _("由另一位复核人复核"),
        ClaimStatus.RECHECKED: _("列入批次，由复核人确认名单"),
        ClaimStatus.APPROVED: _("由核算人下达拨付"),
        ClaimStatus.TO_PAY: _("等待银行付款结果"),
        ClaimStatus.PAID: _("补助已到账，流程走完"),
    }
    return words.get(claim.status, "")


def render_reason_page(
    request: Request, claim: Claim, form: BaseForm, act: str, address: str, *, title: str = ""
) -> Response:
    """Render the form, its page and its button named after the act; `address` is the route it is sent to."""
    query = f"?{request.url.query}" if request.url.query else ""
    return render_form(
        request,
        "claims/reason.html",
        form,
        claim=claim,
        title=title or act,
        words=act,
        address=str(request.app.url_path_for(address, number=claim.number)) + query,
    )
