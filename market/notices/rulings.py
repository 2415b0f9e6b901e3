"""Rulings on objections: proposed by the operator, decided by the approver, public from then on."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from market.accounts.messages import notify, notify_staff
from market.accounts.models import StaffRole
from market.accounts.relations import require_unrelated
from market.audit.log import record, text_sha256
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.formats import yuan
from market.kit.i18n import gettext as _
from market.kit.room import rooms
from market.notices.entries import EntryCorrection, entries_of
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
async def propose_ruling(
    objection_id: UUID, *, is_upheld: bool, text: str, corrected_amount: int | None = None, by: By
) -> ObjectionRuling:
    """Propose how an objection is decided, with the reason to be published; the approver decides.

    With a `corrected_amount`, in fen, it is upheld in part: the entry stays, with this lower amount.

    Raises:
        SamePerson: the actor filed the objection.
        Invalid: the amount is not lower than the entry's, or there is no entry whose amount can be lowered.
        Conflict: it was decided before, or a ruling waits for the approver.
    """
    by.actor.require(NoticeAct.PROPOSE_RULING)
    notice, objection = await lock_objection(objection_id)
    await _require_impartial(notice, by)
    if objection.status not in UNDECIDED:
        raise Conflict(_("这条异议已经裁定，请刷新后再看。"))
    if objection.objector_id == by.actor.user_id:
        raise SamePerson(_("您提出的异议由他人裁定。"))
    if await ObjectionRuling.exists(objection_id=objection.id, verdict=None):
        raise Conflict(_("这条异议已有拟裁定，正待批准人决定。"))
    listed = await correctable_amount(notice, objection) if corrected_amount is not None else None
    if corrected_amount is not None:
        _require_lower(corrected_amount, listed, is_upheld=is_upheld)
    ruling = await ObjectionRuling.create(
        id=uuid4(),
        objection_id=objection.id,
        is_upheld=is_upheld,
        text=text,
        listed_amount=listed,
        corrected_amount=corrected_amount,
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
        text=text_sha256(text),
        **_amounts(ruling),
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
    back to the operator, and the objection stays undecided. A correction is carried out at once.

    Raises:
        SamePerson: the actor proposed the ruling or filed the objection.
        Invalid: a rejection without a reason.
        Conflict: the entry has not what the correction was proposed for.
        NotFound: no ruling waits.
    """
    by.actor.require(NoticeAct.DECIDE_OBJECTION)
    correction = await _lock_corrected(objection_id)
    notice, objection = await lock_objection(objection_id)
    await _require_impartial(notice, by)
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
    changes = {"decision": ruling.text, "decided_at": by.now}
    await transition(objection, _action(ruling), by=by, changes=changes, ruling=ruling.id, **_amounts(ruling))
    if ruling.corrected_amount is not None:
        entry_id = _entry_id(notice, objection)
        if correction is None or entry_id is None:
            raise Conflict(_("这条异议的裁定有变化，请刷新后再看。"))
        await correction.apply(entry_id, ruling, notice, by)
    await _sync_status(notice, by=by)
    message = _("公示 %(number)s 的异议已裁定。", number=notice.number)
    address = f"/notices/{notice.number}"
    await notify(message, now=by.now, address=address, user_ids=[objection.objector_id])
    for organisation_id in (notice.organisation_id, objection.respondent_id):
        if organisation_id:
            await notify(message, now=by.now, address=address, organisation_id=organisation_id)
    return objection


async def _require_impartial(notice: Notice, by: By) -> None:
    """Raise if who rules has a common past with the publisher, or with a party of what is published.

    Raises:
        Conflicted: they have.
    """
    parties_of = rooms().subjects[notice.subject_kind].parties
    parties = await parties_of([notice.subject_id]) if parties_of else {}
    publisher = [notice.organisation_id] if notice.organisation_id else []
    await require_unrelated(by, {*publisher, *(party for sides in parties.values() for party in sides)})


async def correctable_amount(notice: Notice, objection: Objection) -> int | None:
    """Return what the entry of an objection has, in fen; None where a ruling cannot lower it."""
    entries, entry_id = entries_of(notice), _entry_id(notice, objection)
    if entries is None or entry_id is None:
        return None
    return await entries.correction.amount_of(entry_id)


def _entry_id(notice: Notice, objection: Objection) -> UUID | None:
    """Return the entry that an objection is about: its own, or the only one of the notice."""
    if objection.entry_id is None and len(notice.entries) == 1:
        return UUID(notice.entries[0][0])
    return objection.entry_id


def _require_lower(amount: int, listed: int | None, *, is_upheld: bool) -> None:
    if listed is None or not is_upheld:
        raise Invalid(_("只有针对名单中一项的异议可以更正金额。"), field="outcome")
    if not 0 < amount < listed:
        raise Invalid(_("更正后的金额应大于零，低于公示的 %(listed)s。", listed=yuan(listed)), field="amount")


async def _lock_corrected(objection_id: UUID) -> EntryCorrection | None:
    """Lock what a waiting correction changes, before its notice: lists are locked before notices."""
    ruling = await ObjectionRuling.get_or_none(objection_id=objection_id, verdict=None)
    if ruling is None or ruling.corrected_amount is None:
        return None
    notice = await Notice.get(objections__id=objection_id)
    entries = entries_of(notice)
    if entries is None:
        return None
    await entries.correction.lock(notice.subject_id)
    return entries.correction


def _action(ruling: ObjectionRuling) -> ObjectionAction:
    if ruling.corrected_amount is not None:
        return ObjectionAction.CORRECT
    return ObjectionAction.UPHOLD if ruling.is_upheld else ObjectionAction.DISMISS


def _amounts(ruling: ObjectionRuling) -> dict[str, Any]:
    """Return the amounts of a correction for the log; nothing of another ruling."""
    if ruling.listed_amount is None or ruling.corrected_amount is None:
        return {}
    return {"old_amount": ruling.listed_amount, "amount": ruling.corrected_amount}


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
