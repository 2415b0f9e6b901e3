"""The desk's wider work: year runs, clawbacks, reports."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from market.accounts.permissions import AccountAct
from market.accounts.web import actor_for, form_data_or_none, form_status, validate_and_run
from market.budgets import clawbacks, jobs, reports, year_runs
from market.budgets.clawbacks import confirm_clawback, drop_clawback, record_return
from market.budgets.forms import ClawbackForm, ReturnForm, RunForm
from market.budgets.models import ClawbackStatus
from market.budgets.permissions import BudgetAct
from market.claims.permissions import ClaimAct
from market.claims.queries import get_claim_at_desk, list_years
from market.claims.reason_page import ask
from market.kit.clock import local_date
from market.kit.errors import NotFound
from market.kit.flash import flash
from market.kit.i18n import gettext as _
from market.kit.jobs import enqueue
from market.kit.pagination import PageRequest
from market.kit.templating import render
from market.kit.web import deps, path_id, redirect_to
from market.programmes.catalogue import list_programmes
from market.records.by import By

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


async def runs(request: Request) -> Response:
    actor, now = actor_for(request, AccountAct.SEE_DESK), deps(request).clock()
    given = await form_data_or_none(request)
    form = RunForm(given, data={"year": local_date(now).year})
    form.programme.choices = [
        ("", _("请选择")),
        *((one.slug, _(one.name)) for one in await list_programmes()),
    ]
    plan = None
    if given is not None:
        actor.require(ClaimAct.CALCULATE)
        if form.validate():
            slug, year = form.programme.data, form.year.data or 0
            if given.get("act") == "start":
                run = await year_runs.open_run(slug, year, rate=form.rate.data, by=By(actor, now))
                await enqueue(jobs.COMPUTE, lock=f"year:{run.id}", run_id=run.id, user_id=actor.user_id)
                return flash(
                    request, redirect_to(request, "budgets:run", run_id=run.id), _("年度核算已开始。")
                )
            plan = await year_runs.plan_of(slug, year, rate=form.rate.data)
    return render(
        request,
        "budgets/runs.html",
        form_status(form),
        form=form,
        plan=plan,
        runs=await year_runs.list_runs(),
    )


async def run(request: Request) -> Response:
    actor = actor_for(request, AccountAct.SEE_DESK)
    found = await year_runs.get_run(actor, path_id(request, "run_id"))
    if request.method == "POST":
        is_first = found.stage.value == "compute"
        actor.require(ClaimAct.CALCULATE if is_first else ClaimAct.RECHECK)
        name = jobs.COMPUTE if is_first else jobs.RECHECK
        await enqueue(name, lock=f"year:{found.id}", run_id=found.id, user_id=actor.user_id)
        done = redirect_to(request, "budgets:run", run_id=found.id)
        return flash(request, done, _("已交后台办理，本页可看进度。"))
    return render(request, "budgets/run.html", run=found)


async def clawback_list(request: Request) -> Response:
    actor_for(request, AccountAct.SEE_DESK)
    status = request.query_params.get("status", "")
    status = status if status in set(ClawbackStatus) else ""
    return render(
        request,
        "budgets/clawbacks.html",
        clawbacks=await clawbacks.list_clawbacks(status),
        status=status,
        statuses=list(ClawbackStatus),
    )


async def start_clawback(request: Request) -> Response:
    actor, now = actor_for(request, BudgetAct.START_CLAWBACK), deps(request).clock()
    found = await get_claim_at_desk(actor, request.path_params["number"])
    form = ClawbackForm(await form_data_or_none(request), data={"amount": found.award_amount})
    if request.method == "POST" and await validate_and_run(
        form,
        lambda: clawbacks.start_clawback(
            found.number, amount=form.amount.data, reason=str(form.reason.data), by=By(actor, now)
        ),
    ):
        return flash(
            request, redirect_to(request, "budgets:clawbacks"), _("追回已发起，请批准人确认。"), "due"
        )
    return ask(request, found, form, _("发起追回"), "budgets:start_clawback")


async def clawback(request: Request) -> Response:
    actor, now = actor_for(request, AccountAct.SEE_DESK), deps(request).clock()
    found = await clawbacks.get_clawback(actor, request.path_params["number"])
    given = await form_data_or_none(request)
    done = redirect_to(request, "budgets:clawback", number=found.number)
    act = str(given.get("act") or "") if given is not None else ""
    if act == "confirm":
        await confirm_clawback(found.number, by=By(actor, now))
        return flash(request, done, _("追回已确认，已通知申报单位缴回。"))
    if act == "drop":
        await drop_clawback(found.number, by=By(actor, now))
        return flash(request, done, _("追回已撤销。"), "note")
    form = ReturnForm(given, data={"received_on": local_date(now)})
    if given is not None:
        actor.require(BudgetAct.DISBURSE)
        if await validate_and_run(
            form,
            lambda: record_return(
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
        "budgets/clawback.html",
        form_status(form),
        clawback=found,
        form=form,
        receipts=await found.receipts.all().order_by("entered_at"),
        returned=await clawbacks.returned(found.id),
    )


async def report(request: Request) -> Response:
    actor_for(request, AccountAct.SEE_DESK)
    year = _year(request) or local_date(deps(request).clock()).year
    made = await reports.report_of(year)
    if request.query_params.get("format") == "xlsx":
        return Response(
            reports.report_file(made),
            media_type=XLSX,
            headers={"content-disposition": f'attachment; filename="report-{year}.xlsx"'},
        )
    years = sorted({*(await list_years()), year}, reverse=True)
    return render(request, "budgets/report.html", report=made, years=years)


async def report_rows(request: Request) -> Response:
    actor_for(request, AccountAct.SEE_DESK)
    asked, year = request.query_params, _year(request)
    group = asked.get("group", "claimed")
    if year is None or group not in reports.GROUPS:
        raise NotFound(_("没有这项统计。"))
    page, total = await reports.rows_behind(
        year,
        group,
        PageRequest.from_query(asked),
        city=asked.get("city", "").replace("\x00", "")[:6],
        field=asked.get("field", "").replace("\x00", "")[:24],
        programme=asked.get("programme", "").replace("\x00", "")[:60],
    )
    return render(
        request,
        "budgets/report_rows.html",
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
    Route("/desk/runs", runs, name="budgets:runs", methods=["GET", "POST"]),
    Route("/desk/runs/{run_id:uuid}", run, name="budgets:run", methods=["GET", "POST"]),
    Route("/desk/clawbacks", clawback_list, name="budgets:clawbacks", methods=["GET"]),
    Route("/desk/clawbacks/{number}", clawback, name="budgets:clawback", methods=["GET", "POST"]),
    Route("/desk/report", report, name="budgets:report", methods=["GET"]),
    Route("/desk/report/rows", report_rows, name="budgets:report_rows", methods=["GET"]),
    Route("/desk/{number}/clawback", start_clawback, name="budgets:start_clawback", methods=["GET", "POST"]),
]
