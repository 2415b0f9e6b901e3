"""Seeding: fills an empty database with the demo market, stage by stage; an interrupted stage is repeated."""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from uuid import UUID

from market.accounts.actors import Actor
from market.accounts.models import User
from market.audit.log import flush_deferred_audit
from market.audit.roots import make_daily_root, make_missing_roots
from market.deps import Deps
from market.kit.database import connection
from market.kit.errors import Conflict, Forbidden
from market.kit.i18n import gettext as _
from market.kit.jobs import run_pending
from market.kit.models import OutgoingMail, SystemState
from market.listings.models import Need
from market.listings.queries import live
from market.listings.rules import months_later
from market.listings.states import NeedStatus
from market.matching import match_acts as matching
from market.matching.match_notices import tell_new_matches
from market.matching.models import Match
from market.matching.rematch import rematch_all
from market.matching.states import MatchStatus
from market.pages.quality import publish_report
from market.programmes.catalogue import load_programmes
from market.records.by import By
from market.records.moments import run_moments
from market.search.outbox import indexes_with_pending
from market.search.relay import relay
from market.seed.after_payment import after_payment
from market.seed.auctions import OUTCOMES, auction_stories
from market.seed.challenges import challenge_stories, needs_of_challenges
from market.seed.content import FOLDER, id_of, load
from market.seed.deal_scripts import play_deal
from market.seed.deals_now import DEALS_NOW, TAKEN_UP
from market.seed.deals_past import DEALS_PAST
from market.seed.experts import expert_stories
from market.seed.housekeeping import housekeeping, stored_stories
from market.seed.listings import OF_THE_ROUND, find_match, listing_stories, publish_older, renewals
from market.seed.online_payments import connect_account
from market.seed.other_programmes import other_rounds
from market.seed.people import Cast, establish_everybody, latecomers
from market.seed.policies import policy_stories
from market.seed.rankings import ranking_stories
from market.seed.review_rounds import review_rounds
from market.seed.sanctions import file_sanctions
from market.seed.statistics import statistics_stories
from market.seed.subsidy_round import Desk, round_stories
from market.seed.subsidy_setup import account_stories
from market.seed.surveys import survey_stories
from market.seed.targets import target_stories
from market.seed.timeline import Calendar, Story, play
from market.seed.transaction import whole_stage

DAYS_WITH_ROOT = 21
Say = Callable[[str], object]
STATE = "demo_market"
"""Key of the state that holds which stages are done, and what moment they call now."""


class AlreadySeeded(Conflict):
    """The database is not empty."""


class NotADemo(Forbidden):
    """Refused outside demo mode: the password of the demo's people is public."""


async def seed(deps: Deps, *, say: Say) -> None:
    """Seed the whole demo market, its days counted back from now by the business clock.

    Each stage is one transaction that also records that it is done: an interrupted run resumes there.

    Raises:
        NotADemo: demo mode is off.
        AlreadySeeded: the database is not empty, and no stage is left to do.
    """
    if not deps.settings.is_demo:
        raise NotADemo(_("只有演示模式才能生成演示市场。"))
    if await is_settled():
        raise AlreadySeeded(_("数据库里已有数据，没有再生成演示市场。"))
    started = time.monotonic()
    for name, words, stage in STAGES:
        await _run_stage(name, stage, deps)
        say(f"{words} ({time.monotonic() - started:.1f} s)")


async def seed_if_empty(deps: Deps, *, say: Say) -> None:
    """Seed an empty database, or resume an interrupted run."""
    if deps.settings.is_demo and not await is_settled():
        say("空数据库，正在生成演示市场 filling the empty database with the demo market …")
        await seed(deps, say=say)


async def is_settled() -> bool:
    """Return whether nothing is left to seed: all stages are done, or other data is there."""
    done = await _done_stages()
    return len(done) == len(STAGES) if done else await User.exists()


async def _listings(deps: Deps, calendar: Calendar) -> None:
    await load_programmes(now=calendar.round_day(1, 2))
    await establish_everybody(calendar)
    cast = Cast()
    await publish_older(cast, calendar, _needed())


async def _matches(deps: Deps, calendar: Calendar) -> None:
    """Index and match all listings at once, as the deals need it."""
    await _index(deps)
    await rematch_all(search=deps.search, now=calendar.now, is_told=False)
    await _delete_jobs("matching.rematch_all")


async def _index(deps: Deps) -> None:
    """Relay pending entries to the index; no job does so while a stage lasts."""
    for index in await indexes_with_pending():
        await relay(index, search=deps.search)


