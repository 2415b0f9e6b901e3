"""What waits in this room: matches that a broker has taken up and not introduced, and matches to look at."""

from __future__ import annotations

from datetime import datetime

from market.accounts.actors import Actor
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.worklist import Figure, Pending, Unit, Worklist
from market.matching import board_queries, match_notices
from market.matching.board import MINE, OPEN, OWN, TAKEN_UP
from market.matching.states import MatchAct

_MATCHES = "matches m JOIN needs n ON n.id = m.need_id JOIN outcomes o ON o.id = m.outcome_id CROSS JOIN v"
_TAKEN_UP = ", ".join(f"'{status}'" for status in TAKEN_UP)


def pending(actor: Actor) -> list[Pending]:
    """Return the matches that a broker has taken up and not introduced yet."""
    if not actor.may(MatchAct.TAKE_UP):
        return []
    return [
        Pending(
            "matching.introduce",
            lazy("引荐已接手的匹配"),
            lazy("去引荐"),
            "/matches/{key}/introduce",
            f"/matches?view={MINE}",
            f"{_MATCHES} WHERE m.broker_id = v.user_id AND m.status IN ({_TAKEN_UP})",
            key="m.id",
            title="o.title",
            party="n.title",
            since="m.taken_up_at",
        )
    ]


async def new_matches(actor: Actor, now: datetime) -> Worklist:
    """Return how many new matches an organisation has, or how many matches a broker may take up."""
    if actor.may(MatchAct.TAKE_UP):
        count = (await board_queries.count_board(actor.user_id)).get(OPEN, 0)
        figure = Figure(_("可接手的匹配"), "/matches", count, Unit.COUNT, "")
    elif actor.may(MatchAct.JUDGE_MATCH):
        count = await match_notices.count_new(actor.organisation_id, now)
        figure = Figure(_("新的很合适的匹配"), f"/matches?view={OWN}", count, Unit.COUNT, "")
    else:
        return Worklist()
    return Worklist(figures=[figure] if count else [])
