"""The desk's wider work: rule versions, year runs, ties between parties, clawbacks, reports."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from market.accounts.permissions import Act
from market.accounts.web import actor_for, passes, sent, status_of
from market.kit.clock import local_date
from market.kit.errors import Invalid, NotFound
from market.kit.flash import flash
from market.kit.i18n import gettext as _
from market.kit.jobs import enqueue
from market.kit.pagination import Cut
from market.kit.templating import render
from market.kit.web import deps, path_id, see
from market.records.by import By
from market.subsidies import clawbacks, drafting, jobs, reports, services, ties, year_runs
from market.subsidies.asking import ask
from market.subsidies.desk_forms import ClawbackForm, DraftForm, ReturnForm, RunForm, TieForm
from market.subsidies.models import ClawbackStatus, TieKind
from market.subsidies.programmes import get_programme, list_programmes
from market.subsidies.queries import get_claim_at_desk, list_years

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


async def terms(request: Request) -> Response:
    actor_for(request, Act.SEE_DESK)
    return render(
        request, "desk/terms.html", programmes=await list_programmes(), drafts=await drafting.list_drafts()
    )


async def draft(request: Request) -> Response:
    actor, now = actor_for(request, Act.DRAFT_TERMS), deps(request).clock()
    programme = await get_programme(request.path_params["slug"])
    given = await sent(request)
    text = "" if given is not None else await drafting.starting_text(programme.slug)
    form = DraftForm(given, data={"content": text})
    if given is not None and form.validate():
        try:
            made = await drafting.draft_terms(programme.slug, text=str(form.content.data), by=By(actor, now))
            done = see(request, "desk:version", slug=programme.slug, version=made.version)
            return flash(request, done, _("草稿已保存，请批准人核对影响后发布。"))
        except Invalid as refused:
            form.refuse(refused.field or "", str(refused))
    return render(request, "desk/draft.html", status_of(form), form=form, programme=programme)


async def version(request: Request) -> Response:
    actor, now = actor_for(request, Act.SEE_DESK), deps(request).clock()
    slug, name = request.path_params["slug"], request.path_params["version"]
    if request.method == "POST":
        actor.require(Act.RELEASE_TERMS)
        await services.release_terms(slug, name, by=By(actor, now))
        done = RedirectResponse(
            f"{request.app.url_path_for('subsidies:programme', slug=slug)}?version={name}", 303
        )
        return flash(request, done, _("%(version)s 版已发布，从此不能再改。", version=name))
    found = await drafting.get_draft(actor, slug, name)
    return render(
        request,
        "desk/version.html",
        draft=found,
        preview=await drafting.preview_of(found, now),
        difference=await drafting.difference_of(found),
        text=drafting.shown(found.content),
        is_own=found.drafted_by_id == actor.user_id,
    )


async def runs(request: Request) -> Response:
    actor, now = actor_for(request, Act.SEE_DESK), deps(request).clock()
    given = await sent(request)
    form = RunForm(given, data={"year": local_date(now).year})
    form.programme.choices = [
        ("", _("请选择")),
        *((one.slug, _(one.name)) for one in await list_programmes()),
    ]
    plan = None
    if given is not None:
        actor.require(Act.CALCULATE)
        if form.validate():
            slug, year = form.programme.data, form.year.data or 0
            if given.get("act") == "start":
                run = await year_runs.open_run(slug, year, rate=form.rate.data, by=By(actor, now))
                await enqueue(jobs.COMPUTE, lock=f"year:{run.id}", run_id=run.id, user_id=actor.user_id)
                return flash(request, see(request, "desk:run", run_id=run.id), _("年度核算已开始。"))
            plan = await year_runs.plan_of(slug, year, rate=form.rate.data)
    return render(
        request, "desk/runs.html", status_of(form), form=form, plan=plan, runs=await year_runs.list_runs()
    )


async def run(request: Request) -> Response:
    actor = actor_for(request, Act.SEE_DESK)
    found = await year_runs.get_run(actor, path_id(request, "run_id"))
    if request.method == "POST":
        is_first = found.stage.value == "compute"
        actor.require(Act.CALCULATE if is_first else Act.RECHECK)
        name = jobs.COMPUTE if is_first else jobs.RECHECK
        await enqueue(name, lock=f"year:{found.id}", run_id=found.id, user_id=actor.user_id)
        done = see(request, "desk:run", run_id=found.id)
        return flash(request, done, _("已交后台办理，本页可看进度。"))
    return render(request, "desk/run.html", run=found)


async def party_ties(request: Request) -> Response:
    actor, now = actor_for(request, Act.SEE_DESK), deps(request).clock()
    form = TieForm(await sent(request))
    if request.method == "POST":
        actor.require(Act.ACCEPT_CLAIM)
        if await passes(
            form,
            lambda: ties.enter_tie(
                TieKind(form.kind.data),
                str(form.uscc.data),
                str(form.other.data),
                role=form.role.data or "",
                basis_points=form.share.data,
                source=str(form.source.data),
                by=By(actor, now),
            ),
        ):
            return flash(request, see(request, "desk:ties"), _("关联已登记，核算时据以提示疑点。"))
    text = request.query_params.get("uscc", "").replace("\x00", "").strip().upper()[:18]
    return render(
        request, "desk/ties.html", status_of(form), form=form, ties=await ties.list_ties(text), text=text
    )


async def clawback_list(request: Request) -> Response:
    actor_for(request, Act.SEE_DESK)
    status = request.query_params.get("status", "")
    status = status if status in set(ClawbackStatus) else ""
    return render(
        request,
        "desk/clawbacks.html",
        clawbacks=await clawbacks.list_clawbacks(status),
        status=status,
        statuses=list(ClawbackStatus),
    )


async def start_clawback(request: Request) -> Response:
    actor, now = actor_for(request, Act.START_CLAWBACK), deps(request).clock()
    found = await get_claim_at_desk(actor, request.path_params["number"])
    form = ClawbackForm(await sent(request), data={"amount": found.award_amount})
    if request.method == "POST" and await passes(
        form,
        lambda: services.start_clawback(
            found.number, amount=form.amount.data, reason=str(form.reason.data), by=By(actor, now)
        ),
    ):
        return flash(request, see(request, "desk:clawbacks"), _("追回已发起，请批准人确认。"), "due")
    return ask(request, found, form, _("发起追回"), "desk:start_clawback")


async def clawback(request: Request) -> Response:
    actor, now = actor_for(request, Act.SEE_DESK), deps(request).clock()
    found = await clawbacks.get_clawback(actor, request.path_params["number"])
    given = await sent(request)
    done = see(request, "desk:clawback", number=found.number)
    act = str(given.get("act") or "") if given is not None else ""
    if act == "confirm":
        await services.confirm_clawback(found.number, by=By(actor, now))
        return flash(request, done, _("追回已确认，已通知申报单位缴回。"))
    if act == "drop":
        await services.drop_clawback(found.number, by=By(actor, now))
        return flash(request, done, _("追回已撤销。"), "note")
    form = ReturnForm(given, data={"received_on": local_date(now)})
    if given is not None:
        actor.require(Act.DISBURSE)
        if await passes(
            form,
            lambda: services.record_return(
                found.number,
                amount=form.amount.data,
                received_on=form.received_on.data,
                bank_reference=str(form.bank_reference.data),
                by=By(actor, now),
            ),
        ):
            return flash(request, done, _("缴回已登记入账。"))
    return render(
        request,
        "desk/clawback.html",
        status_of(form),
        clawback=found,
        form=form,
        receipts=await found.receipts.all().order_by("entered_at"),
        returned=await clawbacks.returned(found.id),
    )


async def report(request: Request) -> Response:
    actor_for(request, Act.SEE_DESK)
    year = _year(request) or local_date(deps(request).clock()).year
    made = await reports.report_of(year)
    if request.query_params.get("format") == "xlsx":
        return Response(
            reports.report_file(made),
            media_type=XLSX,
            headers={"content-disposition": f'attachment; filename="report-{year}.xlsx"'},
        )
    years = sorted({*(await list_years()), year}, reverse=True)
    return render(request, "desk/report.html", report=made, years=years)


async def report_rows(request: Request) -> Response:
    actor_for(request, Act.SEE_DESK)
    asked, year = request.query_params, _year(request)
    group = asked.get("group", "claimed")
    if year is None or group not in reports.GROUPS:
        raise NotFound(_("没有这项统计。"))
    page, total = await reports.rows_behind(
        year,
        group,
        Cut.of(asked),
        city=asked.get("city", "").replace("\x00", "")[:6],
        field=asked.get("field", "").replace("\x00", "")[:24],
        programme=asked.get("programme", "").replace("\x00", "")[:60],
    )
    return render(
        request,
        "desk/report_rows.html",
        page=page,
        total=total,
        year=year,
        group=group,
        field_words=reports.field_words,
    )


def _year(request: Request) -> int | None:
    text = request.query_params.get("year", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) == 4 else None


routes = [
    Route("/desk/terms", terms, name="desk:terms", methods=["GET"]),
    Route("/desk/terms/{slug}/draft", draft, name="desk:draft", methods=["GET", "POST"]),
    Route("/desk/terms/{slug}/{version}", version, name="desk:version", methods=["GET", "POST"]),
    Route("/desk/runs", runs, name="desk:runs", methods=["GET", "POST"]),
    Route("/desk/runs/{run_id:uuid}", run, name="desk:run", methods=["GET", "POST"]),
    Route("/desk/ties", party_ties, name="desk:ties", methods=["GET", "POST"]),
    Route("/desk/clawbacks", clawback_list, name="desk:clawbacks", methods=["GET"]),
    Route("/desk/clawbacks/{number}", clawback, name="desk:clawback", methods=["GET", "POST"]),
    Route("/desk/report", report, name="desk:report", methods=["GET"]),
    Route("/desk/report/rows", report_rows, name="desk:report_rows", methods=["GET"]),
    Route("/desk/{number}/clawback", start_clawback, name="desk:start_clawback", methods=["GET", "POST"]),
]
