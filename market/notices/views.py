"""Public pages of notices, their feed and print, and the forms for objections and extensions."""

from __future__ import annotations

from uuid import UUID

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from market.accounts.actors import Actor
from market.accounts.web import actor_for, optional_actor
from market.codes.labels import choices
from market.kit.errors import NotFound
from market.kit.flash import flash
from market.kit.form_fields import ChoiceField, LongTextField, NumberField, Required, TextField
from market.kit.forms import BaseForm
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.pagination import PageRequest
from market.kit.pdf import render_pdf
from market.kit.templating import render, render_form
from market.kit.web import deps, form_data_or_none, path_id, redirect_to
from market.notices import notice_acts, objections, queries, rulings
from market.notices.holiday_years import calendar_for
from market.notices.models import Notice, Objection
from market.notices.periods import days_left, last_day
from market.notices.publicity import outcome_of
from market.notices.queries import can_answer, can_extend
from market.notices.states import RUNNING, UNDECIDED, NoticeAct, NoticeStatus
from market.notices.texts import NEWEST, atom, canonical, print_of, publisher_of
from market.records.by import By
from market.records.decisions import Verdict


class ObjectionForm(BaseForm):
    entry = ChoiceField(lazy("异议针对"), choices=())
    reason = LongTextField(lazy("异议的事实和理由"), [Required(lazy("请写明事实和理由。"))], max_length=2000)


class AnswerForm(BaseForm):
    answer = LongTextField(lazy("答复"), [Required(lazy("请填写答复。"))], max_length=2000)


class DecisionForm(BaseForm):
    outcome = ChoiceField(
        lazy("裁定"),
        [Required(lazy("请选择异议是否成立。"))],
        choices=lambda: [("dismissed", lazy("异议不成立，公示继续")), ("upheld", lazy("异议成立"))],
        blank=lazy("请选择"),
    )
    text = LongTextField(
        lazy("裁定的理由"), [Required(lazy("请写明裁定的理由，理由将公开。"))], max_length=2000
    )


class ExtensionForm(BaseForm):
    days = NumberField(lazy("延长后的公示期（天）"), [Required(lazy("请填延长后的天数。"))])
    reason = TextField(lazy("延长的理由"), [Required(lazy("请写明理由，理由将公开。"))], max_length=300)


_FILTERS = {NoticeStatus.CLEAR: lazy("公示期满")}
"""Statuses that stand for several shown ones."""


async def index(request: Request) -> Response:
    kind, status = request.query_params.get("kind", ""), request.query_params.get("status", "")
    page = await queries.list_notices(PageRequest.from_query(request.query_params), kind, status)
    counts = await queries.count_notices()
    return render(
        request,
        "notices/index.html",
        page=page,
        kinds=choices("notice_kind"),
        statuses=[
            (status.value, f"{_FILTERS.get(status, status.label)}（{counts[status]}）")
            for status in NoticeStatus
        ],
        kind=kind,
        status=status,
        left={notice.id: _days_left(request, notice) for notice in page.items},
    )


async def show(request: Request) -> Response:
    notice = await queries.get_notice(request.path_params["number"])
    actor = optional_actor(request)
    last = last_day(notice.ends_at) if notice.ends_at else None
    return render(
        request,
        "notices/show.html",
        notice=notice,
        canonical=canonical(notice.title, notice.body),
        outcome=await outcome_of(notice),
        publisher=publisher_of(notice),
        left=_days_left(request, notice),
        last_day=last,
        is_settled=last is None or (await calendar_for(request)).is_known(last, notice.region),
        can_object=notice.status in RUNNING
        and (notice.ends_at is None or notice.ends_at > deps(request).clock())
        and (actor is None or actor.may(NoticeAct.OBJECT)),
        can_answer=actor is not None and can_answer(actor, notice),
        can_decide=actor is not None
        and (actor.may(NoticeAct.PROPOSE_RULING) or actor.may(NoticeAct.DECIDE_OBJECTION)),
        may_follow=actor is not None and queries.may_follow(actor, notice),
        can_extend=actor is not None and notice.status in RUNNING and can_extend(actor, notice),
        entry_names=dict(notice.entries),
    )


async def object_(request: Request) -> Response:
    actor = actor_for(request, NoticeAct.OBJECT)
    notice = await queries.get_notice(request.path_params["number"])
    form = ObjectionForm(await form_data_or_none(request))
    form.entry.choices = [("", _("整份公示")), *((entry, name) for entry, name in notice.entries)]
    if form.validate_on_submit():
        entry = UUID(form.entry.data) if form.entry.data else None
        await objections.object_to(
            notice.number,
            reason=str(form.reason.data),
            entry_id=entry,
            by=By(actor, deps(request).clock()),
        )
        response = redirect_to(request, "notices:show", number=notice.number)
        return flash(request, response, _("异议已提出，公示程序中止。处理结果会通知您。"))
    return render_form(request, "notices/object.html", form, notice=notice)


