"""The way of a challenge from the draft to the acceptance, as a line of steps. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from market.challenges.deadlines import last_day, shown_status
from market.challenges.models import Challenge
from market.challenges.states import ChallengeStatus
from market.kit.formats import day
from market.kit.i18n import Lazy, lazy
from market.kit.i18n import gettext as _

S = ChallengeStatus
STEPS: tuple[tuple[Lazy, tuple[ChallengeStatus, ...]], ...] = (
    (lazy("论证"), (S.DRAFT, S.COLLECTING, S.REJECTED)),
    (lazy("张榜"), (S.LISTED,)),
    (lazy("揭榜"), (S.RESPONDING, S.CLOSED)),
    (lazy("形式审查"), (S.CHECKING,)),
    (lazy("评选"), (S.REVIEWING,)),
    (lazy("商定"), (S.AGREED,)),
    (lazy("公示"), (S.PUBLICITY,)),
    (lazy("签约"), (S.CONTRACTED,)),
    (lazy("攻关"), (S.EXECUTING,)),
    (lazy("验收"), (S.ACCEPTED, S.FAILED)),
)


@dataclass(frozen=True)
class Step:
    """One step, with when it was or is due."""

    label: str
    when: str
    is_past: bool
    is_here: bool


def steps_of(challenge: Challenge, now: datetime) -> list[Step]:
    """Return the steps of a challenge; of one that came to nothing only those it has made."""
    status = shown_status(challenge.status, now, challenge.opens_at, challenge.deadline_at)
    here = next((place for place, (_label, statuses) in enumerate(STEPS) if status in statuses), -1)
    whens = _whens(challenge)
    return [
        Step(str(label), whens.get(place, ""), is_past=place < here, is_here=place == here)
        for place, (label, _statuses) in enumerate(STEPS)
        if not (place == 6 and challenge.kind.value == "enterprise")
    ]


def _whens(challenge: Challenge) -> dict[int, str]:
    whens = {}
    if challenge.submitted_at:
        whens[0] = day(challenge.submitted_at)[5:]
    if challenge.published_at:
        whens[1] = day(challenge.published_at)[5:]
    if challenge.deadline_at:
        whens[2] = _("至 %(day)s", day=day(last_day(challenge.deadline_at))[5:])
    if challenge.result_due_at:
        whens[4] = _("至 %(day)s", day=day(challenge.result_due_at)[5:])
    last = challenge.milestones[-1].get("due_on") if challenge.milestones else None
    if last:
        whens[9] = str(last)[:7]
    return whens
