"""What the database itself refuses. Written by hand: tortoise-orm 1.1.9 loses the constraints of
new tables (issue 2272), and it knows no triggers."""

from tortoise import migrations
from tortoise.migrations import operations as ops

CHECKS = {
    "outcomes_trl": ("outcomes", "trl IS NULL OR trl BETWEEN 1 AND 9"),
    "outcomes_price": (
        "outcomes",
        "(price_kind = 'fixed' AND price_amount > 0) OR (price_kind = 'negotiable' AND price_amount IS NULL)",
    ),
    "outcomes_completeness": ("outcomes", "completeness BETWEEN 0 AND 100"),
    "needs_trl": ("needs", "trl_min IS NULL OR trl_min BETWEEN 1 AND 9"),
    "needs_budget": ("needs", "budget_min_amount > 0 AND budget_max_amount >= budget_min_amount"),
    "needs_completeness": ("needs", "completeness BETWEEN 0 AND 100"),
    "reviews_points": (
        "reviews",
        "advantage BETWEEN 0 AND 5 AND clarity BETWEEN 0 AND 5 "
        "AND cooperation BETWEEN 0 AND 5 AND language BETWEEN 0 AND 5",
    ),
    "reviews_rubric": (
        "reviews",
        "decision <> 'published' OR (advantage + clarity + cooperation + language >= 10 "
        "AND least(advantage, clarity, cooperation, language) > 0)",
    ),
    "matches_score": ("matches", "score BETWEEN 0 AND 1000"),
    "deals_price": ("deals", "price_amount > 0"),
    "deals_parties": ("deals", "seller_id <> buyer_id"),
    "deals_priced": (
        "deals",
        "status IN ('intent', 'negotiating', 'terminated') OR price_amount IS NOT NULL",
    ),
    "offers_price": ("offers", "price_amount > 0"),
    "introductions_commission": ("introductions", "commission_basis_points BETWEEN 0 AND 3000"),
    "contracts_amounts": (
        "contracts",
        "contract_amount > 0 AND trade_amount > 0 AND trade_amount <= contract_amount",
    ),
    "contracts_registration": ("contracts", "registration_number ~ '^[0-9]{16}$'"),
    "contracts_registered": (
        "contracts",
        "(registration_number IS NULL) = (registered_on IS NULL)",
    ),
    "contract_exclusions_amount": ("contract_exclusions", "amount > 0"),
    "instalments_amount": ("instalments", "amount > 0"),
    "receipts_amount": ("receipts", "amount > 0"),
    "payments_amount": ("payments", "amount > 0 AND fee_amount >= 0 AND fee_amount < amount"),
    "remittances_amount": ("remittances", "amount > 0"),
    "remittances_two_people": (
        "remittances",
        "decided_by_id IS NULL OR decided_by_id <> recorded_by_id",
    ),
    "transfers_amount": ("transfers", "amount > 0"),
    "transfers_accounts": ("transfers", "debit_id <> credit_id"),
    "transfers_pending": ("transfers", "(phase IN ('post', 'void')) = (pending_id IS NOT NULL)"),
    "budgets_amount": ("budgets", "amount > 0"),
    "budgets_two_people": ("budgets", "released_by_id IS NULL OR released_by_id <> drafted_by_id"),
    "programme_terms_two_people": (
        "programme_terms",
        "released_by_id IS NULL OR drafted_by_id IS NULL OR released_by_id <> drafted_by_id",
    ),
    "sales_reports_amount": ("sales_reports", "amount >= 0"),
    "claims_award": ("claims", "award_amount >= 0"),
    "claims_two_people": ("claims", "rechecked_by_id IS NULL OR rechecked_by_id <> calculated_by_id"),
    "batches_two_people": ("batches", "approved_by_id IS NULL OR approved_by_id <> confirmed_by_id"),
    "disbursements_amount": ("disbursements", "amount > 0"),
    "sanctions_term": ("sanctions", "ends_on IS NULL OR ends_on >= starts_on"),
}
UNIQUE = {
    "offers_one_open": ("offers", "deal_id", "status = 'open'"),
    "payments_one_open": (
        "payments",
        "payable_kind, payable_id",
        "status IN ('prepared', 'pending')",
    ),
    # A rejected remittance leaves its invoice and its bank reference to the corrected one.
    "remittances_one_invoice": ("remittances", "invoice_number", "status <> 'rejected'"),
    "remittances_one_arrival": (
        "remittances",
        "payable_kind, payable_id, bank_reference",
        "bank_reference <> '' AND status <> 'rejected'",
    ),
    "transfers_one_ending": ("transfers", "pending_id", "pending_id IS NOT NULL"),
    "transfers_one_reversal": ("transfers", "reverses_id", "reverses_id IS NOT NULL"),
    "notices_one_open": ("notices", "subject_kind, subject_id", "status IN ('open', 'objected')"),
    "disbursements_one_live": ("disbursements", "claim_id", "status IN ('ordered', 'paid')"),
    "deals_one_running": (
        "deals",
        "outcome_id, buyer_id",
        "status IN ('intent', 'negotiating', 'priced', 'publicity', 'to_sign')",
    ),
}
APPEND_ONLY = ("audit_events", "transfers", "deal_events", "claim_events", "receipts", "assessments")
"""Tables whose rows are never edited nor deleted."""

