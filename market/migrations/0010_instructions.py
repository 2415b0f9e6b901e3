"""Payment instructions with their lines and files, and the office's layouts of payment files.

What was ordered before is marked as taken over: its results have no second person. Open orders among them
get their instruction with the next order run of their batch.
"""

from uuid import uuid4

from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.migrations import operations as ops

SECOND_PERSON = ("payment_instructions", "payment_layout_versions")
SECOND_PERSON_CHECK = (
    "(decided_by_id IS NULL) = (decided_at IS NULL) AND (decided_at IS NULL) = (verdict IS NULL) "
    "AND (decided_by_id IS NULL OR decided_by_id <> proposed_by_id) "
    "AND (verdict <> 'rejected' OR reason <> '')"
)
CHECKS = {
    "payment_instructions_total": ("payment_instructions", "count > 0 AND total > 0"),
    "instruction_lines_amount": ("instruction_lines", "amount > 0 AND sequence > 0"),
    "instruction_files_format": ("instruction_files", "format IN ('csv', 'xlsx')"),
    "payee_accounts_bank_code": ("payee_accounts", "bank_code = '' OR bank_code ~ '^[0-9]{12}$'"),
} | {f"{table}_second_person": (table, SECOND_PERSON_CHECK) for table in SECOND_PERSON}
FUNCTIONS = """
-- What was ordered, and to whom, stays; only its result is written.
CREATE OR REPLACE FUNCTION market_keep_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (NEW.number, NEW.claim_id, NEW.amount, NEW.payee_id, NEW.payee_bank, NEW.payee_account,
        NEW.ordered_at, NEW.is_taken_over) IS DISTINCT FROM (OLD.number, OLD.claim_id, OLD.amount, OLD.payee_id,
        OLD.payee_bank, OLD.payee_account, OLD.ordered_at, OLD.is_taken_over) THEN
        RAISE EXCEPTION 'an order to pay is never edited' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

-- The files of an instruction exist from its release on.
CREATE FUNCTION market_release_first() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM payment_instructions i WHERE i.id = NEW.instruction_id AND i.verdict = 'confirmed'
    ) THEN
        RAISE EXCEPTION 'no file before the release of its instruction' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

-- The orders of an instruction are written with it; none is added once it is decided.
CREATE FUNCTION market_open_instruction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM payment_instructions i WHERE i.id = NEW.instruction_id AND i.verdict IS NULL
    ) THEN
        RAISE EXCEPTION 'no order is added to a decided instruction' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
"""
DROP_FUNCTIONS = """
CREATE OR REPLACE FUNCTION market_keep_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (NEW.number, NEW.claim_id, NEW.amount, NEW.payee_id, NEW.payee_bank, NEW.payee_account,
        NEW.ordered_at) IS DISTINCT FROM (OLD.number, OLD.claim_id, OLD.amount, OLD.payee_id, OLD.payee_bank,
        OLD.payee_account, OLD.ordered_at) THEN
        RAISE EXCEPTION 'an order to pay is never edited' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
DROP FUNCTION market_release_first();
DROP FUNCTION market_open_instruction();
"""
TRIGGERS = (
    {
        f"{table}_guard": (
            table,
            "BEFORE UPDATE OR DELETE",
            "FOR EACH ROW EXECUTE FUNCTION market_decide_once()",
        )
        for table in SECOND_PERSON
    }
    | {
        f"{table}_append_only": (
            table,
            "BEFORE UPDATE OR DELETE",
            "FOR EACH ROW EXECUTE FUNCTION market_append_only()",
        )
        for table in ("instruction_lines", "instruction_files")
    }
    | {
        "instruction_files_release": (
            "instruction_files",
            "BEFORE INSERT",
            "FOR EACH ROW EXECUTE FUNCTION market_release_first()",
        ),
        "instruction_lines_open": (
            "instruction_lines",
            "BEFORE INSERT",
            "FOR EACH ROW EXECUTE FUNCTION market_open_instruction()",
        ),
    }
)


