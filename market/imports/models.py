"""Imports of lists: the upload, its rows as read, and what organisations call our columns."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from tortoise import fields

from market.accounts.models import Organisation, User
from market.files.models import StoredFile
from market.imports.states import IMPORT_WORKFLOW, ImportStatus, RowOutcome, RowStanding
from market.kit.fields import enum_column
from market.kit.tables import Model
from market.records.transitions import Stateful


class ListingImport(Stateful):
    """One list of outcomes or needs on its way in."""

    record_kind = "listing_import"
    workflow = IMPORT_WORKFLOW

    id = fields.UUIDField(primary_key=True)
    number = fields.CharField(max_length=20, unique=True)
    kind = fields.CharField(max_length=24)
    """What it is brought into, a key of `Room.import_targets`: outcome, need, survey_entry."""
    status = enum_column(ImportStatus, ImportStatus.UPLOADED)
    organisation: fields.ForeignKeyNullableRelation[Organisation] = fields.ForeignKeyField(
        "market.Organisation", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    """Null where the operator imports a list that names an owner in each row."""
    organisation_id: UUID | None
    subject_id = fields.UUIDField(null=True)
    """The record that the list goes into, such as a survey; null where it needs none."""
    file: fields.ForeignKeyRelation[StoredFile] = fields.ForeignKeyField(
        "market.StoredFile", related_name=False, on_delete=fields.RESTRICT
    )
    file_id: UUID
    mapping: fields.JSONField[dict[str, Any]] = fields.JSONField()
    """Sheet, row of the heads, and each column with what it is taken for; empty until the file was read."""
    counts: fields.JSONField[dict[str, int]] = fields.JSONField()
    """Rows by standing, then by outcome; `remarks`, `faults` and `mended` count cells or rows."""
    progress: fields.JSONField[dict[str, int]] = fields.JSONField()
    """`done` of `total` rows of the job at work, and milliseconds that the last check took."""
    problem = fields.CharField(max_length=500, default="")
    """Why the file could not be read."""
    is_all_or_nothing = fields.BooleanField(default=False)
    created_by: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "market.User", related_name=False, null=True, on_delete=fields.SET_NULL
    )
    created_by_id: UUID | None
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()

    class Meta:
        table = "listing_imports"
        table_description = "Listing imports."
        indexes = (("organisation_id", "created_at"), ("status",))


class ListingImportRow(Model):
    """One row of a list: its cells as read, what is wrong with them, and what became of it."""

    id = fields.BigIntField(primary_key=True)
    listing_import: fields.ForeignKeyRelation[ListingImport] = fields.ForeignKeyField(
        "market.ListingImport", related_name=False, on_delete=fields.CASCADE
    )
    listing_import_id: UUID
    row_number = fields.IntField()
    """As the spreadsheet shows it."""
    cells: fields.JSONField[dict[str, Any]] = fields.JSONField()
    """Cells by column of ours: text, with place and kind where they matter; see `import_cells`."""
    faults: fields.JSONField[dict[str, Any]] = fields.JSONField()
    """By column: sentence, choices."""
    remarks: fields.JSONField[dict[str, str]] = fields.JSONField()
    """By column: how the cell was read that says it otherwise."""
    answers: fields.JSONField[dict[str, str]] = fields.JSONField()
    """Mended cells by column; `listing` says what becomes of the listing that is alike."""
    title = fields.CharField(max_length=200, default="")
    reference = fields.CharField(max_length=120, default="")
    """Identity of the row: equal ones are the same record."""
    organisation_id = fields.UUIDField(null=True)
    standing = enum_column(RowStanding, RowStanding.READY)
    sentence = fields.CharField(max_length=300, default="")
    """What is to be said of the row as a whole: which listing is alike, why it was refused."""
    outcome = enum_column(RowOutcome, null=True)
    listing_id = fields.UUIDField(null=True)
    """The listing that it updates, or became."""
    listing_revision = fields.IntField(null=True)
    """Its revision after the import, or at the submission of the batch."""
    before: fields.JSONField[dict[str, Any] | None] = fields.JSONField(null=True)
    """What an update replaced."""
    is_sampled = fields.BooleanField(default=False)
    """Drawn for the review of the batch."""

    class Meta:
        table = "listing_import_rows"
        table_description = "Listing import rows."
        unique_together = (("listing_import", "row_number"),)
        indexes = (("listing_import_id", "standing"), ("listing_id",))


class ColumnMapping(Model):
    """What a head of an organisation's lists means, as somebody said or accepted it."""

    id = fields.BigIntField(primary_key=True)
    organisation: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "market.Organisation", related_name=False, on_delete=fields.CASCADE
    )
    organisation_id: UUID
    kind = fields.CharField(max_length=24)
    head = fields.CharField(max_length=120)
    column_name = fields.CharField(max_length=40, default="")
    """Column of ours, with `:1` or `:10000` behind it where a unit was said; empty: not used."""

    class Meta:
        table = "column_mappings"
        table_description = "Column mappings."
        unique_together = (("organisation", "kind", "head"),)
