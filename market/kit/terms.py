"""Terms as a frozen dataclass, declared once: hashed content, columns and form data derive from its fields.

A field's annotation says how its value is written as JSON and read back; `place` says under which key it
is stored where that is not the field's own name. A `Money` takes two keys, its amount and its currency.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import date
from enum import Enum
from functools import cache
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from market.kit.forms import to_minor_units
from market.kit.money import Money

T = TypeVar("T")


@dataclass(frozen=True)
class Place:
    """Where one term is stored, and what its annotation cannot say. Empty keys are the field's name."""

    content: str = ""
    column: str = ""
    form: str = ""
    currency: str = ""
    """Key of a `Money`'s currency, the same in content, columns and form."""
    is_column: bool = True
    """Not so for what has a table of its own."""
    is_minor: bool = False
    """An amount in minor units of the currency of the whole; forms hold it in hundredths."""
    addition: str = ""
    """Name of a later addition: its fields are left out of the content while all of them hold their
    defaults, so that what was consented to before keeps its hash."""


def place(**keys: Any) -> dict[str, Place]:
    """Return the metadata of a field: the keys of `Place` that differ from the field's name."""
    return {"place": Place(**keys)}


def to_content(terms: Any) -> dict[str, Any]:
    """Return the terms as JSON values: what is hashed and what a draft stores."""
    specs = _specs(type(terms))
    used = {spec.place.addition for spec in specs if getattr(terms, spec.name) != spec.default}
    return {
        key: value
        for spec in specs
        if not spec.place.addition or spec.place.addition in used
        for key, value in spec.split(spec.content, getattr(terms, spec.name), _to_json)
    }


def from_content(cls: type[T], content: Mapping[str, Any]) -> T:
    """Return terms from their JSON values; what older content lacks takes its default."""
    stored = {
        spec.name: spec.join(content[spec.content], content.get(spec.place.currency))
        for spec in _specs(cls)
        if spec.content in content
    }
    return cls(**stored)


def hash_content(content: Mapping[str, Any]) -> str:
    """Return SHA-256 over canonical JSON (sorted keys, no spaces) in hexadecimal digits."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def to_columns(terms: Any) -> dict[str, Any]:
    """Return a record's columns with their values; terms with tables of their own are left out."""
    return {
        key: value
        for spec in _specs(type(terms))
        if spec.place.is_column
        for key, value in spec.split(spec.column, getattr(terms, spec.name), _to_column)
    }


def from_record(cls: type[T], record: object) -> T:
    """Return the terms that a record's columns hold."""
    stored = {
        spec.name: spec.join(getattr(record, spec.column), getattr(record, spec.place.currency or "", None))
        for spec in _specs(cls)
        if spec.place.is_column
    }
    return cls(**stored)


def to_form(terms: Any, currency: str) -> dict[str, Any]:
    """Return initial form data: amounts in hundredths of the currency, rows as mappings."""
    data: dict[str, Any] = {}
    for spec in _specs(type(terms)):
        value = getattr(terms, spec.name)
        if isinstance(value, Money):
            data |= {spec.form: value.hundredths, spec.place.currency: value.currency}
        elif spec.place.is_minor and value is not None:
            data[spec.form] = Money(value, currency).hundredths
        elif spec.is_table:
            data[spec.form] = [to_form(row, currency) for row in value]
        else:
            data[spec.form] = value
    return data


def from_form(
    cls: type[T], values: Mapping[str, Any], currency: str, at: str = "", **values_by_name: Any
) -> T:
    """Return terms from a form's values, `values_by_name` as they are; an empty value takes its default.

    Raises:
        Invalid: at the form's field, or at the table `at`: an amount is finer than the currency's smallest
            unit.
    """
    typed = {
        spec.name: spec.parse(values[spec.form], currency, at or spec.form)
        for spec in _specs(cls)
        if spec.form in values and spec.name not in values_by_name
    }
    return cls(**typed, **values_by_name)


@dataclass(frozen=True)
class _Spec:
    """One field of a class of terms, resolved."""

    name: str
    type: Any
    """Of the value, without None; of a table, of its rows."""
    is_table: bool
    is_optional: bool
    default: Any
    place: Place

    @property
    def content(self) -> str:
        return self.place.content or self.name

    @property
    def column(self) -> str:
        return self.place.column or self.name

    @property
    def form(self) -> str:
        return self.place.form or self.name

    def split(self, key: str, value: Any, encode: Callable[[Any], Any]) -> list[tuple[str, Any]]:
        """Return the keys that the value takes in storage."""
        if self.type is not Money:
            return [(key, encode(value))]
        if self.is_optional and not value:
            return [(key, None), (self.place.currency, "")]
        return [(key, value.amount), (self.place.currency, value.currency)]

    def join(self, value: Any, currency: str | None) -> Any:
        """Return the value from what is stored."""
        if self.type is Money:
            return Money(value, str(currency)) if not self.is_optional or (value and currency) else None
        if self.is_table:
            return tuple(from_content(self.type, row) for row in value)
        if value is None or isinstance(value, self.type):
            return value
        return self.type.fromisoformat(value) if issubclass(self.type, date) else self.type(value)

    def parse(self, value: Any, currency: str, at: str) -> Any:
        """Return the value from what a form holds."""
        if self.is_table:
            return tuple(from_form(self.type, row, currency, at) for row in value)
        if value in (None, "") and self.default is not MISSING:
            return self.default
        if self.type is Money:
            return Money(to_minor_units(value, currency, at), currency)
        if self.place.is_minor:
            return to_minor_units(value, currency, at)
        return self.type(value) if issubclass(self.type, Enum) else value


def _specs(cls: Any) -> tuple[_Spec, ...]:
    return _cached_specs(cls)


@cache
def _cached_specs(cls: Any) -> tuple[_Spec, ...]:
    hints = get_type_hints(cls)
    return tuple(
        _spec_of(declared.name, hints[declared.name], declared.default, declared.metadata)
        for declared in fields(cls)
    )


def _spec_of(name: str, hint: Any, default: Any, metadata: Mapping[str, Any]) -> _Spec:
    is_table = get_origin(hint) is tuple
    types = [argument for argument in get_args(hint) if argument not in (type(None), ...)] or [hint]
    return _Spec(
        name=name,
        type=types[0],
        is_table=is_table,
        is_optional=type(None) in get_args(hint),
        default=default,
        place=metadata.get("place", Place()),
    )


def _to_json(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    return value.isoformat() if isinstance(value, date) else _to_column(value)


def _to_column(value: Any) -> Any:
    return [to_content(row) for row in value] if isinstance(value, tuple) else value
