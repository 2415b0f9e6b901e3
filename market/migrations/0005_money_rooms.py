"""Refunds, disputes, bank statements and reconciliations, with what the database refuses of them."""

from uuid import uuid4

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from market.payments.models import DisputeStatus, LineStatus, RefundStatus

CHECKS = {
    "receipts_amount": ("receipts", "amount <> 0 AND (amount < 0) = (source IN ('refund', 'dispute'))"),
    "refunds_amount": ("refunds", "amount > 0"),
    "refunds_one_source": ("refunds", "num_nonnulls(payment_id, remittance_id, line_id) = 1"),
    "refunds_two_people": ("refunds", "decided_by_id IS NULL OR decided_by_id <> requested_by_id"),
    "disputes_amount": ("disputes", "amount > 0"),
    "bank_lines_amount": ("bank_lines", "amount > 0"),
    "bank_lines_two_people": ("bank_lines", "decided_by_id IS NULL OR decided_by_id <> matched_by_id"),
    "bank_lines_booked": ("bank_lines", "status <> 'booked' OR remittance_id IS NOT NULL"),
    "bank_lines_matched": ("bank_lines", "status <> 'matched' OR payable_id IS NOT NULL"),
}
UNIQUE = {
    "bank_lines_one_remittance": (
        "bank_lines",
        "remittance_id",
        "remittance_id IS NOT NULL AND status IN ('matched', 'booked')",
    ),
}
FUNCTIONS = """
-- What came for an instalment, less what went back, lies between nothing and the instalment.
CREATE FUNCTION market_guard_receipt() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    owed bigint;
    total numeric;
BEGIN
    SELECT amount INTO owed FROM instalments WHERE id = NEW.instalment_id FOR UPDATE;
    SELECT coalesce(sum(amount), 0) + NEW.amount INTO total FROM receipts WHERE instalment_id = NEW.instalment_id;
    IF total < 0 OR (NEW.amount > 0 AND total > owed) THEN
        RAISE EXCEPTION 'instalment % would have received % of %', NEW.instalment_id, total, owed
            USING ERRCODE = 'check_violation', CONSTRAINT = 'receipts_within_instalment';
    END IF;
    RETURN NEW;
END $$;

-- Never more goes back than came. The source is locked, so that two refunds cannot each see the other's money.
CREATE FUNCTION market_guard_refund() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    came bigint;
    back numeric;
BEGIN
    IF NEW.status IN ('failed', 'rejected') THEN
        RETURN NEW;
    END IF;
    IF NEW.payment_id IS NOT NULL THEN
        SELECT amount INTO came FROM payments WHERE id = NEW.payment_id FOR UPDATE;
    ELSIF NEW.remittance_id IS NOT NULL THEN
        SELECT amount INTO came FROM remittances WHERE id = NEW.remittance_id AND status = 'confirmed' FOR UPDATE;
    ELSE
        SELECT amount INTO came FROM bank_lines WHERE id = NEW.line_id FOR UPDATE;
    END IF;
    SELECT coalesce(sum(amount), 0) + NEW.amount INTO back FROM refunds
    WHERE id <> NEW.id AND status NOT IN ('failed', 'rejected')
      AND (payment_id = NEW.payment_id OR remittance_id = NEW.remittance_id OR line_id = NEW.line_id);
    IF back > coalesce(came, 0) THEN
        RAISE EXCEPTION 'refunds of % exceed the % that came', back, came
            USING ERRCODE = 'check_violation', CONSTRAINT = 'refunds_within_payment';
    END IF;
    RETURN NEW;
END $$;

-- What the bank wrote stays as it is.
CREATE FUNCTION market_keep_bank_line() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (NEW.statement_id, NEW.organisation_id, NEW."row", NEW.fingerprint, NEW.booked_on, NEW.amount,
        NEW.currency, NEW.payer_name, NEW.payer_account, NEW.text, NEW.bank_reference) IS DISTINCT FROM
       (OLD.statement_id, OLD.organisation_id, OLD."row", OLD.fingerprint, OLD.booked_on, OLD.amount,
        OLD.currency, OLD.payer_name, OLD.payer_account, OLD.text, OLD.bank_reference) THEN
        RAISE EXCEPTION 'what a bank wrote is never edited' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

-- A reversal moves the whole amount of one counted transfer back.
CREATE FUNCTION market_guard_reversal() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wrong record;
BEGIN
    SELECT * INTO wrong FROM transfers WHERE id = NEW.reverses_id;
    IF wrong.phase NOT IN ('posted', 'post') OR wrong.reverses_id IS NOT NULL OR NEW.phase <> 'posted'
       OR wrong.debit_id <> NEW.credit_id OR wrong.credit_id <> NEW.debit_id
       OR wrong.amount <> NEW.amount OR wrong.currency <> NEW.currency THEN
        RAISE EXCEPTION 'transfer % does not reverse transfer %', NEW.reference, wrong.reference
            USING ERRCODE = 'check_violation', CONSTRAINT = 'transfers_mirror';
    END IF;
    RETURN NEW;
END $$;
"""
TRIGGERS = {
    "receipts_guard": ("receipts", "BEFORE INSERT", "FOR EACH ROW", "market_guard_receipt"),
    "refunds_guard": ("refunds", "BEFORE INSERT OR UPDATE", "FOR EACH ROW", "market_guard_refund"),
    "bank_lines_keep": ("bank_lines", "BEFORE UPDATE OR DELETE", "FOR EACH ROW", "market_keep_bank_line"),
    "transfers_reversal": (
        "transfers",
        "BEFORE INSERT",
        "FOR EACH ROW WHEN (NEW.reverses_id IS NOT NULL)",
        "market_guard_reversal",
    ),
    # Neither an account's kind nor its currency changes once it is open.
    "ledger_accounts_append_only": (
        "ledger_accounts",
        "BEFORE UPDATE OR DELETE",
        "FOR EACH ROW",
        "market_append_only",
    ),
    "transfers_no_truncate": ("transfers", "BEFORE TRUNCATE", "FOR EACH STATEMENT", "market_append_only"),
    "receipts_no_truncate": ("receipts", "BEFORE TRUNCATE", "FOR EACH STATEMENT", "market_append_only"),
}


