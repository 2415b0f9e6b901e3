"""Evidence is append-only: added, replaced, withdrawn or not accepted (不采信), and never goes away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid4

from market.accounts.messages import notify
from market.audit.log import record
from market.claims.models import Claim, Evidence, EvidenceRejection
from market.claims.queries import get_claim_for
from market.claims.states import ENDED, ClaimAct, ClaimAction, ClaimStatus, ClaimVerb, require_editable
from market.claims.transitions import lock_claim
from market.codes.canonical import canonical_key
from market.codes.labels import label
from market.files.attachments import StoredBlob, attach, store_blob
from market.files.models import StoredFile, Tier
from market.files.store import FileStore
from market.files.uploads import Upload
from market.integrity.conflicts import require_no_conflict
from market.kit.database import atomic, connection
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.i18n import gettext as _
from market.records.by import By
from market.records.models import StatusEvent

OWN_RECORDS = frozenset({"contract", "registration_certificate"})
"""Kinds of evidence that are the system's own records and cannot be withdrawn."""
DESK_ACTIONS = (ClaimAction.ACCEPT, ClaimAction.ASK_SUPPLEMENT, ClaimAction.CALCULATE)
"""Acts for which somebody at the desk looked at the papers."""


@dataclass(frozen=True)
class Paper:
    """What a person enters of a document. Amounts are fen."""

    kind: str
    number: str = ""
    dated_on: date | None = None
    amount: int | None = None
    replaces_id: UUID | None = None
    """The document that it replaces."""
    explanation: str = ""


async def add_evidence(
    number: str, paper: Paper, *, upload: Upload | None, by: By, store: FileStore
) -> Evidence:
    """Add a document to a claim that is not submitted, or for which a supplement was requested.

    The content is stored before the row that refers to it. A document that replaces another withdraws it.

    Raises:
        Invalid: at the field that is wrong: an invoice used before, no explanation of a replacement.
    """
    by.actor.require(ClaimAct.WRITE_CLAIM)
    claim = await get_claim_for(by.actor, number)
    require_editable(claim.status)
    blob = await store_blob(upload, store) if upload is not None else None
    return await _add(number, paper, blob, by=by)


@atomic()
async def _add(number: str, paper: Paper, blob: StoredBlob | None, *, by: By) -> Evidence:
    claim = await lock_claim(number)
    require_editable(claim.status)
    paper_number = canonical_key(paper.number) if paper.kind == "invoice" else paper.number
    replaced = await _get_replaceable(claim, paper.replaces_id) if paper.replaces_id else None
    if claim.submitted_at is not None and not paper.explanation.strip():
        raise Invalid(_("请说明为什么补充或替换这份材料。"), field="explanation")
    if replaced is not None:
        await _withdraw(replaced, paper.explanation, by=by)
    await _refuse_used_invoice(claim, paper.kind, paper_number)
    file = None
    if blob is not None:
        file = await attach(
            blob, subject_kind="claim", subject_id=claim.id, kind=paper.kind, tier=Tier.PARTIES, by=by
        )
    evidence = await Evidence.create(
        id=uuid4(),
        claim_id=claim.id,
        kind=paper.kind,
        number=paper_number,
        dated_on=paper.dated_on,
        amount=paper.amount,
        file_id=file.id if file else None,
        added_by_id=by.actor.user_id,
        added_at=by.now,
        replaces_id=replaced.id if replaced else None,
        explanation=paper.explanation.strip()[:300],
    )
    await record_evidence(evidence, by=by)
    return evidence


async def record_evidence(evidence: Evidence, *, by: By) -> None:
    """Log what a document says, so that a later change of the row is found."""
    file = await StoredFile.get_or_none(id=evidence.file_id) if evidence.file_id else None
    await record("claim", evidence.claim_id, ClaimVerb.ADD_EVIDENCE, by=by, **_logged(evidence, file))


def _logged(evidence: Evidence, file: StoredFile | None) -> dict[str, object]:
    return {
        "evidence": str(evidence.id),
        "kind": evidence.kind,
        "number": evidence.number,
        "amount": evidence.amount,
        "sha256": file.sha256 if file else None,
        "replaces": str(evidence.replaces_id) if evidence.replaces_id else None,
    }


