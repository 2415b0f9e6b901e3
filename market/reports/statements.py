"""Statements (对账单): what of a party's contracts was agreed, due, received … in a period."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from market.codes.labels import label
from market.deals.models import Side
from market.kit.charts import MonthBars
from market.kit.formats import day
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.money import HOME, Money
from market.records.figures import (
    Column,
    Figure,
    FigureValue,
    Link,
    Measure,
    Period,
    Row,
    RowSource,
    Scope,
    measure,
    no_rows,
)


class AsBroker(StrEnum):
    """Beside the two sides: the broker, who reads the money of their own deals."""

    BROKER = "broker"


ROWS = """
WITH own AS (
    SELECT c.id, c.number, c.name, c.currency, c.signed_on, c.deal_id, o.name AS other
    FROM contracts c JOIN deals d ON d.id = c.deal_id
    JOIN organisations o ON o.id = CASE $4::text WHEN 'seller' THEN d.buyer_id ELSE d.seller_id END
    WHERE CASE $4::text WHEN 'seller' THEN d.seller_id WHEN 'buyer' THEN d.buyer_id ELSE d.broker_id END
        = $3::text::uuid
), entries AS (
    SELECT 'agreed' AS figure,
        coalesce((y.decided_at AT TIME ZONE 'Asia/Shanghai')::date, own.signed_on) AS day,
        own.number, own.other, i.sequence::text AS part,
        i.condition AS text, i.amount, own.currency, i.id::text AS id, i.amount AS effect
    FROM own JOIN instalments i ON i.contract_id = own.id
    LEFT JOIN royalty_statements y ON y.instalment_id = i.id
    UNION ALL
    SELECT 'due', i.due_on, own.number, own.other, i.sequence::text, i.condition, i.amount,
        own.currency, i.id::text, 0
    FROM own JOIN instalments i ON i.contract_id = own.id WHERE i.due_on IS NOT NULL
    UNION ALL
    SELECT CASE WHEN r.source IN ('remittance', 'payment') THEN 'received' ELSE 'refunded' END, r.received_on,
        own.number, own.other, i.sequence::text, r.source,
        CASE WHEN r.source IN ('remittance', 'payment') THEN r.amount ELSE -r.amount END,
        r.currency, r.id::text,
        CASE WHEN r.amount < 0 AND EXISTS (SELECT 1 FROM contract_changes x WHERE x.contract_id = own.id
            AND x.kind = 'rescission' AND x.effective_at <= r.booked_at) THEN 0 ELSE -r.amount END
    FROM own JOIN receipts r ON r.contract_id = own.id JOIN instalments i ON i.id = r.instalment_id
    UNION ALL
    SELECT CASE WHEN t.kind = 'rescinded' THEN 'cancelled' WHEN t.kind LIKE 'commission%' THEN 'commissioned'
            WHEN t.kind = 'surplus' THEN 'received'
            WHEN t.kind = 'surplus_refund' THEN 'refunded' ELSE 'shared' END,
        (t.happened_at AT TIME ZONE 'Asia/Shanghai')::date, own.number, own.other, '', t.kind,
        CASE WHEN t.reverses_id IS NULL AND t.kind <> 'commission_back' THEN t.amount ELSE -t.amount END,
        t.currency, t.id::text, CASE t.kind WHEN 'rescinded' THEN -t.amount ELSE 0 END
    FROM own JOIN transfers t ON t.phase IN ('posted', 'post') AND (
        (t.subject_id = own.id AND t.kind IN ('surplus', 'surplus_refund', 'rescinded'))
        OR (t.subject_id = own.deal_id AND t.kind IN ('commission', 'commission_back') AND starts_with(
            CASE t.kind WHEN 'commission' THEN t.debit_id ELSE t.credit_id END,
            CASE $4::text WHEN 'seller' THEN 'met:' WHEN 'buyer' THEN 'agreed:' ELSE '' END))
        OR ($4::text = 'seller' AND t.kind = 'reward' AND t.subject_id IN (
            SELECT id FROM reward_plans WHERE contract_id = own.id)))
    UNION ALL
    SELECT 'subsidised', b.ended_on, k.number, coalesce(p.name, ''), '', b.number, b.amount, 'CNY',
        b.id::text, 0
    FROM disbursements b JOIN claims k ON k.id = b.claim_id JOIN programmes p ON p.id = k.programme_id
    WHERE k.applicant_id = $3::text::uuid AND b.status = 'paid' AND $4::text = 'buyer'
)
SELECT *, to_char(day, 'YYYY-MM') AS month FROM entries
WHERE day BETWEEN $1::date AND $2::date AND ($5::text = '' OR currency = $5::text)
"""
_FIGURE_NAMES = {
    "agreed": lazy("约定价款"),
    "due": lazy("到期应付"),
    "received": lazy("到账"),
    "refunded": lazy("退款"),
    "cancelled": lazy("解除冲减"),
    "commissioned": lazy("佣金"),
    "shared": lazy("奖励发放"),
    "subsidised": lazy("补助拨付"),
}
_TRANSFERS = {
    "rescinded": lazy("合同解除，未付的不再付"),
    "surplus": lazy("多付款项"),
    "surplus_refund": lazy("多付款项退回"),
    "commission": lazy("经纪人佣金"),
    "commission_back": lazy("退款冲减佣金"),
    "reward": lazy("奖励发放"),
}


def statement_scope(
    party: UUID, side: Side | AsBroker, currency: str = "", *, is_named: bool = False
) -> Scope:
    """Return whose statement it is, an organisation's or a broker's, and from which side.

    `is_named`: the address names the party, for those who may read the statements of others.
    """
    scope = {"party": str(party), "side": side.value, "currency": currency}
    return scope | {"organisation": str(party)} if is_named else scope


def statement_query(figure: Figure | None, period: Period, scope: Scope) -> Iterable[tuple[str, str]]:
    """Yield the query of the page that shows a statement, opened at the rows of a figure."""
    if "organisation" in scope:
        yield "organisation", scope["organisation"]
    yield from (
        ("side", scope["side"]),
        ("from", period.begins_on.isoformat()),
        ("to", period.ends_on.isoformat()),
    )
    if figure is not None and figure is not ALL_ROWS:
        yield "figure", figure.key
    if scope.get("currency"):
        yield "currency", scope["currency"]


def _contract(row: Row) -> Link | None:
    number = row.values["number"]
    return Link("contracts:show", {"number": number}) if number.startswith("HT") else None


def _text(row: Row) -> str:
    figure, part, text = row.values["figure"], row.values["part"], row.values["text"]
    if figure in ("agreed", "due"):
        return _("第 %(n)s 期　%(text)s", n=part, text=text)
    if part:
        return _("第 %(n)s 期　%(text)s", n=part, text=label("receipt_source", text))
    return str(_TRANSFERS.get(text, text))


SOURCE = RowSource(
    query=ROWS,
    scope=("party", "side", "currency"),
    order="day, number, figure, length(part), part, id",
    columns=(
        Column(lazy("项目"), lambda row: str(_FIGURE_NAMES[row.values["figure"]])),
        Column(lazy("日期"), lambda row: day(row.values["day"])),
        Column(lazy("合同或申报"), lambda row: str(row.values["number"]), _contract),
        Column(lazy("对方或项目"), lambda row: str(row.values["other"])),
        Column(lazy("说明"), _text),
    ),
    page="reports:statement",
    address=statement_query,
    anchor="#rows",
    unit=lazy("笔"),
)
FIGURES = tuple(
    Figure(f"statement.{key}", name, SOURCE, f"figure = '{key}'") for key, name in _FIGURE_NAMES.items()
)
ALL_ROWS = Figure("statement.all", lazy("全部明细"), SOURCE, measure=Measure.COUNT)
"""The rows of all figures, which no number stands for."""


BALANCE = Figure("statement.balance", lazy("未结合同款"), SOURCE, "effect <> 0", amount="effect")
"""What is still to be paid on contracts: agreed, less received, plus refunded, less cancelled.

