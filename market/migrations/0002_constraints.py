"""What the database itself refuses. Written by hand: tortoise-orm 1.1.9 loses the constraints of new tables
(issue 2272), and it knows no triggers."""

from tortoise import migrations
from tortoise.migrations import operations as ops

CHECKS = {
    "memberships_period": (
        "memberships",
        "started_at >= applied_at AND ended_at >= coalesce(started_at, applied_at)",
    ),
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
        "advantage BETWEEN 0 AND 5 AND clarity BETWEEN 0 AND 5 AND cooperation BETWEEN 0 AND 5 AND language BETWEEN 0 AND 5",
    ),
    "reviews_rubric": (
        "reviews",
        "decision <> 'published' OR (advantage + clarity + cooperation + language >= 10 AND least(advantage, clarity, cooperation, language) > 0)",
    ),
    "matches_score": ("matches", "score BETWEEN 0 AND 1000"),
    "deals_price": ("deals", "price_amount > 0"),
    "deals_parties": ("deals", "seller_id <> buyer_id"),
    "deals_outcome": (
        "deals",
        "(subject_kind = 'outcome') = (outcome_id IS NOT NULL) "
        "AND (outcome_id IS NULL OR outcome_id = subject_id)",
    ),
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
    "contracts_registered": ("contracts", "(registration_number IS NULL) = (registered_on IS NULL)"),
    "contract_exclusions_amount": ("contract_exclusions", "amount > 0"),
    "instalments_amount": ("instalments", "amount > 0"),
    "payments_amount": ("payments", "amount > 0 AND fee_amount >= 0 AND fee_amount < amount"),
    "remittances_amount": ("remittances", "amount > 0"),
    "transfers_amount": ("transfers", "amount > 0"),
    "transfers_accounts": ("transfers", "debit_id <> credit_id"),
    "transfers_pending": ("transfers", "(phase IN ('post', 'void')) = (pending_id IS NOT NULL)"),
    "budgets_amount": ("budgets", "amount > 0"),
    "programme_terms_released": (
        "programme_terms",
        "(status = 'released') = (released_at IS NOT NULL) "
        "AND (status = 'draft' OR proposed_by_id IS NULL OR verdict IS NOT DISTINCT FROM 'confirmed')",
    ),
    "sales_reports_amount": ("sales_reports", "amount >= 0"),
    "claims_award": ("claims", "award_amount >= 0"),
    "batches_approved": (
        "batches",
        "status NOT IN ('approved', 'disbursing') OR verdict IS NOT DISTINCT FROM 'confirmed'",
    ),
    "disbursements_amount": ("disbursements", "amount > 0"),
    "sanctions_term": ("sanctions", "ends_on IS NULL OR ends_on >= starts_on"),
    "offers_royalty": (
        "offers",
        "(payment_way IN ('royalty', 'entry_royalty')) = (royalty_basis_points IS NOT NULL) AND (payment_way = 'entry_royalty') = (entry_amount IS NOT NULL)",
    ),
    "offers_royalty_share": ("offers", "royalty_basis_points BETWEEN 1 AND 10000"),
    "offers_entry": ("offers", "entry_amount > 0 AND entry_amount < price_amount"),
    "introductions_agreed": ("introductions", "(agreed_at IS NULL) OR agreed_at >= introduced_at"),
    "clawbacks_amount": ("clawbacks", "amount > 0"),
    "clawbacks_decided": (
        "clawbacks",
        "(status NOT IN ('confirmed', 'settled') OR verdict IS NOT DISTINCT FROM 'confirmed') "
        "AND (status <> 'dropped' OR verdict IS NOT DISTINCT FROM 'rejected')",
    ),
    "clawback_receipts_amount": ("clawback_receipts", "amount > 0"),
    "expert_reviews_points": (
        "expert_reviews",
        "novelty BETWEEN 0 AND 100 AND maturity BETWEEN 0 AND 100 AND benefit BETWEEN 0 AND 100",
    ),
    "party_ties_share": ("party_ties", "basis_points BETWEEN 1 AND 10000"),
    "claim_contracts_equity": ("claim_contracts", "paid_in_equity_amount >= 0"),
    "receipts_amount": ("receipts", "amount <> 0 AND (amount < 0) = (source IN ('refund', 'dispute'))"),
    "refunds_amount": ("refunds", "amount > 0"),
    "refunds_one_source": ("refunds", "num_nonnulls(payment_id, remittance_id, line_id) = 1"),
    "disputes_amount": ("disputes", "amount > 0"),
    "bank_lines_amount": ("bank_lines", "amount > 0"),
    "bank_lines_reversal": ("bank_lines", "reverses_id IS NULL OR is_reversal"),
    "bank_line_parts_amount": ("bank_line_parts", "amount > 0"),
    "contracts_original": (
        "contracts",
        "(original_currency = '') = (original_amount IS NULL) AND (original_amount IS NULL) = (exchange_rate IS NULL) AND (exchange_rate IS NULL) = (rate_on IS NULL)",
    ),
    "contracts_original_above_zero": ("contracts", "original_amount > 0 AND exchange_rate > 0"),
    "contracts_royalty": ("contracts", "royalty_basis_points BETWEEN 1 AND 10000"),
    "contracts_countries": ("contracts", "seller_country ~ '^[0-9]{3}$' AND buyer_country ~ '^[0-9]{3}$'"),
    "contract_changes_effective": (
        "contract_changes",
        "(verdict IS NOT DISTINCT FROM 'confirmed' OR kind = 'cancellation') OR effective_at IS NULL",
    ),
    "royalty_statements_period": ("royalty_statements", "ends_on >= starts_on"),
    "royalty_statements_amount": ("royalty_statements", "base_amount >= 0 AND amount >= 0"),
    "equity_paid_in_amount": ("equity_paid_in", "amount > 0 AND share_basis_points BETWEEN 1 AND 10000"),
    "reward_rules_floors": (
        "reward_rules",
        "pot_basis_points BETWEEN 5000 AND 10000 AND equity_basis_points BETWEEN 5000 AND 10000 AND main_basis_points BETWEEN 5000 AND 10000",
    ),
    "reward_plans_pot": ("reward_plans", "pot_basis_points BETWEEN 5000 AND 10000"),
    "reward_plans_amounts": (
        "reward_plans",
        "income_amount > 0 AND net_amount > 0 AND net_amount <= income_amount AND pot_amount > 0 AND pot_amount <= net_amount",
    ),
    "reward_shares_amount": ("reward_shares", "basis_points BETWEEN 1 AND 10000 AND amount >= 0"),
    "holiday_years_region": ("holiday_years", "region ~ '^[0-9]{2}0000$' AND year BETWEEN 2000 AND 2200"),
}
"""Table and condition by the name of the constraint."""
SECOND_PERSON = (
    "assessments",
    "bank_lines",
    "batches",
    "budgets",
    "clawback_receipts",
    "clawbacks",
    "contract_changes",
    "equity_paid_in",
    "holiday_years",
    "programme_terms",
    "refunds",
    "remittances",
    "reward_plans",
    "royalty_statements",
    "year_runs",
)
"""Tables with the columns of `records.decisions.SecondPerson`."""
SECOND_PERSON_CHECK = (
    "(decided_by_id IS NULL) = (decided_at IS NULL) AND (decided_at IS NULL) = (verdict IS NULL) "
    "AND (decided_by_id IS NULL OR decided_by_id <> proposed_by_id) "
    "AND (verdict <> 'rejected' OR reason <> '')"
)
UNIQUE = {
    "memberships_one_open": ("memberships", "user_id, organisation_id", "ended_at IS NULL"),
    "offers_one_open": ("offers", "deal_id", "status = 'open'"),
    "payments_one_open": ("payments", "payable_kind, payable_id", "status IN ('prepared', 'pending')"),
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
        "subject_kind, subject_id, buyer_id",
        "status IN ('intent', 'negotiating', 'priced', 'publicity', 'to_sign')",
    ),
    "clawbacks_one_live": ("clawbacks", "claim_id", "status IN ('started', 'confirmed')"),
    "clawback_receipts_one_reference": (
        "clawback_receipts",
        "clawback_id, bank_reference",
        "verdict IS DISTINCT FROM 'rejected'",
    ),
    "year_runs_one_open": ("year_runs", "programme_id, year", "ended_at IS NULL"),
    "contract_changes_one_open": (
        "contract_changes",
        "contract_id",
        "effective_at IS NULL AND verdict IS NULL AND withdrawn_at IS NULL",
    ),
    "royalty_statements_one_open": (
        "royalty_statements",
        "contract_id",
        "verdict IS NULL",
    ),
    "offers_one_accepted": ("offers", "deal_id", "status = 'accepted'"),
    "holiday_years_one_open": ("holiday_years", "year, region", "verdict IS NULL"),
}
"""Table, columns and condition by the name of the partial unique index."""
INDEXES = {
    "claims_waiting": ("claims", "submitted_at, number", "submitted_at IS NOT NULL"),
}
"""The same for plain indexes."""
APPEND_ONLY = (
    "audit_events",
    "deal_messages",
    "follow_ups",
    "ledger_accounts",
    "notice_extensions",
    "receipts",
    "reward_rules",
    "statement_rows",
    "status_events",
    "transfers",
    "undertakings",
)
"""Tables whose rows are never edited nor deleted."""
DECIDED_ONCE = ("assessments", "clawback_receipts", "equity_paid_in", "holiday_years")
"""Tables whose rows are never edited nor deleted but for one decision by a second person."""
NO_TRUNCATE = ("transfers", "receipts")
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
    IF TG_OP = 'DELETE' OR (NEW.statement_id, NEW.organisation_id, NEW."row", NEW.booked_on, NEW.booked_time,
        NEW.is_incoming, NEW.is_reversal, NEW.amount, NEW.currency, NEW.payer_name, NEW.payer_account, NEW.text,
        NEW.bank_reference, NEW.balance) IS DISTINCT FROM
       (OLD.statement_id, OLD.organisation_id, OLD."row", OLD.booked_on, OLD.booked_time,
        OLD.is_incoming, OLD.is_reversal, OLD.amount, OLD.currency, OLD.payer_name, OLD.payer_account, OLD.text,
        OLD.bank_reference, OLD.balance) THEN
        RAISE EXCEPTION 'what a bank wrote is never edited' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.status IN ('matched', 'booked') AND NEW.status <> OLD.status
       AND NEW.amount IS DISTINCT FROM (SELECT sum(amount) FROM bank_line_parts WHERE line_id = NEW.id) THEN
        RAISE EXCEPTION 'the parts of bank line % do not add up to it', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'bank_lines_parts';
    END IF;
    RETURN NEW;
