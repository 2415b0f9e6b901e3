"""Invariants of orders, their instructions and files, and the bank's results."""

from __future__ import annotations

from collections.abc import Mapping

from market.kit.findings import find_rows
from market.kit.room import Check

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
        "claim {number} is {status} with {live} open or paid orders, {paid} of them paid",
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
        "order {number} stands in no instruction, or is not as its instruction was decided",
    )


async def instructions_as_their_orders() -> list[str]:
    """Each line has number, claim, payee, account and amount of its order."""
    return await find_rows(
        "SELECT i.number, l.order_number FROM instruction_lines l "
        "JOIN payment_instructions i ON i.id = l.instruction_id JOIN disbursements d ON d.id = l.order_id "
        "JOIN claims c ON c.id = d.claim_id "
        "WHERE (l.order_number, l.claim_number, l.payee_bank, l.payee_account, l.amount) "
        "IS DISTINCT FROM (d.number, c.number, d.payee_bank, d.payee_account, d.amount) "
        "OR c.batch_id IS DISTINCT FROM i.batch_id",
        "instruction {number}: its line of {order_number} is not what was ordered",
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
        "instruction {number} does not add up to its lines, or is not what was made",
    )


async def files_have_their_bytes() -> list[str]:
    """Each file of an instruction has the hash that was kept of it and that the log of its release has."""
    return await find_rows(
        "SELECT i.number, f.layout, f.format FROM instruction_files f "
        "JOIN payment_instructions i ON i.id = f.instruction_id "
        "WHERE encode(sha256(f.content), 'hex') <> f.sha256 OR NOT EXISTS (SELECT 1 FROM audit_events e "
        "WHERE e.subject_kind = 'instruction' AND e.subject_id = i.id AND e.action = 'release' "
        "AND e.data -> 'files' ->> (f.layout || '.' || f.format) = f.sha256)",
        "instruction {number}: its file {layout}.{format} is not the one that was released",
    )


async def released_by_two() -> list[str]:
    """Each released instruction has its files and was released by another person than made it."""
    return await find_rows(
        "SELECT i.number FROM payment_instructions i WHERE i.verdict = 'confirmed' AND ("
        "i.decided_by_id = i.proposed_by_id "
        "OR NOT EXISTS (SELECT 1 FROM instruction_files f WHERE f.instruction_id = i.id))",
        "instruction {number} was not released by a second person, or has no files",
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
        "order {number} is {status} without the result that two persons entered and confirmed",
    )


async def results_as_logged() -> list[str]:
    """Each result has the outcome and the bank's reference that the log of its entering has."""
    return await find_rows(
        "SELECT d.number FROM payment_results r JOIN disbursements d ON d.id = r.order_id "
        "WHERE NOT EXISTS (SELECT 1 FROM audit_events e WHERE e.subject_kind = 'disbursement' "
        "AND e.subject_id = d.id AND e.action = 'enter_result' AND e.data ->> 'outcome' = r.outcome "
        "AND e.data ->> 'reference' = r.bank_reference)",
        "order {number} has a result that nobody entered",
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
        "{slug} {year}: {reserved} reserved in the book, {to_pay} to pay",
    )


CHECKS: Mapping[str, Check] = {
    "orders: they are the awards": orders_as_awards,
    "orders: every order stands in an instruction": orders_have_their_instruction,
    "orders: instructions are their orders": instructions_as_their_orders,
    "orders: instructions add up": instructions_add_up,
    "orders: files have the bytes that were released": files_have_their_bytes,
    "orders: instructions are released by a second person": released_by_two,
    "orders: results have two persons": results_of_two_persons,
    "orders: results are what was entered": results_as_logged,
    "orders: the book reserves what is to pay": reserved_is_to_pay,
}
