"""Invariants of who did what: each act of an auction stands in the audit log, by the same person."""

from __future__ import annotations

from collections.abc import Mapping

from market.kit.findings import find_rows
from market.kit.i18n import lazy
from market.kit.room import Check, Invariant

_LOGGED = "(SELECT e.*, p.user_id FROM audit_events e LEFT JOIN pseudonyms p ON p.id = e.actor)"
"""Events with their persons; null where they were erased."""


async def enrolments_are_as_logged() -> list[str]:
    """Who bids for whom, by which letter, and who admitted them with which priority, is as they did it."""
    return await find_rows(
        f"WITH logged AS {_LOGGED} "  # noqa: S608 -- our own text
        "SELECT a.number, o.name FROM auction_enrolments e JOIN auctions a ON a.id = e.auction_id "
        "JOIN organisations o ON o.id = e.organisation_id JOIN files f ON f.id = e.mandate_id "
        "JOIN logged l ON l.subject_kind = 'enrolment' AND l.subject_id = e.id "
        "WHERE (l.action = 'applied' AND (l.user_id <> e.person_id OR l.data ->> 'auction' <> a.id::text "
        "  OR l.data ->> 'mandate' <> f.sha256 OR f.subject_id <> e.id "
        "  OR l.data ->> 'organisation' <> o.id::text "
        "  OR (l.data ->> 'waits_second')::boolean <> e.waits_second "
        "  OR l.data ->> 'priority_claim' <> e.priority_claim)) "
        "OR (l.action = 'admit' AND (l.user_id <> e.decided_by_id "
        "  OR (l.data ->> 'has_priority')::boolean <> e.has_priority)) "
        "OR (l.action = 'refuse' AND l.user_id <> e.decided_by_id)",
        lazy("%(number)s %(name)s 的报名与日志不同"),
    )


async def deposits_are_as_logged() -> list[str]:
    """What a voucher says of a deposit, who recorded it and who decided on it, is as they did it."""
    return await find_rows(
        f"WITH logged AS {_LOGGED} "  # noqa: S608 -- our own text
        "SELECT a.number, d.voucher FROM auction_deposits d "
        "JOIN auction_enrolments e ON e.id = d.enrolment_id JOIN auctions a ON a.id = e.auction_id "
        "LEFT JOIN logged r ON r.subject_kind = 'enrolment' AND r.subject_id = e.id "
        "  AND r.action = 'deposit_recorded' AND r.data ->> 'deposit' = d.id::text "
        "LEFT JOIN logged c ON c.subject_kind = 'enrolment' AND c.subject_id = e.id "
        "  AND c.action = 'deposit_decided' AND c.data ->> 'deposit' = d.id::text "
        "WHERE r.id IS NULL OR r.user_id <> d.proposed_by_id OR r.data ->> 'movement' <> d.movement "
        "OR (r.data ->> 'amount')::bigint <> d.amount OR r.data ->> 'account' <> d.account "
        "OR r.data ->> 'account_hash' <> d.fingerprint OR r.data ->> 'voucher' <> d.voucher "
        "OR (r.data ->> 'happened_on')::date <> d.happened_on "
        "OR c.data ->> 'verdict' IS DISTINCT FROM d.verdict OR c.user_id <> d.decided_by_id",
        lazy("%(number)s 保证金凭证 %(voucher)s 与日志不同"),
    )


async def rulings_are_as_logged() -> list[str]:
    """What was ruled of an auction, who proposed it and who decided on it, is as they did it."""
    return await find_rows(
        f"WITH logged AS {_LOGGED} "  # noqa: S608 -- our own text
        "SELECT a.number FROM auction_rulings r JOIN auctions a ON a.id = r.auction_id "
        "LEFT JOIN logged p ON p.subject_kind = 'auction' AND p.subject_id = a.id "
        "  AND p.action = 'proposed' AND p.data ->> 'proposal' = r.id::text "
        "LEFT JOIN logged d ON d.subject_kind = 'auction' AND d.subject_id = a.id AND ("
        "  (d.action IN ('confirm', 'promote', 'default') AND d.data ->> 'ruling' = r.id::text) "
        "  OR (d.action = 'rejected' AND d.data ->> 'proposal' = r.id::text)) "
        "WHERE p.id IS NULL OR p.user_id <> r.proposed_by_id OR p.data ->> 'ruling' <> r.ruling "
        "OR (p.data ->> 'amount')::bigint <> r.amount OR d.user_id <> r.decided_by_id "
        "OR CASE WHEN d.id IS NULL THEN NULL WHEN d.action = 'rejected' THEN 'rejected' ELSE 'confirmed' END "
        "  IS DISTINCT FROM r.verdict",
        lazy("%(number)s 的认定与日志不同"),
    )


async def pauses_are_as_logged() -> list[str]:
    """Each suspension and resumption was made by whom the audit log says, and none is missing."""
    return await find_rows(
        f"WITH logged AS {_LOGGED}, "  # noqa: S608 -- our own text
        "acts AS (SELECT subject_id, user_id, happened_at, action FROM logged "
        "  WHERE subject_kind = 'auction' AND action IN ('suspend', 'resume')) "
        "SELECT DISTINCT a.number FROM auction_pauses p "
        "FULL JOIN acts l ON l.subject_id = p.auction_id AND l.happened_at = p.made_at "
        "  AND (l.action = 'suspend') = (p.paused_at IS NOT NULL) "
        "JOIN auctions a ON a.id = coalesce(p.auction_id, l.subject_id) "
        "WHERE p.id IS NULL OR l.subject_id IS NULL OR l.user_id <> p.made_by_id "
        "OR p.paused_at <> l.happened_at",
        lazy("%(number)s 的暂停或恢复与日志不同"),
    )


CHECKS: Mapping[str, Invariant[Check]] = {
    "auctions: enrolments are as logged": Invariant(lazy("竞价：报名与日志一致"), enrolments_are_as_logged),
    "auctions: deposits are as logged": Invariant(lazy("竞价：保证金登记与日志一致"), deposits_are_as_logged),
    "auctions: pauses are as logged": Invariant(lazy("竞价：暂停和恢复与日志一致"), pauses_are_as_logged),
    "auctions: rulings are as logged": Invariant(lazy("竞价：认定与日志一致"), rulings_are_as_logged),
}
