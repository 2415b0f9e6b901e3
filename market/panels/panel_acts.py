"""Acts on a panel besides scoring: a late expert, an extension, a second round, the conclusion.

The caller holds the lock of the record that is judged and has checked that it is open.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from market.accounts.messages import notify, notify_staff
from market.accounts.models import StaffRole
from market.audit.log import record
from market.kit.clock import end_of_day, local_date
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.i18n import gettext as _
from market.panels.expert_reviews import DUE, KIND, lock_panel, mark_second_look, require_impartial
from market.panels.models import ExpertReview, Panel
from market.panels.scoring import HEADINGS
from market.panels.states import PanelAct, PanelVerb, SecondLook
from market.panels.subjects import PanelSubject, get_subject
from market.panels.verdicts import Verdict
from market.records.by import By
from market.records.decisions import SamePerson
from market.records.moments import clear_moments, set_moment


@atomic()
async def remind_overdue(review_id: UUID, *, now: datetime) -> bool:
    """Remind the expert of an overdue review, and tell officer and operator; idempotent.

    Returns:
        Whether it was overdue and nobody had been told.
    """
    review = await ExpertReview.filter(id=review_id).select_for_update().get()
    if not review.is_waiting or review.due_on >= local_date(now) or review.overdue_at is not None:
        return False
    subject = await get_subject(review.subject_kind, review.subject_id)
    if subject.closed:
        return False
    review.overdue_at = now
    await review.save(update_fields=["overdue_at"])
    await notify(
        _("您有一项评审已过期限，请尽快提交，或者声明回避。"),
        now=now,
        address=f"/reviews/{review.id}",
        user_ids=[review.reviewer_id],
    )
    text = _("%(number)s 有专家逾期没有评审，可以催办、延期或撤换。", number=subject.number)
    await notify_staff(StaffRole.OPERATOR, text, now=now, address=subject.assign_address)
    await notify_staff(StaffRole.OFFICER, text, now=now, address=subject.address)
    return True


async def unassign(subject: PanelSubject, review_id: UUID, *, reason: str, by: By) -> ExpertReview:
    """Take an expert who has not scored off the panel, with the reason; another may be assigned.

    Raises:
        NotFound: there is no such review of this record.
        Invalid: there is no reason.
        Conflict: the scores are in, or the expert is off already.
    """
    by.actor.require(PanelAct.ASSIGN_EXPERTS)
    review = (
        await ExpertReview.filter(id=review_id, subject_kind=subject.kind, subject_id=subject.id)
        .select_for_update()
        .first()
    )
    if review is None:
        raise NotFound(_("没有这项评审任务。"))
    if not review.is_waiting:
        raise Conflict(_("这位专家已经评审或者已经回避，不能撤换。"))
    if not reason:
        raise Invalid(_("请写明撤换的理由。"), field="reason")
    review.unassigned_at, review.unassigned_reason = by.now, reason
    await review.save(update_fields=["unassigned_at", "unassigned_reason"])
    await clear_moments(KIND, review.id)
    await record(subject.kind, subject.id, PanelVerb.UNASSIGN_EXPERT, by=by, review=review.id)
    await notify(
        _("一项评审任务已撤回，不需要您再评。"), now=by.now, address="/reviews", user_ids=[review.reviewer_id]
    )
    return review


async def extend(subject: PanelSubject, due_on: date, *, by: By) -> Panel:
    """Extend the deadline of all pending reviews of a record, once.

    Raises:
        Invalid: the day is not later than the present ones, or not in the future.
        Conflict: it was extended before, or nothing is pending.
    """
    by.actor.require(PanelAct.ASSIGN_EXPERTS)
    panel = await lock_panel(subject.kind, subject.id)
    if panel.extended_at is not None:
        raise Conflict(_("评审期限只能延长一次。"))
    reviews = [review for review in await _reviews(subject) if review.is_waiting]
    if not reviews:
        raise Conflict(_("没有待评的任务。"))
    if due_on <= max(local_date(by.now), *(review.due_on for review in reviews)):
        raise Invalid(_("延长后的期限应晚于原来的期限。"), field="due_on")
    for review in reviews:
        review.due_on, review.overdue_at = due_on, None
        await review.save(update_fields=["due_on", "overdue_at"])
        await set_moment(KIND, review.id, DUE, end_of_day(due_on))
        await notify(
            _("评审期限延长到 %(day)s。", day=due_on),
            now=by.now,
            address=f"/reviews/{review.id}",
            user_ids=[review.reviewer_id],
        )
    panel.extended_at = by.now
    await panel.save(update_fields=["extended_at"])
    await record(subject.kind, subject.id, PanelVerb.EXTEND_REVIEW, by=by, due_on=due_on)
    return panel


async def open_second_round(subject: PanelSubject, verdict: Verdict, due_on: date, *, by: By) -> Panel:
    """Have the same experts score once more, where their points lie in different bands; once.

    Raises:
        Invalid: the day is not in the future.
        Conflict: no band is crossed, scores are pending, or they were asked before.
    """
    by.actor.require(PanelAct.ASSIGN_EXPERTS)
    if due_on <= local_date(by.now):
        raise Invalid(_("评审期限应在今天以后。"), field="due_on")
    panel = await lock_panel(subject.kind, subject.id)
    if not verdict.needs_second_look or panel.way is not None or panel.concluded_at is not None:
        raise Conflict(_("评分没有跨档，或者已经复议过。"))
    for review in await _reviews(subject):
        if not review.is_live:
            continue
        review.earlier = {name: getattr(review, name) for name in (*HEADINGS, "opinion")} | {
            "submitted_at": review.submitted_at.isoformat() if review.submitted_at else None
        }
        review.novelty = review.maturity = review.benefit = None
        review.opinion, review.submitted_at, review.due_on, review.overdue_at = "", None, due_on, None
        await review.save()
        await set_moment(KIND, review.id, DUE, end_of_day(due_on))
        await notify(
            _("专家评分跨档，请再评一次，期限 %(day)s。", day=due_on),
            now=by.now,
            address=f"/reviews/{review.id}",
            user_ids=[review.reviewer_id],
        )
    await mark_second_look(panel, SecondLook.SECOND_ROUND, by=by)
    return panel


async def conclude(subject: PanelSubject, verdict: Verdict, *, reason: str, by: By) -> Panel:
    """Conclude a panel by the mean of its scores, with the concluding person's reason.

    A crossed band stays flagged and changes no number.

    Raises:
        Invalid: there is no reason.
        Conflict: it is concluded, scores are pending or too few, or a crossed band was not looked at again.
        SamePerson: the person asked the experts once more.
        Forbidden: they have a common past with a party.
    """
    by.actor.require(PanelAct.CONCLUDE_PANEL)
    await require_impartial(subject, by)
    panel = await lock_panel(subject.kind, subject.id)
    if panel.concluded_at is not None:
        raise Conflict(_("专家评审已有结论。"))
    if verdict.blocks_conclusion:
        raise Conflict(verdict.blocks_conclusion)
    if by.actor.user_id in {panel.asked_by_id, *(row.assigned_by_id for row in await _reviews(subject))}:
        raise SamePerson(_("指派专家的人不能作出评审结论。"))
    if not reason:
        raise Invalid(_("请写明评审结论的理由。"), field="reason")
    panel.concluded_by_id, panel.concluded_at, panel.reason = by.actor.user_id, by.now, reason
    panel.points, panel.rate_basis_points = str(verdict.points), verdict.proposed_rate
    panel.is_flagged = verdict.is_crossed
    await panel.save()
    await record(
        subject.kind,
        subject.id,
        PanelVerb.CONCLUDE_PANEL,
        by=by,
        points=panel.points,
        rate_basis_points=panel.rate_basis_points,
        is_flagged=panel.is_flagged,
    )
    await subject.on_conclude(by.now)
    return panel


async def _reviews(subject: PanelSubject) -> list[ExpertReview]:
    rows = ExpertReview.filter(subject_kind=subject.kind, subject_id=subject.id)
    return await rows.order_by("id").select_for_update()
