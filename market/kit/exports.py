"""Lists that a room has a job write into a workbook, whoever may read them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from starlette.datastructures import QueryParams

from market.kit.i18n import Lazy
from market.kit.workbooks.writing import Table

if TYPE_CHECKING:
    from market.accounts.actors import Actor


class ExportSource(ABC):
    """A list of a room's records, by the query of its address. A room declares its sources by key."""

    label: Lazy

    @abstractmethod
    async def count(self, actor: Actor, query: QueryParams) -> int:
        """Return how many rows the list has.

        Raises:
            NotFound: there is no such list, or the person may not read it.
        """

    @abstractmethod
    async def table(self, actor: Actor, query: QueryParams) -> Table:
        """Return the list as a sheet; raises as `count`, for the job runs later."""

    @abstractmethod
    async def page(self, actor: Actor, query: QueryParams) -> str:
        """Return the address of the page on which the list is read."""
