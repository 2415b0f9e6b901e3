"""The figures of budgets and awards: what was claimed, approved, paid and came back, by place and kind.

A year is the fiscal year of the budget that pays, or, where asked for (`basis`), the year of the claims: so
claims of one year that the next year's budget pays show under both.
"""

from __future__ import annotations

from collections.abc import Iterable

from market.claims.queries import shown_status_sql
from market.claims.states import ClaimStatus
from market.codes.labels import label
from market.kit.formats import day
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.records.figures import Column, Figure, Link, Measure, Period, Row, RowSource, Scope

APPROVED = (
    *(ClaimStatus.APPROVED, ClaimStatus.TO_PAY, ClaimStatus.PAID, ClaimStatus.TRACKING),
    *(ClaimStatus.CLOSED, ClaimStatus.CLAWBACK),
)
WAITING = (ClaimStatus.APPROVED, ClaimStatus.TO_PAY)
REFUSED = (ClaimStatus.REJECTED, ClaimStatus.WITHDRAWN)
"""Not counted as contracts."""
NO_CONTRACT = "none"
"""Stands for the field and the kinds of a claim on yearly totals."""
DIMENSIONS = ("city", "field", "programme", "kind", "seller")
BASIS_CLAIM = "claim"
"""The basis by which a year is the year of the claims."""
SCOPE = (*DIMENSIONS, "basis")

_WHOLE = "to_char($2::date, 'MM-DD') = '12-31'"
"""The period ends with its year; else only what happened until its last day counts."""
_NAMES = f"""
o.name AS applicant, left(o.region, 4) AS city, p.slug AS programme, p.name AS programme_name,
coalesce(k.name, '') AS contract, coalesce(k.number, '') AS contract_number,
coalesce(k.field, '{NO_CONTRACT}') AS field, coalesce(k.kind, '{NO_CONTRACT}') AS kind,
coalesce(s.kind, '{NO_CONTRACT}') AS seller, 'CNY' AS currency
"""
_PARTIES = """
JOIN organisations o ON o.id = c.applicant_id JOIN programmes p ON p.id = c.programme_id
LEFT JOIN batches t ON t.id = c.batch_id
"""
_CONTRACT = """
LEFT JOIN contracts k ON k.id = cc.contract_id LEFT JOIN deals l ON l.id = k.deal_id
LEFT JOIN organisations s ON s.id = l.seller_id
"""
_SCOPED = f"""
WHERE CASE WHEN $8::text = '{BASIS_CLAIM}' THEN claim_year ELSE fiscal_year END
        BETWEEN extract(year FROM $1::date) AND extract(year FROM $2::date)
    AND starts_with(city, $3::text) AND ($4::text = '' OR field = $4::text)
    AND ($5::text = '' OR programme = $5::text) AND ($6::text = '' OR kind = $6::text)
    AND ($7::text = '' OR seller = $7::text)
"""


def _among(statuses: Iterable[ClaimStatus]) -> str:
    return "status IN ({})".format(", ".join(f"'{status.value}'" for status in statuses))


def _in_yuan(column: str) -> str:
    """Return the SQL of an amount of a contract in fen of yuan; nothing where its papers give none."""
    return (
        f"CASE WHEN k.currency = 'CNY' THEN k.{column} WHEN k.original_currency = 'CNY' "
        f"THEN round(k.{column}::numeric * k.original_amount / k.contract_amount) ELSE 0 END"
    )


