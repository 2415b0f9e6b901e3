"""The page of a person's workbench: what waits, what was done lately, the figures that matter."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from market.accounts.messages import list_latest_messages
from market.accounts.web import signed_in_actor
from market.kit.menus import build_workbench
from market.kit.room import rooms
from market.kit.routing import Route
from market.kit.templating import render
from market.kit.web import deps
from market.kit.worklist import Turn
from market.pages.recent_acts import list_recent_acts
from market.pages.workbench import build_board, menu_counts

NEWEST = 5


async def workbench(request: Request) -> Response:
    actor = signed_in_actor(request)
    board = await build_board(actor, deps(request).clock())
    turn_name = request.query_params.get("turn", "")
    turn = Turn(turn_name) if turn_name in set(Turn) else None
    recent = await list_recent_acts(actor, deps(request).clock())
    entries = rooms().workbench(actor, is_demo=deps(request).settings.is_demo)
    menu = build_workbench(
        entries, request.url.path, request.url.query, lambda name: str(request.app.url_path_for(name))
    )
    counts = menu_counts(board, menu)
    mine = board.count(Turn.MINE)
    if mine:
        counts[request.url.path] = mine
    return render(
        request,
        "pages/workbench.html",
        board=board,
        turn=turn,
        recent=recent,
        is_recent=turn_name == "recent",
        turns=[(choice, board.count(choice)) for choice in Turn],
        rows=board.of_turn(turn),
        messages=await list_latest_messages(actor.user_id, NEWEST),
        work_counts=counts,
    )


routes = [Route("/dashboard", workbench, name="pages:workbench")]
