"""What the sheets of a round come to: statistics, the one extension at a crossed band, the conclusion."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any
from uuid import UUID

from market.accounts.messages import notify_staff
from market.accounts.models import StaffRole
from market.accounts.permissions import Role
from market.audit.log import record
from market.kit.database import atomic, connection
from market.kit.errors import Conflict, Invalid
from market.kit.i18n import gettext as _
from market.kit.room import rooms
from market.panels.panel_seats import advance, call_reserves, set_due
from market.panels.round_models import Redraw, Round, RoundDraw, RoundItem, Seat, SeatOpinion
from market.panels.round_rules import FEWEST, RoundRules, read_rules
from market.panels.round_states import (
    SCORED,
    Extension,
    RoundAction,
    RoundStatus,
    RoundVerb,
    SeatAction,
    SeatStatus,
)
from market.panels.rounds import (
    TELL,
    TELL_DAYS,
    deadline,
    lock_round,
    require_concluder,
    require_impartial_in,
    seats_of,
    subjects_of,
)
from market.panels.scoring import hundredths
from market.panels.sheet_flags import HandedIn, copied_seats, fast_seats
from market.panels.states import PanelAct
from market.panels.statistics import Flag, Summary, summarise
from market.records.by import By
from market.records.decisions import SamePerson
from market.records.moments import set_moment
from market.records.transitions import transition, transition_all

STAFF_OF = {Role.RECHECKER: StaffRole.RECHECKER, Role.APPROVER: StaffRole.APPROVER}


@dataclass(frozen=True)
class Scored:
    """A seat whose sheet counts, with the points that it gives; None: nothing could be judged."""

    seat: Seat
    sheet: Mapping[str, int | None]
    points: Fraction | None
    flags: tuple[Flag, ...] = ()
    """What people should look at in this sheet."""


@dataclass(frozen=True)
class ItemResult:
    """What the sheets of one item come to so far."""

    item: RoundItem
    seats: Sequence[Seat]
    scored: Sequence[Scored]
    summary: Summary | None
    """None while nobody has scored."""
    rules: RoundRules

    @property
    def waiting(self) -> int:
        return sum(seat.is_waiting for seat in self.seats)

    @property
    def points(self) -> Fraction | None:
        return None if self.summary is None else self.summary.value(self.rules.statistic)

    @property
    def judged(self) -> int:
        """Return how many experts gave a score."""
        return sum(scored.points is not None for scored in self.scored)

    @property
    def is_crossed(self) -> bool:
        return self.summary is not None and Flag.CROSSES in self.summary.flags

    @property
    def flags(self) -> tuple[Flag, ...]:
        """Return what people should look at, of the points together and of single sheets."""
        of_sheets = {flag for scored in self.scored for flag in scored.flags}
        of_points = self.summary.flags if self.summary else ()
        return (*of_points, *(flag for flag in Flag if flag in of_sheets))

    def as_stored(self) -> dict[str, Any]:
        """Return the result as a concluded round keeps it."""
        if self.summary is None or self.points is None:
            raise RuntimeError("an item without points has no result")
        minimum, share = self.rules.band_of(self.points)
        return {
            "points": str(self.points),
            "statistic": self.rules.statistic.value,
            "band": minimum,
            "share": share,
            "scores": {
                scored.seat.label: str(scored.points) for scored in self.scored if scored.points is not None
            },
            "flags": [flag.value for flag in self.flags],
        }


async def results_of(round_: Round, item: RoundItem | None = None) -> list[ItemResult]:
    """Return what the sheets of each item, or of one, come to so far, in the order of the items."""
    rules = read_rules(round_.rules)
    items = [item] if item else await RoundItem.filter(round_id=round_.id).order_by("place")
    seats = await seats_of(round_.id, item)
    counted = [seat for of_item in seats.values() for seat in of_item if seat.has_scored]
    sheets = await _sheets(counted)
    # An expert's sheets of other items decide too whether one is flagged.
    flags = await _flags(await _scored_seats(round_, counted) if item else counted, rules)
    return [_result(item, seats.get(item.id, []), sheets, flags, rules) for item in items]


async def _scored_seats(round_: Round, seats: Sequence[Seat]) -> list[Seat]:
    """Return all seats of a round whose sheets count, of the experts of these seats."""
    experts = [seat.expert_id for seat in seats]
    return await Seat.filter(item__round_id=round_.id, expert_id__in=experts, status__in=list(SCORED))


def _result(
    item: RoundItem,
    seats: Sequence[Seat],
    sheets: Mapping[UUID, Mapping[str, int | None]],
    flags: Mapping[UUID, tuple[Flag, ...]],
    rules: RoundRules,
) -> ItemResult:
    scored = [
        Scored(seat, sheets[seat.id], rules.points_of(sheets[seat.id]), flags.get(seat.id, ()))
        for seat in seats
        if seat.has_scored
    ]
    judged = [(one.points, one.sheet) for one in scored if one.points is not None]
    summary = None
    if judged:
        summary = summarise(
            [points for points, _sheet in judged], rules.limits, [sheet for _points, sheet in judged]
        )
    return ItemResult(item, seats, scored, summary, rules)


async def _sheets(seats: Sequence[Seat]) -> dict[UUID, dict[str, int | None]]:
    """Return the sheet that counts of each seat, by heading."""
    sheets: dict[UUID, dict[str, int | None]] = {seat.id: {} for seat in seats}
    rows = await connection().execute_query_dict(
        "SELECT x.seat_id, x.heading, x.score FROM seat_scores x "
        "JOIN unnest($1::uuid[], $2::int[]) AS s (id, version) ON s.id = x.seat_id AND s.version = x.version",
        [[seat.id for seat in seats], [seat.version for seat in seats]],
    )
    for row in rows:
        sheets[row["seat_id"]][row["heading"]] = row["score"]
    return sheets


async def _flags(seats: Sequence[Seat], rules: RoundRules) -> dict[UUID, tuple[Flag, ...]]:
    """Return what people should look at of each seat's sheet, by rules that say from where on."""
    if rules.sheets is None or not seats:
        return {}
    by_id = {seat.id: seat for seat in seats}
    rows = await SeatOpinion.filter(seat_id__in=list(by_id)).order_by("version")
    submissions: dict[Hashable, list[datetime]] = {}
    versions: dict[UUID, list[SeatOpinion]] = {}
    for row in rows:
        submissions.setdefault(by_id[row.seat_id].expert_id, []).append(row.submitted_at)
        versions.setdefault(row.seat_id, []).append(row)
    handed_in = [
        HandedIn(
            seat=seat.id,
            item=seat.item_id,
            expert=seat.expert_id,
            accepted_at=seat.declared_at or own[0].submitted_at,
            first_at=own[0].submitted_at,
            papers=own[0].papers,
            version=own[-1].version,
            alike=[(UUID(seat_id), version) for seat_id, version in own[-1].alike or ()],
        )
        for seat in seats
        if (own := versions.get(seat.id))
    ]
    fast = fast_seats(handed_in, submissions, rules.sheets)
    copied = copied_seats(handed_in)
    return {
        seat.id: tuple(flag for flag, of in ((Flag.FAST, fast), (Flag.COPY, copied)) if seat.id in of)
        for seat in seats
    }


