"""What waits in this room: objections to be answered and ruled on, holidays to be confirmed."""

from __future__ import annotations

from datetime import datetime

from market.accounts.actors import Actor
from market.accounts.permissions import Role
from market.kit.clock import local_date
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.worklist import Pending, Recent, Todo, Worklist
from market.notices.holiday_years import missing_years, year_title
from market.notices.states import UNDECIDED, NoticeAct, ObjectionStatus, StatementSide

_OPEN = ", ".join(f"'{status}'" for status in UNDECIDED)
_OBJECTIONS = "objections o JOIN notices n ON n.id = o.notice_id"
_PROPOSED = (
    "EXISTS (SELECT 1 FROM objection_rulings r WHERE r.objection_id = o.id AND r.verdict IS NULL "
    "AND r.proposed_at IS NOT NULL)"
)


_RESPONDENTS = (
    f"{_OBJECTIONS} CROSS JOIN v WHERE o.status IN ({_OPEN}) AND o.respondent_id = v.organisation_id "  # noqa: S608
    "AND NOT EXISTS (SELECT 1 FROM objection_statements s WHERE s.objection_id = o.id "
    f"AND s.side = '{StatementSide.RESPONDENT}')"
)
_RESPOND = Pending(
    "notices.respond",
    lazy("答复对本单位的异议"),
    lazy("去答复"),
    "/objections/{key}/answer",
    "/dashboard",
    _RESPONDENTS,
    key="o.id",
    number="n.number",
    title="n.title",
    due="(o.respond_by AT TIME ZONE 'Asia/Shanghai' - interval '1 second')::date",
    since="o.filed_at",
)


def pending(actor: Actor) -> list[Pending]:
    """Return what the person answers, rules on or confirms."""
    parts = []
    if actor.may(NoticeAct.ANSWER_OBJECTION):
        whose = (
            "n.organisation_id IS NULL"
            if Role.OFFICER in actor.roles
            else "n.organisation_id = v.organisation_id"
        )
        parts.append(
            Pending(
                "notices.answer",
                lazy("答复公示异议"),
                lazy("去答复"),
                "/objections/{key}/answer",
                "/dashboard",
                f"{_OBJECTIONS} CROSS JOIN v WHERE o.status = '{ObjectionStatus.FILED}' AND {whose}",
                key="o.id",
                number="n.number",
                title="n.title",
                since="o.filed_at",
            )
        )
        parts.append(_RESPOND)
    if actor.may(NoticeAct.PROPOSE_RULING):
        parts.append(_ruling("notices.rule", f"NOT {_PROPOSED}"))
    if actor.may(NoticeAct.DECIDE_OBJECTION):
        parts.append(_ruling("notices.decide", _PROPOSED))
    if actor.may(NoticeAct.CONFIRM_HOLIDAYS):
        parts.append(
            Pending(
                "notices.holidays",
                lazy("待确认的放假安排"),
                lazy("去确认"),
                "/backoffice/holidays/{key}",
                "/backoffice/holidays",
                "holiday_years h WHERE h.verdict IS NULL",
                key="h.id",
                title="h.year",
                since="h.proposed_at",
            )
        )
    return parts


async def missing_holidays(actor: Actor, now: datetime) -> Worklist:
    """Return the years whose holidays the operator has to enter."""
    if not actor.may(NoticeAct.ENTER_HOLIDAYS):
        return Worklist()
    return Worklist(
        [
            Todo(
                "notices.missing",
                _("缺少的放假安排"),
                _("去录入"),
                "/backoffice/holidays",
                title=year_title(year, region),
            )
            for year, region in await missing_years(local_date(now))
        ]
    )


def _ruling(kind: str, condition: str) -> Pending:
    is_decision = kind == "notices.decide"
    return Pending(
        kind,
        lazy("待决定的裁定") if is_decision else lazy("待裁定异议"),
        lazy("去决定") if is_decision else lazy("去裁定"),
        "/objections/{key}/decide",
        "/backoffice/objections",
        f"{_OBJECTIONS} WHERE o.status IN ({_OPEN}) AND {condition}",
        key="o.id",
        number="n.number",
        title="n.title",
        since="o.filed_at",
    )


def recent(actor: Actor) -> list[Recent]:
    """Return the objections that the person raised, answered or ruled on."""
    source = "objections r JOIN notices n ON n.id = r.notice_id"
    return [Recent("objection", source, "/notices/{key}", key="n.number", number="n.number", title="n.title")]
