"""Decisions on experts by two: admitted, refused, barred, a bar lifted; operator and approver (README i)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from market.accounts.messages import notify, notify_staff
from market.accounts.models import StaffRole
from market.accounts.relations import require_unrelated
from market.audit.log import record
from market.experts.models import Expert, ExpertDecision, ExpertUnit
from market.experts.states import WORKFLOW, ExpertAct, ExpertRuling, ExpertVerb
from market.kit.clock import local_date
from market.kit.database import atomic
from market.kit.errors import Conflict, Forbidden, Invalid, NotFound
from market.kit.formats import day
from market.kit.i18n import gettext as _
from market.records.by import By
from market.records.decisions import Verdict, decide
from market.records.transitions import transition


async def lock_expert(number: str) -> Expert:
    """Return an expert, locked until the transaction ends.

    Raises:
        NotFound: there is none.
    """
    expert = await Expert.filter(number=number).select_for_update().first()
    if expert is None:
        raise NotFound(_("没有这位专家。"))
    return expert


@atomic()
async def propose_ruling(
    number: str,
    ruling: ExpertRuling,
    *,
    text: str,
    until: date | None = None,
    application_at: datetime,
    by: By,
) -> ExpertDecision:
    """Propose what becomes of an expert; the approver decides.

    `text` is what was checked, or the reason that the expert will read. `application_at` is the application
    that the operator looked at.

    Raises:
        Invalid: at `text`, also where an application that was taken over has no details yet; or at `until`: a
            bar that ends before it begins.
        ActionNotAllowed: the expert's status does not permit it.
        Conflict: something proposed before waits to be decided, or the application was changed meanwhile.
        Conflicted: the operator has a common past with a unit of the expert.
    """
    by.actor.require(ExpertAct.VERIFY_EXPERT if ruling.is_of_application else ExpertAct.BAR_EXPERT)
    expert = await lock_expert(number)
    await _require_impartial(expert, by)
    WORKFLOW.next(expert.status, ruling.action)
    if not text:
        raise Invalid(_("请写明核对了什么或者理由。"), field="text")
    if ruling is ExpertRuling.ADMIT and not expert.fields_of_work:
        raise Invalid(_("申请资料还不全，请申请人补齐后再核验。"), field="text")
    if until is not None and (ruling is not ExpertRuling.BAR or until <= local_date(by.now)):
        raise Invalid(_("禁入的截止日应在今天以后。"), field="until")
    if await ExpertDecision.exists(expert_id=expert.id, verdict=None):
        raise Conflict(_("这位专家已有提请，正待批准人决定。"))
    if ruling.is_of_application and application_at != expert.applied_at:
        raise Conflict(_("申请刚被修改过，请刷新后再看。"))
    decision = await ExpertDecision.create(
        id=uuid4(),
        expert_id=expert.id,
        ruling=ruling,
        text=text,
        until=until,
        application_at=expert.applied_at,
        proposed_by_id=by.actor.user_id,
        proposed_at=by.now,
    )
    await record(
        "expert",
        expert.id,
        ExpertVerb.PROPOSE_RULING,
        by=by,
        decision=decision.id,
        ruling=ruling.value,
        until=until,
    )
    await notify_staff(
        StaffRole.APPROVER,
        _("专家 %(number)s 待决定：%(ruling)s", number=expert.number, ruling=ruling.label),
        now=by.now,
        address=_page(expert),
    )
    return decision


@atomic()
async def decide_ruling(decision_id: UUID, verdict: Verdict, *, reason: str = "", by: By) -> Expert:
    """Decide on what was proposed about an expert; confirmed, it is carried out and the expert is told.

    Raises:
        NotFound: there is no such proposal.
        SamePerson: the actor proposed it.
        Invalid: a rejection without a reason.
        AlreadyDecided: it was decided before.
        ActionNotAllowed: the expert's status has changed, such as by leaving.
        Conflicted: the actor has a common past with a unit of the expert.
    """
    by.actor.require(ExpertAct.DECIDE_EXPERT)
    proposal = await ExpertDecision.get_or_none(id=decision_id).select_related("expert")
    if proposal is None:
        raise NotFound(_("没有这项提请。"))
    if not proposal.ruling.is_of_application:
        by.actor.require(ExpertAct.CONFIRM_BAR)
    expert = await lock_expert(proposal.expert.number)
    await _require_impartial(expert, by)
    decision = await ExpertDecision.filter(id=decision_id).select_for_update().get()
    refusal = _("专家的核验与决定须由两人分别完成。")
    await decide(decision, verdict, by=by, reason=reason, refusal=refusal)
    if verdict is Verdict.REJECTED:
        await record("expert", expert.id, ExpertVerb.RETURN_RULING, by=by, decision=decision.id)
        await notify(
            _("专家 %(number)s 的提请被退回：%(reason)s", number=expert.number, reason=reason),
            user_ids=[decision.proposed_by_id],
            now=by.now,
            address=_page(expert),
        )
        return expert
    await _carry_out(expert, decision, by=by)
    await notify(_words_for_the_expert(decision), user_ids=[expert.user_id], now=by.now, address="/my/expert")
    return expert


async def _carry_out(expert: Expert, decision: ExpertDecision, *, by: By) -> None:
    ruling = decision.ruling
    changes: dict[str, Any] = {}
    data: dict[str, Any] = {"decision": decision.id}
    if ruling is ExpertRuling.ADMIT:
        changes = {"admitted_at": expert.admitted_at or by.now}
        data |= {"kind": expert.kind, "title_rank": expert.title_rank, "weights": expert.fields_of_work}
    elif ruling in (ExpertRuling.BAR, ExpertRuling.LIFT):
        changes = {"barred_until": decision.until}
    await transition(expert, ruling.action, by=by, changes=changes, **data)


async def _require_impartial(expert: Expert, by: By) -> None:
    """Raise if who acts is the expert, or has a common past with a unit of theirs.

    Raises:
        Forbidden: it is their own entry.
        Conflicted: they have.
    """
    if expert.user_id == by.actor.user_id:
        raise Forbidden(_("不能办理自己的入库。"))
    units = await ExpertUnit.filter(expert_id=expert.id, organisation_id__isnull=False)
    await require_unrelated(by, {unit.organisation_id for unit in units if unit.organisation_id})


def _words_for_the_expert(decision: ExpertDecision) -> str:
    match decision.ruling:
        case ExpertRuling.ADMIT:
            return _("您已入专家库，可能被随机抽取参加评审。")
        case ExpertRuling.REFUSE:
            return _("您的专家入库申请没有通过：%(reason)s", reason=decision.text)
        case ExpertRuling.BAR:
            until = day(decision.until) if decision.until else _("长期")
            return _("您已被禁止入专家库，至：%(until)s。理由：%(reason)s", until=until, reason=decision.text)
        case ExpertRuling.LIFT:
            return _("您的专家库禁入已经解除，可以重新申请。")


def _page(expert: Expert) -> str:
    return f"/admin/experts/{expert.number}"
