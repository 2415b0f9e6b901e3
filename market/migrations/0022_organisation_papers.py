"""Papers that prove what an organisation says of itself."""

from uuid import uuid4

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


def _key(model: str, name: str, on_delete: OnDelete, *, related: str = "", null: bool = False) -> tuple:
    field = fields.ForeignKeyField(
        f"market.{model}",
        source_field=f"{name}_id",
        null=null,
        db_constraint=True,
        to_field="id",
        related_name=related or False,
        on_delete=on_delete,
    )
    return name, field


class Migration(migrations.Migration):
    dependencies = [("market", "0021_listing_imports")]

    initial = False

    operations = [
        ops.CreateModel(
            name="OrganisationPaper",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                _key("Organisation", "organisation", OnDelete.RESTRICT, related="papers"),
                ("kind", fields.CharField(max_length=24)),
                _key("StoredFile", "file", OnDelete.RESTRICT),
                ("number", fields.CharField(default="", db_default="", max_length=60)),
                ("expires_on", fields.DateField(null=True)),
                _key("User", "uploaded_by", OnDelete.SET_NULL, null=True),
                ("uploaded_at", fields.DatetimeField()),
                _key("User", "checked_by", OnDelete.RESTRICT, null=True),
                ("checked_at", fields.DatetimeField(null=True)),
            ],
            options={
                "table": "organisation_papers",
                "app": "market",
                "indexes": [Index(fields=["organisation_id", "kind"]), Index(fields=["checked_at"])],
                "pk_attr": "id",
                "table_description": "Organisation papers.",
            },
            bases=["Model"],
        ),
        ops.RunSQL(
            "ALTER TABLE organisation_papers ADD CONSTRAINT organisation_papers_checked CHECK "
            "((checked_at IS NULL) = (checked_by_id IS NULL) "
            "AND (checked_by_id IS NULL OR checked_by_id IS DISTINCT FROM uploaded_by_id) "
            "AND (kind <> 'high_tech_certificate' OR (number <> '' AND expires_on IS NOT NULL)))",
            "ALTER TABLE organisation_papers DROP CONSTRAINT organisation_papers_checked",
        ),
    ]
