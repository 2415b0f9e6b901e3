"""Figures of deeds: each counts or adds up rows, which it opens; of a closed year the frozen ones."""

from __future__ import annotations

from collections.abc import Iterable

from market.codes.labels import label
from market.kit.formats import day
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.records.figures import Column, Figure, Link, Measure, Period, Row, RowSource, Scope
from market.targets.queries import city_name
from market.targets.states import PENDING, DeedStatus

SCOPE = ("city", "unit", "kind", "month")
"""What a figure is narrowed to: four digits, an id, a kind of contract, a month of verification."""
MOST_TEXT = {"city": 4, "unit": 36, "kind": 24, "month": 7}
"""The longest values of these."""

_LATEST = (
    "SELECT c.id, c.year FROM target_closings c WHERE c.verdict = 'confirmed' AND c.version = ("
    "SELECT max(l.version) FROM target_closings l WHERE l.year = c.year AND l.verdict = 'confirmed')"
)
COUNTED_DEEDS = f"""
SELECT x.deed_id, d.number AS deed, x.status, x.city, x.unit_id::text AS unit, x.kind, x.event_on,
    x.verified_on, to_char(x.verified_on, 'YYYY-MM') AS month, x.is_related,
    x.contract_amount, x.received_amount, x.contract_amount AS amount, 'CNY' AS currency,
    u.name AS unit_name, k.name AS title, k.seller_disclosure, k.buyer_disclosure, x.is_closed
FROM (
    SELECT r.deed_id, r.status, r.city, r.unit_id, r.kind, r.event_on, r.verified_on, r.is_related,
        r.contract_amount, r.received_amount, true AS is_closed
    FROM closed_deeds r JOIN ({_LATEST}) AS l ON l.id = r.closing_id
    WHERE l.year = extract(year FROM $1::date)
    UNION ALL
    SELECT d.id, d.status, d.city, d.unit_id, d.kind, d.event_on, d.verified_on, d.is_related,
        d.contract_amount, d.received_amount, false
    FROM deeds d WHERE d.year = extract(year FROM $1::date)
        AND NOT EXISTS (SELECT 1 FROM ({_LATEST}) AS l WHERE l.year = d.year)
) AS x
LEFT JOIN deeds d ON d.id = x.deed_id LEFT JOIN organisations u ON u.id = x.unit_id
LEFT JOIN contracts k ON k.id = d.contract_id
WHERE $2::date IS NOT NULL AND ($3::text = '' OR x.city = $3::text)
    AND ($4::text = '' OR x.unit_id::text = $4::text)
    AND ($5::text = '' OR x.kind = $5::text)
    AND ($6::text = '' OR to_char(x.verified_on, 'YYYY-MM') = $6::text)
"""  # noqa: S608
"""One row a deed of the year; results count up to the last day of the period."""


def rows_query(figure: Figure, period: Period, scope: Scope) -> Iterable[tuple[str, str]]:
    """Yield the query of the page that shows the rows of a figure."""
    yield "year", str(period.begins_on.year)
    if not period.is_whole_year:
        yield "until", period.ends_on.isoformat()
    yield from ((name, scope[name]) for name in SCOPE if scope.get(name))
    yield "figure", figure.key


def _deed(row: Row) -> Link:
    return Link("targets:deed", {"number": str(row.values["deed"])})


DEEDS = RowSource(
    query=COUNTED_DEEDS,
    scope=SCOPE,
    order="contract_amount DESC, deed",
    columns=(
        Column(lazy("编号"), lambda row: str(row.values["deed"]), _deed),
        Column(lazy("成果转化"), lambda row: str(row.values["title"])),
        Column(lazy("单位"), lambda row: str(row.values["unit_name"])),
        Column(lazy("市"), lambda row: city_name(row.values["city"])),
        Column(lazy("合同类别"), lambda row: label("contract_kind", row.values["kind"])),
        Column(lazy("计入日"), lambda row: day(row.values["event_on"])),
        Column(lazy("认定日"), lambda row: day(row.values["verified_on"])),
        Column(lazy("状态"), lambda row: str(row.values["status"]), badge="deed"),
    ),
    page="targets:rows",
    address=rows_query,
    unit=lazy("项"),
    anchor="#rows",
)
_NOT_RELATED = "NOT is_related"
_UNTIL = "verified_on <= $2::date"


def _among(statuses: Iterable[DeedStatus]) -> str:
    return "status IN ({})".format(", ".join(f"'{status.value}'" for status in statuses))


