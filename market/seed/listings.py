"""The demo's outcomes and needs with their lives: written, submitted, reviewed, renewed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import chain, groupby
from typing import Any
from uuid import uuid4

from market.audit.log import record_bulk
from market.codes.numbers import next_numbers
from market.kit.clock import local_date
from market.listings import authoring
from market.listings.deadlines import set_deadlines
from market.listings.kinds import NEED, OUTCOME, Kind
from market.listings.models import Outcome, PriceKind, Review, ReviewDecision
from market.listings.rules import Points, expires_on
from market.listings.states import LIVE, ListingAction
from market.matching.models import Match
from market.records.by import By
from market.search import outbox
from market.seed.content import fen, load
from market.seed.drafts import NEED_DRAFTS, OUTCOME_DRAFTS
from market.seed.people import Cast
from market.seed.timeline import Calendar, Story, at

BY_HAND_DAYS = 14
"""Listings of the last days go the whole way by the rooms' own acts."""
AGES = {
    # Their deals took longer than their listing would be old.
    "need-mn-slag": 47,
    "need-filter-ceramic": 44,
    "need-zinc-in": 55,
    "need-oyster-peptide": 75,
    "mn-slag-brick": 64,
    "microwave-ceramic": 51,
    "oyster-peptide": 88,
    # Soon to lapse, for their owners to renew.
    "passionfruit-seedling": 353,
    "star-anise": 359,
    "cane-seedling": 361,
}
"""Days since publication, where it differs from what is written beside the listing."""
DEADLINES = {"need-msand": 5, "need-roller": 9}
"""Days to the deadline, where it differs from what is written beside the need."""
OF_THE_ROUND = (
    "battery-al-foil",
    "voc-catalyst",
    "casting-grind",
    "oyster-triploid",
    "bagasse-dry",
    "marine-concrete",
    "camellia-oil",
    "high-purity-in",
    "al-7xxx-quench",
    "mangrove",
)
"""Outcomes on the market since the year of the subsidy round; renewed every January since."""
AUTHORS = {
    "university": "university",
    "lidong": "yang_chunhui",
    "guixi": "cen_yuping",
    "yongjiang": "su_jingyi",
    "marine": "feng_haibo",
    "sugar": "lu_guisheng",
    "longzhi": "zheng_liuqing",
    "enterprise": "enterprise",
    "muche": "luo_ziang",
    "lichuan": "tan_jianguo",
    "yanlan": "qin_lang",
    "tengxu": "li_chasheng",
    "chaoyu": "su_yu",
    "gangze": "ning_siyuan",
    "hezhu": "yang_shugen",
    "hengqin": "chen_qiming",
    "tianling": "nong_zhijian",
    "jinxun": "qin_ye",
    "zheyuan": "shi_tian",
    "mengyang": "zhao_mengsheng",
    "hengshuo": "ou_yingyi",
    "qiongling": "gu_linchuan",
    "moxiang": "lei_meiying",
}
"""Who writes, offers and signs for each organisation."""
POINTS = (Points(4, 4, 4, 4), Points(4, 3, 4, 5), Points(5, 4, 3, 4), Points(3, 4, 4, 4), Points(4, 5, 4, 4))


def listing_stories(cast: Cast, calendar: Calendar, needed: Collection[str]) -> Iterator[Story]:
    """Yield the life of every listing that was not taken over, those not published included."""
    for kind, key, entry, published, points in _written(calendar):
        if not _is_older(key, published, calendar, needed):
            values = values_of(key, entry, calendar)
            yield _publish(kind, entry["organisation"], values, published, points, cast)
    for kind, drafts in ((OUTCOME, OUTCOME_DRAFTS), (NEED, NEED_DRAFTS)):
        for draft in drafts:
            yield _write(kind, draft, cast, calendar)


async def publish_older(cast: Cast, calendar: Calendar, needed: Collection[str]) -> None:
    """Insert the older listings in bulk as published, each with the operator's review at its own moment.

    So are the `needed`, which have to be matched before their deals begin. Whole lives of them all would
    take as long as everything else together.
    """
    for kind in (OUTCOME, NEED):
        older = [
            (published, points, entry, values_of(key, entry, calendar))
            for listing_kind, key, entry, published, points in _written(calendar)
            if listing_kind is kind and _is_older(key, published, calendar, needed)
        ]
        await _publish_at_once(kind, sorted(older, key=lambda row: row[0]), cast)


def _written(calendar: Calendar) -> Iterator[tuple[Kind, str, dict[str, Any], datetime, Points]]:
    """Yield every written listing with the moment of its publication and the operator's points."""
    for kind, name in ((OUTCOME, "outcomes"), (NEED, "needs")):
        for place, (key, entry) in enumerate(load(name).items()):
            yield kind, key, entry, _published(key, entry, place, calendar), POINTS[place % len(POINTS)]


def _is_older(key: str, published: datetime, calendar: Calendar, needed: Collection[str]) -> bool:
    return key in needed or published < calendar.ago(BY_HAND_DAYS)


