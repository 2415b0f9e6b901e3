"""Invariants of public money."""

from __future__ import annotations

from collections.abc import Mapping

from market.claims.checks import HANDS, STANDING
from market.kit.findings import find_rows
from market.kit.room import Check

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
        "{slug} {year}: awards of {awards} on a budget of {amount}",
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
        "{slug} {year}: {granted} released, but {available} available, {reserved} reserved, "
        "{to_pay} to pay, {paid} paid",
    )


async def budget_changes_are_booked() -> list[str]:
    """Every confirmed change of a budget, and no other, is booked with its amount."""
    return await find_rows(
        "SELECT x.id, x.kind, x.amount, coalesce(t.amount, 0) AS booked FROM budget_changes x "
        "LEFT JOIN transfers t ON t.reference = 'budget_change:' || x.id "
        "WHERE CASE WHEN x.verdict = 'confirmed' THEN x.amount ELSE 0 END <> coalesce(t.amount, 0)",
        "budget change {id} ({kind}): {amount}, {booked} booked",
    )


async def money_is_set_aside() -> list[str]:
    """Every claim on a confirmed list has its award reserved in the ledger, once."""
    return await find_rows(
        "SELECT c.number, c.award_amount, coalesce(sum(t.amount), 0) AS held FROM claims c "  # noqa: S608
        "LEFT JOIN transfers t ON t.reference = 'reserve:' || c.id || ':' || c.batch_id "
        f"WHERE c.status IN {STANDING} GROUP BY c.number, c.award_amount "
        "HAVING coalesce(sum(t.amount), 0) <> c.award_amount",
        "claim {number}: an award of {award_amount}, {held} set aside",
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
        "disbursement {number} is {status} with {amount}, and {booked} is booked",
    )


async def three_people() -> list[str]:
    """Nobody rechecked or approved what they had computed or confirmed."""
    return await find_rows(
        "SELECT c.number FROM claims c LEFT JOIN batches b ON b.id = c.batch_id "  # noqa: S608
        f"JOIN {HANDS} AS h ON h.claim_id = c.id WHERE h.computed_by_id = h.confirmed_by_id "
        "OR b.decided_by_id IN (h.computed_by_id, h.confirmed_by_id, b.proposed_by_id)",
        "claim {number} had too few people behind it",
    )


async def clawbacks_are_booked() -> list[str]:
    """Every confirmed clawback receipt, and no other, is booked; receipts never exceed what is owed."""
    return await find_rows(
        "SELECT * FROM (SELECT b.number, b.amount, b.status, "
        "coalesce(sum(r.amount) FILTER (WHERE r.verdict = 'confirmed'), 0) AS returned, "
        "coalesce(sum(t.amount), 0) AS booked "
        "FROM clawbacks b LEFT JOIN clawback_receipts r ON r.clawback_id = b.id "
        "LEFT JOIN transfers t ON t.reference = 'clawback_receipt:' || r.id "
        "GROUP BY b.id, b.number, b.amount, b.status) AS sums "
        "WHERE returned > amount OR returned <> booked OR (status = 'settled') <> (returned = amount)",
        "clawback {number}: {amount} owed, {returned} returned, {booked} booked",
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
        "disbursement {number} goes to another account, or of another amount, than its claim",
    )


async def orders_as_logged() -> list[str]:
    """Each order has the amount and the hash of the account that its log has."""
    return await find_rows(
        "SELECT d.number FROM disbursements d JOIN payee_accounts a ON a.id = d.payee_id "
        "WHERE a.fingerprint <> '' AND NOT EXISTS (SELECT 1 FROM audit_events e "
        "WHERE e.subject_kind = 'disbursement' AND e.subject_id = d.id AND e.action = 'order' "
        "AND (e.data ->> 'amount')::bigint = d.amount AND e.data ->> 'account_hash' = a.fingerprint)",
        "disbursement {number} is not what was ordered",
    )


CHECKS: Mapping[str, Check] = {
    "subsidies: clawbacks are booked and never exceeded": clawbacks_are_booked,
    "subsidies: budgets balance": budgets_balance,
    "subsidies: changes of budgets are booked": budget_changes_are_booked,
    "subsidies: no award above its budget": no_award_above_its_budget,
    "subsidies: awards are set aside once": money_is_set_aside,
    "subsidies: payees of orders are the frozen payees": orders_as_frozen,
    "subsidies: orders are what was ordered": orders_as_logged,
    "subsidies: what was paid is booked": paid_is_booked,
    "subsidies: three people stand behind each sum": three_people,
}
