"""Decisions on sanctions by two: confirmed, repaired, an appeal answered; operator and approver."""

from __future__ import annotations

from uuid import UUID, uuid4

from market.accounts.messages import notify, notify_staff
from market.accounts.models import Organisation, StaffRole
from market.accounts.queries import find_organisation_by_uscc
from market.accounts.relations import require_unrelated
from market.audit.log import record
from market.integrity.models import Sanction, SanctionDecision
from market.integrity.sanction_acts import apply_term, lock_sanction
from market.integrity.states import WORKFLOW, IntegrityAct, SanctionRuling, SanctionVerb
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.i18n import gettext as _
from market.records.by import By
from market.records.decisions import Verdict, decide
from market.records.moments import clear_moments
from market.records.transitions import transition

PAGE = "/backoffice/sanctions"


@atomic()
async def propose_ruling(
    sanction_id: UUID, ruling: SanctionRuling, *, text: str = "", by: By
) -> SanctionDecision:
    """Propose to confirm or repair a sanction or to answer its appeal; the approver decides.

    Raises:
        NotFound: there is no such sanction.
        Invalid: at `reason`: a repair or an answer without a text.
        ActionNotAllowed: the sanction's status does not permit it.
        Conflict: no appeal is pending, or something proposed before waits to be decided.
    """
    by.actor.require(IntegrityAct.MANAGE_SANCTIONS)
    sanction = await lock_sanction(sanction_id)
    await _require_impartial(sanction, by)
    _require_possible(sanction, ruling)
    if ruling is not SanctionRuling.CONFIRM and not text:
        raise Invalid(_("请写明依据。"), field="reason")
    if await SanctionDecision.exists(sanction_id=sanction.id, verdict=None):
        raise Conflict(_("这条记录已有提请，正待批准人决定。"))
    decision = await SanctionDecision.create(
        id=uuid4(),
        sanction_id=sanction.id,
        ruling=ruling,
        text=text,
        proposed_by_id=by.actor.user_id,
        proposed_at=by.now,
    )
    await record(
        "sanction",
        sanction.id,
        SanctionVerb.PROPOSE_RULING,
        by=by,
        decision=decision.id,
        ruling=ruling.value,
    )
    await notify_staff(
        StaffRole.APPROVER,
        _("诚信记录 %(number)s 待决定。", number=sanction.decision_number),
        now=by.now,
        address=PAGE,
    )
    return decision


@atomic()
async def decide_ruling(decision_id: UUID, verdict: Verdict, *, reason: str = "", by: By) -> Sanction:
    """Decide on what was proposed about a sanction, as the approver; confirmed, it is carried out.

    A confirmed sanction is active from its first day on; an upheld appeal lifts it at once. The subject
    hears of what was decided alone.

    Raises:
        SamePerson: the actor proposed it.
        Invalid: a rejection without a reason.
        NotFound: there is no such proposal.
        AlreadyDecided: it was decided before.
        ActionNotAllowed: the sanction's status has changed.
    """
    by.actor.require(IntegrityAct.DECIDE_SANCTION)
    proposal = await SanctionDecision.get_or_none(id=decision_id)
    if proposal is None:
        raise NotFound(_("没有这项提请。"))
    sanction = await lock_sanction(proposal.sanction_id)
    await _require_impartial(sanction, by)
    decision = await SanctionDecision.filter(id=decision_id).select_for_update().get()
    refusal = _("诚信记录的提请与决定须由两人分别完成。")
    await decide(decision, verdict, by=by, reason=reason, refusal=refusal)
    if verdict is Verdict.REJECTED:
        await record("sanction", sanction.id, SanctionVerb.RETURN_RULING, by=by, decision=decision.id)
        await notify(
            _("诚信记录 %(number)s 的提请被退回：%(reason)s", number=sanction.decision_number, reason=reason),
            now=by.now,
            address=PAGE,
            user_ids=[decision.proposed_by_id],
        )
        return sanction
    _require_possible(sanction, decision.ruling)
    await _carry_out(sanction, decision, by=by)
    return sanction


async def _require_impartial(sanction: Sanction, by: By) -> None:
    """Raise if who acts has a common past with the subject.

    Raises:
        Conflicted: they have.
    """
    subject = await find_organisation_by_uscc(sanction.subject_uscc)
    await require_unrelated(by, [subject.id] if subject else [])


async def _carry_out(sanction: Sanction, decision: SanctionDecision, *, by: By) -> None:
    ruling = decision.ruling
    if ruling.is_of_appeal:
        sanction.appeal_answer = decision.text
        await sanction.save(update_fields=["appeal_answer"])
        is_upheld = ruling is SanctionRuling.UPHOLD_APPEAL
        await record(
            "sanction",
            sanction.id,
            SanctionVerb.ANSWER_APPEAL,
            by=by,
            is_upheld=is_upheld,
            decision=decision.id,
        )
    if ruling.action is not None:
        changes = {} if ruling is SanctionRuling.CONFIRM else {"repair_reason": decision.text}
        await transition(sanction, ruling.action, by=by, changes=changes, decision=decision.id)
        if ruling is SanctionRuling.UPHOLD_APPEAL:
            await clear_moments("sanction", sanction.id)
        else:
            await apply_term(sanction, by=by)
    organisation = await Organisation.get_or_none(uscc=sanction.subject_uscc)
    if organisation is not None:
        text = (
            _("诚信记录 %(number)s 的申诉已答复。", number=sanction.decision_number)
            if ruling.is_of_appeal
            else _(
                "诚信记录 %(number)s：%(ruling)s。", number=sanction.decision_number, ruling=str(ruling.label)
            )
        )
        await notify(text, now=by.now, address="/integrity", organisation_id=organisation.id)


def _require_possible(sanction: Sanction, ruling: SanctionRuling) -> None:
    if ruling.is_of_appeal and (sanction.appealed_at is None or sanction.appeal_answer):
        raise Conflict(_("没有等待答复的申诉。"))
    if ruling.action is not None:
        WORKFLOW.next(sanction.status, ruling.action)
