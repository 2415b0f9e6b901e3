"""Seats of a round's panels: invited, accepted or not, lapsed at the clock, filled by drawn reserves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from market.accounts.actors import Actor
from market.accounts.messages import PersonNotice, notify, notify_people, notify_staff
from market.accounts.models import StaffRole
from market.experts.models import Expert
from market.kit.clock import local_date
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.formats import end_of
from market.kit.i18n import gettext as _
from market.kit.room import rooms
from market.panels.drawing import Candidate, letters, next_reserve
from market.panels.later_conflicts import later_conflict, may_be_called
from market.panels.round_models import Round, RoundDraw, RoundItem, Seat, SeatScore
from market.panels.round_rules import FEWEST, read_rules
from market.panels.round_states import (
    SEATED,
    WAITING,
    RoundAction,
    RoundStatus,
    SeatAction,
    SeatStatus,
)
from market.panels.rounds import deadline, lock_round, require_impartial_in, subjects_of
from market.panels.states import PanelAct
from market.panels.subjects import PanelSubject
from market.records.by import By
from market.records.moments import clear_moments, set_moments
from market.records.transitions import begin_all, transition

KIND = Seat.record_kind
DUE = "panels.seat_due"
"""The moment of a seat by which its expert declares, and then scores."""
REMIND = "panels.seat_reminder"
"""The moment half way to it."""


async def create_seats(round_: Round, drawn: RoundDraw, *, by: By) -> None:
    """Seat who was drawn and tell them; the reserves wait."""
    rules = read_rules(round_.rules)
    ids = {expert for ids in [*drawn.picked.values(), *drawn.reserves.values()] for expert in ids}
    experts = {str(expert.id): expert for expert in await Expert.filter(id__in=[UUID(one) for one in ids])}
    units = {row["id"]: row["unit"] for row in drawn.eligible}
    items = [UUID(item) for item in drawn.picked]
    before = await Seat.filter(item_id__in=items).values_list("item_id", flat=True)
    seated = Counter(str(item_id) for item_id in before)
    declare_by = deadline(rules.declare_days, by.now)
    seats: list[Seat] = []
    for item_id, picked in drawn.picked.items():
        for place, expert_id in enumerate([*picked, *drawn.reserves[item_id]]):
            expert, is_reserve = experts[expert_id], place >= len(picked)
            seats.append(
                Seat(
                    id=uuid4(),
                    item_id=UUID(item_id),
                    expert_id=expert.id,
                    user_id=expert.user_id,
                    kind=expert.kind.value,
                    unit=units[expert_id][:120],
                    title_rank=expert.title_rank.value,
                    draw_number=drawn.number,
                    place=place + 1,
                    is_reserve=is_reserve,
                    label=_("专家%(letter)s", letter=letters(seated[item_id] + place)),
                    status=SeatStatus.RESERVE if is_reserve else SeatStatus.INVITED,
                    declare_by=None if is_reserve else declare_by,
                )
            )
    await Seat.bulk_create(seats, batch_size=500)
    await begin_all(seats, by=by)
    await _invite([seat for seat in seats if seat.status is SeatStatus.INVITED], by=by)


async def seated_candidates(item_id: UUID) -> list[Candidate]:
    """Return who sits on an item's panel, as a draw counts them: not whoever could judge nothing of it."""
    seats = await Seat.filter(item_id=item_id, status__in=list(SEATED)).order_by("draw_number", "place")
    versions = {seat.id: seat.version for seat in seats if seat.has_scored}
    judged = set()
    if versions:
        given = SeatScore.filter(seat_id__in=list(versions), score__isnull=False)
        judged = {(row.seat_id, row.version) for row in await given}
    return [
        _candidate(seat)
        for seat in seats
        if seat.id not in versions or (seat.id, versions[seat.id]) in judged
    ]


def _candidate(seat: Seat) -> Candidate:
    return Candidate(str(seat.expert_id), seat.kind, seat.unit)


