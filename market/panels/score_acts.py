"""What an expert does at a seat: keeps a draft, submits scores, reports having been asked for a favour."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

from market.accounts.actors import Actor
from market.accounts.messages import notify, notify_staff
from market.accounts.models import StaffRole
from market.audit.log import record
from market.kit.database import atomic, connection
from market.kit.errors import Conflict, Invalid, MarketError
from market.kit.i18n import gettext as _
from market.panels.blind_papers import count_readable
from market.panels.panel_seats import KIND, advance, leave_in_conflict, lock_any_seat, lock_seat, set_due
from market.panels.round_models import Round, Seat, SeatOpinion, SeatScore, Solicitation
from market.panels.round_rules import RoundRules, read_rules
from market.panels.round_states import RoundVerb, SeatAction, SeatStatus
from market.panels.rounds import deadline, require_impartial_in, subjects_of
from market.panels.score_sheets import Sheet, read_sheet, sheet_digest
from market.panels.sheet_flags import alike_opinions
from market.panels.states import PanelAct
from market.records.by import By
from market.records.moments import clear_moments
from market.records.transitions import transition

LONGEST = 2000
LONGEST_DRAFT = 20_000
"""Characters of a text that is kept as a draft, though it is too long to be submitted."""
TEXTS = ("for_applicant", "for_organiser")
TO_SCORE = (SeatStatus.ACCEPTED, SeatStatus.RETURNED)


class SheetRefused(MarketError):
    """A sheet has errors; each stands at its field."""

    status = 422

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(next(iter(errors.values())))
        self.errors = errors


@atomic()
async def save_draft(seat_id: UUID, typed: Mapping[str, str], *, by: By) -> Seat:
    """Keep what was typed on a sheet, whatever it is; nobody else reads it.

    Raises:
        Conflict: there is nothing to score.
    """
    seat, _round = await lock_seat(by.actor, seat_id)
    _require_open(seat)
    seat.draft = {name: text[:LONGEST_DRAFT] for name, text in typed.items()}
    await seat.save(update_fields=["draft"])
    return seat


@atomic()
async def submit(seat_id: UUID, typed: Mapping[str, str], *, by: By) -> Seat:
    """Submit a sheet as a new version; earlier ones stay.

    Who has come to have a conflict since the draw leaves instead of handing in a first sheet.

    Raises:
        SheetRefused: a heading is neither scored nor has a reason, there is no opinion, or it is too long.
        Conflict: there is nothing to score.
    """
    seat, round_ = await lock_seat(by.actor, seat_id)
    _require_open(seat)
    if not seat.version and await leave_in_conflict(seat, round_, by=by):
        return seat
    rules = read_rules(round_.rules)
    sheet = read_sheet(rules, typed)
    opinion, remark = (typed.get(name, "").strip() for name in TEXTS)
    errors = dict(sheet.errors)
    if not opinion:
        errors["for_applicant"] = _("请写明给申报人的意见。")
    for name, text in zip(TEXTS, (opinion, remark), strict=True):
        if len(text) > LONGEST:
            errors[name] = _too_long(text)
    if errors:
        raise SheetRefused(errors)
    version = seat.version + 1
    await _write(seat, sheet, version)
    await SeatOpinion.create(
        seat_id=seat.id,
        version=version,
        for_applicant=opinion,
        for_organiser=remark,
        submitted_at=by.now,
        papers=await count_readable(round_, seat.item_id),
        alike=await _alike(seat, round_, opinion, rules) or None,
    )
    is_returned = seat.status is SeatStatus.RETURNED
    await transition(
        seat,
        SeatAction.SUBMIT_ANEW if is_returned else SeatAction.SUBMIT,
        by=by,
        changes={"version": version, "submitted_at": by.now, "draft": None},
        number=round_.number,
        version=version,
        sheet=sheet_digest(sheet, opinion, remark),
    )
    await clear_moments(KIND, seat.id)
    await advance(round_, by=by)
    return seat


async def _alike(seat: Seat, round_: Round, opinion: str, rules: RoundRules) -> list[list[Any]]:
    """Return seats and versions of like opinions: of the item, and of the expert elsewhere."""
    if rules.sheets is None:
        return []
    rows = await connection().execute_query_dict(
        "SELECT s.id, s.version, o.for_applicant FROM seats s JOIN round_items i ON i.id = s.item_id "
        "JOIN seat_opinions o ON o.seat_id = s.id AND o.version = s.version "
        "WHERE i.round_id = $1 AND (s.item_id = $2 OR s.expert_id = $3) AND s.id <> $4 ORDER BY s.id",
        [round_.id, seat.item_id, seat.expert_id, seat.id],
    )
    others = [((str(row["id"]), row["version"]), row["for_applicant"]) for row in rows]
    return [list(key) for key in await asyncio.to_thread(alike_opinions, opinion, others, rules.sheets)]


async def _write(seat: Seat, sheet: Sheet, version: int) -> None:
    await SeatScore.bulk_create(
        [
            SeatScore(
                seat_id=seat.id,
                version=version,
                heading=row.heading.code,
                most=row.heading.most,
                score=row.score,
                reason=row.reason,
            )
            for row in sheet.rows
        ]
    )


def _too_long(text: str) -> str:
    return _("最多 %(most)s 个字，现在有 %(now)s 个。", most=LONGEST, now=len(text))


def _require_open(seat: Seat) -> None:
    if seat.status is SeatStatus.INVITED:
        raise Conflict(_("请先声明是否回避，再评分。"))
    if seat.status not in TO_SCORE:
        raise Conflict(_("评分已经提交或任务已经结束，不能再改。"))


@atomic()
async def return_sheet(seat_id: UUID, *, reason: str, by: By) -> Seat:
    """Return a sheet to its expert once, with the reason, as the operator; both versions stay.

    Raises:
        NotFound: there is no such seat.
        Conflicted: the operator has a conflict with a party.
        Invalid: there is no reason.
        ActionNotAllowed: it was returned before, or is final.
    """
    by.actor.require(PanelAct.RUN_ROUNDS)
    seat, round_ = await lock_any_seat(seat_id)
    await require_impartial_in((await subjects_of(round_)).values(), by)
    if len(reason.strip()) < 4:
        raise Invalid(_("请写明退回的理由。"), field="reason")
    score_by = deadline(read_rules(round_.rules).score_days, by.now)
    changes = {"note": reason.strip()[:300], "score_by": score_by}
    await transition(seat, SeatAction.RETURN, by=by, changes=changes, number=round_.number)
    await set_due([(seat, score_by)], by.now)
    await notify(
        _("您的一份评分被退回：%(reason)s", reason=reason.strip()),
        now=by.now,
        address=f"/reviews/seats/{seat.id}",
        user_ids=[seat.user_id],
    )
    await advance(round_, by=by)
    return seat


@atomic()
async def report_solicitation(seat_id: UUID, *, text: str, by: By) -> Solicitation:
    """Report having been asked for a favour (收到请托，立即报告); only the auditor reads it.

    Raises:
        Invalid: it does not say what happened.
    """
    seat, _round = await lock_seat(by.actor, seat_id)
    if len(text.strip()) < 10:
        raise Invalid(_("请写明何时、何人、以何种方式请托（至少 10 个字）。"), field="text")
    if len(text.strip()) > LONGEST:
        raise Invalid(_too_long(text.strip()), field="text")
    solicitation = await Solicitation.create(
        id=uuid4(), seat_id=seat.id, text=text.strip(), reported_at=by.now
    )
    digest = hashlib.sha256(solicitation.text.encode()).hexdigest()
    await record(KIND, seat.id, RoundVerb.SOLICITED, by=by, solicitation=solicitation.id, text_sha256=digest)
    await notify_staff(
        StaffRole.AUDITOR,
        _("收到一份请托报告，请查看。"),
        now=by.now,
        address="/audit/draws",
    )
    return solicitation


async def own_solicitations(actor: Actor, seat_id: UUID) -> list[Solicitation]:
    """Return what the actor reported at a seat of their own."""
    return await Solicitation.filter(seat_id=seat_id, seat__user_id=actor.user_id).order_by("reported_at")