def _statements() -> list[ops.RunSQL]:
    return [
        ops.RunSQL(
            "UPDATE disbursements SET is_taken_over = true", "UPDATE disbursements SET is_taken_over = false"
        ),
        *(
            ops.RunSQL(
                f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({condition})",
                f"ALTER TABLE {table} DROP CONSTRAINT {name}",
            )
            for name, (table, condition) in CHECKS.items()
        ),
        ops.RunSQL(
            "CREATE UNIQUE INDEX payment_layout_versions_one_open ON payment_layout_versions (key) "
            "WHERE verdict IS NULL",
            "DROP INDEX payment_layout_versions_one_open",
        ),
        ops.RunSQL(FUNCTIONS, DROP_FUNCTIONS),
        *(
            ops.RunSQL(
                f"CREATE TRIGGER {name} {event} ON {table} {action}", f"DROP TRIGGER {name} ON {table}"
            )
            for name, (table, event, action) in TRIGGERS.items()
        ),
    ]


class Migration(migrations.Migration):
    dependencies = [("market", "0009_list_modes")]

    initial = False

    operations = [
        ops.CreateModel(
            name="LayoutVersion",
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
                ("key", fields.CharField(max_length=40)),
                ("sequence", fields.IntField()),
                ("content", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
            ],
            options={
                "table": "payment_layout_versions",
                "app": "market",
                "unique_together": (("key", "sequence"),),
                "pk_attr": "id",
                "table_description": "Payment layout versions.",
            },
            bases=["SecondPerson"],
        ),
        ops.CreateModel(
            name="PaymentInstruction",
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
                ("number", fields.CharField(unique=True, max_length=20)),
                (
                    "batch",
                    fields.ForeignKeyField(
                        "market.Batch",
                        source_field="batch_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="instructions",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("count", fields.IntField()),
                ("total", fields.BigIntField()),
                ("checksum", fields.CharField(max_length=64)),
            ],
            options={
                "table": "payment_instructions",
                "app": "market",
                "pk_attr": "id",
                "table_description": "Payment instructions.",
            },
            bases=["SecondPerson"],
        ),
        ops.CreateModel(
            name="InstructionFile",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "instruction",
                    fields.ForeignKeyField(
                        "market.PaymentInstruction",
                        source_field="instruction_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="files",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("layout", fields.CharField(max_length=40)),
                ("layout_version", fields.IntField()),
                ("title", fields.CharField(max_length=60)),
                ("format", fields.CharField(max_length=4)),
                ("content", fields.BinaryField()),
                ("sha256", fields.CharField(max_length=64)),
            ],
            options={
                "table": "instruction_files",
                "app": "market",
                "unique_together": (("instruction", "layout", "format"),),
                "pk_attr": "id",
                "table_description": "Instruction files.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="InstructionLine",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "instruction",
                    fields.ForeignKeyField(
                        "market.PaymentInstruction",
                        source_field="instruction_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="lines",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "order",
                    fields.OneToOneField(
                        "market.Disbursement",
                        source_field="order_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="line",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("sequence", fields.IntField()),
                ("order_number", fields.CharField(max_length=20)),
                ("claim_number", fields.CharField(max_length=20)),
                ("payee_name", fields.CharField(max_length=200)),
                ("payee_uscc", fields.CharField(max_length=18)),
                ("payee_bank", fields.CharField(max_length=120)),
                ("payee_bank_code", fields.CharField(max_length=12)),
                ("payee_account", fields.CharField(max_length=40)),
                ("payee_region", fields.CharField(max_length=6)),
                ("amount", fields.BigIntField()),
            ],
            options={
                "table": "instruction_lines",
                "app": "market",
                "unique_together": (("instruction", "sequence"),),
                "pk_attr": "id",
                "table_description": "Instruction lines.",
            },
            bases=["Model"],
        ),
        ops.AddField(
            model_name="Disbursement",
            name="is_taken_over",
            field=fields.BooleanField(default=False, db_default=False),
        ),
        ops.AddField(
            model_name="PayeeAccount",
            name="bank_code",
            field=fields.CharField(default="", db_default="", max_length=12),
        ),
        *_statements(),
    ]
