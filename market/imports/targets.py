"""What a list is brought into. A room declares its targets in `room.py`: one record becomes of each row.

The target says what a list has for columns, how a row is checked and how it is written. Reading the file, the
columns, mending, progress, the result and the states of an import are the same for all.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from market.accounts.actors import Actor
from market.imports.excel_template import ListForm
from market.imports.heads import SheetHeads
from market.imports.models import ListingImport, ListingImportRow
from market.kit.i18n import Lazy
from market.kit.room import rooms
from market.kit.workbooks.cells import Sheet
from market.records.by import By


@dataclass(frozen=True)
class WrittenRecord:
    """A record that a row became, or is alike: its number, and the address of its page."""

    number: str
    address: str


class ImportTarget(ABC):
    """A kind of record that lists are brought into."""

    words: Lazy
    """What a list is of, such as 成果."""
    record_words: Lazy
    """What a row becomes, such as 草稿."""
    finish_words: Lazy
    """What happens when the list is run, and what can be done afterwards."""
    declaration: Lazy | None = None
    """What the person states when the list is run, by a tick; None: nothing."""
    checks_rows_together = False
    """What a row may be depends on the other rows: when one was mended, all are checked again."""
    is_reviewed_in_batch = False
    """What was written is submitted as a whole, sampled by the operator and published."""

    @abstractmethod
    async def form_of(self, subject_id: UUID | None) -> ListForm:
        """Return what a list is read as; `subject_id` is the record that it goes into, if there is one."""

    @abstractmethod
    async def admit(self, organisation_id: UUID | None, subject_id: UUID | None, *, by: By) -> UUID | None:
        """Return whose list it is; None where each row names its owner.

        Raises:
            NotYours: the person may not bring in such a list.
        """

    @abstractmethod
    async def may_see(self, actor: Actor, listing_import: ListingImport) -> bool:
        """Return whether a person may see an import and go on with it."""

    @abstractmethod
    def needs_owner(self, organisation_id: UUID | None) -> bool:
        """Return whether a list must have a column with the owner."""

    def doubt(self, sheets: Sequence[Sheet], heads: SheetHeads) -> str:
        """Return why a list looks like one of something else; empty where it does not. Pure."""
        return ""

    @abstractmethod
    async def surroundings(
        self, listing_import: ListingImport, others: Sequence[ListingImportRow], *, by: By
    ) -> Any:
        """Return what rows are checked against; `others` are the rows of the list that are not checked."""

    @abstractmethod
    async def check(
        self, listing_import: ListingImport, rows: Sequence[ListingImportRow], surroundings: Any
    ) -> None:
        """Fill in what is found of each row; the caller saves them."""

    async def require_may_run(  # noqa: B027  # most lists may be written at any time
        self, listing_import: ListingImport, *, by: By
    ) -> None:
        """Raise unless the list may be written now; judged when the button is pressed.

        Raises:
            Conflict: it is too late.
        """

    @abstractmethod
    async def write(self, listing_import: ListingImport, rows: Sequence[ListingImportRow], *, by: By) -> None:
        """Write rows in the caller's transaction and save what became of each."""

    @abstractmethod
    async def undo(self, listing_import: ListingImport, *, by: By) -> int:
        """Take back what an import wrote, in the caller's transaction; return how many records went.

        Raises:
            Conflict: something has happened to one of them since.
        """

    @abstractmethod
    async def records(
        self, listing_import: ListingImport, ids: Collection[UUID], *, actor: Actor
    ) -> Mapping[UUID, WrittenRecord]:
        """Return the records that rows became or are alike, by their ids."""

    @abstractmethod
    async def upload_page(self, actor: Actor, listing_import: ListingImport) -> str:
        """Return the address of the page on which the person brought the list in."""


def get_target(kind: str) -> ImportTarget:
    """Return the target of this name, such as "outcome".

    Raises:
        KeyError: no room declares it.
    """
    return rooms().import_targets[kind]


def target_of(listing_import: ListingImport) -> ImportTarget:
    """Return what an import's list is brought into."""
    return get_target(listing_import.kind)