async def get_seat_for(actor: Actor, seat_id: UUID) -> Seat:
    """Return the actor's own seat, with item and round; a reserve who was not called has none yet.

    Raises:
        NotFound: there is none, or it is another's.
    """
    actor.require(PanelAct.JUDGE)
    seat = (
        await Seat.filter(id=seat_id, user_id=actor.user_id)
        .exclude(status=SeatStatus.RESERVE)
        .select_related("item__round")
        .first()
    )
    if seat is None:
        raise NotFound(_("没有这项评审任务。"))
    return seat


async def list_seats(actor: Actor) -> list[tuple[Seat, PanelSubject]]:
    """Return an expert's seats with what they judge, the next due first."""
    seats = (
        await Seat.filter(user_id=actor.user_id)
        .exclude(status=SeatStatus.RESERVE)
        .select_related("item__round")
        .order_by("score_by", "declare_by", "item__place")
    )
    subjects: dict[UUID, PanelSubject] = {}
    for kind in sorted({seat.item.round.subject_kind for seat in seats}):
        ids = [seat.item.subject_id for seat in seats if seat.item.round.subject_kind == kind]
        subjects |= await rooms().panel_clients[kind].load(ids, with_material=False)
    return [(seat, subjects[seat.item.subject_id]) for seat in seats]


async def lock_seat(actor: Actor, seat_id: UUID) -> tuple[Seat, Round]:
    """Return the actor's own seat with its round, both locked."""
    seat = await get_seat_for(actor, seat_id)
    return await _lock(seat)


async def lock_any_seat(seat_id: UUID) -> tuple[Seat, Round]:
    """Return anybody's seat with its round, both locked, for who runs the round.

    Raises:
        NotFound: there is no such seat.
    """
    seat = await Seat.filter(id=seat_id).select_related("item__round").first()
    if seat is None:
        raise NotFound(_("没有这项评审任务。"))
    return await _lock(seat)


async def _lock(seat: Seat) -> tuple[Seat, Round]:
    round_ = await lock_round(seat.item.round.number)
    return await Seat.filter(id=seat.id).select_for_update().get(), round_


@atomic()
async def accept(seat_id: UUID, *, by: By) -> Seat:
    """Accept to judge, having read the pledge; who has come to have a conflict since the draw leaves instead.

    Raises:
        ActionNotAllowed: it was answered, or lapsed.
    """
    seat, round_ = await lock_seat(by.actor, seat_id)
    if seat.status is SeatStatus.INVITED and await leave_in_conflict(seat, round_, by=by):
        return seat
    rules = read_rules(round_.rules)
    score_by = deadline(rules.score_days, by.now)
    changes = {"declared_at": by.now, "score_by": score_by}
    await transition(seat, SeatAction.ACCEPT, by=by, changes=changes, number=round_.number)
    await set_due([(seat, score_by)], by.now)
    await advance(round_, by=by)
    return seat


async def leave_in_conflict(seat: Seat, round_: Round, *, by: By) -> bool:
    """Take an expert off a panel, as the system, if a conflict has come up since the draw; call a reserve."""
    reason = await later_conflict(seat, round_, by.now)
    if reason:
        changes = {"declared_at": by.now, "note": reason[:300], "draft": None}
        job = By.job(by.now)
        await transition(seat, SeatAction.DECLARE, by=job, changes=changes, number=round_.number)
        await _fill(seat, round_, by=by)
    return bool(reason)


@atomic()
async def declare_conflict(seat_id: UUID, *, reason: str, by: By) -> Seat:
    """Declare a conflict of interest; the next reserve is called.

    Raises:
        Invalid: there is no reason.
    """
    return await _leave(seat_id, SeatAction.DECLARE, reason=reason, by=by)


@atomic()
async def decline(seat_id: UUID, *, reason: str, by: By) -> Seat:
    """Decline for another reason than a conflict; the next reserve is called."""
    return await _leave(seat_id, SeatAction.DECLINE, reason=reason, by=by)


async def _leave(seat_id: UUID, action: SeatAction, *, reason: str, by: By) -> Seat:
    seat, round_ = await lock_seat(by.actor, seat_id)
    if not reason.strip():
        raise Invalid(_("请写明原因。"), field="reason")
    changes = {"declared_at": by.now, "note": reason.strip()[:300], "draft": None}
    await transition(seat, action, by=by, changes=changes, number=round_.number)
    await _fill(seat, round_, by=by)
    return seat


