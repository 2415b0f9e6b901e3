"""Invariants of public money: budgets, awards, orders with their instructions and files, bank results."""

from __future__ import annotations

from collections.abc import Mapping

from market.claims.checks import HANDS, STANDING
from market.kit.findings import find_rows
from market.kit.i18n import lazy
from market.kit.room import Check, Invariant

GRANTED = (
    "(b.amount + coalesce((SELECT sum(CASE WHEN x.kind = 'increase' OR x.target_id = b.id "
    "THEN x.amount ELSE -x.amount END) FROM budget_changes x "
    "WHERE x.verdict = 'confirmed' AND b.id IN (x.budget_id, x.target_id)), 0))"
)
"""What was released of a budget `b`, and what it was changed by."""
_RESERVED, _TO_PAY = "'publicity'", "'approved', 'to_pay'"


async def no_award_above_its_budget() -> list[str]:
    """Awards reserved, approved and paid from a year's budget do not exceed what was released of it."""
    return await find_rows(
        f"SELECT p.slug, b.year, {GRANTED} AS amount, sum(c.award_amount) AS awards FROM budgets b "  # noqa: S608
        "JOIN programmes p ON p.id = b.programme_id "
        "JOIN batches t ON t.programme_id = b.programme_id AND t.fiscal_year = b.year "
        "JOIN claims c ON c.batch_id = t.id "
        f"WHERE c.status IN {STANDING} GROUP BY p.slug, b.id "
        f"HAVING sum(c.award_amount) > {GRANTED}",
        lazy("%(slug)s %(year)s 年度：核定补助合计 ￥%(awards)s，预算 ￥%(amount)s"),
    )


async def budgets_balance() -> list[str]:
    """Of each budget, released + changes = available + reserved + to pay + paid.

    What is available is the book's, what is reserved and to pay the claims', what is paid the orders': so a
    change of any of them alone is found.
    """
    on_lists = (
        "(SELECT coalesce(sum(c.award_amount), 0) FROM claims c JOIN batches t ON t.id = c.batch_id "
        "WHERE t.programme_id = b.programme_id AND t.fiscal_year = b.year AND c.status IN ({}))"
    )
    return await find_rows(
        f"SELECT * FROM (SELECT p.slug, b.year, {GRANTED} AS granted, "  # noqa: S608
        "coalesce(market_available('budget:' || p.slug || ':' || b.year), 0) AS available, "
        f"{on_lists.format(_RESERVED)} AS reserved, "
        f"{on_lists.format(_TO_PAY)} AS to_pay, "
        "(SELECT coalesce(sum(d.amount), 0) FROM disbursements d JOIN claims c ON c.id = d.claim_id "
        "JOIN batches t ON t.id = c.batch_id WHERE d.status = 'paid' "
        "AND t.programme_id = b.programme_id AND t.fiscal_year = b.year) AS paid "
        "FROM budgets b JOIN programmes p ON p.id = b.programme_id WHERE b.verdict = 'confirmed') AS sums "
        "WHERE granted <> available + reserved + to_pay + paid",
        lazy(
            "%(slug)s %(year)s 年度：下达 ￥%(granted)s，可用 ￥%(available)s、预留 ￥%(reserved)s、"
            "待拨付 ￥%(to_pay)s、已拨付 ￥%(paid)s"
        ),
    )


async def budget_changes_are_booked() -> list[str]:
    """Every confirmed change of a budget, and no other, is booked with its amount."""
    return await find_rows(
        "SELECT p.slug, b.year, x.kind, x.amount, coalesce(t.amount, 0) AS booked FROM budget_changes x "
        "JOIN budgets b ON b.id = x.budget_id JOIN programmes p ON p.id = b.programme_id "
        "LEFT JOIN transfers t ON t.reference = 'budget_change:' || x.id "
        "WHERE CASE WHEN x.verdict = 'confirmed' THEN x.amount ELSE 0 END <> coalesce(t.amount, 0)",
        lazy("%(slug)s %(year)s 年度的%(kind)s ￥%(amount)s，入账 ￥%(booked)s"),
        labels={"kind": "budget_change"},
    )


