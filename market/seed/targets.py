"""The demo's targets: two years with definitions, deeds in every state, last year closed and followed up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from market.accounts.models import Organisation
from market.deps import Deps
from market.files.attachments import StoredBlob
from market.kit.clock import local_date
from market.records.by import By
from market.records.decisions import Verdict
from market.seed.bargains import AGENTS
from market.seed.content import fen, id_of, load, store_pdf
from market.seed.listings import AUTHORS
from market.seed.people import Cast
from market.seed.timeline import Calendar, Story, at
from market.targets import closings, declaring, definitions, follow_ups, plans, samples, sharing, verdicts
from market.targets.cities import unit_of_city
from market.targets.criteria import answers, failed, lacks_statement
from market.targets.definitions import DefinitionTerms
from market.targets.follow_ups import FollowUpEntry
from market.targets.models import Deed, DeedSample
from market.targets.queries import facts_of
from market.targets.recount import recount_year
from market.targets.states import DeedStatus, Event, Result, ScopeKind

WEIGHTS = (30, 25, 20, 5, 8, 4, 5, 5, 7, 5, 3, 4, 4, 3)
"""Of the fourteen cities in the order of their codes."""
UNITS = {"university": 8, "lidong": 6, "guixi": 4, "marine": 3, "sugar": 3, "longzhi": 2}
TOTALS = (14, 18)
"""Targets of the round's year and of the years after it."""
CHECKERS = {"4501": "city", "4502": "wei_rongxin"}
PARTNERS = ("university", "guixi")
"""Of whom one is asked to share a deed."""
SEEN = "核对了合同、登记证明和到账凭证，与申报一致。"
DOUBT = "到账凭证的付款人与合同买方名称不一致，须到现场核对设备和账册。"
IN_USE = "已在买方生产线上使用，买方出具了投用证明。"


def target_stories(cast: Cast, deps: Deps, calendar: Calendar) -> Iterator[Story]:
    """Yield how the targets came about and what became of the deeds."""
    yield _definitions(cast, calendar)
    for year in sorted({calendar.round_year, calendar.round_year + 1, calendar.today.year}):
        yield _plan(year, cast, calendar)
    yield _last_year(cast, deps, calendar)
    yield _followed(cast, deps, calendar)
    yield _this_year(cast, deps, calendar)


async def _definitions(cast: Cast, calendar: Calendar) -> Story:
    """Confirm the version of the round's year, then the one that counts by the day of registration."""
    year = calendar.round_year
    for moment, valid_from, event, least in (
        (calendar.round_day(1, 6), date(year, 1, 1), Event.SIGNED, 40),
        (calendar.round_day(12, 3), date(year + 1, 1, 1), Event.REGISTERED, 50),
    ):
        now = yield moment
        day = "签订日" if event is Event.SIGNED else "认定登记日"
        terms = DefinitionTerms(
            valid_from=valid_from,
            event=event,
            least_amount=fen(least) or 0,
            least_received=3000,
            sample_all_from=fen(100) or 0,
            sample_share=2000,
            sample_least=1,
            most_errors=1000,
            text=f"转让方或使用地在本区、成交额 {least} 万元以上的技术合同，按{day}计入年度；"
            "到账三成以上，或成果已在使用；双方不是关联方；一份合同只算一次。",
            basis="假定（A），待主管部门发文",
        )
        proposed = await definitions.propose_definition(terms, by=By(await cast.actor("operator"), now))
        now = yield now + timedelta(days=1)
        by = By(await cast.actor("approver"), now)
        await definitions.decide_definition(proposed.id, Verdict.CONFIRMED, by=by)


