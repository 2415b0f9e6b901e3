"""When an auction can be announced, and what its bidders are told of its hours. Pure; amounts in fen."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from market.auctions.lot_terms import LotTerms
from market.auctions.states import DepositPlace, Format, Right
from market.codes.holidays import Calendar
from market.kit.clock import end_of_day, local_date
from market.kit.formats import yuan
from market.kit.i18n import gettext as _
from market.notices.models import DayKind
from market.notices.periods import last_day, period_end, publication_region

ANNOUNCE_DAYS = 10
"""Working days for which an auction is announced before the enrolment ends (A); exchanges take 5 to 20."""
SHORTEST = timedelta(minutes=30)
"""How long bidding takes at least."""
ADMISSION_DAYS = 1
"""Whole working days at least between the end of the enrolment and the beginning of the bidding."""
RESUME_AFTER = timedelta(hours=1)
"""How long before an auction goes on its bidders are told."""
Fault = tuple[str, str]
"""A field and what is wrong with it."""


def faults_of(terms: LotTerms) -> list[Fault]:
    """Return all that is wrong with terms in themselves."""
    faults: list[Fault] = []
    if not terms.start * 5 <= terms.step * 1000 <= terms.start * 200:
        least, most = yuan(-(-terms.start // 200)), yuan(terms.start // 5)
        faults.append(
            (
                "step",
                _(
                    "加价幅度应在起始价的 0.5 %% 到 20 %% 之间：%(least)s 到 %(most)s。",
                    least=least,
                    most=most,
                ),
            )
        )
    if not terms.enrol_until < terms.opens_at:
        faults.append(("opens_at", _("竞价开始应晚于报名截止。")))
    if terms.planned_end - terms.opens_at < SHORTEST:
        faults.append(("planned_end", _("竞价至少进行 30 分钟。")))
    if terms.hard_end is not None and terms.hard_end < terms.planned_end:
        faults.append(("hard_end", _("最晚结束不能早于计划结束。")))
    if terms.format is Format.SEALED and terms.hard_end is not None:
        faults.append(("hard_end", _("一次性报价不延时，不用填最晚结束。")))
    if terms.deposit > terms.start:
        faults.append(("deposit", _("保证金不能高于起始价。")))
    if terms.deposit and terms.deposit_place is DepositPlace.EXCHANGE and not terms.deposit_account:
        faults.append(("deposit_account", _("请写明保证金存入哪个交易机构的监管账户。")))
    if terms.right is Right.TRANSFER and (terms.years or terms.territory):
        faults.append(("years", _("转让没有许可年限和地域。")))
    if terms.right is not Right.TRANSFER and not terms.years:
        faults.append(("years", _("许可应写明年限。")))
    return faults


def announcement_faults(terms: LotTerms, now: datetime, region: str, calendar: Calendar) -> list[Fault]:
    """Return why terms cannot be announced now."""
    faults = faults_of(terms)

    def nth_working_day(after: date, days: int) -> date | None:
        province = publication_region(region)
        return period_end(after, days, DayKind.WORKING, region=province, calendar=calendar)

    last = nth_working_day(local_date(now), ANNOUNCE_DAYS)
    if last is None or terms.enrol_until < end_of_day(last):
        faults.append(
            (
                "enrol_until",
                _(
                    "公告期不少于 %(days)s 个工作日，报名截止不能早于 %(end)s 24:00。",
                    days=ANNOUNCE_DAYS,
                    end=last or "—",
                ),
            )
        )
    admitted = nth_working_day(last_day(terms.enrol_until), ADMISSION_DAYS)
    if terms.enrol_until < terms.opens_at and (admitted is None or terms.opens_at < end_of_day(admitted)):
        words = _("报名截止后要留至少 %(days)s 个完整的工作日审核资格、抽取竞价号。", days=ADMISSION_DAYS)
        faults.append(("opens_at", words))
    return faults


def count_groups(related: list[tuple[int, int]], bidders: int) -> int:
    """Return how many independent bidders there are when these pairs, by index, count as one."""
    group = list(range(bidders))

    def root(one: int) -> int:
        while group[one] != one:
            one = group[one]
        return one

    for first, second in related:
        group[root(first)] = root(second)
    return len({root(one) for one in range(bidders)})