async def _get_replaceable(claim: Claim, evidence_id: UUID) -> Evidence:
    evidence = await Evidence.get_or_none(id=evidence_id, claim_id=claim.id, withdrawn_at__isnull=True)
    if evidence is None or evidence.kind in OWN_RECORDS:
        raise NotFound(_("没有这份材料。"))
    return evidence


async def _refuse_used_invoice(claim: Claim, kind: str, paper_number: str) -> None:
    """Raise if an invoice is in this claim already, or in any claim of another organisation.

    An advisory lock serialises concurrent uses of one number. No unique index could: an organisation may use
    its invoice for several programmes, and those of ended claims are free again.
    """
    if kind != "invoice" or not paper_number:
        return
    await connection().execute_query(
        "SELECT pg_advisory_xact_lock(hashtextextended($1, 3))", [f"invoice:{paper_number}"]
    )
    used = Evidence.filter(kind=kind, number=paper_number, withdrawn_at__isnull=True).exclude(
        claim__status__in=list(ENDED)
    )
    if await used.filter(claim_id=claim.id).exists():
        raise Invalid(_("发票 %(number)s 已在这份申报里。", number=paper_number), field="number")
    if await used.exclude(claim__applicant_id=claim.applicant_id).exists():
        raise Invalid(
            _("发票 %(number)s 已用于另一家单位的申报，请核对号码。", number=paper_number), field="number"
        )


@atomic()
async def withdraw_evidence(number: str, evidence_id: UUID, *, reason: str = "", by: By) -> None:
    """Take a document out of a claim that may be edited; its file stays in the store.

    Before the first submission the row goes; afterwards it stays, withdrawn, with the reason.

    Raises:
        Invalid: at `reason`, which must be given after the first submission.
        NotFound: there is no such document, or it is the market's own record.
    """
    by.actor.require(ClaimAct.WRITE_CLAIM)
    await get_claim_for(by.actor, number)
    claim = await lock_claim(number)
    require_editable(claim.status)
    evidence = await _get_replaceable(claim, evidence_id)
    if claim.submitted_at is not None:
        if not reason.strip():
            raise Invalid(_("请说明为什么撤下这份材料。"), field="reason")
        await _withdraw(evidence, reason, by=by)
        return
    file = await StoredFile.get_or_none(id=evidence.file_id) if evidence.file_id else None
    logged = _logged(evidence, file)
    await evidence.delete()
    await record("claim", claim.id, ClaimVerb.REMOVE_EVIDENCE, by=by, **logged)


async def _withdraw(evidence: Evidence, reason: str, *, by: By) -> None:
    evidence.withdrawn_by_id, evidence.withdrawn_at = by.actor.user_id, by.now
    evidence.withdrawal_reason = reason.strip()[:300]
    await evidence.save(update_fields=["withdrawn_by_id", "withdrawn_at", "withdrawal_reason"])
    file = await StoredFile.get_or_none(id=evidence.file_id) if evidence.file_id else None
    await record("claim", evidence.claim_id, ClaimVerb.WITHDRAW_EVIDENCE, by=by, **_logged(evidence, file))


@dataclass(frozen=True)
class EvidenceChanges:
    """What became of a claim's papers since the desk last looked at them."""

    since: datetime
    added: list[Evidence]
    withdrawn: list[Evidence]


def changes_of(evidence: list[Evidence], events: Sequence[StatusEvent]) -> EvidenceChanges | None:
    """Return what changed since the desk last acted on a claim; None where nothing did, or it never acted.

    `events` are all status events of the claim, oldest first.
    """
    last = next((event for event in reversed(events) if event.action in DESK_ACTIONS), None)
    if last is None:
        return None
    since = last.happened_at
    added = [paper for paper in evidence if paper.added_at > since]
    withdrawn = [
        paper for paper in evidence if paper.withdrawn_at and paper.withdrawn_at > since >= paper.added_at
    ]
    return EvidenceChanges(since, added, withdrawn) if added or withdrawn else None


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
    await require_no_conflict(by, "claim", [claim.id])
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