def _statements() -> list[ops.RunSQL]:
    made = [
        ops.RunSQL(
            "ALTER TABLE receipts DROP CONSTRAINT receipts_amount",
            "ALTER TABLE receipts ADD CONSTRAINT receipts_amount CHECK (amount > 0)",
        )
    ]
    made += [
        ops.RunSQL(
            f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({condition})",
            f"ALTER TABLE {table} DROP CONSTRAINT {name}",
        )
        for name, (table, condition) in CHECKS.items()
    ]
    made += [
        ops.RunSQL(
            f"CREATE UNIQUE INDEX {name} ON {table} ({columns}) WHERE {condition}", f"DROP INDEX {name}"
        )
        for name, (table, columns, condition) in UNIQUE.items()
    ]
    made.append(
        ops.RunSQL(
            FUNCTIONS,
            "DROP FUNCTION market_guard_receipt, market_guard_refund, market_keep_bank_line, market_guard_reversal CASCADE",
        )
    )
    made += [
        ops.RunSQL(
            f"CREATE TRIGGER {name} {when} ON {table} {how} EXECUTE FUNCTION {function}()",
            f"DROP TRIGGER {name} ON {table}",
        )
        for name, (table, when, how, function) in TRIGGERS.items()
    ]
    return made


class Migration(migrations.Migration):
    dependencies = [("market", "0004_desk")]

    initial = False

    operations = [
        ops.CreateModel(
            name="BankStatement",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "organisation",
                    fields.ForeignKeyField(
                        "market.Organisation",
                        source_field="organisation_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="bank_statements",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("bank", fields.CharField(max_length=12)),
                ("account", fields.CharField(default="", max_length=40)),
                ("sha256", fields.CharField(max_length=64)),
                (
                    "file",
                    fields.ForeignKeyField(
                        "market.StoredFile",
                        source_field="file_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="bank_statements",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("line_count", fields.IntField()),
                ("new_count", fields.IntField()),
                ("begins_on", fields.DateField()),
                ("ends_on", fields.DateField()),
                (
                    "imported_by",
                    fields.ForeignKeyField(
                        "market.User",
                        source_field="imported_by_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="bank_statements",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("imported_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "bank_statements",
                "app": "market",
                "unique_together": (("organisation", "sha256"),),
                "pk_attr": "id",
                "table_description": "Bank statements.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="BankLine",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "statement",
                    fields.ForeignKeyField(
                        "market.BankStatement",
                        source_field="statement_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="lines",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "organisation",
                    fields.ForeignKeyField(
                        "market.Organisation",
                        source_field="organisation_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="bank_lines",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("row", fields.IntField()),
                ("fingerprint", fields.CharField(max_length=64)),
                (
                    "status",
                    fields.CharEnumField(
                        default=LineStatus.NEW, description="", enum_type=LineStatus, max_length=24
                    ),
                ),
                ("booked_on", fields.DateField()),
                ("amount", fields.BigIntField()),
                ("currency", fields.CharField(default="CNY", max_length=3)),
                ("payer_name", fields.CharField(default="", max_length=200)),
                ("payer_account", fields.CharField(default="", max_length=60)),
                ("text", fields.CharField(default="", max_length=400)),
                ("bank_reference", fields.CharField(default="", max_length=80)),
                ("payable_kind", fields.CharField(default="", max_length=24)),
                ("payable_id", fields.UUIDField(null=True)),
                ("found_by", fields.CharField(default="", max_length=24)),
                (
                    "remittance",
                    fields.ForeignKeyField(
                        "market.Remittance",
                        source_field="remittance_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="lines",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "matched_by",
                    fields.ForeignKeyField(
                        "market.User",
                        source_field="matched_by_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="matched_lines",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "decided_by",
                    fields.ForeignKeyField(
                        "market.User",
                        source_field="decided_by_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="decided_lines",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("decided_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("note", fields.CharField(default="", max_length=200)),
            ],
            options={
                "table": "bank_lines",
                "app": "market",
                "unique_together": (("organisation", "fingerprint"),),
                "indexes": [
                    Index(fields=["statement_id", "status"]),
                    Index(fields=["organisation_id", "status"]),
                ],
                "pk_attr": "id",
                "table_description": "Lines of bank statements.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Dispute",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("gateway_id", fields.CharField(unique=True, max_length=80)),
                (
                    "payment",
                    fields.ForeignKeyField(
                        "market.Payment",
                        source_field="payment_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="disputes",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("status", fields.CharEnumField(description="", enum_type=DisputeStatus, max_length=24)),
                ("amount", fields.BigIntField()),
                ("currency", fields.CharField(default="CNY", max_length=3)),
                ("reason", fields.CharField(default="", max_length=60)),
                ("answer_by", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("opened_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("updated_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={"table": "disputes", "app": "market", "pk_attr": "id", "table_description": "Disputes."},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Reconciliation",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("since", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("started_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("ended_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("checked_count", fields.IntField(default=0)),
            ],
            options={
                "table": "reconciliations",
                "app": "market",
                "pk_attr": "id",
                "table_description": "Reconciliations with the payment gateway.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Difference",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "reconciliation",
                    fields.ForeignKeyField(
                        "market.Reconciliation",
                        source_field="reconciliation_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="differences",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("kind", fields.CharField(max_length=40)),
                ("account", fields.CharField(max_length=60)),
                ("object_id", fields.CharField(max_length=120)),
                (
                    "payment",
                    fields.ForeignKeyField(
                        "market.Payment",
                        source_field="payment_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="differences",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("ours", fields.CharField(default="", max_length=80)),
                ("theirs", fields.CharField(default="", max_length=80)),
                ("mended_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "reconciliation_differences",
                "app": "market",
                "pk_attr": "id",
                "table_description": "Differences found by reconciliations.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Refund",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "payment",
                    fields.ForeignKeyField(
                        "market.Payment",
                        source_field="payment_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="refunds",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "remittance",
                    fields.ForeignKeyField(
                        "market.Remittance",
                        source_field="remittance_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="refunds",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "line",
                    fields.ForeignKeyField(
                        "market.BankLine",
                        source_field="line_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="refunds",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("status", fields.CharEnumField(description="", enum_type=RefundStatus, max_length=24)),
                ("amount", fields.BigIntField()),
                ("currency", fields.CharField(default="CNY", max_length=3)),
                ("reason", fields.CharField(max_length=300)),
                ("gateway_id", fields.CharField(null=True, unique=True, max_length=80)),
                ("bank_reference", fields.CharField(default="", max_length=80)),
                ("refunded_on", fields.DateField(null=True)),
                (
                    "voucher",
                    fields.ForeignKeyField(
                        "market.StoredFile",
                        source_field="voucher_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="refunds",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("failure", fields.CharField(default="", max_length=200)),
                (
                    "requested_by",
                    fields.ForeignKeyField(
                        "market.User",
                        source_field="requested_by_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="requested_refunds",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("requested_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                (
                    "decided_by",
                    fields.ForeignKeyField(
                        "market.User",
                        source_field="decided_by_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="decided_refunds",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("ended_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "refunds",
                "app": "market",
                "indexes": [
                    Index(fields=["payment_id"]),
                    Index(fields=["remittance_id"]),
                    Index(fields=["line_id"]),
                ],
                "pk_attr": "id",
                "table_description": "Refunds.",
            },
            bases=["Model"],
        ),
        *_statements(),
    ]
