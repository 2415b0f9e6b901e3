"""The demo's rankings: schemes, parks with their firms, the last months frozen, checked and told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from market.accounts.demo_logins import DOMAIN
from market.accounts.models import Organisation, OrganisationKind
from market.accounts.organisations import verify_organisation
from market.codes.uscc import check_digit
from market.deps import Deps
from market.listings.rules import months_later
from market.rankings import freezing, objections, parks, reports, schemes, warnings
from market.rankings.models import MonthReport, Ranking
from market.rankings.schemes import Part, Rule
from market.rankings.states import Occasion, ParkLevel, PeriodKind, PlaceKind, RankingStatus, WarningKind
from market.rankings.warning_rules import due_warnings
from market.records.by import By
from market.records.decisions import Verdict
from market.seed.content import fen, id_of, store_pdf
from market.seed.people import Cast, add_person, common_hash, register_organisation
from market.seed.timeline import HOLIDAYS, Calendar, Story, at

PARKS = (
    ("yongcheng", "邕城高新区", ParkLevel.NATIONAL, "4501", ("university", "enterprise"), "莫昭宁"),
    ("longcheng", "龙城高新区", ParkLevel.NATIONAL, "4502", ("longzhi", "muche", "lichuan"), "覃远帆"),
    ("lidong", "漓东高新区", ParkLevel.NATIONAL, "4503", ("lidong", "yanlan"), "蒋若溪"),
    ("beiwan", "北湾高新区", ParkLevel.PROVINCIAL, "4505", ("marine", "chaoyu"), "陆海棠"),
    ("tianling", "田岭高新区", ParkLevel.PROVINCIAL, "4510", ("guixi", "tianling"), "岑立秋"),
    ("guizhong", "桂中高新区", ParkLevel.PROVINCIAL, "4513", ("sugar", "zheyuan"), "韦知夏"),
)
"""Code, name, level, city, members and who speaks for its office."""
LOGIN = "lidong"
"""The park whose office the demo's login acts for."""
LATE = "tianling"
"""The park that does not report its last month."""
RULES = (
    Rule(WarningKind.YELLOW, 620, 3),
    Rule(WarningKind.YELLOW, last=1, times=2, period=PeriodKind.QUARTER),
    Rule(WarningKind.RED, last=1, times=2, period=PeriodKind.YEAR),
    Rule(WarningKind.REMINDER),
)
DEDUCTIONS = {Occasion.UNREPORTED: 5, Occasion.LATE: 2, Occasion.BREACH: 10, Occasion.UNTRUE: 15}
LATE_MEMBER = "yanlan"
"""A firm of the login's park that was written down late: an objection brings it in, and a correction."""
OBJECTED_BACK = 2
"""How many months ago the ranking was that the objection is to."""
BOUNDS = {
    "output_count": (25, (0, 3), (0, 8), (2, 30)),
    "output_trade": (25, (0, 300), (0, 800), (100, 3000)),
    "input_count": (15, (0, 3), (0, 8), (2, 30)),
    "received": (20, (0, 200), (0, 500), (50, 2000)),
    "needs": (10, (0, 5), (0, 12), (2, 40)),
    "average_trade": (5, (20, 150), (20, 150), (20, 150)),
    "research": (10, (500, 5000), (1500, 15000), (6000, 60000)),
}
"""Weight, and the values of 60 and 100 points by month, quarter and year."""
MONTHS = 4


def ranking_stories(cast: Cast, deps: Deps, calendar: Calendar) -> Iterator[Story]:
    """Yield how the schemes and parks came about, and the ranking of each of the last months."""
    yield _schemes(cast, calendar)
    yield _parks(cast, calendar)
    this = calendar.today.replace(day=1)
    for back in range(MONTHS, 0, -1):
        begins_on = months_later(this, -back)
        if begins_on.year > calendar.round_year:
            yield _month(begins_on, cast, deps, is_last=back == 1)
            if back == OBJECTED_BACK:
                yield _objection(begins_on, cast, calendar)
            if begins_on.month % 3 == 0:
                yield _quarter(months_later(begins_on, -2), cast)


