"""When a challenge can be listed: indicators that can be measured, money that adds up, time enough. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from market.challenges.amounts import HUNDRED
from market.challenges.challenge_terms import WHOLE, ChallengeTerms, Indicator, Package
from market.challenges.deadlines import deadline_words
from market.challenges.states import BudgetKind, Cooperation, Kind, Operator, Winners
from market.kit.clock import end_of_day, local_date
from market.kit.formats import percent, wan, yuan
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy

OPEN_DAYS = {Kind.ENTERPRISE: 20, Kind.GOVERNMENT: 30}
"""Calendar days after the day of publication during which solutions are taken, at least (D)."""
POINTS = 100
POINTS_TO_LIST = 60
"""Points of the panel from which a government list may be published (A)."""
FEWEST_WORDS = 10
"""Characters of a reason or an argument, at least."""
EXCLUSIVE_WORDS = ("专供", "独家", "唯一供应", "原厂", "指定品牌", "限本地企业", "须持有我单位")
"""Words that tailor a list to one solver."""
SECRET_WORDS = ("绝密", "机密", "秘密级", "国家秘密", "涉密", "武器装备", "军品")
"""Words of what may not be published at all."""
Fault = tuple[str, str]
"""A field and what is wrong with it."""
_NEEDED = {
    "summary": lazy("请用一两句话写清要解决什么。"),
    "background": lazy("请写背景：现在怎样做，难在哪里，损失多少。"),
    "field": lazy("请选择技术领域。"),
    "failure": lazy("请写明技术失败时谁承担什么。"),
    "contact": lazy("请写向谁咨询。"),
}


def faults_of(terms: ChallengeTerms) -> list[Fault]:
    """Return all that keeps terms from being submitted, each at its field."""
    return [
        *((name, str(words)) for name, words in _NEEDED.items() if not getattr(terms, name)),
        *_faults_of_indicators(terms),
        *_faults_of_money(terms),
        *_faults_of_milestones(terms),
        *_faults_of_criteria(terms),
        *_faults_of_packages(terms),
        *_faults_of_hours(terms),
        *_faults_of_wording(terms),
    ]


def listing_faults(terms: ChallengeTerms, now: datetime) -> list[Fault]:
    """Return why terms cannot be published now: beside what is wrong with them, too little time."""
    faults = faults_of(terms)
    earliest = earliest_deadline(terms.kind, now)
    if terms.deadline_at is not None and terms.deadline_at < earliest:
        words = _(
            "张榜后至少揭榜 %(days)s 天，截止不能早于 %(at)s。",
            days=OPEN_DAYS[terms.kind],
            at=deadline_words(earliest),
        )
        faults.append(("deadline_on", words))
    return faults


def earliest_deadline(kind: Kind, now: datetime) -> datetime:
    """Return the earliest deadline of a list published now; the day of publication does not count."""
    return end_of_day(local_date(now).fromordinal(local_date(now).toordinal() + OPEN_DAYS[kind]))


def _faults_of_indicators(terms: ChallengeTerms) -> Iterator[Fault]:
    if not terms.indicators:
        yield "indicators", _("至少写一项考核指标，每项都要能测量。")
    for place, row in enumerate(terms.indicators, 1):
        for words in _faults_of_indicator(row, len(terms.packages)):
            yield "indicators", _("第 %(n)s 项指标%(fault)s", n=place, fault=words)
    if terms.packages:
        with_indicators = {row.package for row in terms.indicators}
        for place, package in enumerate(terms.packages, 1):
            if place not in with_indicators:
                yield "indicators", _("“%(name)s”这一包没有考核指标。", name=package.name)


def _faults_of_indicator(row: Indicator, packages: int) -> Iterator[str]:
    is_number = row.operator is not Operator.YES
    if not row.name:
        yield _("没有名称。")
    if is_number and not row.unit:
        yield _("缺少单位。")
    if is_number and not row.low:
        yield _("缺少要求达到的数值。")
    if row.operator is Operator.BETWEEN and not (row.high and Decimal(row.low or 0) < Decimal(row.high)):
        yield _("的区间要写两个数，前一个小于后一个。")
    if not row.method:
        yield _("缺少检测方法：请写明按什么标准、由谁检测。")
    if row.package != WHOLE and row.package > packages:
        yield _("所属的包不存在。")


def _faults_of_money(terms: ChallengeTerms) -> Iterator[Fault]:
    if terms.budget_kind is BudgetKind.NEGOTIABLE:
        if terms.kind is Kind.GOVERNMENT:
            yield "budget_kind", _("政府榜须写明榜额。")
        return
    if not terms.budget:
        yield "budget", _("请填榜额。")
        return
    is_range = terms.budget_kind is BudgetKind.RANGE
    if is_range and not 0 < (terms.budget_least or 0) < terms.budget:
        yield "budget_least", _("请填区间的下限，须小于榜额。")
    if terms.public_share and terms.kind is not Kind.GOVERNMENT:
        yield "public_share", _("企业榜没有财政支持。")
    if terms.winners is Winners.ONE and terms.winners_most != 1:
        yield "winners_most", _("入选一家的，家数填 1。")
    if terms.winners is not Winners.ONE and terms.winners_most < 2:
        yield "winners_most", _("请填最多入选几家，至少 2。")
    if terms.winners is Winners.EACH:
        yield from _faults_of_each(terms.each or 0, terms.winners_most, terms.budget)
    if terms.race_lanes == 1 or (terms.race_lanes and not terms.race_cut):
        yield "race_lanes", _("赛马至少两支团队，并写明什么时候、按什么淘汰。")
    if terms.race_lanes and terms.winners is not Winners.ONE:
        yield "race_lanes", _("赛马最后只留一家，请选“入选一家”。")


def _faults_of_each(each: int, winners: int, budget: int) -> Iterator[Fault]:
    if not each:
        yield "each", _("请填每家的金额。")
    elif each * winners > budget:
        words = _(
            "%(n)s 家各 %(each)s，合计 %(sum)s，超过榜额 %(budget)s。",
            n=winners,
            each=wan(each),
            sum=wan(each * winners),
            budget=wan(budget),
        )
        yield "each", words


def _faults_of_milestones(terms: ChallengeTerms) -> Iterator[Fault]:
    if not terms.milestones:
        yield "milestones", _("请写分几个阶段付款，各付多少。")
        return
    total = sum(row.share for row in terms.milestones)
    if total != HUNDRED:
        yield "milestones", _("各阶段比例合计 %(sum)s，应为 100%%。", sum=percent(total))
    for place, row in enumerate(terms.milestones, 1):
        if not row.name or not row.condition or not row.share:
            yield "milestones", _("第 %(n)s 个阶段请写明名称、付款条件和比例。", n=place)
    days = [row.due_on for row in terms.milestones if row.due_on]
    if days != sorted(days):
        yield "milestones", _("各阶段的时间应从早到晚。")


def _faults_of_criteria(terms: ChallengeTerms) -> Iterator[Fault]:
    if not terms.criteria:
        yield "criteria", _("请写怎样选：各项内容和分值，张榜以后不再改。")
        return
    total = sum(row.points for row in terms.criteria)
    if total != POINTS:
        yield "criteria", _("各项分值合计 %(sum)s，应为 100。", sum=total)
    if any(row.points < 1 or not row.name for row in terms.criteria):
        yield "criteria", _("每一项都要有名称和大于 0 的分值。")
    if len({row.name for row in terms.criteria}) != len(terms.criteria):
        yield "criteria", _("有两项名称相同。")


def _faults_of_packages(terms: ChallengeTerms) -> Iterator[Fault]:
    if terms.cooperation is not Cooperation.CROWD:
        if terms.packages:
            yield "packages", _("只有研发众包才分包。")
        return
    if not terms.packages:
        yield "packages", _("研发众包至少分一个包。")
    for place, row in enumerate(terms.packages, 1):
        if not row.name or not row.text or row.reward < 1 or row.copies < 1:
            yield "packages", _("第 %(n)s 包请写明名称、内容、报酬和份数。", n=place)
        if row.after >= place:
            yield "packages", _("第 %(n)s 包只能排在它前面的包之后。", n=place)
    total = packages_total(terms.packages)
    if terms.budget is not None and total > terms.budget:
        words = _("各包报酬合计 %(sum)s，超过榜额 %(budget)s。", sum=yuan(total), budget=yuan(terms.budget))
        yield "packages", words


def packages_total(packages: tuple[Package, ...]) -> int:
    """Return what all wanted copies of all packages cost."""
    return sum(row.reward * row.copies for row in packages)


def _faults_of_hours(terms: ChallengeTerms) -> Iterator[Fault]:
    if terms.opens_at is None:
        yield "opens_on", _("请填从什么时候开始揭榜。")
    if terms.deadline_at is None:
        yield "deadline_on", _("请填揭榜截止的日期和时刻。")
    elif terms.opens_at is not None and terms.opens_at >= terms.deadline_at:
        yield "deadline_on", _("截止应晚于开始揭榜。")


def _faults_of_wording(terms: ChallengeTerms) -> Iterator[Fault]:
    texts = {name: getattr(terms, name) for name in ("title", "summary", "background", "conditions")}
    texts["indicators"] = " ".join(f"{row.name} {row.method}" for row in terms.indicators)
    texts["packages"] = " ".join(f"{row.name} {row.text}" for row in terms.packages)
    for name, text in texts.items():
        for word in (word for word in SECRET_WORDS if word in text):
            yield name, _("写了“%(word)s”：涉密内容不得发布。", word=word)
        for word in (word for word in EXCLUSIVE_WORDS if word in text):
            yield name, _("写了“%(word)s”：条件不能只有一家能满足，请改成要达到的指标。", word=word)


def ceiling_fault(terms: ChallengeTerms, amounts: list[int]) -> str:
    """Return why these awards together cannot be; empty where they can."""
    total = sum(amounts)
    if terms.budget is None or total <= terms.budget:
        return ""
    return _("入选金额合计 %(sum)s，超过榜额 %(most)s。", sum=wan(total), most=wan(terms.budget))
