"""What waits in this room: rankings and schemes to check."""

from __future__ import annotations

from market.accounts.actors import Actor
from market.accounts.models import OrganisationKind
from market.kit.i18n import lazy
from market.kit.worklist import Pending
from market.rankings.states import ObjectionStatus, RankingAct, RankingStatus, WarningStatus


def pending(actor: Actor) -> list[Pending]:
    """Return what the operator and the approver decide on, and what a park's office answers."""
    parts: list[Pending] = []
    if actor.may(RankingAct.RUN_RANKINGS):
        parts.append(
            Pending(
                "rankings.reports",
                lazy("园区月报待核对"),
                lazy("去核对"),
                "/backoffice/month-reports",
                "/backoffice/month-reports",
                "month_reports r JOIN parks p ON p.id = r.park_id WHERE r.verdict IS NULL",
                title="p.name || ' ' || to_char(r.month, 'YYYY-MM')",
                since="r.proposed_at",
            )
        )
        parts += _of_operator()
    if actor.may(RankingAct.DECIDE_RANKINGS):
        parts += _of_approver()
    if actor.may(RankingAct.REPORT_PARK) and actor.organisation_kind is OrganisationKind.AUTHORITY:
        parts.append(
            Pending(
                "rankings.answer",
                lazy("警告待整改"),
                lazy("去填写"),
                "/rankings/warnings/{key}",
                "/my/park",
                "ranking_warnings w JOIN parks p ON p.code = w.place CROSS JOIN v "
                f"WHERE p.office_id = v.organisation_id AND w.status = '{WarningStatus.GIVEN}'",
                key="w.number",
                number="w.number",
                title="w.name",
                since="w.decided_at",
            )
        )
    return parts


def _of_operator() -> list[Pending]:
    desk = "/backoffice/rankings"
    return [
        Pending(
            "rankings.answer_objection",
            lazy("排序异议待答复"),
            lazy("去答复"),
            "/rankings/objections/{key}",
            desk,
            "ranking_objections o JOIN rankings r ON r.id = o.ranking_id "
            f"WHERE o.status = '{ObjectionStatus.FILED}'",
            key="o.id::text",
            number="r.number",
            title="o.name",
            since="o.filed_at",
        ),
        Pending(
            "rankings.correct",
            lazy("异议成立，待更正"),
            lazy("去更正"),
            "/rankings/{key}",
            desk,
            "rankings r WHERE r.status = 'told' AND (EXISTS (SELECT 1 FROM ranking_objections o "
            "WHERE o.ranking_id = r.id AND o.status = 'upheld') OR EXISTS (SELECT 1 FROM notices n "
            "WHERE n.subject_kind = 'ranking' AND n.subject_id = r.id AND n.status = 'upheld'))",
            key="r.number",
            number="r.number",
            since="r.told_at",
        ),
        Pending(
            "rankings.lift",
            lazy("整改期限已到，待看能否解除"),
            lazy("去看"),
            "/rankings/warnings/{key}",
            desk,
            "ranking_warnings w CROSS JOIN v "
            f"WHERE w.status IN ('{WarningStatus.GIVEN}', '{WarningStatus.ANSWERED}') "
            "AND w.plan_until < v.today",
            key="w.number",
            number="w.number",
            title="w.name",
            since="w.decided_at",
        ),
    ]


def _of_approver() -> list[Pending]:
    desk = "/backoffice/rankings"
    waiting = ", ".join(f"'{status.value}'" for status in (WarningStatus.PROPOSED, WarningStatus.TO_LIFT))
    return [
        Pending(
            "rankings.check",
            lazy("排序待核定"),
            lazy("去核定"),
            "/rankings/{key}",
            desk,
            f"rankings r WHERE r.status = '{RankingStatus.CHECKING}'",
            key="r.number",
            number="r.number",
            since="r.proposed_at",
        ),
        Pending(
            "rankings.decide_scheme",
            lazy("排序方案待确认"),
            lazy("去确认"),
            desk,
            desk,
            "ranking_schemes r WHERE r.verdict IS NULL",
            title="r.basis",
            since="r.proposed_at",
        ),
        Pending(
            "rankings.decide_objection",
            lazy("排序异议待决定"),
            lazy("去决定"),
            "/rankings/objections/{key}",
            desk,
            "ranking_objections o JOIN rankings r ON r.id = o.ranking_id "
            f"WHERE o.status = '{ObjectionStatus.ANSWERED}'",
            key="o.id::text",
            number="r.number",
            title="o.name",
            since="o.updated_at",
        ),
        Pending(
            "rankings.decide_deduction",
            lazy("扣分待决定"),
            lazy("去决定"),
            "/backoffice/ranking-deductions",
            "/backoffice/ranking-deductions",
            "ranking_deductions d WHERE d.verdict IS NULL",
            title="d.name",
            since="d.proposed_at",
        ),
        Pending(
            "rankings.decide_warning",
            lazy("警告待决定"),
            lazy("去决定"),
            "/rankings/warnings/{key}",
            desk,
            f"ranking_warnings w WHERE w.status IN ({waiting})",
            key="w.number",
            number="w.number",
            title="w.name",
            since="w.updated_at",
        ),
    ]
