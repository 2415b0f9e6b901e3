"""New matches reach both sides and brokers once: a message, and a digest by mail in the morning."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from uuid import UUID

from tortoise.queryset import QuerySet

from market.accounts.brokers import list_brokers_of_field
from market.accounts.messages import notify
from market.accounts.models import MemberRole
from market.kit.database import atomic, connection
from market.kit.i18n import gettext as _
from market.listings.models import Need, Outcome
from market.matching.fit_pages import indicators_of
from market.matching.fits import CLOSE, Group, group_of
from market.matching.models import Match, MatchNotice
from market.matching.states import MatchStatus

WHO = (MemberRole.ADMIN, MemberRole.AGENT)
"""Members who answer for an organisation's listings."""
NEW_FOR = timedelta(days=30)
"""How long a pair counts as new on the workbench."""
MAX_LISTED = 5
"""Titles named in a digest."""
_NEW = """
SELECT m.id FROM matches m
WHERE m.{column} = ANY($1::uuid[]) AND m.status = $2
  AND coalesce((m.parts->>'wording')::int, 0) + coalesce((m.parts->>'meaning')::int, 0) >= $3
  AND NOT EXISTS (SELECT 1 FROM match_notices n WHERE n.need_id = m.need_id AND n.outcome_id = m.outcome_id)
"""
_COUNT = """
SELECT count(*) FROM match_notices t
JOIN matches m ON m.need_id = t.need_id AND m.outcome_id = t.outcome_id AND m.status = $3
JOIN needs n ON n.id = t.need_id JOIN outcomes o ON o.id = t.outcome_id
WHERE t.told_at >= $2 AND (n.organisation_id = $1 OR o.organisation_id = $1)
  AND NOT EXISTS (SELECT 1 FROM match_feedback f WHERE f.match_id = m.id AND f.organisation_id = $1)
"""
_TELL = """
INSERT INTO match_notices (id, need_id, outcome_id, told_at)
SELECT gen_random_uuid(), pair.need_id, pair.outcome_id, $3
FROM unnest($1::uuid[], $2::uuid[]) AS pair(need_id, outcome_id)
ON CONFLICT DO NOTHING RETURNING need_id, outcome_id
"""


@atomic()
async def tell_new_matches(column: str, ids: Collection[UUID], *, now: datetime) -> int:
    """Write both sides of the new 很合适 matches of these listings a message; return how many pairs are new.

    `column` is need_id or outcome_id. Messages are one for each listing, however many it is matched to.
    """
    rows = await connection().execute_query_dict(
        _NEW.format(column=column), [list(ids), MatchStatus.SUGGESTED.value, CLOSE]
    )
    good = await _good(Match.filter(id__in=[row["id"] for row in rows])) if rows else []
    if not good:
        return 0
    inserted = await connection().execute_query_dict(
        _TELL, [[match.need_id for match in good], [match.outcome_id for match in good], now]
    )
    pairs = {(UUID(str(row["need_id"])), UUID(str(row["outcome_id"]))) for row in inserted}
    new = [match for match in good if (match.need_id, match.outcome_id) in pairs]
    for need, matches in _by(new, "need"):
        await notify(
            _(
                "需求“%(title)s”有 %(count)s 项新的很合适的成果：%(other)s。",
                title=need.title[:40],
                count=len(matches),
                other=matches[0].outcome.title[:40],
            ),
            now=now,
            address=f"/needs/{need.number}/matches",
            organisation_id=need.organisation_id,
            roles=WHO,
            is_mailed=False,
        )
    for outcome, matches in _by(new, "outcome"):
        await notify(
            _(
                "成果“%(title)s”有 %(count)s 条新的很合适的需求：%(other)s。",
                title=outcome.title[:40],
                count=len(matches),
                other=matches[0].need.title[:40],
            ),
            now=now,
            address=f"/outcomes/{outcome.number}/matches",
            organisation_id=outcome.organisation_id,
            roles=WHO,
            is_mailed=False,
        )
    return len(new)


@atomic()
async def send_digest(*, now: datetime) -> int:
    """Mail organisations and brokers the new matches since the last digest; return how many."""
    notices = await MatchNotice.filter(mailed_at=None).select_for_update()
    if not notices:
        return 0
    await MatchNotice.filter(id__in=[notice.id for notice in notices]).update(mailed_at=now)
    pairs = {(notice.need_id, notice.outcome_id) for notice in notices}
    candidates = Match.filter(
        need_id__in=[need_id for need_id, _outcome in pairs], status=MatchStatus.SUGGESTED
    )
    good = [match for match in await _good(candidates) if (match.need_id, match.outcome_id) in pairs]
    by_organisation: dict[UUID, dict[UUID, Match]] = defaultdict(dict)
    by_broker: dict[UUID, list[Match]] = defaultdict(list)
    for match in good:
        for side in (match.need, match.outcome):
            by_organisation[side.organisation_id][match.id] = match
        for user_id in await list_brokers_of_field(match.outcome.field):
            by_broker[user_id].append(match)
    for organisation_id, matches in by_organisation.items():
        await notify(
            _("本单位有 %(count)s 对新的很合适的匹配：", count=len(matches)) + _titles(matches.values()),
            now=now,
            address="/matches?view=own",
            organisation_id=organisation_id,
            roles=WHO,
        )
    for user_id, theirs in by_broker.items():
        await notify(
            _("有 %(count)s 对新的很合适的匹配等经纪人接手：", count=len(theirs)) + _titles(theirs),
            now=now,
            address="/matches?sort=new",
            user_ids=[user_id],
        )
    return len(good)


async def count_new(organisation_id: UUID | None, now: datetime) -> int:
    """Count the pairs an organisation was told of lately that nobody has refused or followed up."""
    if organisation_id is None:
        return 0
    rows = await connection().execute_query_dict(
        _COUNT, [organisation_id, now - NEW_FOR, MatchStatus.SUGGESTED.value]
    )
    return int(rows[0]["count"])


async def _good(matches: QuerySet[Match]) -> list[Match]:
    """Return those of group 很合适, with both listings, the best first."""
    return [
        match
        for match in await matches.select_related("need", "outcome").order_by("-score", "id")
        if group_of(match.parts, match.misfits, indicators_of(match.need, match.outcome)) is Group.GOOD
    ]


def _by(matches: Iterable[Match], side: str) -> list[tuple[Need | Outcome, list[Match]]]:
    """Group matches by one of their listings."""
    listings: dict[UUID, tuple[Need | Outcome, list[Match]]] = {}
    for match in matches:
        listing = getattr(match, side)
        listings.setdefault(listing.id, (listing, []))[1].append(match)
    return list(listings.values())


def _titles(matches: Collection[Match]) -> str:
    titles = [f"{match.need.title} — {match.outcome.title}" for match in list(matches)[:MAX_LISTED]]
    return "；".join(titles) + ("……" if len(matches) > MAX_LISTED else "。")
