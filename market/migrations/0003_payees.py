"""Accounts that organisations are paid to, as versions with a proof and two persons; frozen into claims.

What stood in the profiles, and what was ordered, becomes versions that nobody proposed and that have no proof:
they are never confirmed, and the organisation proposes its account anew.
"""

from uuid import uuid4

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

TAKE_OVER = """
INSERT INTO payee_accounts (id, organisation_id, sequence, bank_name, number, fingerprint, proposed_at)
SELECT gen_random_uuid(), organisation_id,
       row_number() OVER (PARTITION BY organisation_id ORDER BY is_profile, ordered_at, number),
       bank_name, number, '', ordered_at
FROM (
    SELECT c.applicant_id AS organisation_id, d.payee_bank AS bank_name, d.payee_account AS number,
           min(d.ordered_at) AS ordered_at, false AS is_profile
    FROM disbursements d JOIN claims c ON c.id = d.claim_id JOIN organisations o ON o.id = c.applicant_id
    WHERE (d.payee_bank, d.payee_account) IS DISTINCT FROM (o.bank_name, o.bank_account)
    GROUP BY c.applicant_id, d.payee_bank, d.payee_account
    UNION ALL
    SELECT id, bank_name, bank_account, created_at, true FROM organisations WHERE bank_account <> ''
) AS known;

UPDATE disbursements SET payee_id = a.id FROM claims c, payee_accounts a
WHERE c.id = disbursements.claim_id AND a.organisation_id = c.applicant_id
  AND (a.bank_name, a.number) = (disbursements.payee_bank, disbursements.payee_account);

UPDATE claims SET payee_id = coalesce(
    (SELECT d.payee_id FROM disbursements d WHERE d.claim_id = claims.id ORDER BY d.ordered_at DESC LIMIT 1),
    (SELECT a.id FROM payee_accounts a WHERE a.organisation_id = claims.applicant_id
     ORDER BY a.sequence DESC LIMIT 1)
) WHERE submitted_at IS NOT NULL;
"""
SECOND_PERSON = ("claim_payee_changes", "payee_accounts", "payee_comparisons")
"""As in 0002: each of these tables has the columns of a second person's decision, written once."""
SECOND_PERSON_CHECK = (
    "(decided_by_id IS NULL) = (decided_at IS NULL) AND (decided_at IS NULL) = (verdict IS NULL) "
    "AND (decided_by_id IS NULL OR decided_by_id <> proposed_by_id) "
    "AND (verdict <> 'rejected' OR reason <> '')"
)
CHECKS = {
    "payee_accounts_number": ("payee_accounts", "fingerprint = '' OR number ~ '^[0-9]{8,30}$'"),
    "payee_accounts_proof": (
        "payee_accounts",
        "proof_id IS NOT NULL OR (proposed_by_id IS NULL AND verdict IS DISTINCT FROM 'confirmed')",
    ),
} | {f"{table}_second_person": (table, SECOND_PERSON_CHECK) for table in SECOND_PERSON}
UNIQUE = {
    "claim_payee_changes_one_open": ("claim_payee_changes", "claim_id", "verdict IS NULL"),
    "payee_comparisons_one_open": ("payee_comparisons", "account_id", "verdict IS NULL"),
}
FUNCTIONS = """
-- Before its submission a claim has no account; afterwards it gets another one by a confirmed change alone.
CREATE FUNCTION market_guard_claim_payee() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT (OLD.payee_id IS NULL AND OLD.status IN ('draft', 'supplement')) AND NOT EXISTS (
        SELECT 1 FROM claim_payee_changes p WHERE p.claim_id = NEW.id AND p.verdict = 'confirmed'
        AND p.before_id IS NOT DISTINCT FROM OLD.payee_id AND p.account_id = NEW.payee_id
    ) THEN
        RAISE EXCEPTION 'the account of claim % is frozen', NEW.number USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

-- What was ordered, and to whom, stays; only its result is written.
CREATE FUNCTION market_keep_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (NEW.number, NEW.claim_id, NEW.amount, NEW.payee_id, NEW.payee_bank, NEW.payee_account,
        NEW.ordered_at) IS DISTINCT FROM (OLD.number, OLD.claim_id, OLD.amount, OLD.payee_id, OLD.payee_bank,
        OLD.payee_account, OLD.ordered_at) THEN
        RAISE EXCEPTION 'an order to pay is never edited' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
"""
DROP_FUNCTIONS = """
DROP FUNCTION market_guard_claim_payee();
DROP FUNCTION market_keep_order();
"""
TRIGGERS = {
    "claims_payee": (
        "claims",
        "BEFORE UPDATE",
        "FOR EACH ROW WHEN (NEW.payee_id IS DISTINCT FROM OLD.payee_id) "
        "EXECUTE FUNCTION market_guard_claim_payee()",
    ),
    "disbursements_keep": (
        "disbursements",
        "BEFORE UPDATE OR DELETE",
        "FOR EACH ROW EXECUTE FUNCTION market_keep_order()",
    ),
} | {
    f"{table}_guard": (table, "BEFORE UPDATE OR DELETE", "FOR EACH ROW EXECUTE FUNCTION market_decide_once()")
    for table in SECOND_PERSON
}