END $$;

-- What a booked line paid stays as it is.
CREATE FUNCTION market_keep_line_part() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    line uuid := CASE WHEN TG_OP = 'INSERT' THEN NEW.line_id ELSE OLD.line_id END;
BEGIN
    IF (SELECT status FROM bank_lines WHERE id = line) = 'booked' THEN
        RAISE EXCEPTION 'what a booked line paid is never edited' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
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

-- A row that a second person decides on: its decision is written once, all else stays as it is.
CREATE FUNCTION market_decide_once() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    decision text[] := ARRAY['decided_by_id', 'decided_at', 'verdict', 'reason'];
BEGIN
    IF TG_OP = 'DELETE' OR OLD.verdict IS NOT NULL
       OR to_jsonb(NEW) - decision IS DISTINCT FROM to_jsonb(OLD) - decision THEN
        RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

-- A period is ended, never reused: while it runs nothing but its end can be set, afterwards nothing.
CREATE FUNCTION market_guard_membership() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.ended_at IS NOT NULL
    OR (NEW.user_id, NEW.organisation_id, NEW.applied_at)
        IS DISTINCT FROM (OLD.user_id, OLD.organisation_id, OLD.applied_at)
    OR (OLD.started_at IS NOT NULL
        AND (NEW.role, NEW.started_at) IS DISTINCT FROM (OLD.role, OLD.started_at)) THEN
        RAISE EXCEPTION 'a membership is ended, never reused' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
