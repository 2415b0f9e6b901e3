"""Invariants of the pool of experts."""

from __future__ import annotations

from collections.abc import Mapping

from market.experts.states import MOST_FIELDS, WHOLE
from market.kit.findings import find_rows
from market.kit.i18n import lazy
from market.kit.room import Check, Invariant

_CONFIRMED = (
    "(SELECT d.* FROM expert_decisions d WHERE d.expert_id = e.id AND d.verdict = 'confirmed' "
    "ORDER BY d.decided_at DESC LIMIT 1)"
)


async def two_persons_decided() -> list[str]:
    """Who is in the pool, refused or barred is so by the last decision of two persons, and until its day."""
    return await find_rows(
        f"SELECT e.number, e.status FROM experts e LEFT JOIN LATERAL {_CONFIRMED} AS d ON true WHERE "  # noqa: S608
        "(e.status IN ('in_pool', 'paused') AND (d.ruling IS DISTINCT FROM 'admit' "
        "OR d.decided_by_id = d.proposed_by_id OR e.admitted_at IS NULL)) "
        "OR (e.status = 'refused' AND d.ruling IS DISTINCT FROM 'refuse') "
        "OR (e.status = 'barred' AND (d.ruling IS DISTINCT FROM 'bar' OR d.decided_by_id = d.proposed_by_id "
        "OR d.until IS DISTINCT FROM e.barred_until)) "
        "ORDER BY e.number",
        lazy("专家 %(number)s 的状态（%(status)s）没有两人先后作出的决定"),
        labels={"status": "expert"},
    )


async def verified_facts_are_logged() -> list[str]:
    """What two persons verified of an expert in the pool is what the log holds: kind, title and fields."""
    return await find_rows(
        "SELECT e.number FROM experts e LEFT JOIN LATERAL (SELECT a.data FROM audit_events a "
        "WHERE a.subject_kind = 'expert' AND a.subject_id = e.id AND a.action = 'admit' "
        "ORDER BY a.id DESC LIMIT 1) AS a ON true WHERE e.status IN ('in_pool', 'paused') AND ("
        "a.data->>'kind' IS DISTINCT FROM e.kind OR a.data->>'title_rank' IS DISTINCT FROM e.title_rank "
        "OR a.data->'weights' IS DISTINCT FROM e.fields_of_work) ORDER BY e.number",
        lazy("专家 %(number)s 的类别、职称或领域与入库时核验的不同"),
    )


async def weights_are_whole() -> list[str]:
    """Each expert names one to five fields, whose weights sum up to 100; who was taken over names none."""
    return await find_rows(
        "SELECT e.number FROM experts e, LATERAL (SELECT count(*) AS fields, sum(value::int) AS weight, "
        "min(value::int) AS least FROM jsonb_each_text(e.fields_of_work)) AS w "
        "WHERE (w.fields > 0 OR e.admitted_at IS NOT NULL) "
        "AND (w.fields NOT BETWEEN 1 AND $1 OR w.weight <> $2 OR w.least < 1) ORDER BY e.number",
        lazy("专家 %(number)s 的领域权重合计不是 100"),
        MOST_FIELDS,
        WHOLE,
    )


CHECKS: Mapping[str, Invariant[Check]] = {
    "experts: two persons decided": Invariant(lazy("专家库：入库和禁入由两人先后决定"), two_persons_decided),
    "experts: verified facts are what the log says": Invariant(
        lazy("专家库：核验过的信息与日志一致"), verified_facts_are_logged
    ),
    "experts: weights are whole": Invariant(lazy("专家库：领域权重合计为 100"), weights_are_whole),
}
