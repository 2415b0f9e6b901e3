"""Pages of experts of themselves: the application, their own entry, and whom applicants ask to avoid."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from market.accounts.actors import Actor
from market.accounts.permissions import DESK
from market.accounts.web import actor_for
from market.experts import avoidances, own_entry, ties, units
from market.experts.applications import PLEDGE, apply_as_expert, bar_words, is_barred, may_apply
from market.experts.forms import (
    ArrangementsForm,
    AvoidForm,
    EndForm,
    ExpertForm,
    TieForm,
    UnitForm,
    expert_data,
)
from market.experts.models import Expert
from market.experts.queries import find_own_expert
from market.experts.states import MOST_AVOIDED, WORKFLOW, ExpertAct, ExpertTieKind
from market.experts.units import Period
from market.files.attachments import optional_upload
from market.files.uploads import ACCEPT
from market.kit.errors import Conflict, NotFound
from market.kit.flash import flash
from market.kit.forms import BaseForm
from market.kit.i18n import Lazy, lazy
from market.kit.i18n import gettext as _
from market.kit.routing import UPLOAD, Route
from market.kit.templating import render, render_form
from market.kit.web import (
    deps,
    form_data_or_none,
    redirect_to,
    safe_path,
    typed_text,
    uuid_or_none,
)
from market.kit.worklist import NOBODY
from market.records.by import By


async def apply(request: Request) -> Response:
    """Show and take the application of the person."""
    actor, now = actor_for(request, ExpertAct.APPLY_AS_EXPERT), deps(request).clock()
    expert = await find_own_expert(actor)
    has_units = expert is None or expert.admitted_at is None
    form = ExpertForm(await form_data_or_none(request), data=expert_data(expert))
    if form.validate_on_submit() and form.validate_rows(has_units=has_units):
        with form.catch_invalid():
            await apply_as_expert(
                form.details, form.periods, await optional_upload(request), by=By(actor, now)
            )
            words = _("申请已提交。平台核验、批准人确认以后入库，结果会发到站内消息。")
            return flash(request, redirect_to(request, "experts:own"), words)
    return render_form(
        request,
        "experts/apply.html",
        form,
        expert=expert,
        has_units=has_units,
        is_open=may_apply(expert, now) and not decides(actor),
        is_desk=decides(actor),
        barred=bar_words(expert) if expert and is_barred(expert, now) else "",
        pledge=str(PLEDGE),
        accept=ACCEPT,
    )


def decides(actor: Actor) -> bool:
    """Return whether a person decides or audits for the department, and so may not be an expert."""
    return not actor.roles.isdisjoint(DESK)


async def own(request: Request) -> Response:
    """Show one's own entry and do what its buttons and forms say."""
    actor, now = actor_for(request, ExpertAct.APPLY_AS_EXPERT), deps(request).clock()
    data = await form_data_or_none(request)
    act = typed_text(data, "act") if data is not None else ""
    record_id = uuid_or_none(data.get("record")) if data is not None else None
    forms = await _forms(actor, data, act)
    if data is not None and act in BUTTONS:
        step, words = BUTTONS[act]
        await step(by=By(actor, now))
        return flash(request, redirect_to(request, "experts:own"), str(words))
    if data is not None and act not in forms:
        raise NotFound(_("没有这个页面，或者您不能查看它。"))
    if data is not None and forms[act].validate_on_submit():
        with forms[act].catch_invalid():
            await _carry_out(act, forms[act], record_id or NOBODY, By(actor, now))
            return flash(request, redirect_to(request, "experts:own"), _("已保存。"))
    expert = await find_own_expert(actor)
    if expert is None:
        return render(request, "experts/none.html", is_desk=decides(actor))
    return render(
        request,
        "experts/own.html",
        422 if any(form.errors for form in forms.values()) else 200,
        expert=expert,
        forms=forms,
        record_id=record_id,
        actions=WORKFLOW.actions(expert.status),
        may_apply=may_apply(expert, now),
        is_waiting=any(decision.verdict is None for decision in expert.decisions),
        barred=bar_words(expert) if is_barred(expert, now) else "",
        decided=next((decision for decision in expert.decisions if decision.is_confirmed), None),
    )


