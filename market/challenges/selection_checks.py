"""Invariants of choices and awards: two persons, a reason for each, money, deals as awarded."""

from __future__ import annotations

from collections.abc import Mapping

from market.kit.findings import find_rows
from market.kit.i18n import lazy
from market.kit.room import Check, Invariant


async def choices_are_complete() -> list[str]:
    """Each admitted solution is chosen, or has its reason, in the choice that two persons made."""
    return await find_rows(
        "SELECT c.number FROM challenges c JOIN selections s ON s.challenge_id = c.id "
        "AND s.kind = 'choose' AND s.verdict = 'confirmed' AND NOT EXISTS (SELECT 1 FROM selections l "
        "  WHERE l.challenge_id = c.id AND l.kind = 'choose' AND l.verdict = 'confirmed' "
        "  AND l.decided_at > s.decided_at) "
        "JOIN solutions x ON x.challenge_id = c.id JOIN solution_admissions a ON a.solution_id = x.id "
        "LEFT JOIN selection_rows r ON r.selection_id = s.id AND r.solution_id = x.id "
        "WHERE a.is_admitted AND r.id IS NULL "
        "UNION SELECT c.number FROM challenges c JOIN solutions x ON x.challenge_id = c.id "
        "LEFT JOIN solution_admissions a ON a.solution_id = x.id "
        "WHERE x.status IN ('admitted', 'chosen', 'not_chosen', 'inadmissible') "
        "AND (a.id IS NULL OR a.is_admitted <> (x.status <> 'inadmissible')) "
        "UNION SELECT c.number FROM challenges c JOIN solutions x ON x.challenge_id = c.id "
        "WHERE x.status = 'not_chosen' AND length(x.reason) < 10",
        lazy("%(number)s 有方案没有审查、没有结论或没有原因"),
    )


async def choices_are_decided_by_two() -> list[str]:
    """Each award rests on a confirmed row of a choice; of a government list after its panel."""
    return await find_rows(
        "SELECT c.number FROM challenge_awards w JOIN challenges c ON c.id = w.challenge_id "
        "JOIN selections s ON s.id = w.selection_id LEFT JOIN selection_rows r "
        "  ON r.selection_id = s.id AND r.solution_id = w.solution_id "
        "LEFT JOIN rounds d ON d.id = s.round_id "
        "WHERE s.verdict IS DISTINCT FROM 'confirmed' OR s.challenge_id <> c.id OR s.stage <> w.stage "
        "OR r.is_chosen IS NOT TRUE OR r.rank <> w.rank OR r.amount < w.amount "
        "OR s.decided_by_id = s.proposed_by_id "
        "OR (c.kind = 'government' AND s.kind = 'choose' "
        "  AND (d.concluded_at IS NULL OR d.concluded_at > s.proposed_at)) "
        "UNION SELECT c.number FROM challenges c WHERE c.status IN "
        "('agreed', 'publicity', 'contracted', 'executing', 'accepted') AND NOT EXISTS ("
        "  SELECT 1 FROM selections s WHERE s.challenge_id = c.id AND s.verdict = 'confirmed')",
        lazy("%(number)s 的入选不是两人按名单决定的"),
    )


async def awards_are_within_budget() -> list[str]:
    """What stands of the awards comes to no more than the budget, each to the sum of its milestones."""
    return await find_rows(
        "SELECT c.number FROM challenges c JOIN challenge_awards w ON w.challenge_id = c.id "
        "AND w.status IN ('proposed', 'agreed', 'signed', 'accepted', 'failed', 'dropped') "
        "GROUP BY c.id HAVING sum(w.amount) > c.budget "
        "UNION SELECT c.number FROM challenge_awards w JOIN challenges c ON c.id = w.challenge_id "
        "WHERE w.amount <> (SELECT sum((p ->> 'amount')::bigint) FROM jsonb_array_elements(w.plan) AS p)",
        lazy("%(number)s 的入选金额超过榜额，或者与各阶段合计不同"),
    )


async def deals_are_as_awarded() -> list[str]:
    """The deal of an award is between its two sides at its price; no other deal is about a challenge."""
    return await find_rows(
        "SELECT coalesce(c.number, d.number) AS number FROM challenge_awards w "
        "JOIN challenges c ON c.id = w.challenge_id JOIN solutions x ON x.id = w.solution_id "
        "FULL JOIN (SELECT * FROM deals WHERE subject_kind = 'challenge') AS d ON d.id = w.deal_id "
        "WHERE (d.id IS NOT NULL AND w.id IS NULL) OR (w.deal_id IS NOT NULL AND (d.id IS NULL "
        "  OR d.price_amount <> w.amount OR d.seller_id <> x.organisation_id OR d.buyer_id <> c.owner_id "
        "  OR d.subject_id <> c.id)) "
        "UNION SELECT c.number FROM challenge_awards w JOIN challenges c ON c.id = w.challenge_id "
        "JOIN offers o ON o.deal_id = w.deal_id AND o.status = 'accepted' WHERE o.price_amount <> w.amount "
        "OR (SELECT array_agg((p ->> 'amount')::bigint) FROM jsonb_array_elements(o.plan) AS p) "
        "  <> (SELECT array_agg((p ->> 'amount')::bigint) FROM jsonb_array_elements(w.plan) AS p)",
        lazy("%(number)s：交易的价格、各期或当事人与入选不同"),
    )


