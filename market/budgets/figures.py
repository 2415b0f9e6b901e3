"""The figures of budgets: what became of each, as its accounts in the book say; and all of the room."""

from __future__ import annotations

from market.budgets.award_figures import CLAIM_FIGURES, PAYMENT_FIGURES, rows_query
from market.kit.formats import day
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.records.figures import Column, Figure, Link, Row, RowSource

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


def _claim(row: Row) -> Link | None:
    number = row.values["claim"]
    return Link("claims:desk", {"number": number}) if number else None


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