async def answer(request: Request) -> Response:
    actor = actor_for(request, NoticeAct.ANSWER_OBJECTION)
    objection = await queries.get_objection_for(actor, path_id(request, "objection_id"))
    form = AnswerForm(await form_data_or_none(request))
    if form.validate_on_submit():
        await objections.answer(objection.id, str(form.answer.data), by=By(actor, deps(request).clock()))
        response = redirect_to(request, "notices:show", number=objection.notice.number)
        return flash(request, response, _("答复已公开，由平台管理员裁定。"))
    return render_form(
        request,
        "notices/answer.html",
        form,
        objection=objection,
        notice=objection.notice,
        entry_names=dict(objection.notice.entries),
    )


async def decide(request: Request) -> Response:
    """Propose a ruling, as the operator, or decide on the one proposed, as the approver."""
    actor = actor_for(request, NoticeAct.SEE_OBJECTIONS)
    objection = await queries.get_objection_for(actor, path_id(request, "objection_id"))
    data = await form_data_or_none(request)
    if data is not None and data.get("act"):
        return await _decide_ruling(request, actor, objection, data)
    if data is not None:
        actor.require(NoticeAct.PROPOSE_RULING)
    form = DecisionForm(data)
    if form.validate_on_submit():
        await rulings.propose_ruling(
            objection.id,
            is_upheld=form.outcome.data == "upheld",
            text=str(form.text.data),
            by=By(actor, deps(request).clock()),
        )
        response = redirect_to(request, "notices:decide", objection_id=objection.id)
        return flash(request, response, _("拟裁定已提交，批准人决定以后公开。"))
    return render_form(
        request,
        "notices/decide.html",
        form,
        objection=objection,
        notice=objection.notice,
        entry_names=dict(objection.notice.entries),
        rulings=await rulings.list_rulings(objection.id),
        is_undecided=objection.status in UNDECIDED,
    )


async def _decide_ruling(request: Request, actor: Actor, objection: Objection, data: FormData) -> Response:
    verdict = Verdict.CONFIRMED if data.get("act") == "confirm" else Verdict.REJECTED
    reason = str(data.get("reason") or "").replace("\x00", "").strip()[:300]
    await rulings.decide_ruling(objection.id, verdict, reason=reason, by=By(actor, deps(request).clock()))
    if verdict is Verdict.REJECTED:
        response = redirect_to(request, "notices:decide", objection_id=objection.id)
        return flash(request, response, _("拟裁定已退回。"), "due")
    response = redirect_to(request, "notices:show", number=objection.notice.number)
    return flash(request, response, _("裁定已公开。"))


async def extend(request: Request) -> Response:
    actor = actor_for(request, NoticeAct.EXTEND_NOTICE)
    notice = await queries.get_notice(request.path_params["number"])
    if not can_extend(actor, notice):
        raise NotFound(_("没有这份公示，或者不是您单位发布的。"))
    form = ExtensionForm(await form_data_or_none(request))
    calendar = await calendar_for(request)
    if form.validate_on_submit():
        with form.catch_invalid():
            await notice_acts.extend(
                notice.number,
                int(form.days.data or 0),
                str(form.reason.data),
                calendar=calendar,
                by=By(actor, deps(request).clock()),
            )
            response = redirect_to(request, "notices:show", number=notice.number)
            return flash(request, response, _("公示期已延长，理由已公开。"))
    return render_form(request, "notices/extend.html", form, notice=notice)


async def feed(request: Request) -> Response:
    now, base = deps(request).clock(), deps(request).settings.base_url
    content = atom(await queries.list_newest(NEWEST), base, now)
    return Response(
        content, media_type="application/atom+xml", headers={"cache-control": "public, max-age=300"}
    )


async def print_(request: Request) -> Response:
    notice = await queries.get_notice(request.path_params["number"])
    content = await render_pdf("notice.typ", print_of(notice, await outcome_of(notice)))
    headers = {"content-disposition": f'attachment; filename="{notice.number}.pdf"'}
    return Response(content, media_type="application/pdf", headers=headers)


def _days_left(request: Request, notice: Notice) -> int | None:
    if notice.ends_at is None or notice.status not in RUNNING:
        return None
    return days_left(notice.ends_at, deps(request).clock())


routes = [
    Route("/notices", index, name="notices:index", methods=["GET"]),
    Route("/notices.atom", feed, name="notices:feed", methods=["GET"]),
    Route("/notices/{number}/print.pdf", print_, name="notices:print", methods=["GET"]),
    Route("/notices/{number}/extend", extend, name="notices:extend", methods=["GET", "POST"]),
    Route("/notices/{number}", show, name="notices:show", methods=["GET"]),
    Route("/notices/{number}/object", object_, name="notices:object", methods=["GET", "POST"]),
    Route("/objections/{objection_id:uuid}/answer", answer, name="notices:answer", methods=["GET", "POST"]),
    Route("/objections/{objection_id:uuid}/decide", decide, name="notices:decide", methods=["GET", "POST"]),
]