async def money_is_set_aside() -> list[str]:
    """Every claim on a confirmed list has its award reserved in the ledger, once."""
    return await find_rows(
        "SELECT c.number, c.award_amount, coalesce(sum(t.amount), 0) AS held FROM claims c "  # noqa: S608
        "LEFT JOIN transfers t ON t.subject_kind = 'claim' AND t.subject_id = c.id AND t.phase = 'pending' "
        "AND starts_with(t.reference, 'reserve:' || c.id || ':' || c.batch_id) "
        "AND NOT EXISTS (SELECT 1 FROM transfers v WHERE v.pending_id = t.id AND v.phase = 'void') "
        f"WHERE c.status IN {STANDING} GROUP BY c.number, c.award_amount "
        "HAVING coalesce(sum(t.amount), 0) <> c.award_amount",
        lazy("申报 %(number)s：补助 ￥%(award_amount)s，预留 ￥%(held)s"),
    )


async def awards_as_ruled() -> list[str]:
    """Each award that a ruling lowered is what the last ruling and its log say."""
    return await find_rows(
        "SELECT c.number, c.award_amount, r.corrected_amount FROM claims c "  # noqa: S608
        "JOIN LATERAL (SELECT r.id, r.corrected_amount FROM objection_rulings r "
        "  JOIN objections o ON o.id = r.objection_id JOIN notices n ON n.id = o.notice_id "
        "  WHERE n.subject_kind = 'batch' AND n.subject_id = c.batch_id AND r.verdict = 'confirmed' "
        "  AND (o.entry_id = c.id OR (o.entry_id IS NULL AND jsonb_array_length(n.entries) = 1)) "
        "  AND r.corrected_amount IS NOT NULL ORDER BY r.decided_at DESC LIMIT 1) AS r ON true "
        f"WHERE c.status IN {STANDING} AND (c.award_amount <> r.corrected_amount "
        "OR NOT EXISTS (SELECT 1 FROM audit_events e WHERE e.subject_kind = 'claim' AND e.subject_id = c.id "
        "AND e.action = 'correct_award' AND e.data ->> 'ruling' = r.id::text "
        "AND (e.data ->> 'amount')::bigint = r.corrected_amount))",
        lazy("申报 %(number)s：补助 ￥%(award_amount)s，异议裁定更正为 ￥%(corrected_amount)s"),
    )


async def clawbacks_as_started() -> list[str]:
    """Each clawback demands the amount that the log of its start has."""
    return await find_rows(
        "SELECT b.number, b.amount FROM clawbacks b WHERE NOT EXISTS (SELECT 1 FROM audit_events e "
        "WHERE e.subject_kind = 'claim' AND e.subject_id = b.claim_id AND e.action = 'start_clawback' "
        "AND e.data ->> 'number' = b.number AND (e.data ->> 'amount')::bigint = b.amount)",
        lazy("追回 %(number)s：应追回 ￥%(amount)s，与发起时的日志不同"),
    )


async def paid_is_booked() -> list[str]:
    """Every payment made is booked with its amount, and no other; what was taken back is reversed."""
    return await find_rows(
        "SELECT * FROM (SELECT d.number, d.status, d.amount, coalesce(sum("
        "CASE WHEN t.reverses_id IS NULL THEN t.amount ELSE -t.amount END), 0) AS booked "
        "FROM disbursements d LEFT JOIN payment_results r ON r.order_id = d.id "
        "LEFT JOIN transfers p ON p.reference = 'payment:' || r.id "
        "OR (d.is_taken_over AND p.reference = 'disbursement:' || d.id) "
        "LEFT JOIN transfers t ON t.id = p.id OR t.reverses_id = p.id "
        "GROUP BY d.id, d.number, d.status, d.amount) AS sums "
        "WHERE booked <> CASE status WHEN 'paid' THEN amount ELSE 0 END",
        lazy("拨付 %(number)s（%(status)s）￥%(amount)s，入账 ￥%(booked)s"),
        labels={"status": "disbursement"},
    )


async def three_people() -> list[str]:
    """Nobody rechecked or approved what they had computed or confirmed."""
    return await find_rows(
        "SELECT c.number FROM claims c LEFT JOIN batches b ON b.id = c.batch_id "  # noqa: S608
        f"JOIN {HANDS} AS h ON h.claim_id = c.id WHERE h.computed_by_id = h.confirmed_by_id "
        "OR b.decided_by_id IN (h.computed_by_id, h.confirmed_by_id, b.proposed_by_id)",
        lazy("申报 %(number)s 的核算、复核、批准没有分由三人办理"),
    )


