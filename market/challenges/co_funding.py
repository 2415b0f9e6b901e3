"""What a government list promises of public funds for each of its contracts (财政支持)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from uuid import UUID

from market.challenges.amounts import public_parts
from market.challenges.models import Challenge
from market.challenges.selection_models import ChallengeAward
from market.challenges.selection_states import STANDING, AwardStatus
from market.challenges.states import Kind

FUNDED = (*STANDING, AwardStatus.DROPPED)
"""Awards that a promise is for; a team that left a race has done the first stage."""


async def promised_to(challenge_ids: Collection[UUID]) -> dict[UUID, int]:
    """Return what the government lists among these promise for their awards, in fen, by the award."""
    public = {row.id: row for row in await Challenge.filter(id__in=list(challenge_ids), kind=Kind.GOVERNMENT)}
    awards = ChallengeAward.filter(challenge_id__in=list(public), status__in=list(FUNDED))
    by_challenge: defaultdict[UUID, list[ChallengeAward]] = defaultdict(list)
    for award in await awards.order_by("created_at", "rank", "id"):
        by_challenge[award.challenge_id].append(award)
    promised = {}
    for challenge_id, rows in by_challenge.items():
        terms = public[challenge_id]
        parts = public_parts([row.amount for row in rows], terms.public_share, terms.public_most)
        promised.update({row.id: part for row, part in zip(rows, parts, strict=True)})
    return promised


async def promised_by_deal(deal_ids: Collection[UUID]) -> dict[UUID, int]:
    """Return the same by the deals of the awards; deals of firms' lists are not among them."""
    awards = await ChallengeAward.filter(deal_id__in=list(deal_ids))
    promised = await promised_to({award.challenge_id for award in awards})
    return {award.deal_id: promised[award.id] for award in awards if award.deal_id and award.id in promised}
