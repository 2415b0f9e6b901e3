"""Parties answer objections with papers, and a ruling may lower the amount of an entry.

The respondent of an objection to a claim on a list is its applicant, of earlier objections too; these have
no period to answer.
"""

from uuid import uuid4

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

RESPONDENTS = (
    "UPDATE objections o SET respondent_id = c.applicant_id FROM claims c WHERE c.id = o.entry_id "
    "AND o.respondent_id IS NULL"
)
CORRECTION = (
    "(corrected_amount IS NULL) = (listed_amount IS NULL) "
    "AND (corrected_amount IS NULL OR (is_upheld AND corrected_amount > 0 AND corrected_amount < listed_amount))"
)


def _key(model: str, name: str, *, related: str = "", null: bool = False) -> tuple[str, fields.Field]:
    field = fields.ForeignKeyField(
        f"market.{model}",
        source_field=f"{name}_id",
        null=null,
        db_constraint=True,
        to_field="id",
        related_name=related or False,
        on_delete=OnDelete.RESTRICT,
    )
    return name, field


def _append_only(table: str) -> ops.RunSQL:
    return ops.RunSQL(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION market_append_only()",
        f"DROP TRIGGER {table}_append_only ON {table}",
    )


class Migration(migrations.Migration):
    dependencies = [("market", "0029_recent_acts")]

    initial = False

    operations = [
        ops.AddField(
            model_name="Objection",
            name="respondent",
            field=_key("Organisation", "respondent", related="objections_against", null=True)[1],
        ),
        ops.AddField(model_name="Objection", name="respond_by", field=fields.DatetimeField(null=True)),
        ops.AddField(model_name="ObjectionRuling", name="listed_amount", field=fields.BigIntField(null=True)),
        ops.AddField(
            model_name="ObjectionRuling", name="corrected_amount", field=fields.BigIntField(null=True)
        ),
        ops.CreateModel(
            name="ObjectionStatement",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                _key("Objection", "objection", related="statements"),
                ("side", fields.CharField(max_length=24)),
                ("text", fields.TextField(default="", unique=False)),
                _key("User", "author"),
                ("stated_at", fields.DatetimeField()),
            ],
            options={
                "table": "objection_statements",
                "app": "market",
                "indexes": [Index(fields=["objection_id"])],
                "pk_attr": "id",
                "table_description": "Objection statements.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ObjectionPaper",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                _key("ObjectionStatement", "statement", related="papers"),
                _key("StoredFile", "file"),
                ("sha256", fields.CharField(max_length=64)),
            ],
            options={
                "table": "objection_papers",
                "app": "market",
                "indexes": [Index(fields=["statement_id"])],
                "pk_attr": "id",
                "table_description": "Objection papers.",
            },
            bases=["Model"],
        ),
        ops.RunSQL(RESPONDENTS, "SELECT 1"),
        ops.RunSQL(
            f"ALTER TABLE objection_rulings ADD CONSTRAINT objection_rulings_correction CHECK ({CORRECTION})",
            "ALTER TABLE objection_rulings DROP CONSTRAINT objection_rulings_correction",
        ),
        _append_only("objection_statements"),
        _append_only("objection_papers"),
    ]
