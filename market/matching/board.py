"""The board of matches (对接看板): what each person finds there, row by row, and its dashboard figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from market.accounts.actors import Actor
from market.accounts.permissions import Act
from market.codes.lists import FIELDS
from market.kit.cards import Card
from market.kit.i18n import Lazy, lazy
from market.kit.i18n import gettext as _
from market.kit.pagination import Cut, Page
from market.matching import queries
from market.matching.models import Match, MatchStatus
from market.matching.queries import MatchRow
from market.matching.words import MOST_TERMS, misfits_of, out_of_hundred, parts_of

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
"""The stages of the broker's own matches; what follows the introduction moves with the deal."""


@dataclass(frozen=True)
class Asked:
    """Which part of the board the address asks for; nonsense falls back to what there is."""

    view: str
    field: str
    text: str

    @classmethod
    def of(cls, query: Mapping[str, str], actor: Actor) -> Asked:
        view, field = query.get("view", ""), query.get("field", "")
        offered = views_of(actor)
        return cls(
            view=view if view in offered else offered[0],
            field=field if field in FIELDS else "",
            text=" ".join(query.get("q", "").replace("\x00", "").split())[:100],
        )


@dataclass(frozen=True)
class Shown:
    """A match as a row shows it. The parts add up to the score."""

    row: MatchRow
    score: int
    """0-100."""
    parts: list[tuple[str, int]]
    terms: list[str]
    reasons: dict[str, int]
    """What the heaviest of the terms gave, of 1000."""
    misfits: list[str]


def views_of(actor: Actor) -> Sequence[str]:
    """Return the parts of the board that this person has; the first is where they begin."""
    found = [OPEN, *STAGES] if actor.may(Act.TAKE_UP) else []
    has_listings = actor.may(Act.JUDGE_MATCH) and (actor.may_sell or actor.may_buy)
    return [*found, OWN] if has_listings or not found else found


async def page_of(asked: Asked, cut: Cut, *, actor: Actor) -> Page[Shown]:
    """Return the rows of one part of the board."""
    actor.require(Act.SEE_MATCHES)
    found = await _found(asked, cut, actor)
    return cut.page([_shown(row) for row in found.items], found.total)


async def counts_of(actor: Actor) -> dict[str, int]:
    """Return how many rows each part of the board has, without the filters."""
    first = Cut(1, 1)
    return {view: (await _found(Asked(view, "", ""), first, actor)).total for view in views_of(actor)}


async def dashboard_cards(actor: Actor, now: datetime) -> list[Card]:
    """Return the broker's figures: what they took up and did not introduce yet waits for them."""
    if not actor.may(Act.TAKE_UP):
        return []
    taken = await Match.filter(broker_id=actor.user_id, status__in=TAKEN_UP).count()
    offered = await queries.list_open_matches(Cut(1, 1))
    return [
        Card(_("已接手待引荐"), taken, f"/matches?view={MINE}", "due"),
        Card(_("可接手的匹配"), offered.total, "/matches"),
    ]


async def _found(asked: Asked, cut: Cut, actor: Actor) -> Page[MatchRow]:
    if asked.view == OWN:
        return await queries.list_matches_of_organisation(actor.organisation_id, cut)
    if asked.view == OPEN:
        return await queries.list_open_matches(cut, field=asked.field, text=asked.text)
    return await queries.list_matches_of_broker(actor.user_id, cut, statuses=STAGES[asked.view])


def _shown(row: MatchRow) -> Shown:
    return Shown(
        row=row,
        score=out_of_hundred(row.score),
        parts=parts_of(row.parts),
        terms=row.terms[:MOST_TERMS],
        reasons=row.reasons,
        misfits=misfits_of(row.misfits),
    )
