"""Invariants of targets: figures rest on records, results on two persons, closed years on their rows."""

from __future__ import annotations

from collections.abc import Mapping

from market.kit.findings import find_rows
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.room import Check, Invariant
from market.records.decisions import Verdict
from market.targets.closing_models import TargetClosing
from market.targets.closings import stored_figures, stored_hash
from market.targets.definitions import terms_of
from market.targets.models import DeedSample, TargetDefinition
from market.targets.samples import replays


async def shares_add_up() -> list[str]:
    """What a target is split into adds up to its total; one that is issued is split over the cities."""
    return await find_rows(
        "SELECT p.number, p.total, k.scope_kind, sum(s.target)::int AS parts FROM target_plans p "
        "CROSS JOIN (VALUES ('city'), ('unit'), ('kind')) AS k (scope_kind) "
        "LEFT JOIN target_shares s ON s.plan_id = p.id AND s.scope_kind = k.scope_kind "
        "GROUP BY p.id, p.number, p.total, p.status, k.scope_kind "
        "HAVING sum(s.target) <> p.total OR (k.scope_kind = 'city' AND sum(s.target) IS NULL "
        "AND p.status IN ('waiting', 'issued', 'replaced'))",
        lazy("目标 %(number)s（%(scope_kind)s）的分解不等于 %(total)s"),
    )


async def deeds_rest_on_contracts() -> list[str]:
    """A deed has the amounts, the day and the parties of its contract."""
    return await find_rows(
        "SELECT d.number FROM deeds d JOIN contracts k ON k.id = d.contract_id "
        "JOIN deals l ON l.id = k.deal_id JOIN target_definitions t ON t.id = d.definition_id "
        "WHERE (d.seller_id, d.buyer_id, d.kind) IS DISTINCT FROM (l.seller_id, l.buyer_id, k.kind) "
        "OR d.unit_id NOT IN (l.seller_id, l.buyer_id) OR (k.currency = 'CNY' "
        "AND (d.contract_amount, d.trade_amount) IS DISTINCT FROM (k.contract_amount, k.trade_amount)) "
        "OR (d.status <> 'lapsed' AND d.event_on IS DISTINCT FROM "
        "CASE t.event WHEN 'registered' THEN k.registered_on ELSE k.signed_on END)",
        lazy("%(number)s 与它的合同不一致"),
    )


async def results_are_decided_by_two() -> list[str]:
    """What has a result has it by a confirmed one of two persons, or passed without being drawn."""
    return await find_rows(
        "SELECT d.number FROM deeds d LEFT JOIN LATERAL (SELECT w.* FROM deed_verdicts w "
        "  WHERE w.deed_id = d.id AND w.verdict = 'confirmed' ORDER BY w.decided_at DESC, w.id LIMIT 1"
        ") AS w ON true WHERE d.status IN ('verified', 'partial', 'refused', 'doubtful', 'struck') "
        "AND NOT coalesce(w.result = d.status AND w.decided_by_id <> w.proposed_by_id "
        "  AND w.decided_by_id IS DISTINCT FROM d.declared_by_id "
        "  AND w.decided_by_id IS DISTINCT FROM d.checked_by_id, false) "
        "AND NOT (d.status = 'verified' AND w.id IS NULL AND NOT d.is_sampled AND EXISTS ("
        "  SELECT 1 FROM rest_rulings r WHERE r.sample_id = d.sample_id AND r.city = d.city "
        "  AND r.verdict = 'confirmed'))",
        lazy("%(number)s 的核验结论没有两人的决定"),
    )


async def shares_are_agreed() -> list[str]:
    """A deed is shared as the last confirmed agreement of its two units says, or not at all."""
    return await find_rows(
        "SELECT d.number FROM deeds d LEFT JOIN LATERAL (SELECT s.* FROM deed_shares s "
        "  WHERE s.deed_id = d.id AND s.verdict = 'confirmed' ORDER BY s.decided_at DESC, s.id LIMIT 1"
        ") AS s ON true "
        "WHERE (d.partner_id, d.partner_share) IS DISTINCT FROM (s.partner_id, s.partner_share)",
        lazy("%(number)s 的份额没有双方的商定"),
    )


async def draws_can_be_repeated() -> list[str]:
    """A draw, repeated from what was stored of it, comes to the same deeds."""
    return [
        _("抽样 %(number)s 重放的结果不同", number=sample.number)
        for sample in await DeedSample.all().select_related("definition")
        if not replays(sample)
    ]


async def definitions_are_unchanged() -> list[str]:
    """A version of the definition says what its hash stands for."""
    return [
        _("口径第 %(version)s 版与校验值不符", version=definition.version)
        for definition in await TargetDefinition.all()
        if terms_of(definition).content_hash != definition.content_hash
    ]


async def closed_years_are_unchanged() -> list[str]:
    """The rows of a closed year have its hash, and its figures are counted from them."""
    return [
        _("%(year)s 年第 %(version)s 版封存数与明细不符", year=closing.year, version=closing.version)
        for closing in await TargetClosing.filter(verdict=Verdict.CONFIRMED)
        if await stored_hash(closing.id) != closing.rows_hash
        or await stored_figures(closing) != closing.figures
    ]


CHECKS: Mapping[str, Invariant[Check]] = {
    "targets: shares add up": Invariant(lazy("目标：分解之和等于目标"), shares_add_up),
    "targets: deeds rest on contracts": Invariant(lazy("目标：成果转化与合同一致"), deeds_rest_on_contracts),
    "targets: results are decided by two": Invariant(
        lazy("目标：核验结论由两人决定"), results_are_decided_by_two
    ),
    "targets: shares of deeds are agreed": Invariant(lazy("目标：份额由两个单位商定"), shares_are_agreed),
    "targets: draws can be repeated": Invariant(lazy("目标：抽样可以重放"), draws_can_be_repeated),
    "targets: definitions are unchanged": Invariant(
        lazy("目标：口径与校验值一致"), definitions_are_unchanged
    ),
    "targets: closed years are unchanged": Invariant(
        lazy("目标：封存的年度数等于明细"), closed_years_are_unchanged
    ),
}
