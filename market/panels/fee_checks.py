"""Invariants of experts' fees: within limits, for scores that were handed in, and what the log says."""

from __future__ import annotations

from collections.abc import Mapping

from market.kit.findings import find_rows
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.room import Check, Invariant
from market.panels.fee_models import RoundFee
from market.panels.fees import fee_rule_on


async def fees_are_within_limits() -> list[str]:
    """Each fee is within the limits of its title, form and rule, and is its units times what one costs."""
    findings: list[str] = []
    for fee in await RoundFee.all().select_related("round").order_by("round__number", "id"):
        least, most = fee_rule_on(fee.rule_begins_on).range_of(fee.title_rank, fee.form)
        if not least <= fee.per_unit <= most or fee.amount != fee.per_unit * fee.quantity:
            findings.append(_("评审 %(number)s 有一笔专家咨询费超出标准或算错", number=fee.round.number))
    return findings


async def fees_are_logged() -> list[str]:
    """Each fee stands in the log with its amount as it was entered and as it was decided; the sums add up."""
    unlogged = await find_rows(
        "SELECT r.number FROM round_fees f JOIN rounds r ON r.id = f.round_id WHERE NOT EXISTS ("
        "  SELECT 1 FROM audit_events e WHERE e.subject_kind = 'round' AND e.subject_id = r.id "
        "  AND e.action = 'expert_fee' AND (e.data->'fees'->>(f.id::text))::bigint = f.amount) "
        "OR f.verdict = 'confirmed' AND NOT EXISTS ("
        "  SELECT 1 FROM audit_events e WHERE e.subject_kind = 'round' AND e.subject_id = r.id "
        "  AND e.action = 'confirm_fee' AND (e.data->'fees'->>(f.id::text))::bigint = f.amount) "
        "ORDER BY r.number",
        lazy("评审 %(number)s 有一笔专家咨询费与日志不同"),
    )
    sums = await find_rows(
        "SELECT r.number FROM audit_events e JOIN rounds r ON r.id = e.subject_id "
        "WHERE e.subject_kind = 'round' AND e.action = 'confirm_fee' AND (e.data->>'total')::bigint <> ("
        "  SELECT coalesce(sum(f.amount), 0) FROM round_fees f WHERE e.data->'fees' ? (f.id::text)) "
        "ORDER BY r.number",
        lazy("评审 %(number)s 的专家咨询费合计不符"),
    )
    return unlogged + sums


async def fees_are_for_scores() -> list[str]:
    """Nobody is paid who has handed in no scores that count, and nothing before the conclusion."""
    return await find_rows(
        "SELECT r.number FROM round_fees f JOIN rounds r ON r.id = f.round_id "
        "WHERE r.concluded_at IS NULL OR f.proposed_at < r.concluded_at OR NOT EXISTS ("
        "  SELECT 1 FROM seats s JOIN round_items i ON i.id = s.item_id WHERE i.round_id = r.id "
        "  AND s.expert_id = f.expert_id AND s.user_id = f.user_id AND s.status = 'final') "
        "ORDER BY r.number",
        lazy("评审 %(number)s 有一笔专家咨询费没有对应的评分"),
    )


CHECKS: Mapping[str, Invariant[Check]] = {
    "panels: fees are within their limits": Invariant(
        lazy("评审：专家咨询费在标准之内"), fees_are_within_limits
    ),
    "panels: fees are what the log says": Invariant(
        lazy("评审：专家咨询费与日志一致，合计相符"), fees_are_logged
    ),
    "panels: fees are for scores": Invariant(lazy("评审：专家咨询费对应评分"), fees_are_for_scores),
}
