"""Which column of somebody's list means what: by the heads, as remembered, spelled or alike. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from market.imports.excel_template import Column, ListForm
from market.kit.i18n import gettext as _
from market.kit.workbooks.cells import Row, Sheet
from market.kit.workbooks.heads import MOST_TITLE_ROWS, HeadRow, head_key, head_keys, to_simplified

FEWEST_COLUMNS = 3
"""Known columns that make a sheet a list of listings."""
AMOUNTS = frozenset(["price_amount", "budget_min_amount", "budget_max_amount"])
"""Columns whose numbers are in the unit that their head names, 万元 where it names none."""
WAN = 10_000
UNITS = {"万元": WAN, "元": 1, "千元": 1000, "百万元": 1_000_000, "千万元": 10_000_000, "亿元": 100_000_000}
"""Yuan that one unit of a column of amounts makes, the usual ones first."""
_ALL_UNITS = {**UNITS, "万": WAN, "亿": 100_000_000}
_UNIT = re.compile(
    r"[(（\[【/,，:：]?\s*(?:单位[:：]?)?\s*"
    rf"({'|'.join(sorted(_ALL_UNITS, key=len, reverse=True))})\s*[)）\]】]?\s*$"
)


@dataclass(frozen=True)
class HeadGuess:
    """One column of a list with the column of ours that it is taken for."""

    column: int
    head: str
    name: str = ""
    """Empty where it is taken for none."""
    is_sure: bool = True
    """Remembered, or spelled as we know it; else it only looks alike."""
    said_unit: int = 0
    """元 that one unit makes, as a person said; 0: as the head says."""

    @property
    def unit(self) -> int:
        return self.said_unit or (unit_of(self.head) if self.name in AMOUNTS else 0)

    @property
    def choice(self) -> str:
        """What stands in a list of columns to choose from: the column, of amounts with its unit."""
        return f"{self.name}:{self.unit or WAN}" if self.name in AMOUNTS else self.name


@dataclass(frozen=True)
class SheetHeads:
    """A sheet with the row of its heads, and what each column is taken for."""

    sheet: Sheet
    row: int
    guesses: tuple[HeadGuess, ...]
    other_lists: tuple[str, ...] = ()
    """Names of further sheets that are lists too."""

    @property
    def columns(self) -> dict[str, int]:
        return {guess.name: guess.column for guess in self.guesses if guess.name}

    @property
    def units(self) -> dict[str, int]:
        """Return the units of amounts that heads name, by column of ours."""
        return {guess.name: guess.unit for guess in self.guesses if guess.unit}

    @property
    def head_row(self) -> HeadRow:
        return HeadRow(self.sheet, self.row, self.columns)

    @property
    def sure_count(self) -> int:
        """Return how many columns are spelled as we know them."""
        return sum(bool(guess.name) and guess.is_sure for guess in self.guesses)

    @property
    def is_list(self) -> bool:
        return "title" in self.columns and len(self.columns) >= FEWEST_COLUMNS


def unit_of(head: str) -> int:
    """Return the 元 that one unit of a head makes: 10000 for 万元, 1 for 元, 0 where it names none."""
    match = _UNIT.search(to_simplified(head).strip().rstrip("*＊"))
    return _ALL_UNITS[match[1]] if match else 0


def guess_heads(
    sheets: Iterable[Sheet], form: ListForm, remembered: Mapping[str, str] = {}, *, only_row: int = 0
) -> SheetHeads | None:
    """Return the row that looks most like heads, over all sheets; None where no row has two known heads.

    `remembered` names our column (empty for none) by the `remembered_key` of a head. `only_row` is the row
    that a person named.
    """
    best: SheetHeads | None = None
    best_rank = (False, 0, 0)
    lists: dict[str, None] = {}
    for sheet in sheets:
        for place, row in enumerate(sheet.rows[:MOST_TITLE_ROWS]):
            guesses = _guess(sheet, sheet.rows[place - 1] if place else None, row, form, remembered)
            known = [guess for guess in guesses if guess.name]
            rank = (
                any(guess.name == "title" for guess in known),
                sum(guess.is_sure for guess in known),
                len(known),
            )
            if only_row not in (0, row.number):
                continue
            if len(known) > 1 and rank > best_rank:
                best, best_rank = SheetHeads(sheet, row.number, guesses), rank
            if rank[0] and len(known) >= FEWEST_COLUMNS and sheet.rows[-1].number > row.number:
                lists[sheet.name] = None
    if best is None:
        return None
    return replace(best, other_lists=tuple(name for name in lists if name != best.sheet.name))


def heads_by_hand(
    sheets: Iterable[Sheet], sheet_name: str, head_row: int, names: Mapping[int, str]
) -> SheetHeads | None:
    """Return the heads as a person said them: our column (or none) by number of theirs."""
    for sheet in sheets:
        row = next((row for row in sheet.rows if row.number == head_row), None)
        if sheet.name == sheet_name and row is not None:
            used: set[str] = set()
            guesses = []
            for column, cell in sorted(row.cells.items()):
                name, unit = parse_choice(names.get(column, ""))
                guesses.append(HeadGuess(column, cell.text, "" if name in used else name, said_unit=unit))
                used.add(name)
            return SheetHeads(sheet, head_row, tuple(guesses))
    return None


def parse_choice(choice: str) -> tuple[str, int]:
    """Return the column and the unit that were said, 0 for none."""
    name, _colon, unit = choice.partition(":")
    return name, int(unit) if unit in map(str, UNITS.values()) and name in AMOUNTS else 0


def remembered_key(head: str) -> str:
    """Return under which key the meaning of a head is remembered: its spelling, with its unit."""
    return head_key(head)[:120]


def _guess(
    sheet: Sheet, above: Row | None, row: Row, form: ListForm, remembered: Mapping[str, str]
) -> tuple[HeadGuess, ...]:
    exact, order = _spellings(form.columns)
    names: dict[int, tuple[str, bool]] = {}
    units: dict[int, int] = {}
    used: set[str] = set()
    keys_by_column = {column: [*map(_bare_key, keys)] for column, keys in head_keys(sheet, above, row)}
    for column, cell in row.cells.items():
        key = remembered_key(cell.text)
        if key in remembered:
            name, unit = parse_choice(remembered[key])
            if not name or name not in used:
                names[column], units[column] = (name, True), unit
                used.add(name)
    # The usual spelling of a column goes before its other ones, wherever in the row it stands.
    for spelling in order:
        name = exact[spelling]
        column = next((c for c, keys in keys_by_column.items() if spelling in keys and c not in names), 0)
        if column and name not in used:
            names[column] = (name, True)
            used.add(name)
    for column, keys in keys_by_column.items():
        if column not in names and (name := _alike(keys, exact, used)):
            names[column] = (name, False)
            used.add(name)
    return tuple(
        HeadGuess(column, cell.text, *names.get(column, ("", True)), units.get(column, 0))
        for column, cell in sorted(row.cells.items())
        if cell.text
    )


def _alike(keys: list[str], exact: Mapping[str, str], used: set[str]) -> str:
    """Return the column with the longest spelling that a head contains; empty where none or two are alike."""
    names: dict[int, set[str]] = {}
    for spelling, name in exact.items():
        if len(spelling) > 1 and name not in used and any(_contains(key, spelling) for key in keys):
            names.setdefault(len(spelling), set()).add(name)
    longest = names.get(max(names, default=0), set())
    return next(iter(longest)) if len(longest) == 1 else ""


def _contains(key: str, spelling: str) -> bool:
    return spelling in key and len(key) <= 3 * len(spelling) and not _OTHER.search(key)


_OTHER = re.compile("编号|序号|性质|职务|职称|代码|时间|更新|邮箱|地址|传真|学历|网址")
"""Words that make a head mean something else than the spelling in it."""


def _bare_key(key: str) -> str:
    """Return the key of a head without a unit of amounts."""
    return _UNIT.sub("", key) or key


@lru_cache
def _spellings(columns: tuple[Column, ...]) -> tuple[dict[str, str], list[str]]:
    """Return our columns by the keys of their spellings, and the keys in the order they are tried."""
    exact: dict[str, str] = {}
    order: list[str] = []
    for depth in range(max(len(_all_spellings(column)) for column in columns)):
        for column in columns:
            spellings = _all_spellings(column)
            if depth < len(spellings):
                key = _bare_key(head_key(spellings[depth]))
                exact.setdefault(key, column.name)
                order.append(key)
    return exact, list(dict.fromkeys(order))


def _all_spellings(column: Column) -> tuple[str, ...]:
    return (column.head.message, *column.spellings)


def head_notices(heads: SheetHeads) -> list[str]:
    """Tell what a person may not see: hidden rows were left out, hidden columns read, heads only alike."""
    notices = []
    if rows := [row.number for row in heads.head_row.rows() if row.is_hidden]:
        more = "…" if len(rows) > 10 else ""
        numbers = "、".join(map(str, rows[:10])) + more
        notices.append(_("第 %(rows)s 行是隐藏的，没有读。", rows=numbers))
    columns = [guess for guess in heads.guesses if guess.name and heads.sheet.is_column_hidden(guess.column)]
    if columns:
        names = "、".join(guess.head for guess in columns)
        notices.append(_("“%(columns)s”列是隐藏的，也已读入。", columns=names))
    if heads.other_lists:
        names = "、".join(f"“{name}”" for name in heads.other_lists[:10])
        notices.append(_("表%(names)s也像清单，这次没有读；要导入的话，请选它另导一次。", names=names))
    return notices


def visible_rows(heads: SheetHeads) -> Iterator[Row]:
    """Yield the rows below the heads that a person sees."""
    yield from (row for row in heads.head_row.rows() if not row.is_hidden)


def columns_for_choice(form: ListForm) -> list[tuple[str, str]]:
    """Return our columns to choose from, amounts in each unit."""
    choices: list[tuple[str, str]] = []
    for column in form.columns:
        head = str(column.head)
        if column.name in AMOUNTS:
            bare = head.split("（")[0]
            choices += [
                (f"{column.name}:{yuan}", _("%(name)s（%(unit)s）", name=bare, unit=unit))
                for unit, yuan in UNITS.items()
            ]
        else:
            choices.append((column.name, head))
    return choices


def valid_choices(data: Mapping[str, Any], mapping: Mapping[str, Any], form: ListForm) -> dict[int, str]:
    """Return the choices of a form by number of the list's column."""
    known = {value for value, _words in columns_for_choice(form)}
    chosen: dict[int, str] = {}
    for column in mapping.get("columns", []):
        value = str(data.get(f"column-{column['column']}", column["choice"]))
        chosen[column["column"]] = value if value in known and parse_choice(value)[0] else ""
    return chosen