Step = Callable[..., Awaitable[object]]
BUTTONS: Mapping[str, tuple[Step, Lazy]] = {
    "pause": (own_entry.pause, lazy("已暂停，暂停期间不会被抽取。")),
    "resume": (own_entry.resume, lazy("已恢复，可以被抽取了。")),
    "leave": (own_entry.leave, lazy("已退出。以后可以重新申请。")),
}
"""What a button without fields does, and the words about it."""
FORMS: Mapping[str, type[BaseForm]] = {
    "arrangements": ArrangementsForm,
    "unit": UnitForm,
    "end_unit": EndForm,
    "tie": TieForm,
    "end_tie": EndForm,
}


async def _forms(actor: Actor, data: FormData | None, act: str) -> dict[str, Any]:
    """Return the forms of one's own entry, the one that was sent with what was typed."""
    expert = await Expert.get_or_none(user_id=actor.user_id)
    stored = (
        {"phone": expert.phone, "languages": expert.languages, "capacity": expert.capacity} if expert else {}
    )
    return {
        name: form(data if name == act else None, data=stored if name == "arrangements" else {})
        for name, form in FORMS.items()
    }


async def _carry_out(act: str, form: Any, record_id: UUID, by: By) -> None:
    """Do what a form says."""
    match act:
        case "arrangements":
            await own_entry.change_arrangements(
                phone=form.phone.data,
                languages=form.languages.data or "",
                capacity=form.capacity.data,
                by=by,
            )
        case "unit":
            period = Period(form.unit_name.data, form.unit_began_on.data, form.unit_ended_on.data)
            await units.add_unit(period, by=by)
        case "end_unit":
            await units.end_unit(record_id, form.ended_on.data, by=by)
        case "tie":
            kind = ExpertTieKind(form.tie_kind.data)
            note, is_person = form.note.data or "", bool(form.is_person.data)
            await ties.declare_tie(form.name.data, kind, is_person=is_person, note=note, by=by)
        case _:
            await ties.end_tie(record_id, form.ended_on.data, by=by)


async def avoided(request: Request) -> Response:
    """Show and take whom an organisation asks to avoid; lead back to the page where it was typed."""
    actor, now = actor_for(request, ExpertAct.AVOID_EXPERTS), deps(request).clock()
    data = await form_data_or_none(request)
    target = safe_path(str(data.get("next") or ""), "") if data is not None else ""
    record_id = uuid_or_none(data.get("record")) if data is not None else None
    if data is not None and data.get("act") == "withdraw":
        await avoidances.withdraw_avoidance(record_id or NOBODY, by=By(actor, now))
        return _back(request, target, _("已撤回。"))
    form: Any = AvoidForm(data)
    if form.validate_on_submit():
        with form.catch_invalid(Conflict):
            await avoidances.avoid_expert(
                form.name.data, form.unit_name.data or "", form.reason.data, by=By(actor, now)
            )
            return _back(request, target, _("已提交。抽取专家时据此回避，申请内容不对外公开。"))
    return render_form(
        request,
        "experts/avoided.html",
        form,
        avoided=await avoidances.list_avoided(actor.organisation_id or NOBODY),
        most=MOST_AVOIDED,
        next_address=target,
    )


def _back(request: Request, target: str, words: str) -> Response:
    answer = redirect_to(request, "experts:avoided")
    answer.headers["location"] = target or answer.headers["location"]
    return flash(request, answer, words)


routes = [
    Route("/experts/apply", apply, name="experts:apply", methods=["GET", "POST"], body=UPLOAD),
    Route("/my/expert", own, name="experts:own", methods=["GET", "POST"]),
    Route("/my/avoided-experts", avoided, name="experts:avoided", methods=["GET", "POST"]),
]
