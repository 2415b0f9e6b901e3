"""Pages of the pool for the office: the operator verifies, the approver decides, the auditor reads."""

from __future__ import annotations

from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from market.accounts.actors import Actor
from market.accounts.web import actor_for
from market.codes import lists, regions
from market.experts import avoidances, ties
from market.experts.admissions import decide_ruling, propose_ruling
from market.experts.forms import RulingForm, TieForm
from market.experts.queries import ExpertFilter, count_experts, get_expert_for, list_experts_for
from market.experts.states import (
    ExpertAct,
    ExpertAction,
    ExpertKind,
    ExpertRuling,
    ExpertStatus,
    ExpertTieKind,
)
from market.kit.flash import flash
from market.kit.i18n import gettext as _
from market.kit.labels import choices
from market.kit.pagination import PageRequest
from market.kit.routing import Route
from market.kit.templating import render
from market.kit.web import deps, form_data_or_none, redirect_to, typed_text, uuid_or_none
from market.kit.worklist import NOBODY
from market.records.by import By
from market.records.decisions import Verdict
from market.records.transitions import history

VERDICTS = {"agree": Verdict.CONFIRMED, "reject": Verdict.REJECTED}
"""What the approver answers, by the button's value."""


async def experts(request: Request) -> Response:
    """List the pool, what waits longest first."""
    actor = actor_for(request, ExpertAct.SEE_EXPERTS)
    wanted = ExpertFilter.from_query(request.query_params)
    return render(
        request,
        "experts/index.html",
        page=await list_experts_for(actor, wanted, PageRequest.from_query(request.query_params)),
        wanted=wanted,
        counts=await count_experts(),
        statuses=list(ExpertStatus),
        kinds=choices(ExpertKind),
        fields=[(code, str(words)) for code, words in lists.FIELDS.items()],
        provinces=[(code, regions.name(code)) for code in regions.provinces()],
        cities=[(code, regions.name(code)) for code in regions.cities_of(regions.GUANGXI)],
    )


async def expert(request: Request) -> Response:
    """Show one expert, and do what operator and approver decide."""
    actor, now = actor_for(request, ExpertAct.SEE_EXPERTS), deps(request).clock()
    number = str(request.path_params["number"])
    entry = await get_expert_for(actor, number)
    data = await form_data_or_none(request)
    act = typed_text(data, "act") if data is not None else ""
    if data is not None and act in VERDICTS:
        words = await _decide(data, actor, request)
        return flash(request, redirect_to(request, "experts:show", number=number), words)
    ruling: Any = RulingForm(data if act == "propose" else None)
    ruling.offer(entry.status)
    tie: Any = TieForm(data if act == "tie" else None)
    if data is not None:
        actor.require(ExpertAct.VERIFY_EXPERT)
    if ruling.validate_on_submit():
        with ruling.catch_invalid():
            await propose_ruling(
                number,
                ExpertRuling(ruling.ruling.data),
                text=ruling.text.data,
                until=ruling.until.data,
                application_at=ruling.seen_application,
                by=By(actor, now),
            )
            words = _("已提请批准人决定，决定以后才生效。")
            return flash(request, redirect_to(request, "experts:queue"), words)
    if tie.validate_on_submit():
        with tie.catch_invalid():
            await ties.object_tie(
                number,
                tie.name.data,
                ExpertTieKind(tie.tie_kind.data),
                is_person=bool(tie.is_person.data),
                note=tie.note.data or "",
                by=By(actor, now),
            )
            words = _("已登记，抽取时据此回避。")
            return flash(request, redirect_to(request, "experts:show", number=number), words)
    return render(
        request,
        "experts/show.html",
        422 if ruling.errors or tie.errors else 200,
        expert=entry,
        ruling=ruling,
        tie=tie,
        has_actions=bool(len(ruling.ruling.choices) > 1),
        is_waiting=any(decision.verdict is None for decision in entry.decisions),
        events=await history("expert", entry.id),
        avoided=await avoidances.list_avoidances_of(entry),
        action_words={action.value: str(action.label) for action in ExpertAction},
        may_propose=actor.may(ExpertAct.VERIFY_EXPERT),
        may_decide=actor.may(ExpertAct.DECIDE_EXPERT),
    )


async def _decide(data: FormData, actor: Actor, request: Request) -> str:
    """Decide as the approver's button says and return the words about it."""
    answer = typed_text(data, "act")
    await decide_ruling(
        uuid_or_none(data.get("decision")) or NOBODY,
        VERDICTS[answer],
        reason=typed_text(data, "reason"),
        by=By(actor, deps(request).clock()),
    )
    return _("已决定，专家会收到消息。") if answer == "agree" else _("已退回提请人。")


routes = [
    Route("/admin/experts", experts, name="experts:queue", methods=["GET"]),
    Route("/admin/experts/{number}", expert, name="experts:show", methods=["GET", "POST"]),
]
