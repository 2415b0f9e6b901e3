"""Refusing a claim (不予支持): proposed by the officer with its clause, decided by the rechecker.

While a refusal waits the desk does nothing else with the claim; the applicant hears of the decided one alone.
"""

from __future__ import annotations

from uuid import uuid4

from market.accounts.messages import notify, notify_staff
from market.accounts.models import StaffRole
from market.audit.log import record
from market.claims.letters import issue_refusal
from market.claims.models import Claim, ClaimRefusal
from market.claims.states import WORKFLOW, ClaimAct, ClaimAction, ClaimVerb
from market.claims.transitions import lock_claim, move, require_no_open_refusal
from market.integrity.conflicts import require_no_conflict
from market.kit.database import atomic
from market.kit.errors import Invalid, NotFound
from market.kit.i18n import gettext as _
from market.programmes.catalogue import clauses
from market.programmes.models import ProgrammeTerms
from market.records.by import By
from market.records.decisions import Verdict, decide


@atomic()
async def propose_refusal(number: str, *, clause: str, reason: str, by: By) -> ClaimRefusal:
    """Propose to refuse a claim, with the clause it rests on by its name in the terms.

    Raises:
        Invalid: the terms have no such clause.
        ActionNotAllowed: the claim can no longer be refused.
        Conflict: a refusal waits to be decided.
    """
    by.actor.require(ClaimAct.ACCEPT_CLAIM)
    claim = await lock_claim(number)
    await require_no_conflict(by, "claim", [claim.id])
    WORKFLOW.next(claim.status, ClaimAction.REJECT)
    await require_no_open_refusal(claim)
    refusal = await ClaimRefusal.create(
        id=uuid4(),
        claim_id=claim.id,
        clause=clause,
        text=await _basis(claim, clause, reason),
        proposed_by_id=by.actor.user_id,
        proposed_at=by.now,
    )
    await record(
        "claim", claim.id, ClaimVerb.PROPOSE_REFUSAL, by=by, number=number, refusal=refusal.id, clause=clause
    )
    await notify_staff(
        StaffRole.RECHECKER,
        _("申报 %(number)s 拟不予支持，待复核人决定。", number=number),
        now=by.now,
        address=f"/desk/{number}",
    )
    return refusal


@atomic()
async def decide_refusal(number: str, verdict: Verdict, *, reason: str = "", by: By) -> Claim:
    """Decide on the proposed refusal as the rechecker; confirmed, it ends the claim.

    Raises:
        SamePerson: the actor proposed it.
        Invalid: a rejection without a reason.
        NotFound: none waits.
        ActionNotAllowed: the claim ended meanwhile.
    """
    by.actor.require(ClaimAct.DECIDE_REFUSAL)
    claim = await lock_claim(number)
    await require_no_conflict(by, "claim", [claim.id])
    refusal = await ClaimRefusal.filter(claim_id=claim.id, verdict=None).select_for_update().first()
    if refusal is None:
        raise NotFound(_("没有待决定的不予支持。"))
    words = _("不予支持的提出与决定须由两人分别完成。")
    await decide(refusal, verdict, by=by, reason=reason, refusal=words)
    if verdict is Verdict.REJECTED:
        await record("claim", claim.id, ClaimVerb.RETURN_REFUSAL, by=by, number=number, refusal=refusal.id)
        await notify(
            _("申报 %(number)s 的不予支持被退回：%(reason)s", number=number, reason=reason),
            now=by.now,
            address=f"/desk/{number}",
            user_ids=[refusal.proposed_by_id],
        )
        return claim
    await move(claim, ClaimAction.REJECT, by=by, note=refusal.text, refusal=refusal.id)
    claim.reject_reason, claim.award_amount, claim.batch_id = refusal.text, None, None
    await claim.save(update_fields=["reject_reason", "award_amount", "batch_id"])
    await issue_refusal(claim, by=by)
    await notify(
        _("补助申报 %(number)s 不予支持，理由见申报页。", number=number),
        now=by.now,
        address=f"/claims/{number}",
        organisation_id=claim.applicant_id,
    )
    return claim


async def list_refusals(claim: Claim) -> list[ClaimRefusal]:
    """Return the refusals proposed of a claim, the newest first, with both persons."""
    refusals = ClaimRefusal.filter(claim_id=claim.id).order_by("-proposed_at")
    return await refusals.select_related("proposed_by", "decided_by")


async def _basis(claim: Claim, clause: str, reason: str) -> str:
    terms = await ProgrammeTerms.get(id=claim.terms_id)
    basis = next((candidate for candidate in clauses(terms.content) if candidate.name == clause), None)
    if basis is None:
        raise Invalid(_("请选择依据的条款。"), field="clause")
    return _(
        "依据：%(document)s%(article)s（摘要：%(summary)s）。%(reason)s",
        document=basis.document,
        article=basis.article,
        summary=basis.summary,
        reason=reason,
    )