CLAIM_ROWS = f"""
SELECT * FROM (
    SELECT c.number AS claim, c.year AS claim_year, coalesce(t.fiscal_year, c.year) AS fiscal_year, c.status,
        {shown_status_sql("c")} AS shown_status, {_NAMES},
        (c.submitted_at AT TIME ZONE 'Asia/Shanghai')::date AS submitted_on,
        (t.decided_at AT TIME ZONE 'Asia/Shanghai')::date AS approved_on,
        coalesce(CASE WHEN cc.id IS NULL THEN c.award_amount ELSE cc.award_amount END, 0) AS amount,
        coalesce({_in_yuan("contract_amount")}, 0)::bigint AS contract_amount,
        coalesce({_in_yuan("trade_amount")}, 0)::bigint AS trade_amount,
        coalesce((SELECT sum(r.amount) FROM sales_reports r
            WHERE r.contract_id = k.id AND r.year = c.year), 0)::bigint AS sales_amount,
        coalesce((SELECT sum(r.amount) FROM receipts r
            WHERE r.contract_id = k.id AND r.currency = 'CNY'), 0)::bigint AS received_amount,
        {_WHOLE} AS is_whole
    FROM claims c {_PARTIES} LEFT JOIN claim_contracts cc ON cc.claim_id = c.id {_CONTRACT}
    WHERE c.submitted_at IS NOT NULL AND c.status <> 'draft'
) AS claims {_SCOPED} AND (is_whole OR submitted_on <= $2::date)
"""  # noqa: S608
"""One row for each contract of a claim, and for each claim without contracts."""

PAYMENT_ROWS = f"""
SELECT payments.*, to_char(day, 'YYYY-MM') AS month FROM (
    SELECT 'paid' AS figure, c.number AS claim, c.year AS claim_year,
        coalesce(t.fiscal_year, c.year) AS fiscal_year, d.ended_on AS day, d.number AS document, {_NAMES},
        coalesce(CASE WHEN cc.id IS NULL THEN d.amount ELSE cc.award_amount END, 0) AS amount
    FROM disbursements d JOIN claims c ON c.id = d.claim_id {_PARTIES}
        LEFT JOIN claim_contracts cc ON cc.claim_id = c.id AND cc.award_amount > 0 {_CONTRACT}
    WHERE d.status = 'paid'
    UNION ALL
    SELECT 'returned', c.number, c.year, extract(year FROM r.received_on), r.received_on, b.number, {_NAMES},
        -(r.amount - r.interest_part)
    FROM clawback_receipts r JOIN clawbacks b ON b.id = r.clawback_id
        JOIN claims c ON c.id = b.claim_id {_PARTIES}
        LEFT JOIN LATERAL (SELECT contract_id FROM claim_contracts WHERE claim_id = c.id
            ORDER BY (contract_id = b.contract_id) DESC NULLS LAST, award_amount DESC NULLS LAST, id LIMIT 1
        ) AS cc ON true {_CONTRACT}
    WHERE r.verdict = 'confirmed' AND r.amount > r.interest_part
) AS payments {_SCOPED} AND ({_WHOLE} OR day <= $2::date)
    AND ($9::text = '' OR to_char(day, 'YYYY-MM') = $9::text)
"""  # noqa: S608
"""One row for each contract of a claim that was paid, and for each confirmed receipt of a clawback.

Of a receipt its principal counts. It belongs to the contract that the clawback names, else to the one with
the largest award.
"""


def rows_query(figure: Figure, period: Period, scope: Scope) -> Iterable[tuple[str, str]]:
    """Yield the query of the page that shows the rows of a figure."""
    yield "year", str(period.begins_on.year)
    if not period.is_whole_year:
        yield "until", period.ends_on.isoformat()
    yield from ((name, scope[name]) for name in (*SCOPE, "month") if scope.get(name))
    yield "group", figure.key


def dimension_label(dimension: str, value: str) -> str:
    """Return what a field, a kind of contract or a kind of seller is called; yearly totals have none."""
    if value == NO_CONTRACT:
        return _("按年度总额")
    kind = {"field": "field", "kind": "contract_kind", "seller": "organisation_kind"}[dimension]
    return label(kind, value)


def _claim(row: Row) -> Link | None:
    number = row.values["claim"]
    return Link("claims:desk", {"number": number}) if number else None