Refunds of a rescinded contract, and what was paid above the price, are no part of it.
"""
EVER = date(1900, 1, 1)


@dataclass(frozen=True)
class StatementLine:
    """One figure of a statement in one currency: opening + value = closing."""

    value: FigureValue
    """Of the period."""
    opening: Money
    """Up to the day before the period."""
    closing: Money
    """Up to its last day."""


async def statement_lines(period: Period, scope: Scope) -> list[StatementLine]:
    """Return every figure with its opening and closing sums, one line for each currency it ever had.

    For who sells or buys the balance comes last. Each of the three is summed up by itself.
    """
    figures = FIGURES if scope["side"] == AsBroker.BROKER else (*FIGURES, BALANCE)
    before = Period(EVER, period.begins_on - timedelta(days=1))
    opening = await _by_currency(figures, before, scope)
    during = await _by_currency(figures, period, scope)
    closing = await _by_currency(figures, Period(EVER, period.ends_on), scope)
    lines = []
    for figure in figures:
        counted = [currency for currency, values in closing.items() if values[figure.key].count]
        for currency in counted or [HOME]:
            nothing = no_rows((figure,), period, {**scope, "currency": currency})[figure.key]
            nothing = replace(nothing, money=Money(0, currency))
            value = during.get(currency, {}).get(figure.key, nothing)
            lines.append(
                StatementLine(
                    value if value.count else nothing,
                    opening.get(currency, {}).get(figure.key, nothing).money,
                    closing.get(currency, {}).get(figure.key, nothing).money,
                )
            )
    return lines


async def _by_currency(
    figures: Sequence[Figure], period: Period, scope: Scope
) -> dict[str, Mapping[str, FigureValue]]:
    groups = await measure(figures, period, scope, by=("currency",))
    return {group.key["currency"]: group.values for group in groups}


async def months_of(scope: Scope, year: int, today: date) -> MonthBars:
    """Return the yuan received, paid, or earned by brokering in each month, beside the year before."""
    key = "commissioned" if scope["side"] == AsBroker.BROKER else "received"
    titles = {"seller": _("各月到账"), "buyer": _("各月付款"), "broker": _("各月佣金")}
    (figure,) = (figure for figure in FIGURES if figure.key == key)
    period = Period(date(year - 1, 1, 1), date(year, 12, 31))
    groups = await measure([figure], period, {**scope, "currency": HOME}, by=("month",))
    sums = {group.key["month"]: group.values[key].money.amount for group in groups}
    now, before = (
        [sums.get(f"{of_year}-{month:02}", 0) for month in range(1, 13)] for of_year in (year, year - 1)
    )
    return MonthBars(titles[scope["side"]], year, now, before, today.month if year == today.year else 12)
