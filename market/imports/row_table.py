"""The table of an import's page: which rows a tab shows, which columns, and what is asked of each cell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from tortoise.expressions import Q

from market.imports.excel_template import Column, ListForm, names_of
from market.imports.models import ListingImport, ListingImportRow
from market.imports.row_cells import DECISION, text_as_read, used_columns
from market.imports.row_reading import LEFT_OUT
from market.imports.states import RowOutcome, RowStanding
from market.imports.targets import WrittenRecord
from market.kit.i18n import lazy
from market.listings.kinds import NEED, OUTCOME

SHOWN_ROWS = 20
USUAL = {
    OUTCOME.key: ("field", "trl", "price_amount", "modes", "rights"),
    NEED.key: ("field", "kind", "budget_max_amount", "deadline_on", "targets"),
}
"""Columns shown of every row, where the list has them, by what a row describes."""
MOST_SHOWN = 8
TABS: Mapping[str, tuple[Any, Q]] = {
    "look": (
        lazy("要看的"),
        Q(standing__in=[RowStanding.FAULTY, RowStanding.ALIKE])
        | (~Q(remarks={}) & Q(standing=RowStanding.READY)),
    ),
    "faulty": (lazy("有错"), Q(standing=RowStanding.FAULTY)),
    "alike": (lazy("等您定"), Q(standing=RowStanding.ALIKE)),
    "remarks": (lazy("提醒"), ~Q(remarks={}) & Q(standing=RowStanding.READY)),
    "mended": (lazy("已改"), ~Q(answers={})),
    "same": (lazy("没有变化"), Q(standing=RowStanding.SAME)),
    "refused": (lazy("没有导入"), Q(outcome=RowOutcome.REFUSED)),
    "all": (lazy("全部行"), Q()),
}
"""Which rows a tab shows."""


def shown_columns(
    form: ListForm, listing_import: ListingImport, rows: Sequence[ListingImportRow]
) -> list[Column]:
    """Return the columns of the table: those with a fault or a remark, and the usual ones."""
    used = used_columns(listing_import.mapping)
    remarked = {name for row in rows for name in (*row.faults, *row.remarks, *row.answers)}
    usual = [name for name in USUAL[form.kind.key] if name in used]
    room = max(MOST_SHOWN - len(remarked | {"title"}), 0)
    wanted = (remarked | set(usual[:room])) - {"title", DECISION}
    return [column for column in form.columns if column.name in wanted]


async def count_same_faults(listing_import: ListingImport) -> Mapping[tuple[str, str], int]:
    """Return in how many rows the same text is a fault of the same column."""
    counts: Counter[tuple[str, str]] = Counter()
    for row in await ListingImportRow.filter(
        listing_import_id=listing_import.id, standing=RowStanding.FAULTY
    ).only("cells", "faults", "answers"):
        counts.update((name, text_as_read(row, name)) for name in row.faults)
    return counts


def shown_row(
    form: ListForm,
    row: ListingImportRow,
    records: Mapping[UUID, WrittenRecord],
    same: Mapping[tuple[str, str], int],
) -> dict[str, Any]:
    """Return a row with its cells by column: the text, what is asked of it, what to choose from."""
    cells: dict[str, dict[str, Any]] = {}
    for name in {*row.cells, *row.faults, *row.answers} - {DECISION}:
        fault = row.faults.get(name)
        cells[name] = {
            "text": row.answers.get(name, text_as_read(row, name)),
            "was": text_as_read(row, name) if name in row.answers else "",
            "fault": fault["sentence"] if fault else "",
            "choices": _choices(form, name, fault["choices"]) if fault else [],
            "is_either": fault is not None
            and len(fault["choices"]) == 2
            and LEFT_OUT not in fault["choices"],
            "same": same.get((name, text_as_read(row, name)), 0) if fault else 0,
            "remark": row.remarks.get(name, ""),
        }
    record = records.get(row.listing_id) if row.listing_id else None
    return {"row": row, "cells": cells, "decision": row.answers.get(DECISION, ""), "record": record}


def _choices(form: ListForm, name: str, choices: Sequence[str]) -> list[tuple[str, str]]:
    """Return value and words of what a faulty cell may be answered; the values are what a list would say."""
    codes = form.column(name).codes
    words = [*names_of(codes), LEFT_OUT] if codes else choices
    return list(zip(choices, words, strict=False))
