"""The page of a person's workbench: what waits, what was done lately, the figures that matter."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from market.accounts.messages import list_latest_messages
from market.accounts.web import signed_in_actor
from market.kit.menus import build_workbench
from market.kit.room import rooms
from market.kit.templating import render
from market.kit.web import deps
from market.kit.worklist import Turn
from market.pages.workbench import build_board, menu_counts

NEWEST = 5


async def dashboard(request: Request) -> Response:
    actor = signed_in_actor(request)
    board = await build_board(actor, deps(request).clock())
    asked = request.query_params.get("turn", "")
    turn = Turn(asked) if asked in set(Turn) else None
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
        "pages/dashboard.html",
        board=board,
        turn=turn,
        turns=[(each, board.count(each)) for each in Turn],
        rows=board.of_turn(turn),
        messages=await list_latest_messages(actor.user_id, NEWEST),
        work_counts=counts,
    )


routes = [Route("/dashboard", dashboard, name="pages:dashboard")]
