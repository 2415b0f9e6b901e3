"""Pages of the department: schemes, periods that are frozen and checked, parks, moves of organisations."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from market.accounts.models import Organisation
from market.accounts.places import record_move
from market.accounts.web import actor_for
from market.kit.clock import local_date
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.flash import flash
from market.kit.i18n import gettext as _
from market.kit.routing import Route
from market.kit.templating import render, render_form
from market.kit.web import deps, form_data_or_none, path_id, redirect_to
from market.notices.holiday_years import load_calendar
from market.rankings import freezing, parks, queries, schemes
from market.rankings.analysis import analysis_of
from market.rankings.computing import compute, period_of
from market.rankings.forms import (
    AnalysisForm,
    FreezeForm,
    JoinForm,
    LeaveForm,
    MoveForm,
    ParkForm,
    SchemeForm,
    first_of_last_month,
    typed_scheme,
)
from market.rankings.models import ParkMember
from market.rankings.states import ParkLevel, PeriodKind, PlaceKind, RankingAct, RankingStatus
from market.rankings.warnings import list_warnings
from market.records.by import By
from market.records.decision_forms import posted_decision
from market.records.decisions import Verdict


async def index(request: Request) -> Response:
    """Show the rankings, what waits first, and the schemes; below what the present month would come to."""
    actor_for(request, RankingAct.READ_RANKINGS)
    return render(
        request,
        "rankings/desk.html",
        rankings=await queries.list_all(),
        warnings=await list_warnings(),
        schemes=[(row, schemes.parts_of(row)) for row in await schemes.list_schemes(with_open=True)],
        kinds=list(PlaceKind),
        rules_of=schemes.rules_of,
        deductions_of=schemes.deductions_of,
        periods=list(PeriodKind),
        period_words=queries.period_words,
    )


async def preview(request: Request) -> Response:
    """Show what a period comes to by the records as they are now; nothing is frozen."""
    actor_for(request, RankingAct.READ_RANKINGS)
    today = local_date(deps(request).clock())
    word = request.query_params.get("kind", "")
    kind = next((kind for kind in PlaceKind if kind.value == word), PlaceKind.CITY)
    period = period_of(PeriodKind.MONTH, today.replace(day=1))
    scheme = await schemes.scheme_on(kind, today)
    computed = await compute(kind, PeriodKind.MONTH, period, scheme) if period and scheme else None
    return render(
        request,
        "rankings/preview.html",
        computed=computed,
        kind=kind,
        kinds=list(PlaceKind),
        points=queries.points_words,
        words=queries.period_words(PeriodKind.MONTH, today.replace(day=1)),
        levels={level.value: level for level in ParkLevel},
    )


async def freeze(request: Request) -> Response:
    actor = actor_for(request, RankingAct.RUN_RANKINGS)
    today = local_date(deps(request).clock())
    form = FreezeForm(
        await form_data_or_none(request),
        data={"begins_on": first_of_last_month(today), "period_kind": "month"},
    )
    if form.validate_on_submit():
        with form.catch_invalid(Conflict):
            ranking = await freezing.freeze_ranking(
                PlaceKind(str(form.kind.data)),
                PeriodKind(str(form.period_kind.data)),
                form.begins_on.data,
                str(form.note.data or ""),
                str(form.analysis.data or ""),
                by=By(actor, deps(request).clock()),
            )
            return _back(request, ranking.number, _("已按现在的记录排出，等批准人核定。"))
    return render_form(request, "rankings/freeze.html", form)


async def decide(request: Request) -> Response:
    actor = actor_for(request, RankingAct.DECIDE_RANKINGS)
    verdict, reason = await posted_decision(request)
    number = request.path_params["number"]
    calendar = await load_calendar(accepts_provisional=deps(request).settings.is_demo)
    by = By(actor, deps(request).clock())
    await freezing.decide_ranking(number, verdict, reason=reason, calendar=calendar, by=by)
    words = _("已核定并告知各地。") if verdict is Verdict.CONFIRMED else _("已退回。")
    return _back(request, number, words)


async def analyse(request: Request) -> Response:
    """Write the analysis of a ranking that waits for its check."""
    actor = actor_for(request, RankingAct.RUN_RANKINGS)
    ranking = await queries.get_ranking_for(actor, request.path_params["number"])
    if ranking.status is not RankingStatus.CHECKING:
        raise Conflict(_("核定以后分析不再改；要改请更正。"))
    form = AnalysisForm(await form_data_or_none(request), data={"text": ranking.analysis})
    if form.validate_on_submit():
        with form.catch_invalid():
            by = By(actor, deps(request).clock())
            await freezing.write_analysis(ranking.number, str(form.text.data or ""), by=by)
            answer = redirect_to(request, "rankings:analysis", number=ranking.number)
            return flash(request, answer, _("分析已保存，等批准人核定。"))
    return render_form(
        request,
        "rankings/analyse.html",
        form,
        ranking=ranking,
        facts=(await analysis_of(ranking)).facts,
        period=queries.period_words(ranking.period_kind, ranking.begins_on),
    )


async def new_scheme(request: Request) -> Response:
    """Take a further version of a scheme; `kind` in the address shows the one in force to begin with."""
    actor = actor_for(request, RankingAct.RUN_RANKINGS)
    word = request.query_params.get("kind", "")
    kind = next((kind for kind in PlaceKind if kind.value == word), None)
    scheme = await schemes.scheme_on(kind, local_date(deps(request).clock())) if kind else None
    form = SchemeForm(await form_data_or_none(request), data=typed_scheme(scheme) if scheme else None)
    if form.validate_on_submit():
        with form.catch_invalid(Conflict):
            await schemes.propose_scheme(
                PlaceKind(str(form.kind.data)),
                form.valid_from.data,
                form.scheme_parts(),
                str(form.text.data),
                str(form.basis.data),
                rules=form.scheme_rules(),
                deductions=form.costs(),
                by=By(actor, deps(request).clock()),
            )
            return flash(request, redirect_to(request, "rankings:desk"), _("方案已提出，等批准人确认。"))
    return render_form(request, "rankings/scheme_form.html", form)


async def decide_scheme(request: Request) -> Response:
    actor = actor_for(request, RankingAct.DECIDE_RANKINGS)
    verdict, reason = await posted_decision(request)
    by = By(actor, deps(request).clock())
    await schemes.decide_scheme(path_id(request, "scheme_id"), verdict, reason=reason, by=by)
    words = _("已确认。") if verdict is Verdict.CONFIRMED else _("已退回。")
    return flash(request, redirect_to(request, "rankings:desk"), words)


async def park_list(request: Request) -> Response:
    """List the parks, and take a further one."""
    actor_for(request, RankingAct.READ_RANKINGS)
    form = ParkForm(await form_data_or_none(request))
    if form.is_submitted:
        actor = actor_for(request, RankingAct.RUN_RANKINGS)
        if form.validate():
            with form.catch_invalid():
                office = await _organisation(form.office.data, "office") if form.office.data else None
                await parks.create_park(
                    str(form.code.data),
                    str(form.name.data),
                    ParkLevel(str(form.level.data)),
                    str(form.city.data),
                    office.id if office else None,
                    by=By(actor, deps(request).clock()),
                )
                return flash(request, redirect_to(request, "rankings:parks"), _("园区已登记。"))
    return render_form(request, "rankings/parks.html", form, parks=await parks.list_parks())


async def park(request: Request) -> Response:
    """Show a park with its organisations, and take a further one."""
    actor_for(request, RankingAct.READ_RANKINGS)
    record = await parks.get_park(request.path_params["code"])
    form = JoinForm(await form_data_or_none(request))
    if form.is_submitted:
        actor = actor_for(request, RankingAct.RUN_RANKINGS)
        if form.validate():
            with form.catch_invalid():
                organisation = await _organisation(form.uscc.data, "uscc")
                by = By(actor, deps(request).clock())
                await parks.join_park(record.code, organisation.id, form.since.data, by=by)
                return flash(
                    request, redirect_to(request, "rankings:park", code=record.code), _("已登记入园。")
                )
    return render_form(
        request, "rankings/park.html", form, park=record, members=await parks.list_members(record)
    )


async def leave(request: Request) -> Response:
    actor = actor_for(request, RankingAct.RUN_RANKINGS)
    member = (
        await ParkMember.filter(id=path_id(request, "member_id"))
        .select_related("park", "organisation")
        .first()
    )
    if member is None or member.until is not None:
        raise NotFound(_("没有这条入园登记，或者已经登记离园。"))
    form = LeaveForm(await form_data_or_none(request))
    if form.validate_on_submit():
        with form.catch_invalid():
            await parks.leave_park(member.id, form.until.data, by=By(actor, deps(request).clock()))
            return flash(
                request, redirect_to(request, "rankings:park", code=member.park.code), _("已登记离园。")
            )
    return render_form(request, "rankings/leave.html", form, member=member)


async def move(request: Request) -> Response:
    """Record that an organisation moved; what it did before stays in its former city."""
    actor = actor_for(request, RankingAct.RUN_RANKINGS)
    form = MoveForm(await form_data_or_none(request))
    if form.validate_on_submit():
        with form.catch_invalid():
            organisation = await _organisation(form.uscc.data, "uscc")
            by = By(actor, deps(request).clock())
            await record_move(organisation.id, str(form.region.data), form.moved_on.data, by=by)
            return flash(
                request, redirect_to(request, "rankings:parks"), _("迁址已登记，以前的事仍算在原地。")
            )
    return render_form(request, "rankings/move.html", form)


async def _organisation(code: object, field: str) -> Organisation:
    organisation = await Organisation.get_or_none(uscc=str(code).upper())
    if organisation is None:
        raise Invalid(_("没有这个代码的单位。"), field=field)
    return organisation


def _back(request: Request, number: str, words: str) -> Response:
    return flash(request, redirect_to(request, "rankings:show", number=number), words)


routes = [
    Route("/backoffice/rankings", index, name="rankings:desk", methods=["GET"]),
    Route("/backoffice/rankings/preview", preview, name="rankings:preview", methods=["GET"]),
    Route("/backoffice/rankings/freeze", freeze, name="rankings:freeze", methods=["GET", "POST"]),
    Route("/backoffice/rankings/{number}", decide, name="rankings:decide", methods=["POST"]),
    Route(
        "/backoffice/rankings/{number}/analysis",
        analyse,
        name="rankings:analyse",
        methods=["GET", "POST"],
    ),
    Route("/backoffice/ranking-schemes/new", new_scheme, name="rankings:new_scheme", methods=["GET", "POST"]),
    Route(
        "/backoffice/ranking-schemes/{scheme_id:uuid}",
        decide_scheme,
        name="rankings:decide_scheme",
        methods=["POST"],
    ),
    Route("/backoffice/parks", park_list, name="rankings:parks", methods=["GET", "POST"]),
    Route("/backoffice/parks/{code}", park, name="rankings:park", methods=["GET", "POST"]),
    Route(
        "/backoffice/park-members/{member_id:uuid}/leave",
        leave,
        name="rankings:leave",
        methods=["GET", "POST"],
    ),
    Route("/backoffice/organisation-moves/new", move, name="rankings:move", methods=["GET", "POST"]),
]
