"""Certificates of exchanges that a deal's price was found by a listing."""

from uuid import uuid4

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

TABLE = "exchange_certificates"
CHECKS = {
    "second_person": (
        "(decided_by_id IS NULL) = (decided_at IS NULL) AND (decided_at IS NULL) = (verdict IS NULL) "
        "AND (decided_by_id IS NULL OR decided_by_id <> proposed_by_id) "
        "AND (verdict <> 'rejected' OR reason <> '')"
    ),
    "filled": "price_amount > 0 AND exchange <> '' AND number <> ''",
}
STANDING = {"one_standing": "(deal_id)", "used_once": "(exchange, number)"}


def _reference(model: str, column: str, is_null: bool = False) -> fields.ForeignKeyField:
    return fields.ForeignKeyField(
        f"market.{model}",
        source_field=column,
        null=is_null,
        db_constraint=True,
        to_field="id",
        related_name=False,
        on_delete=OnDelete.RESTRICT,
    )


class Migration(migrations.Migration):
    dependencies = [("market", "0059_entered_ends")]

    initial = False

    operations = [
        ops.CreateModel(
            name="ExchangeCertificate",
            fields=[
                ("proposed_by", _reference("User", "proposed_by_id")),
                ("proposed_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("decided_by", _reference("User", "decided_by_id", is_null=True)),
                ("decided_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("verdict", fields.CharField(null=True, max_length=24)),
                ("reason", fields.CharField(default="", db_default="", max_length=500)),
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("deal", _reference("Deal", "deal_id")),
                ("exchange", fields.CharField(max_length=120)),
                ("number", fields.CharField(max_length=80)),
                ("dated_on", fields.DateField()),
                ("price_amount", fields.BigIntField()),
                ("file", _reference("StoredFile", "file_id")),
            ],
            options={
                "table": TABLE,
                "app": "market",
                "pk_attr": "id",
                "table_description": "Exchange certificates.",
            },
            bases=["SecondPerson"],
        ),
        *(
            ops.RunSQL(
                f"ALTER TABLE {TABLE} ADD CONSTRAINT {TABLE}_{name} CHECK ({condition})",
                f"ALTER TABLE {TABLE} DROP CONSTRAINT {TABLE}_{name}",
            )
            for name, condition in CHECKS.items()
        ),
        *(
            ops.RunSQL(
                f"CREATE UNIQUE INDEX {TABLE}_{name} ON {TABLE} {columns} WHERE verdict IS DISTINCT FROM 'rejected'",
                f"DROP INDEX {TABLE}_{name}",
            )
            for name, columns in STANDING.items()
        ),
        ops.RunSQL(
            f"CREATE TRIGGER {TABLE}_decide_once BEFORE UPDATE OR DELETE ON {TABLE} "
            "FOR EACH ROW EXECUTE FUNCTION market_decide_once()",
            f"DROP TRIGGER {TABLE}_decide_once ON {TABLE}",
        ),
    ]
