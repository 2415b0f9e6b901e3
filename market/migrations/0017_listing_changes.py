"""Changes to published listings wait for review; the database keeps a digest of what was reviewed.

What is published when the migration runs counts as reviewed.
"""

from uuid import uuid4

from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

REVIEWED = {
    "outcomes": (
        "title, title_en, highlight, trl, comparison, indicators, evidence, rights, price_kind, price_amount, "
        "is_publicly_funded"
    ),
    "needs": "title, is_masked, targets, budget_min_amount, budget_max_amount",
}
"""Columns that change by review only."""
UNPUBLISHED = "('draft', 'pending', 'returned')"


def _functions(table: str, columns: str) -> str:
    row = ", ".join(f"listing.{name.strip()}" for name in columns.split(","))
    return f"""
CREATE FUNCTION market_reviewed_digest(listing {table}) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT md5(jsonb_build_array({row})::text)
$$;
-- Publication is review: by the operator, or by the import that the operator runs.
CREATE FUNCTION market_{table}_reviewed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.status NOT IN {UNPUBLISHED} AND (TG_OP = 'INSERT' OR OLD.status IN {UNPUBLISHED}) THEN
        NEW.reviewed_digest := market_reviewed_digest(NEW);
    ELSIF TG_OP = 'UPDATE' AND NEW.reviewed_digest = '' THEN
        NEW.reviewed_digest := OLD.reviewed_digest;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER {table}_reviewed BEFORE INSERT OR UPDATE ON {table}
    FOR EACH ROW EXECUTE FUNCTION market_{table}_reviewed();
UPDATE {table} SET reviewed_digest = market_reviewed_digest({table}) WHERE status NOT IN {UNPUBLISHED};
"""


def _drop(table: str) -> str:
    return f"""
DROP TRIGGER {table}_reviewed ON {table};
DROP FUNCTION market_{table}_reviewed();
DROP FUNCTION market_reviewed_digest({table});
"""


CHECK = (
    "(status IN ('pending', 'applied')) = (decided_at IS NULL) "
    "AND (status NOT IN ('accepted', 'rejected') OR decided_by_id IS DISTINCT FROM proposed_by_id) "
    "AND (status NOT IN ('rejected', 'reverted') OR reason <> '')"
)


def _person(name: str) -> fields.ForeignKeyField:
    return fields.ForeignKeyField(
        "market.User",
        source_field=f"{name}_id",
        null=True,
        db_constraint=True,
        to_field="id",
        related_name=False,
        on_delete=OnDelete.RESTRICT,
    )


class Migration(migrations.Migration):
    dependencies = [("market", "0016_panels")]

    initial = False

    operations = [
        *(
            ops.AddField(
                model_name=model,
                name="reviewed_digest",
                field=fields.CharField(default="", db_default="", max_length=32),
            )
            for model in ("Outcome", "Need")
        ),
        *(ops.RunSQL(_functions(table, columns), _drop(table)) for table, columns in REVIEWED.items()),
        ops.CreateModel(
            name="ListingChange",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("subject_kind", fields.CharField(max_length=24)),
                ("subject_id", fields.UUIDField()),
                ("base_revision", fields.IntField()),
                ("values", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("before", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("status", fields.CharField(default="pending", max_length=24)),
                ("proposed_by", _person("proposed_by")),
                ("proposed_at", fields.DatetimeField()),
                ("decided_by", _person("decided_by")),
                ("decided_at", fields.DatetimeField(null=True)),
                ("reason", fields.CharField(default="", db_default="", max_length=1000)),
            ],
            options={
                "table": "listing_changes",
                "app": "market",
                "indexes": [
                    Index(fields=["status", "proposed_at"]),
                    Index(fields=["subject_kind", "subject_id"]),
                ],
                "pk_attr": "id",
                "table_description": "Listing changes.",
            },
            bases=["Stateful"],
        ),
        ops.RunSQL(
            f"ALTER TABLE listing_changes ADD CONSTRAINT listing_changes_decided CHECK ({CHECK}); "
            "CREATE UNIQUE INDEX listing_changes_one_pending ON listing_changes (subject_kind, subject_id) "
            "WHERE status = 'pending'",
            "DROP INDEX listing_changes_one_pending; "
            "ALTER TABLE listing_changes DROP CONSTRAINT listing_changes_decided",
        ),
    ]