_COLUMNS = (
    Column(lazy("申报"), lambda row: str(row.values["claim"]), _claim),
    Column(lazy("申报年度"), lambda row: str(row.values["claim_year"])),
    Column(lazy("预算年度"), lambda row: str(row.values["fiscal_year"])),
    Column(lazy("单位"), lambda row: str(row.values["applicant"])),
    Column(lazy("政策"), lambda row: _(row.values["programme_name"])),
    Column(lazy("合同"), lambda row: row.values["contract"] or "—"),
    Column(lazy("技术领域"), lambda row: dimension_label("field", row.values["field"])),
)
CLAIMS = RowSource(
    query=CLAIM_ROWS,
    scope=SCOPE,
    order="claim, contract_number",
    columns=(*_COLUMNS, Column(lazy("状态"), lambda row: str(row.values["shown_status"]), badge="claim")),
    page="budgets:report_rows",
    address=rows_query,
    unit=lazy("份合同"),
)
PAYMENTS = RowSource(
    query=PAYMENT_ROWS,
    scope=(*SCOPE, "month"),
    order="day, claim, document, contract_number",
    columns=(
        *_COLUMNS,
        Column(lazy("拨付或追回"), lambda row: str(row.values["document"])),
        Column(lazy("日期"), lambda row: day(row.values["day"])),
    ),
    page="budgets:report_rows",
    address=rows_query,
    unit=lazy("笔"),
)
_COUNTED = f"NOT {_among(REFUSED)}"
CLAIM_FIGURES = (
    Figure("budgets.claimed", lazy("合同数"), CLAIMS, _COUNTED, Measure.COUNT),
    Figure("budgets.contract_amount", lazy("成交额"), CLAIMS, _COUNTED, amount="contract_amount"),
    Figure("budgets.trade_amount", lazy("技术交易额"), CLAIMS, _COUNTED, amount="trade_amount"),
    Figure("budgets.sales", lazy("新增销售"), CLAIMS, _COUNTED, amount="sales_amount"),
    Figure("budgets.received", lazy("实际到账"), CLAIMS, _COUNTED, amount="received_amount"),
    Figure(
        "budgets.approved",
        lazy("已批准"),
        CLAIMS,
        f"{_among(APPROVED)} AND (is_whole OR approved_on <= $2::date)",
    ),
    Figure("budgets.waiting", lazy("已批准待付"), CLAIMS, _among(WAITING)),
)
PAYMENT_FIGURES = (
    Figure("budgets.paid", lazy("已拨付"), PAYMENTS, "figure = 'paid'"),
    Figure("budgets.returned", lazy("追回缴回"), PAYMENTS, "figure = 'returned'"),
    Figure("budgets.net", lazy("净拨付"), PAYMENTS),
)


