"""Integrity records (科研诚信): who is barred from what, until when, and every question asked about it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID, uuid4

from market.accounts.actors import Actor
from market.accounts.messages import notify, notify_staff
from market.accounts.models import Organisation, StaffRole
from market.audit.log import record
from market.codes import uscc as codes
from market.integrity.models import IntegrityCheck, Sanction, SanctionGrade, Scope
from market.integrity.permissions import IntegrityAct
from market.integrity.states import (
    APPEALABLE,
    BINDING,
    SanctionAction,
    due_action,
    is_binding,
    next_change,
)
from market.integrity.verbs import SanctionVerb
from market.kit.clock import local_date, start_of_day
from market.kit.database import atomic
from market.kit.errors import Conflict, Forbidden, Invalid, NotFound
from market.kit.i18n import gettext as _
from market.records.by import By
from market.records.moments import clear_moments, set_moment
from market.records.transitions import transition

TERM = "integrity.follow_term"
"""The moment of a record at which its term begins or is over."""


class Barred(Forbidden):
    """An integrity record bars the organisation from this; `check` holds the stored answer."""

    def __init__(self, message: str, check: IntegrityCheck) -> None:
        super().__init__(message)
        self.check = check


@atomic()
async def check(
    uscc: str | None,
    scope: Scope,
    *,
    occasion: str,
    reference_kind: str,
    reference_id: UUID,
    now: datetime,
) -> IntegrityCheck:
    """Ask the records about one organisation, and keep question and answer as evidence.

    Call it outside the transaction of the act it guards: what a refusal rolls back must not take the
    evidence with it. Natural persons are never named in what is kept.
    """
    today = local_date(now)
    rows = await Sanction.filter(subject_uscc=uscc, status__in=list(BINDING)) if uscc else []
    found = [
        row for row in rows if is_binding(row.status, row.scopes, row.starts_on, row.ends_on, scope, today)
    ]
    return await IntegrityCheck.create(
        id=uuid4(),
        subject_uscc=uscc or "",
        scope=scope,
        occasion=occasion,
        reference_kind=reference_kind,
        reference_id=reference_id,
        is_clear=not found,
        found=[
            {
                "sanction": str(row.id),
                "decision_number": row.decision_number,
                "source": row.source,
                "grade": row.grade.value,
                "starts_on": row.starts_on.isoformat(),
                "ends_on": row.ends_on.isoformat() if row.ends_on else None,
            }
            for row in found
        ],
        checked_at=now,
    )


async def require_clear(
    uscc: str | None,
    scope: Scope,
    *,
    occasion: str,
    reference_kind: str,
    reference_id: UUID,
    now: datetime,
) -> IntegrityCheck:
    """Ask the records as `check` does, and let pass only who is clear.

    Raises:
        Barred: a record stands; the message names it and says how to appeal.
    """
    answer = await check(
        uscc, scope, occasion=occasion, reference_kind=reference_kind, reference_id=reference_id, now=now
    )
    if not answer.is_clear:
        raise Barred(told(answer), answer)
    return answer


def told(answer: IntegrityCheck) -> str:
    """Return what a barred organisation is told: which record, until when, how to appeal."""
    first = answer.found[0]
    return _(
        "科研诚信记录限制了这项事务（%(number)s，%(source)s，期限 %(start)s 至 %(end)s）。"
        "对记录有异议的，可在“诚信记录”页申诉或申请信用修复。",
        number=first["decision_number"],
        source=first["source"],
        start=first["starts_on"],
        end=first["ends_on"] or _("长期"),
    )


@atomic()
async def file_sanction(
    *,
    uscc: str,
    name: str,
    grade: SanctionGrade,
    scopes: Sequence[Scope],
    decision_number: str,
    source: str,
    basis: str,
    starts_on: date,
    ends_on: date | None,
    appeal_to: str = "",
    by: By,
) -> Sanction:
    """File a record; it binds nobody until it is confirmed."""
    by.actor.require(IntegrityAct.MANAGE_SANCTIONS)
    if not codes.is_valid(uscc):
        raise Invalid(_("统一社会信用代码的校验位不符。"), field="uscc")
    if ends_on is not None and ends_on < starts_on:
        raise Invalid(_("截止日期不能早于起始日期。"), field="ends_on")
    if not scopes:
        raise Invalid(_("请至少选择一项限制范围。"), field="scopes")
    made = await Sanction.create(
        id=uuid4(),
        subject_uscc=uscc,
        subject_name=name,
        grade=grade,
        scopes=[scope.value for scope in scopes],
        decision_number=decision_number,
        source=source,
        basis=basis,
        starts_on=starts_on,
        ends_on=ends_on,
        appeal_to=appeal_to,
        created_at=by.now,
    )
    await record("sanction", made.id, SanctionVerb.FILE, by=by, decision=decision_number, scopes=made.scopes)
    return made


@atomic()
async def move_sanction(sanction_id: UUID, action: SanctionAction, *, reason: str = "", by: By) -> Sanction:
    """Hear, confirm or repair a record. A confirmed one is active from its first day on.

    `reason` says what the repair rests on.

    Raises:
        NotFound: there is no such record.
        Conflict: it has moved on.
    """
    by.actor.require(IntegrityAct.MANAGE_SANCTIONS)
    row = await Sanction.filter(id=sanction_id).select_for_update().first()
    if row is None:
        raise NotFound(_("没有这条诚信记录。"))
    changes = {"repair_reason": reason} if action is SanctionAction.REPAIR else {}
    await transition(row, action, by=by, changes=changes)
    await _turn(row, by=by)
    return row


@atomic()
async def appeal(sanction_id: UUID, *, text: str, by: By) -> Sanction:
    """Speak against a record of one's own organisation (申辩、申诉), or ask for its repair.

    The record binds as before until the appeal is answered.

    Raises:
        NotFound: there is no such record of the actor's organisation.
        Conflict: it no longer binds, or an appeal waits for its answer.
    """
    row = await _lock_own(sanction_id, by.actor)
    if row.status not in APPEALABLE:
        raise Conflict(_("这条记录已经不再限制，无需申诉。"))
    if row.appealed_at is not None and not row.appeal_answer:
        raise Conflict(_("申诉已经提交，等待答复。"))
    row.appeal_text, row.appealed_at, row.appeal_answer = text, by.now, ""
    await row.save(update_fields=["appeal_text", "appealed_at", "appeal_answer"])
    await record("sanction", row.id, SanctionVerb.APPEAL, by=by)
    await notify_staff(
        StaffRole.OPERATOR,
        _("诚信记录 %(number)s 有申诉待答复。", number=row.decision_number),
        now=by.now,
        address="/backoffice/sanctions",
    )
    return row


async def _lock_own(sanction_id: UUID, actor: Actor) -> Sanction:
    actor.require(IntegrityAct.APPEAL_SANCTION)
    own = await Organisation.get_or_none(id=actor.organisation_id) if actor.organisation_id else None
    row = await Sanction.filter(id=sanction_id).select_for_update().first()
    is_own = own is not None and row is not None and row.subject_uscc == own.uscc and actor.acts_for(own.id)
    if row is None or not is_own:
        raise NotFound(_("没有这条诚信记录。"))
    return row


@atomic()
async def answer_appeal(sanction_id: UUID, *, is_upheld: bool, text: str, by: By) -> Sanction:
    """Answer an appeal; an upheld one lifts the record at once.

    Raises:
        Conflict: no appeal waits.
    """
    by.actor.require(IntegrityAct.MANAGE_SANCTIONS)
    row = await Sanction.filter(id=sanction_id).select_for_update().first()
    if row is None:
        raise NotFound(_("没有这条诚信记录。"))
    if row.appealed_at is None or row.appeal_answer:
        raise Conflict(_("没有等待答复的申诉。"))
    row.appeal_answer = text
    await row.save(update_fields=["appeal_answer"])
    await record("sanction", row.id, SanctionVerb.ANSWER_APPEAL, by=by, is_upheld=is_upheld)
    if is_upheld:
        await transition(row, SanctionAction.LIFT, by=by, changes={"repair_reason": text})
        await clear_moments("sanction", row.id)
    found = await Organisation.get_or_none(uscc=row.subject_uscc)
    if found is not None:
        words = _("诚信记录 %(number)s 的申诉已答复。", number=row.decision_number)
        await notify(words, now=by.now, address="/integrity", organisation_id=found.id)
    return row


@atomic()
async def follow_term(sanction_id: UUID, *, now: datetime) -> bool:
    """Let the term of a record begin or end on its day; return whether it did. Idempotent."""
    return await _turn(await Sanction.filter(id=sanction_id).select_for_update().get(), by=By.job(now))


async def _turn(row: Sanction, *, by: By) -> bool:
    """Let the term of a locked record begin or end, if the day has come; set the next moment of its term."""
    action = due_action(row.status, row.starts_on, row.ends_on, local_date(by.now))
    if action is not None:
        await transition(row, action, by=by)
    next_day = next_change(row.status, row.starts_on, row.ends_on)
    await set_moment("sanction", row.id, TERM, start_of_day(next_day) if next_day else None)
    return action is not None
