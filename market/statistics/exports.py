"""The tables of a period as a file, with definition, version, status, when it was made, and a hash."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import StringIO

from market.kit.i18n import Lazy, lazy
from market.kit.i18n import gettext as _
from market.kit.money import Money
from market.kit.workbooks.writing import Cell, Table, in_one_portion
from market.records.figures import FigureValue, Measure
from market.statistics.dimensions import UnitLayout, words_of
from market.statistics.layouts import COMPARED, Line, Matrix
from market.statistics.layouts import Table as Figures
from market.statistics.periods import Chosen
from market.statistics.readers import Reader
from market.statistics.units import UnitReport

Value = str | int | Money | None
NOT_PUBLIC = lazy("不公开")
WORDS: Mapping[str, Lazy] = {
    "contracts": lazy("技术合同（项）"),
    "contract_amount": lazy("合同成交额（元）"),
    "trade_amount": lazy("技术交易额（元）"),
    "received": lazy("到账额（元）"),
    "corrected": lazy("当期解除、注销（项）"),
    "corrected_contract": lazy("当期解除、注销的成交额（元）"),
    "corrected_trade": lazy("当期解除、注销的技术交易额（元）"),
}


@dataclass(frozen=True)
class Section:
    """One table: what it is called, its columns and rows."""

    key: str
    words: str
    heads: Mapping[str, str]
    rows: Sequence[Sequence[Value]]


@dataclass(frozen=True)
class Export:
    """What a file holds: what it is about, and its tables."""

    about: Sequence[tuple[str, str, str]]
    """Key, words and text."""
    sections: Sequence[Section]

    def as_json(self) -> str:
        """Return it as JSON; amounts are integers in fen, what is not public or unknown is null."""
        content = {
            **{key: text for key, _words, text in self.about},
            "amount_unit": "fen",
            "tables": {section.key: _as_objects(section) for section in self.sections},
        }
        return json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False)

    def as_csv(self) -> str:
        """Return it as CSV with a mark of its encoding, which spreadsheets need; amounts in 元."""
        text = StringIO()
        writer = csv.writer(text)
        writer.writerows([[words, _plain(value)] for _key, words, value in self.about])
        for section in self.sections:
            writer.writerow([])
            writer.writerow([section.words])
            writer.writerow(section.heads.values())
            writer.writerows([[_plain(value) for value in row] for row in section.rows])
        return "\ufeff" + text.getvalue()

    def tables(self) -> list[Table]:
        """Return it as the sheets of a workbook, the definition last."""
        sheets = [
            Table(section.words, list(section.heads.values()), in_one_portion([*map(_cells, section.rows)]))
            for section in self.sections
        ]
        facts: list[Sequence[Cell | None]] = [[words, text] for _key, words, text in self.about]
        return [*sheets, Table(_("口径和说明"), [_("项"), _("内容")], in_one_portion(facts), wide_column=1)]


def _cells(row: Sequence[Value]) -> Sequence[Cell | None]:
    return [str(NOT_PUBLIC) if value is None else value for value in row]


def _plain(value: Value) -> str | int:
    """Return a cell of a CSV; a text that a spreadsheet would read as a formula is marked as text."""
    if value is None:
        return str(NOT_PUBLIC)
    if isinstance(value, Money):
        return str(value.decimal)
    return f"'{value}" if isinstance(value, str) and value[:1] in "=+-@\t\r" else value


def _as_objects(section: Section) -> list[dict[str, str | int | None]]:
    return [
        {
            key: value.amount if isinstance(value, Money) else value
            for key, value in zip(section.heads, row, strict=True)
        }
        for row in section.rows
    ]


def export_of(
    chosen: Chosen,
    about: Sequence[tuple[str, str, str]],
    tables: Sequence[Figures],
    matrix: Matrix,
    reports: Mapping[UnitLayout, UnitReport],
    reader: Reader,
) -> Export:
    """Return the tables of a period as a person reads them, with a hash over all cells."""
    sections = [_figures(table, chosen, reader) for table in tables]
    sections.append(_matrix(matrix))
    sections += [_units(layout, report, chosen, reader) for layout, report in reports.items()]
    cells = [
        [section.key, [[_plain(value) for value in row] for row in section.rows]] for section in sections
    ]
    digest = hashlib.sha256(json.dumps(cells, ensure_ascii=False).encode()).hexdigest()
    return Export([*about, ("sha256", _("数据校验值"), digest)], sections)


def _number(value: FigureValue) -> int | Money:
    return value.count if value.figure.measure is Measure.COUNT else value.money


def _figures(table: Figures, chosen: Chosen, reader: Reader) -> Section:
    heads = {"code": _("代码"), "name": str(table.layout.label)}
    for key, words in WORDS.items():
        heads[key] = str(words)
        heads[f"{key}_before"] = _("%(figure)s上年同期", figure=str(words))
        if not key.startswith("corrected"):
            heads[f"{key}_growth"] = _("%(figure)s同比", figure=str(words))
        if key in COMPARED:
            heads[f"{key}_matched"] = _("%(figure)s可比口径", figure=str(words))
    return Section(
        table.layout.value,
        str(table.layout.label),
        heads,
        [[line.key or "total", line.words, *_line(table, line, chosen, reader)] for line in _all(table)],
    )


def _all(table: Figures) -> Sequence[Line]:
    return [*table.lines, table.total]


def _line(table: Figures, line: Line, chosen: Chosen, reader: Reader) -> list[Value]:
    cells: list[Value] = []
    for key in WORDS:
        is_shown = reader.is_shown(table, line, key, chosen)
        cells += [_number(line.now[key]), _number(line.before[key])] if is_shown else [None, None]
        if not key.startswith("corrected"):
            cells.append(line.growth(key).words if is_shown else None)
        if key in COMPARED:
            cells.append(line.matched_growth(key).words if is_shown else None)
    return cells


def _matrix(matrix: Matrix) -> Section:
    keys = matrix.columns
    heads = {"code": _("代码"), "name": _("卖方 ＼ 买方")}
    heads |= {key: words_of("buyer_place", key) for key in keys} | {"total": _("合计")}

    def count(value: FigureValue | None) -> int:
        return value.count if value else 0

    rows: list[list[Value]] = [
        [
            place,
            words_of("place", place),
            *(count(matrix.rows.get(place, {}).get(key)) for key in keys),
            count(matrix.of_row(place)),
        ]
        for place in keys
    ]
    rows.append(["total", _("合计"), *(count(matrix.of_column(key)) for key in keys), count(matrix.total)])
    return Section("flow_matrix", _("流向矩阵（项）"), heads, rows)


def _units(layout: UnitLayout, report: UnitReport, chosen: Chosen, reader: Reader) -> Section:
    keys = [*report.total.now]
    heads = {"name": _("单位"), **{key: str(report.total.now[key].figure.label) for key in keys}}
    rows: list[list[Value]] = [
        [
            line.words or _("合计"),
            *(
                _number(line.now[key]) if reader.reads_unit(report, line, key, chosen) else None
                for key in keys
            ),
        ]
        for line in (*report.lines, report.total)
    ]
    return Section(layout.value, str(layout.label), heads, rows)