async def _schemes(cast: Cast, calendar: Calendar) -> Story:
    now = yield calendar.round_day(12, 8)
    parts = [
        Part(code, weight, dict(zip(PeriodKind, bounds, strict=True)))
        for code, (weight, *bounds) in BOUNDS.items()
    ]
    proposed = [
        await schemes.propose_scheme(
            kind,
            date(calendar.round_year + 1, 1, 1),
            parts if kind is PlaceKind.PARK else [part for part in parts if not part.indicator.is_stated],
            "指标从登记、到账和需求的记录数出来，按功效系数计 60 至 100 分；各项的两个界值在年初定好。"
            + ("研发投入由园区填报，附依据，核对后使用。" if kind is PlaceKind.PARK else ""),
            "假定（A），待主管部门发文",
            rules=RULES if kind is PlaceKind.PARK else (),
            deductions=DEDUCTIONS if kind is PlaceKind.PARK else None,
            by=By(await cast.actor("operator"), now),
        )
        for kind in PlaceKind
    ]
    now = yield now + timedelta(days=1)
    for scheme in proposed:
        by = By(await cast.actor("approver"), now)
        await schemes.decide_scheme(scheme.id, Verdict.CONFIRMED, by=by)


async def _parks(cast: Cast, calendar: Calendar) -> Story:
    now = yield calendar.round_day(12, 10)
    since = date(calendar.round_year, 1, 1)
    for place, (code, name, level, city, members, person) in enumerate(PARKS):
        office = await _establish_office(code, name, city, person, place, cast, now)
        by = By(await cast.actor("operator"), now)
        park = await parks.create_park(code, name, level, city, office.id, by=by)
        for key in members:
            if key == LATE_MEMBER:
                continue
            await parks.join_park(park.code, id_of("organisation", key), since, by=by)


async def _establish_office(
    code: str, name: str, city: str, person: str, place: int, cast: Cast, now: datetime
) -> Organisation:
    """Register the office of a park with one person, and verify it."""
    key = speaker_of(code)
    email = f"{key.replace('_', '.')}{DOMAIN}"
    user = await add_person(key, {"email": email, "name": person}, await common_hash(), now)
    body = f"11{city}00MB1P{place:03}7Q"
    details = {
        "name": f"{name}管理委员会",
        "uscc": body + check_digit(body),
        "kind": OrganisationKind.AUTHORITY.value,
        "region": f"{city}00",
        "industry": "S91",
        "nature_code": "040",
        "established_on": "2012-05-01",
        "introduction": f"{name}的管理机构。",
        "contact_name": person,
        "contact_phone": f"0771-555{place:02}66",
        "contact_email": email,
    }
    office = await register_organisation(f"{code}_park", details, [user], now)
    await verify_organisation(
        office.id, revision=1, by=By(await cast.actor("operator"), now + timedelta(hours=1))
    )
    return office


def speaker_of(code: str) -> str:
    """Return the key of the person who speaks for a park."""
    return "park" if code == LOGIN else f"{code}_park"


async def _report(begins_on: date, cast: Cast, deps: Deps, now: datetime, *, is_last: bool) -> None:
    """State the month for each park but one."""
    paper = await store_pdf("研发投入统计表.pdf", [f"R&D expenditure {begins_on:%Y-%m} (demo)"], deps.store)
    for place, (code, *_park) in enumerate(PARKS):
        if not (is_last and code == LATE):
            by = By(await cast.actor(speaker_of(code)), now)
            amount = fen(4200 - 560 * place + 90 * begins_on.month) or 0
            await reports.state_report(begins_on, amount, "", paper, by=by)


async def _month(begins_on: date, cast: Cast, deps: Deps, *, is_last: bool) -> Story:
    """Freeze a month of parks and of cities, have it checked, and let the days to object pass."""
    after = months_later(begins_on, 1)
    now = yield at(after.replace(day=2), 10)
    await _report(begins_on, cast, deps, now, is_last=is_last)
    now = yield at(after.replace(day=3), 16)
    for report in await MonthReport.filter(month=begins_on, verdict=None).order_by("park__code"):
        by = By(await cast.actor("operator"), now)
        await reports.decide_report(report.id, Verdict.CONFIRMED, by=by)
    now = yield at(after.replace(day=4), 9, 30)
    numbers = []
    for kind in PlaceKind:
        by = By(await cast.actor("operator"), now)
        ranking = await freezing.freeze_ranking(kind, PeriodKind.MONTH, begins_on, "", "", by=by)
        numbers.append(ranking.number)
    now = yield at(after.replace(day=5), 15)
    by = By(await cast.actor("approver"), now)
    told = [
        await freezing.decide_ranking(number, Verdict.CONFIRMED, calendar=HOLIDAYS, by=by)
        for number in numbers
    ]
    now = yield (told[0].object_until or now) + timedelta(seconds=5)
    for ranking in told:
        await freezing.conclude_due(ranking.id, now=now)
    if not is_last:
        return
    now = yield now + timedelta(hours=10)
    proposed = [
        await warnings.propose_warning(
            ranking.number, due.place, due.kind, by=By(await cast.actor("operator"), now)
        )
        for ranking in await Ranking.filter(id__in=[one.id for one in told]).select_related("scheme")
        for due in await due_warnings(ranking)
    ]
    now = yield now + timedelta(hours=5)
    for warning in proposed[:1]:
        by = By(await cast.actor("approver"), now)
        await warnings.decide_warning(warning.number, Verdict.CONFIRMED, by=by)


