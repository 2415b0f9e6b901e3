"""Invariants of results: decided by two on the very bids, and dealt in as they were decided."""

from __future__ import annotations

from collections.abc import Mapping

from market.kit.findings import find_rows
from market.kit.i18n import lazy
from market.kit.room import Check, Invariant


async def results_are_decided_by_two() -> list[str]:
    """Who has the lot has it by a confirmed ruling on the chain of bids as it stands, at the own bid."""
    return await find_rows(
        "SELECT a.number FROM auctions a LEFT JOIN LATERAL (SELECT r.* FROM auction_rulings r "
        "  WHERE r.auction_id = a.id AND r.verdict = 'confirmed' AND r.ruling IN ('result', 'promote') "
        "  ORDER BY r.decided_at DESC LIMIT 1) AS r ON true "
        "WHERE (a.winner_id IS NOT NULL OR a.status IN ('result_publicity', 'concluded', 'defaulted')) "
        "AND (r.id IS NULL OR r.enrolment_id IS DISTINCT FROM a.winner_id "
        "  OR r.amount IS DISTINCT FROM a.awarded_amount OR r.chain_head <> a.chain_head "
        "  OR r.decided_by_id IS NULL OR r.decided_by_id = r.proposed_by_id "
        "  OR (r.ruling = 'result') <> (a.leader_id = a.winner_id) "
        "  OR NOT EXISTS (SELECT 1 FROM auction_bids b WHERE b.auction_id = a.id "
        "    AND b.enrolment_id = r.enrolment_id AND b.amount = r.amount)) "
        "UNION SELECT a.number FROM auctions a WHERE a.status = 'defaulted' AND NOT EXISTS ("
        "  SELECT 1 FROM auction_rulings r WHERE r.auction_id = a.id AND r.ruling = 'default' "
        "  AND r.verdict = 'confirmed' AND r.enrolment_id = a.winner_id)",
        lazy("%(number)s 的结果不是两人按报价记录认定的"),
    )


async def results_are_published() -> list[str]:
    """Each result has its notice, with winner and price; it stands only once that is clear."""
    return await find_rows(
        "SELECT a.number FROM auctions a JOIN auction_enrolments e ON e.id = a.winner_id "
        "JOIN organisations o ON o.id = e.organisation_id LEFT JOIN LATERAL (SELECT n.* FROM notices n "
        "  WHERE n.subject_kind = 'auction' AND n.subject_id = a.id "
        "  ORDER BY n.published_at DESC, n.number DESC LIMIT 1) AS n ON true "
        "WHERE n.id IS NULL OR n.kind <> 'auction_result' "
        "OR strpos(n.body::text, a.chain_head) = 0 OR strpos(n.body::text, o.name) = 0 "
        "OR (a.status IN ('concluded', 'defaulted') AND n.status <> 'clear')",
        lazy("%(number)s 的结果没有按规定公示"),
    )


async def deals_are_as_awarded() -> list[str]:
    """A concluded auction has a deal of its winner at its price; no other deal has its price by bidding."""
    return await find_rows(
        "SELECT coalesce(a.number, d.number) AS number FROM auctions a FULL JOIN (SELECT * FROM deals "
        "  WHERE pricing = 'auction') AS d ON d.id = a.deal_id LEFT JOIN auction_enrolments e "
        "  ON e.id = a.winner_id "
        "WHERE (a.status = 'concluded' AND d.id IS NULL) OR (d.id IS NOT NULL AND a.id IS NULL "
        "  AND d.status <> 'terminated') OR (a.status = 'concluded' AND (d.price_amount <> a.awarded_amount "
        "  OR d.buyer_id <> e.organisation_id OR d.seller_id <> a.holder_id "
        "  OR d.subject_id <> a.outcome_id)) "
        "UNION ALL SELECT a.number FROM auctions a JOIN offers o ON o.deal_id = a.deal_id "
        "WHERE a.status = 'concluded' AND o.status = 'accepted' AND o.price_amount <> a.awarded_amount",
        lazy("%(number)s：交易的价格或受让方与竞价结果不同"),
    )


CHECKS: Mapping[str, Invariant[Check]] = {
    "auctions: results are decided by two": Invariant(
        lazy("竞价：结果由两人按报价记录认定"), results_are_decided_by_two
    ),
    "auctions: results are published": Invariant(lazy("竞价：结果都已公示"), results_are_published),
    "auctions: deals are as awarded": Invariant(lazy("竞价：交易与竞价结果一致"), deals_are_as_awarded),
}
