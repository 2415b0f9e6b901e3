"""Evidence that the desk does not accept (不采信), with the reason that the applicant is told."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID, uuid4

from market.accounts.messages import notify
from market.audit.log import record
from market.claims.models import Claim, Evidence, EvidenceRejection
from market.claims.permissions import ClaimAct
from market.claims.states import ClaimStatus
from market.claims.transitions import lock_claim
from market.claims.verbs import ClaimVerb
from market.codes.labels import label
from market.integrity.conflicts import require_no_conflict
from market.kit.database import atomic
from market.kit.errors import Conflict, NotFound
from market.kit.i18n import gettext as _
from market.records.by import By

REJECTABLE = frozenset({ClaimStatus.SUBMITTED, ClaimStatus.ACCEPTED, ClaimStatus.SUPPLEMENT})
"""Statuses of a claim before it is computed."""


@atomic()
async def reject_evidence(number: str, evidence_id: UUID, *, reason: str, by: By) -> EvidenceRejection:
    """Do not accept a piece of evidence: it stays on record and counts neither for papers nor for sums.

    Raises:
        NotFound: the claim has no such piece, or it was withdrawn.
        Conflict: the claim is computed, or the piece was rejected before.
    """
    by.actor.require(ClaimAct.ACCEPT_CLAIM)
    claim = await lock_claim(number)
    await require_no_conflict(by.actor, "claim", [claim.id])
    evidence = await get_evidence(claim, evidence_id)
    if claim.status not in REJECTABLE:
        raise Conflict(_("这份申报已经核算；请先退回核算，再作不采信处理。"))
    if await EvidenceRejection.exists(evidence_id=evidence.id):
        raise Conflict(_("这份材料已经作不采信处理。"))
    rejection = await EvidenceRejection.create(
        id=uuid4(),
        evidence_id=evidence.id,
        reason=reason,
        rejected_by_id=by.actor.user_id,
        rejected_at=by.now,
    )
    await record(
        "claim",
        claim.id,
        ClaimVerb.REJECT_EVIDENCE,
        by=by,
        evidence=evidence.id,
        kind=evidence.kind,
        paper=evidence.number,
        amount=evidence.amount,
    )
    await notify(
        _(
            "申报 %(claim)s 的%(kind)s %(number)s 未予采信：%(reason)s",
            claim=number,
            kind=label("evidence_kind", evidence.kind),
            number=evidence.number,
            reason=reason,
        ),
        now=by.now,
        address=f"/claims/{number}",
        organisation_id=claim.applicant_id,
    )
    return rejection


async def get_evidence(claim: Claim, evidence_id: UUID) -> Evidence:
    """Return a piece of a claim's evidence that is not withdrawn.

    Raises:
        NotFound: there is none.
    """
    evidence = await Evidence.get_or_none(id=evidence_id, claim_id=claim.id, withdrawn_at__isnull=True)
    if evidence is None:
        raise NotFound(_("没有这份材料，或者它已经撤下。"))
    return evidence


async def list_rejections(claim_id: UUID) -> Mapping[UUID, EvidenceRejection]:
    """Return the rejections of a claim's evidence, by the piece."""
    rows = await EvidenceRejection.filter(evidence__claim_id=claim_id).select_related("rejected_by")
    return {row.evidence_id: row for row in rows}
