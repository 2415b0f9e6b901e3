"""The states of a deal: which action leads from which status to which, and how pages show them."""

from __future__ import annotations

from dataclasses import dataclass

from market.deals.models import DealAction, DealStatus
from market.kit.errors import Conflict
from market.kit.i18n import Lazy, lazy
from market.kit.i18n import gettext as _
from market.notices.states import NoticeStatus

S, A = DealStatus, DealAction

TRANSITIONS: dict[tuple[DealStatus, DealAction], DealStatus] = {
    (S.INTENT, A.OFFER): S.NEGOTIATING,
    (S.INTENT, A.TERMINATE): S.TERMINATED,
    (S.NEGOTIATING, A.OFFER): S.NEGOTIATING,
    (S.NEGOTIATING, A.AGREE): S.PRICED,
    (S.NEGOTIATING, A.TERMINATE): S.TERMINATED,
    (S.PRICED, A.PUBLISH): S.PUBLICITY,
    (S.PRICED, A.SKIP_PUBLICITY): S.TO_SIGN,
    (S.PRICED, A.TERMINATE): S.TERMINATED,
    (S.PUBLICITY, A.CLEAR): S.TO_SIGN,
    # Published again with a changed text after an upheld objection.
    (S.PUBLICITY, A.PUBLISH): S.PUBLICITY,
    (S.PUBLICITY, A.TERMINATE): S.TERMINATED,
    (S.TO_SIGN, A.SIGN): S.SIGNED,
    (S.TO_SIGN, A.TERMINATE): S.TERMINATED,
    (S.SIGNED, A.REGISTER): S.REGISTERED,
    (S.SIGNED, A.RESCIND): S.RESCINDED,
    (S.REGISTERED, A.START_PAYING): S.PAYING,
    (S.REGISTERED, A.RESCIND): S.RESCINDED,
    (S.PAYING, A.COMPLETE): S.COMPLETED,
    (S.PAYING, A.RESCIND): S.RESCINDED,
}
"""*Suspended* is not a status: it is derived from the open notice, see `shown_status`."""
BEFORE_SIGNING = (S.INTENT, S.NEGOTIATING, S.PRICED, S.PUBLICITY, S.TO_SIGN)
ENDED = (S.COMPLETED, S.RESCINDED, S.TERMINATED)


class ActionNotAllowed(Conflict):
    """The deal's present status does not permit the action."""


def next_status(status: DealStatus, action: DealAction) -> DealStatus:
    """Return the status that `action` leads to.

    Raises:
        ActionNotAllowed: the table has no such transition, most likely after a concurrent change.
    """
    try:
        return TRANSITIONS[status, action]
    except KeyError:
        raise ActionNotAllowed(_("这笔交易的状态已经变化，请刷新后再看。")) from None


def allowed_actions(status: DealStatus) -> list[DealAction]:
    """Return the actions allowed in a status, in the order of the table."""
    return [action for source, action in TRANSITIONS if source is status]


def shown_status(status: DealStatus, notice: NoticeStatus | None) -> str:
    """Return the status as people see it: a deal in publicity is suspended while an objection is open."""
    if status is S.PUBLICITY and notice in (NoticeStatus.OBJECTED, NoticeStatus.UPHELD):
        return "suspended"
    return status.value


@dataclass(frozen=True)
class Step:
    """One of the eight steps that the deal page draws as a chain."""

    name: Lazy
    state: str
    """past, now or ahead; skipped where no publicity was required."""


STEP_NAMES = (
    lazy("意向"),
    lazy("洽谈"),
    lazy("定价"),
    lazy("公示"),
    lazy("签约"),
    lazy("登记"),
    lazy("付款"),
    lazy("完成"),
)
_REACHED = {
    S.INTENT: 0,
    S.NEGOTIATING: 1,
    S.PRICED: 2,
    S.PUBLICITY: 3,
    S.TO_SIGN: 4,
    S.SIGNED: 5,
    S.REGISTERED: 6,
    S.PAYING: 6,
    S.COMPLETED: 8,
}
"""Index of the step in progress."""


def steps(status: DealStatus, *, is_skipped: bool, was: DealStatus | None = None) -> list[Step]:
    """Return the chain of a deal; of an ended one up to `was`, its last status before the end."""
    reached = _REACHED[was or S.INTENT] if status not in _REACHED else _REACHED[status]
    is_over = status not in _REACHED
    chain = []
    for index, name in enumerate(STEP_NAMES):
        state = "past" if index < reached else "now" if index == reached and not is_over else "ahead"
        chain.append(Step(name, "skipped" if index == 3 and is_skipped and state == "past" else state))
    return chain
