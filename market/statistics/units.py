"""Reports of units: universities and institutes (财科教〔2017〕22号), and of agencies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from market.accounts.models import Organisation, OrganisationKind, OrganisationStatus
from market.codes.labels import label
from market.contracts.states import Disclosure
from market.kit.formats import day
from market.kit.growth import Growth, growth
from market.kit.i18n import Lazy, lazy
from market.records.figures import (
    Column,
    Figure,
    FigureValue,
    Measure,
    Period,
    RowSource,
    Scope,
    measure,
    no_rows,
)
from market.statistics.figures import FACILITATED_ROWS, ITEMS, LIVE, LIVE_SCOPE, row_source, rows_query
from market.statistics.hiding import hidden_lines

ACADEMIC = (OrganisationKind.UNIVERSITY, OrganisationKind.INSTITUTE)
_ACADEMIC = "seller_kind IN ({})".format(", ".join(f"'{kind.value}'" for kind in ACADEMIC))
_CONTRACTS, _RECEIPTS = LIVE.contracts[0].source, LIVE.receipts[0].source
_NOTHING = (
    f"'{Disclosure.NOTHING.value}' AS seller_disclosure, '{Disclosure.NOTHING.value}' AS buyer_disclosure"
)
REWARD_ROWS = f"""
SELECT * FROM (
    SELECT p.number AS record, (coalesce(p.paid_at, p.decided_at) AT TIME ZONE 'Asia/Shanghai')::date AS day,
        p.kind AS reward_kind, h.sequence, h.amount, p.currency, o.id::text AS unit,
        o.name AS unit_name, '' AS buyer, {_NOTHING}
    FROM reward_shares h JOIN reward_plans p ON p.id = h.plan_id
        JOIN organisations o ON o.id = p.organisation_id
    WHERE p.status = 'paid' AND p.currency = 'CNY'
) AS rows WHERE day BETWEEN $1::date AND $2::date AND ($3::text = '' OR unit = $3::text)
"""  # noqa: S608
"""One row for each person who was rewarded, without the name."""
STAFF_ROWS = f"""
SELECT u.name AS record, (min(m.started_at) AT TIME ZONE 'Asia/Shanghai')::date AS day, o.id::text AS unit,
    o.name AS unit_name, o.id::text AS agency, coalesce(max(b.certificate_level), '') AS certificate,
    '' AS buyer, CASE WHEN bool_or(b.is_verified) THEN '{Disclosure.SUBJECT.value}'
        ELSE '{Disclosure.NOTHING.value}' END AS seller_disclosure,
    '{Disclosure.SUBJECT.value}' AS buyer_disclosure, coalesce(bool_or(b.is_verified), false) AS is_broker,
    0::bigint AS amount, 'CNY' AS currency, u.id::text AS person
FROM memberships m JOIN organisations o ON o.id = m.organisation_id JOIN users u ON u.id = m.user_id
    LEFT JOIN broker_profiles b ON b.user_id = u.id
WHERE o.kind = '{OrganisationKind.AGENCY.value}' AND $1::date IS NOT NULL
    AND (m.started_at AT TIME ZONE 'Asia/Shanghai')::date <= $2::date
    AND (m.ended_at IS NULL OR (m.ended_at AT TIME ZONE 'Asia/Shanghai')::date > $2::date)
    AND ($3::text = '' OR o.id::text = $3::text)