async def results_are_published() -> list[str]:
    """The deals of a government list were opened after a notice of its result was clear."""
    return await find_rows(
        "SELECT c.number FROM challenges c WHERE c.kind = 'government' AND EXISTS ("
        "  SELECT 1 FROM challenge_awards w WHERE w.challenge_id = c.id AND w.deal_id IS NOT NULL) "
        "AND NOT EXISTS (SELECT 1 FROM notices n WHERE n.subject_kind = 'challenge' AND n.subject_id = c.id "
        "  AND n.kind = 'challenge_result' AND n.status = 'clear')",
        lazy("%(number)s 的评选结果没有公示期满"),
    )


async def ends_are_reasoned() -> list[str]:
    """What was ended has its published reason, decided by two persons."""
    return await find_rows(
        "SELECT c.number FROM challenges c WHERE (c.status = 'ended' OR (c.status = 'no_taker' "
        "  AND c.end_reason IN ('below', 'not_agreed'))) AND NOT EXISTS (SELECT 1 FROM challenge_rulings r "
        "  WHERE r.challenge_id = c.id AND r.verdict = 'confirmed' AND r.text <> '' "
        "  AND r.decided_by_id <> r.proposed_by_id "
        "  AND r.ruling = CASE c.status WHEN 'ended' THEN 'end' ELSE 'find_none' END)",
        lazy("%(number)s 终止或流榜没有两人决定的公开理由"),
    )


async def acceptances_follow_reports() -> list[str]:
    """An award is accepted exactly where each of its milestones was accepted by the owner."""
    return await find_rows(
        "SELECT c.number FROM challenge_awards w JOIN challenges c ON c.id = w.challenge_id "
        "WHERE (w.status = 'accepted') <> (w.status IN ('signed', 'accepted') AND NOT EXISTS ("
        "  SELECT 1 FROM jsonb_array_elements(w.plan) AS p WHERE NOT EXISTS ("
        "    SELECT 1 FROM milestone_reports m WHERE m.award_id = w.id AND m.verdict = 'confirmed' "
        "    AND m.place = (p ->> 'place')::int))) "
        "UNION SELECT c.number FROM challenges c WHERE c.status = 'accepted' AND NOT EXISTS ("
        "  SELECT 1 FROM challenge_awards w WHERE w.challenge_id = c.id AND w.status = 'accepted')",
        lazy("%(number)s 的验收与各阶段的验收记录不同"),
    )


async def single_prices_are_tested() -> list[str]:
    """The only admitted solution of a government list was chosen within what two persons found reasonable."""
    return await find_rows(
        "SELECT c.number FROM challenges c JOIN selections s ON s.challenge_id = c.id AND s.kind = 'choose' "
        "AND s.verdict = 'confirmed' JOIN selection_rows r ON r.selection_id = s.id AND r.is_chosen "
        "JOIN solutions x ON x.id = r.solution_id WHERE c.kind = 'government' "
        "AND NOT EXISTS (SELECT 1 FROM selection_rows o JOIN solutions y ON y.id = o.solution_id "
        "  WHERE o.selection_id = s.id AND o.id <> r.id AND y.package = x.package) "
        "AND NOT EXISTS (SELECT 1 FROM price_tests t WHERE t.solution_id = x.id AND t.verdict = 'confirmed' "
        "  AND t.most >= r.amount AND t.decided_at <= s.proposed_at AND t.decided_by_id <> t.proposed_by_id)",
        lazy("%(number)s 的唯一方案没有价格比对就入选，或者金额高于比对"),
    )


CHECKS: Mapping[str, Invariant[Check]] = {
    "challenges: choices are complete": Invariant(
        lazy("揭榜：每份方案都有审查和结论，未入选都有原因"), choices_are_complete
    ),
    "challenges: choices are decided by two": Invariant(
        lazy("揭榜：入选由两人决定，政府榜先评审"), choices_are_decided_by_two
    ),
    "challenges: single prices are tested": Invariant(
        lazy("揭榜：政府榜的唯一方案经两人价格比对"), single_prices_are_tested
    ),
    "challenges: awards are within budget": Invariant(
        lazy("揭榜：入选金额不超过榜额，等于各阶段合计"), awards_are_within_budget
    ),
    "challenges: deals are as awarded": Invariant(lazy("揭榜：交易与入选一致"), deals_are_as_awarded),
    "challenges: results are published": Invariant(lazy("揭榜：政府榜公示期满才签约"), results_are_published),
    "challenges: ends are reasoned": Invariant(lazy("揭榜：终止和流榜有公开理由"), ends_are_reasoned),
    "challenges: acceptances follow reports": Invariant(
        lazy("揭榜：验收与阶段成果的记录一致"), acceptances_follow_reports
    ),
}
