"""Public pages of notices, their feed and print, and the forms for objections and extensions."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from wtforms import MultipleFileField

from market.accounts.actors import Actor
from market.accounts.web import actor_for, optional_actor
from market.codes.labels import choices
from market.files.attachments import uploaded_blobs
from market.kit.amount_fields import MoneyField
from market.kit.errors import NotFound
from market.kit.flash import flash
from market.kit.form_fields import ChoiceField, LongTextField, NumberField, Required, TextField
from market.kit.forms import BaseForm
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.pagination import PageRequest
from market.kit.pdf import render_pdf
from market.kit.routing import UPLOAD, Route
from market.kit.templating import render, render_form
from market.kit.web import deps, form_data_or_none, path_id, redirect_to
from market.notices import notice_acts, objections, queries, rulings
from market.notices.entries import outcome_of
from market.notices.holiday_years import calendar_for
from market.notices.models import Notice, Objection
from market.notices.periods import days_left, last_day
from market.notices.queries import can_answer, can_extend, can_respond
from market.notices.states import RUNNING, UNDECIDED, NoticeAct, NoticeStatus, StatementSide
from market.notices.texts import NEWEST, atom_of, canonical, print_of, publisher_of
from market.records.by import By
from market.records.decisions import Verdict


class ObjectionForm(BaseForm):
    entry = ChoiceField(lazy("异议针对"), choices=())
    reason = LongTextField(lazy("异议的事实和理由"), [Required(lazy("请写明事实和理由。"))], max_length=2000)
    files = MultipleFileField(str(lazy("证据（可选多个）")))


class AnswerForm(BaseForm):
    reply = LongTextField(lazy("答复"), [Required(lazy("请填写答复。"))], max_length=2000)
    files = MultipleFileField(str(lazy("证据（可选多个）")))


class PapersForm(BaseForm):
    text = LongTextField(lazy("说明"), max_length=2000)
    files = MultipleFileField(str(lazy("证据（可选多个）")))


class DecisionForm(BaseForm):
    outcome = ChoiceField(
        lazy("裁定"),
        [Required(lazy("请选择异议是否成立。"))],
        choices=lambda: [
            ("dismissed", lazy("异议不成立，公示继续")),
            ("corrected", lazy("异议部分成立，更正金额")),
            ("upheld", lazy("异议成立")),
        ],
        blank=lazy("请选择"),
    )
    amount = MoneyField(lazy("更正后的金额（元）"), unit=1)
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
        readable={
            objection.id
            for objection in notice.objections
            if actor is not None and queries.may_see_papers(actor, objection, notice)
        },
        can_respond=lambda objection: actor is not None and can_respond(actor, objection),
    )


async def object_(request: Request) -> Response:
    actor = actor_for(request, NoticeAct.OBJECT)
    notice = await queries.get_notice(request.path_params["number"])
    form = ObjectionForm(await form_data_or_none(request))
    form.entry.choices = [("", _("整份公示")), *((entry, name) for entry, name in notice.entries)]
    if form.validate_on_submit():
        entry = UUID(form.entry.data) if form.entry.data else None
        with form.catch_invalid():
            await objections.object_to(
                notice.number,
                reason=str(form.reason.data),
                entry_id=entry,
                papers=await uploaded_blobs(request),
                calendar=await calendar_for(request),
                by=By(actor, deps(request).clock()),
            )
            response = redirect_to(request, "notices:show", number=notice.number)
            return flash(request, response, _("异议已提出，公示程序中止。处理结果会通知您。"))
    return render_form(request, "notices/object.html", form, notice=notice)


async def answer(request: Request) -> Response:
    """Answer an objection, for the unit that published the notice or for the one whose entry it is about."""
    actor = actor_for(request, NoticeAct.ANSWER_OBJECTION)
    objection = await queries.get_objection_for(actor, path_id(request, "objection_id"))
    is_publisher = can_answer(actor, objection.notice)
    if not is_publisher and not can_respond(actor, objection):
        raise NotFound(_("没有这条异议，或者您不能查看它。"))
    form = AnswerForm(await form_data_or_none(request))
    if form.validate_on_submit():
        with form.catch_invalid():
            papers = await uploaded_blobs(request)
            text, by = str(form.reply.data), By(actor, deps(request).clock())
            if is_publisher:
                await objections.answer(objection.id, text, papers=papers, by=by)
            else:
                await objections.respond(objection.id, text, papers=papers, by=by)
            response = redirect_to(request, "notices:show", number=objection.notice.number)
            return flash(request, response, _("答复已公开，由平台管理员裁定。"))
    return render_form(request, "notices/answer.html", form, **_about(objection), is_publisher=is_publisher)


async def add_papers(request: Request) -> Response:
    """Add papers to one's own objection, until the ruling."""
    actor = actor_for(request, NoticeAct.OBJECT)
    objection = await queries.get_objection_for(actor, path_id(request, "objection_id"))
    if objection.objector_id != actor.user_id:
        raise NotFound(_("没有这条异议，或者您不能查看它。"))
    form = PapersForm(await form_data_or_none(request))
    if form.validate_on_submit():
        with form.catch_invalid():
            await objections.add_papers(
                objection.id,
                form.text.data or "",
                papers=await uploaded_blobs(request),
                by=By(actor, deps(request).clock()),
            )
            response = redirect_to(request, "notices:show", number=objection.notice.number)
            return flash(request, response, _("证据已提交，办理异议的人员和被异议单位可以查看。"))
    return render_form(request, "notices/papers.html", form, **_about(objection))


