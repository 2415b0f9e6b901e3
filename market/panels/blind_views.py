"""The page on which the operator looks at the copies of a blind round before experts see them."""

from __future__ import annotations

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from market.accounts.actors import Actor
from market.accounts.web import signed_in_actor
from market.files.mentions import Mention
from market.kit.errors import Invalid
from market.kit.flash import flash
from market.kit.i18n import gettext as _
from market.kit.pagination import PageRequest
from market.kit.routing import Route
from market.kit.templating import render
from market.kit.web import deps, form_data, redirect_to, typed_text, uuid_or_none
from market.panels.blind_copies import ask_for_copies, paper_name
from market.panels.blind_papers import check_copies, copy_rows, counts_of, get_blind_round_for
from market.panels.round_models import Round, RoundItem
from market.panels.rounds import subjects_of
from market.panels.states import PanelAct
from market.records.by import By


async def papers(request: Request) -> Response:
    actor = signed_in_actor(request)
    round_ = await get_blind_round_for(actor, request.path_params["number"])
    return await _page(request, actor, round_)


async def _page(
    request: Request, actor: Actor, round_: Round, invalid: Invalid | None = None, reason: str = ""
) -> Response:
    page_request = PageRequest.from_query(request.query_params)
    items = RoundItem.filter(round_id=round_.id)
    total = await items.count()
    shown = await items.order_by("place").offset(page_request.offset).limit(page_request.size)
    rows = await copy_rows(round_)
    return render(
        request,
        "panels/papers.html",
        422 if invalid else 200,
        round=round_,
        page=page_request.page(shown, total),
        rows=rows,
        counts=counts_of(rows),
        subjects=await subjects_of(round_),
        may_check=actor.may(PanelAct.RUN_ROUNDS) and not round_.is_over,
        error=str(invalid) if invalid else "",
        field=invalid.field if invalid else "",
        reason=reason,
        paper_name=paper_name,
        places=places,
    )


def places(mentions: list[Mention]) -> str:
    """Return where names were found, such as `单位名称（页 3、页 7）`."""
    by_kind: dict[str, list[str]] = {}
    for mention in mentions:
        by_kind.setdefault(str(mention.kind.label), []).append(f"{mention.place.label} {mention.at}")
    return "；".join(f"{kind}（{'、'.join(at)}）" for kind, at in by_kind.items())


async def act(request: Request) -> Response:
    """Do what a button of the page says."""
    actor = signed_in_actor(request)
    actor.require(PanelAct.RUN_ROUNDS)
    round_ = await get_blind_round_for(actor, request.path_params["number"])
    data = await form_data(request)
    try:
        words = await _act(round_.number, data, By(actor, deps(request).clock()))
    except Invalid as invalid:
        return await _page(request, actor, round_, invalid, typed_text(data, "reason", 300))
    return flash(request, redirect_to(request, "panels:papers", number=round_.number), words)


async def _act(number: str, data: FormData, by: By) -> str:
    if data.get("act") == "copy":
        await ask_for_copies(number, by=by)
        return _("已开始制作，稍后刷新查看。")
    ids = [copy_id for text in data.getlist("copy") if (copy_id := uuid_or_none(text))]
    is_shown = data.get("act") == "show"
    await check_copies(number, ids, is_shown=is_shown, reason=typed_text(data, "reason", 300), by=by)
    return _("已核对，专家可以看到了。") if is_shown else _("已记下，不向专家展示。")


routes = [
    Route("/admin/rounds/{number}/papers", papers, name="panels:papers", methods=["GET"]),
    Route("/admin/rounds/{number}/papers", act, name="panels:check_papers", methods=["POST"]),
]
