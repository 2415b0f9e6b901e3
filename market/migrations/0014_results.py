"""Results of orders with their second person, and what was taken back of them.

The results of orders from before stay as they are written in the order, which is marked as taken over.
"""

from uuid import uuid4

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

SECOND_PERSON = ("payment_results", "payment_result_reversals")
SECOND_PERSON_CHECK = (
    "(decided_by_id IS NULL) = (decided_at IS NULL) AND (decided_at IS NULL) = (verdict IS NULL) "
    "AND (decided_by_id IS NULL OR decided_by_id <> proposed_by_id) "
    "AND (verdict <> 'rejected' OR reason <> '')"
)
CHECKS = {
    "payment_results_return": ("payment_results", "(outcome = 'returned') = (return_reason IS NOT NULL)"),
    "payment_results_reference": ("payment_results", "bank_reference <> ''"),
    "payment_result_reversals_ground": ("payment_result_reversals", "ground <> ''"),
} | {f"{table}_second_person": (table, SECOND_PERSON_CHECK) for table in SECOND_PERSON}
UNIQUE = {
    "payment_results_one_open": ("payment_results", "order_id", "verdict IS NULL"),
    "payment_result_reversals_one": (
        "payment_result_reversals",
        "result_id",
        "verdict IS DISTINCT FROM 'rejected'",
    ),
}
FUNCTION = """
-- An order is paid or returned by a result that a second person confirmed, and open again by one taken back.
CREATE FUNCTION market_result_of_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.status IN ('paid', 'returned') AND NOT EXISTS (
        SELECT 1 FROM payment_results r WHERE r.order_id = NEW.id AND r.verdict = 'confirmed'
        AND r.outcome = NEW.status AND NOT EXISTS (
            SELECT 1 FROM payment_result_reversals b WHERE b.result_id = r.id AND b.verdict = 'confirmed')
    ) THEN
        RAISE EXCEPTION 'order % has no confirmed result', NEW.number USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.status = 'ordered' AND NOT EXISTS (
        SELECT 1 FROM payment_result_reversals b JOIN payment_results r ON r.id = b.result_id
        WHERE r.order_id = NEW.id AND b.verdict = 'confirmed' AND r.outcome = OLD.status
    ) THEN
        RAISE EXCEPTION 'the result of order % was not taken back', NEW.number
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
"""
DROP_FUNCTION = "DROP FUNCTION market_result_of_order();"
TRIGGERS = {
    f"{table}_guard": (table, "BEFORE UPDATE OR DELETE", "FOR EACH ROW EXECUTE FUNCTION market_decide_once()")
    for table in SECOND_PERSON
} | {
    "disbursements_result": (
        "disbursements",
        "BEFORE UPDATE",
        "FOR EACH ROW WHEN (NEW.status IS DISTINCT FROM OLD.status) "
        "EXECUTE FUNCTION market_result_of_order()",
    )
}


def _statements() -> list[ops.RunSQL]:
    return [
        *(
            ops.RunSQL(
                f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({condition})",
                f"ALTER TABLE {table} DROP CONSTRAINT {name}",
            )
            for name, (table, condition) in CHECKS.items()
        ),
        *(
            ops.RunSQL(
                f"CREATE UNIQUE INDEX {name} ON {table} ({columns}) WHERE {condition}", f"DROP INDEX {name}"
            )
            for name, (table, columns, condition) in UNIQUE.items()
        ),
        ops.RunSQL(FUNCTION, DROP_FUNCTION),
        *(
            ops.RunSQL(
                f"CREATE TRIGGER {name} {event} ON {table} {action}", f"DROP TRIGGER {name} ON {table}"
            )
            for name, (table, event, action) in TRIGGERS.items()
        ),
    ]


class Migration(migrations.Migration):
    dependencies = [("market", "0013_reasons")]

    initial = False

    operations = [
        ops.CreateModel(
            name="PaymentResult",
            fields=[
                (
                    "proposed_by",
                    fields.ForeignKeyField(
                        "market.User",
                        source_field="proposed_by_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("proposed_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                (
                    "decided_by",
                    fields.ForeignKeyField(
                        "market.User",
                        source_field="decided_by_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("decided_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("verdict", fields.CharField(null=True, max_length=24)),
                ("reason", fields.CharField(default="", db_default="", max_length=500)),
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "order",
                    fields.ForeignKeyField(
                        "market.Disbursement",
                        source_field="order_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="results",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("outcome", fields.CharField(max_length=24)),
                ("ended_on", fields.DateField()),
                ("bank_reference", fields.CharField(max_length=80)),
                ("return_reason", fields.CharField(null=True, max_length=24)),
                ("return_note", fields.CharField(default="", db_default="", max_length=200)),
                ("source", fields.CharField(default="", db_default="", max_length=200)),
            ],
            options={
                "table": "payment_results",
                "app": "market",
                "pk_attr": "id",
                "table_description": "Payment results.",
            },
            bases=["SecondPerson"],
        ),
        ops.CreateModel(
            name="ResultReversal",
            fields=[
                (
                    "proposed_by",
                    fields.ForeignKeyField(
                        "market.User",
                        source_field="proposed_by_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("proposed_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                (
                    "decided_by",
                    fields.ForeignKeyField(
                        "market.User",
                        source_field="decided_by_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("decided_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("verdict", fields.CharField(null=True, max_length=24)),
                ("reason", fields.CharField(default="", db_default="", max_length=500)),
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "result",
                    fields.ForeignKeyField(
                        "market.PaymentResult",
                        source_field="result_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="reversals",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("ground", fields.CharField(max_length=300)),
            ],
            options={
                "table": "payment_result_reversals",
                "app": "market",
                "pk_attr": "id",
                "table_description": "Payment result reversals.",
            },
            bases=["SecondPerson"],
        ),
        *_statements(),
    ]