async def orders_as_frozen() -> list[str]:
    """Each order goes to the account frozen into its claim, with its award; a returned one may lag behind."""
    return await find_rows(
        "SELECT d.number FROM disbursements d JOIN claims c ON c.id = d.claim_id "
        "LEFT JOIN payee_accounts a ON a.id = d.payee_id "
        "WHERE a.id IS NULL OR a.organisation_id <> c.applicant_id "
        "OR (a.bank_name, a.number) IS DISTINCT FROM (d.payee_bank, d.payee_account) "
        "OR (d.status NOT IN ('returned', 'withdrawn') "
        "AND (d.payee_id, d.amount) IS DISTINCT FROM (c.payee_id, c.award_amount))",
        lazy("拨付 %(number)s 的收款账户或金额与申报不同"),
    )


async def orders_as_logged() -> list[str]:
    """Each order has the amount and the hash of the account that its log has."""
    return await find_rows(
        "SELECT d.number FROM disbursements d JOIN payee_accounts a ON a.id = d.payee_id "
        "WHERE a.fingerprint <> '' AND NOT EXISTS (SELECT 1 FROM audit_events e "
        "WHERE e.subject_kind = 'disbursement' AND e.subject_id = d.id AND e.action = 'order' "
        "AND (e.data ->> 'amount')::bigint = d.amount AND e.data ->> 'account_hash' = a.fingerprint)",
        lazy("拨付 %(number)s 的金额或账户与下达时的日志不同"),
    )


_LIVE = "('ordered', 'paid')"
_PAID = "('paid', 'tracking', 'closed', 'clawback')"


async def orders_as_awards() -> list[str]:
    """A claim to be paid has at most one order that is open or paid, a paid one exactly one, others none."""
    return await find_rows(
        "SELECT * FROM (SELECT c.number, c.status, "  # noqa: S608
        f"count(d.id) FILTER (WHERE d.status IN {_LIVE}) AS live, "
        "count(d.id) FILTER (WHERE d.status = 'paid') AS paid "
        "FROM claims c LEFT JOIN disbursements d ON d.claim_id = c.id "
        "GROUP BY c.id, c.number, c.status) AS orders "
        f"WHERE (status IN {_PAID} AND (live, paid) <> (1, 1)) "
        "OR (status = 'to_pay' AND (live > 1 OR paid > 0)) "
        f"OR (status NOT IN {_PAID} AND status <> 'to_pay' AND live > 0)",
        lazy("申报 %(number)s（%(status)s）有 %(live)s 笔有效拨付，其中 %(paid)s 笔付讫"),
        labels={"status": "claim"},
    )


async def orders_have_their_instruction() -> list[str]:
    """Each order stands in an instruction; only one from before there were instructions need not."""
    return await find_rows(
        "SELECT d.number FROM disbursements d LEFT JOIN instruction_lines l ON l.order_id = d.id "
        "LEFT JOIN payment_instructions i ON i.id = l.instruction_id "
        "WHERE (NOT d.is_taken_over AND i.id IS NULL) OR (d.is_taken_over AND i.proposed_at <= d.ordered_at) "
        "OR (d.status = 'withdrawn') <> (i.verdict IS NOT DISTINCT FROM 'rejected') "
        "OR (NOT d.is_taken_over AND d.status IN ('paid', 'returned') "
        "AND i.verdict IS DISTINCT FROM 'confirmed')",
        lazy("拨付 %(number)s 不在拨付指令里，或与指令的处理结果不符"),
    )


async def instructions_as_their_orders() -> list[str]:
    """Each line has number, claim, payee, account and amount of its order."""
    return await find_rows(
        "SELECT i.number, l.order_number FROM instruction_lines l "
        "JOIN payment_instructions i ON i.id = l.instruction_id "
        "LEFT JOIN disbursements d ON d.id = l.order_id "
        "LEFT JOIN claims c ON c.id = d.claim_id LEFT JOIN payee_accounts a ON a.id = d.payee_id "
        "WHERE (l.order_number, l.claim_number, l.payee_bank, l.payee_bank_code, l.payee_account, l.amount) "
        "IS DISTINCT FROM (d.number, c.number, d.payee_bank, a.bank_code, d.payee_account, d.amount) "
        "OR c.batch_id IS DISTINCT FROM i.batch_id",
        lazy("拨付指令 %(number)s：%(order_number)s 一行与下达的拨付不同"),
    )


