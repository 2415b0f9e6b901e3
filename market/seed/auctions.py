"""The demo's auctions: one concluded, one failed, one live, one about to open, one to enrol in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from market.accounts.models import Organisation
from market.auctions import admission, deposits, drafting, enrolling, results, sweeps
from market.auctions.bidding import offer_price
from market.auctions.deposits import Entry
from market.auctions.enrolling import Application
from market.auctions.lot_terms import LotTerms
from market.auctions.models import Auction, Enrolment
from market.auctions.states import Basis, Format, Movement, NextRule, Right, Ruling, SingleRule
from market.codes.regions import GUANGXI
from market.deals import publicity
from market.deals.models import Deal
from market.deps import Deps
from market.kit.clock import end_of_day, local_date
from market.listings.models import Outcome
from market.records.by import By
from market.records.decisions import Verdict
from market.seed.content import fen, id_of, load, store_pdf
from market.seed.people import Cast
from market.seed.timeline import HOLIDAYS, Calendar, Story, at, pass_time

EXCHANGE = "exchange"
ANNOUNCED = 30
"""Days from the announcement to the bidding; ten working days of them before the enrolment ends."""
RULES = (
    "一、报价以到达服务器的时间为准，以系统受理顺序为准，一经确认不能撤回。\n"
    "二、最后 3 分钟内有有效报价的，结束时间改为该报价到达后 3 分钟。\n"
    "三、保证金存入交易所监管账户，未成交的在结果公示后 5 个工作日内原路退还。\n"
    "四、受让方应在结果生效后 10 个工作日内签约；内部审批未通过不是理由，未按期签约为悔约。\n"
    "五、竞价因故暂停的，恢复时剩余时间不变，至少提前 1 小时通知。"
)
ACCOUNT = "桂江技术产权交易所竞价保证金监管专户，邕州商业银行民族大道支行 6620 0188 0071 0935"


@dataclass(frozen=True)
class Lot:
    """One auction of the demo; amounts in 万元, a bid is a place in `bidders`, an amount and its minute."""

    outcome: str
    holder: str
    title: str
    right: Right
    start: int
    step: int
    days: int
    """How many days before today the bidding is; negative: after it."""
    bidders: Sequence[str] = ()
    bids: Sequence[tuple[int, int, float]] = ()
    years: int | None = None
    is_now: bool = False
    """It began half an hour ago, whatever the time of day, and takes three days; others take an hour."""


LOTS = (
    Lot(
        "bagasse-mould",
        "lu_guisheng",
        "蔗渣浆模塑餐具无氟防水防油专利包",
        Right.EXCLUSIVE,
        60,
        2,
        22,
        ("ning_siyuan", "enterprise", "enterprise2"),
        ((0, 60, 1), (2, 62, 9), (1, 66, 31), (0, 68, 52), (2, 70, 58.5), (1, 72, 60.2), (2, 74, 62.6)),
        years=8,
    ),
    Lot(
        "mango-postharvest",
        "cen_yuping",
        "芒果采后炭疽病热水诱抗防控成套技术",
        Right.TRANSFER,
        95,
        3,
        9,
        ("li_chasheng", "su_yu"),
    ),
    Lot(
        "vermicular-iron",
        "yang_chunhui",
        "蠕墨铸铁气缸体在线蠕化率控制技术",
        Right.TRANSFER,
        120,
        4,
        0,
        ("enterprise", "enterprise2", "luo_ziang"),
        ((2, 120, 2), (1, 124, 11), (2, 128, 19)),
        is_now=True,
    ),
    Lot(
        "cinnamon-oil",
        "su_jingyi",
        "肉桂枝叶精油精馏与桂醛稳定化技术",
        Right.TRANSFER,
        48,
        1,
        -1,
        ("enterprise", "li_chasheng"),
    ),
    Lot(
        "cassava-harvest",
        "cen_yuping",
        "木薯挖掘收获与薯土分离机专利",
        Right.TRANSFER,
        36,
        1,
        -17,
    ),
)
WAITING = ("enterprise", "ning_siyuan")
"""Who would step in for a winner who does not sign."""
OUTCOMES = frozenset(lot.outcome for lot in LOTS)
"""What has to be published before its auction is announced."""


def auction_stories(cast: Cast, deps: Deps, calendar: Calendar) -> Iterator[Story]:
    """Yield the course of each lot."""
    for lot in LOTS:
        yield _course(lot, cast, deps, calendar)


async def _course(lot: Lot, cast: Cast, deps: Deps, calendar: Calendar) -> Story:
    """Announce, enrol, draw, bid, confirm and open the deal, as far as the present goes."""
    day = calendar.today - timedelta(days=lot.days)
    begun = (calendar.now - timedelta(minutes=30)).replace(second=0, microsecond=0)
    opens = begun if lot.is_now else at(day, 10)
    last_day = _last_day(day)
    now = yield at(day - timedelta(days=ANNOUNCED + 4), 9, 30)
    auction = await _announce(lot, opens, end_of_day(last_day), cast, deps, now)
    enrolments = []
    for place, bidder in enumerate(lot.bidders):
        now = yield at(day - timedelta(days=20 - 3 * place), 11, 10 * place)
        enrolments.append(await _enrol(auction, bidder, cast, deps, now))
    if not lot.bidders:
        return
    now = yield end_of_day(last_day) + timedelta(seconds=5)
    await sweeps.end_enrolment(auction.id, now=now)
    now = yield at(day - timedelta(days=2), 10)
    exchange = By(await cast.actor(EXCHANGE), now)
    auction = await admission.draw_numbers(auction.number, f"邕 {lot.outcome}", by=exchange)
    now = yield opens
    await sweeps.begin_bidding(auction.id, now=opens)
    for place, wan, minutes in lot.bids:
        arrived = opens + timedelta(minutes=minutes)
        await offer_price(
            auction.id,
            enrolments[place].id,
            fen(wan) or 0,
            arrived_at=arrived,
            form_key=f"{lot.outcome}-{minutes}",
        )
    auction = await Auction.get(id=auction.id)
    now = yield (auction.ends_at or opens) + timedelta(seconds=15)
    await sweeps.end_bidding(auction.id, deps.settings.secret_key, now=now)
    now = yield at(day + timedelta(days=1), 9, 20)
    if not lot.bids:
        for enrolment in enrolments:
            await _move_deposit(auction, enrolment, Movement.RELEASED, cast, deps, now)
        return
    await pass_time(deps, now)
    proposal = await results.propose(auction.number, Ruling.RESULT, by=By(await cast.actor(EXCHANGE), now))
    now = yield at(day + timedelta(days=1), 15)
    second = By(await cast.actor(f"{EXCHANGE}2"), now)
    await results.rule(proposal.id, Verdict.CONFIRMED, calendar=HOLIDAYS, by=second)
    now = yield at(day + timedelta(days=20), 9)
    await pass_time(deps, now)
    await results.PUBLICITY.sweep(now)
    now = yield at(day + timedelta(days=21), 10)
    deal = await Deal.get_or_none(id=(await Auction.get(id=auction.id)).deal_id)
    if deal is None:  # holidays have moved the end of the notice
        return
    await publicity.skip_publicity(deal.number, by=By(await cast.actor(lot.holder), now))


def _last_day(day: date) -> date:
    """Return the last day to enrol: a whole working day, and at least four days, before the bidding."""
    last = day - timedelta(days=4)
    while not any(
        HOLIDAYS.is_working_day(last + timedelta(days=days), GUANGXI) for days in range(1, (day - last).days)
    ):
        last -= timedelta(days=1)
    return last


async def _announce(
    lot: Lot, opens: datetime, until: datetime, cast: Cast, deps: Deps, now: datetime
) -> Auction:
    outcome = await Outcome.get(title=load("outcomes")[lot.outcome]["title"])
    ends = at(local_date(opens) + timedelta(days=3), 17) if lot.is_now else opens + timedelta(hours=1)
    terms = LotTerms(
        title=lot.title,
        format=Format.ASCENDING,
        right=lot.right,
        start=fen(lot.start) or 0,
        step=fen(lot.step) or 0,
        deposit=fen(lot.start // 10) or 0,
        enrol_until=until,
        opens_at=opens,
        planned_end=ends,
        hard_end=ends + timedelta(hours=2),
        years=lot.years,
        basis=Basis.APPRAISAL,
        deposit_account=ACCOUNT,
        single_rule=SingleRule.AGREE,
        next_rule=NextRule.SECOND,
        terms_text=RULES,
        contact="桂江技术产权交易所竞价部 0771-5550136",
    )
    by = By(await cast.actor(lot.holder), now)
    auction = await drafting.create(
        outcome.number,
        terms,
        organiser_id=id_of("organisation", EXCHANGE),
        reserve=None,
        secret=deps.settings.secret_key,
        by=by,
    )
    await drafting.submit(auction.number, by=by)
    operator = By(await cast.actor("operator"), now + timedelta(hours=3))
    return await drafting.approve(auction.number, calendar=HOLIDAYS, by=operator)


async def _enrol(auction: Auction, bidder: str, cast: Cast, deps: Deps, now: datetime) -> Enrolment:
    """Enrol a firm; the exchange records and confirms its deposit and admits it."""
    actor = await cast.actor(bidder)
    lines = [f"Authorisation for {auction.number}", f"Agent: {bidder}"]
    mandate = await store_pdf("mandate.pdf", lines, deps.store)
    application = Application(auction.terms_hash, waits_second=bidder in WAITING)
    enrolment = await enrolling.enrol(auction.number, application, mandate, by=By(actor, now))
    later = now + timedelta(hours=4)
    await _move_deposit(auction, enrolment, Movement.RECEIVED, cast, deps, later)
    first = By(await cast.actor(EXCHANGE), later + timedelta(hours=2))
    return await admission.admit(auction.number, enrolment.id, by=first)


async def _move_deposit(
    auction: Auction, enrolment: Enrolment, movement: Movement, cast: Cast, deps: Deps, now: datetime
) -> None:
    """Let one of the exchange record what a voucher says of a deposit, and another confirm it."""
    firm = await Organisation.get(id=enrolment.organisation_id)
    voucher = f"JYS{auction.number[3:7]}{auction.number[-3:]}-{str(enrolment.id)[:4]}"
    account = f"6620{int(firm.id) % 10**15:015d}"
    entry = Entry(movement, auction.deposit, voucher, firm.name, local_date(now), account)
    first, second = await cast.actor(EXCHANGE), await cast.actor(f"{EXCHANGE}2")
    row = await deposits.record_movement(
        auction.number, enrolment.id, entry, secret=deps.settings.secret_key, by=By(first, now)
    )
    await deposits.decide_movement(row.id, Verdict.CONFIRMED, by=By(second, now + timedelta(hours=1)))
