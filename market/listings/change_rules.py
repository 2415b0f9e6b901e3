"""Which fields of a published listing change by review only, and changes as JSON. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from enum import Enum
from typing import Any

from market.listings.models import PriceKind

REVIEWED_FIELDS: Mapping[str, tuple[str, ...]] = {
    "outcome": (
        *("title", "title_en", "highlight", "trl", "comparison", "indicators", "evidence", "rights"),
        *("price_kind", "price_amount", "is_publicly_funded"),
    ),
    "need": ("title", "is_masked", "targets", "budget_min_amount", "budget_max_amount"),
}
"""By kind: what people decide by, and what makes a duty. The database's digest covers the same columns."""

FILES = "files"
"""Key of a change under which files wait to be opened to everybody, by id: see `file_entry`."""


def file_entry(name: str, kind: str, tier: str) -> dict[str, str]:
    """Return what a change keeps of a file: what it is, and who may open it."""
    return {"name": name, "kind": kind, "tier": tier}


def fields_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns of the listing that a change writes, without its files."""
    return {name: value for name, value in values.items() if name != FILES}


def to_json(value: Any) -> Any:
    """Return the value of a form as a change stores it."""
    if isinstance(value, Enum):
        return value.value
    return value.isoformat() if isinstance(value, date) else value


def from_json(name: str, value: Any) -> Any:
    """Return the value that a column holds from the one that a change stores."""
    if name == "price_kind":
        return PriceKind(value)
    if name.endswith("_on") and value:
        return date.fromisoformat(value)
    return value


def values_of(listing: Any, names: Iterable[str]) -> dict[str, Any]:
    """Return these fields of a listing as a change stores them."""
    return {name: to_json(getattr(listing, name)) for name in names}


def changed_fields(listing: Any, values: Mapping[str, Any]) -> list[str]:
    """Return the names of those values that say something else than the listing's, in their order.

    Empty cells of rows and the order of ticked boxes say nothing.
    """
    return [
        name
        for name, value in values.items()
        if _content(name, getattr(listing, name)) != _content(name, value)
    ]


def _content(name: str, value: Any) -> Any:
    if not isinstance(value, list):
        return to_json(value)
    if name in ("industries", "modes"):
        return sorted(value)
    rows = [
        {key: cell for key, cell in row.items() if cell} if isinstance(row, dict) else row for row in value
    ]
    return [row for row in rows if row]