async def _plan(year: int, cast: Cast, calendar: Calendar) -> Story:
    """Split a year's target over cities and units, and issue it."""
    now = yield at(date(year, 3, 2), 10)
    by = By(await cast.actor("operator"), now)
    total = TOTALS[year > calendar.round_year]
    plan = await plans.draft_plan(year, f"{year} 年重大科技成果转化 {total} 项", total, by=by)
    cities = [key for key, _name in await plans.keys_of(ScopeKind.CITY)]
    await plans.split_plan(plan.number, ScopeKind.CITY, dict(zip(cities, WEIGHTS, strict=True)), by=by)
    units = {str(id_of("organisation", key)): weight for key, weight in UNITS.items()}
    await plans.split_plan(plan.number, ScopeKind.UNIT, units, by=by)
    await plans.submit_plan(plan.number, by=by)
    now = yield now + timedelta(days=3)
    await plans.decide_plan(plan.number, Verdict.CONFIRMED, by=By(await cast.actor("approver"), now))


async def _last_year(cast: Cast, deps: Deps, calendar: Calendar) -> Story:
    """Declare, check, draw and verify the deeds of the round's year, and close it."""
    year = calendar.round_year
    now = yield calendar.round_day(11, 10)
    await recount_year(year, by=By.job(now))
    deeds = await Deed.filter(year=year, status=DeedStatus.FOUND).order_by("number")
    declared = [deed for deed in deeds[:-1] if await _declare(deed, cast, deps, now)]
    if not declared:
        return
    now = yield calendar.round_day(11, 17)
    for deed in declared:
        await _check(deed, cast, now)
    now = yield calendar.round_day(11, 20)
    sample = await samples.draw_sample(year, "三粒骰子：二、四、六", by=By(await cast.actor("operator"), now))
    now = yield calendar.round_day(11, 24)
    drawn = await Deed.filter(sample_id=sample.id, is_sampled=True).order_by("number")
    for place, deed in enumerate(drawn):
        await _decide(deed, Result.PARTIAL if place == 2 else Result.VERIFIED, cast, now)
    now = yield calendar.round_day(11, 26)
    sample = await DeedSample.get(id=sample.id).select_related("definition")
    for city in await samples.cities_of_sample(sample):
        if city.may_pass:
            by = By(await cast.actor("operator"), now)
            ruling = await samples.propose_rest(sample.id, city.city, by=by)
            by = By(await cast.actor("approver"), now + timedelta(hours=4))
            await samples.decide_rest(ruling.id, Verdict.CONFIRMED, by=by)
    now = yield at(date(year + 1, 2, 9), 10)
    closing = await closings.propose_closing(year, "", by=By(await cast.actor("operator"), now))
    now = yield now + timedelta(days=2)
    await closings.decide_closing(closing.id, Verdict.CONFIRMED, by=By(await cast.actor("approver"), now))


async def _followed(cast: Cast, deps: Deps, calendar: Calendar) -> Story:
    """State after a year what became of most deeds, and confirm all but the last."""
    now = yield calendar.ago(2, 10, 10)
    deeds = await Deed.filter(year=calendar.round_year, status=DeedStatus.VERIFIED).order_by("number")
    due = [deed for deed in deeds if 12 in follow_ups.due_months(deed.verified_on, local_date(now))]
    stated = []
    for place, deed in enumerate(due[:-1]):
        is_in_use = place != 1
        words = "一直在用，产量和申报时相当。" if is_in_use else "买方停产改造，这条线暂停使用。"
        entry = FollowUpEntry(12, is_in_use, (fen(40 + 15 * place) or 0) if is_in_use else 0, words)
        by = By(await cast.actor(await _agent(deed)), now)
        stated.append(await follow_ups.state_follow_up(deed.number, entry, await _paper(deps, deed), by=by))
    now = yield now + timedelta(hours=5)
    for deed, follow_up in list(zip(due, stated, strict=False))[:-1]:
        by = By(await cast.actor(await _checker(deed)), now)
        await follow_ups.decide_follow_up(follow_up.id, Verdict.CONFIRMED, by=by)


