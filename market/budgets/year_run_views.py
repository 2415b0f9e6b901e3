"""The desk's pages of year runs."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from market.accounts.permissions import AccountAct
from market.accounts.web import actor_for
from market.budgets import jobs, run_signing, year_runs
from market.budgets.annual_budgets import default_fiscal_year
from market.budgets.forms import RunForm
from market.budgets.models import RunStage
from market.claims.states import ClaimAct
from market.kit.clock import local_date
from market.kit.flash import flash
from market.kit.i18n import gettext as _
from market.kit.jobs import enqueue
from market.kit.pagination import PageRequest
from market.kit.routing import Route
from market.kit.templating import render, render_form
from market.kit.web import deps, form_data, form_data_or_none, path_id, redirect_to
from market.programmes.catalogue import list_programmes
from market.records.by import By


async def index(request: Request) -> Response:
    actor, now = actor_for(request, AccountAct.SEE_DESK), deps(request).clock()
    data = await form_data_or_none(request)
    form = RunForm(data, data={"year": local_date(now).year})
    form.programme.choices = [
        ("", _("请选择")),
        *((programme.slug, _(programme.name)) for programme in await list_programmes()),
    ]
    plan = None
    if data is not None:
        actor.require(ClaimAct.CALCULATE)
        if form.validate():
            slug, year = form.programme.data, form.year.data or 0
            if data.get("act") == "start":
                run = await year_runs.open_run(slug, year, rate=form.rate.data, by=By(actor, now))
                await enqueue(jobs.COMPUTE, lock=f"year:{run.id}", run_id=run.id, user_id=actor.user_id)
                return flash(
                    request, redirect_to(request, "budgets:run", run_id=run.id), _("年度核算已开始。")
                )
            fiscal_year = await default_fiscal_year(slug, year, now)
            plan = await year_runs.plan_run(slug, year, rate=form.rate.data, fiscal_year=fiscal_year)
    return render_form(
        request,
        "budgets/runs.html",
        form,
        plan=plan,
        runs=await year_runs.list_runs(),
    )


async def show(request: Request) -> Response:
    actor, now = actor_for(request, AccountAct.SEE_DESK), deps(request).clock()
    year_run = await year_runs.get_run(actor, path_id(request, "run_id"))
    if request.method == "POST":
        act = str((await form_data(request)).get("act") or "")
        answer = redirect_to(request, "budgets:run", run_id=year_run.id)
        if act == "draw":
            await run_signing.draw_sample(year_run.id, by=By(actor, now))
            return flash(request, answer, _("样本已抽取，请逐份复核。"))
        is_first = year_run.stage is RunStage.COMPUTE
        actor.require(ClaimAct.CALCULATE if is_first else ClaimAct.RECHECK)
        if act == "sign":
            await run_signing.sign_run(year_run.id, by=By(actor, now))
        elif not is_first:
            await run_signing.require_signed(year_run, By(actor, now))
        name = jobs.COMPUTE if is_first else jobs.RECHECK
        await enqueue(name, lock=f"year:{year_run.id}", run_id=year_run.id, user_id=actor.user_id)
        return flash(request, answer, _("已交后台办理，本页可看进度。"))
    is_waiting = year_run.stage is RunStage.RECHECK
    return render(
        request,
        "budgets/run.html",
        run=year_run,
        sample=await run_signing.read_sample(year_run),
        page=await run_signing.compare_sheets(year_run, PageRequest.from_query(request.query_params))
        if is_waiting
        else None,
    )


routes = [
    Route("/desk/runs", index, name="budgets:runs", methods=["GET", "POST"]),
    Route("/desk/runs/{run_id:uuid}", show, name="budgets:run", methods=["GET", "POST"]),
]