GROUP BY o.id, u.id
"""  # noqa: S608
"""Who acts for an agency on the last day of the period; verified brokers are public."""


def _of_people(
    query: str, scope: tuple[str, ...], order: str, columns: tuple[Column, ...], unit: Lazy
) -> RowSource:
    return RowSource(
        query=query,
        scope=scope,
        order=order,
        columns=columns,
        page="statistics:rows",
        address=rows_query,
        unit=unit,
        anchor="#rows",
    )


PERSONS = lazy("人次")
REWARDS = _of_people(
    REWARD_ROWS,
    ("unit",),
    "day, record, sequence",
    (
        Column(lazy("奖励方案"), lambda row: str(row.values["record"])),
        Column(lazy("发放日"), lambda row: day(row.values["day"])),
        Column(lazy("单位"), lambda row: str(row.values["unit_name"])),
        Column(lazy("方式"), lambda row: label("reward_kind", str(row.values["reward_kind"]))),
    ),
    PERSONS,
)
STAFF = _of_people(
    STAFF_ROWS,
    ("agency",),
    "unit_name, record, person",
    (
        Column(lazy("姓名"), lambda row: str(row.values["record"])),
        Column(lazy("机构"), lambda row: str(row.values["unit_name"])),
        Column(lazy("加入日"), lambda row: day(row.values["day"])),
        Column(
            lazy("经纪人证书"),
            lambda row: (
                label("certificate_level", str(row.values["certificate"]))
                if row.values["certificate"]
                else "—"
            ),
        ),
    ),
    lazy("人"),
)
FACILITATED = row_source(FACILITATED_ROWS, ITEMS, (*LIVE_SCOPE, "agency"))


class Pair(NamedTuple):
    """A count and the amount of the same rows."""

    items: Figure
    amount: Figure


def _pair(name: str, words: Lazy, amount_words: Lazy, condition: str) -> Pair:
    where = f"{_ACADEMIC} AND {condition}"
    return Pair(
        Figure(f"statistics.{name}", words, _CONTRACTS, where, Measure.COUNT),
        Figure(f"statistics.{name}_amount", amount_words, _CONTRACTS, where),
    )


PAIRS: Mapping[str, Pair] = {
    "academic": _pair("academic", lazy("高校院所合同"), lazy("高校院所合同成交额"), "true"),
    "assignments": _pair("assignments", lazy("转让"), lazy("转让合同成交额"), "kind = 'assignment'"),
    "licences": _pair("licences", lazy("许可"), lazy("许可合同成交额"), "kind = 'licence'"),
    "equity": _pair("equity", lazy("作价投资"), lazy("作价投资合同成交额"), "kind = 'equity'"),
    "joint": _pair(
        "joint",
        lazy("产学研合作（开发、咨询、服务）"),
        lazy("产学研合作合同成交额"),
        "kind IN ('development', 'consulting', 'service')",
    ),
}
"""What the annual report asks for, by the head of its columns."""
ACADEMIC_FIGURES = tuple(figure for pair in PAIRS.values() for figure in pair)
RECEIVED = Figure("statistics.academic_received", lazy("高校院所到账额"), _RECEIPTS, _ACADEMIC)
REWARD_FIGURES = (
    Figure("statistics.rewarded", lazy("奖励人次"), REWARDS, "true", Measure.COUNT),
    Figure("statistics.reward_cash", lazy("现金奖励"), REWARDS, "reward_kind = 'cash'"),
    Figure("statistics.reward_equity", lazy("股权奖励"), REWARDS, "reward_kind = 'equity'"),
)
STAFF_FIGURES = (
    Figure("statistics.staff", lazy("平台上的人员"), STAFF, "true", Measure.COUNT),
    Figure("statistics.brokers", lazy("其中认证经纪人"), STAFF, "is_broker", Measure.COUNT),
)
FACILITATED_FIGURES = (
    Figure("statistics.facilitated", lazy("促成合同"), FACILITATED, "true", Measure.COUNT),
    Figure("statistics.facilitated_amount", lazy("促成登记的合同成交额"), FACILITATED),
)
FIGURES = (*ACADEMIC_FIGURES, RECEIVED, *REWARD_FIGURES, *STAFF_FIGURES, *FACILITATED_FIGURES)


@dataclass(frozen=True)
class UnitLine:
    """What a unit, or all of them together, reports."""

    key: str
    words: str
    now: Mapping[str, FigureValue]
    before: Mapping[str, FigureValue]

    def growth(self, count: str, amount: str = "") -> Growth:
        """Return the growth of a count, or of the amount of the same rows."""
        now, before = self.now[count], self.before[count]
        if not amount:
            return growth(now.count, before.count)
        base = self.before[amount].money.amount
        return growth(self.now[amount].money.amount, base, items=before.count)


@dataclass(frozen=True)
class UnitReport:
    """A line for each unit, and the whole."""

    lines: Sequence[UnitLine]
    total: UnitLine
    counted: str
    """Key of the count behind the amounts that guests read."""

    @property
    def hidden(self) -> frozenset[str]:
        """Return the units whose amounts guests do not read."""
        now = {line.key: line.now[self.counted].count for line in self.lines}
        before = {line.key: line.before[self.counted].count for line in self.lines}
        return frozenset(hidden_lines(now)) | frozenset(hidden_lines(before))


async def academic_report(now: Period, before: Period, event: str) -> UnitReport:
    """Return the annual report of universities and institutes that have any figure in one of the periods."""
    parts: Sequence[tuple[Sequence[Figure], Scope]] = (
        (ACADEMIC_FIGURES, {"event": event}),
        ((RECEIVED,), {"event": event}),
        (REWARD_FIGURES, {}),
    )
    values_now, values_before = await _by_unit(parts, now, "unit"), await _by_unit(parts, before, "unit")
    keys = [key for key in values_now.keys() | values_before.keys() if key]
    names = {str(unit.id): unit.name for unit in await Organisation.filter(id__in=keys).only("id", "name")}
    academic = [
        key
        for key in keys
        if any(value.count for each in (values_now, values_before) for value in each.get(key, {}).values())
    ]
    return _report(
        parts, (values_now, values_before), (now, before), "unit", {k: names[k] for k in academic}, "academic"
    )


async def agency_report(now: Period, before: Period, event: str) -> UnitReport:
    """Return staff, brokers and what they brought about, of each verified agency."""
    parts: Sequence[tuple[Sequence[Figure], Scope]] = (
        (STAFF_FIGURES, {}),
        (FACILITATED_FIGURES, {"event": event}),
    )
    values = await _by_unit(parts, now, "agency"), await _by_unit(parts, before, "agency")
    agencies = Organisation.filter(kind=OrganisationKind.AGENCY, status=OrganisationStatus.VERIFIED)
    names = {str(unit.id): unit.name for unit in await agencies.only("id", "name")}
    return _report(parts, values, (now, before), "agency", names, "facilitated")


Parts = Sequence[tuple[Sequence[Figure], Scope]]
ByUnit = Mapping[str, Mapping[str, FigureValue]]


async def _by_unit(parts: Parts, period: Period, dimension: str) -> ByUnit:
    """Return the figures of a period by unit, and under '' of all units."""
    units: dict[str, dict[str, FigureValue]] = {}
    for figures, scope in parts:
        for group in await measure(figures, period, scope, by=(dimension,)):
            units.setdefault(group.key[dimension], {}).update(group.values)
        (whole,) = await measure(figures, period, scope)
        units.setdefault("", {}).update(whole.values)
    return units


def _report(
    parts: Parts,
    values: tuple[ByUnit, ByUnit],
    periods: tuple[Period, Period],
    dimension: str,
    names: Mapping[str, str],
    counted: str,
) -> UnitReport:
    def line(key: str) -> UnitLine:
        both = []
        for each, period in zip(values, periods, strict=True):
            none: dict[str, FigureValue] = {}
            for figures, scope in parts:
                none |= no_rows(figures, period, {**scope, dimension: key} if key else scope)
            both.append(none | dict(each.get(key, {})))
        return UnitLine(key, names.get(key, ""), *both)

    lines = sorted(
        map(line, names), key=lambda each: (-each.now[counted].count, -each.before[counted].count, each.words)
    )
    return UnitReport(lines, line(""), counted)