async def _publish_at_once(
    kind: Kind, rows: Sequence[tuple[datetime, Points, dict[str, Any], dict[str, Any]]], cast: Cast
) -> None:
    operator = await cast.actor("operator")
    listings, reviews = [], []
    numbers = await _numbers_of(kind.key, [published for published, *_rest in rows])
    for published, points, entry, values in rows:
        author = await cast.actor(AUTHORS[entry["organisation"]])
        listing = kind.model(
            **{**kind.blank, **values},
            id=uuid4(),
            number=next(numbers),
            organisation_id=author.organisation_id,
            created_by_id=author.user_id,
            status=kind.published,
            submitted_at=published - timedelta(days=2),
            published_at=published,
            verified_on=local_date(published),
            expires_on=expires_on(local_date(published), values.get("deadline_on")),
            created_at=published - timedelta(days=2),
            updated_at=published,
        )
        listing.completeness = kind.completeness(listing)[0]
        listings.append(listing)
        reviews.append(
            Review(
                id=uuid4(),
                subject_kind=kind.key,
                subject_id=listing.id,
                revision=1,
                decision=ReviewDecision.PUBLISHED,
                reviewer_id=operator.user_id,
                reviewed_at=published,
                **points.by_heading,
            )
        )
    await kind.model.bulk_create(listings)
    await set_deadlines(*listings)
    await Review.bulk_create(reviews)
    for listing in listings:
        await record_bulk(
            kind.key, [listing.id], ListingAction.PUBLISH, by=By(operator, listing.published_at), revision=1
        )
    await outbox.enqueue_many(kind.index, [listing.id for listing in listings])


async def _numbers_of(family: str, moments: Sequence[datetime]) -> Iterator[str]:
    """Return a number for each of these moments, which stand in the order of time, a year at once."""
    years = groupby(moments, key=lambda moment: local_date(moment).year)
    numbers = [await next_numbers(family, len(same), same[0]) for same in [list(of) for _year, of in years]]
    return chain.from_iterable(numbers)


def values_of(key: str, entry: dict[str, Any], calendar: Calendar) -> dict[str, Any]:
    """Return the columns of a listing as it is written."""
    left_out = ("organisation", "days_ago_published", "deadline_days")
    values = {k: v for k, v in entry.items() if k not in left_out and not k.endswith("_wan")}
    if "price_kind" in values:
        values["price_kind"] = PriceKind(values["price_kind"])
        values["price_amount"] = fen(entry["price_wan"])
    if "budget_max_wan" in entry:
        values["budget_min_amount"] = fen(entry["budget_min_wan"])
        values["budget_max_amount"] = fen(entry["budget_max_wan"])
    if "deadline_days" in entry:
        days = DEADLINES.get(key, entry["deadline_days"])
        values["deadline_on"] = calendar.today + timedelta(days=days)
    return values


async def renewals(key: str, cast: Cast, calendar: Calendar) -> Story:
    """Renew an outcome of the round every January, as long as it is on offer."""
    entry = load("outcomes")[key]
    actor = await cast.actor(AUTHORS[entry["organisation"]])
    for year in range(calendar.round_year + 1, calendar.today.year + 1):
        now = yield at(calendar.today.replace(year=year, month=1, day=12), 9, len(key))
        outcome = await Outcome.get(title=entry["title"])
        if outcome.status in LIVE:
            await authoring.renew(OUTCOME, outcome.number, by=By(actor, now))


def _published(key: str, entry: dict[str, Any], place: int, calendar: Calendar) -> datetime:
    if key in OF_THE_ROUND:
        return calendar.round_day(1, 14 + OF_THE_ROUND.index(key))
    days = AGES.get(key, entry["days_ago_published"])
    return calendar.ago(days, 9 + place % 8, place * 11 % 60)


async def _publish(
    kind: Kind, organisation: str, values: dict[str, Any], published: datetime, points: Points, cast: Cast
) -> Story:
    author = await cast.actor(AUTHORS[organisation])
    now = yield published - timedelta(days=2, hours=1)
    listing = await authoring.save(kind, None, values, is_submitted=True, by=By(author, now))
    now = yield published
    operator = await cast.actor("operator")
    await authoring.review(
        kind.key, listing.number, points=points, is_published=True, comment="", by=By(operator, now)
    )


async def _write(kind: Kind, draft: dict[str, Any], cast: Cast, calendar: Calendar) -> Story:
    """Create a listing that is not published: a draft, one that waits, one that was returned."""
    author = await cast.actor(draft["author"])
    values = values_of("", draft["values"], calendar)
    now = yield calendar.ago(draft["days_ago"], 16, 10)
    listing = await authoring.save(
        kind, None, values, is_submitted=draft["status"] != "draft", by=By(author, now)
    )
    if draft["status"] != "returned":
        return
    now = yield calendar.ago(draft["days_ago"] - 1, 10, 30)
    await authoring.review(
        kind.key,
        listing.number,
        points=draft["points"],
        is_published=False,
        comment=draft["comment"],
        by=By(await cast.actor("operator"), now),
    )


async def find_match(need: str | None, outcome: str) -> Match | None:
    """Return the match of a need and an outcome, named by their keys."""
    if need is None:
        return None
    titles: dict[str, Any] = {
        "need__title": load("needs")[need]["title"],
        "outcome__title": load("outcomes")[outcome]["title"],
    }
    return await Match.get_or_none(**titles)
