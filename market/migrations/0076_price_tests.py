"""Price tests of the only admitted solution of a government list."""

from uuid import uuid4

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

TABLE = "price_tests"
SECOND_PERSON = (
    "(decided_by_id IS NULL) = (decided_at IS NULL) AND (decided_at IS NULL) = (verdict IS NULL) "
    "AND (decided_by_id IS NULL OR decided_by_id <> proposed_by_id) AND (verdict <> 'rejected' OR reason <> '')"
)
CHECKS = {
    "price_tests_second_person": SECOND_PERSON,
    "price_tests_reasoned": "most > 0 AND length(text) >= 10",
}


def _link(model, column, *, is_optional=False):
    return fields.ForeignKeyField(
        f"market.{model}",
        source_field=column,
        db_constraint=True,
        to_field="id",
        related_name=False,
        on_delete=OnDelete.RESTRICT,
        **({"null": True} if is_optional else {}),
    )


def _moment(**options):
    return fields.DatetimeField(auto_now=False, auto_now_add=False, **options)


class Migration(migrations.Migration):
    dependencies = [("market", "0075_statistics")]

    initial = False

    operations = [
        ops.CreateModel(
            name="PriceTest",
            fields=[
                ("proposed_by", _link("User", "proposed_by_id")),
                ("proposed_at", _moment()),
                ("decided_by", _link("User", "decided_by_id", is_optional=True)),
                ("decided_at", _moment(null=True)),
                ("verdict", fields.CharField(null=True, max_length=24)),
                ("reason", fields.CharField(default="", db_default="", max_length=500)),
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("solution", _link("Solution", "solution_id")),
                ("basis", fields.CharField(max_length=24)),
                ("most", fields.BigIntField()),
                ("text", fields.TextField(unique=False)),
            ],
            options={
                "table": TABLE,
                "app": "market",
                "pk_attr": "id",
                "table_description": "Price tests of solutions.",
            },
            bases=["SecondPerson"],
        ),
        *(
            ops.RunSQL(
                f"ALTER TABLE {TABLE} ADD CONSTRAINT {name} CHECK ({condition})",
                f"ALTER TABLE {TABLE} DROP CONSTRAINT {name}",
            )
            for name, condition in CHECKS.items()
        ),
        ops.RunSQL(
            f"CREATE UNIQUE INDEX price_tests_one_each ON {TABLE} (solution_id) "
            "WHERE verdict IS DISTINCT FROM 'rejected'",
            "DROP INDEX price_tests_one_each",
        ),
        ops.RunSQL(
            f"CREATE TRIGGER price_tests_decide_once BEFORE UPDATE OR DELETE ON {TABLE} "
            "FOR EACH ROW EXECUTE FUNCTION market_decide_once()",
            f"DROP TRIGGER price_tests_decide_once ON {TABLE}",
        ),
    ]
