"""A second person confirms what was paid in as equity.

Amounts recorded before have no decision: nobody but who recorded them ever looked. They wait for the
seller's finance like new ones, and count nowhere until then; computations already made keep their facts.
"""

from uuid import uuid4

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("market", "0013_offer_countries")]

    initial = False

    operations = [
        ops.CreateModel(
            name="PaidInDecision",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "paid_in",
                    fields.OneToOneField(
                        "market.EquityPaidIn",
                        source_field="paid_in_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="decision",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("is_confirmed", fields.BooleanField()),
                ("reason", fields.CharField(default="", db_default="", max_length=300)),
                (
                    "decided_by",
                    fields.ForeignKeyField(
                        "market.User",
                        source_field="decided_by_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="decided_paid_in",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("decided_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "paid_in_decisions",
                "app": "market",
                "pk_attr": "id",
                "table_description": "Decisions on equity paid in.",
            },
            bases=["Model"],
        ),
    ]


Migration.operations += [
    ops.RunSQL(
        "ALTER TABLE paid_in_decisions ADD CONSTRAINT paid_in_decisions_reason "
        "CHECK (is_confirmed OR reason <> '')",
        "ALTER TABLE paid_in_decisions DROP CONSTRAINT paid_in_decisions_reason",
    ),
    ops.RunSQL(
        """
        CREATE FUNCTION market_guard_paid_in() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (SELECT FROM equity_paid_in
                       WHERE id = NEW.paid_in_id AND recorded_by_id = NEW.decided_by_id) THEN
                RAISE EXCEPTION 'who recorded % does not decide on it', NEW.paid_in_id
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'paid_in_decisions_two_people';
            END IF;
            RETURN NEW;
        END $$
        """,
        "DROP FUNCTION market_guard_paid_in()",
    ),
    ops.RunSQL(
        "CREATE TRIGGER paid_in_decisions_guard BEFORE INSERT ON paid_in_decisions "
        "FOR EACH ROW EXECUTE FUNCTION market_guard_paid_in()",
        "DROP TRIGGER paid_in_decisions_guard ON paid_in_decisions",
    ),
    ops.RunSQL(
        "CREATE TRIGGER paid_in_decisions_append_only BEFORE UPDATE OR DELETE ON paid_in_decisions "
        "FOR EACH ROW EXECUTE FUNCTION market_append_only()",
        "DROP TRIGGER paid_in_decisions_append_only ON paid_in_decisions",
    ),
]
