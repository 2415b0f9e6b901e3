"""The matches of one listing by group, each with its indicators side by side and what a person may do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from tortoise.queryset import QuerySet

from market.accounts.actors import Actor
from market.accounts.models import OrganisationKind
from market.accounts.permissions import Role
from market.kit.errors import NotFound
from market.kit.i18n import gettext as _
from market.kit.statements import Statement
from market.listings.masking import need_owner_name
from market.listings.models import Need, Outcome
from market.listings.queries import is_owner, live
from market.listings.states import NeedStatus, OutcomeStatus
from market.matching.fits import (
    Group,
    PartRow,
    Terms,
    group_of,
    indicator_sentences,
    part_rows,
    term_sentences,
)
from market.matching.indicators import IndicatorFit, compare_indicators
from market.matching.labels import percent_score
from market.matching.models import Match, MatchFeedback
from market.matching.states import MatchAct, MatchStatus

MOST = 60
"""Matches of one listing that are compared; a listing has twenty and those of the other sides' top."""


@dataclass(frozen=True)
class FitCard:
    """One match as shown beside a listing."""

    id: UUID
    status: MatchStatus
    group: Group
    need: Need
    outcome: Outcome
    other: Need | Outcome
    """The listing that was matched to the page's own."""
    owner_name: str
    """Of the other listing; 某企业 for a masked need."""
    indicators: list[IndicatorFit]
    indicator_words: list[str]
    terms: Terms
    term_words: list[str]
    score: int
    """0-100."""
    parts: list[PartRow]
    is_own: bool
    """The person acts for one of the two sides."""
    is_party: bool
    """The same, while the match is open: nobody has opened a deal."""
    may_deal: bool
    """The person may open the deal: a buyer about an outcome, a seller about a need."""
    may_take_up: bool
    help_wanted_at: datetime | None


@dataclass(frozen=True)
class FitPage:
    """The matches of a listing by group; those that share little but words are counted only."""

    good: list[FitCard]
    worth: list[FitCard]
    rest: int

    @property
    def count(self) -> int:
        return len(self.good) + len(self.worth)


NO_FITS = FitPage([], [], 0)


def may_see_all(actor: Actor | None, listing: Need | Outcome) -> bool:
    """Return whether a person sees every match of a listing: its owner, staff and brokers."""
    return actor is not None and (is_owner(actor, listing) or actor.oversees or Role.BROKER in actor.roles)


def _matches(side: str, listing_id: UUID, organisation_id: UUID | None = None) -> QuerySet[Match]:
    """Return the matches of a listing with others on offer, if given only those of one organisation."""
    other, statuses = ("need", NeedStatus) if side == "outcome" else ("outcome", OutcomeStatus)
    matches = Match.filter(**{f"{side}_id": listing_id, f"{other}__status__in": live(statuses)})
    if organisation_id:
        matches = matches.filter(**{f"{other}__organisation_id": organisation_id})
    return (
        matches.exclude(status=MatchStatus.DROPPED)
        .select_related("need__organisation", "outcome__organisation")
        .order_by("-score", "id")
        .limit(MOST)
    )


_ALL_MATCHES = {side: Statement(partial(_matches, side), UUID(int=1)) for side in ("need", "outcome")}
_MATCHES_WITH = {
    side: Statement(partial(_matches, side), UUID(int=1), UUID(int=2)) for side in ("need", "outcome")
}


async def fits_of(listing: Need | Outcome, actor: Actor | None) -> FitPage:
    """Return the matches of a listing that this person may see, the best first.

    Others than owner, staff and brokers see those with listings of their own organisation.
    """
    is_need = isinstance(listing, Need)
    side = "need" if is_need else "outcome"
    if may_see_all(actor, listing):
        rows = await _ALL_MATCHES[side].all(listing.id)
    elif actor is not None and actor.organisation_id and actor.may(MatchAct.SEE_MATCHES):
        rows = await _MATCHES_WITH[side].all(listing.id, actor.organisation_id)
    else:
        return NO_FITS
    refused = await _refused(actor, rows)
    cards = [_card(match, actor, is_need=is_need) for match in rows if match.id not in refused]
    return FitPage(
        [card for card in cards if card.group is Group.GOOD],
        [card for card in cards if card.group is Group.WORTH],
        sum(card.group is Group.REST for card in cards),
    )


async def get_fits_for(listing: Need | Outcome, actor: Actor) -> FitPage:
    """Return the matches for the listing's own page of them.

    Raises:
        NotFound: the person is neither of its organisation nor staff nor a broker.
    """
    if not may_see_all(actor, listing):
        raise NotFound(_("没有这个页面，或者您不能查看它。"))
    return await fits_of(listing, actor)


async def _refused(actor: Actor | None, rows: Sequence[Match]) -> set[UUID]:
    if actor is None or actor.organisation_id is None or not rows:
        return set()
    refused = await MatchFeedback.filter(
        organisation_id=actor.organisation_id, match_id__in=[match.id for match in rows]
    ).values_list("match_id", flat=True)
    return {UUID(str(match_id)) for match_id in refused}


def indicators_of(need: Any, outcome: Any) -> list[IndicatorFit]:
    """Return the need's targets beside what the outcome states."""
    return compare_indicators(need.targets, outcome.comparison, outcome.indicators)


def _card(match: Match, actor: Actor | None, *, is_need: bool) -> FitCard:
    need, outcome = match.need, match.outcome
    indicators = indicators_of(need, outcome)
    brokers = [match.broker_id] if match.broker_id else []
    is_own = actor is not None and any(actor.acts_for(side.organisation_id) for side in (need, outcome))
    terms = Terms(
        need.budget_max_amount,
        outcome.price_amount,
        need.trl_min,
        outcome.trl,
        need.modes,
        outcome.modes,
        need.region,
        outcome.region,
        "exclusive_not_possible" in match.misfits,
    )
    is_open = match.status in (MatchStatus.SUGGESTED, MatchStatus.ASSIGNED)
    return FitCard(
        id=match.id,
        status=match.status,
        group=group_of(match.parts, match.misfits, indicators),
        need=need,
        outcome=outcome,
        other=outcome if is_need else need,
        owner_name=outcome.organisation.name if is_need else need_owner_name(need, actor, brokers=brokers),
        indicators=indicators,
        indicator_words=indicator_sentences(indicators),
        terms=terms,
        term_words=term_sentences(terms),
        score=percent_score(match.score),
        parts=part_rows(match.parts, match.terms, match.misfits),
        is_own=is_own,
        is_party=is_own and is_open,
        may_deal=is_open and actor is not None and _may_deal(actor, need, outcome, is_need=is_need),
        may_take_up=actor is not None
        and actor.may(MatchAct.TAKE_UP)
        and match.status is MatchStatus.SUGGESTED,
        help_wanted_at=match.help_wanted_at,
    )


def _may_deal(actor: Actor, need: Need, outcome: Outcome, *, is_need: bool) -> bool:
    if is_need:
        is_source = outcome.organisation.kind is OrganisationKind.SOURCE
        return actor.may_buy and actor.acts_for(need.organisation_id) and not is_source
    return actor.may_sell and actor.acts_for(outcome.organisation_id)
