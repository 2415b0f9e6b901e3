"""Figures of deeds: each counts or adds up rows, which it opens; of a closed year the frozen ones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from market.codes.labels import label
from market.kit.formats import day
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.money import HOME
from market.records.figures import Column, Figure, Link, Measure, Period, Row, RowSource, Scope
from market.targets.queries import city_name
from market.targets.states import PENDING, DeedStatus

SCOPE = ("city", "unit", "kind", "month")
"""What a figure is narrowed to: four digits, an id, a kind of contract, a month of verification."""
PARTNERS = {"partners": "only"}
"""The scope of the rows that partners have of deeds, which addresses do not name."""
WHOLE = 10_000
"""Basis points of a deed."""
MOST_TEXT = {"city": 4, "unit": 36, "kind": 24, "month": 7}
"""The longest values of these."""

_YEAR = "extract(year FROM $1::date)::int"
_CLOSING = (
    f"(SELECT c.id FROM target_closings c WHERE c.year = {_YEAR} AND c.verdict = 'confirmed' "  # noqa: S608
    "ORDER BY c.version DESC LIMIT 1)"
)
_COUNTED = f"""
    SELECT r.deed_id, r.status, r.city, r.unit_id, r.partner_id, r.partner_share, r.kind, r.event_on,
        r.verified_on, r.struck_on, r.is_related, r.is_reversal, r.contract_amount, r.received_amount
    FROM closed_deeds r WHERE r.closing_id = {_CLOSING}
    UNION ALL
    SELECT d.id, d.status, d.city, d.unit_id, d.partner_id, d.partner_share, d.kind, d.event_on,
        d.verified_on, d.struck_on, d.is_related, false, d.contract_amount, d.received_amount
    FROM deeds d WHERE d.year = {_YEAR} AND {_CLOSING} IS NULL
    UNION ALL
    SELECT d.deed_id, '{DeedStatus.STRUCK.value}', d.city, d.unit_id, d.partner_id, d.partner_share, d.kind,
        d.event_on, d.verified_on, d.struck_on, d.is_related, true, d.contract_amount, d.received_amount
    FROM ({{reversals}}) AS d WHERE {_CLOSING} IS NULL
"""  # noqa: S608
REVERSALS = """
    SELECT r.deed_id, r.city, r.unit_id, r.partner_id, r.partner_share, r.kind, r.event_on, r.verified_on,
        s.struck_on, r.is_related, r.contract_amount, r.trade_amount, r.received_amount
    FROM deeds s JOIN closed_deeds r ON r.deed_id = s.id
    WHERE s.status = 'struck' AND r.status = 'verified' AND extract(year FROM s.struck_on)::int = {year}
        AND s.year < {year} AND r.closing_id = (SELECT c.id FROM target_closings c
            WHERE c.year = s.year AND c.verdict = 'confirmed' ORDER BY c.version DESC LIMIT 1)
"""
"""Deeds that count in an earlier, closed year and were struck in this one: its figures are not touched, this
year's are less by them."""
_ROWS = _COUNTED.format(reversals=REVERSALS.format(year=_YEAR))
COUNTED_DEEDS = f"""
SELECT x.deed_id, d.number AS deed, x.status, x.city, x.unit, x.kind, x.event_on, x.verified_on, x.struck_on,
    left(x.verified_on::text, 7) AS month, x.is_related, x.is_reversal, x.share,
    x.contract_amount, x.received_amount, x.contract_amount AS amount, 'CNY' AS currency,
    u.name AS unit_name, k.name AS title, k.seller_disclosure, k.buyer_disclosure
FROM (
    SELECT own.*, own.unit_id AS unit, {WHOLE} - coalesce(own.partner_share, 0) AS share
    FROM ({_ROWS}) AS own WHERE $7::text = ''
    UNION ALL
    SELECT other.*, other.partner_id, other.partner_share FROM ({_ROWS}) AS other
    WHERE other.partner_id IS NOT NULL AND ($4::text <> '' OR $7::text <> '')
) AS x
LEFT JOIN deeds d ON d.id = x.deed_id LEFT JOIN organisations u ON u.id = x.unit
LEFT JOIN contracts k ON k.id = d.contract_id
WHERE $2::date IS NOT NULL AND ($3::text = '' OR x.city = $3::text)
    AND ($4::text = '' OR x.unit::text = $4::text)
    AND ($5::text = '' OR x.kind = $5::text)
    AND ($6::text = '' OR left(x.verified_on::text, 7) = $6::text)
"""  # noqa: S608
"""One row a deed of the year, for a unit also those that it shares; results count up to the last day.

$7 is empty, or has the rows of partners alone, by which figures of units are completed.
"""


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
    scope=(*SCOPE, "partners"),
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
    currency=HOME,
)
_NOT_RELATED = "NOT is_related AND NOT is_reversal"
_UNTIL = "verified_on <= $2::date"


