"""Tables of targets: definitions, plans and their shares, deeds and decisions on them, closed years."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from tortoise import fields

from market.accounts.models import Organisation, User
from market.claims.models import Claim
from market.contracts.models import Contract
from market.deals.models import ContractKind
from market.files.models import StoredFile
from market.kit.fields import enum_column
from market.kit.money import Money
from market.kit.tables import Model
from market.records.decisions import SecondPerson
from market.records.transitions import Stateful
from market.targets.states import (
    DEED_WORKFLOW,
    PLAN_WORKFLOW,
    DeedStatus,
    Event,
    PlanStatus,
    Result,
    ScopeKind,
)


class TargetDefinition(SecondPerson):
    """What counts as a deed (指标口径), as data in versions; in force once a second person confirmed it."""

    id = fields.UUIDField(primary_key=True)
    version = fields.IntField()
    valid_from = fields.DateField()
    event = enum_column(Event)
    least_amount = fields.BigIntField()
    """Contract amount from which on a contract counts, in fen."""
    least_received = fields.IntField()
    """Share of the price that must have arrived, in basis points, unless the outcome is in use."""
    sample_all_from = fields.BigIntField()
    """Contract amount from which on every deed is examined, in fen."""
    sample_share = fields.IntField()
    """Share of the others that is drawn, in basis points."""
    sample_least = fields.IntField()
    """How many are drawn of a city at least."""
    most_errors = fields.IntField()
    """Share of errors in a city's sample above which all of its deeds are examined, in basis points."""
    text = fields.TextField()
    basis = fields.CharField(max_length=200)
    """Document number and article, or that it was assumed."""
    content_hash = fields.CharField(max_length=64)

    class Meta:
        table = "target_definitions"
        table_description = "Definitions of deeds."


class TargetPlan(SecondPerson, Stateful):
    """The target of a year (年度目标), in versions; issued by a second person."""

    record_kind = "target_plan"
    workflow = PLAN_WORKFLOW

    id = fields.UUIDField(primary_key=True)
    number = fields.CharField(max_length=20, unique=True)
    status = enum_column(PlanStatus, PlanStatus.DRAFT)
    year = fields.IntField()
    version = fields.IntField()
    title = fields.CharField(max_length=80)
    total = fields.IntField()
    definition: fields.ForeignKeyRelation[TargetDefinition] = fields.ForeignKeyField(
        "market.TargetDefinition", related_name=False, on_delete=fields.RESTRICT
    )
    definition_id: UUID
    updated_at = fields.DatetimeField()

    class Meta:
        table = "target_plans"
        table_description = "Targets of years."
        unique_together = (("year", "version"),)


class TargetShare(Model):
    """What of a year's target falls to a city, a unit or a kind of contract, by largest remainder."""

    id = fields.UUIDField(primary_key=True)
    plan: fields.ForeignKeyRelation[TargetPlan] = fields.ForeignKeyField(
        "market.TargetPlan", related_name="shares", on_delete=fields.RESTRICT
    )
    plan_id: UUID
    scope_kind = enum_column(ScopeKind)
    key = fields.CharField(max_length=40)
    """Four digits of a city, the id of a unit, or a kind of contract."""
    weight = fields.IntField()
    target = fields.IntField()

    class Meta:
        table = "target_shares"
        table_description = "Shares of targets."
        unique_together = (("plan", "scope_kind", "key"),)


class DeedSample(Model):
    """A draw of the deeds that are examined, with all that replays it. Append-only."""

    id = fields.UUIDField(primary_key=True)
    number = fields.CharField(max_length=20, unique=True)
    year = fields.IntField()
    definition: fields.ForeignKeyRelation[TargetDefinition] = fields.ForeignKeyField(
        "market.TargetDefinition", related_name=False, on_delete=fields.RESTRICT
    )
    definition_id: UUID
    population: Any = fields.JSONField()
    """Rows of deed number, city and amount in fen, in the order of their numbers."""
    picked: Any = fields.JSONField()
    """Numbers of the deeds drawn."""
    salt = fields.CharField(max_length=60)
    chain_head = fields.CharField(max_length=64)
    seed = fields.CharField(max_length=64)
    drawn_by: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "market.User", related_name=False, on_delete=fields.RESTRICT
    )
    drawn_by_id: UUID
    drawn_at = fields.DatetimeField()

    class Meta:
        table = "deed_samples"
        table_description = "Samples of deeds."


