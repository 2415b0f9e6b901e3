"""The expert's pages of review rounds: an invitation, and the scoring sheet of one item."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from market.accounts.actors import Actor
from market.accounts.web import actor_for
from market.kit.errors import Conflict, Invalid
from market.kit.flash import flash
from market.kit.i18n import gettext as _
from market.kit.routing import Route
from market.kit.templating import render
from market.kit.web import deps, form_data_or_none, path_id, redirect_to, typed_text
from market.panels.blind_papers import material_of
from market.panels.panel_seats import accept, declare_conflict, decline, get_seat_for
from market.panels.round_models import Seat, SeatOpinion, SeatScore
from market.panels.round_rules import RoundRules, read_rules
from market.panels.round_states import SeatStatus
from market.panels.score_acts import (
    LONGEST_DRAFT,
    TEXTS,
    TO_SCORE,
    SheetRefused,
    own_solicitations,
    report_solicitation,
    save_draft,
    submit,
)
from market.panels.score_sheets import reason_field, score_field
from market.panels.states import PanelAct
from market.panels.subjects import get_subject
from market.records.by import By


async def seat(request: Request) -> Response:
    """Show an expert's own seat, and do what its buttons say."""
    actor = actor_for(request, PanelAct.JUDGE)
    own = await get_seat_for(actor, path_id(request, "seat_id"))
    rules = read_rules(own.item.round.rules)
    data = await form_data_or_none(request)
    if data is None:
        return await _page(request, actor, own, rules, own.draft or {}, {})
    typed = _typed(data, rules)
    try:
        words = await _act(str(data.get("act") or ""), own, data, typed, By(actor, deps(request).clock()))
    except SheetRefused as refused:
        return await _page(request, actor, own, rules, typed, refused.errors)
    except Invalid as invalid:
        return await _page(request, actor, own, rules, typed, {invalid.field or "": str(invalid)})
    return flash(request, redirect_to(request, "panels:seat", seat_id=own.id), words)


async def _act(act: str, own: Seat, data: FormData, typed: Mapping[str, str], by: By) -> str:
    """Do what a button says and return the words about it."""
    match act:
        case "accept":
            return _words_for(await accept(own.id, by=by), _("已接受评审，请在期限前评分。"))
        case "declare":
            await declare_conflict(own.id, reason=typed_text(data, "reason"), by=by)
            return _("已声明回避，不需要您再评。")
        case "decline":
            await decline(own.id, reason=typed_text(data, "reason"), by=by)
            return _("已告知不能参加，不需要您再评。")
        case "report":
            await report_solicitation(own.id, text=typed_text(data, "text", LONGEST_DRAFT), by=by)
            return _("已报告，只有监督审计能看到。")
        case "save":
            await save_draft(own.id, typed, by=by)
            return _("已保存，还没有提交。")
        case "submit":
            return _words_for(await submit(own.id, typed, by=by), _("评分已提交并锁定。"))
        case _:
            raise Conflict(_("没有这个操作。"))


def _words_for(seat: Seat, done: str) -> str:
    if seat.status is SeatStatus.DECLARED_CONFLICT:
        return _("抽取以后发现您与申报单位有关联，系统已自动回避，不需要您再评。")
    return done


def _typed(data: FormData, rules: RoundRules) -> dict[str, str]:
    names = [field(row.code) for row in rules.headings for field in (score_field, reason_field)]
    return {name: typed_text(data, name, LONGEST_DRAFT) for name in (*names, *TEXTS)}


async def _page(
    request: Request,
    actor: Actor,
    own: Seat,
    rules: RoundRules,
    typed: Mapping[str, str],
    errors: Mapping[str, str],
) -> Response:
    round_ = own.item.round
    # What experts read of an item is for who has accepted: before, its title says enough to declare.
    subject = await material_of(round_, own.item, await get_subject(round_.subject_kind, own.item.subject_id))
    before, after = await _neighbours(own)
    versions = await _versions(own)
    return render(
        request,
        "panels/seat.html",
        422 if errors else 200,
        seat=own,
        round=round_,
        rules=rules,
        subject=subject,
        typed=typed,
        errors=errors,
        versions=versions,
        before=before,
        after=after,
        is_open=own.status in TO_SCORE,
        is_invited=own.status is SeatStatus.INVITED,
        score_field=score_field,
        reason_field=reason_field,
        reports=await own_solicitations(actor, own.id),
    )


async def _neighbours(own: Seat) -> tuple[UUID | None, UUID | None]:
    """Return the expert's seats before and after this one, by the order of the items."""
    rows = (
        await Seat.filter(user_id=own.user_id, item__round_id=own.item.round_id)
        .exclude(status=SeatStatus.RESERVE)
        .order_by("item__place")
    )
    ids: Sequence[UUID] = [row.id for row in rows]
    place = ids.index(own.id)
    return (ids[place - 1] if place else None, ids[place + 1] if place + 1 < len(ids) else None)


async def _versions(own: Seat) -> list[tuple[SeatOpinion, Mapping[str, SeatScore]]]:
    """Return the expert's submitted sheets, the latest first, each with its scores by heading."""
    opinions = await SeatOpinion.filter(seat_id=own.id).order_by("-version")
    scores = await SeatScore.filter(seat_id=own.id)
    return [
        (opinion, {row.heading: row for row in scores if row.version == opinion.version})
        for opinion in opinions
    ]


routes = [
    Route("/reviews/seats/{seat_id:uuid}", seat, name="panels:seat", methods=["GET", "POST"]),
]
