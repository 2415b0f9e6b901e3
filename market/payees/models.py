"""Accounts that organisations are paid to: each version with its proof and the two persons behind it."""

from __future__ import annotations

from uuid import UUID

from tortoise import fields

from market.accounts.models import Organisation, User
from market.files.models import StoredFile
from market.payees.fingerprints import mask
from market.records.decisions import SecondPerson


class PayeeAccount(SecondPerson):
    """One version of the account that an organisation is paid to. Never edited but for its decision.

    The confirmed version with the highest sequence is in force. Proposed by a person of the organisation;
    decided on by another one of it, or, where it has only one, by the desk after a `PayeeComparison`.
    """

    id = fields.UUIDField(primary_key=True)
    organisation: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "market.Organisation", related_name="payee_accounts", on_delete=fields.RESTRICT
    )
    organisation_id: UUID
    sequence = fields.IntField()
    bank_name = fields.CharField(max_length=120)
    bank_code = fields.CharField(max_length=12, default="", db_default="")
    """The bank's number in the payment system (行号, CNAPS), of 12 digits; empty where it was not told."""
    number = fields.CharField(max_length=40)
    fingerprint = fields.CharField(max_length=64)
    """Keyed hash of the number, as the audit log has it; empty only of what stood in the profile before."""
    proof: fields.ForeignKeyNullableRelation[StoredFile] = fields.ForeignKeyField(
        "market.StoredFile", related_name="payee_accounts", null=True, on_delete=fields.RESTRICT
    )
    """Null only of what stood in the profile before; such a version is never confirmed."""
    proof_id: UUID | None
    proposed_by: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(  # type: ignore[assignment]  # what stood in the profile before has no proposer
        "market.User", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    proposed_by_id: UUID | None  # type: ignore[assignment]  # as above

    comparisons: fields.ReverseRelation[PayeeComparison]

    class Meta:
        table = "payee_accounts"
        table_description = "Payee accounts."
        unique_together = (("organisation", "sequence"),)

    @property
    def masked(self) -> str:
        return mask(self.number)


class PayeeComparison(SecondPerson):
    """The desk's comparison of an account with its proof, for an organisation of one person.

    Proposed by the officer who compared them, decided on by the rechecker, whose verdict is the account's.
    """

    id = fields.UUIDField(primary_key=True)
    account: fields.ForeignKeyRelation[PayeeAccount] = fields.ForeignKeyField(
        "market.PayeeAccount", related_name="comparisons", on_delete=fields.RESTRICT
    )
    account_id: UUID
    note = fields.CharField(max_length=300, default="")
    """What the officer saw."""

    class Meta:
        table = "payee_comparisons"
        table_description = "Payee comparisons."
