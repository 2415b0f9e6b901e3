"""Columns as every room declares them."""

from enum import StrEnum
from typing import Any, TypeVar

from tortoise import fields

E = TypeVar("E", bound=StrEnum)


def enum_column(members: type[E], default: E | None = None, **options: Any) -> E:
    """A text column that holds one member of `members`.

    A fixed length and an empty comment keep a new member from making a migration.
    """
    if default is not None:
        options["default"] = default
    column: E = fields.CharEnumField(members, max_length=24, description="", **options)  # type: ignore[assignment]
    return column
