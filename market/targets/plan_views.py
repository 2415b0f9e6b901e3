"""Pages of the department: definitions, targets and how they are split, draws, closed years."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from market.accounts.web import actor_for
from market.kit.clock import local_date
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.flash import flash
from market.kit.form_fields import typed_plainly
from market.kit.forms import BaseForm
from market.kit.i18n import gettext as _
from market.kit.routing import Route
from market.kit.templating import render, render_form
from market.kit.web import deps, form_data, form_data_or_none, path_id, redirect_to, typed_text
from market.records.by import By
from market.records.decision_forms import posted_decision
from market.records.decisions import Verdict
from market.targets import closings, definitions, plans, queries, samples, thresholds
from market.targets.forms import ClosingForm, DefinitionForm, PlanEditForm, PlanForm, SampleForm
from market.targets.models import DeedSample, TargetPlan
from market.targets.recount import recount_open_years
from market.targets.states import PlanStatus, ScopeKind, TargetAct


async def index(request: Request) -> Response:
    """Show definitions, targets, draws and closed years, with what waits."""
    actor_for(request, TargetAct.READ_DEEDS)
    today = local_date(deps(request).clock())
    years = sorted({*await plans.issued_years(), today.year}, reverse=True)
    return render(
        request,
        "targets/desk.html",
        plans=await plans.list_plans(),
        definitions=await definitions.list_definitions(with_open=True),
        closings=await closings.list_closings(),
        undrawn={year: count for year in years if (count := await samples.count_undrawn(year))},
        samples=[sample for year in years for sample in await queries.list_samples(year)],
        today=today,
        is_over=any(year < today.year for year in await plans.issued_years()),
        crowds=await _crowds(today.year),
    )


async def _crowds(year: int) -> list[thresholds.Histogram]:
    """Return how this year's deeds lie around the thresholds, where a threshold has any near it."""
    definition = await plans.definition_in_force(year)
    charts = await thresholds.histograms_of(year, definition) if definition else []
    return [chart for chart in charts if any(own.count for own in chart.bins)]


async def recount(request: Request) -> Response:
    actor = actor_for(request, TargetAct.MANAGE_TARGETS)
    await recount_open_years(by=By(actor, deps(request).clock()))
    return flash(request, redirect_to(request, "targets:desk"), _("已按现在的记录重算。"))


async def new_definition(request: Request) -> Response:
    actor = actor_for(request, TargetAct.MANAGE_TARGETS)
    versions = await definitions.list_definitions()
    form = DefinitionForm(
        await form_data_or_none(request), data=vars(definitions.terms_of(versions[0])) if versions else None
    )
    if form.validate_on_submit():
        with form.catch_invalid(Conflict):
            await definitions.propose_definition(form.terms(), by=By(actor, deps(request).clock()))
            return flash(request, redirect_to(request, "targets:desk"), _("口径已提出，等批准人确认。"))
    return render_form(request, "targets/definition_form.html", form)


async def decide_definition(request: Request) -> Response:
    actor = actor_for(request, TargetAct.DECIDE_TARGETS)
    verdict, reason = await posted_decision(request)
    by = By(actor, deps(request).clock())
    await definitions.decide_definition(path_id(request, "definition_id"), verdict, reason=reason, by=by)
    return flash(request, redirect_to(request, "targets:desk"), _verdict_words(verdict))


async def new_plan(request: Request) -> Response:
    """Draft the target of a year; with `from`, a further version with the shares of the one before."""
    actor = actor_for(request, TargetAct.MANAGE_TARGETS)
    earlier = await TargetPlan.get_or_none(number=request.query_params.get("from", "")[:20])
    today = local_date(deps(request).clock())
    data = (
        {"year": earlier.year, "title": earlier.title, "total": earlier.total}
        if earlier
        else {"year": today.year, "title": _("%(year)s 年重大科技成果转化", year=today.year)}
    )
    form = PlanForm(await form_data_or_none(request), data=data)
    if form.validate_on_submit():
        with form.catch_invalid(Conflict):
            plan = await plans.draft_plan(
                int(form.year.data or 0),
                str(form.title.data),
                int(form.total.data or 0),
                by=By(actor, deps(request).clock()),
            )
            return _back(request, plan.number, _("目标已拟定，请分解到各市。"))
    return render_form(request, "targets/plan_form.html", form, plan=None)


async def show_plan(request: Request) -> Response:
    """Show a version of a year's target with its shares, and what may be done with it."""
    actor_for(request, TargetAct.READ_DEEDS)
    return await _plan_page(request, await plans.get_plan(request.path_params["number"]))


