"""What waits in this room: deeds to declare, to check, to draw, to examine and to decide on; follow-ups."""

from __future__ import annotations

from market.accounts.actors import Actor
from market.kit.i18n import lazy
from market.kit.worklist import Pending
from market.targets.cities import checks_for_a_city
from market.targets.states import DeedStatus, PlanStatus, TargetAct

_DEED = "/deeds/{key}"
_TITLES = "deeds d JOIN contracts k ON k.id = d.contract_id"


def _among(*statuses: DeedStatus) -> str:
    return "d.status IN ({})".format(", ".join(f"'{status.value}'" for status in statuses))


def pending(actor: Actor) -> list[Pending]:
    """Return what the person's unit declares, what their city checks, what the department decides."""
    return [*_of_unit(actor), *_of_city(actor), *_of_operator(actor), *_of_approver(actor)]


def _of_unit(actor: Actor) -> list[Pending]:
    if not actor.may(TargetAct.DECLARE_DEED) or not actor.is_organisation_verified:
        return []
    return [
        Pending(
            "targets.declare",
            lazy("可以申报重大成果转化"),
            lazy("去申报"),
            _DEED,
            "/my/deeds?status=found",
            f"{_TITLES} CROSS JOIN v WHERE d.unit_id = v.organisation_id AND NOT d.is_related "
            f"AND d.status = '{DeedStatus.FOUND}' AND d.year = extract(year FROM v.today)",
            key="d.number",
            number="d.number",
            title="k.name",
            due="make_date(d.year, 12, 31)",
            since="d.found_at",
            amount="d.contract_amount",
        ),
        Pending(
            "targets.answer_share",
            lazy("邀请分享的成果转化待答复"),
            lazy("去答复"),
            f"{_DEED}#shares",
            "/my/deeds",
            "deed_shares w JOIN deeds d ON d.id = w.deed_id JOIN contracts k ON k.id = d.contract_id "
            "CROSS JOIN v WHERE w.verdict IS NULL AND w.partner_id = v.organisation_id "
            "AND d.status IN ('found', 'declared')",
            key="d.number",
            number="d.number",
            title="k.name",
            since="w.proposed_at",
        ),
    ]


def _of_city(actor: Actor) -> list[Pending]:
    if not actor.may(TargetAct.CHECK_DEED) or not checks_for_a_city(actor):
        return []
    mine = (
        "JOIN recommending_units r ON r.ended_at IS NULL AND starts_with(r.region, d.city) "
        "CROSS JOIN v WHERE r.organisation_id = v.organisation_id"
    )
    return [
        Pending(
            "targets.check",
            lazy("重大成果转化待审核"),
            lazy("去审核"),
            _DEED,
            "/check/deeds?status=declared",
            f"{_TITLES} {mine} AND d.status = '{DeedStatus.DECLARED}'",
            key="d.number",
            number="d.number",
            title="k.name",
            since="d.updated_at",
            amount="d.contract_amount",
        ),
        Pending(
            "targets.confirm_follow_up",
            lazy("回访待确认"),
            lazy("去确认"),
            _DEED,
            "/check/deeds?status=verified",
            f"deed_follow_ups f JOIN deeds d ON d.id = f.deed_id JOIN contracts k ON k.id = d.contract_id "
            f"{mine} AND f.verdict IS NULL",
            key="d.number",
            number="d.number",
            title="k.name",
            since="f.proposed_at",
        ),
    ]


