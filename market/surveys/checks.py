"""Invariants of surveys."""

from __future__ import annotations

from collections.abc import Mapping

from market.kit.findings import find_rows
from market.kit.i18n import lazy
from market.kit.room import Check, Invariant
from market.surveys.content_digests import CONTENT, KEY
from market.surveys.states import HANDED_IN

_HANDED_IN = ", ".join(f"'{status.value}'" for status in HANDED_IN)
_RESULT = (
    "encode(sha256(convert_to(string_agg(e.running || ' ' || e.verdict || ' ' || "
    "coalesce(e.need_id::text, '') || ' ' || coalesce(e.merged_into_id::text, ''), E'\\n' "
    "ORDER BY e.running), 'UTF8')), 'hex')"
)


async def every_entry_is_accounted_for() -> list[str]:
    """Of a published survey: submitted = published + merged + told why, as its publication logged."""
    return await find_rows(
        "SELECT s.number, count(e.id) AS submitted, "  # noqa: S608  # our own texts
        "count(*) FILTER (WHERE e.status = 'told' AND e.verdict = 'publish' "
        "  AND n.id IS NOT NULL) AS published, "
        "count(*) FILTER (WHERE e.status = 'told' AND e.verdict = 'merge' AND m.id IS NOT NULL) AS merged, "
        "count(*) FILTER (WHERE e.status = 'told' AND e.verdict NOT IN ('publish', 'merge') "
        "  AND e.verdict_reason <> '') AS told "
        "FROM surveys s "
        f"LEFT JOIN survey_entries e ON e.survey_id = s.id AND e.status IN ({_HANDED_IN}) "
        "LEFT JOIN needs n ON n.id = e.need_id AND n.organisation_id = e.organisation_id "
        "LEFT JOIN needs m ON m.id = e.merged_into_id "
        "LEFT JOIN LATERAL (SELECT a.data FROM audit_events a WHERE a.subject_kind = 'survey' "
        "  AND a.subject_id = s.id AND a.action = 'publish') AS logged ON true "
        "WHERE s.status IN ('published', 'archived') GROUP BY s.id, s.number, logged.data "
        "HAVING count(e.id) <> count(*) FILTER (WHERE e.status = 'told' AND ("
        "  (e.verdict = 'publish' AND n.id IS NOT NULL) OR (e.verdict = 'merge' AND m.id IS NOT NULL) "
        "  OR (e.verdict NOT IN ('publish', 'merge') AND e.verdict_reason <> ''))) "
        "OR (logged.data->>'submitted')::int IS DISTINCT FROM count(e.id)::int",
        lazy(
            "征集 %(number)s：提交 %(submitted)s 条，不等于发布 %(published)s、"
            "合并 %(merged)s 与告知原因 %(told)s 之和"
        ),
    )


async def results_are_published_whole() -> list[str]:
    """Nobody was told before the publication, and what each was told is what it logged."""
    return await find_rows(
        "SELECT s.number FROM surveys s "  # noqa: S608  # our own texts
        f"LEFT JOIN survey_entries e ON e.survey_id = s.id AND e.status IN ({_HANDED_IN}) "
        "LEFT JOIN LATERAL (SELECT a.data FROM audit_events a WHERE a.subject_kind = 'survey' "
        "  AND a.subject_id = s.id AND a.action = 'publish') AS logged ON true "
        "GROUP BY s.id, s.number, s.status, logged.data "
        "HAVING (s.status NOT IN ('published', 'archived') AND "
        "  (logged.data IS NOT NULL OR bool_or(e.status = 'told'))) "
        f"OR (s.status IN ('published', 'archived') AND coalesce({_RESULT}, "
        "  encode(sha256(''), 'hex')) IS DISTINCT FROM logged.data->>'digest')",
        lazy("征集 %(number)s：结果没有整批公布，或与公布时的日志不同"),
    )


async def entries_came_in_time() -> list[str]:
    """What was handed in came while the survey was open, and no organisation has more than it may."""
    return await find_rows(
        "SELECT e.number FROM survey_entries e JOIN surveys s ON s.id = e.survey_id "  # noqa: S608
        f"WHERE e.status IN ({_HANDED_IN}) "
        "AND (s.opened_at IS NULL OR e.submitted_at < s.opened_at OR e.submitted_at >= s.closes_at) "
        "UNION ALL SELECT max(e.number) FROM survey_entries e JOIN surveys s ON s.id = e.survey_id "
        "WHERE e.status <> 'withdrawn' GROUP BY s.id, s.per_unit_most, e.organisation_id, e.firm_name "
        "HAVING count(*) > s.per_unit_most",
        lazy("填报 %(number)s 不在征集期内提交，或超过每单位限报的项数"),
    )


