"""One row of somebody's list as the columns of a listing, with every fault at its cell. Pure."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

from market.codes import regions
from market.imports.amount_choices import amount_choices
from market.imports.excel_template import Column, ListForm, names_of
from market.imports.heads import WAN
from market.imports.open_data_rows import MAX_REFERENCE, MAX_TEXT, MAX_TITLE, InvalidRow, check_text
from market.kit.formats import wan
from market.kit.i18n import gettext as _
from market.kit.i18n import in_source_language
from market.kit.workbooks.cells import Cell
from market.kit.workbooks.heads import to_simplified
from market.kit.workbooks.values import UnreadableCell, amount_of, day_of
from market.kit.written_amounts import read_range
from market.listings.kinds import OUTCOME
from market.listings.models import PriceKind
from market.listings.right_rows import InvalidRight, rights_of
from market.listings.rules import keywords_of
from market.listings.vocabulary import (
    OPEN_TERMS,
    field_named,
    is_known_heading,
    is_left_open,
    is_plain_level,
    mode_named,
    need_kind_named,
    price_kind_named,
    stage_level,
    target_of,
)

LEFT_OUT = "（留空）"
"""Answer that leaves a value out which nobody understands."""
NAMED: Mapping[str, Callable[[str], str]] = {
    "mode": mode_named,
    "need_kind": need_kind_named,
    "price_kind": price_kind_named,
    "field": field_named,
}
"""Codes by the words of other lists."""


@dataclass(frozen=True)
class Fault:
    """Why a cell cannot be used, and what it might mean."""

    column: str
    sentence: str
    choices: tuple[str, ...] = ()
    """What may be answered; empty where it is typed anew."""
    is_optional: bool = False
    """The listing can do without the value, in a list that is not our template."""


@dataclass
class ReadRow:
    """What a row says: the columns of a listing, its faults, and how unusual cells were read."""

    values: dict[str, Any] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    remarks: dict[str, str] = field(default_factory=dict)
    given: frozenset[str] = frozenset()
    """Columns of the listing that the row tells; an update leaves the others as they are."""

    @property
    def reasons(self) -> str:
        return "".join(fault.sentence for fault in self.faults)


@dataclass(frozen=True)
class SheetRow:
    """One row of a list: its cells by our columns, and what the heads say about them."""

    cells: Mapping[str, Cell]
    """Of the columns that the list has."""
    is_foreign: bool = False
    """The list is not our template: what it does not tell lowers the completeness and refuses nothing."""
    units: Mapping[str, int] = field(default_factory=dict)
    """元 that one unit of an amount makes, where the head tells."""

    @property
    def owner(self) -> str:
        return self["owner"]

    def __getitem__(self, name: str) -> str:
        cell = self.cells.get(name)
        return "" if cell is None or cell.text == LEFT_OUT else cell.text


def read_row(form: ListForm, row: SheetRow) -> ReadRow:
    """Return what a row says, all its faults at once."""
    with in_source_language():
        reader = _Reader(form, row)
        reader.check_cells()
        reader.read.given = _given(row)
        return reader.outcome() if form.kind is OUTCOME else reader.need()


class _Reader:
    """Reads the cells of one row and collects faults and remarks."""

    def __init__(self, form: ListForm, row: SheetRow) -> None:
        self.row = row
        self.columns = {column.name: column for column in form.columns}
        self.read = ReadRow()
        self._faulty: set[str] = set()

    def fault(
        self, column: str, sentence: str, choices: Sequence[str] = (), *, is_optional: bool = False
    ) -> None:
        if column not in self._faulty:
            self.read.faults.append(Fault(column, sentence, tuple(choices), is_optional))
            self._faulty.add(column)

    def check_cells(self) -> None:
        for column in self.columns.values():
            cell = self.row.cells.get(column.name)
            if cell is not None:
                self._check_cell(column, cell)

    def _check_cell(self, column: Column, cell: Cell) -> None:
        text = self.row[column.name]
        is_required = column.is_required and (not self.row.is_foreign or column.name in ("title", "owner"))
        if cell.problem:
            self.fault(column.name, _("“%(name)s”：%(why)s。", name=column.head, why=cell.problem))
        elif is_required and not text:
            choices = self._names(column.codes) if column.codes else ()
            self.fault(column.name, _("没有填“%(name)s”。", name=column.head), choices)
        elif len(text) > (MAX_TITLE if column.name == "title" else MAX_TEXT):
            self.fault(column.name, _("“%(name)s”过长。", name=column.head))
        else:
            try:
                check_text(text)
            except InvalidRow as error:
                self.fault(column.name, str(error))

    def text(self, column: str, most: int = MAX_TEXT) -> str:
        return "" if column in self._faulty else self.row[column][:most]

    def outcome(self) -> ReadRow:
        rights = self.rights()
        patents = ",".join(right["number"] for right in rights)
        price_kind, amount = self.price()
        common = self.common(patents)
        self.read.values = {
            **common,
            **{name: self.text(name) for name in ("title_en", "abstract_en") if self.row[name]},
            "highlight": self.text("highlight", 300),
            "trl": self.level("trl"),
            "price_kind": price_kind,
            "price_amount": amount,
            "problem": self.text("problem"),
            "solution": self.text("solution"),
            "comparison": [
                {"indicator": a[:80], "current": b[:80], "ours": c[:80], "change": "", "evidence": ""}
                for a, b, c in map(three, table_of(self.text("comparison")))
            ],
            "rights": rights,
            "team": [{"name": name, "title": "", "direction": ""} for name in keywords_of(self.text("team"))],
            "source_classification": {"organisation": self.text("owner", 200)},
        }
        return self.read

    def need(self) -> ReadRow:
        low, high = self.budget()
        if low is not None and (high is None or high < low):
            self.fault("budget_max_amount", _("预算上限不应小于下限。"))
        self.read.values = {
            **self.common(""),
            "kind": self.code("kind", "need_kind"),
            "background": self.text("background"),
            "description": self.description(),
            "targets": [_target(parts) for parts in table_of(self.text("targets"))],
            "budget_min_amount": low,
            "budget_max_amount": high,
            "deadline_on": self.day("deadline_on"),
            "is_masked": self.text("is_masked") in ("是", "yes"),
        }
        return self.read

    def common(self, patents: str) -> dict[str, Any]:
        """Return the columns of both kinds. Organisation, title and patents identify a record."""
        owner, title = self.text("owner"), self.text("title")
        values = {
            "source_reference": self.text("reference", MAX_REFERENCE) or reference_of(owner, title, patents),
            "title": " ".join(title.split()),
            "field": self.code("field", "field"),
            "industries": self.codes("industries", "industry"),
            "modes": self.codes("modes", "mode"),
            "contact_name": self.text("contact_name", 60),
            "contact_phone": self.text("contact_phone", 40),
            "keywords": keywords_of(self.text("keywords")),
        }
        if region := self.region():
            values["region"] = region
        return values

    def code(self, column: str, kind: str) -> str:
        """Return the code of a label, also in the words of other lists."""
        text = self.text(column)
        if not text:
            return ""
        if code := self._code(kind, text):
            return code
        if kind == "field" and self.row.is_foreign and is_known_heading(text):
            self.read.remarks[column] = _("“%(text)s”不对应我们的领域，先留空", text=text[:40])
            return ""
        return self._unknown(column, text, kind)

    def codes(self, column: str, kind: str) -> list[str]:
        """Return the codes of several labels."""
        codes: list[str] = []
        words = keywords_of(self.text(column))
        for word in words:
            code = self._code(kind, word)
            codes.append(code or self._unknown(column, word, kind, words))
        return [code for code in dict.fromkeys(codes) if code]

    def _code(self, kind: str, text: str) -> str:
        plain = to_simplified(text)
        if code := _names(kind).get(plain, ""):
            return code
        named = NAMED.get(kind)
        return named(plain) if named else ""

    def _unknown(self, column: str, text: str, kind: str, words: Sequence[str] = ()) -> str:
        """Tell that a word is not known; what may be answered keeps the other words of the cell."""
        sentence = _("“%(text)s”不在列表里。", text=text[:40])
        choices = [_replaced(words or (text,), text, name) for name in self._names(kind)]
        self.fault(column, sentence, choices, is_optional=self.row.is_foreign)
        return ""

    def _names(self, kind: str) -> tuple[str, ...]:
        names = tuple(_names(kind))
        return (*names, LEFT_OUT) if self.row.is_foreign else names

    def level(self, column: str) -> int | None:
        """Return the readiness of a level or of a stage in words; None where nothing is told."""
        text = self.text(column)
        if not text:
            return None
        level = stage_level(to_simplified(text))
        if level is None:
            self._unknown(column, text, "trl")
        elif not is_plain_level(to_simplified(text)) and text not in _names("trl"):
            self.read.remarks[column] = _("由“%(text)s”读出：TRL %(level)s", text=text[:40], level=level)
        return level

    def price(self) -> tuple[PriceKind, int | None]:
        amount = self.amount("price_amount")
        if not self.row["price_kind"] and self.row.is_foreign:
            return (PriceKind.NEGOTIABLE if amount is None else PriceKind.FIXED), amount
        is_fixed = self.code("price_kind", "price_kind") == PriceKind.FIXED
        if is_fixed and amount is None:
            self.fault("price_amount", _("价格方式是挂牌价，却没有填价格。"))
        if not is_fixed and amount is not None and "price_kind" not in self._faulty:
            self.fault("price_kind", _("价格方式是面议，却填了价格。"), ("挂牌价",))
        return (PriceKind.FIXED if is_fixed else PriceKind.NEGOTIABLE), amount if is_fixed else None

    def amount(self, column: str) -> int | None:
        """Convert a cell to fen; None if it is empty, or says that it is left open."""
        text = self.text(column)
        if not text or is_left_open(text):
            return None
        cell, unit = self.row.cells[column], self.row.units.get(column, 0)
        plain = unicodedata.normalize("NFKC", text).strip()
        try:
            money = amount_of(cell, unit=unit or WAN)
        except UnreadableCell as error:
            choices = amount_choices(plain, unit or WAN)
            names = {"text": text[:40], "place": cell.place, "why": error.why, "amount": "".join(choices)}
            match len(choices):
                case 0:
                    sentence = _("“%(text)s”不是金额（%(why)s）。", **names)
                case 1:
                    sentence = _("写的是“%(text)s”（%(place)s），是 %(amount)s 吗？不是请另填。", **names)
                case _:
                    sentence = _("写的是“%(text)s”（%(place)s），是哪一个？", **names)
            self.fault(column, sentence, choices)
            return None
        if money is not None and not 0 < money.amount < 10**16:
            self.fault(column, _("“%(text)s”不是金额（%(why)s）。", text=text[:40], why=cell.place))
            return None
        return money.amount if money else None

    def budget(self) -> tuple[int | None, int | None]:
        """Return the least and the most of a budget; a range in one cell, 10-20万, is both."""
        unit = self.row.units.get("budget_max_amount", 0) or WAN
        text = self.text("budget_max_amount")
        if not self.text("budget_min_amount") and (ends := read_range(text, unit=unit)):
            self.read.remarks["budget_max_amount"] = _(
                "“%(text)s”读作 %(low)s 到 %(high)s", text=text[:40], low=wan(ends[0]), high=wan(ends[1])
            )
            self.read.given |= {"budget_min_amount"}
            return ends
        return self.amount("budget_min_amount"), self.amount("budget_max_amount")

    def day(self, column: str) -> date | None:
        """Return a day; None where the list says that there is none."""
        text = self.text(column)
        if text in OPEN_TERMS:
            self.read.remarks[column] = _("没有截止日期，按十二个月")
            return None
        if not text:
            return None
        try:
            return day_of(self.row.cells[column])
        except UnreadableCell as error:
            self.fault(column, _("“%(text)s”不是日期（%(why)s）。", text=text[:40], why=error.why))
            return None

    def region(self) -> str:
        text = self.text("region")
        code = regions.named(to_simplified(text)) if text else ""
        if text and not code:
            self.read.remarks["region"] = _("不认得“%(text)s”，先按单位所在地", text=text[:40])
        return code

    def rights(self) -> list[dict[str, str]]:
        text = self.text("rights")
        try:
            rights = rights_of(text, _names("right_kind"), _names("right_state"))
        except InvalidRight as error:
            self.fault("rights", str(error))
            return []
        return rights

    def description(self) -> str:
        """Return what a need is about, with the difficulty that other lists tell in a column of its own."""
        description, difficulty = self.text("description"), self.text("difficulty")
        if not difficulty:
            return description
        return f"{description}\n{_('拟解决的技术难题：%(text)s', text=difficulty)}".strip()


def reference_of(owner: str, title: str, patents: str) -> str:
    """Return the identity of a row: the same organisation, title and patents are the same record."""
    identity = "\n".join((owner, title, patents))
    return f"sheet:{hashlib.sha256(identity.encode()).hexdigest()}"[:MAX_REFERENCE]


@lru_cache
def _names(kind: str) -> Mapping[str, str]:
    """Return the keys of a code by their labels in the source language."""
    with in_source_language():
        return {str(name): key for name, key in names_of(kind).items()}


def _replaced(words: Sequence[str], word: str, name: str) -> str:
    """Return the words of a cell with one of them replaced, or left out."""
    texts = [name if other == word else other for other in words if other != word or name != LEFT_OUT]
    return "；".join(texts) or LEFT_OUT


def _given(row: SheetRow) -> frozenset[str]:
    names = {name for name in row.cells if row[name]}
    if "price_amount" in names:
        names.add("price_kind")
    if "price_kind" in names:
        names.add("price_amount")
    if "difficulty" in names:
        names.add("description")
    if row["deadline_on"] in OPEN_TERMS:
        names.discard("deadline_on")
    return frozenset(names)


def table_of(text: str) -> list[list[str]]:
    """Return the rows and parts of a text such as 指标|现有|本成果；指标|现有|本成果."""
    rows = [row.strip() for row in text.replace(";", "；").replace("\n", "；").split("；")]
    return [[part.strip() for part in row.replace("｜", "|").split("|")] for row in rows if row]


def three(parts: Sequence[str]) -> tuple[str, str, str]:
    a, b, c = [*parts, "", "", ""][:3]
    return a, b, c


def _target(parts: Sequence[str]) -> dict[str, str]:
    if len(parts) == 1:
        return target_of(parts[0])
    indicator, present, target = three(parts)
    return {"indicator": indicator[:80], "present": present[:80], "target": target[:80]}


def lacks_required(form: ListForm, columns: Mapping[str, Any]) -> bool:
    """Return whether a list lacks a required column of our template: then it is somebody else's."""
    return any(column.is_required and column.name not in columns for column in form.columns)
