"""Reminders to who has a draft and has not submitted it, and to who watches: before the deadline."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from market.accounts.messages import OrganisationNotice, notify_organisations
from market.accounts.models import MemberRole
from market.challenges.deadlines import deadline_words, left_words, takes_solutions
from market.challenges.models import Challenge
from market.challenges.solution_models import Solution
from market.challenges.solution_states import SolutionStatus
from market.challenges.watching import tell_watchers
from market.kit.database import atomic
from market.kit.i18n import gettext as _
from market.records.moments import set_moments

BEFORE = {
    "challenges.remind_week": timedelta(days=7),
    "challenges.remind_day": timedelta(days=1),
    "challenges.remind_hours": timedelta(hours=3),
}
"""How long before the deadline each reminder falls due."""


async def set_reminders(challenge: Challenge) -> None:
    """Set the reminders of a listed challenge, or move them with its deadline."""
    if challenge.deadline_at is not None:
        moments = [(challenge.id, act, challenge.deadline_at - before) for act, before in BEFORE.items()]
        await set_moments("challenge", moments)


@atomic()
async def remind(challenge_id: UUID, *, now: datetime) -> bool:
    """Remind everybody whose draft is not submitted, and who watches; nobody is told of others."""
    challenge = await Challenge.get(id=challenge_id)
    if not takes_solutions(challenge.status, now, challenge.opens_at, challenge.deadline_at):
        return False
    drafts = await Solution.filter(challenge_id=challenge_id, status=SolutionStatus.DRAFT)
    words = _(
        "榜单 %(number)s 的方案还是草稿，%(at)s（北京时间）截止，提交了才算。",
        number=challenge.number,
        at=deadline_words(challenge.deadline_at),
    )
    address = f"/challenges/{challenge.number}/solution"
    notices = [OrganisationNotice(draft.organisation_id, words, address) for draft in drafts]
    told = await notify_organisations(notices, roles=(MemberRole.ADMIN, MemberRole.AGENT), now=now)
    words = _(
        "您设了提醒的榜单 %(number)s：%(at)s（北京时间）截止，%(left)s。",
        number=challenge.number,
        at=deadline_words(challenge.deadline_at),
        left=left_words(now, challenge.deadline_at) if challenge.deadline_at else "",
    )
    watching = await tell_watchers(challenge, words, now=now)
    return bool(told or watching)