def blocks_conclusion(round_: Round, results: Sequence[ItemResult]) -> str:
    """Return why a round cannot be concluded yet; empty when it can."""
    if round_.status is not RoundStatus.CHECKING:
        waiting = sum(result.waiting for result in results)
        if waiting:
            return _("还有 %(count)s 份评分没有完成。", count=waiting)
    for result in results:
        fewest = max(FEWEST, result.rules.smallest)
        if result.judged < fewest:
            return _(
                "第 %(place)s 项只有 %(count)s 份评分，至少需要 %(needed)s 份才能作出结论。",
                place=result.item.place,
                count=result.judged,
                needed=fewest,
            )
    if round_.status is not RoundStatus.CHECKING:
        return str(round_.workflow.refusal)
    crossed = next((result for result in results if result.is_crossed), None)
    if round_.extension is None and crossed is not None and crossed.summary is not None:
        return _(
            "专家意见分歧较大（最高 %(highest)s，最低 %(lowest)s），去掉任一位专家后档次会改变，"
            "须增加专家或复议后才能定档。",
            highest=hundredths(max(crossed.summary.points)),
            lowest=hundredths(min(crossed.summary.points)),
        )
    return ""


@atomic()
async def extend(number: str, way: Extension, *, by: By) -> Round:
    """Look at crossed bands once more: further reserves of the draw, or a second round of the same experts.

    Raises:
        Conflict: no band is crossed, it was done before, or there are too few reserves.
    """
    by.actor.require(PanelAct.RUN_ROUNDS)
    round_ = await lock_round(number)
    results = await results_of(round_)
    crossed = [result for result in results if result.is_crossed]
    if round_.status is not RoundStatus.CHECKING or not crossed or round_.extension is not None:
        raise Conflict(_("评分没有跨档，或者已经复议过。"))
    await require_impartial_in((await subjects_of(round_)).values(), by)
    rules = read_rules(round_.rules)
    changes = {"extension": way, "extended_by_id": by.actor.user_id, "extended_at": by.now}
    await record(
        Round.record_kind,
        round_.id,
        RoundVerb.EXTEND,
        by=by,
        number=number,
        way=way.value,
        items=len(crossed),
    )
    await transition(round_, RoundAction.RESUME, by=by, changes=changes, number=number)
    for result in crossed:
        if way is Extension.MORE_EXPERTS:
            if await call_reserves(round_, result.item, rules.more, by=by) < rules.more:
                raise Conflict(_("候补专家不够，请先申请再次抽取，或者进行第二轮评分。"))
            continue
        score_by = deadline(rules.score_days, by.now)
        for scored in result.scored:
            await transition(
                scored.seat, SeatAction.SCORE_ANEW, by=by, changes={"score_by": score_by}, number=number
            )
            await set_due([(scored.seat, score_by)], by.now)
    await advance(round_, by=by)
    return round_


