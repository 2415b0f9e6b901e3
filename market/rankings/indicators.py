"""Indicators of rankings as named queries: each is a figure, or a ratio of two, so that it opens its rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from market.accounts.places import region_on_sql
from market.kit.formats import day
from market.kit.i18n import Lazy, lazy
from market.rankings.scoring import Direction
from market.records.figures import Column, Figure, Measure, Period, RowSource, Scope

SCOPE = ("city", "park")
"""What a figure is narrowed to: four digits of a city, or the code of a park."""
MOST_TEXT = {"city": 4, "park": 24}


def _place(organisation: str, event: str) -> str:
    """Return the SQL of where an organisation was on a day: its city, and the park it belonged to."""
    return (
        f"left({region_on_sql(organisation, event)}, 4) AS city, "  # noqa: S608 -- our own aliases
        f"coalesce((SELECT p.code FROM park_members m JOIN parks p ON p.id = m.park_id "
        f"WHERE m.organisation_id = {organisation}.id AND m.since <= {event} "
        f"AND (m.until IS NULL OR m.until > {event}) LIMIT 1), '') AS park"
    )


def _contracts(organisation: str) -> str:
    return f"""
SELECT * FROM (
    SELECT k.number AS record, k.registered_on AS day, {_place(organisation, "k.registered_on")},
        CASE WHEN k.currency = 'CNY' THEN k.trade_amount WHEN k.original_currency = 'CNY' THEN
            round(k.trade_amount::numeric * k.original_amount / nullif(k.contract_amount, 0))::bigint
            ELSE 0 END AS amount, 'CNY' AS currency
    FROM contracts k JOIN deals d ON d.id = k.deal_id
        JOIN organisations s ON s.id = d.seller_id JOIN organisations b ON b.id = d.buyer_id
    WHERE k.registered_on BETWEEN $1::date AND $2::date AND NOT k.is_related AND d.status <> 'rescinded'
) AS rows WHERE ($3::text = '' OR city = $3::text) AND ($4::text = '' OR park = $4::text)
"""  # noqa: S608


OUTPUT_ROWS, INPUT_ROWS = _contracts("s"), _contracts("b")
RECEIPT_ROWS = f"""
SELECT * FROM (
    SELECT k.number AS record, r.received_on AS day, {_place("s", "r.received_on")},
        r.amount, 'CNY' AS currency
    FROM receipts r JOIN contracts k ON k.id = r.contract_id JOIN deals d ON d.id = k.deal_id
        JOIN organisations s ON s.id = d.seller_id
    WHERE r.received_on BETWEEN $1::date AND $2::date AND r.currency = 'CNY' AND NOT k.is_related
) AS rows WHERE ($3::text = '' OR city = $3::text) AND ($4::text = '' OR park = $4::text)
"""  # noqa: S608
STATED_ROWS = """
SELECT p.name || ' ' || to_char(r.month, 'YYYY-MM') AS record, r.month AS day, p.city AS city, p.code AS park,
    r.research_amount AS amount, 'CNY' AS currency
FROM month_reports r JOIN parks p ON p.id = r.park_id
WHERE r.verdict = 'confirmed' AND r.month BETWEEN $1::date AND $2::date
    AND ($3::text = '' OR p.city = $3::text) AND ($4::text = '' OR p.code = $4::text)