class Deed(Stateful):
    """A major outcome converted (重大成果转化事项): one contract, counted once over all years.

    Its facts are read from contract, receipts and reports by the recount, never typed.
    """

    record_kind = "deed"
    workflow = DEED_WORKFLOW

    id = fields.UUIDField(primary_key=True)
    number = fields.CharField(max_length=20, unique=True)
    status = enum_column(DeedStatus, DeedStatus.FOUND)
    year = fields.IntField()
    definition: fields.ForeignKeyRelation[TargetDefinition] = fields.ForeignKeyField(
        "market.TargetDefinition", related_name=False, on_delete=fields.RESTRICT
    )
    definition_id: UUID
    contract: fields.OneToOneRelation[Contract] = fields.OneToOneField(
        "market.Contract", related_name=False, on_delete=fields.RESTRICT
    )
    contract_id: UUID
    event_on = fields.DateField()
    city = fields.CharField(max_length=4)
    """Of the seller, or, where it is not of the region, of the place of use."""
    unit: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "market.Organisation", related_name=False, on_delete=fields.RESTRICT
    )
    unit_id: UUID
    """Who declares it: the seller, or, where it is not of the region, the buyer."""
    seller: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "market.Organisation", related_name=False, on_delete=fields.RESTRICT
    )
    seller_id: UUID
    buyer: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "market.Organisation", related_name=False, on_delete=fields.RESTRICT
    )
    buyer_id: UUID
    kind = enum_column(ContractKind)
    field = fields.CharField(max_length=24)
    used_in = fields.CharField(max_length=6)
    contract_amount = fields.BigIntField()
    """In fen of yuan, as the amounts below."""
    trade_amount = fields.BigIntField()
    received_amount = fields.BigIntField()
    received_share = fields.IntField()
    """Of the contract's price, in basis points."""
    is_registered = fields.BooleanField()
    is_in_use = fields.BooleanField()
    """The buyer reported sales thanks to the outcome."""
    sales_amount = fields.BigIntField(default=0, db_default=0)
    """What the buyer reported of them, in fen of yuan, over all years."""
    claim: fields.ForeignKeyNullableRelation[Claim] = fields.ForeignKeyField(
        "market.Claim", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    claim_id: UUID | None
    """The claim whose computation, rechecked by a second person, has these sales; null: reported only."""
    is_related = fields.BooleanField()
    """Seller and buyer are related: it has a column of its own and counts nowhere else."""
    is_ended = fields.BooleanField()
    """The contract was rescinded or its registration cancelled."""
    partner: fields.ForeignKeyNullableRelation[Organisation] = fields.ForeignKeyField(
        "market.Organisation", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    partner_id: UUID | None
    """With whom the unit agreed to share the deed."""
    partner_share = fields.IntField(null=True)
    """Of the deed, in basis points; the rest is the unit's."""
    alarm = fields.CharField(max_length=40, default="", db_default="")
    """Why it should be struck though it is verified."""
    sample: fields.ForeignKeyNullableRelation[DeedSample] = fields.ForeignKeyField(
        "market.DeedSample", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    sample_id: UUID | None
    is_sampled = fields.BooleanField(default=False, db_default=False)
    declared_by: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "market.User", related_name=False, null=True, on_delete=fields.SET_NULL
    )
    declared_by_id: UUID | None
    checked_by: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "market.User", related_name=False, null=True, on_delete=fields.SET_NULL
    )
    checked_by_id: UUID | None
    verified_on = fields.DateField(null=True)
    struck_on = fields.DateField(null=True)
    struck_for = fields.CharField(max_length=24, default="", db_default="")
    """The alarm upon which it was struck, or `other`."""
    revision = fields.IntField(default=1, db_default=1)
    """Raised by the database with every change."""
    found_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()

    class Meta:
        table = "deeds"
        table_description = "Deeds."
        indexes = (("year", "status"), ("unit_id", "status"), ("city", "status"))

    @property
    def contract_money(self) -> Money:
        return Money(self.contract_amount)

    @property
    def received_money(self) -> Money:
        return Money(self.received_amount)


class DeedStatement(SecondPerson):
    """What a unit states of a deed beside the records (填报), with a paper; its city decides on it."""

    id = fields.UUIDField(primary_key=True)
    deed: fields.ForeignKeyRelation[Deed] = fields.ForeignKeyField(
        "market.Deed", related_name="statements", on_delete=fields.RESTRICT
    )
    deed_id: UUID
    text = fields.TextField()
    file: fields.ForeignKeyRelation[StoredFile] = fields.ForeignKeyField(
        "market.StoredFile", related_name=False, on_delete=fields.RESTRICT
    )
    file_id: UUID

    class Meta:
        table = "deed_statements"
        table_description = "Statements about deeds."
        indexes = (("deed_id",),)


class DeedShare(SecondPerson):
    """What of a deed falls to a second unit, proposed by the one that declares it, agreed by the other."""

    id = fields.UUIDField(primary_key=True)
    deed: fields.ForeignKeyRelation[Deed] = fields.ForeignKeyField(
        "market.Deed", related_name="agreed_shares", on_delete=fields.RESTRICT
    )
    deed_id: UUID
    partner: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "market.Organisation", related_name=False, on_delete=fields.RESTRICT
    )
    partner_id: UUID
    partner_share = fields.IntField()
    """In basis points."""

    class Meta:
        table = "deed_shares"
        table_description = "Shares of deeds."
        indexes = (("deed_id",), ("partner_id",))


