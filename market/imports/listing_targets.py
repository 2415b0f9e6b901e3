"""Outcomes and needs as what lists are brought into."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from market.accounts.actors import Actor
from market.imports import batch_reviews
from market.imports.excel_template import ListForm, list_of
from market.imports.heads import SheetHeads, guess_heads
from market.imports.listing_rows import write_rows
from market.imports.models import ListingImport, ListingImportRow
from market.imports.row_checks import Surroundings, check_rows, surroundings_of
from market.imports.targets import ImportTarget, WrittenRecord
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.workbooks.cells import Sheet
from market.listings.authoring import require_may_create
from market.listings.kinds import KINDS, Kind
from market.listings.states import ListingAct
from market.records.by import By


class ListingTarget(ImportTarget):
    """Drafts of one kind of listing, of the organisation that brings the list in or that its rows name."""

    record_words = lazy("草稿")
    finish_words = lazy("导入后先是草稿，送审才公开；没有人动过的行，随时可以整批撤销。")
    is_reviewed_in_batch = True

    def __init__(self, kind: Kind) -> None:
        self.kind, self.words = kind, kind.words

    async def form_of(self, subject_id: UUID | None) -> ListForm:
        return list_of(self.kind)

    async def admit(self, organisation_id: UUID | None, subject_id: UUID | None, *, by: By) -> UUID | None:
        if by.actor.may(ListingAct.MODERATE):
            return organisation_id
        require_may_create(self.kind, by.actor)
        return by.actor.organisation_id

    async def may_see(self, actor: Actor, listing_import: ListingImport) -> bool:
        """Return whether it is an import of their organisation, which may still wait for verification."""
        is_own = actor.organisation_id is not None and actor.organisation_id == listing_import.organisation_id
        return actor.may(ListingAct.MODERATE) or (is_own and actor.may(ListingAct.DRAFT_LISTING))

    def needs_owner(self, organisation_id: UUID | None) -> bool:
        return organisation_id is None

    def doubt(self, sheets: Sequence[Sheet], heads: SheetHeads) -> str:
        """Return that a list looks like one of the other kind; empty where it does not."""
        for other in KINDS.values():
            guess = guess_heads(sheets, list_of(other)) if other is not self.kind else None
            if guess is not None and guess.is_list and guess.sure_count > heads.sure_count:
                return _(
                    "这份表更像%(other)s清单，您要导入的是%(kind)s。是的话核对各列再继续；不是的话放弃，到%(other)s那里导入。",
                    other=other.words,
                    kind=self.words,
                )
        return ""

    async def surroundings(
        self, listing_import: ListingImport, others: Sequence[ListingImportRow], *, by: By
    ) -> Surroundings:
        return await surroundings_of(listing_import, others)

    async def check(
        self, listing_import: ListingImport, rows: Sequence[ListingImportRow], surroundings: Surroundings
    ) -> None:
        await check_rows(listing_import, rows, surroundings)

    async def write(self, listing_import: ListingImport, rows: Sequence[ListingImportRow], *, by: By) -> None:
        await write_rows(listing_import, rows, by=by)

    async def undo(self, listing_import: ListingImport, *, by: By) -> int:
        return await batch_reviews.undo_listings(listing_import, by=by)

    async def records(
        self, listing_import: ListingImport, ids: Collection[UUID], *, actor: Actor
    ) -> Mapping[UUID, WrittenRecord]:
        is_own = actor.organisation_id == listing_import.organisation_id
        base = f"/my/{self.kind.index}" if is_own else f"/{self.kind.index}"
        numbers = await self.kind.model.filter(id__in=list(ids)).values_list("id", "number")
        return {id_: WrittenRecord(number, f"{base}/{number}") for id_, number in numbers}

    async def upload_page(self, actor: Actor, listing_import: ListingImport) -> str:
        is_own = actor.organisation_id == listing_import.organisation_id
        return f"/my/{self.kind.index}/import" if is_own else "/backoffice/imports"


TARGETS = {kind.key: ListingTarget(kind) for kind in KINDS.values()}
