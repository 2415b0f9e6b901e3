"""A ranking as a file: with its scheme, definitions, period, version, status, when it was made and a hash."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from io import StringIO
from uuid import UUID

from market.kit.formats import moment
from market.kit.i18n import gettext as _
from market.kit.workbooks.writing import Cell, Table, in_one_portion
from market.rankings.models import Ranking, RankingCell, RankingRow
from market.rankings.objections import disputed_places
from market.rankings.queries import Contribution, contributions, period_words
from market.rankings.schemes import Part, parts_of

Value = str | int | Decimal | None


@dataclass(frozen=True)
class Export:
    """What a file holds: what it is about, the definitions of its indicators, a row for each place."""

    about: Sequence[tuple[str, str, str]]
    """Key, words and text."""
    definitions: Sequence[Mapping[str, Value]]
    heads: Mapping[str, str]
    """Words of the columns by their keys."""
    rows: Sequence[Sequence[Value]]

    def as_json(self) -> str:
        """Return it as JSON; scores, values and points are decimals in text, nothing unknown is a number."""
        content = {
            **{key: text for key, _words, text in self.about},
            "definitions": list(self.definitions),
            "rows": [dict(zip(self.heads, row, strict=True)) for row in self.rows],
        }
        return json.dumps(content, ensure_ascii=False, indent=1, default=str, allow_nan=False)

    def as_csv(self) -> str:
        """Return it as CSV with a mark of its encoding, which spreadsheets need."""
        text = StringIO()
        writer = csv.writer(text)
        writer.writerows([[words, _plain(value)] for _key, words, value in self.about])
        writer.writerow([])
        writer.writerow(self.heads.values())
        writer.writerows([[_plain(value) for value in row] for row in self.rows])
        writer.writerow([])
        if self.definitions:
            writer.writerow(_definition_heads())
            writer.writerows([[_plain(value) for value in row.values()] for row in self.definitions])
        return "\ufeff" + text.getvalue()

    def tables(self) -> list[Table]:
        """Return it as the sheets of a workbook."""
        rows: list[Sequence[Cell | None]] = [[*row] for row in self.rows]
        definitions: list[Sequence[Cell | None]] = [[*row.values()] for row in self.definitions]
        facts: list[Sequence[Cell | None]] = [[words, text] for _key, words, text in self.about]
        return [
            Table(_("名次"), list(self.heads.values()), in_one_portion(rows)),
            Table(_("指标口径"), _definition_heads(), in_one_portion(definitions)),
            Table(_("说明"), [_("项"), _("内容")], in_one_portion(facts), wide_column=1),
        ]


def _plain(value: Value) -> str | int:
    """Return a cell of a CSV; a text that a spreadsheet would read as a formula is marked as text."""
    if value is None:
        return ""
    if isinstance(value, str) and value[:1] in "=+-@\t\r":
        return f"'{value}"
    return value if isinstance(value, str | int) else str(value)


async def export_of(ranking: Ranking, now: datetime, withheld: Collection[UUID] = ()) -> Export:
    """Return a ranking, its scheme loaded, as a file holds it, without the parts that are withheld."""
    parts = parts_of(ranking.scheme)
    rows = await RankingRow.filter(ranking_id=ranking.id).order_by("level", "rank", "name")
    cells: dict[UUID, list[RankingCell]] = {}
    for cell in await RankingCell.filter(row__ranking_id=ranking.id):
        cells.setdefault(cell.row_id, []).append(cell)
    disputed = await disputed_places(ranking)
    used = [
        part for part in parts if any(cell.indicator == part.code for of in cells.values() for cell in of)
    ]
    lines = [_line(row, contributions(used, cells.get(row.id, ()), withheld), used, disputed) for row in rows]
    digest = hashlib.sha256(json.dumps(lines, ensure_ascii=False, default=str).encode()).hexdigest()
    return Export(
        _about(ranking, now, digest), [_definition(part, ranking) for part in used], _heads(used), lines
    )


def _line(
    row: RankingRow, items: Sequence[Contribution], parts: Sequence[Part], disputed: Collection[str]
) -> list[Value]:
    by_code = {item.part.code: item for item in items}
    line: list[Value] = [
        row.place,
        row.name,
        row.level,
        str(row.status.label) if row.place not in disputed else _("异议处理中"),
        row.rank,
        _tenths(row.score),
        _tenths(row.deduction),
        row.previous_rank,
        _tenths(row.previous_score),
        None if row.is_significant is None else _("显著") if row.is_significant else _("不显著"),
    ]
    for part in parts:
        item = by_code.get(part.code)
        line += (
            [
                Decimal(item.value.replace(",", "")),
                item.cell.numerator,
                item.cell.denominator,
                Decimal(item.cell.points) / 1000,
                Decimal(item.contributes),
            ]
            if item and not item.is_withheld
            else [None] * 5
        )
    return line


def _tenths(value: int | None) -> Decimal | None:
    return None if value is None else Decimal(value) / 10


def _heads(parts: Sequence[Part]) -> dict[str, str]:
    heads = {
        "place": _("代码"),
        "name": _("名称"),
        "group": _("组"),
        "status": _("状态"),
        "rank": _("名次"),
        "score": _("得分"),
        "deduction": _("扣分"),
        "previous_rank": _("上期名次"),
        "previous_score": _("上期得分"),
        "change": _("变化"),
    }
    for part in parts:
        label = str(part.indicator.label)
        heads |= {
            f"{part.code}.value": f"{label}（{part.indicator.unit}）",
            f"{part.code}.numerator": _("%(label)s 分子", label=label),
            f"{part.code}.denominator": _("%(label)s 分母", label=label),
            f"{part.code}.points": _("%(label)s 功效系数", label=label),
            f"{part.code}.contribution": _("%(label)s 贡献", label=label),
        }
    return heads


def _definition_heads() -> list[str]:
    return [
        _("代码"),
        _("指标"),
        _("单位"),
        _("分子"),
        _("分母"),
        _("权重"),
        _("60 分的值"),
        _("100 分的值"),
        _("来源"),
    ]


def _definition(part: Part, ranking: Ranking) -> dict[str, Value]:
    indicator = part.indicator
    low, high = part.bounds[ranking.period_kind]
    source = _("专家评议") if indicator.is_judged else _("填报") if indicator.is_stated else _("记录")
    return {
        "code": part.code,
        "label": str(indicator.label),
        "unit": str(indicator.unit),
        "numerator": str(indicator.figure_label(is_denominator=False)),
        "denominator": str(indicator.figure_label(is_denominator=True)) if indicator.denominator else "",
        "weight": part.weight,
        "low": low,
        "high": high,
        "source": source,
    }


def _about(ranking: Ranking, now: datetime, digest: str) -> list[tuple[str, str, str]]:
    scheme = ranking.scheme
    period = period_words(ranking.period_kind, ranking.begins_on)
    return [
        ("number", _("编号"), ranking.number),
        ("title", _("名称"), f"{ranking.kind.label}{ranking.period_kind.label} {period}"),
        ("period", _("期间"), f"{ranking.begins_on.isoformat()}/{ranking.ends_on.isoformat()}"),
        ("version", _("版本"), str(ranking.version)),
        ("status", _("状态"), str(ranking.status.label)),
        ("note", _("更正说明"), ranking.note),
        ("scheme", _("方案版本"), f"v{scheme.version} {scheme.valid_from.isoformat()}"),
        ("scheme_text", _("方案"), scheme.text),
        ("scheme_basis", _("依据"), scheme.basis),
        ("scheme_hash", _("方案校验值"), scheme.content_hash),
        ("rows_hash", _("行集校验值"), ranking.rows_hash),
        ("withheld", _("空格"), _("少于 3 笔的金额不公开，空着不是零。")),
        ("made_at", _("导出时间"), moment(now)),
        ("sha256", _("数据校验值"), digest),
    ]