class DeedVisit(Model):
    """What was seen when a doubtful deed was visited. Append-only."""

    id = fields.UUIDField(primary_key=True)
    deed: fields.ForeignKeyRelation[Deed] = fields.ForeignKeyField(
        "market.Deed", related_name="visits", on_delete=fields.RESTRICT
    )
    deed_id: UUID
    visited_on = fields.DateField()
    people = fields.CharField(max_length=200)
    """Who went there."""
    words = fields.TextField()
    file: fields.ForeignKeyNullableRelation[StoredFile] = fields.ForeignKeyField(
        "market.StoredFile", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    file_id: UUID | None
    recorded_by: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "market.User", related_name=False, on_delete=fields.RESTRICT
    )
    recorded_by_id: UUID
    recorded_at = fields.DatetimeField()

    class Meta:
        table = "deed_visits"
        table_description = "Visits of doubtful deeds."
        indexes = (("deed_id",),)


class DeedVerdict(SecondPerson):
    """A result of verification, proposed by one and decided by another."""

    id = fields.UUIDField(primary_key=True)
    deed: fields.ForeignKeyRelation[Deed] = fields.ForeignKeyField(
        "market.Deed", related_name="verdicts", on_delete=fields.RESTRICT
    )
    deed_id: UUID
    result = enum_column(Result)
    words = fields.TextField()

    class Meta:
        table = "deed_verdicts"
        table_description = "Results of verification."
        indexes = (("deed_id",),)


class RestRuling(SecondPerson):
    """That the deeds of a city which were not drawn pass without being examined."""

    id = fields.UUIDField(primary_key=True)
    sample: fields.ForeignKeyRelation[DeedSample] = fields.ForeignKeyField(
        "market.DeedSample", related_name="rulings", on_delete=fields.RESTRICT
    )
    sample_id: UUID
    city = fields.CharField(max_length=4)
    sampled = fields.IntField()
    errors = fields.IntField()
    accepted = fields.IntField()
    """How many deeds pass."""

    class Meta:
        table = "rest_rulings"
        table_description = "Rulings on deeds that were not drawn."
        indexes = (("sample_id",),)


class DeedFollowUp(SecondPerson):
    """What became of a verified deed after 12 or 24 months, stated by its unit, confirmed by another."""

    id = fields.UUIDField(primary_key=True)
    deed: fields.ForeignKeyRelation[Deed] = fields.ForeignKeyField(
        "market.Deed", related_name="follow_ups", on_delete=fields.RESTRICT
    )
    deed_id: UUID
    months = fields.IntField()
    is_in_use = fields.BooleanField()
    sales_amount = fields.BigIntField()
    """Of the last twelve months, in fen; 0 where it is not in use."""
    text = fields.TextField()
    file: fields.ForeignKeyRelation[StoredFile] = fields.ForeignKeyField(
        "market.StoredFile", related_name=False, on_delete=fields.RESTRICT
    )
    file_id: UUID

    class Meta:
        table = "deed_follow_ups"
        table_description = "Follow-ups of deeds."
        indexes = (("deed_id",),)


class DeedChange(Model):
    """How many deeds of a year were written by one statement; the database adds it.

    A board is kept as long as the sum and the last id of its years stand; the nightly recount adds rows up.
    """

    id = fields.BigIntField(primary_key=True)
    year = fields.IntField()
    n = fields.BigIntField()

    class Meta:
        table = "deed_changes"
        table_description = "Changes of deeds."
        indexes = (("year",),)