def _of_operator(actor: Actor) -> list[Pending]:
    if not actor.may(TargetAct.MANAGE_TARGETS):
        return []
    no_unit = (
        "NOT EXISTS (SELECT 1 FROM recommending_units r WHERE r.ended_at IS NULL "
        "AND starts_with(r.region, d.city))"
    )
    return [
        Pending(
            "targets.check_by_operator",
            lazy("没有审核单位的市，重大成果转化待审核"),
            lazy("去审核"),
            _DEED,
            "/backoffice/deeds?status=declared",
            f"{_TITLES} WHERE d.status = '{DeedStatus.DECLARED}' AND {no_unit}",
            key="d.number",
            number="d.number",
            title="k.name",
            since="d.updated_at",
            amount="d.contract_amount",
        ),
        Pending(
            "targets.draw",
            lazy("重大成果转化待抽样"),
            lazy("去抽样"),
            "/backoffice/targets",
            "/backoffice/deeds?status=checked",
            f"{_TITLES} WHERE d.status = '{DeedStatus.CHECKED}' AND d.sample_id IS NULL",
            key="d.number",
            number="d.number",
            title="k.name",
            since="d.updated_at",
        ),
        Pending(
            "targets.examine",
            lazy("抽中的重大成果转化待核验"),
            lazy("去核验"),
            _DEED,
            "/backoffice/deeds?status=checked&sampled=1",
            f"{_TITLES} WHERE {_among(DeedStatus.CHECKED)} AND d.is_sampled "  # noqa: S608
            "AND NOT EXISTS (SELECT 1 FROM deed_verdicts w WHERE w.deed_id = d.id AND w.verdict IS NULL)",
            key="d.number",
            number="d.number",
            title="k.name",
            since="d.updated_at",
            amount="d.contract_amount",
        ),
        Pending(
            "targets.visit",
            lazy("存疑的成果转化待现场核查"),
            lazy("去核查"),
            _DEED,
            "/backoffice/deeds?status=doubtful",
            f"{_TITLES} WHERE {_among(DeedStatus.DOUBTFUL)} "  # noqa: S608
            "AND NOT EXISTS (SELECT 1 FROM deed_verdicts w WHERE w.deed_id = d.id AND w.verdict IS NULL)",
            key="d.number",
            number="d.number",
            title="k.name",
            since="d.updated_at",
            amount="d.contract_amount",
        ),
        Pending(
            "targets.strike",
            lazy("计入的成果转化不再符合"),
            lazy("去核减"),
            _DEED,
            "/backoffice/deeds?alarm=1",
            f"{_TITLES} WHERE d.alarm <> '' AND {_among(DeedStatus.VERIFIED, DeedStatus.PARTIAL)}",
            key="d.number",
            number="d.number",
            title="k.name",
            since="d.updated_at",
        ),
    ]


def _of_approver(actor: Actor) -> list[Pending]:
    if not actor.may(TargetAct.DECIDE_TARGETS):
        return []
    desk = "/backoffice/targets"
    return [
        Pending(
            "targets.decide_result",
            lazy("核验结论待决定"),
            lazy("去决定"),
            _DEED,
            "/backoffice/deeds",
            f"deed_verdicts w JOIN {_TITLES.replace('deeds d', 'deeds d ON d.id = w.deed_id', 1)} "
            "WHERE w.verdict IS NULL",
            key="d.number",
            number="d.number",
            title="k.name",
            since="w.proposed_at",
            amount="d.contract_amount",
        ),
        Pending(
            "targets.decide_rest",
            lazy("未抽中的待认定"),
            lazy("去决定"),
            "/backoffice/deed-samples/{key}",
            desk,
            "rest_rulings w JOIN deed_samples s ON s.id = w.sample_id WHERE w.verdict IS NULL",
            key="s.number",
            number="s.number",
            since="w.proposed_at",
        ),
        Pending(
            "targets.issue",
            lazy("年度目标待下达"),
            lazy("去批准"),
            "/backoffice/targets/{key}",
            desk,
            f"target_plans p WHERE p.status = '{PlanStatus.WAITING}'",
            key="p.number",
            number="p.number",
            title="p.title",
            since="p.proposed_at",
        ),
        Pending(
            "targets.decide_definition",
            lazy("指标口径待确认"),
            lazy("去确认"),
            desk,
            desk,
            "target_definitions w WHERE w.verdict IS NULL",
            title="w.basis",
            since="w.proposed_at",
        ),
        Pending(
            "targets.decide_closing",
            lazy("年度数待封存"),
            lazy("去决定"),
            desk,
            desk,
            "target_closings w WHERE w.verdict IS NULL",
            title="w.year::text",
            since="w.proposed_at",
        ),
    ]
