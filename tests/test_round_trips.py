"""Nothing is lost in a form: whatever is stored is shown and comes back, whatever is typed is kept or named.

The tests are generated over every form class of every room and every field of it, those of rows as well.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.datastructures import FormData
from wtforms import FileField, HiddenField
from wtforms.widgets import HiddenInput

import market
from market.accounts.forms import EmailField, SecretField, UsccField
from market.accounts.models import StaffRole
from market.backoffice.verification_views import DecisionForm
from market.claims.computation import decided_basis
from market.codes.canonical import canonical_key
from market.deals.forms import PublicityForm
from market.integrity.models import TieKind
from market.integrity.party_ties import record_tie
from market.kit import form_fields as fields
from market.kit.amount_fields import MoneyField, PercentField
from market.kit.clock import SHANGHAI
from market.kit.errors import Invalid
from market.kit.forms import MOST_ROWS, BaseForm, RowsField
from market.kit.held_forms import pairs_of
from market.kit.moment_fields import MomentField
from market.listings.forms import OutcomeForm
from market.records.by import By
from tests.browser_forms import shown_forms
from tests.factories import NOW, make_organisation, make_staff

NEVER_SHOWN = (FileField, SecretField)
"""A browser sends a chosen file but once, and a password is never shown again."""
OFF_LIST = "given-up-code"


def _form_classes() -> list[type[BaseForm]]:
    for module in pkgutil.walk_packages(market.__path__, "market."):
        if not module.name.endswith("__main__") and ".migrations" not in module.name:
            importlib.import_module(module.name)
    return sorted(set(_subclasses(BaseForm)), key=lambda form: (form.__module__, form.__name__))


def _subclasses(form: type[BaseForm]) -> Iterator[type[BaseForm]]:
    for below in form.__subclasses__():
        if below.__module__.startswith("market."):
            yield below
            yield from _subclasses(below)


FORMS = _form_classes()


def _named(form: type[BaseForm]) -> str:
    return f"{form.__module__.removeprefix('market.')}.{form.__name__}"


def _listed(field: Any) -> list[str]:
    groups = field.choices.values() if isinstance(field.choices, dict) else [field.choices]
    return [value for group in groups for value, _label in group]


def _stored_values(field: Any) -> list[Any]:
    """Return every kind of value that a record may hold for a field, as records and JSON rows hold it."""
    most = next((v.count for v in field.validators if isinstance(v, fields.MaxLength)), 200)
    match field:
        case EmailField():
            return ["", "name@example.com"]
        case UsccField():
            return ["", "91450100MA5NABCD12"]
        case fields.DayField():
            return [None, date(2039, 9, 18), "2041-11-28", "", "2039年9月"]
        case MomentField():
            return [
                None,
                datetime(2026, 12, 31, 17, tzinfo=SHANGHAI),
                datetime(2041, 11, 29, tzinfo=SHANGHAI),
            ]
        case MoneyField():
            return [None, 1, 128_50_00_00, 115_500_000_00, 10**15 - 1] + [0] * field.is_zero_allowed
        case PercentField():
            return [None, 1, 50, field.most // 3, field.most] + [0] * field.is_zero_allowed
        case fields.NumberField():
            return [None, 0, 7, 99_999]
        case fields.BooleanField():
            return [True, False]
        case fields.ChoicesField():
            return [[], _listed(field)[:1], _listed(field), [*_listed(field)[:1], OFF_LIST]]
        case fields.ChoiceField():
            listed = _listed(field)
            return [*listed[:2], *listed[-1:], OFF_LIST] if listed else [OFF_LIST]
        case fields.LongTextField():
            return ["", "一行", "第一行\n\n  第三行 <b>&\"'", "长" * most]
        case HiddenField():
            return ["", "a1"]
        case RowsField():
            return [_stored_rows(field, count) for count in (0, 1, 4)]
        case fields.TextField():
            return ["", "甲", "5 % < \"x\" & 'y'", "字" * most]
    raise AssertionError(f"no values for {type(field)}")


def _row_of(table: RowsField) -> dict[str, Any]:
    """Return the cells of the first row of a table, of a new one where it has none."""
    cells: dict[str, Any] = (table.entries or [table.append_entry()])[0].form._fields
    return cells


def _stored_rows(field: RowsField, count: int) -> list[dict[str, Any]]:
    """Return rows; each holds another kind of value in each cell."""
    cells = _row_of(field)
    rows = []
    for place in range(count):
        row = {}
        for shift, (name, cell) in enumerate(cells.items()):
            values = _stored_values(cell)
            row[name] = values[(place + shift) % len(values)]
        rows.append(row)
    return [row for row in rows if any(_is_something(value) for value in row.values())]


def _table(form: BaseForm, name: str) -> RowsField:
    field = form._fields[name]
    assert isinstance(field, RowsField)
    return field


def _shown(form: BaseForm) -> list[tuple[str, Any]]:
    """Return what a browser sends of a form that is shown with all its fields."""
    html = "".join(_controls(form))
    return [pair for shown in shown_forms(html) for pair in shown.pairs]


def _controls(form: BaseForm) -> Iterator[str]:
    for field in form._fields.values():
        if isinstance(field, RowsField):
            for entry in field.entries:
                yield from _controls(entry.form)
        elif isinstance(field, fields.ChoicesField):
            yield from (str(option()) for option in field)
        else:
            yield str(field())


def _held(form: BaseForm, name: str) -> Any:
    field = form._fields[name]
    if isinstance(field, RowsField):
        return [_plain_row(row) for row in field.filled_rows]
    return _plain(field.data)


def _plain_row(row: dict[str, Any]) -> dict[str, Any]:
    return {name: _plain(value) for name, value in row.items()}


def _plain(value: Any) -> Any:
    """Return a value so that nothing and an empty text, a day and its text count as the same."""
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, date):
        return value.isoformat()
    return None if value == "" else value


@pytest.mark.parametrize("form_class", FORMS, ids=_named)
def test_a_form_that_is_opened_and_sent_as_it_is_changes_nothing(form_class: type[BaseForm]) -> None:
    shown = [(name, f) for name, f in form_class()._fields.items() if not isinstance(f, NEVER_SHOWN)]
    rounds = max((len(_stored_values(field)) for _name, field in shown), default=0)

    for number in range(rounds):
        stored = {name: values[number % len(values)] for name, f in shown if (values := _stored_values(f))}
        before = form_class(data=stored)

        after = form_class(FormData(_shown(before)))

        for name, field in shown:
            unreadable = stored[name] in (OFF_LIST, "2039年9月")
            kept = after._fields[name].raw_data if unreadable else [_held(after, name)]
            wanted = stored[name] if unreadable else _held(before, name)
            if isinstance(field, RowsField):
                kept = [_rows_sent(after, name)]
                wanted = _rows_sent(before, name)
            assert kept == [wanted], (name, number)


def _rows_sent(form: BaseForm, name: str) -> list[list[tuple[str, str]]]:
    """Return the pairs that each filled row sends, without the number of the row."""
    rows = [[(n.split("-", 2)[2], v) for n, v in _shown(entry.form)] for entry in _table(form, name).entries]
    return [row for row in rows if any(value for cell, value in row if _tells(form, name, cell))]


def _tells(form: BaseForm, name: str, cell: str) -> bool:
    """Return whether a cell is empty unless something is typed: a list without a blank line never is."""
    field = _row_of(_table(form, name))[cell]
    return not isinstance(field, fields.ChoiceField) or "" in _listed(field)


TYPED = (
    "3,5",
    "很多",
    "１２．５",
    "0",
    "-1",
    "9" * 30,
    "2026/5/1",
    "2026-02-30",
    "50%",
    "x" * 20_000,
    OFF_LIST,
)
"""Things that people type into any field, right or wrong."""


@pytest.mark.parametrize("form_class", FORMS, ids=_named)
def test_what_is_typed_is_kept_or_named_in_an_error_and_shown_again(form_class: type[BaseForm]) -> None:
    cells = list(_typed_cells(form_class()))

    for typed in TYPED:
        typed_key = canonical_key(typed)
        form = form_class(FormData([(name, typed) for name, _path in cells]))
        form.validate()

        for name, path in cells:
            field = _at(form, path)
            is_kept = _is_something(field.data)
            assert is_kept or field.errors or _names_it(form, path), (name, typed)
            if isinstance(field, fields.ChoicesField):
                assert typed in dict(_sent(field)).values(), (name, typed)
            elif isinstance(field, fields.ChoiceField) and typed != OFF_LIST:
                continue
            elif not isinstance(field, fields.BooleanField | SecretField):
                shown = dict(_sent(field)).get(field.name, "")
                assert shown == typed or canonical_key(shown) == typed_key, (name, typed)


def _is_something(value: Any) -> bool:
    return value is not None and value is not False and value not in ("", [])


def _sent(field: Any) -> list[tuple[str, str]]:
    html = "".join(str(o()) for o in field) if isinstance(field, fields.ChoicesField) else str(field())
    return [pair for shown in shown_forms(html) for pair in shown.pairs]


def _typed_cells(form: BaseForm) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Yield the name and the path of every field that takes text, those of a first row as well."""
    for name, field in form._fields.items():
        if isinstance(field, FileField):
            continue
        if isinstance(field, RowsField):
            for cell in _row_of(field):
                yield f"{name}-0-{cell}", (name, cell)
        else:
            yield field.name, (name,)