def _is(status: DeedStatus) -> str:
    return f"status = '{status.value}'"


_VERIFIED = f"{_is(DeedStatus.VERIFIED)} AND {_UNTIL}"
_ALL = f"{_NOT_RELATED} AND {_among([status for status in DeedStatus if status is not DeedStatus.LAPSED])}"
_DECLARED = _among([status for status in DeedStatus if status not in (DeedStatus.FOUND, DeedStatus.LAPSED)])
VERIFIED = Figure("targets.verified", lazy("已核验"), DEEDS, _VERIFIED, Measure.COUNT)
PENDING_DEEDS = Figure("targets.pending", lazy("已申报，待核验"), DEEDS, _among(PENDING), Measure.COUNT)
FOUND = Figure(
    "targets.found", lazy("发现未报"), DEEDS, f"{_NOT_RELATED} AND {_is(DeedStatus.FOUND)}", Measure.COUNT
)
FIGURES = (
    VERIFIED,
    PENDING_DEEDS,
    FOUND,
    Figure(
        "targets.partial",
        lazy("部分符合"),
        DEEDS,
        f"{_is(DeedStatus.PARTIAL)} AND {_UNTIL}",
        Measure.COUNT,
    ),
    Figure("targets.refused", lazy("不予认定"), DEEDS, _is(DeedStatus.REFUSED), Measure.COUNT),
    Figure("targets.struck", lazy("已核减"), DEEDS, _is(DeedStatus.STRUCK), Measure.COUNT),
    Figure(
        "targets.related",
        lazy("关联交易，不计入"),
        DEEDS,
        f"is_related AND {_is(DeedStatus.FOUND)}",
        Measure.COUNT,
    ),
    Figure("targets.declared", lazy("申报过的"), DEEDS, _DECLARED, Measure.COUNT),
    Figure("targets.known", lazy("发现的"), DEEDS, _ALL, Measure.COUNT),
    Figure("targets.amount", lazy("已核验的合同成交额"), DEEDS, _VERIFIED, amount="contract_amount"),
    Figure("targets.received", lazy("已核验的实际到账"), DEEDS, _VERIFIED, amount="received_amount"),
)
BY_KEY = {figure.key: figure for figure in FIGURES}

FOLLOWED_DEEDS = f"""
SELECT f.deed_id, d.number AS deed, f.months, f.is_in_use, f.sales_amount AS amount, 'CNY' AS currency,
    (f.decided_at AT TIME ZONE 'Asia/Shanghai')::date AS decided_on, d.city, d.unit_id::text AS unit,
    u.name AS unit_name, k.name AS title, d.status, d.event_on, d.verified_on, d.kind, d.is_related,
    k.seller_disclosure, k.buyer_disclosure
FROM deed_follow_ups f JOIN deeds d ON d.id = f.deed_id JOIN organisations u ON u.id = d.unit_id
    JOIN contracts k ON k.id = d.contract_id
WHERE f.verdict = 'confirmed' AND f.months = 12 AND d.year = extract(year FROM $1::date)
    AND ($3::text = '' OR d.city = $3::text) AND ($4::text = '' OR d.unit_id::text = $4::text)
    AND ($5::text = '' OR d.kind = $5::text) AND $6::text = '' AND $2::date IS NOT NULL
    AND d.status IN ('{DeedStatus.VERIFIED.value}', '{DeedStatus.PARTIAL.value}')
"""  # noqa: S608
"""One row for each deed of the year whose use after twelve months was confirmed."""
FOLLOW_UPS = RowSource(
    query=FOLLOWED_DEEDS,
    scope=SCOPE,
    order="deed",
    columns=(
        *DEEDS.columns[:4],
        Column(lazy("回访确认日"), lambda row: day(row.values["decided_on"])),
        Column(lazy("还在使用"), lambda row: _("是") if row.values["is_in_use"] else _("否")),
    ),
    page="targets:rows",
    address=rows_query,
    unit=lazy("项"),
    anchor="#rows",
)
FOLLOW_UP_FIGURES = (
    Figure("targets.followed", lazy("满 12 个月回访过的"), FOLLOW_UPS, "true", Measure.COUNT),
    Figure("targets.in_use", lazy("其中还在使用的"), FOLLOW_UPS, "is_in_use", Measure.COUNT),
)
BY_KEY |= {figure.key: figure for figure in FOLLOW_UP_FIGURES}
AMOUNTS = ("amount", "received")
"""Figures that add up; guests see them of the whole only, never of a unit or a city."""
