"""Pages of integrity records: entered, heard, confirmed and repaired by the operator."""

from __future__ import annotations

from uuid import UUID

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from market.accounts.actors import Actor
from market.accounts.web import actor_for
from market.codes.labels import choices
from market.integrity.models import SanctionGrade, Scope
from market.integrity.queries import list_sanctions
from market.integrity.services import answer_appeal, file_sanction, transition_sanction
from market.integrity.states import WORKFLOW, IntegrityAct, SanctionAction, SanctionStatus
from market.kit.errors import NotFound
from market.kit.flash import flash
from market.kit.form_fields import ChoiceField, ChoicesField, DayField, LongTextField, Required, TextField
from market.kit.forms import BaseForm
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.pagination import PageRequest
from market.kit.templating import render_form
from market.kit.web import deps, form_data_or_none, redirect_to
from market.records.by import By

ACTIONS = {
    SanctionAction.HEAR: lazy("已告知申辩"),
    SanctionAction.CONFIRM: lazy("认定"),
    SanctionAction.REPAIR: lazy("信用修复"),
}
ANSWERS = {"uphold": True, "dismiss": False}
"""What an appeal may be answered, by the button's value."""


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
    actor = actor_for(request, IntegrityAct.MANAGE_SANCTIONS)
    data = await form_data_or_none(request)
    if data is not None and data.get("act"):
        await _move(data, actor, request)
        return flash(request, redirect_to(request, "backoffice:sanctions"), _("已登记。"))
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
        table={
            status: [action for action in WORKFLOW.actions(status) if action in ACTIONS]
            for status in SanctionStatus
        },
        words=ACTIONS,
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


async def _move(data: FormData, actor: Actor, request: Request) -> None:
    act, reason = str(data.get("act")), str(data.get("reason") or "").strip()[:2000]
    now = deps(request).clock()
    try:
        sanction_id = UUID(str(data.get("sanction")))
        if act in ANSWERS:
            await answer_appeal(sanction_id, is_upheld=ANSWERS[act], text=reason, by=By(actor, now))
            return
        action = SanctionAction(act)
    except ValueError:
        raise NotFound(_("没有这条诚信记录。")) from None
    await transition_sanction(sanction_id, action, reason=reason, by=By(actor, now))


routes = [
    Route("/backoffice/sanctions", sanctions, name="backoffice:sanctions", methods=["GET", "POST"]),
]