def _statements() -> list[ops.RunSQL]:
    return [
        ops.RunSQL(TAKE_OVER, "UPDATE claims SET payee_id = NULL"),
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
        ops.RunSQL(FUNCTIONS, DROP_FUNCTIONS),
        *(
            ops.RunSQL(
                f"CREATE TRIGGER {name} {event} ON {table} {action}", f"DROP TRIGGER {name} ON {table}"
            )
            for name, (table, event, action) in TRIGGERS.items()
        ),
    ]


class Migration(migrations.Migration):
    dependencies = [("market", "0002_constraints")]

    initial = False

    operations = [
        ops.CreateModel(
            name="PayeeAccount",
            fields=[
                (
                    "proposed_by",
                    fields.ForeignKeyField(
                        "market.User",
                        source_field="proposed_by_id",
                        null=True,
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
                    "organisation",
                    fields.ForeignKeyField(
                        "market.Organisation",
                        source_field="organisation_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="payee_accounts",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("sequence", fields.IntField()),
                ("bank_name", fields.CharField(max_length=120)),
                ("number", fields.CharField(max_length=40)),
                ("fingerprint", fields.CharField(max_length=64)),
                (
                    "proof",
                    fields.ForeignKeyField(
                        "market.StoredFile",
                        source_field="proof_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="payee_accounts",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
            ],
            options={
                "table": "payee_accounts",
                "app": "market",
                "unique_together": (("organisation", "sequence"),),
                "pk_attr": "id",
                "table_description": "Payee accounts.",
            },
            bases=["SecondPerson"],
        ),
        ops.CreateModel(
            name="ClaimPayeeChange",
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
                    "claim",
                    fields.ForeignKeyField(
                        "market.Claim",
                        source_field="claim_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="payee_changes",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "before",
                    fields.ForeignKeyField(
                        "market.PayeeAccount",
                        source_field="before_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="changes_from",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "account",
                    fields.ForeignKeyField(
                        "market.PayeeAccount",
                        source_field="account_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="changes_to",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
            ],
            options={
                "table": "claim_payee_changes",
                "app": "market",
                "pk_attr": "id",
                "table_description": "Claim payee changes.",
            },
            bases=["SecondPerson"],
        ),
        ops.CreateModel(
            name="PayeeComparison",
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
                    "account",
                    fields.ForeignKeyField(
                        "market.PayeeAccount",
                        source_field="account_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="comparisons",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("note", fields.CharField(default="", max_length=300)),
            ],
            options={
                "table": "payee_comparisons",
                "app": "market",
                "pk_attr": "id",
                "table_description": "Payee comparisons.",
            },
            bases=["SecondPerson"],
        ),
        ops.AddField(
            model_name="Claim",
            name="payee",
            field=fields.ForeignKeyField(
                "market.PayeeAccount",
                source_field="payee_id",
                null=True,
                db_constraint=True,
                to_field="id",
                related_name="claims",
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.AddField(
            model_name="Disbursement",
            name="payee",
            field=fields.ForeignKeyField(
                "market.PayeeAccount",
                source_field="payee_id",
                null=True,
                db_constraint=True,
                to_field="id",
                related_name="disbursements",
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        *_statements(),
    ]
