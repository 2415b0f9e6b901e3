"""Issued documents: their frozen text, the bytes printed from it, their service, and reviews asked for."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from tortoise import fields

from market.accounts.models import Organisation, User
from market.documents.states import DocumentKind
from market.kit.fields import enum_column
from market.kit.tables import Model
from market.records.decisions import SecondPerson


class IssuedDocument(Model):
    """A document (文书) that an act issued: number, date and text are frozen by the act. Append-only."""

    id = fields.UUIDField(primary_key=True)
    number = fields.CharField(max_length=60, unique=True)
    """文号, by the pattern of the settings."""
    kind = enum_column(DocumentKind)
    subject_kind = fields.CharField(max_length=24)
    subject_id = fields.UUIDField()
    template = fields.CharField(max_length=40)
    """The file in `templates/pdf` that it is printed with."""
    content: fields.JSONField[dict[str, Any]] = fields.JSONField()
    """Data of the template; sentences are kept as template and arguments, see `sentences`."""
    text_sha256 = fields.CharField(max_length=64)
    """Over the canonical JSON of number, kind, template and content."""
    addressee: fields.ForeignKeyNullableRelation[Organisation] = fields.ForeignKeyField(
        "market.Organisation", related_name="documents", null=True, on_delete=fields.RESTRICT
    )
    addressee_id: UUID | None
    """Null: it is addressed to nobody, such as a notice."""
    issued_by: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "market.User", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    issued_by_id: UUID | None
    """Null: a job issued it, such as after an upheld objection."""
    issued_at = fields.DatetimeField()

    print: fields.BackwardOneToOneRelation[DocumentPrint]
    opening: fields.BackwardOneToOneRelation[DocumentOpening]
    reviews: fields.ReverseRelation[DocumentReview]

    class Meta:
        table = "issued_documents"
        table_description = "Issued documents."
        indexes = (("subject_kind", "subject_id"),)


class DocumentPrint(Model):
    """The bytes of a document: printed once by a job, in the file store under their hash. Append-only."""

    id = fields.BigIntField(primary_key=True)
    document: fields.OneToOneRelation[IssuedDocument] = fields.OneToOneField(
        "market.IssuedDocument", related_name="print", on_delete=fields.RESTRICT
    )
    document_id: UUID
    sha256 = fields.CharField(max_length=64)
    size = fields.IntField()
    printed_at = fields.DatetimeField()

    class Meta:
        table = "document_prints"
        table_description = "Document prints."


class DocumentOpening(Model):
    """The first opening of a document by its addressee, which serves it. Append-only."""

    id = fields.BigIntField(primary_key=True)
    document: fields.OneToOneRelation[IssuedDocument] = fields.OneToOneField(
        "market.IssuedDocument", related_name="opening", on_delete=fields.RESTRICT
    )
    document_id: UUID
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "market.User", related_name=False, on_delete=fields.RESTRICT
    )
    user_id: UUID
    opened_at = fields.DatetimeField()

    class Meta:
        table = "document_openings"
        table_description = "Document openings."


class DocumentReview(SecondPerson):
    """A review (复查) of a decision that its addressee applied for; the approver's answer is its verdict.

    Confirmed: the decision is looked at again; rejected: it stands, with the reason.
    """

    id = fields.UUIDField(primary_key=True)
    document: fields.ForeignKeyRelation[IssuedDocument] = fields.ForeignKeyField(
        "market.IssuedDocument", related_name="reviews", on_delete=fields.RESTRICT
    )
    document_id: UUID
    grounds = fields.TextField()
    """Facts and reasons of the addressee."""

    class Meta:
        table = "document_reviews"
        table_description = "Document reviews."
