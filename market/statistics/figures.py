"""Figures of the technology market by period: contracts, corrections and receipts; each opens its rows.

The three amounts, 合同成交额, 技术交易额 and 到账额, are figures of their own and never added to each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from market.accounts.places import region_on_sql
from market.codes.labels import label
from market.codes.lists import FIELDS
from market.codes.regions import GUANGXI, cities_of
from market.kit.formats import day
from market.kit.i18n import Lazy, lazy
from market.records.figures import Column, Figure, Measure, Period, Row, RowSource, Scope
from market.statistics.dimensions import OUTSIDE, UNKNOWN, Flow, words_of
from market.targets.facts import in_yuan

DIMENSIONS = ("place", "buyer_place", "field", "kind", "seller_kind", "flow")
"""What rows are grouped by."""
LIVE_SCOPE = ("event", *DIMENSIONS, "unit")
SCOPE = (*LIVE_SCOPE, "agency", "bulletin")
"""What a figure is narrowed to; `event` is the definition's, `bulletin` the number of a monthly report."""
MOST_TEXT = {"event": 12, **dict.fromkeys(DIMENSIONS, 24), "unit": 36, "agency": 36, "bulletin": 20}
"""The longest values of these."""
SIGNED = "signed"
"""The event by which a contract counts on the day of its signing; otherwise that of its registration."""


def _quoted(values: Iterable[str]) -> str:
    return ", ".join(f"'{value}'" for value in values)


_CITIES = _quoted(code[:4] for code in cities_of(GUANGXI))
_HOME = GUANGXI[:2]


def _region(organisation: str, on: str) -> str:
    """Return the SQL of the region of an organisation on a day; only those that moved are looked up."""
    return (
        f"CASE WHEN {organisation}.id IN (SELECT organisation_id FROM organisation_moves) "  # noqa: S608
        f"THEN {region_on_sql(organisation, on)} ELSE {organisation}.region END"
    )


def _place(region: str) -> str:
    """Return the SQL of the place of a region: a city of four digits, outside, or unknown."""
    return (
        f"CASE WHEN left({region}, 4) IN ({_CITIES}) THEN left({region}, 4) "
        f"WHEN {region} = '' OR left({region}, 2) = '{_HOME}' THEN '{UNKNOWN}' ELSE '{OUTSIDE}' END"
    )


_FIELD = f"CASE WHEN k.field IN ({_quoted(FIELDS)}) THEN k.field ELSE '{UNKNOWN}' END"
FLOW = f"""CASE WHEN '{UNKNOWN}' IN (place, buyer_place) THEN '{Flow.UNKNOWN}'
    WHEN place = '{OUTSIDE}' AND buyer_place = '{OUTSIDE}' THEN '{Flow.ELSEWHERE}'
    WHEN place = '{OUTSIDE}' THEN '{Flow.IN}'
    WHEN buyer_place = '{OUTSIDE}' THEN '{Flow.OUT}' ELSE '{Flow.WITHIN}' END"""
_PARTIES = (
    "JOIN deals d ON d.id = k.deal_id LEFT JOIN organisations s ON s.id = d.seller_id "
    "LEFT JOIN organisations b ON b.id = d.buyer_id"
)
_WHO = (
    "d.seller_id::text AS unit, s.name AS unit_name, d.buyer_id::text AS buyer, b.name AS buyer_name, "
    "k.name AS title, k.seller_disclosure, k.buyer_disclosure, d.number AS deal, 'CNY' AS currency"
)
_AGENCY = """
JOIN deals brokered ON brokered.id = k.deal_id JOIN LATERAL (
    SELECT m.organisation_id AS id FROM memberships m JOIN organisations o ON o.id = m.organisation_id
    WHERE m.user_id = brokered.broker_id AND o.kind = 'agency'
        AND (m.started_at AT TIME ZONE 'Asia/Shanghai')::date <= k.registered_on
        AND (m.ended_at IS NULL OR (m.ended_at AT TIME ZONE 'Asia/Shanghai')::date > k.registered_on)
    ORDER BY m.started_at LIMIT 1) AS agency ON true
"""
"""The agency that the broker of a deal acted for when its contract was registered."""
_NARROWED = " AND ".join(
    f"(${number}::text = '' OR {name} = ${number}::text)"
    for number, name in enumerate((*DIMENSIONS, "unit"), start=4)
)