_POSTED = "t.phase IN ('posted', 'post')"
BUDGET_ROWS = f"""
WITH years AS (
    SELECT b.id, b.programme_id, b.year, b.amount, b.decided_at, b.verdict,
        p.slug AS programme, p.name AS programme_name,
        'budget:' || p.slug || ':' || b.year AS available, 'reserved:' || p.slug || ':' || b.year AS reserved
    FROM budgets b JOIN programmes p ON p.id = b.programme_id
    WHERE b.year BETWEEN extract(year FROM $1::date) AND extract(year FROM $2::date)
        AND ($3::text = '' OR p.slug = $3::text)
), entries AS (
    SELECT 'appropriated' AS figure, programme, programme_name, decided_at AS at, NULL::uuid AS claim_id,
        'budget_released' AS text, amount, 'CNY' AS currency, id
    FROM years
    UNION ALL
    SELECT 'changed', programme, programme_name, c.decided_at, NULL, 'budget_' || c.kind,
        CASE WHEN c.kind = 'increase' OR c.target_id = years.id THEN c.amount ELSE -c.amount END, 'CNY', c.id
    FROM years JOIN budget_changes c ON years.id IN (c.budget_id, c.target_id) AND c.verdict = 'confirmed'
    UNION ALL
    SELECT 'available', programme, programme_name, NULL, NULL, 'draft', amount, 'CNY', id
    FROM years WHERE verdict IS DISTINCT FROM 'confirmed'
    UNION ALL
    SELECT 'available', programme, programme_name, t.happened_at, t.subject_id, t.kind,
        CASE WHEN t.credit_id = years.available THEN t.amount ELSE -t.amount END, t.currency, t.id
    FROM years JOIN transfers t ON (t.credit_id = years.available AND {_POSTED})
        OR (t.debit_id = years.available AND ({_POSTED} OR t.phase = 'pending' AND NOT EXISTS (
            SELECT 1 FROM transfers e WHERE e.pending_id = t.id)))
    UNION ALL
    SELECT 'held', programme, programme_name, t.happened_at, t.subject_id, t.kind, t.amount, t.currency, t.id
    FROM years JOIN transfers t ON t.debit_id = years.available AND t.phase = 'pending' AND NOT EXISTS (
        SELECT 1 FROM transfers e WHERE e.pending_id = t.id)
    UNION ALL
    SELECT 'reserved', programme, programme_name, t.happened_at, t.subject_id, t.kind,
        CASE WHEN t.credit_id = years.reserved THEN t.amount ELSE -t.amount END, t.currency, t.id
    FROM years JOIN transfers t ON years.reserved IN (t.credit_id, t.debit_id) AND {_POSTED}
    UNION ALL
    SELECT 'disbursed', programme, programme_name, d.ended_on::timestamptz, c.id, 'subsidy_paid', d.amount,
        'CNY', d.id
    FROM years JOIN batches b ON b.programme_id = years.programme_id AND b.fiscal_year = years.year
        JOIN claims c ON c.batch_id = b.id JOIN disbursements d ON d.claim_id = c.id AND d.status = 'paid'
)
SELECT entries.*, coalesce(c.number, '') AS claim, c.year AS claim_year
FROM entries LEFT JOIN claims c ON c.id = entries.claim_id
"""  # noqa: S608
"""What makes up a year's budget and its accounts in the book; a draft counts as available in full."""

_ENTRIES = {
    "draft": lazy("待下达"),
    "budget_released": lazy("预算下达"),
    "budget_increase": lazy("预算追加"),
    "budget_decrease": lazy("预算调减"),
    "budget_carry_over": lazy("预算结转"),
    "subsidy_reserved": lazy("名单预留"),
    "subsidy_paid": lazy("补贴拨付"),
}


BUDGETS = RowSource(
    query=BUDGET_ROWS,
    scope=("programme",),
    order="programme, at NULLS FIRST, id",
    columns=(
        Column(lazy("政策"), lambda row: _(row.values["programme_name"])),
        Column(lazy("日期"), lambda row: day(row.values["at"])),
        Column(lazy("事项"), lambda row: str(_ENTRIES.get(row.values["text"], row.values["text"]))),
        Column(lazy("申报"), lambda row: row.values["claim"] or "—", _claim),
        Column(lazy("申报年度"), lambda row: str(row.values["claim_year"] or "—")),
    ),
    page="budgets:report_rows",
    address=rows_query,
    unit=lazy("笔"),
)
BUDGET_FIGURES = tuple(
    Figure(f"budgets.{key}", words, BUDGETS, f"figure = '{key}'")
    for key, words in (
        ("appropriated", lazy("预算下达")),
        ("changed", lazy("追加、调减、结转")),
        ("available", lazy("可用余额")),
        ("held", lazy("公示中预留")),
        ("reserved", lazy("已批准待付")),
        ("disbursed", lazy("已拨付")),
    )
)
FIGURES = (*CLAIM_FIGURES, *PAYMENT_FIGURES, *BUDGET_FIGURES)
