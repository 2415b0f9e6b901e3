"""Tables of solutions: sealed while they can be submitted, opened all together after the deadline."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from tortoise import fields

from market.accounts.models import Organisation, User
from market.challenges.models import Challenge
from market.challenges.solution_states import SOLUTION_WORKFLOW, SolutionStatus
from market.kit.fields import enum_column
from market.kit.tables import Model
from market.records.transitions import Stateful


class Solution(Stateful):
    """What one unit, alone or leading a team, offers as the answer to a challenge or to a package of it."""

    record_kind = "solution"
    workflow = SOLUTION_WORKFLOW

    id = fields.UUIDField(primary_key=True)
    challenge: fields.ForeignKeyRelation[Challenge] = fields.ForeignKeyField(
        "market.Challenge", related_name=False, on_delete=fields.RESTRICT
    )
    challenge_id: UUID
    package = fields.IntField(default=0)
    """The place of the package it solves; 0: the whole."""
    organisation: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "market.Organisation", related_name=False, on_delete=fields.RESTRICT
    )
    organisation_id: UUID
    """The leading unit (牵头单位)."""
    created_by: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "market.User", related_name=False, on_delete=fields.RESTRICT
    )
    created_by_id: UUID
    status = enum_column(SolutionStatus, SolutionStatus.DRAFT)
    draft = fields.BinaryField(null=True)
    """What is typed so far, encrypted under a key that is not in the database; see `sealing`."""
    version = fields.IntField(default=0)
    """The last one that was submitted; 0: none."""
    submitted_at = fields.DatetimeField(null=True)
    place = fields.IntField(null=True)
    """Among the opened ones of its challenge, by hashes, so that the order tells nothing; null: sealed."""
    reason = fields.CharField(max_length=500, default="")
    """Why it was not admitted or not chosen."""
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()

    class Meta:
        table = "solutions"
        table_description = "Solutions."
        indexes = (("challenge_id", "status"), ("organisation_id",))


class SealedFile(Model):
    """A file of a solution before it is opened: its content and even its name are encrypted."""

    id = fields.UUIDField(primary_key=True)
    solution: fields.ForeignKeyRelation[Solution] = fields.ForeignKeyField(
        "market.Solution", related_name=False, on_delete=fields.RESTRICT
    )
    solution_id: UUID
    sealed = fields.BinaryField()
    """Name, type, size and SHA-256, encrypted."""
    store_digest = fields.CharField(max_length=64)
    """Of the encrypted content in the file store."""
    uploaded_by: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "market.User", related_name=False, on_delete=fields.RESTRICT
    )
    uploaded_by_id: UUID
    uploaded_at = fields.DatetimeField()
    removed_at = fields.DatetimeField(null=True)
    """Taken out of the draft; versions that were submitted with it still hold it."""

    class Meta:
        table = "sealed_files"
        table_description = "Sealed files."
        indexes = (("solution_id",),)


class SolutionVersion(Model):
    """A solution as it was submitted; the last one counts. Append-only."""

    id = fields.UUIDField(primary_key=True)
    solution: fields.ForeignKeyRelation[Solution] = fields.ForeignKeyField(
        "market.Solution", related_name=False, on_delete=fields.RESTRICT
    )
    solution_id: UUID
    version = fields.IntField()
    sealed = fields.BinaryField()
    """Content, files and salt, encrypted."""
    commitment = fields.CharField(max_length=64)
    """The receipt that its author keeps, see `solution_content.commitment`."""
    terms_version = fields.IntField()
    arrived_at = fields.DatetimeField()
    """When the request reached the site; before the deadline, which the database checks."""
    submitted_by: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "market.User", related_name=False, on_delete=fields.RESTRICT
    )
    submitted_by_id: UUID
    submitted_at = fields.DatetimeField()

    class Meta:
        table = "solution_versions"
        table_description = "Solution versions."
        unique_together = (("solution", "version"),)


class OpenedSolution(Model):
    """The last version of a solution, in plain, from the common opening on. Append-only."""

    id = fields.UUIDField(primary_key=True)
    version: fields.OneToOneRelation[SolutionVersion] = fields.OneToOneField(
        "market.SolutionVersion", related_name=False, on_delete=fields.RESTRICT
    )
    version_id: UUID
    solution: fields.OneToOneRelation[Solution] = fields.OneToOneField(
        "market.Solution", related_name=False, on_delete=fields.RESTRICT
    )
    solution_id: UUID
    content: fields.JSONField[dict[str, Any]] = fields.JSONField()
    salt = fields.CharField(max_length=64)
    opened_at = fields.DatetimeField()

    class Meta:
        table = "opened_solutions"
        table_description = "Opened solutions."


class ChallengeExtension(Model):
    """A later deadline, once, with its reason. Append-only."""

    id = fields.UUIDField(primary_key=True)
    challenge: fields.OneToOneRelation[Challenge] = fields.OneToOneField(
        "market.Challenge", related_name=False, on_delete=fields.RESTRICT
    )
    challenge_id: UUID
    old_deadline_at = fields.DatetimeField()
    new_deadline_at = fields.DatetimeField()
    reason = fields.CharField(max_length=300)
    extended_by: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "market.User", related_name=False, on_delete=fields.RESTRICT
    )
    extended_by_id: UUID
    extended_at = fields.DatetimeField()

    class Meta:
        table = "challenge_extensions"
        table_description = "Challenge extensions."
