"""Statuses, workflows, audit verbs and permissions of notices and objections. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from market.accounts.permissions import ALL_SIGNED_IN, ORGANISATION, Role
from market.kit.i18n import lazy
from market.kit.labels import LabelEnum
from market.kit.room import FreshProof
from market.kit.workflow import Workflow


class NoticeStatus(LabelEnum):
    OPEN = "open", lazy("公示中"), "note"
    OBJECTED = "objected", lazy("异议处理中，程序中止"), "wrong"
    CLEAR = "clear", lazy("公示无异议"), "done"
    UPHELD = "upheld", lazy("异议成立"), "wrong"
    """An objection was upheld against the whole notice: what depends on it does not go on."""
    ARCHIVED = "archived", lazy("已归档")


class NoticeShownStatus(LabelEnum):
    """A status as people see it where objections were filed; read from them, never stored."""

    OBJECTED_IN_PART = "objected_in_part", lazy("部分项目异议处理中"), "wrong"
    CLEAR_WITHOUT_SOME = "clear_without_some", lazy("公示期满，异议成立的已移出"), "done"
    CLEAR_CORRECTED = "clear_corrected", lazy("公示期满，异议部分成立的已更正"), "done"
    CLEAR_CHANGED = "clear_changed", lazy("公示期满，异议成立的已移出或更正"), "done"
    CLEAR_DISMISSED = "clear_dismissed", lazy("公示期满，异议不成立"), "done"


class ObjectionStatus(LabelEnum):
    FILED = "filed", lazy("已提出"), "due"
    ANSWERED = "answered", lazy("已答复，待裁定"), "due"
    UPHELD = "upheld", lazy("异议成立"), "wrong"
    CORRECTED = "corrected", lazy("异议部分成立，金额已更正"), "wrong"
    """Upheld in part: the entry stays, with a lower amount."""
    DISMISSED = "dismissed", lazy("异议不成立")


class StatementSide(LabelEnum):
    """Who explains or proves something in the procedure of an objection."""

    OBJECTOR = "objector", lazy("异议人补充")
    RESPONDENT = "respondent", lazy("被异议单位答复")
    PUBLISHER = "publisher", lazy("公示单位答复")


class NoticeAction(LabelEnum):
    OBJECT = "object", lazy("收到异议")
    DECIDE = "decide", lazy("裁定异议")
    """Of several objections, others are still undecided."""
    RESUME = "resume", lazy("异议均已裁定，公示继续")
    UPHOLD = "uphold", lazy("异议成立")
    CLEAR = "clear", lazy("公示期满")
    REPLACE = "replace", lazy("修改文本重新公示")
    WITHDRAW = "withdraw", lazy("撤回")


class ObjectionAction(LabelEnum):
    ANSWER = "answer", lazy("答复")
    UPHOLD = "uphold", lazy("裁定异议成立")
    CORRECT = "correct", lazy("裁定异议部分成立，更正金额")
    DISMISS = "dismiss", lazy("裁定异议不成立")


N, A = NoticeStatus, NoticeAction
NOTICE_WORKFLOW: Workflow[NoticeStatus, NoticeAction] = Workflow(
    {
        (N.OPEN, A.OBJECT): N.OBJECTED,
        (N.OPEN, A.CLEAR): N.CLEAR,
        (N.OPEN, A.REPLACE): N.ARCHIVED,
        (N.OPEN, A.WITHDRAW): N.ARCHIVED,
        (N.OBJECTED, A.OBJECT): N.OBJECTED,
        (N.OBJECTED, A.DECIDE): N.OBJECTED,
        (N.OBJECTED, A.RESUME): N.OPEN,
        (N.OBJECTED, A.UPHOLD): N.UPHELD,
        (N.OBJECTED, A.WITHDRAW): N.ARCHIVED,
    }
)
OBJECTION_WORKFLOW: Workflow[ObjectionStatus, ObjectionAction] = Workflow(
    {
        (ObjectionStatus.FILED, ObjectionAction.ANSWER): ObjectionStatus.ANSWERED,
        (ObjectionStatus.FILED, ObjectionAction.UPHOLD): ObjectionStatus.UPHELD,
        (ObjectionStatus.FILED, ObjectionAction.DISMISS): ObjectionStatus.DISMISSED,
        (ObjectionStatus.ANSWERED, ObjectionAction.UPHOLD): ObjectionStatus.UPHELD,
        (ObjectionStatus.ANSWERED, ObjectionAction.DISMISS): ObjectionStatus.DISMISSED,
        (ObjectionStatus.FILED, ObjectionAction.CORRECT): ObjectionStatus.CORRECTED,
        (ObjectionStatus.ANSWERED, ObjectionAction.CORRECT): ObjectionStatus.CORRECTED,
    }
)
AFTER_DECISION = {N.UPHELD: A.UPHOLD, N.OPEN: A.RESUME, N.OBJECTED: A.DECIDE}
"""Action on the notice after a decision, by the status that its objections give it."""
RUNNING = (NoticeStatus.OPEN, NoticeStatus.OBJECTED)
UNDECIDED = (ObjectionStatus.FILED, ObjectionStatus.ANSWERED)
DECIDED = (ObjectionStatus.UPHELD, ObjectionStatus.CORRECTED, ObjectionStatus.DISMISSED)


def status_by_objections(objections: Iterable[tuple[ObjectionStatus, UUID | None]]) -> NoticeStatus:
    """Return the status of a running notice by its objections, pairs of status and entry.

    One upheld against the whole ends it; an undecided one suspends it; one upheld against a single entry
    removes that entry, or in part lowers its amount, and lets the rest go on.
    """
    pairs = list(objections)
    if any(status is ObjectionStatus.UPHELD and entry is None for status, entry in pairs):
        return NoticeStatus.UPHELD
    if any(status in UNDECIDED for status, _entry in pairs):
        return NoticeStatus.OBJECTED
    return NoticeStatus.OPEN


def shown_status(
    status: NoticeStatus, objections: Iterable[tuple[ObjectionStatus, UUID | None]]
) -> NoticeStatus | NoticeShownStatus:
    """Return the status of a notice as people see it, by its objections, pairs of status and entry."""
    pairs = list(objections)
    if status is NoticeStatus.OBJECTED and all(
        entry is not None for objection, entry in pairs if objection in UNDECIDED
    ):
        return NoticeShownStatus.OBJECTED_IN_PART
    if status is NoticeStatus.CLEAR and pairs:
        outcomes = {objection for objection, _entry in pairs}
        if outcomes >= {ObjectionStatus.UPHELD, ObjectionStatus.CORRECTED}:
            return NoticeShownStatus.CLEAR_CHANGED
        if ObjectionStatus.UPHELD in outcomes:
            return NoticeShownStatus.CLEAR_WITHOUT_SOME
        if ObjectionStatus.CORRECTED in outcomes:
            return NoticeShownStatus.CLEAR_CORRECTED
        return NoticeShownStatus.CLEAR_DISMISSED
    return status


def is_due(status: NoticeStatus, ends_at: datetime | None, now: datetime) -> bool:
    """Return whether the period is over and no objection suspends the notice."""
    return status is NoticeStatus.OPEN and ends_at is not None and ends_at <= now


class NoticeVerb(LabelEnum):
    """Audit verbs besides the actions of the workflows."""

    PUBLISH = "publish", lazy("发起公示")
    EXTEND = "extend", lazy("延长公示期")
    MOVE_END = "move_end", lazy("重新计算截止日")


class ObjectionVerb(LabelEnum):
    """Audit verbs besides the actions of the workflows."""

    FILE = "file", lazy("提出")
    STATE = "state", lazy("答复或补充证据")
    PROPOSE_RULING = "propose_ruling", lazy("拟裁定")
    RETURN_RULING = "return_ruling", lazy("退回拟裁定")


class HolidayYearVerb(LabelEnum):
    """Audit verbs besides the actions of the workflows."""

    PROPOSE = "propose", lazy("录入")
    CONFIRM = "confirm", lazy("确认")
    REJECT = "reject", lazy("退回")


class NoticeAct(StrEnum):
    """Acts of this room that need a permission."""

    OBJECT = "object"
    ANSWER_OBJECTION = "answer_objection"
    SEE_OBJECTIONS = "see_objections"
    PROPOSE_RULING = "propose_ruling"
    DECIDE_OBJECTION = "decide_objection"
    EXTEND_NOTICE = "extend_notice"
    SEE_HOLIDAYS = "see_holidays"
    ENTER_HOLIDAYS = "enter_holidays"
    CONFIRM_HOLIDAYS = "confirm_holidays"


PERMISSIONS: Mapping[StrEnum, frozenset[Role]] = {
    NoticeAct.OBJECT: ALL_SIGNED_IN - {Role.AUDITOR},
    NoticeAct.ANSWER_OBJECTION: ORGANISATION | {Role.OFFICER},
    NoticeAct.SEE_OBJECTIONS: frozenset({Role.OPERATOR, Role.APPROVER, Role.AUDITOR}),
    NoticeAct.PROPOSE_RULING: frozenset({Role.OPERATOR}),
    NoticeAct.DECIDE_OBJECTION: frozenset({Role.APPROVER}),
    NoticeAct.EXTEND_NOTICE: ORGANISATION | {Role.RECHECKER},
    NoticeAct.SEE_HOLIDAYS: frozenset({Role.OPERATOR, Role.APPROVER, Role.AUDITOR}),
    NoticeAct.ENTER_HOLIDAYS: frozenset({Role.OPERATOR}),
    NoticeAct.CONFIRM_HOLIDAYS: frozenset({Role.APPROVER}),
}

FRESH: Mapping[StrEnum, FreshProof] = {NoticeAct.DECIDE_OBJECTION: FreshProof.TO_ACT}