"""
TRIGGERS = {
    "memberships_guard": (
        "memberships",
        "BEFORE UPDATE",
        "FOR EACH ROW EXECUTE FUNCTION market_guard_membership()",
    ),
    "transfers_guard": (
        "transfers",
        "BEFORE INSERT",
        "FOR EACH ROW EXECUTE FUNCTION market_guard_transfer()",
    ),
    "programme_terms_freeze": (
        "programme_terms",
        "BEFORE UPDATE OR DELETE",
        "FOR EACH ROW EXECUTE FUNCTION market_freeze_released()",
    ),
    "receipts_guard": ("receipts", "BEFORE INSERT", "FOR EACH ROW EXECUTE FUNCTION market_guard_receipt()"),
    "refunds_guard": (
        "refunds",
        "BEFORE INSERT OR UPDATE",
        "FOR EACH ROW EXECUTE FUNCTION market_guard_refund()",
    ),
    "bank_lines_keep": (
        "bank_lines",
        "BEFORE UPDATE OR DELETE",
        "FOR EACH ROW EXECUTE FUNCTION market_keep_bank_line()",
    ),
    "bank_line_parts_keep": (
        "bank_line_parts",
        "BEFORE INSERT OR UPDATE OR DELETE",
        "FOR EACH ROW EXECUTE FUNCTION market_keep_line_part()",
    ),
    "transfers_reversal": (
        "transfers",
        "BEFORE INSERT",
        "FOR EACH ROW WHEN (NEW.reverses_id IS NOT NULL) EXECUTE FUNCTION market_guard_reversal()",
    ),
}
"""Table, event and action by the name of the trigger."""
DROP_FUNCTIONS = """
DROP FUNCTION market_append_only();
DROP FUNCTION market_guard_transfer();
DROP FUNCTION market_available(varchar);
DROP FUNCTION market_freeze_released();
DROP FUNCTION market_guard_receipt();
DROP FUNCTION market_guard_refund();
DROP FUNCTION market_keep_bank_line();
DROP FUNCTION market_keep_line_part();
DROP FUNCTION market_guard_reversal();
DROP FUNCTION market_decide_once();
DROP FUNCTION market_guard_membership();
"""


def _operations() -> list[ops.RunSQL]:
    checks = CHECKS | {f"{table}_second_person": (table, SECOND_PERSON_CHECK) for table in SECOND_PERSON}
    operations = [
        ops.RunSQL(
            f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({condition})",
            f"ALTER TABLE {table} DROP CONSTRAINT {name}",
        )
        for name, (table, condition) in checks.items()
    ]
    for kind, indexes in (("UNIQUE INDEX", UNIQUE), ("INDEX", INDEXES)):
        operations += [
            ops.RunSQL(f"CREATE {kind} {name} ON {table} ({columns}) WHERE {condition}", f"DROP INDEX {name}")
            for name, (table, columns, condition) in indexes.items()
        ]
    operations.append(ops.RunSQL(FUNCTIONS, DROP_FUNCTIONS))
    triggers = dict(TRIGGERS)
    for table in APPEND_ONLY:
        action = "FOR EACH ROW EXECUTE FUNCTION market_append_only()"
        triggers[f"{table}_append_only"] = (table, "BEFORE UPDATE OR DELETE", action)
    for table in DECIDED_ONCE:
        action = "FOR EACH ROW EXECUTE FUNCTION market_decide_once()"
        triggers[f"{table}_guard"] = (table, "BEFORE UPDATE OR DELETE", action)
    for table in NO_TRUNCATE:
        action = "FOR EACH STATEMENT EXECUTE FUNCTION market_append_only()"
        triggers[f"{table}_no_truncate"] = (table, "BEFORE TRUNCATE", action)
    operations += [
        ops.RunSQL(f"CREATE TRIGGER {name} {event} ON {table} {action}", f"DROP TRIGGER {name} ON {table}")
        for name, (table, event, action) in triggers.items()
    ]
    return operations


class Migration(migrations.Migration):
    dependencies = [("market", "0001_tables")]

    initial = False

    operations = _operations()