async def _deals(deps: Deps, calendar: Calendar) -> None:
    cast = Cast()
    stories: list[Story] = [_connect(deps, cast, calendar)]
    stories += [renewals(key, cast, calendar) for key in OF_THE_ROUND]
    for number, script in enumerate((*DEALS_PAST, *DEALS_NOW), start=1):
        stories.append(play_deal(script, number, cast=cast, deps=deps, calendar=calendar))
    stories += [take_up_match(*taken_up, cast=cast, calendar=calendar) for taken_up in TAKEN_UP]
    stories += [dismiss_some(cast, calendar), file_sanctions(cast, calendar)]
    stories += account_stories(cast, deps, calendar)
    stories += latecomers(cast, calendar)
    stories += listing_stories(cast, calendar, _needed())
    stories += [*housekeeping(cast, calendar), *stored_stories(cast, deps, calendar)]
    stories += expert_stories(cast, deps, calendar)
    stories += survey_stories(cast, calendar)
    stories += auction_stories(cast, deps, calendar)
    stories += challenge_stories(cast, deps, calendar)
    stories += target_stories(cast, deps, calendar)
    stories += policy_stories(cast, calendar)
    stories += ranking_stories(cast, deps, calendar)
    stories += statistics_stories(cast, calendar)
    desk = Desk(cast, deps, calendar)
    stories += [*round_stories(desk), *other_rounds(desk), *after_payment(desk), *review_rounds(desk)]
    await play(stories, until=calendar.now)


async def _today(deps: Deps, calendar: Calendar) -> None:
    """Catch up to the present: what is due, the index, queued jobs, the daily roots."""
    await run_moments(deps, calendar.now)
    await _index(deps)
    needs = await Need.filter(status__in=live(NeedStatus)).values_list("id", flat=True)
    await tell_new_matches("need_id", [UUID(str(need_id)) for need_id in needs], now=calendar.now)
    # Vectors take as long as all the rest: the worker reads them, at lower priority, once the site is open.
    await run_pending(deps, limit=5000, left=["search.read"])
    await _read_messages(calendar.now)
    await publish_report(json.loads(QUALITY.read_text(encoding="utf-8")), now=calendar.now)
    await _make_roots(calendar)


def _needed() -> set[str]:
    """Return the keys of the listings that deals and brokers need."""
    bargains = [script.bargain for script in (*DEALS_PAST, *DEALS_NOW)]
    followed = {key for _broker, need, outcome, _days in TAKEN_UP for key in (need, outcome)}
    return (
        followed
        | OUTCOMES
        | needs_of_challenges()
        | {bargain.outcome for bargain in bargains}
        | {bargain.need for bargain in bargains if bargain.need}
    )


async def _connect(deps: Deps, cast: Cast, calendar: Calendar) -> Story:
    now = yield calendar.ago(120, 11)
    await connect_account(
        id_of("organisation", "university"), deps=deps, by=By(await cast.actor("university"), now)
    )


UNREAD = 5
"""Messages of each person that nobody has read yet."""
QUALITY = FOLDER / "quality.json"
"""What `evaluate` measured on the sets of `seed.answer_sets`."""
STAGES: tuple[tuple[str, str, Callable[[Deps, Calendar], Awaitable[None]]], ...] = (
    ("listings", "单位、人员、成果和需求 organisations, people, listings", _listings),
    ("matches", "检索和匹配 search and matches", _matches),
    ("deals", "交易、合同和补助 deals, contracts, subsidies", _deals),
    ("today", "到今天 brought to the present", _today),
)


async def _run_stage(name: str, stage: Callable[[Deps, Calendar], Awaitable[None]], deps: Deps) -> None:
    """Run one stage, unless it is done."""
    async with whole_stage():
        done = await _done_stages()
        if name in done:
            return
        first = min(done.values(), default=deps.clock().isoformat())
        await stage(deps, Calendar(datetime.fromisoformat(first)))
        await SystemState.update_or_create(key=STATE, defaults={"value": {**done, name: first}})
    # Mails of the past count as sent.
    await OutgoingMail.filter(sent_at=None).update(sent_at=datetime.fromisoformat(first))


async def _done_stages() -> dict[str, str]:
    row = await SystemState.get_or_none(key=STATE)
    return {name: str(moment) for name, moment in row.value.items()} if row else {}


async def _delete_jobs(*names: str) -> None:
    """Delete queued jobs whose work the seed has done itself."""
    await connection().execute_query(
        "DELETE FROM procrastinate_jobs WHERE status = 'todo' AND task_name = ANY($1::text[])", [list(names)]
    )


async def _read_messages(now: datetime) -> None:
    """Have everybody read their messages some hours after they came, but for the latest few."""
    await connection().execute_query(
        "UPDATE messages SET read_at = least(created_at + make_interval(hours => 1 + (id % 9)::int), $1) "
        "WHERE read_at IS NULL AND id NOT IN (SELECT id FROM (SELECT id, row_number() OVER "
        "(PARTITION BY user_id ORDER BY created_at DESC, id DESC) AS place FROM messages) AS latest "
        "WHERE place <= $2)",
        [now, UNREAD],
    )


async def _make_roots(calendar: Calendar) -> None:
    """Publish the daily roots: of every day of the last weeks, before that one at the end of each month."""
    await flush_deferred_audit()
    day = date(calendar.round_year, 1, 1)
    while day < calendar.today - timedelta(days=DAYS_WITH_ROOT):
        await make_daily_root(day - timedelta(days=1), now=calendar.now)
        day = months_later(day, 1)
    await make_missing_roots(now=calendar.now)


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
