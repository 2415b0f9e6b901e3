"""Pages of integrity records: the operator enters, hears and proposes, the approver decides, others read."""

from __future__ import annotations

from uuid import UUID

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from market.accounts.actors import Actor
from market.accounts.web import actor_for
from market.codes.labels import choices
from market.integrity.models import SanctionGrade, Scope
from market.integrity.queries import list_sanctions
from market.integrity.sanction_acts import file_sanction, hear_sanction
from market.integrity.sanction_decisions import decide_ruling, propose_ruling
from market.integrity.states import WORKFLOW, IntegrityAct, SanctionAction, SanctionRuling, SanctionStatus
from market.kit.errors import NotFound
from market.kit.flash import flash
from market.kit.form_fields import ChoiceField, ChoicesField, DayField, LongTextField, Required, TextField
from market.kit.forms import BaseForm
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.pagination import PageRequest
from market.kit.routing import Route
from market.kit.templating import render_form
from market.kit.web import deps, form_data_or_none, redirect_to, uuid_or_none
from market.records.by import By
from market.records.decisions import Verdict

VERDICTS = {"agree": Verdict.CONFIRMED, "reject": Verdict.REJECTED}
"""What the approver answers, by the button's value."""


class SanctionForm(BaseForm):
    uscc = TextField(lazy("统一社会信用代码"), [Required(lazy("请填统一社会信用代码。"))], max_length=18)
    name = TextField(lazy("单位名称"), [Required(lazy("请填单位名称。"))], max_length=120)
    grade = ChoiceField(
        lazy("等级"),
        [Required(lazy("请选择等级。"))],
        choices=lambda: choices("sanction_grade"),
        blank=lazy("请选择"),
    )
    scopes = ChoicesField(lazy("限制范围"), choices=lambda: choices("scope"))
    starts_on = DayField(lazy("起始日期"), [Required(lazy("请填起始日期。"))])
    ends_on = DayField(lazy("截止日期"))
    decision_number = TextField(lazy("决定文号"), [Required(lazy("请填决定文号。"))], max_length=80)
    appeal_to = TextField(lazy("申诉机关和方式"), max_length=200)
    source = TextField(lazy("作出决定的机关"), [Required(lazy("请填作出决定的机关。"))], max_length=200)
    basis = LongTextField(lazy("依据和事由"), [Required(lazy("请写明依据和事由。"))], max_length=2000)


async def sanctions(request: Request) -> Response:
    actor = actor_for(request, IntegrityAct.SEE_SANCTIONS)
    data = await form_data_or_none(request)
    if data is not None and data.get("act"):
        words = await _act(data, actor, request)
        return flash(request, redirect_to(request, "backoffice:sanctions"), words)
    if data is not None:
        actor.require(IntegrityAct.MANAGE_SANCTIONS)
    form = SanctionForm(data)
    if form.validate_on_submit():
        with form.catch_invalid():
            await _file(form, actor, request)
            done = redirect_to(request, "backoffice:sanctions")
            return flash(request, done, _("已登记，告知申辩并认定以后才生效。"))
    status = request.query_params.get("status", "")
    status = status if status in set(SanctionStatus) else ""
    text = request.query_params.get("text", "").replace("\x00", "").strip()[:60]
    return render_form(
        request,
        "backoffice/sanctions.html",
        form,
        page=await list_sanctions(PageRequest.from_query(request.query_params), status=status, text=text),
        status=status,
        statuses=list(SanctionStatus),
        text=text,
        rulings={
            status: [
                ruling
                for ruling in (SanctionRuling.CONFIRM, SanctionRuling.REPAIR)
                if ruling.action in WORKFLOW.actions(status)
            ]
            for status in SanctionStatus
        },
    )


async def _file(form: SanctionForm, actor: Actor, request: Request) -> None:
    await file_sanction(
        uscc=str(form.uscc.data).upper(),
        name=str(form.name.data),
        grade=SanctionGrade(form.grade.data),
        scopes=[Scope(scope) for scope in form.scopes.data or []],
        decision_number=str(form.decision_number.data),
        source=str(form.source.data),
        basis=str(form.basis.data),
        starts_on=form.starts_on.data,
        ends_on=form.ends_on.data,
        appeal_to=str(form.appeal_to.data or ""),
        by=By(actor, deps(request).clock()),
    )


async def _act(data: FormData, actor: Actor, request: Request) -> str:
    """Do what a button says and return the words about it."""
    act, by = str(data.get("act")), By(actor, deps(request).clock())
    reason = str(data.get("reason") or "").replace("\x00", "").strip()[:2000]
    if act in VERDICTS:
        decision_id = _id_of(data, "decision")
        await decide_ruling(decision_id, VERDICTS[act], reason=reason[:300], by=by)
        return _("已决定，当事单位会收到消息。") if act == "agree" else _("已退回提请人。")
    sanction_id = _id_of(data, "sanction")
    if act == SanctionAction.HEAR:
        await hear_sanction(sanction_id, by=by)
        return _("已登记。")
    try:
        ruling = SanctionRuling(act)
    except ValueError:
        raise NotFound(_("没有这条诚信记录。")) from None
    await propose_ruling(sanction_id, ruling, text=reason, by=by)
    return _("已提请批准人决定，决定以后才生效。")


def _id_of(data: FormData, name: str) -> UUID:
    record_id = uuid_or_none(str(data.get(name) or ""))
    if record_id is None:
        raise NotFound(_("没有这条诚信记录。"))
    return record_id


routes = [
    Route("/backoffice/sanctions", sanctions, name="backoffice:sanctions", methods=["GET", "POST"]),
]
