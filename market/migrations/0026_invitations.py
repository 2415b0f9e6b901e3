"""Invitations of colleagues by mail."""

from uuid import uuid4

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


def _person(name: str) -> tuple[str, fields.Field]:
    field = fields.ForeignKeyField(
        "market.User",
        source_field=f"{name}_id",
        null=True,
        db_constraint=True,
        to_field="id",
        related_name=False,
        on_delete=OnDelete.SET_NULL,
    )
    return name, field


class Migration(migrations.Migration):
    dependencies = [("market", "0025_held_forms")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Invitation",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "organisation",
                    fields.ForeignKeyField(
                        "market.Organisation",
                        source_field="organisation_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="invitations",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("email", fields.CharField(default="", db_default="", max_length=254)),
                ("role", fields.CharField(max_length=24)),
                ("token_hash", fields.CharField(unique=True, max_length=64)),
                _person("invited_by"),
                ("invited_at", fields.DatetimeField()),
                ("expires_at", fields.DatetimeField()),
                _person("accepted_by"),
                ("accepted_at", fields.DatetimeField(null=True)),
                ("revoked_at", fields.DatetimeField(null=True)),
            ],
            options={
                "table": "invitations",
                "app": "market",
                "indexes": [Index(fields=["organisation_id"])],
                "pk_attr": "id",
                "table_description": "Invitations.",
            },
            bases=["Model"],
        ),
        ops.RunSQL(
            "ALTER TABLE invitations ADD CONSTRAINT invitations_once CHECK "
            "(accepted_at IS NULL OR revoked_at IS NULL)",
            "ALTER TABLE invitations DROP CONSTRAINT invitations_once",
        ),
    ]
