"""What a change does to a listing, field by field, as people read it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from market.codes import lists
from market.codes.labels import label
from market.kit.amount_fields import MoneyField
from market.kit.form_fields import BooleanField, ChoiceField, ChoicesField, LongTextField, TextField
from market.kit.formats import wan
from market.kit.forms import RowsField
from market.kit.i18n import gettext as _
from market.listings.change_rules import FILES
from market.listings.forms import ListingForm, NeedForm, OutcomeForm

MAX_CHARACTERS = 400
"""Longer texts are compared by clause, not by character."""
LEAST_ALIKE = 0.5
"""Of texts that share less, the old and the new one are shown whole: scattered characters tell nothing."""


@dataclass(frozen=True)
class Piece:
    """A run of text that is only in the old version, only in the new one, or in both."""

    text: str
    is_old: bool = False
    is_new: bool = False


@dataclass(frozen=True)
class FieldDifference:
    """One field before and after."""

    name: str
    label: str
    before: str
    after: str
    pieces: Sequence[Piece]


def form_of(kind: str) -> ListingForm:
    """Return the blank form of a kind of listing, for labels and choices."""
    return OutcomeForm() if kind == "outcome" else NeedForm()


def content_fields(kind: str) -> list[str]:
    """Return the fields that an author fills in, in the order of the form."""
    return [field.short_name for field in form_of(kind) if field.short_name != "revision"]


def differences(kind: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[FieldDifference]:
    """Return the fields in which two versions differ, in the order of the form."""
    form = form_of(kind)
    rows = []
    for field in form:
        name = field.short_name
        if name not in after or before.get(name) == after[name]:
            continue
        old, new = shown(field, before.get(name)), shown(field, after[name])
        if old == new:
            continue
        is_text = isinstance(field, TextField | LongTextField | RowsField)
        runs = pieces(old, new) if is_text else whole(old, new)
        rows.append(FieldDifference(name, str(field.label.text), old, new, runs))
    if files := after.get(FILES):
        new = "\n".join(_file_line(entry) for entry in files.values())
        rows.append(FieldDifference(FILES, _("公开的图片和附件"), "", new, whole("", new)))
    return rows


def _file_line(entry: Mapping[str, str]) -> str:
    return f"{label('listing_file', entry['kind'])} · {entry['name']}"


def shown(field: Any, value: Any) -> str:
    """Return the value of a form's field as a page shows it; of a table one line for each row."""
    if isinstance(field, RowsField):
        return "\n".join(_row(field, row) for row in value or [])
    if isinstance(field, BooleanField):
        return _("是") if value else _("否")
    if value in (None, "", []):
        return ""
    if isinstance(field, MoneyField):
        return wan(value)
    if isinstance(field, ChoicesField):
        words = dict(field.choices)
        return "、".join(str(words.get(key, key)) for key in value)
    if field.short_name in ("trl", "trl_min"):
        return f"TRL {value} · {lists.stage(int(value))}"
    if isinstance(field, ChoiceField):
        return str(_choices(field).get(str(value), value))
    return "；".join(value) if isinstance(value, list) else str(value)


def _row(field: RowsField, row: Mapping[str, str]) -> str:
    cells = [
        f"{cell.label.text} {_choices(cell).get(row[cell.short_name], row[cell.short_name])}"
        for cell in field[0].form
        if row.get(cell.short_name)
    ]
    return " · ".join(cells)


def _choices(field: Any) -> Mapping[str, Any]:
    choices = getattr(field, "choices", None) or []
    groups = choices.values() if isinstance(choices, dict) else [choices]
    return {value: words for group in groups for value, words in group}


def whole(before: str, after: str) -> list[Piece]:
    """Return the old value and the new one, each as a whole."""
    parts = (Piece(before, is_old=True), Piece(after, is_new=True))
    return [part for part in parts if part.text]


def pieces(before: str, after: str) -> list[Piece]:
    """Return both versions as one run of text, with what was taken out and what was put in."""
    is_long = max(len(before), len(after)) > MAX_CHARACTERS
    old, new = (
        re.findall(r"[^，。；、\n]+[，。；、\n]?|[，。；、\n]", text) if is_long else list(text)
        for text in (before, after)
    )
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    if before and after and matcher.ratio() < LEAST_ALIKE:
        return whole(before, after)
    runs: list[Piece] = []
    for tag, i, j, k, m in matcher.get_opcodes():
        if tag == "equal":
            runs.append(Piece("".join(old[i:j])))
            continue
        if i < j:
            runs.append(Piece("".join(old[i:j]), is_old=True))
        if k < m:
            runs.append(Piece("".join(new[k:m]), is_new=True))
    return runs
