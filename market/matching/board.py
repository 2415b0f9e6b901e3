"""The match board (对接看板): its views, rows and dashboard cards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from market.accounts.actors import Actor
from market.codes.lists import FIELDS
from market.kit.i18n import Lazy, lazy
from market.kit.i18n import gettext as _
from market.kit.pagination import Page, PageRequest
from market.kit.room import Card
from market.matching import match_notices, queries
from market.matching.labels import MAX_TERMS, misfit_labels, part_labels, percent_score
from market.matching.models import Match
from market.matching.queries import MatchRow
from market.matching.states import MatchAct, MatchStatus

OPEN, MINE, INTERESTED, TALKING, DEALT, ENDED = "open", "mine", "interested", "talking", "dealt", "ended"
OWN = "own"
VIEWS: Mapping[str, Lazy] = {
    OPEN: lazy("推荐"),
    MINE: lazy("跟进"),
    INTERESTED: lazy("意向"),
    TALKING: lazy("洽谈"),
    DEALT: lazy("成交"),
    ENDED: lazy("已终止"),
    OWN: lazy("本单位的匹配"),
}
TAKEN_UP = (MatchStatus.ASSIGNED,)
STAGES: Mapping[str, tuple[MatchStatus, ...]] = {
    MINE: TAKEN_UP,
    INTERESTED: (MatchStatus.INTERESTED,),
    TALKING: (MatchStatus.TALKING,),
    DEALT: (MatchStatus.DEALT,),
    ENDED: (MatchStatus.DROPPED,),
}
"""Views of the broker's own matches by status; after the introduction the deal moves them."""


@dataclass(frozen=True)
class BoardParams:
    """Parsed query string of the board; invalid values fall back to defaults."""

    view: str
    field: str
    text: str

    @classmethod
    def of(cls, query: Mapping[str, str], actor: Actor) -> BoardParams:
        view, field = query.get("view", ""), query.get("field", "")
        offered = available_views(actor)
        return cls(
            view=view if view in offered else offered[0],
            field=field if field in FIELDS else "",
            text=" ".join(query.get("q", "").replace("\x00", "").split())[:100],
        )


@dataclass(frozen=True)
class BoardRow:
    """A match as displayed. The parts add up to the score."""

    row: MatchRow
    score: int
    """0-100."""
    parts: list[tuple[str, int]]
    terms: list[str]
    reasons: dict[str, int]
    """Contributions of the heaviest terms, of 1000."""
    misfits: list[str]


def available_views(actor: Actor) -> Sequence[str]:
    """Return the views that this person has; the first is the default."""
    views = [OPEN, *STAGES] if actor.may(MatchAct.TAKE_UP) else []
    has_listings = actor.may(MatchAct.JUDGE_MATCH) and (actor.may_sell or actor.may_buy)
    return [*views, OWN] if has_listings or not views else views


async def board_page(params: BoardParams, page_request: PageRequest, *, actor: Actor) -> Page[BoardRow]:
    """Return one page of a view."""
    actor.require(MatchAct.SEE_MATCHES)
    matches = await _load_page(params, page_request, actor)
    return page_request.page([_board_row(row) for row in matches.items], matches.total)


async def view_counts(actor: Actor) -> dict[str, int]:
    """Count the rows of each view, without filters."""
    first = PageRequest(1, 1)
    return {
        view: (await _load_page(BoardParams(view, "", ""), first, actor)).total
        for view in available_views(actor)
    }


async def dashboard_cards(actor: Actor, now: datetime) -> list[Card]:
    """Return the new matches of the organisation; a broker's to introduce and to take up."""
    if not actor.may(MatchAct.TAKE_UP):
        new = (
            await match_notices.count_new(actor.organisation_id, now)
            if actor.may(MatchAct.JUDGE_MATCH)
            else 0
        )
        return [Card(_("新的很合适的匹配"), new, f"/matches?view={OWN}", "act")] if new else []
    assigned = await Match.filter(broker_id=actor.user_id, status__in=TAKEN_UP).count()
    offered = await queries.list_open_matches(PageRequest(1, 1))
    return [
        Card(_("已接手待引荐"), assigned, f"/matches?view={MINE}", "due"),
        Card(_("可接手的匹配"), offered.total, "/matches"),
    ]


async def _load_page(params: BoardParams, page_request: PageRequest, actor: Actor) -> Page[MatchRow]:
    if params.view == OWN:
        return await queries.list_matches_of_organisation(actor.organisation_id, page_request)
    if params.view == OPEN:
        return await queries.list_open_matches(page_request, field=params.field, text=params.text)
    return await queries.list_matches_of_broker(actor.user_id, page_request, statuses=STAGES[params.view])


def _board_row(row: MatchRow) -> BoardRow:
    return BoardRow(
        row=row,
        score=percent_score(row.score),
        parts=part_labels(row.parts),
        terms=row.terms[:MAX_TERMS],
        reasons=row.reasons,
        misfits=misfit_labels(row.misfits),
    )