async def _plan_page(request: Request, plan: TargetPlan, form: BaseForm | None = None) -> Response:
    shares = await plans.shares_of(plan)
    return render(
        request,
        "targets/plan.html",
        422 if form and form.errors else 200,
        plan=plan,
        form=form or BaseForm(),
        shares=shares,
        words={kind: dict(await plans.keys_of(kind)) for kind in ScopeKind if shares[kind]},
        kinds=list(ScopeKind),
    )


async def edit_plan(request: Request) -> Response:
    plan, by = await _draft(request)
    form = PlanEditForm(await form_data_or_none(request), data={"title": plan.title, "total": plan.total})
    if form.validate_on_submit():
        with form.catch_invalid():
            await plans.edit_plan(plan.number, str(form.title.data), int(form.total.data or 0), by=by)
            return _back(request, plan.number, _("已保存，各市、各单位的数按原权数重新分解。"))
    return render_form(request, "targets/plan_form.html", form, plan=plan)


async def split(request: Request) -> Response:
    """Type the weights by which a total is split; the numbers follow by largest remainder."""
    plan, by = await _draft(request)
    scope_kind = next((kind for kind in ScopeKind if kind.value == request.path_params["scope"]), None)
    if scope_kind is None:
        raise NotFound(_("没有这种分解。"))
    keys = await plans.keys_of(scope_kind)
    weights = (await plans.weights_of(plan)).get(scope_kind, {})
    typed = {key: str(weights.get(key, "") or "") for key, _words in keys}
    data, form = await form_data_or_none(request), BaseForm()
    if data is not None:
        typed = {key: typed_plainly([data.get(f"weight-{key}") or ""]) for key, _words in keys}
        with form.catch_invalid():
            await plans.split_plan(plan.number, scope_kind, _weights(typed), by=by)
            return _back(request, plan.number, _("已按最大余数法分解，合计等于目标。"))
    shares = {share.key: share.target for share in (await plans.shares_of(plan))[scope_kind]}
    return render(
        request,
        "targets/split_form.html",
        422 if form.errors else 200,
        plan=plan,
        form=form,
        scope_kind=scope_kind,
        keys=keys,
        typed=typed,
        shares=shares,
    )


def _weights(typed: dict[str, str]) -> dict[str, int]:
    """Return what was typed as weights; an empty one is 0.

    Raises:
        Invalid: at the field of the key: it is no whole number.
    """
    weights = {}
    for key, text in typed.items():
        if text and not (text.isascii() and text.isdigit() and len(text) <= 7):
            raise Invalid(_("权数请填整数：%(text)s。", text=text[:20]), field="weights")
        weights[key] = int(text or 0)
    return weights


async def submit_plan(request: Request) -> Response:
    plan, by = await _draft(request)
    form = BaseForm()
    with form.catch_invalid():
        await plans.submit_plan(plan.number, by=by)
        return _back(request, plan.number, _("已提交，等批准人下达。"))
    return await _plan_page(request, plan, form)


async def decide_plan(request: Request) -> Response:
    actor = actor_for(request, TargetAct.DECIDE_TARGETS)
    verdict, reason = await posted_decision(request)
    number = request.path_params["number"]
    await plans.decide_plan(number, verdict, reason=reason, by=By(actor, deps(request).clock()))
    return _back(request, number, _("目标已下达。") if verdict is Verdict.CONFIRMED else _("目标已退回。"))


async def new_sample(request: Request) -> Response:
    """Draw which checked deeds of a year are examined."""
    actor = actor_for(request, TargetAct.MANAGE_TARGETS)
    year = queries.known_year(request.path_params["year"])
    count = await samples.count_undrawn(year)
    if not count:
        raise Conflict(_("没有等待抽样的申报。"))
    form = SampleForm(await form_data_or_none(request))
    if form.validate_on_submit():
        with form.catch_invalid():
            by = By(actor, deps(request).clock())
            sample = await samples.draw_sample(year, str(form.salt.data or ""), by=by)
            words = _("已抽取 %(n)s 项，逐项核验。", n=len(sample.picked))
            return flash(request, redirect_to(request, "targets:sample", number=sample.number), words)
    definition = await plans.definition_in_force(year)
    return render_form(
        request, "targets/sample_form.html", form, year=year, count=count, definition=definition
    )


async def show_sample(request: Request) -> Response:
    """Show a draw with all that repeats it, and where each city stands."""
    actor_for(request, TargetAct.READ_DEEDS)
    sample = await _sample(request)
    return render(
        request,
        "targets/sample.html",
        sample=sample,
        cities=await samples.cities_of_sample(sample),
        is_same=samples.replays(sample),
    )


async def propose_rest(request: Request) -> Response:
    actor = actor_for(request, TargetAct.MANAGE_TARGETS)
    sample, data = await _sample(request), await form_data(request)
    city = typed_text(data, "city", 4)
    await samples.propose_rest(sample.id, city, by=By(actor, deps(request).clock()))
    words = _("已提出，等批准人决定。")
    return flash(request, redirect_to(request, "targets:sample", number=sample.number), words)


