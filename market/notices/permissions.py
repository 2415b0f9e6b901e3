"""Which roles may do what in this room. Whose record it is, the guarded getters decide."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from market.accounts.permissions import ALL_SIGNED_IN, ORGANISATION, Role


class NoticeAct(StrEnum):
    """Everything that changes a record of this room, or shows what is not public."""

    OBJECT = "object"
    ANSWER_OBJECTION = "answer_objection"
    DECIDE_OBJECTION = "decide_objection"
    EXTEND_NOTICE = "extend_notice"
    SEE_HOLIDAYS = "see_holidays"
    ENTER_HOLIDAYS = "enter_holidays"
    CONFIRM_HOLIDAYS = "confirm_holidays"


PERMISSIONS: Mapping[StrEnum, frozenset[Role]] = {
    NoticeAct.OBJECT: ALL_SIGNED_IN - {Role.AUDITOR},
    NoticeAct.ANSWER_OBJECTION: ORGANISATION | {Role.OFFICER},
    NoticeAct.DECIDE_OBJECTION: frozenset({Role.OPERATOR}),
    NoticeAct.EXTEND_NOTICE: ORGANISATION | {Role.RECHECKER},
    NoticeAct.SEE_HOLIDAYS: frozenset({Role.OPERATOR, Role.APPROVER, Role.AUDITOR}),
    NoticeAct.ENTER_HOLIDAYS: frozenset({Role.OPERATOR}),
    NoticeAct.CONFIRM_HOLIDAYS: frozenset({Role.APPROVER}),
}