"""
"""What offices of parks stated and the department confirmed."""
NEED_ROWS = f"""
SELECT * FROM (
    SELECT n.number AS record, (n.published_at AT TIME ZONE 'Asia/Shanghai')::date AS day,
        {_place("o", "(n.published_at AT TIME ZONE 'Asia/Shanghai')::date")}, 0 AS amount, 'CNY' AS currency
    FROM needs n JOIN organisations o ON o.id = n.organisation_id
    WHERE (n.published_at AT TIME ZONE 'Asia/Shanghai')::date BETWEEN $1::date AND $2::date
) AS rows WHERE ($3::text = '' OR city = $3::text) AND ($4::text = '' OR park = $4::text)
"""  # noqa: S608
VERIFIED_ROWS = f"""
SELECT * FROM (
    SELECT d.number AS record, d.verified_on AS day, {_place("u", "d.event_on")},
        d.received_amount AS amount, 'CNY' AS currency
    FROM deeds d JOIN organisations u ON u.id = d.unit_id
    WHERE d.verified_on BETWEEN $1::date AND $2::date AND d.status = 'verified'
) AS rows WHERE ($3::text = '' OR city = $3::text) AND ($4::text = '' OR park = $4::text)
"""  # noqa: S608


def rows_query(figure: Figure, period: Period, scope: Scope) -> Iterable[tuple[str, str]]:
    """Yield the query of the page that shows the rows of a figure."""
    yield "from", period.begins_on.isoformat()
    yield "until", period.ends_on.isoformat()
    yield from ((name, scope[name]) for name in SCOPE if scope.get(name))
    yield "figure", figure.key


def _source(query: str, unit: Lazy) -> RowSource:
    return RowSource(
        query=query,
        scope=SCOPE,
        order="day, record",
        columns=(
            Column(lazy("记录"), lambda row: str(row.values["record"])),
            Column(lazy("日期"), lambda row: day(row.values["day"])),
        ),
        page="rankings:rows",
        address=rows_query,
        unit=unit,
        anchor="#rows",
    )


OUTPUT = _source(OUTPUT_ROWS, lazy("项"))
INPUT = _source(INPUT_ROWS, lazy("项"))
RECEIPTS = _source(RECEIPT_ROWS, lazy("笔"))
NEEDS = _source(NEED_ROWS, lazy("项"))
STATED = _source(STATED_ROWS, lazy("份"))
VERIFIED = _source(VERIFIED_ROWS, lazy("项"))
FIGURES = (
    Figure("rankings.output_count", lazy("输出技术合同"), OUTPUT, "true", Measure.COUNT),
    Figure("rankings.output_trade", lazy("输出技术交易额"), OUTPUT),
    Figure("rankings.input_count", lazy("吸纳技术合同"), INPUT, "true", Measure.COUNT),
    Figure("rankings.input_trade", lazy("吸纳技术交易额"), INPUT),
    Figure("rankings.received", lazy("到账额"), RECEIPTS),
    Figure("rankings.needs", lazy("发布技术需求"), NEEDS, "true", Measure.COUNT),
    Figure("rankings.research", lazy("研发投入（填报）"), STATED),
    Figure("rankings.deeds", lazy("核验重大成果转化"), VERIFIED, "true", Measure.COUNT),
)


@dataclass(frozen=True)
class Sight:
    """What a person reads of the records behind a figure: their numbers, their amounts."""

    records: bool
    amounts: bool


def sight_of(figure: Figure | None, *, is_staff: bool, is_own: bool) -> Sight:
    """Return what is read of a figure's records, or of experts' scores where there is no figure.

    Published needs and what offices state are open. Of contracts a sum is public and no single price
    (README o); the place's own office reads their numbers, so that it can say which is missing.
    """
    if figure is not None and figure.source in (NEEDS, STATED):
        return Sight(records=True, amounts=True)
    return Sight(records=is_staff or (is_own and figure is not None), amounts=is_staff)


BY_KEY = {figure.key: figure for figure in FIGURES}


@dataclass(frozen=True)
class Indicator:
    """An indicator: a figure, or a ratio of two."""

    code: str
    label: Lazy
    unit: Lazy
    numerator: str
    """Key of a figure."""
    denominator: str = ""
    direction: Direction = Direction.MORE
    scale: int = 1
    """How many of the figure's units make one of the indicator's, such as fen in 万元."""
    is_stated: bool = False
    """It rests on what offices of parks state (填报): who has not stated it is not ranked."""
    is_judged: bool = False
    """Experts give it, for a year alone; it has no figure."""

    @property
    def tells_prices(self) -> bool:
        """Return whether it adds up amounts of contracts, so that of one or two it tells their prices."""
        if not self.numerator:
            return False
        figure = BY_KEY[self.numerator]
        return figure.measure is Measure.SUM and figure.source not in (NEEDS, STATED)

    @property
    def has_open_records(self) -> bool:
        """Return whether everybody reads the records behind it."""
        return bool(self.numerator) and BY_KEY[self.numerator].source in (NEEDS, STATED)

    @property
    def is_count(self) -> bool:
        """Return whether it counts events, so that chance may explain a change."""
        return not self.denominator and self.figure_counts(is_denominator=False)

    def figure_counts(self, *, is_denominator: bool) -> bool:
        """Return whether one of its figures is a number of records; else it is a sum."""
        key = self.denominator if is_denominator else self.numerator
        return bool(key) and BY_KEY[key].measure is Measure.COUNT

    def figure_label(self, *, is_denominator: bool) -> Lazy:
        """Return what one of its two figures is called."""
        key = self.denominator if is_denominator else self.numerator
        return BY_KEY[key].label if key else self.label


WAN = 1_000_000
EXPERTS = "experts"
"""The code of what experts give."""
INDICATORS: Mapping[str, Indicator] = {
    indicator.code: indicator
    for indicator in (
        Indicator("output_count", lazy("输出技术合同"), lazy("项"), "output_count"),
        Indicator("output_trade", lazy("输出技术交易额"), lazy("万元"), "output_trade", scale=WAN),
        Indicator("input_count", lazy("吸纳技术合同"), lazy("项"), "input_count"),
        Indicator("input_trade", lazy("吸纳技术交易额"), lazy("万元"), "input_trade", scale=WAN),
        Indicator("received", lazy("到账额"), lazy("万元"), "received", scale=WAN),
        Indicator("research", lazy("研发投入（填报）"), lazy("万元"), "research", scale=WAN, is_stated=True),
        Indicator("needs", lazy("发布技术需求"), lazy("项"), "needs"),
        Indicator("deeds", lazy("核验重大成果转化"), lazy("项"), "deeds"),
        Indicator(
            "average_trade",
            lazy("平均每项输出交易额"),
            lazy("万元/项"),
            "output_trade",
            "output_count",
            scale=WAN,
        ),
        Indicator(EXPERTS, lazy("专家评议"), lazy("分"), "", scale=100, is_judged=True),
    )
}
"""By code; schemes name them."""


def figures_of(codes: Sequence[str]) -> list[Figure]:
    """Return the figures that some indicators are made of, each once."""
    keys = [
        key for code in codes for key in (INDICATORS[code].numerator, INDICATORS[code].denominator) if key
    ]
    return [BY_KEY[key] for key in dict.fromkeys(keys)]