async def decide_rest(request: Request) -> Response:
    actor = actor_for(request, TargetAct.DECIDE_TARGETS)
    verdict, reason = await posted_decision(request)
    ruling = await samples.decide_rest(
        path_id(request, "ruling_id"), verdict, reason=reason, by=By(actor, deps(request).clock())
    )
    sample = await DeedSample.get(id=ruling.sample_id)
    response = redirect_to(request, "targets:sample", number=sample.number)
    return flash(request, response, _verdict_words(verdict))


async def close(request: Request) -> Response:
    """Freeze the figures of a year that is over, or correct them by a further version."""
    actor = actor_for(request, TargetAct.MANAGE_TARGETS)
    today = local_date(deps(request).clock())
    form = ClosingForm(await form_data_or_none(request), data={"year": today.year - 1})
    if form.validate_on_submit():
        with form.catch_invalid(Conflict):
            await closings.propose_closing(
                int(form.year.data or 0), str(form.note.data or ""), by=By(actor, deps(request).clock())
            )
            return flash(request, redirect_to(request, "targets:desk"), _("已提出封存，等批准人决定。"))
    return render_form(request, "targets/close.html", form, closings=await closings.list_closings())


async def decide_closing(request: Request) -> Response:
    actor = actor_for(request, TargetAct.DECIDE_TARGETS)
    verdict, reason = await posted_decision(request)
    by = By(actor, deps(request).clock())
    await closings.decide_closing(path_id(request, "closing_id"), verdict, reason=reason, by=by)
    return flash(request, redirect_to(request, "targets:desk"), _verdict_words(verdict))


async def _draft(request: Request) -> tuple[TargetPlan, By]:
    actor = actor_for(request, TargetAct.MANAGE_TARGETS)
    plan = await plans.get_plan(request.path_params["number"])
    if plan.status is not PlanStatus.DRAFT:
        raise Conflict(_("这份目标已经提交，不能再改；要改请拟新的一版。"))
    return plan, By(actor, deps(request).clock())


async def _sample(request: Request) -> DeedSample:
    sample = (
        await DeedSample.filter(number=request.path_params["number"])
        .select_related("definition", "drawn_by")
        .first()
    )
    if sample is None:
        raise NotFound(_("没有这次抽样。"))
    return sample


def _verdict_words(verdict: Verdict) -> str:
    return _("已确认。") if verdict is Verdict.CONFIRMED else _("已退回。")


def _back(request: Request, number: str, words: str) -> Response:
    return flash(request, redirect_to(request, "targets:plan", number=number), words)


PLAN = "/backoffice/targets/{number}"
routes = [
    Route("/backoffice/targets", index, name="targets:desk", methods=["GET"]),
    Route("/backoffice/targets/new", new_plan, name="targets:new_plan", methods=["GET", "POST"]),
    Route("/backoffice/targets/recount", recount, name="targets:recount", methods=["POST"]),
    Route("/backoffice/targets/close", close, name="targets:close", methods=["GET", "POST"]),
    Route(
        "/backoffice/target-definitions/new",
        new_definition,
        name="targets:new_definition",
        methods=["GET", "POST"],
    ),
    Route(
        "/backoffice/target-definitions/{definition_id:uuid}",
        decide_definition,
        name="targets:decide_definition",
        methods=["POST"],
    ),
    Route(
        "/backoffice/target-closings/{closing_id:uuid}",
        decide_closing,
        name="targets:decide_closing",
        methods=["POST"],
    ),
    Route(PLAN, show_plan, name="targets:plan", methods=["GET"]),
    Route(f"{PLAN}/edit", edit_plan, name="targets:edit_plan", methods=["GET", "POST"]),
    Route(f"{PLAN}/split/{{scope}}", split, name="targets:split_plan", methods=["GET", "POST"]),
    Route(f"{PLAN}/submit", submit_plan, name="targets:submit_plan", methods=["POST"]),
    Route(f"{PLAN}/decide", decide_plan, name="targets:decide_plan", methods=["POST"]),
    Route(
        "/backoffice/deed-samples/new/{year:int}",
        new_sample,
        name="targets:new_sample",
        methods=["GET", "POST"],
    ),
    Route("/backoffice/deed-samples/{number}", show_sample, name="targets:sample", methods=["GET"]),
    Route(
        "/backoffice/deed-samples/{number}/rest", propose_rest, name="targets:propose_rest", methods=["POST"]
    ),
    Route(
        "/backoffice/rest-rulings/{ruling_id:uuid}", decide_rest, name="targets:decide_rest", methods=["POST"]
    ),
]