async def _objection(begins_on: date, cast: Cast, calendar: Calendar) -> Story:
    """Have the login's park object to a month: a firm was missing, it is written down, all is corrected."""
    after = months_later(begins_on, 1)
    now = yield at(after.replace(day=6), 10)
    ranking = await Ranking.get(
        kind=PlaceKind.PARK, period_kind=PeriodKind.MONTH, begins_on=begins_on, status=RankingStatus.TOLD
    )
    objection = await objections.object_to_ranking(
        ranking.number,
        LOGIN,
        "岩澜公司一直在园区内，入园没有登记，它的合同没有算进来。请核对注册地址后更正。",
        indicator="output_count",
        by=By(await cast.actor(speaker_of(LOGIN)), now),
    )
    now = yield now + timedelta(hours=5)
    await objections.answer_objection(
        objection.id,
        "经核对注册地址和入园协议，该企业自上年 1 月起在园区内，登记有遗漏，应予更正。",
        is_upheld=True,
        by=By(await cast.actor("operator"), now),
    )
    now = yield now + timedelta(hours=18)
    await objections.decide_objection(
        objection.id, Verdict.CONFIRMED, by=By(await cast.actor("approver"), now)
    )
    now = yield now + timedelta(hours=2)
    by = By(await cast.actor("operator"), now)
    since = date(calendar.round_year, 1, 1)
    await parks.join_park(LOGIN, id_of("organisation", LATE_MEMBER), since, by=by)
    second = await freezing.freeze_ranking(
        PlaceKind.PARK, PeriodKind.MONTH, begins_on, "异议成立：补记一家企业入园。", "", by=by
    )
    now = yield now + timedelta(hours=3)
    by = By(await cast.actor("approver"), now)
    told = await freezing.decide_ranking(second.number, Verdict.CONFIRMED, calendar=HOLIDAYS, by=by)
    now = yield (told.object_until or now) + timedelta(seconds=5)
    await freezing.conclude_due(told.id, now=now)


async def _quarter(begins_on: date, cast: Cast) -> Story:
    """Freeze a quarter of parks and of cities, write its analysis, have it checked."""
    after = months_later(begins_on, 3)
    now = yield at(after.replace(day=13), 9, 30)
    numbers = []
    for kind in PlaceKind:
        by = By(await cast.actor("operator"), now)
        ranking = await freezing.freeze_ranking(kind, PeriodKind.QUARTER, begins_on, "", "", by=by)
        await freezing.write_analysis(ranking.number, ANALYSES[kind], by=by)
        numbers.append(ranking.number)
    now = yield at(after.replace(day=14), 15)
    by = By(await cast.actor("approver"), now)
    told = [
        await freezing.decide_ranking(number, Verdict.CONFIRMED, calendar=HOLIDAYS, by=by)
        for number in numbers
    ]
    now = yield (told[0].object_until or now) + timedelta(seconds=5)
    for ranking in told:
        await freezing.conclude_due(ranking.id, now=now)


ANALYSES = {
    PlaceKind.PARK: "各园区每季的项数都不多，名次升降多在偶然范围内，宜看可比合计和连续几期的走势。"
    "国家级园区的差距主要来自到账额；自治区级园区要先把需求发布起来。",
    PlaceKind.CITY: "输出集中在有高校的市，吸纳分散。到账慢于登记，下一季督促按约付款。",
}
"""What the department wrote about the quarter."""
