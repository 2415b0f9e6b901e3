"""Programmes and the versions of their terms."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from tortoise import fields

from market.accounts.models import User
from market.kit.fields import enum_column
from market.kit.tables import Model
from market.programmes.states import TERMS_WORKFLOW, TermsStatus
from market.records.decisions import SecondPerson
from market.records.transitions import Stateful


class Programme(Model):
    """A subsidy programme (补助政策) of one issuer."""

    id = fields.UUIDField(primary_key=True)
    slug = fields.CharField(max_length=60, unique=True)
    name = fields.CharField(max_length=200)
    issuer = fields.CharField(max_length=120)
    region = fields.CharField(max_length=6)
    role = fields.CharField(max_length=24)
    """Whom it pays: buyer, seller, broker, registry, agency."""
    revision = fields.IntField(default=1)

    class Meta:
        table = "programmes"
        table_description = "Programmes."


class ProgrammeTerms(SecondPerson, Stateful):
    """One version of a programme's terms. Drafted by one person, released by another; then frozen.

    Versions that ship with the release were proposed and decided by nobody.
    """

    record_kind = "terms"
    workflow = TERMS_WORKFLOW

    id = fields.UUIDField(primary_key=True)
    programme: fields.ForeignKeyRelation[Programme] = fields.ForeignKeyField(
        "market.Programme", related_name="terms", on_delete=fields.RESTRICT
    )
    programme_id: UUID
    version = fields.CharField(max_length=20)
    status = enum_column(TermsStatus, TermsStatus.DRAFT)
    content: fields.JSONField[dict[str, Any]] = fields.JSONField()
    """The whole rule file."""
    valid_from = fields.DateField()
    valid_to = fields.DateField(null=True)
    proposed_by: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(  # type: ignore[assignment]  # a shipped version has no proposer
        "market.User", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    """Null: it ships with the release."""
    proposed_by_id: UUID | None  # type: ignore[assignment]  # as above
    released_at = fields.DatetimeField(null=True)
    retroactive_reason = fields.CharField(max_length=300, default="", db_default="")
    """Why it is valid from a day before it was drafted; empty where it is not."""

    class Meta:
        table = "programme_terms"
        table_description = "Programme terms."
        unique_together = (("programme", "version"),)