async def instructions_add_up() -> list[str]:
    """Count, total and checksum of each instruction are those of its lines, and those that its log has."""
    return await find_rows(
        "SELECT i.number FROM payment_instructions i LEFT JOIN ("
        "  SELECT instruction_id, count(*) AS count, sum(amount) AS total, "
        "    encode(sha256(convert_to(string_agg("
        "    concat_ws('|', sequence, order_number, payee_name, payee_account, payee_bank, amount), "
        "    E'\\n' ORDER BY sequence), 'UTF8')), 'hex') AS checksum "
        "  FROM instruction_lines GROUP BY instruction_id) AS l ON l.instruction_id = i.id "
        "WHERE (i.count, i.total, i.checksum) IS DISTINCT FROM (l.count, l.total, l.checksum) "
        "OR NOT EXISTS (SELECT 1 FROM audit_events e WHERE e.subject_kind = 'instruction' "
        "AND e.subject_id = i.id AND e.action = 'make' AND e.data ->> 'checksum' = i.checksum "
        "AND (e.data ->> 'total')::bigint = i.total)",
        lazy("拨付指令 %(number)s 的合计或校验码与各行、与日志不符"),
    )


async def files_have_their_bytes() -> list[str]:
    """Each file of an instruction has the hash that was kept of it and that the log of its release has."""
    return await find_rows(
        "SELECT i.number, f.layout, f.format FROM instruction_files f "
        "JOIN payment_instructions i ON i.id = f.instruction_id "
        "WHERE encode(sha256(f.content), 'hex') <> f.sha256 OR NOT EXISTS (SELECT 1 FROM audit_events e "
        "WHERE e.subject_kind = 'instruction' AND e.subject_id = i.id AND e.action = 'release' "
        "AND e.data -> 'files' ->> (f.layout || '.' || f.format) = f.sha256)",
        lazy("拨付指令 %(number)s：文件 %(layout)s.%(format)s 与放行时不同"),
    )


async def released_by_two() -> list[str]:
    """Each released instruction has its files and was released by another person than made it."""
    return await find_rows(
        "SELECT i.number FROM payment_instructions i WHERE i.verdict = 'confirmed' AND ("
        "i.decided_by_id = i.proposed_by_id "
        "OR NOT EXISTS (SELECT 1 FROM instruction_files f WHERE f.instruction_id = i.id))",
        lazy("拨付指令 %(number)s 不是由第二人放行，或没有付款文件"),
    )


async def results_of_two_persons() -> list[str]:
    """Each paid or returned order has the result that two persons stand behind, and an open one has none."""
    return await find_rows(
        "SELECT d.number, d.status FROM disbursements d LEFT JOIN LATERAL ("
        "  SELECT r.* FROM payment_results r WHERE r.order_id = d.id AND r.verdict = 'confirmed' "
        "  AND NOT EXISTS (SELECT 1 FROM payment_result_reversals b "
        "    WHERE b.result_id = r.id AND b.verdict = 'confirmed') "
        "  ORDER BY r.decided_at DESC LIMIT 1) AS r ON true "
        "WHERE NOT (d.is_taken_over AND r.id IS NULL) AND CASE WHEN d.status IN ('paid', 'returned') "
        "THEN r.id IS NULL OR r.decided_by_id = r.proposed_by_id "
        "OR (r.outcome, r.ended_on, r.bank_reference) "
        "IS DISTINCT FROM (d.status, d.ended_on, d.bank_reference) "
        "ELSE r.id IS NOT NULL OR d.ended_on IS NOT NULL END",
        lazy("拨付 %(number)s（%(status)s）没有两人登记和确认的银行结果"),
        labels={"status": "disbursement"},
    )


