"""Rulings on objections: proposed by the operator, decided by the approver, public from then on."""

from __future__ import annotations

from uuid import UUID, uuid4

from market.accounts.messages import notify, notify_staff
from market.accounts.models import StaffRole
from market.audit.log import record
from market.kit.database import atomic
from market.kit.errors import Conflict, NotFound
from market.kit.i18n import gettext as _
from market.notices.models import Notice, Objection, ObjectionRuling
from market.notices.objections import lock_objection
from market.notices.recalculated_ends import set_end_moment
from market.notices.states import (
    AFTER_DECISION,
    RUNNING,
    UNDECIDED,
    NoticeAct,
    NoticeStatus,
    ObjectionAction,
    ObjectionVerb,
    status_by_objections,
)
from market.records.by import By
from market.records.decisions import SamePerson, Verdict, decide
from market.records.moments import clear_moments
from market.records.transitions import transition


@atomic()
async def propose_ruling(objection_id: UUID, *, is_upheld: bool, text: str, by: By) -> ObjectionRuling:
    """Propose how an objection is decided, with the reason to be published; the approver decides.

    Raises:
        SamePerson: the actor filed the objection.
        Conflict: it was decided before, or a ruling waits for the approver.
    """
    by.actor.require(NoticeAct.PROPOSE_RULING)
    notice, objection = await lock_objection(objection_id)
    if objection.status not in UNDECIDED:
        raise Conflict(_("这条异议已经裁定，请刷新后再看。"))
    if objection.objector_id == by.actor.user_id:
        raise SamePerson(_("您提出的异议由他人裁定。"))
    if await ObjectionRuling.exists(objection_id=objection.id, verdict=None):
        raise Conflict(_("这条异议已有拟裁定，正待批准人决定。"))
    ruling = await ObjectionRuling.create(
        id=uuid4(),
        objection_id=objection.id,
        is_upheld=is_upheld,
        text=text,
        proposed_by_id=by.actor.user_id,
        proposed_at=by.now,
    )
    await record(
        "objection",
        objection.id,
        ObjectionVerb.PROPOSE_RULING,
        by=by,
        notice=notice.number,
        ruling=ruling.id,
        is_upheld=is_upheld,
    )
    await notify_staff(
        StaffRole.APPROVER,
        _("公示 %(number)s 的异议已拟裁定，待决定。", number=notice.number),
        now=by.now,
        address=f"/objections/{objection.id}/decide",
    )
    return ruling


@atomic()
async def decide_ruling(objection_id: UUID, verdict: Verdict, *, reason: str = "", by: By) -> Objection:
    """Decide on the proposed ruling as the approver. Confirmed, it is public and the parties are told.

    When no objection is undecided the notice resumes; its period is not shortened. A rejected ruling goes
    back to the operator, and the objection stays undecided.

    Raises:
        SamePerson: the actor proposed the ruling or filed the objection.
        Invalid: a rejection without a reason.
        NotFound: no ruling waits.
    """
    by.actor.require(NoticeAct.DECIDE_OBJECTION)
    notice, objection = await lock_objection(objection_id)
    ruling = await ObjectionRuling.filter(objection_id=objection.id, verdict=None).select_for_update().first()
    if ruling is None:
        raise NotFound(_("没有待决定的裁定。"))
    await decide(
        ruling,
        verdict,
        by=by,
        reason=reason,
        refusal=_("异议的裁定须由提出以外的另一人决定，异议人也不能参加。"),
        involved=(objection.objector_id,),
    )
    if verdict is Verdict.REJECTED:
        await _return(notice, objection, ruling, by=by)
        return objection
    action = ObjectionAction.UPHOLD if ruling.is_upheld else ObjectionAction.DISMISS
    changes = {"decision": ruling.text, "decided_at": by.now}
    await transition(objection, action, by=by, changes=changes, ruling=ruling.id)
    await _sync_status(notice, by=by)
    message = _("公示 %(number)s 的异议已裁定。", number=notice.number)
    address = f"/notices/{notice.number}"
    await notify(message, now=by.now, address=address, user_ids=[objection.objector_id])
    if notice.organisation_id:
        await notify(message, now=by.now, address=address, organisation_id=notice.organisation_id)
    return objection


async def list_rulings(objection_id: UUID) -> list[ObjectionRuling]:
    """Return what was proposed about an objection, the newest first, with both persons."""
    rulings = ObjectionRuling.filter(objection_id=objection_id).order_by("-proposed_at")
    return await rulings.select_related("proposed_by", "decided_by")


async def _return(notice: Notice, objection: Objection, ruling: ObjectionRuling, *, by: By) -> None:
    await record(
        "objection",
        objection.id,
        ObjectionVerb.RETURN_RULING,
        by=by,
        notice=notice.number,
        ruling=ruling.id,
    )
    await notify(
        _("公示 %(number)s 的拟裁定被退回：%(reason)s", number=notice.number, reason=ruling.reason),
        now=by.now,
        address=f"/objections/{objection.id}/decide",
        user_ids=[ruling.proposed_by_id],
    )


async def _sync_status(notice: Notice, *, by: By) -> None:
    """Transition a running notice to the status that its objections give it after a decision."""
    if notice.status not in RUNNING:
        return
    objections = await Objection.filter(notice_id=notice.id)
    status = status_by_objections((objection.status, objection.entry_id) for objection in objections)
    changes = {"closed_at": by.now} if status is NoticeStatus.UPHELD else {}
    await transition(notice, AFTER_DECISION[status], by=by, changes=changes)
    if status is NoticeStatus.UPHELD:
        await clear_moments("notice", notice.id)
    elif status is NoticeStatus.OPEN:
        # Its period may have run out while it was objected to.
        await set_end_moment(notice, by.now)
