"""What waits in this room: drafts before the closing, entries to recommend, surveys to sort and publish."""

from __future__ import annotations

from market.accounts.actors import Actor
from market.kit.i18n import lazy
from market.kit.worklist import Pending, Recent
from market.surveys.states import EntryStatus, SurveyAct, SurveyStatus
from market.surveys.units import may_recommend


def pending(actor: Actor) -> list[Pending]:
    """Return what the organisation submits or recommends, and what the operator sorts and publishes."""
    parts: list[Pending] = []
    if actor.may(SurveyAct.MANAGE_SURVEYS):
        parts.append(
            Pending(
                "surveys.sort",
                lazy("填报待甄别"),
                lazy("去甄别"),
                "/backoffice/surveys/{key}/sorting",
                "/backoffice/surveys",
                f"surveys s WHERE s.status = '{SurveyStatus.SORTING}'",
                key="s.number",
                number="s.number",
                title="s.title",
                since="s.updated_at",
            )
        )
    if actor.may(SurveyAct.ENTER_SURVEY) and actor.buys:
        parts.append(
            Pending(
                "surveys.draft",
                lazy("征集填报还是草稿"),
                lazy("去提交"),
                "/surveys/{key}",
                "/my/surveys",
                "survey_entries e JOIN surveys s ON s.id = e.survey_id CROSS JOIN v "
                f"WHERE e.organisation_id = v.organisation_id AND e.status = '{EntryStatus.DRAFT}' "
                f"AND s.status = '{SurveyStatus.OPEN}' AND s.closes_at > v.now",
                key="s.number || '/entries/' || e.running",
                number="e.number",
                title="coalesce(nullif(e.title, ''), s.title)",
                due="((s.closes_at - interval '1 second') AT TIME ZONE 'Asia/Shanghai')::date",
                since="e.updated_at",
            )
        )
    if actor.may(SurveyAct.RECOMMEND_ENTRIES) and may_recommend(actor):
        parts.append(
            Pending(
                "surveys.recommend",
                lazy("填报待推荐"),
                lazy("去推荐"),
                "/recommendations/{key}",
                "/recommendations",
                "survey_entries e JOIN surveys s ON s.id = e.survey_id "
                "JOIN recommending_units r ON r.id = e.unit_id AND r.ended_at IS NULL "
                "JOIN organisations o ON o.id = e.organisation_id CROSS JOIN v "
                f"WHERE r.organisation_id = v.organisation_id AND e.status = '{EntryStatus.SUBMITTED}' "
                f"AND s.status IN ('{SurveyStatus.OPEN}', '{SurveyStatus.CLOSED}') "
                "AND (s.recommend_until IS NULL OR s.recommend_until > v.now)",
                key="s.number",
                number="e.number",
                title="e.title",
                party="o.name",
                due="((s.recommend_until - interval '1 second') AT TIME ZONE 'Asia/Shanghai')::date",
                since="e.submitted_at",
            )
        )
        parts.append(
            Pending(
                "surveys.check_list",
                lazy("核对导入的填报表"),
                lazy("去核对"),
                "/my/imports/{key}",
                "/recommendations",
                "listing_imports i CROSS JOIN v JOIN files f ON f.id = i.file_id "
                "WHERE i.organisation_id = v.organisation_id AND i.kind = 'survey_entry' "
                "AND i.status IN ('uploaded', 'checked')",
                key="i.number",
                number="i.number",
                title="f.name",
                since="i.updated_at",
            )
        )
    return parts


def recent(actor: Actor) -> list[Recent]:
    """Return the entries of the organisation and, for the operator, surveys."""
    parts = [
        Recent(
            "survey_entry",
            "survey_entries r JOIN surveys s ON s.id = r.survey_id",
            "/surveys/{key}",
            key="s.number || '/entries/' || r.running",
            title="r.title",
            is_shared="r.organisation_id = v.organisation_id",
        )
    ]
    if actor.may(SurveyAct.READ_SURVEYS):
        parts.append(Recent("survey", "surveys r", "/backoffice/surveys/{key}", title="r.title"))
    return parts