async def results_as_logged() -> list[str]:
    """Each result has the outcome and the bank's reference that the log of its entering has."""
    return await find_rows(
        "SELECT d.number FROM payment_results r JOIN disbursements d ON d.id = r.order_id "
        "WHERE NOT EXISTS (SELECT 1 FROM audit_events e WHERE e.subject_kind = 'disbursement' "
        "AND e.subject_id = d.id AND e.action = 'enter_result' AND e.data ->> 'outcome' = r.outcome "
        "AND e.data ->> 'reference' = r.bank_reference)",
        lazy("拨付 %(number)s 的银行结果与日志不符"),
    )


async def reserved_is_to_pay() -> list[str]:
    """What the book holds as reserved of a budget is what approved claims still have to get."""
    return await find_rows(
        "SELECT * FROM (SELECT p.slug, b.year, "
        "coalesce(market_available('reserved:' || p.slug || ':' || b.year), 0) AS reserved, "
        "(SELECT coalesce(sum(c.award_amount), 0) FROM claims c JOIN batches t ON t.id = c.batch_id "
        "WHERE t.programme_id = b.programme_id AND t.fiscal_year = b.year "
        "AND c.status IN ('approved', 'to_pay')) AS to_pay "
        "FROM budgets b JOIN programmes p ON p.id = b.programme_id) AS sums WHERE reserved <> to_pay",
        lazy("%(slug)s %(year)s 年度：账上预留 ￥%(reserved)s，待拨付 ￥%(to_pay)s"),
    )


CHECKS: Mapping[str, Invariant[Check]] = {
    "subsidies: budgets balance": Invariant(
        lazy("补助：下达的预算＝可用＋预留＋待拨付＋已拨付"), budgets_balance
    ),
    "subsidies: changes of budgets are booked": Invariant(
        lazy("补助：预算的追加、调减、结转都已入账"), budget_changes_are_booked
    ),
    "subsidies: no award above its budget": Invariant(
        lazy("补助：核定补助不超过预算"), no_award_above_its_budget
    ),
    "subsidies: awards are set aside once": Invariant(
        lazy("补助：名单上的补助各预留一次"), money_is_set_aside
    ),
    "subsidies: awards are what rulings made them": Invariant(
        lazy("补助：按异议裁定更正的补助与裁定、日志一致"), awards_as_ruled
    ),
    "subsidies: clawbacks are what was started": Invariant(
        lazy("补助：追回的金额与发起时的日志一致"), clawbacks_as_started
    ),
    "subsidies: payees of orders are the frozen payees": Invariant(
        lazy("补助：拨付的收款账户就是申报时定下的账户"), orders_as_frozen
    ),
    "subsidies: orders are what was ordered": Invariant(
        lazy("补助：拨付与下达时的日志一致"), orders_as_logged
    ),
    "subsidies: what was paid is booked": Invariant(lazy("补助：付出的拨付都已入账"), paid_is_booked),
    "subsidies: three people stand behind each sum": Invariant(
        lazy("补助：核算、复核、批准分由三人办理"), three_people
    ),
    "orders: they are the awards": Invariant(
        lazy("拨付：每项补助至多一笔有效拨付，付讫的恰有一笔"), orders_as_awards
    ),
    "orders: every order stands in an instruction": Invariant(
        lazy("拨付：每笔拨付都在拨付指令里"), orders_have_their_instruction
    ),
    "orders: instructions are their orders": Invariant(
        lazy("拨付：指令各行与拨付一致"), instructions_as_their_orders
    ),
    "orders: instructions add up": Invariant(
        lazy("拨付：指令的笔数、合计和校验码与各行一致"), instructions_add_up
    ),
    "orders: files have the bytes that were released": Invariant(
        lazy("拨付：付款文件与放行时一字不差"), files_have_their_bytes
    ),
    "orders: instructions are released by a second person": Invariant(
        lazy("拨付：指令由第二人放行"), released_by_two
    ),
    "orders: results have two persons": Invariant(
        lazy("拨付：银行结果由两人登记和确认"), results_of_two_persons
    ),
    "orders: results are what was entered": Invariant(
        lazy("拨付：银行结果与登记时的日志一致"), results_as_logged
    ),
    "orders: the book reserves what is to pay": Invariant(
        lazy("拨付：账上预留等于待拨付合计"), reserved_is_to_pay
    ),
}
