"""Budget execution by city × field × rule, with last year's; each figure opens exactly its rows."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import xlsxwriter

from market.budgets.annual_budgets import BudgetRow, list_budgets
from market.claims.states import ClaimStatus
from market.codes.labels import label
from market.codes.regions import name
from market.kit.database import connection
from market.kit.i18n import gettext as _
from market.kit.money import Money
from market.kit.pagination import Page, PageRequest

APPROVED = (
    *(ClaimStatus.APPROVED, ClaimStatus.TO_PAY, ClaimStatus.PAID, ClaimStatus.TRACKING),
    *(ClaimStatus.CLOSED, ClaimStatus.CLAWBACK),
)
PAID = (ClaimStatus.PAID, ClaimStatus.TRACKING, ClaimStatus.CLOSED, ClaimStatus.CLAWBACK)
"""Paid out, also where a part was clawed back: clawbacks have a figure of their own."""
GROUPS: Mapping[str, Sequence[ClaimStatus]] = {
    "claimed": tuple(status for status in ClaimStatus if status is not ClaimStatus.DRAFT),
    "approved": APPROVED,
    "waiting": (ClaimStatus.APPROVED, ClaimStatus.TO_PAY),
    "paid": PAID,
}
NO_CONTRACT = "none"
"""Stands for the field of a claim on yearly totals."""
DIMENSIONS = ("city", "field", "programme")


@dataclass(frozen=True)
class CubeKey:
    """One cell of the cube: where, in which field, under which rule."""

    city: str
    field: str
    programme: str


@dataclass
class Figures:
    """The figures of one cell."""

    contracts: int = 0
    approved: int = 0
    paid: int = 0

    def add(self, other: Figures) -> None:
        """Add another cell to this one."""
        self.contracts += other.contracts
        self.approved += other.approved
        self.paid += other.paid


@dataclass(frozen=True)
class Row:
    """One line of a table: its value on one dimension, this year's figures and last year's."""

    value: str
    words: str
    now: Figures
    before: Figures

    @property
    def change(self) -> str:
        """Return the change of what was paid from last year in percent, or a dash without a last year."""
        if not self.before.paid:
            return "—"
        tenths = (1000 * (self.now.paid - self.before.paid)) // self.before.paid
        return f"{'+' if tenths >= 0 else '−'}{abs(tenths) // 10}.{abs(tenths) % 10}%"


@dataclass(frozen=True)
class Report:
    """A year's report."""

    year: int
    cube: dict[CubeKey, Figures]
    before: dict[CubeKey, Figures]
    names: dict[str, str]
    """Programmes by slug."""
    budgets: list[BudgetRow]
    old_budgets: dict[str, BudgetRow]

    def by(self, dimension: str) -> list[Row]:
        """Return the cube summed along one dimension, the most paid first."""
        now, before = _summed(self.cube, dimension), _summed(self.before, dimension)
        rows = [
            Row(value, self._words(dimension, value), now.get(value, Figures()), before.get(value, Figures()))
            for value in {*now, *before}
        ]
        return sorted(rows, key=lambda row: (-row.now.paid, -row.now.approved, row.value))

    def cells(self) -> list[tuple[CubeKey, list[str], Figures, Figures]]:
        """Return every cell with its words, this year's and last year's figures."""
        cells = []
        for key in sorted({*self.cube, *self.before}, key=lambda key: (key.city, key.field, key.programme)):
            words = [self._words(dimension, getattr(key, dimension)) for dimension in DIMENSIONS]
            cells.append((key, words, self.cube.get(key, Figures()), self.before.get(key, Figures())))
        return cells

    @property
    def total(self) -> Row:
        """Return the sum over all cells."""
        now, before = Figures(), Figures()
        for figures in self.cube.values():
            now.add(figures)
        for figures in self.before.values():
            before.add(figures)
        return Row("", _("合计"), now, before)

    def _words(self, dimension: str, value: str) -> str:
        if dimension == "city":
            return name(value.ljust(6, "0"))
        if dimension == "field":
            return field_label(value)
        return _(self.names.get(value, value))


def field_label(field: str) -> str:
    """Return what a field is called; a claim on yearly totals has none."""
    return _("按年度总额") if field == NO_CONTRACT else label("field", field)


def _summed(cube: Mapping[CubeKey, Figures], dimension: str) -> dict[str, Figures]:
    sums: dict[str, Figures] = {}
    for key, figures in cube.items():
        sums.setdefault(getattr(key, dimension), Figures()).add(figures)
    return sums


async def build_report(year: int) -> Report:
    """Build a year's report with last year's figures."""
    budgets = await list_budgets()
    return Report(
        year,
        await _cube(year),
        await _cube(year - 1),
        await _names(),
        [row for row in budgets if row.budget.year == year],
        {row.budget.programme.slug: row for row in budgets if row.budget.year == year - 1},
    )


