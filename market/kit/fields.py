"""Column types that every room uses."""

from enum import Enum, StrEnum
from typing import Any, TypeVar

from tortoise.fields.data import CharEnumFieldInstance

E = TypeVar("E", bound=StrEnum)


class EnumColumn(CharEnumFieldInstance):
    """A text column that holds one member of an enum. To a migration it is plain text of 24 characters.

    So migrations import no enum, and a new, renamed or moved member makes none.
    """

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        _path, args, options = super().deconstruct()
        for name in ("enum_type", "description"):
            options.pop(name, None)
        plain = {name: _plain(value) for name, value in options.items()}
        return "tortoise.fields.CharField", args, plain

    def describe(self, serializable: bool) -> dict[str, Any]:
        description = super().describe(serializable)
        return description | {
            "field_type": "CharField" if serializable else description["field_type"],
            "default": _plain(self.default),
            "description": None,
        }


def enum_column(members: type[E], default: E | None = None, **options: Any) -> E:
    """Return a text column that holds one member of `members`."""
    if default is not None:
        options["default"] = default
    column: E = EnumColumn(members, max_length=24, description="", **options)  # type: ignore[assignment]
    return column


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value