def _about(objection: Objection) -> dict[str, object]:
    """Return what a page about one objection shows of it to who may open its papers."""
    return {
        "objection": objection,
        "notice": objection.notice,
        "entry_names": dict(objection.notice.entries),
        "readable": {objection.id},
    }


async def decide(request: Request) -> Response:
    """Propose a ruling, as the operator, or decide on the one proposed, as the approver."""
    actor = actor_for(request, NoticeAct.SEE_OBJECTIONS)
    objection = await queries.get_objection_for(actor, path_id(request, "objection_id"))
    data = await form_data_or_none(request)
    if data is not None and data.get("act"):
        return await _decide_ruling(request, actor, objection, data)
    if data is not None:
        actor.require(NoticeAct.PROPOSE_RULING)
    form, now = DecisionForm(data), deps(request).clock()
    listed = await rulings.correctable_amount(objection.notice, objection)
    if listed is None:
        form.outcome.choices = [choice for choice in form.outcome.choices if choice[0] != "corrected"]
        del form.amount
    if form.validate_on_submit():
        is_correction = form.outcome.data == "corrected"
        with form.catch_invalid():
            await rulings.propose_ruling(
                objection.id,
                is_upheld=form.outcome.data != "dismissed",
                text=str(form.text.data),
                corrected_amount=int(form.amount.data or 0) if is_correction else None,
                by=By(actor, now),
            )
            response = redirect_to(request, "notices:decide", objection_id=objection.id)
            return flash(request, response, _("拟裁定已提交，批准人决定以后公开。"))
    return render_form(
        request,
        "notices/decide.html",
        form,
        **_about(objection),
        listed=listed,
        is_unheard=_is_unheard(objection, now),
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


def _is_unheard(objection: Objection, now: datetime) -> bool:
    """Return whether the respondent may still answer in time and has not."""
    return (
        objection.respondent_id is not None
        and (objection.respond_by is None or now < objection.respond_by)
        and all(statement.side is not StatementSide.RESPONDENT for statement in objection.statements)
    )


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
    content = atom_of(await queries.list_newest(NEWEST), base, now)
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
    Route("/notices/{number}/object", object_, name="notices:object", methods=["GET", "POST"], body=UPLOAD),
    Route(
        "/objections/{objection_id:uuid}/answer",
        answer,
        name="notices:answer",
        methods=["GET", "POST"],
        body=UPLOAD,
    ),
    Route(
        "/objections/{objection_id:uuid}/papers",
        add_papers,
        name="notices:papers",
        methods=["GET", "POST"],
        body=UPLOAD,
    ),
    Route("/objections/{objection_id:uuid}/decide", decide, name="notices:decide", methods=["GET", "POST"]),
]
