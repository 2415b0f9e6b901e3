"""The board of a year as a file: with its definition, period, status and a hash over its figures."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO

from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.workbooks.writing import Cell, Table, in_one_portion
from market.targets.wall import Board, Line

HEADS = {
    "target": lazy("目标"),
    "verified": lazy("已核验"),
    "pending": lazy("待核验"),
    "found": lazy("发现未报"),
    "partial": lazy("部分符合"),
    "refused": lazy("不予认定"),
    "struck": lazy("已核减"),
    "related": lazy("关联交易，不计入"),
    "reversed": lazy("核减以前年度认定的"),
    "forecast": lazy("预测年底"),
    "before": lazy("上年同期"),
    "growth": lazy("同比"),
}
"""Columns of the files, by the keys of the JSON."""
COUNTS = ("verified", "pending", "found", "partial", "refused", "struck", "related", "reversed")


@dataclass(frozen=True)
class Export:
    """What a file holds: what it is about, and a row for each city and the whole."""

    about: Sequence[tuple[str, str, str]]
    """Key, words and text."""
    rows: Sequence[Sequence[int | str]]

    @property
    def heads(self) -> list[str]:
        return [_("代码"), _("市"), *(str(head) for head in HEADS.values())]

    def as_json(self) -> str:
        """Return it as JSON."""
        content = {
            **{key: text for key, _words, text in self.about},
            "rows": [dict(zip(("code", "city", *HEADS), row, strict=True)) for row in self.rows],
        }
        return json.dumps(content, ensure_ascii=False, indent=1)

    def as_csv(self) -> str:
        """Return it as CSV with a mark of its encoding, which spreadsheets need."""
        text = StringIO()
        writer = csv.writer(text)
        writer.writerows([[words, value] for _key, words, value in self.about])
        writer.writerows([[], self.heads, *self.rows])
        return "\ufeff" + text.getvalue()

    def tables(self) -> list[Table]:
        """Return it as the sheets of a workbook."""
        cells: list[Sequence[Cell | None]] = [[*row] for row in self.rows]
        facts: list[Sequence[Cell | None]] = [[words, text] for _key, words, text in self.about]
        return [
            Table(_("各市"), self.heads, in_one_portion(cells)),
            Table(_("口径"), [_("项"), _("内容")], in_one_portion(facts), wide_column=1),
        ]


def export_of(board: Board) -> Export:
    """Return a board as a file holds it."""
    lines = [*((line.key, line.words, line) for line in board.cities), ("", _("全区"), board.total)]
    rows = [[key, words, *_values(line)] for key, words, line in lines]
    digest = hashlib.sha256(json.dumps(rows, ensure_ascii=False).encode()).hexdigest()
    return Export(_about(board, digest), rows)


def _values(line: Line) -> list[int | str]:
    counts = [line.now[key].count for key in COUNTS]
    return [line.target, *counts, line.forecast.value, line.before.count, line.growth.words]


def _about(board: Board, digest: str) -> list[tuple[str, str, str]]:
    plan = board.plan
    if plan is None:
        return [("sha256", _("数据校验值"), digest)]
    definition = plan.definition
    return [
        ("title", _("名称"), plan.title),
        ("period", _("期间"), f"{board.period.begins_on.isoformat()}/{board.until.isoformat()}"),
        ("status", _("状态"), _("最终数") if board.is_closed else _("快报数")),
        ("plan", _("目标版本"), f"{plan.number} v{plan.version}"),
        ("definition", _("口径版本"), f"v{definition.version} {definition.valid_from.isoformat()}"),
        ("definition_text", _("口径"), definition.text),
        ("definition_hash", _("口径校验值"), definition.content_hash),
        ("forecast", _("预测公式"), board.total.forecast.formula),
        ("sha256", _("数据校验值"), digest),
    ]