async def _names() -> dict[str, str]:
    rows = await connection().execute_query_dict("SELECT slug, name FROM programmes")
    return {row["slug"]: row["name"] for row in rows}


_AWARD = "CASE WHEN cc.id IS NULL THEN c.award_amount ELSE cc.award_amount END"
_FIELD = f"CASE WHEN cc.id IS NULL THEN '{NO_CONTRACT}' ELSE k.field END"
_ROWS = (
    "FROM claims c JOIN organisations o ON o.id = c.applicant_id JOIN programmes p ON p.id = c.programme_id "
    "LEFT JOIN claim_contracts cc ON cc.claim_id = c.id LEFT JOIN contracts k ON k.id = cc.contract_id "
    "WHERE c.year = $1 AND c.submitted_at IS NOT NULL"
)
"""One row for each contract of a claim, and for each claim without contracts: figures and lists alike."""


async def _cube(year: int) -> dict[CubeKey, Figures]:
    rows = await connection().execute_query_dict(
        f"SELECT left(o.region, 4) AS city, {_FIELD} AS field, p.slug, count(*) AS contracts, "
        f"coalesce(sum({_AWARD}) FILTER (WHERE c.status = ANY($2)), 0) AS approved, "
        f"coalesce(sum({_AWARD}) FILTER (WHERE c.status = ANY($3)), 0) AS paid "
        f"{_ROWS} GROUP BY 1, 2, 3",
        [year, [status.value for status in APPROVED], [status.value for status in PAID]],
    )
    return {
        CubeKey(row["city"], row["field"], row["slug"]): Figures(
            int(row["contracts"]), int(row["approved"]), int(row["paid"])
        )
        for row in rows
    }


@dataclass(frozen=True)
class FigureRow:
    """One row behind a figure: a contract of a claim, or a claim without contracts."""

    claim: str
    applicant: str
    programme: str
    contract: str
    field: str
    status: str
    award_amount: int


async def rows_of_figure(
    year: int, group: str, page_request: PageRequest, *, city: str = "", field: str = "", programme: str = ""
) -> tuple[Page[FigureRow], int]:
    """Return a page of exactly the rows that a figure counts, and the sum of all their awards."""
    where = (
        f"{_ROWS} AND c.status = ANY($2) AND starts_with(o.region, $3) "
        f"AND ($4 = '' OR {_FIELD} = $4) AND ($5 = '' OR p.slug = $5)"
    )
    parameters = [year, [status.value for status in GROUPS[group]], city, field, programme]
    totals = await connection().execute_query_dict(
        f"SELECT count(*) AS count, coalesce(sum({_AWARD}), 0) AS award {where}",
        parameters,
    )
    rows = await connection().execute_query_dict(
        "SELECT c.number AS claim, o.name AS applicant, p.name AS programme, "
        f"coalesce(k.name, '') AS contract, {_FIELD} AS field, c.status, "
        f"coalesce({_AWARD}, 0) AS award_amount {where} "
        "ORDER BY c.number, k.number OFFSET $6 LIMIT $7",
        [*parameters, page_request.offset, page_request.size],
    )
    return page_request.page([FigureRow(**row) for row in rows], totals[0]["count"]), int(totals[0]["award"])


def report_workbook(report: Report) -> bytes:
    """Return the report as a workbook: the cube, and the budgets; amounts in 元, no formulas from text."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(
        buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    head, money = book.add_format({"bold": True}), book.add_format({"num_format": "#,##0.00"})
    page = book.add_worksheet(_("预算执行"))
    titles = [
        *(_("市"), _("技术领域"), _("政策"), _("合同数"), _("批准（元）"), _("拨付（元）")),
        *(_("上年合同数"), _("上年拨付（元）")),
    ]
    for column, title in enumerate(titles):
        page.write_string(0, column, title, head)
    for place, (_key, words, now, before) in enumerate(report.cells(), start=1):
        for column, text in enumerate(words):
            page.write_string(place, column, text)
        page.write_number(place, 3, now.contracts)
        page.write_number(place, 4, Money(now.approved).decimal, money)
        page.write_number(place, 5, Money(now.paid).decimal, money)
        page.write_number(place, 6, before.contracts)
        page.write_number(place, 7, Money(before.paid).decimal, money)
    page.set_column(0, 7, 18)
    second = book.add_worksheet(_("年度预算"))
    for column, title in enumerate((_("政策"), _("下达"), _("可用余额"), _("已批准待付"), _("已拨付"))):
        second.write_string(0, column, title, head)
    for place, row in enumerate(report.budgets, start=1):
        second.write_string(place, 0, _(row.budget.programme.name))
        for column, amount in enumerate((row.budget.amount, row.available, row.reserved, row.paid), start=1):
            second.write_number(place, column, Money(amount).decimal, money)
    second.set_column(0, 4, 22)
    book.close()
    return buffer.getvalue()
