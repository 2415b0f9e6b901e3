"""The feed of challenges: what is listed, and what became of it. Nothing of a solution, no masked owner."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from market.challenges.deadlines import deadline_words
from market.challenges.models import Challenge
from market.challenges.queries import owner_name
from market.challenges.states import ChallengeAction
from market.kit import atom
from market.kit.formats import wan
from market.kit.i18n import gettext as _
from market.records.models import StatusEvent

NEWEST = 50
TOLD = (ChallengeAction.FIND_NONE, ChallengeAction.END, ChallengeAction.ACCEPT, ChallengeAction.FAIL)
"""Acts that are news to everybody; each tells the status it leads to."""


async def list_events(challenges: Sequence[Challenge]) -> list[StatusEvent]:
    """Return the events of these challenges that are told, the latest first."""
    return await StatusEvent.filter(
        subject_kind="challenge", subject_id__in=[row.id for row in challenges], action__in=TOLD
    ).order_by("-id")


def feed(
    challenges: Sequence[Challenge], events: Sequence[StatusEvent], *, base_url: str, now: datetime
) -> bytes:
    """Return the feed as UTF-8 XML; the challenges are public ones, with their owners."""
    by_id = {challenge.id: challenge for challenge in challenges}
    entries = [_listed(challenge, base_url) for challenge in challenges]
    entries += [_event(by_id[event.subject_id], event, base_url) for event in events]
    entries.sort(key=lambda entry: entry.updated, reverse=True)
    return atom.feed(
        _("科转 · 揭榜挂帅"),
        address=f"{base_url}/challenges.atom",
        page=f"{base_url}/challenges",
        entries=entries[:NEWEST],
        now=now,
    )


def _listed(challenge: Challenge, base_url: str) -> atom.FeedEntry:
    words = _(
        "%(number)s　榜额 %(sum)s，截止（北京时间）%(at)s",
        number=challenge.number,
        sum=wan(challenge.budget) if challenge.budget else _("面议"),
        at=deadline_words(challenge.deadline_at),
    )
    at = challenge.published_at or challenge.updated_at
    return atom.FeedEntry(
        f"urn:uuid:{challenge.id}",
        challenge.title,
        at,
        f"{base_url}/challenges/{challenge.number}",
        owner_name(None, challenge),
        f"{words}\n{challenge.summary}",
        published=at,
    )


def _event(challenge: Challenge, event: StatusEvent, base_url: str) -> atom.FeedEntry:
    address = f"{base_url}/challenges/{challenge.number}"
    what = ChallengeAction(event.action).label
    reason = challenge.end_reason.label if challenge.end_reason else ""
    return atom.FeedEntry(
        f"{address}#{event.id}",
        f"{what}：{challenge.title}",
        event.happened_at,
        address,
        owner_name(None, challenge),
        "\n".join(filter(None, [str(reason), event.note])) or str(what),
        published=event.happened_at,
    )
