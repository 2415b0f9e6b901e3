"""Invariants of confirmed lists: their awards, their pot and their notices are those of the confirmation."""

from __future__ import annotations

from collections.abc import Mapping

from market.claims.checks import STANDING
from market.kit.findings import find_rows
from market.kit.i18n import lazy
from market.kit.room import Check, Invariant


async def lists_as_confirmed() -> list[str]:
    """Each claim on a confirmed list has the award that the log of the confirmation, or a ruling, gave it."""
    return await find_rows(
        "SELECT b.number, c.number AS claim, c.award_amount, expected.amount FROM batches b "  # noqa: S608
        "LEFT JOIN LATERAL (SELECT e.data, e.happened_at FROM audit_events e "
        "  WHERE e.subject_kind = 'batch' AND e.subject_id = b.id AND e.action = 'confirm' "
        "  ORDER BY e.sequence DESC LIMIT 1) AS confirmed ON true "
        f"JOIN claims c ON c.batch_id = b.id AND (c.status IN {STANDING} OR c.status = 'clawback') "
        "LEFT JOIN LATERAL (SELECT coalesce((SELECT (e.data ->> 'amount')::bigint FROM audit_events e "
        "  WHERE e.subject_kind = 'claim' AND e.subject_id = c.id AND e.action = 'correct_award' "
        "  AND e.happened_at >= confirmed.happened_at ORDER BY e.sequence DESC LIMIT 1), "
        "  (confirmed.data -> 'amounts' ->> c.number)::bigint) AS amount) AS expected ON true "
        "WHERE c.award_amount IS DISTINCT FROM expected.amount "
        "OR b.pot_amount IS DISTINCT FROM (confirmed.data ->> 'pot')::bigint "
        "OR b.computed_amount <> (confirmed.data ->> 'computed')::bigint "
        "OR b.pot_mode <> confirmed.data ->> 'mode'",
        lazy(
            "批次 %(number)s：申报 %(claim)s 补助 ￥%(award_amount)s，确认时 ￥%(amount)s，或额度与日志不同"
        ),
    )


async def lists_are_their_notices() -> list[str]:
    """Each confirmed list is published with the claims that the log of its confirmation names."""
    return await find_rows(
        "SELECT b.number FROM batches b LEFT JOIN LATERAL (SELECT e.data FROM audit_events e "  # noqa: S608
        "  WHERE e.subject_kind = 'batch' AND e.subject_id = b.id AND e.action = 'confirm' "
        "  ORDER BY e.sequence DESC LIMIT 1) AS confirmed ON true "
        "LEFT JOIN notices n ON n.number = confirmed.data ->> 'notice' "
        "WHERE (b.status NOT IN ('draft', 'returned') AND (n.id IS NULL OR n.subject_id <> b.id)) "
        "OR (n.id IS NOT NULL AND ("
        "  (SELECT array_agg(x.entry ->> 0 ORDER BY x.entry ->> 0) "
        "   FROM jsonb_array_elements(n.entries) AS x(entry)) IS DISTINCT FROM "
        "  (SELECT array_agg(c.id::text ORDER BY c.id::text) FROM claims c "
        "   WHERE confirmed.data -> 'amounts' ? c.number) "
        f"OR EXISTS (SELECT 1 FROM claims c WHERE c.batch_id = b.id AND c.status IN {STANDING} "
        "  AND NOT confirmed.data -> 'amounts' ? c.number)))",
        lazy("批次 %(number)s 的名单与公示不符"),
    )


CHECKS: Mapping[str, Invariant[Check]] = {
    "subsidies: lists are what was confirmed": Invariant(
        lazy("补助：名单上的补助和额度与确认名单时的日志一致"), lists_as_confirmed
    ),
    "subsidies: lists are their notices": Invariant(
        lazy("补助：公示的名单就是确认的名单"), lists_are_their_notices
    ),
}