@atomic()
async def replace_expert(seat_id: UUID, *, reason: str, by: By) -> Seat:
    """Take an expert who has not scored off a panel as operator, once an item; a reserve is called.

    Raises:
        NotFound: there is no such seat.
        Conflicted: the operator has a conflict with a party.
        Invalid: there is no reason.
        Conflict: the expert has scored, also where another sheet was asked for since; or one was replaced.
    """
    by.actor.require(PanelAct.RUN_ROUNDS)
    seat, round_ = await lock_any_seat(seat_id)
    await require_impartial_in((await subjects_of(round_)).values(), by)
    if seat.version:
        raise Conflict(_("这位专家已经评过分，不能替换；没有再提交的，原来的评分有效。"))
    if len(reason.strip()) < 4:
        raise Invalid(_("请写明替换的理由。"), field="reason")
    replaced = Seat.filter(item_id=seat.item_id, status=SeatStatus.REPLACED)
    if await replaced.filter(expert__user__is_active=True).exists():
        raise Conflict(_("这一项已经替换过一位专家；其余未回应的，到期限由候补自动递补。"))
    changes = {"note": reason.strip()[:300], "draft": None}
    await transition(seat, SeatAction.REPLACE, by=by, changes=changes, number=round_.number)
    await notify(
        _("一项评审任务已撤回，不需要您再评。"), now=by.now, address="/reviews", user_ids=[seat.user_id]
    )
    await _fill(seat, round_, by=by)
    return seat


@atomic()
async def lapse(seat_id: UUID, *, now: datetime) -> bool:
    """Let a seat lapse whose expert neither declared nor scored in time, and call a reserve; idempotent.

    Where a sheet was handed in before, it counts.
    """
    snapshot = await Seat.filter(id=seat_id).select_related("item__round").first()
    if snapshot is None:
        return False
    seat, round_ = await _lock(snapshot)
    due_at = seat.due_at
    if not seat.is_waiting or due_at is None or due_at > now:
        return False
    by = By.job(now)
    if seat.version:
        await _keep_sheet(seat, round_, by=by)
        return True
    await transition(seat, SeatAction.LAPSE, by=by, number=round_.number)
    await notify(
        _("一项评审任务已过期限，已由候补专家递补。"), now=now, address="/reviews", user_ids=[seat.user_id]
    )
    await _fill(seat, round_, by=by)
    return True


async def _keep_sheet(seat: Seat, round_: Round, *, by: By) -> None:
    """Let the sheet count that an expert handed in before another was asked for, and tell them."""
    await transition(seat, SeatAction.KEEP, by=by, changes={"draft": None}, number=round_.number)
    await clear_moments(KIND, seat.id)
    await notify(
        _("一项评审没有再收到您的评分，以您原来的评分为准。"),
        now=by.now,
        address=f"/reviews/seats/{seat.id}",
        user_ids=[seat.user_id],
    )
    await advance(round_, by=by)


@atomic()
async def remind(seat_id: UUID, *, now: datetime) -> bool:
    """Remind an expert half way to the due day."""
    seat = await Seat.get_or_none(id=seat_id)
    if seat is None or not seat.is_waiting or seat.due_at is None:
        return False
    end = end_of(local_date(seat.due_at))
    await notify(
        _("您有一项评审待办，期限 %(end)s。", end=end),
        now=now,
        address=f"/reviews/seats/{seat.id}",
        user_ids=[seat.user_id],
    )
    return True


async def leave_seats(user_id: UUID, by: By) -> None:
    """Take a person who leaves off every panel where they have not scored; reserves are called."""
    waiting = await Seat.filter(user_id=user_id, status__in=list(WAITING)).select_related("item__round")
    for waiting_seat in waiting:
        seat, round_ = await _lock(waiting_seat)
        if not seat.is_waiting:
            continue
        if seat.version:
            await _keep_sheet(seat, round_, by=by)
            continue
        changes = {"note": _("专家账号已注销"), "draft": None}
        await transition(seat, SeatAction.REPLACE, by=by, changes=changes, number=round_.number)
        await _fill(seat, round_, by=by)


