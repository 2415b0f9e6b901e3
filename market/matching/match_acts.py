"""Acts on a match: refuse, take up, release, transition_match with the deal."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from market.accounts.brokers import list_brokers_of_field
from market.accounts.messages import notify
from market.audit.log import record
from market.codes.lists import DROP_REASONS
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid, MarketError, NotFound
from market.kit.i18n import gettext as _
from market.kit.jobs import enqueue
from market.matching.feedback import GENERAL
from market.matching.models import Match, MatchFeedback, MatchPass
from market.matching.states import TARGETS, MatchAct, MatchAction, MatchStatus, MatchVerb
from market.records.by import By
from market.records.transitions import transition

MOST_AT_ONCE = 200


@atomic()
async def feedback(match_id: UUID, *, reason: str, comment: str, by: By) -> Match:
    """Record that one side is not interested (不感兴趣) and why, and hide the match from it.

    A suggested match is dropped; one in progress continues for the others. Repeating it changes the reason.
    Reasons that generalise penalise similar matches, see `market.matching.feedback`.

    Raises:
        NotFound: the match is not one of the person's organisation.
    """
    by.actor.require(MatchAct.JUDGE_MATCH)
    match = await _lock_match(match_id)
    await match.fetch_related("need", "outcome")
    sides = (match.need.organisation_id, match.outcome.organisation_id)
    if by.actor.organisation_id is None or not any(by.actor.acts_for(side) for side in sides):
        raise NotFound(_("没有这条匹配，或者您不能查看它。"))
    if reason not in DROP_REASONS:
        raise Invalid(_("请选择原因。"), "reason")
    columns: dict[str, Any] = {"reason": reason, "comment": comment[:400], "given_at": by.now}
    rows = MatchFeedback.filter(match_id=match_id, organisation_id=by.actor.organisation_id)
    if not await rows.update(**columns):
        await MatchFeedback.create(
            id=uuid4(), match_id=match_id, organisation_id=by.actor.organisation_id, **columns
        )
    if match.status is MatchStatus.SUGGESTED:
        await _transition(match, MatchAction.DROP, by=by, dropped_reason=reason)
    if reason in GENERAL:
        kind = "need" if by.actor.acts_for(match.need.organisation_id) else "outcome"
        listing = str(match.need_id if kind == "need" else match.outcome_id)
        arguments: dict[str, Any] = {f"{kind}_id": listing}
        await enqueue(f"matching.rematch_{kind}", lock=f"match:{kind}:{listing}", **arguments)
    await record("match", match_id, MatchVerb.TURN_DOWN, by=by, reason=reason)
    return match


@atomic()
async def ask_for_broker(match_id: UUID, *, by: By) -> Match:
    """Ask for a broker to take up a match (请经纪人对接), by one of its two sides. Idempotent.

    Brokers of the outcome's field are told; the match comes first on their board.

    Raises:
        NotFound: the match is not one of the person's organisation.
        Conflict: a broker has it, or the two sides are in contact already.
    """
    by.actor.require(MatchAct.JUDGE_MATCH)
    match = await _lock_match(match_id)
    await match.fetch_related("need", "outcome")
    if not any(by.actor.acts_for(side.organisation_id) for side in (match.need, match.outcome)):
        raise NotFound(_("没有这条匹配，或者您不能查看它。"))
    if match.help_wanted_at is not None:
        return match
    if match.status is not MatchStatus.SUGGESTED or match.broker_id is not None:
        raise Conflict(_("这条匹配已经有人跟进。"))
    match.help_wanted_at = by.now
    await match.save(update_fields=["help_wanted_at"])
    await record("match", match_id, MatchVerb.ASK_FOR_BROKER, by=by)
    await notify(
        _(
            "有单位请经纪人对接：%(need)s 与 %(outcome)s。",
            need=match.need.title,
            outcome=match.outcome.title,
        ),
        now=by.now,
        address="/matches",
        user_ids=await list_brokers_of_field(match.outcome.field),
    )
    return match


@atomic()
async def take_up(match_id: UUID, *, by: By) -> Match:
    """Take up a match (接手) as its broker. Idempotent.

    Raises:
        Conflict: another broker has it, or the two sides are in contact already.
    """
    by.actor.require(MatchAct.TAKE_UP)
    match = await _lock_match(match_id)
    if match.broker_id == by.actor.user_id and match.status is MatchStatus.ASSIGNED:
        return match
    if match.broker_id is not None:
        raise Conflict(_("这条匹配已由其他经纪人接手。"))
    return await _transition(
        match, MatchAction.TAKE_UP, by=by, broker_id=by.actor.user_id, taken_up_at=by.now
    )


@atomic()
async def pass_over(match_id: UUID, *, by: By) -> Match:
    """Show a broker a pair no more (不再推荐给我); the two sides and other brokers still see it. Idempotent.

    Raises:
        NotFound: the match is gone.
    """
    by.actor.require(MatchAct.TAKE_UP)
    match = await _lock_match(match_id)
    _passed, is_new = await MatchPass.get_or_create(
        need_id=match.need_id,
        outcome_id=match.outcome_id,
        user_id=by.actor.user_id,
        defaults={"id": uuid4(), "passed_at": by.now},
    )
    if is_new:
        await record("match", match_id, MatchVerb.PASS_OVER, by=by)
    return match


async def for_each(
    act: Callable[..., Awaitable[Match]], match_ids: Iterable[str], *, by: By
) -> tuple[int, int]:
    """Do an act on many matches, each in its own transaction; return how many were done, and refused."""
    done = refused = 0
    for match_id in list(dict.fromkeys(match_ids))[:MOST_AT_ONCE]:
        try:
            await act(UUID(match_id), by=by)
            done += 1
        except (MarketError, ValueError):
            refused += 1
    return done, refused


@atomic()
async def release(match_id: UUID, *, by: By) -> Match:
    """Release a match, so that another broker may take it up.

    Raises:
        NotFound: the broker has not taken it up.
        Conflict: the two sides were introduced already.
    """
    by.actor.require(MatchAct.TAKE_UP)
    match = await _lock_match(match_id)
    if match.broker_id != by.actor.user_id:
        raise NotFound(_("没有这条对接，或者不是您接手的。"))
    return await _transition(match, MatchAction.RELEASE, by=by, broker_id=None, taken_up_at=None)


@atomic()
async def transition_match(match_id: UUID, action: MatchAction, *, now: datetime, reason: str = "") -> None:
    """Transition a match with its deal, whose own log records the actor. Idempotent.

    Raises:
        ActionNotAllowed: the transition is not in the table.
    """
    match = await _lock_match(match_id)
    if match.status is not TARGETS[action]:
        await _transition(match, action, by=By.job(now), dropped_reason=reason)


async def _lock_match(match_id: UUID) -> Match:
    match = await Match.select_for_update().get_or_none(id=match_id)
    if match is None:
        raise NotFound(_("没有这条匹配，或者您不能查看它。"))
    return match


async def _transition(match: Match, action: MatchAction, *, by: By, **changes: Any) -> Match:
    return await transition(match, action, by=by, changes={"dropped_reason": "", **changes})
