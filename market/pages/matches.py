"""Matches beside a listing: who may see them, with score, reasons and misfits."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from market.accounts.actors import Actor
from market.accounts.permissions import Role
from market.listings.models import Need, Outcome
from market.listings.queries import is_owner, live, need_owner_name
from market.listings.states import NeedStatus, OutcomeStatus
from market.matching.labels import MAX_TERMS, misfit_labels, part_labels, percent_score
from market.matching.models import Match, MatchFeedback
from market.matching.states import MatchAct, MatchStatus

FIRST, MOST = 5, 100
"""Matches shown with a listing at first, and when all are requested: what a broker can look through."""


@dataclass(frozen=True)
class Row:
    """One match beside a listing. The parts add up to the score."""

    id: UUID
    title: str
    number: str
    subtitle: str
    score: int
    """0-100."""
    parts: list[tuple[str, int]]
    terms: list[str]
    reasons: dict[str, int]
    """What the heaviest terms gave, of 1000."""
    misfits: list[str]
    may_dismiss: bool


async def of_outcome(outcome: Outcome, actor: Actor | None, *, is_all: bool = False) -> tuple[list[Row], int]:
    """Return the best matched needs of an outcome that this person may see, and how many there are."""
    matches = Match.filter(outcome_id=outcome.id, need__status__in=live(NeedStatus))
    if not _sees_all(actor, outcome):
        if actor is None or not actor.may(MatchAct.SEE_MATCHES):
            return [], 0
        matches = matches.filter(need__organisation_id=actor.organisation_id)
    return await _rows(matches, actor, is_of_outcome=True, most=MOST if is_all else FIRST)


async def of_need(need: Need, actor: Actor | None, *, is_all: bool = False) -> tuple[list[Row], int]:
    """Return the best matched outcomes of a need that this person may see, and how many there are."""
    matches = Match.filter(need_id=need.id, outcome__status__in=live(OutcomeStatus))
    if not _sees_all(actor, need):
        if actor is None or not actor.may(MatchAct.SEE_MATCHES):
            return [], 0
        matches = matches.filter(outcome__organisation_id=actor.organisation_id)
    return await _rows(matches, actor, is_of_outcome=False, most=MOST if is_all else FIRST)


async def brokers_of(need_id: UUID) -> set[UUID]:
    """Return the brokers who took up a match of this need: they may know whose it is."""
    broker_ids = await Match.filter(need_id=need_id, broker_id__isnull=False).values_list(
        "broker_id", flat=True
    )
    return {UUID(str(broker_id)) for broker_id in broker_ids}


def _sees_all(actor: Actor | None, listing: Need | Outcome) -> bool:
    return actor is not None and (is_owner(actor, listing) or actor.is_staff or Role.BROKER in actor.roles)


async def _rows(query: Any, actor: Actor | None, *, is_of_outcome: bool, most: int) -> tuple[list[Row], int]:
    query = query.exclude(status=MatchStatus.DROPPED)
    if actor is not None and actor.organisation_id:
        dismissed = await MatchFeedback.filter(organisation_id=actor.organisation_id).values_list(
            "match_id", flat=True
        )
        query = query.exclude(id__in=list(dismissed)) if dismissed else query
    matches = (
        await query.select_related("need__organisation", "outcome__organisation")
        .order_by("-score", "id")
        .limit(most)
    )
    return [_row(match, actor, is_of_outcome) for match in matches], await query.count()


def _row(match: Match, actor: Actor | None, is_of_outcome: bool) -> Row:
    other: Any = match.need if is_of_outcome else match.outcome
    brokers: Collection[UUID] = [match.broker_id] if match.broker_id else []
    owner = need_owner_name(other, actor, brokers=brokers) if is_of_outcome else other.organisation.name
    return Row(
        id=match.id,
        title=other.title,
        number=other.number,
        subtitle=owner,
        score=percent_score(match.score),
        parts=part_labels(match.parts),
        terms=match.terms[:MAX_TERMS],
        reasons=match.reasons,
        misfits=misfit_labels(match.misfits),
        may_dismiss=actor is not None and actor.may(MatchAct.JUDGE_MATCH) and _is_party(actor, match),
    )


def _is_party(actor: Actor, match: Match) -> bool:
    return actor.acts_for(match.need.organisation_id) or actor.acts_for(match.outcome.organisation_id)