async def entries_are_as_logged() -> list[str]:
    """What an entry says, its verdict and why, and when its entrant was told is what the log says.

    Of early acts the log keeps no digests.
    """
    return await find_rows(
        "SELECT e.number FROM survey_entries e JOIN surveys s ON s.id = e.survey_id "  # noqa: S608
        "LEFT JOIN survey_entries t ON t.id = e.merged_entry_id LEFT JOIN needs n ON n.id = e.merged_into_id "
        "LEFT JOIN LATERAL (SELECT a.data FROM audit_events a WHERE a.subject_kind = 'survey_entry' "
        f"  AND a.subject_id = e.id AND a.data ? '{KEY}' ORDER BY a.id DESC LIMIT 1) AS c ON true "
        "LEFT JOIN LATERAL (SELECT a.data FROM audit_events a WHERE a.subject_kind = 'survey_entry' "
        "  AND a.subject_id = e.id AND a.action = 'sort' ORDER BY a.id DESC LIMIT 1) AS v ON true "
        f"WHERE e.status IN ({_HANDED_IN}) AND (c.data->>'{KEY}' <> {CONTENT} "
        "OR e.verdict IS NOT NULL AND (v.data->>'verdict' IS DISTINCT FROM e.verdict "
        "  OR v.data->>'into' IS DISTINCT FROM coalesce(t.number, n.number, '') "
        "  OR v.data->>'reason_sha256' <> encode(sha256(convert_to(e.verdict_reason, 'UTF8')), 'hex')) "
        "OR e.told_at IS DISTINCT FROM CASE WHEN e.status = 'told' THEN s.published_at END) "
        "ORDER BY e.number",
        lazy("填报 %(number)s 的内容、结论或告知的时间与日志不同"),
    )


async def closings_are_as_extended() -> list[str]:
    """A survey closes when its last extension says, each extension begins where the one before ended."""
    return await find_rows(
        "SELECT s.number FROM surveys s JOIN (SELECT x.*, "
        "  lead(x.old_closes_at) OVER (PARTITION BY x.survey_id ORDER BY x.new_closes_at) AS next "
        "  FROM survey_extensions x) AS x ON x.survey_id = s.id "
        "WHERE x.new_closes_at <> coalesce(x.next, s.closes_at) "
        "UNION SELECT s.number FROM surveys s JOIN audit_events a ON a.subject_kind = 'survey' "
        "AND a.subject_id = s.id AND a.action = 'open' "
        "WHERE (a.data->>'closes_at')::timestamptz <> coalesce((SELECT min(x.old_closes_at) "
        "FROM survey_extensions x WHERE x.survey_id = s.id), s.closes_at)",
        lazy("征集 %(number)s 的截止时间与开始时的公布和延长的记录不同"),
    )


async def held_entries_are_their_units() -> list[str]:
    """An entry of a firm that is not on the market is held by the unit to which it was handed in."""
    return await find_rows(
        "SELECT e.number FROM survey_entries e LEFT JOIN recommending_units u ON u.id = e.unit_id "
        "WHERE e.firm_name <> '' AND e.organisation_id IS DISTINCT FROM u.organisation_id",
        lazy("填报 %(number)s 的企业还没有认证，却不在它的推荐单位名下"),
    )


CHECKS: Mapping[str, Invariant[Check]] = {
    "surveys: every entry is accounted for": Invariant(
        lazy("征集：提交的都已发布、合并或告知原因"), every_entry_is_accounted_for
    ),
    "surveys: results are published whole": Invariant(
        lazy("征集：结果整批公布，与日志一致"), results_are_published_whole
    ),
    "surveys: entries came in time": Invariant(
        lazy("征集：都在征集期内提交，不超过限报项数"), entries_came_in_time
    ),
    "surveys: held entries are their units'": Invariant(
        lazy("征集：代管的填报在推荐单位名下"), held_entries_are_their_units
    ),
    "surveys: entries are what the log says": Invariant(
        lazy("征集：填报的内容、结论和告知时间与日志一致"), entries_are_as_logged
    ),
    "surveys: closings are as extended": Invariant(
        lazy("征集：截止时间与延长记录一致"), closings_are_as_extended
    ),
}