def _rows(day_of: str, rows: str, condition: str, amounts: str) -> str:
    """Return the statement of a source: its rows with their places on a day, narrowed to its scope.

    Its values are the two days of the period, the event of the definition, and what the rows are narrowed to.
    """
    return f"""
SELECT * FROM (
    SELECT y.*, extract(month FROM day)::int AS month, {FLOW} AS flow FROM (
        SELECT x.*, {_place("seller_region")} AS place, {_place("buyer_region")} AS buyer_place FROM (
            SELECT k.id AS contract_id, k.number AS record, {day_of} AS day, {_FIELD} AS field, k.kind,
                s.kind AS seller_kind, {_region("s", day_of)} AS seller_region,
                {_region("b", day_of)} AS buyer_region, {amounts}, {_WHO}
            FROM {rows} {_PARTIES} WHERE {condition}
        ) AS x
    ) AS y
) AS z WHERE {_NARROWED}
"""  # noqa: S608


_COUNTED = (
    "k.registered_on IS NOT NULL "
    f"AND (($3::text <> '{SIGNED}' AND k.registered_on BETWEEN $1::date AND $2::date) "
    f"OR ($3::text = '{SIGNED}' AND k.signed_on BETWEEN $1::date AND $2::date))"
)
_COUNTED_ON = f"CASE WHEN $3::text = '{SIGNED}' THEN k.signed_on ELSE k.registered_on END"
_AMOUNTS = (
    f"{in_yuan('contract_amount')} AS contract_amount, {in_yuan('trade_amount')} AS trade_amount, "
    f"{in_yuan('contract_amount')} AS amount"
)
CONTRACT_ROWS = _rows(_COUNTED_ON, "contracts k", _COUNTED, _AMOUNTS)
"""Contracts that count in the period by the event of the definition, one row each."""
_BY_AGENCY = f"{_AMOUNTS}, agency.id::text AS agency"
FACILITATED_ROWS = (
    _rows(_COUNTED_ON, f"contracts k {_AGENCY}", _COUNTED, _BY_AGENCY)
    + f"AND (${3 + len(LIVE_SCOPE)}::text = '' OR agency = ${3 + len(LIVE_SCOPE)}::text)"
)
"""Contracts that brokers of agencies brought about."""
CORRECTION_ROWS = _rows(
    "c.day",
    "(SELECT contract_id, min((effective_at AT TIME ZONE 'Asia/Shanghai')::date) AS day "
    "FROM contract_changes WHERE kind IN ('rescission', 'cancellation') AND effective_at IS NOT NULL "
    "GROUP BY contract_id) AS c "
    "JOIN contracts k ON k.id = c.contract_id",
    "c.day BETWEEN $1::date AND $2::date AND k.registered_on IS NOT NULL AND $3::text IS NOT NULL",
    f"-{in_yuan('contract_amount')} AS contract_amount, -{in_yuan('trade_amount')} AS trade_amount, "
    f"-{in_yuan('contract_amount')} AS amount",
)
"""Contracts that were rescinded or whose registration was cancelled, below zero, on the first such day."""
_ARRIVED = (
    "CASE WHEN r.currency = 'CNY' THEN r.amount WHEN k.original_currency = 'CNY' "
    "THEN round(r.amount::numeric * k.original_amount / nullif(k.contract_amount, 0))::bigint ELSE 0 END"
)
RECEIPT_ROWS = _rows(
    "r.received_on",
    "receipts r JOIN contracts k ON k.id = r.contract_id",
    "r.received_on BETWEEN $1::date AND $2::date AND $3::text IS NOT NULL",
    f"{_ARRIVED} AS contract_amount, 0::bigint AS trade_amount, {_ARRIVED} AS amount",
)
"""Money that arrived, less what went back."""
FROZEN_ROWS = """
SELECT * FROM (
    SELECT f.record, f.happened_on AS day, extract(month FROM f.happened_on)::int AS month,
        f.place, f.buyer_place, f.field, f.kind, f.seller_kind, f.flow,
        f.unit_id::text AS unit, f.buyer_id::text AS buyer, f.contract_amount, f.trade_amount,
        f.contract_amount AS amount, 'CNY' AS currency, s.name AS unit_name, b.name AS buyer_name,
        k.name AS title, k.seller_disclosure, k.buyer_disclosure, d.number AS deal
    FROM bulletin_rows f JOIN bulletins m ON m.id = f.bulletin_id LEFT JOIN contracts k ON k.number = f.record
        LEFT JOIN deals d ON d.id = k.deal_id LEFT JOIN organisations s ON s.id = f.unit_id
        LEFT JOIN organisations b ON b.id = f.buyer_id
    WHERE m.number = ${bulletin}::text AND f.source = '{source}' AND $3::text IS NOT NULL
        AND f.happened_on BETWEEN $1::date AND $2::date
) AS z WHERE {narrowed}
"""
"""The rows that a monthly report was frozen with."""