def _among(statuses: Iterable[DeedStatus]) -> str:
    return "status IN ({})".format(", ".join(f"'{status.value}'" for status in statuses))


def _is(status: DeedStatus) -> str:
    return f"status = '{status.value}'"


_VERIFIED = f"{_is(DeedStatus.VERIFIED)} AND {_UNTIL}"
_ALL = f"{_NOT_RELATED} AND {_among([status for status in DeedStatus if status is not DeedStatus.LAPSED])}"
_DECLARED = "NOT is_reversal AND " + _among(
    [status for status in DeedStatus if status not in (DeedStatus.FOUND, DeedStatus.LAPSED)]
)
VERIFIED = Figure("targets.verified", lazy("已核验"), DEEDS, _VERIFIED, Measure.COUNT)
PENDING_DEEDS = Figure("targets.pending", lazy("已申报，待核验"), DEEDS, _among(PENDING), Measure.COUNT)
FOUND = Figure(
    "targets.found", lazy("发现未报"), DEEDS, f"{_NOT_RELATED} AND {_is(DeedStatus.FOUND)}", Measure.COUNT
)
REVERSED = Figure(
    "targets.reversed",
    lazy("核减以前年度认定的"),
    DEEDS,
    "is_reversal AND struck_on <= $2::date",
    Measure.COUNT,
)
SHARES = Figure("targets.shares", lazy("已核验，按份额折算"), DEEDS, _VERIFIED, amount="share")
"""Its sum is in basis points of deeds."""
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
    Figure(
        "targets.struck",
        lazy("已核减"),
        DEEDS,
        f"NOT is_reversal AND {_is(DeedStatus.STRUCK)}",
        Measure.COUNT,
    ),
    REVERSED,
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
BY_KEY = {figure.key: figure for figure in (*FIGURES, SHARES)}
RATES = (
    replace(VERIFIED, where=f"{_is(DeedStatus.VERIFIED)} AND verified_on <= make_date({_YEAR}, 12, 31)"),
    *(BY_KEY[key] for key in ("declared", "known")),
)
"""What the shares are made of by which a year's forecast reckons: always of the whole year."""

FOLLOWED_DEEDS = f"""
SELECT f.deed_id, d.number AS deed, f.months, f.is_in_use, f.sales_amount AS amount, 'CNY' AS currency,
    (f.decided_at AT TIME ZONE 'Asia/Shanghai')::date AS decided_on, d.city, d.unit_id AS unit,
    u.name AS unit_name, k.name AS title, d.status, d.event_on, d.verified_on, d.kind, d.is_related,
    k.seller_disclosure, k.buyer_disclosure
FROM deed_follow_ups f JOIN deeds d ON d.id = f.deed_id JOIN organisations u ON u.id = d.unit_id
    JOIN contracts k ON k.id = d.contract_id
WHERE f.verdict = 'confirmed' AND f.months = 12 AND d.year = extract(year FROM $1::date)::int
    AND ($3::text = '' OR d.city = $3::text) AND ($4::text = '' OR d.unit_id::text = $4::text)
    AND ($5::text = '' OR d.kind = $5::text) AND $6::text || $7::text = '' AND $2::date IS NOT NULL
    AND d.status IN ('{DeedStatus.VERIFIED.value}', '{DeedStatus.PARTIAL.value}')
"""  # noqa: S608
"""One row for each deed of the year whose use after twelve months was confirmed."""
FOLLOW_UPS = RowSource(
    query=FOLLOWED_DEEDS,
    scope=DEEDS.scope,
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
