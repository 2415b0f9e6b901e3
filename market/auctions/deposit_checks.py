"""Invariants of deposits: recorded where they lie, by two persons, adding up; nothing of ours is credited."""

from __future__ import annotations

from collections.abc import Mapping

from market.kit.findings import find_rows
from market.kit.i18n import lazy
from market.kit.room import Check, Invariant

_DEPOSIT_ACCOUNTS = "'custody', 'deposit', 'applied', 'forfeited'"


async def deposits_add_up() -> list[str]:
    """Of each bidder no more ended than was received, and the book holds what two persons confirmed."""
    return await find_rows(
        "SELECT a.number, o.name, d.lies AS lies, coalesce(book.amount, 0)::bigint AS booked "
        "FROM (SELECT enrolment_id, "
        "  sum(CASE WHEN movement = 'received' THEN amount ELSE -amount END) AS lies "
        "  FROM auction_deposits WHERE verdict = 'confirmed' GROUP BY 1) AS d "
        "FULL JOIN (SELECT substr(account, 9)::uuid AS enrolment_id, sum(amount) AS amount FROM ("
        "  SELECT credit_id AS account, amount FROM transfers WHERE credit_id LIKE 'deposit:%' "
        "  UNION ALL SELECT debit_id, -amount FROM transfers WHERE debit_id LIKE 'deposit:%') AS rows "
        "  GROUP BY 1) AS book ON book.enrolment_id = d.enrolment_id "
        "LEFT JOIN auction_enrolments e ON e.id = coalesce(d.enrolment_id, book.enrolment_id) "
        "LEFT JOIN auctions a ON a.id = e.auction_id LEFT JOIN organisations o ON o.id = e.organisation_id "
        "WHERE d.lies IS NULL OR d.lies < 0 OR d.lies IS DISTINCT FROM coalesce(book.amount, 0)",
        lazy("%(number)s %(name)s：保证金 ￥%(lies)s 与账本 ￥%(booked)s 不符"),
    )


async def every_movement_is_booked_once() -> list[str]:
    """Each confirmed movement has its row of the book with its amount, and no other row moves a deposit."""
    return await find_rows(
        "SELECT coalesce(d.voucher, t.reference) AS voucher FROM (SELECT * "  # noqa: S608 -- our own names
        "  FROM auction_deposits WHERE verdict = 'confirmed') AS d FULL JOIN (SELECT * FROM transfers "
        f"  WHERE split_part(debit_id, ':', 1) IN ({_DEPOSIT_ACCOUNTS}) "
        f"  OR split_part(credit_id, ':', 1) IN ({_DEPOSIT_ACCOUNTS})) AS t "
        "ON t.reference = 'deposit:' || d.id "
        "WHERE d.id IS NULL OR t.id IS NULL OR t.amount <> d.amount OR t.kind <> 'deposit_' || d.movement "
        f"OR split_part(t.debit_id, ':', 1) NOT IN ({_DEPOSIT_ACCOUNTS}) "
        f"OR split_part(t.credit_id, ':', 1) NOT IN ({_DEPOSIT_ACCOUNTS})",
        lazy("保证金凭证 %(voucher)s 与账本不符，或动用了别的账户"),
    )


async def bidders_have_their_deposit() -> list[str]:
    """Who was admitted had the whole deposit confirmed, and it lies there while the bidding runs."""
    return await find_rows(
        "SELECT a.number, o.name FROM auction_enrolments e JOIN auctions a ON a.id = e.auction_id "
        "JOIN organisations o ON o.id = e.organisation_id "
        "LEFT JOIN LATERAL (SELECT "
        "  coalesce(sum(amount) FILTER (WHERE movement = 'received'), 0) AS received, "
        "  coalesce(sum(amount) FILTER (WHERE movement <> 'received'), 0) AS ended "
        "  FROM auction_deposits d WHERE d.enrolment_id = e.id AND d.verdict = 'confirmed') AS d ON true "
        "WHERE e.status = 'qualified' AND (d.received < a.deposit OR (a.status IN ('qualifying', 'ready', "
        "  'live', 'suspended') AND d.received - d.ended < a.deposit))",
        lazy("%(number)s %(name)s 没有足额保证金而有竞价资格"),
    )


async def settlements_are_by_the_terms() -> list[str]:
    """A default is settled on its price, deposit and later sale; the deposit ended as the terms say.

    Without a settlement nothing of it has ended where the terms keep only the damage.
    """
    return await find_rows(
        "WITH ended AS (SELECT enrolment_id, sum(amount) FILTER (WHERE movement = 'received') AS received, "
        "  coalesce(sum(amount) FILTER (WHERE movement = 'released'), 0) AS released, "
        "  coalesce(sum(amount) FILTER (WHERE movement = 'forfeited'), 0) AS forfeited "
        "  FROM auction_deposits WHERE verdict = 'confirmed' GROUP BY 1) "
        "SELECT a.number FROM auction_rulings r JOIN auctions a ON a.id = r.auction_id "
        "LEFT JOIN ended d ON d.enrolment_id = r.enrolment_id "
        "LEFT JOIN auction_settlements s ON s.ruling_id = r.id AND s.verdict = 'confirmed' "
        "LEFT JOIN auction_rulings l ON l.id = s.sale_id "
        "WHERE r.ruling = 'default' AND r.verdict = 'confirmed' AND ("
        "  (s.id IS NOT NULL AND (s.price <> r.amount OR s.resale <> l.amount "
        "    OR s.deposit <> coalesce(d.received, 0) OR l.verdict IS DISTINCT FROM 'confirmed' "
        "    OR l.decided_at < r.decided_at "
        "    OR s.kept <> CASE a.default_rule WHEN 'all' THEN s.deposit ELSE s.covered END)) "
        "  OR (a.default_rule = 'all' AND d.released > 0) "
        "  OR (a.default_rule = 'damage' AND (d.forfeited > coalesce(s.kept, 0) "
        "    OR d.released > coalesce(s.returned, 0))))",
        lazy("%(number)s 的悔约没有按公告的条件结算"),
    )


CHECKS: Mapping[str, Invariant[Check]] = {
    "auctions: deposits add up": Invariant(lazy("竞价：保证金与账本相符"), deposits_add_up),
    "auctions: every movement of a deposit is booked once": Invariant(
        lazy("竞价：保证金逐笔入账，不进本平台账户"), every_movement_is_booked_once
    ),
    "auctions: defaults are settled by the terms": Invariant(
        lazy("竞价：悔约按公告的条件结算"), settlements_are_by_the_terms
    ),
    "auctions: bidders have their deposit": Invariant(
        lazy("竞价：有竞价资格的都有足额保证金"), bidders_have_their_deposit
    ),
}