async def _this_year(cast: Cast, deps: Deps, calendar: Calendar) -> Story:
    """Bring this year's deeds into every state: verified, decided by one, declared, found."""
    year = calendar.today.year
    now = yield calendar.ago(12, 9, 40)
    await recount_year(year, by=By.job(now))
    deeds = await Deed.filter(year=year, status=DeedStatus.FOUND).order_by("-received_share", "number")
    declared = [deed for deed in deeds[:4] if await _declare(deed, cast, deps, now)]
    now = yield calendar.ago(9, 15)
    checked = declared[:3]
    for deed in checked:
        await _check(deed, cast, now)
    if checked:
        now = yield calendar.ago(7, 10, 30)
        by = By(await cast.actor("operator"), now)
        sample = await samples.draw_sample(year, "三粒骰子：一、五、五", by=by)
        drawn = await Deed.filter(sample_id=sample.id, is_sampled=True).order_by("number")
        now = yield calendar.ago(5, 14, 20)
        for deed in drawn[:1]:
            await _decide(deed, Result.VERIFIED, cast, now)
        for deed in drawn[1:2]:
            by = By(await cast.actor("operator"), now)
            await verdicts.propose_result(deed.number, Result.VERIFIED, SEEN, by=by)
        for deed in drawn[2:3]:
            await _decide(deed, Result.DOUBTFUL, cast, now, DOUBT)
    now = yield calendar.ago(0, 0, 30)
    await recount_year(year, by=By.job(now))
    await _share(year, cast, now)


async def _share(year: int, cast: Cast, now: datetime) -> None:
    """Ask a second unit to share a deed that nobody declared yet."""
    deed = await Deed.filter(year=year, status=DeedStatus.FOUND, is_related=False).order_by("number").first()
    if deed is None:
        return
    key = next(key for key in PARTNERS if id_of("organisation", key) != deed.unit_id)
    partner = await Organisation.get(id=id_of("organisation", key))
    by = By(await cast.actor(await _agent(deed)), now)
    await sharing.propose_share(deed.number, partner.name, 4000, by=by)


async def _declare(deed: Deed, cast: Cast, deps: Deps, now: datetime) -> bool:
    """Declare a deed for its unit, where its criteria permit it."""
    deed = await Deed.get(id=deed.id).select_related("definition", "contract")
    facts = await facts_of(deed)
    criteria = answers(facts)
    if failed(criteria) or not deed.is_registered:
        return False
    needs_paper = lacks_statement(criteria, facts.stated)
    paper = await _paper(deps, deed) if needs_paper else None
    by = By(await cast.actor(await _agent(deed)), now)
    await declaring.declare_deed(deed.number, IN_USE if needs_paper else "", paper, by=by)
    return True


async def _check(deed: Deed, cast: Cast, now: datetime) -> None:
    await declaring.check_deed(deed.number, by=By(await cast.actor(await _checker(deed)), now))


async def _decide(deed: Deed, result: Result, cast: Cast, now: datetime, words: str = SEEN) -> None:
    verdict = await verdicts.propose_result(
        deed.number, result, words, by=By(await cast.actor("operator"), now)
    )
    by = By(await cast.actor("approver"), now + timedelta(hours=3))
    await verdicts.decide_result(verdict.id, Verdict.CONFIRMED, by=by)


async def _agent(deed: Deed) -> str:
    """Return who acts for the unit of a deed."""
    key = next(key for key in load("organisations") if id_of("organisation", key) == deed.unit_id)
    return AGENTS.get(key) or AUTHORS[key]


async def _checker(deed: Deed) -> str:
    """Return who checks the deeds of a city: its bureau once it is named, else the operator."""
    return CHECKERS[deed.city] if await unit_of_city(deed.city) else "operator"


async def _paper(deps: Deps, deed: Deed) -> StoredBlob:
    return await store_pdf("投用证明.pdf", [f"Certificate of use for {deed.number} (demo)"], deps.store)
