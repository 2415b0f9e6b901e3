"""Sanctions (科研诚信): who is barred from what and until when, and the stored checks of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID, uuid4

from market.accounts.actors import Actor
from market.accounts.messages import notify_staff
from market.accounts.models import Organisation, StaffRole
from market.accounts.queries import find_organisation_by_uscc
from market.accounts.relations import require_unrelated
from market.audit.log import record, text_sha256
from market.codes import uscc as codes
from market.integrity.models import IntegrityCheck, Sanction, SanctionGrade, Scope
from market.integrity.states import (
    APPEALABLE,
    BINDING,
    IntegrityAct,
    SanctionAction,
    SanctionVerb,
    due_action,
    is_binding,
    next_change,
)
from market.kit.clock import local_date, start_of_day
from market.kit.database import atomic
from market.kit.errors import Conflict, Forbidden, Invalid, NotFound
from market.kit.i18n import gettext as _
from market.records.by import By
from market.records.moments import set_moment
from market.records.transitions import transition

TERM = "integrity.follow_term"
"""The moment of a sanction at which its term begins or is over."""


class Barred(Forbidden):
    """A sanction bars the organisation from this; `check` is the stored check."""

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
    """Check the sanctions of one organisation and store the check as evidence.

    Call it outside the transaction of the act it guards, so that a rollback keeps the evidence. Natural
    persons are never named in it.
    """
    today = local_date(now)
    rows = await Sanction.filter(subject_uscc=uscc, status__in=list(BINDING)) if uscc else []
    binding = [
        sanction
        for sanction in rows
        if is_binding(sanction.status, sanction.scopes, sanction.starts_on, sanction.ends_on, scope, today)
    ]
    return await IntegrityCheck.create(
        id=uuid4(),
        subject_uscc=uscc or "",
        scope=scope,
        occasion=occasion,
        reference_kind=reference_kind,
        reference_id=reference_id,
        is_clear=not binding,
        found=[
            {
                "sanction": str(sanction.id),
                "decision_number": sanction.decision_number,
                "source": sanction.source,
                "grade": sanction.grade.value,
                "starts_on": sanction.starts_on.isoformat(),
                "ends_on": sanction.ends_on.isoformat() if sanction.ends_on else None,
            }
            for sanction in binding
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
    """Check as `check` does and raise unless the organisation is clear.

    Raises:
        Barred: a sanction is binding; the message names it and how to appeal.
    """
    answer = await check(
        uscc, scope, occasion=occasion, reference_kind=reference_kind, reference_id=reference_id, now=now
    )
    if not answer.is_clear:
        raise Barred(barred_message(answer), answer)
    return answer


def barred_message(answer: IntegrityCheck) -> str:
    """Return the message for a barred organisation: which sanction, its term, how to appeal."""
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
    """File a sanction; it is not binding until it is confirmed.

    Raises:
        Invalid: a value is wrong; names the field.
        Conflicted: the actor has a common past with the organisation.
    """
    by.actor.require(IntegrityAct.MANAGE_SANCTIONS)
    if not codes.is_valid(uscc):
        raise Invalid(_("统一社会信用代码的校验位不符。"), field="uscc")
    if ends_on is not None and ends_on < starts_on:
        raise Invalid(_("截止日期不能早于起始日期。"), field="ends_on")
    if not scopes:
        raise Invalid(_("请至少选择一项限制范围。"), field="scopes")
    subject = await find_organisation_by_uscc(uscc)
    await require_unrelated(by, [subject.id] if subject else [])
    sanction = await Sanction.create(
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
    await record(
        "sanction", sanction.id, SanctionVerb.FILE, by=by, decision=decision_number, scopes=sanction.scopes
    )
    return sanction


@atomic()
async def hear_sanction(sanction_id: UUID, *, by: By) -> Sanction:
    """Write down that the subject was informed and may respond (告知申辩).

    Raises:
        NotFound: there is none.
        ActionNotAllowed: its status has changed.
    """
    by.actor.require(IntegrityAct.MANAGE_SANCTIONS)
    return await transition(await lock_sanction(sanction_id), SanctionAction.HEAR, by=by)


async def lock_sanction(sanction_id: UUID) -> Sanction:
    """Return a sanction, locked until the transaction ends.

    Raises:
        NotFound: there is none.
    """
    sanction = await Sanction.filter(id=sanction_id).select_for_update().first()
    if sanction is None:
        raise NotFound(_("没有这条诚信记录。"))
    return sanction


@atomic()
async def appeal(sanction_id: UUID, *, text: str, by: By) -> Sanction:
    """Appeal against a sanction of one's own organisation (申辩、申诉), or request its repair.

    It stays binding until the appeal is answered.

    Raises:
        NotFound: there is none of the actor's organisation.
        Conflict: it is no longer binding, or an appeal is pending.
    """
    sanction = await _lock_own(sanction_id, by.actor)
    if sanction.status not in APPEALABLE:
        raise Conflict(_("这条记录已经不再限制，无需申诉。"))
    if sanction.appealed_at is not None and not sanction.appeal_answer:
        raise Conflict(_("申诉已经提交，等待答复。"))
    sanction.appeal_text, sanction.appealed_at, sanction.appeal_answer = text, by.now, ""
    await sanction.save(update_fields=["appeal_text", "appealed_at", "appeal_answer"])
    await record("sanction", sanction.id, SanctionVerb.APPEAL, by=by, text=text_sha256(text))
    await notify_staff(
        StaffRole.OPERATOR,
        _("诚信记录 %(number)s 有申诉待答复。", number=sanction.decision_number),
        now=by.now,
        address="/backoffice/sanctions",
    )
    return sanction


async def _lock_own(sanction_id: UUID, actor: Actor) -> Sanction:
    actor.require(IntegrityAct.APPEAL_SANCTION)
    organisation = await Organisation.get_or_none(id=actor.organisation_id) if actor.organisation_id else None
    sanction = await Sanction.filter(id=sanction_id).select_for_update().first()
    is_own = (
        organisation is not None
        and sanction is not None
        and sanction.subject_uscc == organisation.uscc
        and actor.acts_for(organisation.id)
    )
    if sanction is None or not is_own:
        raise NotFound(_("没有这条诚信记录。"))
    return sanction


@atomic()
async def follow_term(sanction_id: UUID, *, now: datetime) -> bool:
    """Activate or expire a sanction at the moment of its term; return whether it changed. Idempotent."""
    return await apply_term(await Sanction.filter(id=sanction_id).select_for_update().get(), by=By.job(now))


async def apply_term(sanction: Sanction, *, by: By) -> bool:
    """Activate or expire a locked sanction if it is due, and set the next moment of its term."""
    action = due_action(sanction.status, sanction.starts_on, sanction.ends_on, local_date(by.now))
    if action is not None:
        await transition(sanction, action, by=by)
    next_day = next_change(sanction.status, sanction.starts_on, sanction.ends_on)
    await set_moment("sanction", sanction.id, TERM, start_of_day(next_day) if next_day else None)
    return action is not None