def rows_query(figure: Figure, period: Period, scope: Scope) -> Iterable[tuple[str, str]]:
    """Yield the query of the page that shows the rows of a figure."""
    yield "from", period.begins_on.isoformat()
    yield "until", period.ends_on.isoformat()
    yield from (
        (name, scope[name])
        for name in SCOPE
        if scope.get(name) and (name, scope[name]) != ("event", "registered")
    )
    yield "figure", figure.key


def _dimension(name: str) -> Callable[[Row], str]:
    return lambda row: words_of(name, str(row.values[name]))


COLUMNS = (
    Column(lazy("合同"), lambda row: str(row.values["record"])),
    Column(lazy("名称"), lambda row: str(row.values["title"])),
    Column(lazy("日期"), lambda row: day(row.values["day"])),
    Column(lazy("卖方"), lambda row: str(row.values["unit_name"])),
    Column(lazy("卖方所在地"), _dimension("place")),
    Column(lazy("买方所在地"), _dimension("buyer_place")),
    Column(lazy("领域"), _dimension("field")),
    Column(lazy("合同类别"), lambda row: label("contract_kind", str(row.values["kind"]))),
)


FROZEN_SCOPE = (*LIVE_SCOPE, "bulletin")


def row_source(query: str, unit: Lazy, scope: tuple[str, ...] = LIVE_SCOPE) -> RowSource:
    """Return the source of a statement with the columns of this room."""
    return RowSource(
        query=query,
        scope=scope,
        order="day, record",
        columns=COLUMNS,
        page="statistics:rows",
        address=rows_query,
        unit=unit,
        anchor="#rows",
    )


class Figures(NamedTuple):
    """The figures of one kind of source each: live, or as a monthly report froze them."""

    contracts: tuple[Figure, ...]
    corrections: tuple[Figure, ...]
    receipts: tuple[Figure, ...]

    @property
    def by_key(self) -> Mapping[str, Figure]:
        return {figure.key: figure for group in self for figure in group}


def _figures(room: str, contracts: RowSource, corrections: RowSource, receipts: RowSource) -> Figures:
    trade = "trade_amount"
    return Figures(
        (
            Figure(f"{room}.contracts", lazy("技术合同"), contracts, "true", Measure.COUNT),
            Figure(f"{room}.contract_amount", lazy("合同成交额"), contracts),
            Figure(f"{room}.trade_amount", lazy("技术交易额"), contracts, amount=trade),
        ),
        (
            Figure(f"{room}.corrected", lazy("解除和注销的合同"), corrections, "true", Measure.COUNT),
            Figure(f"{room}.corrected_contract", lazy("解除和注销的合同成交额"), corrections),
            Figure(f"{room}.corrected_trade", lazy("解除和注销的技术交易额"), corrections, amount=trade),
        ),
        (
            Figure(f"{room}.receipts", lazy("到账笔数"), receipts, "true", Measure.COUNT),
            Figure(f"{room}.received", lazy("到账额"), receipts),
        ),
    )


def _frozen(source: str) -> str:
    bulletin = 2 + len(FROZEN_SCOPE)
    return FROZEN_ROWS.format(bulletin=bulletin, source=source, narrowed=_NARROWED)


ITEMS, ENTRIES = lazy("项"), lazy("笔")
LIVE = _figures(
    "statistics",
    row_source(CONTRACT_ROWS, ITEMS),
    row_source(CORRECTION_ROWS, ITEMS),
    row_source(RECEIPT_ROWS, ENTRIES),
)
FROZEN = _figures(
    "bulletins",
    row_source(_frozen("contracts"), ITEMS, FROZEN_SCOPE),
    row_source(_frozen("corrections"), ITEMS, FROZEN_SCOPE),
    row_source(_frozen("receipts"), ENTRIES, FROZEN_SCOPE),
)
