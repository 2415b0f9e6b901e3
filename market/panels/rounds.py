"""Review rounds: found by who may see them, their results told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from uuid import UUID

from tortoise.expressions import Subquery
from tortoise.queryset import QuerySet

from market.accounts.actors import Actor
from market.accounts.permissions import Role
from market.accounts.relations import require_unrelated
from market.codes.holidays import shipped_calendar
from market.integrity.conflicts import require_no_conflict
from market.kit.clock import end_of_day, local_date
from market.kit.database import atomic
from market.kit.errors import Forbidden, NotFound
from market.kit.i18n import gettext as _
from market.kit.room import rooms
from market.panels.round_models import ResultObjection, Round, RoundItem, Seat
from market.panels.round_states import STANDING, RoundAction, RoundStatus
from market.panels.states import PanelAct
from market.panels.subjects import PanelSubject
from market.panels.visibility import Viewer
from market.records.by import By
from market.records.decisions import Verdict
from market.records.moments import clear_moments
from market.records.transitions import transition

REGION = "450000"
"""Whose working days count: the department's."""
COPY_PAPERS = "panels.copy_papers"
"""The job that makes the copies of a blind round."""
TELL = "panels.tell_result"
"""The moment of a concluded round at which its results are told if nobody did."""
TELL_DAYS = 5
"""Working days after the conclusion within which applicants are told."""
OBJECT_DAYS = 5
"""Working days after that in which they may object."""
CONCLUDERS: Mapping[str, Role] = {"claim": Role.RECHECKER}
"""Who concludes rounds over records of a kind (README i); the approver where none is named."""


def concluder_of(round_: Round) -> Role:
    return CONCLUDERS.get(round_.subject_kind, Role.APPROVER)


@atomic()
async def publish_round(number: str, *, by: By) -> Round:
    """Tell what a concluded round came to: from now on applicants read the opinions, without names.

    Raises:
        Conflict: it is not concluded, or told already.
        Conflicted: the operator has a common past with a party.
    """
    by.actor.require(PanelAct.RUN_ROUNDS)
    round_ = await lock_round(number)
    await require_impartial_in((await subjects_of(round_)).values(), by)
    return await _publish(round_, by=by)


@atomic()
async def publish_at_the_clock(round_id: UUID, *, now: datetime) -> bool:
    """Tell the results of a round that nobody told in time; idempotent."""
    round_ = await Round.filter(id=round_id).select_for_update().get()
    if round_.status is not RoundStatus.CONCLUDED:
        return False
    await _publish(round_, by=By.job(now))
    return True


async def _publish(round_: Round, *, by: By) -> Round:
    await clear_moments(Round.record_kind, round_.id)
    changes = {"published_at": by.now, "object_until": deadline(OBJECT_DAYS, by.now)}
    await transition(round_, RoundAction.PUBLISH, by=by, changes=changes, number=round_.number)
    subjects = list((await subjects_of(round_)).values())
    await rooms().panel_clients[round_.subject_kind].on_publish(round_, subjects, by.now)
    return round_


async def lock_round(number: str) -> Round:
    """Return a round, locked.

    Raises:
        NotFound: there is none.
    """
    round_ = await Round.filter(number=number).select_for_update().first()
    if round_ is None:
        raise NotFound(_("没有这一轮评审。"))
    return round_


def standing_items(subject_kind: str) -> QuerySet[RoundItem]:
    """Return a query of the records of a kind that a round judges, or has judged and nothing set aside."""
    set_aside = ResultObjection.filter(verdict=Verdict.CONFIRMED).values("item_id")
    items = RoundItem.filter(round__subject_kind=subject_kind, round__status__in=list(STANDING))
    return items.exclude(id__in=Subquery(set_aside))


async def round_over(subject_kind: str, subject_id: UUID) -> Round | None:
    """Return the round that judges a record."""
    item = await standing_items(subject_kind).filter(subject_id=subject_id).select_related("round").first()
    return item.round if item else None


async def get_round_for(actor: Actor, number: str) -> Round:
    """Return a round for who runs, concludes or audits rounds of its kind.

    Raises:
        NotFound: there is none, or it is not theirs to see.
    """
    round_ = await Round.get_or_none(number=number)
    if round_ is None or not sees_round(actor, round_):
        raise NotFound(_("没有这一轮评审。"))
    return round_


def sees_round(actor: Actor, round_: Round) -> bool:
    """Return whether the person sees a round: operator, auditor, who concludes it, who approves redraws."""
    if actor.may(PanelAct.APPROVE_REDRAW):
        return True
    return viewer_of(actor, round_) is not Viewer.OTHER


def viewer_of(actor: Actor, round_: Round) -> Viewer:
    """Return in which part the person looks at a round from its pages of the department."""
    if actor.may(PanelAct.RUN_ROUNDS):
        return Viewer.OPERATOR
    if actor.may(PanelAct.AUDIT_ROUNDS):
        return Viewer.AUDITOR
    return Viewer.CONCLUDER if concluder_of(round_) in actor.roles else Viewer.OTHER


async def subjects_of(round_: Round, *, with_material: bool = False) -> dict[UUID, PanelSubject]:
    """Return what a round judges, by the id of the record; with what experts read of it only if asked."""
    ids = await RoundItem.filter(round_id=round_.id).values_list("subject_id", flat=True)
    load = rooms().panel_clients[round_.subject_kind].load
    return dict(await load([UUID(str(value)) for value in ids], with_material=with_material))


async def require_impartial_in(subjects: Iterable[PanelSubject], by: By) -> None:
    """Raise if the person declared a conflict with any of the records, or has a common past with a party.

    Raises:
        Conflicted: they have (README h).
    """
    of_kind: dict[str, list[UUID]] = {}
    parties: set[UUID] = set()
    for subject in subjects:
        of_kind.setdefault(subject.kind, []).append(subject.id)
        parties |= subject.parties
    for kind, ids in of_kind.items():
        await require_no_conflict(by, kind, ids)
    await require_unrelated(by, parties)


def deadline(days: int, now: datetime) -> datetime:
    """Return the end of the working day that many working days after today."""
    return end_of_day(_working_day(local_date(now), days))


def _working_day(day: date, days: int) -> date:
    calendar = shipped_calendar(accepts_provisional=True)
    while days:
        day += timedelta(days=1)
        days -= calendar.is_working_day(day, REGION)
    return day


async def seats_of(round_id: UUID, item: RoundItem | None = None) -> dict[UUID, list[Seat]]:
    """Return the seats of a round, or of one item, by item, in the order of the draws."""
    rows = Seat.filter(item_id=item.id) if item else Seat.filter(item__round_id=round_id)
    seats = await rows.order_by("draw_number", "place")
    by_item: dict[UUID, list[Seat]] = {}
    for seat in seats:
        by_item.setdefault(seat.item_id, []).append(seat)
    return by_item


def require_concluder(round_: Round, by: By) -> None:
    """Raise unless the person has the role that concludes rounds of this kind.

    Raises:
        Forbidden: they have not.
    """
    by.actor.require(PanelAct.CONCLUDE_ROUND)
    if concluder_of(round_) not in by.actor.roles:
        raise Forbidden(_("这一轮评审由他人作出结论。"))
