"""Feedback on matches in the demo, apart from deals."""

from __future__ import annotations

from datetime import datetime

from market.accounts.actors import Actor
from market.matching import services as matching
from market.matching.models import Match
from market.matching.states import MatchStatus
from market.records.by import By
from market.seed.data import load
from market.seed.deal_acts import find_match
from market.seed.people import Cast
from market.seed.timeline import Calendar, Story


async def take_up_match(
    broker: str, need: str, outcome: str, days: int, *, cast: Cast, calendar: Calendar
) -> Story:
    """Take up a match, as a broker, that is not introduced yet."""
    now = yield calendar.ago(days, 14, 5)
    match = await find_match(need, outcome)
    if match is not None:
        await matching.take_up(match.id, by=By(await cast.actor(broker), now))


async def dismiss_some(cast: Cast, calendar: Calendar) -> Story:
    """Dismiss two matches, each by an enterprise and with a reason."""
    now = yield calendar.ago(9, 15, 30)
    words = "查的是血液里的标志物，用不到茶叶上。"
    await _dismiss("need-tea-residue", "field", words, await cast.actor("li_chasheng"), now)
    now = yield calendar.ago(6, 9, 50)
    await _dismiss("need-ras", "field", "不是水产养殖的技术。", await cast.actor("su_yu"), now)


async def _dismiss(need: str, reason: str, comment: str, actor: Actor, now: datetime) -> None:
    """Dismiss the need's second-best match."""
    match = (
        await Match.filter(need__title=load("needs")[need]["title"], status=MatchStatus.SUGGESTED)
        .order_by("-score", "outcome__number")
        .offset(1)
        .first()
    )
    if match is not None:
        await matching.feedback(match.id, reason=reason, comment=comment, by=By(actor, now))