def _at(form: BaseForm, path: tuple[str, ...]) -> Any:
    field = form._fields[path[0]]
    return field if len(path) == 1 else _row_of(_table(form, path[0]))[path[1]]


def _names_it(form: BaseForm, path: tuple[str, ...]) -> bool:
    """Return whether the error stands at the table instead of the cell."""
    return len(path) == 2 and bool(form._fields[path[0]].errors)


@pytest.mark.parametrize(
    ("form_class", "name"),
    [(f, n) for f in FORMS for n, field in f()._fields.items() if isinstance(field, RowsField)],
    ids=lambda value: value if isinstance(value, str) else _named(value),
)
def test_rows_beyond_the_most_are_named_and_shown_again(form_class: type[BaseForm], name: str) -> None:
    table = _table(form_class(), name)
    cells = _row_of(table)
    cell = next((n for n, field in cells.items() if isinstance(field, fields.TextField)), next(iter(cells)))
    count = table.max_rows + 1

    form = form_class(FormData([(f"{name}-{number}-{cell}", f"第 {number} 行") for number in range(count)]))

    assert not form.validate()
    assert any("最多" in str(error) for error in form._fields[name].errors)
    assert len(_table(form, name).entries) == min(count, MOST_ROWS)


def _typed_names(form: BaseForm, prefix: str = "") -> Iterator[str]:
    """Yield the names under which a browser sends the texts that somebody types into a form and its rows."""
    for name, field in form._fields.items():
        if isinstance(field, RowsField):
            for entry in field.entries[:1]:
                yield from _typed_names(entry.form, f"{prefix}{name}-0-")
        elif not isinstance(field, (*NEVER_SHOWN, HiddenField)) and not isinstance(field.widget, HiddenInput):
            yield prefix + name


