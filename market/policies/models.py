"""The library of policies: documents with what they say, what they change, and what they pay for."""

from __future__ import annotations

from uuid import UUID

from tortoise import fields

from market.files.models import StoredFile
from market.kit.fields import enum_column
from market.kit.tables import Model
from market.policies.states import POLICY_WORKFLOW, Effect, Level, PolicyStatus
from market.programmes.models import Programme
from market.records.decisions import SecondPerson
from market.records.transitions import Stateful


class Policy(SecondPerson, Stateful):
    """A document of an authority. Drafted by one person, released by another; then only its status moves."""

    record_kind = "policy"
    workflow = POLICY_WORKFLOW

    id = fields.UUIDField(primary_key=True)
    number = fields.CharField(max_length=20, unique=True)
    status = enum_column(PolicyStatus, PolicyStatus.DRAFT)
    title = fields.CharField(max_length=200)
    document_number = fields.CharField(max_length=80, default="")
    """文号; empty where the document has none."""
    issuer = fields.CharField(max_length=120)
    level = enum_column(Level)
    region = fields.CharField(max_length=6, default="")
    """Where it holds; empty: the whole country."""
    issued_on = fields.DateField()
    effective_on = fields.DateField()
    ends_on = fields.DateField(null=True)
    """Its last day, where the document names one."""
    topics: fields.JSONField[list[str]] = fields.JSONField()
    audience: fields.JSONField[list[str]] = fields.JSONField()
    """Kinds of organisation that it is for; empty: all."""
    source_url = fields.CharField(max_length=300, default="")
    summary = fields.TextField()
    """Our own summary (摘要)."""
    points: fields.JSONField[list[dict[str, str]]] = fields.JSONField()
    """Article and our own words for it: `clause`, `words`."""
    text = fields.TextField(default="")
    """The text of the document, where it may be shown."""
    file: fields.ForeignKeyNullableRelation[StoredFile] = fields.ForeignKeyField(
        "market.StoredFile", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    file_id: UUID | None
    affects: fields.ForeignKeyNullableRelation[Policy] = fields.ForeignKeyField(
        "market.Policy", related_name="affected_by", null=True, on_delete=fields.RESTRICT
    )
    affects_id: UUID | None
    effect = enum_column(Effect, null=True)
    """What it does to the policy that it affects."""
    revision = fields.IntField(default=1)
    updated_at = fields.DatetimeField()

    programmes: fields.ReverseRelation[PolicyProgramme]

    class Meta:
        table = "policies"
        table_description = "Policies."
        indexes = (("status",),)


class PolicyProgramme(Model):
    """A programme that a policy founds."""

    id = fields.UUIDField(primary_key=True)
    policy: fields.ForeignKeyRelation[Policy] = fields.ForeignKeyField(
        "market.Policy", related_name="programmes", on_delete=fields.RESTRICT
    )
    policy_id: UUID
    programme: fields.ForeignKeyRelation[Programme] = fields.ForeignKeyField(
        "market.Programme", related_name="policies", on_delete=fields.RESTRICT
    )
    programme_id: UUID

    class Meta:
        table = "policy_programmes"
        table_description = "Programmes of policies."
        unique_together = (("policy", "programme"),)
        indexes = (("programme_id",),)


class PolicyEnd(SecondPerson):
    """The end of a policy that no other one replaces; proposed by one person, decided by another.

    Never edited but for that decision.
    """

    id = fields.UUIDField(primary_key=True)
    policy: fields.ForeignKeyRelation[Policy] = fields.ForeignKeyField(
        "market.Policy", related_name="ends", on_delete=fields.RESTRICT
    )
    policy_id: UUID
    ends_on = fields.DateField()
    """Its last day."""
    ground = fields.CharField(max_length=300)
    """By what document, as everybody reads it; `reason` is of a rejection."""

    class Meta:
        table = "policy_ends"
        table_description = "Ends of policies."
        indexes = (("policy_id",),)