@atomic()
async def conclude_round(number: str, *, reason: str, by: By) -> Round:
    """Conclude a round by its statistic, with the concluding person's reason; flags change no number.

    Raises:
        Forbidden: rounds of this kind are another's to conclude, or the person has a conflict.
        SamePerson: the person drew, extended or judged it, or approved a redraw.
        Conflict: an item has fewer than three scores, a crossed band was not looked at once more, or it is
            over.
        Invalid: there is no reason.
    """
    round_ = await lock_round(number)
    require_concluder(round_, by)
    subjects = await subjects_of(round_)
    await require_impartial_in(subjects.values(), by)
    if by.actor.user_id in await involved_in(round_):
        raise SamePerson(_("抽取专家、批准再次抽取或者参加评审的人不能作出评审结论。"))
    results = await results_of(round_)
    if blocked := blocks_conclusion(round_, results):
        raise Conflict(blocked)
    if not reason.strip():
        raise Invalid(_("请写明评审结论的理由。"), field="reason")
    submitted = [
        scored.seat
        for result in results
        for scored in result.scored
        if scored.seat.status is SeatStatus.SUBMITTED
    ]
    await transition_all([(seat, SeatAction.FINISH, {}) for seat in submitted], by=by)
    await _write_results(results)
    await transition(
        round_,
        RoundAction.CONCLUDE,
        by=by,
        changes={
            "concluded_by_id": by.actor.user_id,
            "concluded_at": by.now,
            "reason": reason.strip()[:1000],
        },
        number=number,
        reason_sha256=hashlib.sha256(reason.strip()[:1000].encode()).hexdigest(),
        results={str(result.item.subject_id): result.as_stored() for result in results},
    )
    await set_moment(Round.record_kind, round_.id, TELL, deadline(TELL_DAYS - 1, by.now))
    await rooms().panel_clients[round_.subject_kind].on_conclude(round_, list(subjects.values()), by.now)
    return round_


async def _write_results(results: Sequence[ItemResult]) -> None:
    await connection().execute_query(
        "UPDATE round_items SET result = given.value FROM jsonb_each($1::jsonb) AS given "
        "WHERE round_items.id = given.key::uuid",
        [json.dumps({str(result.item.id): result.as_stored() for result in results})],
    )


async def involved_in(round_: Round) -> set[UUID | None]:
    """Return who prepared, drew, extended or judged a round, or decided on a redraw."""
    draws = await RoundDraw.filter(round_id=round_.id)
    redraws = await Redraw.filter(round_id=round_.id)
    seats = await Seat.filter(item__round_id=round_.id)
    return {
        round_.prepared_by_id,
        round_.drawn_by_id,
        round_.extended_by_id,
        *(person for draw in draws for person in (draw.drawn_by_id, draw.approved_by_id)),
        *(redraw.decided_by_id for redraw in redraws),
        *(seat.user_id for seat in seats),
    }


async def tell_concluder(round_: Round, role: Role, *, by: By) -> None:
    """Tell who concludes that a round waits for them."""
    await notify_staff(
        STAFF_OF[role],
        _("评审 %(number)s 的评分已经完成，请作出评审结论。", number=round_.number),
        now=by.now,
        address=f"/admin/rounds/{round_.number}/conclude",
    )