async def call_reserves(round_: Round, item: RoundItem, count: int, *, by: By) -> int:
    """Call so many reserves of an item in the order of the draw, whoever keeps the share of one unit."""
    called = 0
    while called < count and await _call(round_, item.id, None, by=by):
        called += 1
    return called


async def _fill(seat: Seat, round_: Round, *, by: By) -> None:
    """Call a reserve in place of a lost expert; tell the operator where none fits."""
    await clear_moments(KIND, seat.id)
    if not await _call(round_, seat.item_id, _candidate(seat), by=By.job(by.now)):
        await notify_staff(
            StaffRole.OPERATOR,
            _("评审 %(number)s 没有合适的候补专家可以递补，可申请再次抽取。", number=round_.number),
            now=by.now,
            address=f"/admin/rounds/{round_.number}",
        )
    await advance(round_, by=by)


async def _call(round_: Round, item_id: UUID, lost: Candidate | None, *, by: By) -> bool:
    rules = read_rules(round_.rules)
    rows = await Seat.filter(item_id=item_id, status=SeatStatus.RESERVE).order_by("draw_number", "place")
    reserves = {str(seat.expert_id): seat for seat in rows}
    panel = await seated_candidates(item_id)
    seat = None
    while seat is None:
        waiting = [_candidate(reserve) for reserve in reserves.values()]
        chosen = next_reserve(waiting, panel, lost or Candidate("", "", ""), rules.quotas)
        if chosen is None:
            return False
        reserve = reserves.pop(chosen.id)
        seat = reserve if await may_be_called(reserve, round_, by.now) else None
    changes = {"declare_by": deadline(rules.declare_days, by.now)}
    await transition(seat, SeatAction.CALL, by=by, changes=changes, number=round_.number)
    await _invite([seat], by=by)
    return True


async def _invite(seats: Sequence[Seat], *, by: By) -> None:
    """Tell experts by when they have to declare."""
    notices = []
    for seat in seats:
        if seat.declare_by is None:
            raise RuntimeError("an invited expert has a day by which to declare")
        text = _(
            "您被随机抽取为评审专家，请在 %(end)s 前声明是否回避。", end=end_of(local_date(seat.declare_by))
        )
        notices.append(PersonNotice(seat.user_id, text, f"/reviews/seats/{seat.id}"))
    await set_due([(seat, seat.declare_by) for seat in seats if seat.declare_by], by.now)
    await notify_people(notices, now=by.now)


async def set_due(seats: Sequence[tuple[Seat, datetime]], now: datetime) -> None:
    """Set when seats lapse, and a reminder half way to it."""
    moments: list[tuple[UUID, str, datetime | None]] = []
    for seat, due_at in seats:
        moments += [(seat.id, DUE, due_at), (seat.id, REMIND, now + (due_at - now) / 2)]
    await set_moments(KIND, moments)


async def advance(round_: Round, *, by: By) -> None:
    """Move a round on, as the system, where nobody has to declare, or to score, any more."""
    by = By.job(by.now)
    seats = await Seat.filter(item__round_id=round_.id)
    is_declaring = any(seat.status is SeatStatus.INVITED for seat in seats)
    if round_.status is RoundStatus.DECLARING and not is_declaring:
        await transition(round_, RoundAction.OPEN, by=by, number=round_.number)
    if round_.status is RoundStatus.CHECKING and any(seat.is_waiting for seat in seats):
        await transition(round_, RoundAction.RESUME, by=by, number=round_.number)
    if round_.status is not RoundStatus.SCORING or any(seat.is_waiting for seat in seats):
        return
    if not has_enough(seats):
        return
    await transition(round_, RoundAction.COMPLETE, by=by, number=round_.number)
    await notify_staff(
        StaffRole.OPERATOR,
        _("评审 %(number)s 的评分已经完成，请核对。", number=round_.number),
        now=by.now,
        address=f"/admin/rounds/{round_.number}",
    )


def has_enough(seats: Sequence[Seat]) -> bool:
    """Return whether each item has as many sheets as a panel has at least."""
    counts: dict[UUID, int] = {seat.item_id: 0 for seat in seats}
    for seat in seats:
        counts[seat.item_id] += seat.has_scored
    return bool(counts) and min(counts.values()) >= FEWEST
