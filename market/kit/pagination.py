"""Pagination of lists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from starlette.datastructures import QueryParams

T = TypeVar("T")
PAGE_SIZES = (20, 50, 100)


@dataclass(frozen=True)
class Page(Generic[T]):
    """The items of one page of a list, with its place in the whole."""

    items: Sequence[T]
    number: int
    size: int
    total: int

    @property
    def last(self) -> int:
        return max(1, -(-self.total // self.size))

    @property
    def window(self) -> list[int]:
        """Numbers of the neighbouring pages to link to."""
        low, high = max(1, self.number - 2), min(self.last, self.number + 2)
        return list(range(low, high + 1))


@dataclass(frozen=True)
class PageRequest:
    """The requested page of a list; invalid values in the query fall back to the first page."""

    number: int = 1
    size: int = PAGE_SIZES[0]

    @property
    def offset(self) -> int:
        return (self.number - 1) * self.size

    @classmethod
    def from_query(cls, query: QueryParams) -> PageRequest:
        number = query.get("page", "")
        size = query.get("size", "")
        return cls(
            number=min(max(int(number), 1), 100_000) if number.isdecimal() and len(number) < 7 else 1,
            size=int(size)
            if size.isdecimal() and len(size) < 4 and int(size) in PAGE_SIZES
            else PAGE_SIZES[0],
        )

    def page(self, items: Sequence[T], total: int) -> Page[T]:
        return Page(items, self.number, self.size, total)