@pytest.mark.parametrize(
    "form_class", [form for form in FORMS if not form.__name__.endswith("Row")], ids=_named
)
def test_every_typed_text_is_held_when_the_session_has_ended(form_class: type[BaseForm]) -> None:
    names = [name for name in _typed_names(form_class()) if not name.startswith("proof_")]

    assert [name for name, _value in pairs_of(FormData([(name, "文字") for name in names]))] == names


def test_shares_are_typed_and_shown_in_percent_everywhere() -> None:
    folder = Path(market.__file__).parent
    texts = [*folder.rglob("*.py"), *(folder.parent / "templates").rglob("*.html")]

    assert not [str(path) for path in texts if "基点" in path.read_text(encoding="utf-8")]


def _filled(form_class: type[BaseForm], **typed: str) -> BaseForm:
    return form_class(FormData(list(typed.items())))


@pytest.mark.parametrize(
    ("form_class", "typed", "at"),
    [
        (PublicityForm, {"is_related": "no", "relation": "董事长为同一人"}, "relation"),
        (DecisionForm, {"decision": "verify", "reason": "证照不清"}, "reason"),
        (OutcomeForm, {"price_kind": "negotiable", "price_amount": "128.5"}, "price_amount"),
    ],
    ids=["relation", "verification", "price"],
)
def test_two_answers_that_contradict_are_asked_about_and_none_is_dropped(
    form_class: type[BaseForm], typed: dict[str, str], at: str
) -> None:
    form = _filled(form_class, **typed)

    assert not form.validate()
    assert any(word in str(form._fields[at].errors) for word in ("又", "却")), form.errors


def test_the_number_of_a_decision_is_kept_or_asked_about() -> None:
    terms: Any = SimpleNamespace(needs_rate=False, one_rate=True, ceiling=3000)

    assert decided_basis(terms, 3000, "桂科函〔2026〕1号")["decision"] == "桂科函〔2026〕1号"
    with pytest.raises(Invalid, match="没有填核定比例"):
        decided_basis(terms, None, "桂科函〔2026〕1号")


async def test_a_share_of_a_person_who_only_serves_is_asked_about() -> None:
    officer = await make_staff(StaffRole.OFFICER)
    with pytest.raises(Invalid, match="任职没有持股比例"):
        await record_tie(
            TieKind.PERSON,
            str((await make_organisation()).uscc),
            "450100199001011234",
            role="董事",
            basis_points=300,
            source="公示系统",
            secret="x" * 32,
            by=By(officer, NOW),
        )