FUNCTIONS = """
CREATE FUNCTION market_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

-- Both accounts are locked in a fixed order, so that two transfers cannot each see the other's
-- money, nor wait for each other. A pending transfer holds its amount on the debit side at once.
CREATE FUNCTION market_guard_transfer() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    guarded record;
    held record;
    balance numeric;
BEGIN
    IF NEW.pending_id IS NOT NULL THEN
        SELECT * INTO held FROM transfers WHERE id = NEW.pending_id;
        IF held.phase <> 'pending' OR held.debit_id <> NEW.debit_id OR held.credit_id <> NEW.credit_id
           OR held.currency <> NEW.currency OR held.amount <> NEW.amount THEN
            RAISE EXCEPTION 'transfer % does not end pending transfer %', NEW.reference, held.reference
                USING ERRCODE = 'check_violation', CONSTRAINT = 'transfers_same_as_pending';
        END IF;
    END IF;
    FOR guarded IN
        SELECT code, currency, may_go_negative FROM ledger_accounts
        WHERE code IN (NEW.debit_id, NEW.credit_id) ORDER BY code FOR UPDATE
    LOOP
        IF guarded.currency <> NEW.currency THEN
            RAISE EXCEPTION 'account % keeps %, not %', guarded.code, guarded.currency, NEW.currency
                USING ERRCODE = 'check_violation', CONSTRAINT = 'transfers_currency';
        END IF;
        IF NOT guarded.may_go_negative AND guarded.code = NEW.debit_id AND NEW.phase IN ('posted', 'pending') THEN
            balance := market_available(guarded.code) - NEW.amount;
            IF balance < 0 THEN
                RAISE EXCEPTION 'account % would fall to %', guarded.code, balance
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_accounts_not_below_zero';
            END IF;
        END IF;
    END LOOP;
    RETURN NEW;
END $$;

-- What an account has to give: posted credits less posted debits less debits still pending.
CREATE FUNCTION market_available(account varchar) RETURNS numeric LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT sum(amount) FROM transfers WHERE credit_id = account AND phase IN ('posted', 'post')), 0)
         - coalesce((SELECT sum(amount) FROM transfers WHERE debit_id = account AND phase IN ('posted', 'post')), 0)
         - coalesce((SELECT sum(t.amount) FROM transfers t WHERE t.debit_id = account AND t.phase = 'pending'
                     AND NOT EXISTS (SELECT 1 FROM transfers e WHERE e.pending_id = t.id)), 0)
$$;

CREATE FUNCTION market_freeze_released() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status = 'released' AND (TG_OP = 'DELETE' OR NEW.content::text <> OLD.content::text
       OR NEW.version <> OLD.version OR NEW.valid_from <> OLD.valid_from) THEN
        RAISE EXCEPTION 'released terms are never edited' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
"""


def _statements() -> list[ops.RunSQL]:
    made = [
        ops.RunSQL(
            f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({condition})",
            f"ALTER TABLE {table} DROP CONSTRAINT {name}",
        )
        for name, (table, condition) in CHECKS.items()
    ]
    made += [
        ops.RunSQL(
            f"CREATE UNIQUE INDEX {name} ON {table} ({columns}) WHERE {condition}",
            f"DROP INDEX {name}",
        )
        for name, (table, columns, condition) in UNIQUE.items()
    ]
    made.append(
        ops.RunSQL(
            FUNCTIONS,
            "DROP FUNCTION market_append_only, market_guard_transfer, market_available, market_freeze_released CASCADE",
        )
    )
    made += [
        ops.RunSQL(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION market_append_only()",
            f"DROP TRIGGER {table}_append_only ON {table}",
        )
        for table in APPEND_ONLY
    ]
    made.append(
        ops.RunSQL(
            "CREATE TRIGGER transfers_guard BEFORE INSERT ON transfers "
            "FOR EACH ROW EXECUTE FUNCTION market_guard_transfer()",
            "DROP TRIGGER transfers_guard ON transfers",
        )
    )
    made.append(
        ops.RunSQL(
            "CREATE TRIGGER programme_terms_freeze BEFORE UPDATE OR DELETE ON programme_terms "
            "FOR EACH ROW EXECUTE FUNCTION market_freeze_released()",
            "DROP TRIGGER programme_terms_freeze ON programme_terms",
        )
    )
    return made


class Migration(migrations.Migration):
    dependencies = [("market", "0001_initial")]

    operations = _statements()
