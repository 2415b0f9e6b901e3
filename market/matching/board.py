"""The match board (对接看板): its views, rows and workbench cards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from market.accounts.actors import Actor
from market.codes.lists import FIELDS
from market.kit.i18n import Lazy, lazy
from market.kit.pagination import Page, PageRequest
from market.matching import board_queries, queries
from market.matching.fits import (
    Group,
    PartRow,
    Terms,
    group_of,
    indicator_sentences,
    part_rows,
    term_sentences,
)
from market.matching.labels import percent_score
from market.matching.queries import MatchRow
from market.matching.states import MatchAct, MatchStatus

OPEN, MINE, INTERESTED, TALKING, DEALT, ENDED = "open", "mine", "interested", "talking", "dealt", "ended"
OWN, COLUMNS = "own", "columns"
IN_COLUMN = 6
"""Cards of each column where they stand side by side."""
VIEWS: Mapping[str, Lazy] = {
    OPEN: lazy("可接手"),
    MINE: lazy("已接手"),
    INTERESTED: lazy("等双方同意"),
    TALKING: lazy("对接中"),
    DEALT: lazy("转交易"),
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
    order: str
    """A key of `board_queries.ORDERS`."""

    @classmethod
    def of(cls, query: Mapping[str, str], actor: Actor) -> BoardParams:
        view, field = query.get("view", ""), query.get("field", "")
        offered = available_views(actor)
        return cls(
            view=view if view in offered else offered[0],
            field=field if field in FIELDS else "",
            order=query["sort"] if query.get("sort") in board_queries.ORDERS else "",
            text=" ".join(query.get("q", "").replace("\x00", "").split())[:100],
        )


@dataclass(frozen=True)
class BoardRow:
    """A match as displayed."""

    row: MatchRow
    group: Group
    score: int
    """0-100."""
    words: list[str]
    """What the need's targets and the terms of both sides say, in sentences."""
    parts: list[PartRow]


def available_views(actor: Actor) -> Sequence[str]:
    """Return the views that this person has; the first is the default."""
    views = [OPEN, *STAGES] if actor.may(MatchAct.TAKE_UP) else []
    has_listings = actor.may(MatchAct.JUDGE_MATCH) and (actor.may_sell or actor.may_buy)
    return [*views, OWN] if has_listings or not views else views


async def board_page(params: BoardParams, page_request: PageRequest, *, actor: Actor) -> Page[BoardRow]:
    """Return one page of a view of matches."""
    actor.require(MatchAct.SEE_MATCHES)
    matches = await _load_page(params, page_request, actor)
    return page_request.page([_board_row(row) for row in matches.items], matches.total)


async def columns(actor: Actor) -> dict[str, Page[BoardRow]]:
    """Return the first cards of each view of a broker, to stand side by side."""
    actor.require(MatchAct.TAKE_UP)
    first = PageRequest(1, IN_COLUMN)
    return {
        view: await board_page(BoardParams(view, "", "", ""), first, actor=actor)
        for view in available_views(actor)
        if view not in (ENDED, OWN)
    }


async def view_counts(actor: Actor) -> dict[str, int]:
    """Count the rows of each view, without filters."""
    views = available_views(actor)
    counts = await board_queries.count_board(actor.user_id) if OPEN in views else {}
    numbers = {
        view: board_queries.counts_of(counts, STAGES[view]) if view in STAGES else counts.get(OPEN, 0)
        for view in views
        if view != OWN
    }
    if OWN in views:
        own = await board_queries.list_own_listings(actor.organisation_id, PageRequest(1, 1))
        numbers[OWN] = own.total
    return numbers


async def _load_page(params: BoardParams, page_request: PageRequest, actor: Actor) -> Page[MatchRow]:
    if params.view == OPEN:
        return await board_queries.list_open(
            actor.user_id, page_request, field=params.field, text=params.text, order=params.order
        )
    return await queries.list_matches_of_broker(actor.user_id, page_request, statuses=STAGES[params.view])


def _board_row(row: MatchRow) -> BoardRow:
    indicators = board_queries.fit_rows(row)
    need, outcome = row.need.values, row.outcome.values
    terms = Terms(
        need["budget_max_amount"],
        outcome["price_amount"],
        need["trl_min"],
        outcome["trl"],
        need["modes"],
        outcome["modes"],
        need["region"],
        outcome["region"],
        "exclusive_not_possible" in row.misfits,
    )
    return BoardRow(
        row=row,
        group=group_of(row.parts, row.misfits, indicators),
        score=percent_score(row.score),
        words=indicator_sentences(indicators) + term_sentences(terms),
        parts=part_rows(row.parts, row.terms, row.misfits),
    )
