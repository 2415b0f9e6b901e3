"""Public pages of rankings: what is in force, why a place stands where it does, the records behind it."""

from __future__ import annotations

from datetime import date

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from market.accounts.web import optional_actor
from market.codes.regions import name
from market.kit.errors import NotFound
from market.kit.i18n import gettext as _
from market.kit.pagination import PageRequest
from market.kit.routing import Route
from market.kit.templating import render
from market.kit.web import deps
from market.kit.workbooks.writing import WORKBOOK, write_workbook
from market.rankings import queries
from market.rankings.analysis import analysis_of
from market.rankings.comparing import compare
from market.rankings.exports import export_of
from market.rankings.indicators import BY_KEY, INDICATORS, MOST_TEXT, sight_of
from market.rankings.models import RankingCell
from market.rankings.objections import (
    disputed_places,
    list_objections,
    may_object_at,
    notice_of,
    speaks_for,
)
from market.rankings.parks import list_parks
from market.rankings.schemes import deductions_of, list_schemes, parts_of, rules_of
from market.rankings.states import (
    OPEN_WARNINGS,
    ParkLevel,
    PeriodKind,
    PlaceKind,
    RankingAct,
    RankingStatus,
    WarningStatus,
)
from market.rankings.warning_rules import due_warnings
from market.rankings.warnings import list_warnings
from market.records.figures import FigureValue, Period, list_rows
from market.records.figures import value_of as figure_value

WARNED = (*OPEN_WARNINGS, WarningStatus.LIFTED)
"""Warnings that everybody reads."""
LEVELS = {level.value: level for level in ParkLevel}


async def index(request: Request) -> Response:
    """Lead to the latest ranking in force of cities or parks."""
    word = request.query_params.get("kind", "")
    kind = next((kind for kind in PlaceKind if kind.value == word), None)
    kinds = [kind] if kind else [PlaceKind.PARK, PlaceKind.CITY]
    for place_kind in kinds:
        standing = await queries.list_standing(place_kind)
        if standing:
            return await _page(request, standing[0].number)
    return render(request, "rankings/none.html", kind=kind, kinds=list(PlaceKind))


async def show(request: Request) -> Response:
    return await _page(request, request.path_params["number"])


async def _page(request: Request, number: str) -> Response:
    actor = optional_actor(request)
    ranking = await queries.get_ranking_for(actor, number)
    history = await queries.history_of(ranking)
    versions = await queries.list_versions(ranking)
    return render(
        request,
        "rankings/show.html",
        disputed=await disputed_places(ranking),
        objections=await list_objections(ranking),
        notice=await notice_of(ranking) if ranking.period_kind is PeriodKind.YEAR else None,
        rolling=queries.rolling_of(history) if ranking.period_kind is PeriodKind.MONTH else {},
        ranking=ranking,
        groups=await queries.rows_of(ranking),
        levels=LEVELS,
        parts=parts_of(ranking.scheme),
        standing=await queries.list_standing(ranking.kind),
        versions=versions,
        history=history,
        heard={key: "、".join(map(queries.points_words, scores)) for key, scores in history.items()},
        warnings=[row for row in await list_warnings(ranking) if row.status in WARNED],
        due=await due_warnings(ranking) if actor and actor.may(RankingAct.READ_RANKINGS) else [],
        kinds=list(PlaceKind),
        points=queries.points_words,
        period_words=queries.period_words,
    )


async def place(request: Request) -> Response:
    """Show what makes up the score of one place, each part with its records."""
    actor = optional_actor(request)
    ranking = await queries.get_ranking_for(actor, request.path_params["number"])
    row = await queries.get_row(ranking, request.path_params["place"])
    may_object = may_object_at(ranking, deps(request).clock()) and await speaks_for(actor, ranking, row.place)
    return render(
        request,
        "rankings/place.html",
        ranking=ranking,
        row=row,
        contributions=await queries.contributions_of(
            ranking, row, await queries.withheld_from(actor, ranking)
        ),
        is_disputed=row.place in await disputed_places(ranking),
        objections=[each for each in await list_objections(ranking) if each.place == row.place],
        may_object=may_object,
        rolling=queries.rolling_of(await queries.history_of(ranking)).get(row.place)
        if ranking.period_kind is PeriodKind.MONTH
        else None,
        points=queries.points_words,
        period_words=queries.period_words,
        period_kind=ranking.period_kind,
    )


async def records(request: Request) -> Response:
    """Show the records behind one part of an indicator, as they were frozen."""
    actor = optional_actor(request)
    ranking = await queries.get_ranking_for(actor, request.path_params["number"])
    row = await queries.get_row(ranking, request.path_params["place"])
    code = request.query_params.get("indicator", "")
    indicator = INDICATORS.get(code)
    cell = await RankingCell.get_or_none(row_id=row.id, indicator=code[:40]) if indicator else None
    is_denominator = request.query_params.get("part") == "denominator"
    if cell is None or indicator is None or (is_denominator and not indicator.denominator):
        raise NotFound(_("没有这项统计。"))
    count = await queries.count_records(cell, is_denominator=is_denominator)
    page_request = PageRequest.from_query(request.query_params)
    items = await queries.records_of(
        cell, is_denominator=is_denominator, offset=page_request.offset, limit=page_request.size
    )
    return render(
        request,
        "rankings/records.html",
        ranking=ranking,
        row=row,
        indicator=indicator,
        sees=sight_of(
            BY_KEY.get(indicator.denominator if is_denominator else indicator.numerator),
            is_staff=actor is not None and actor.is_staff,
            is_own=await speaks_for(actor, ranking, row.place),
        ),
        words=indicator.figure_label(is_denominator=is_denominator),
        is_count=indicator.figure_counts(is_denominator=is_denominator),
        total=cell.denominator if is_denominator else cell.numerator,
        is_withheld=not is_denominator and cell.id in await queries.withheld_from(actor, ranking),
        page=page_request.page(items, count),
        period_words=queries.period_words,
    )


async def analyse(request: Request) -> Response:
    """Show the analysis of a period: its text, each indicator, who moved, what makes up each score."""
    actor = optional_actor(request)
    ranking = await queries.get_ranking_for(actor, request.path_params["number"])
    return render(
        request,
        "rankings/analysis.html",
        ranking=ranking,
        analysis=await analysis_of(ranking, await queries.withheld_from(actor, ranking)),
        disputed=await disputed_places(ranking),
        levels=LEVELS,
        points=queries.points_words,
        words=queries.period_words(ranking.period_kind, ranking.begins_on),
        period_words=queries.period_words,
        may_write=actor is not None
        and actor.may(RankingAct.RUN_RANKINGS)
        and ranking.status is RankingStatus.CHECKING,
    )


async def versions(request: Request) -> Response:
    """Show what differs between a version and another of its period, by default the one before it."""
    actor = optional_actor(request)
    after = await queries.get_ranking_for(actor, request.path_params["number"])
    others = [version for version in await queries.list_versions(after) if version.id != after.id]
    number = request.query_params.get("base", "")
    earlier = [version for version in others if version.version < after.version] or others
    before = next((version for version in others if version.number == number), None)
    if before is None and earlier and not number:
        before = earlier[0]
    if before is None:
        raise NotFound(_("没有可以对照的版本。"))
    withheld = [
        *await queries.withheld_from(actor, before),
        *await queries.withheld_from(actor, after),
    ]
    return render(
        request,
        "rankings/versions.html",
        comparison=await compare(before, after, withheld),
        others=others,
        reasons=await list_objections(before),
        points=queries.points_words,
        words=queries.period_words(after.period_kind, after.begins_on),
    )


async def download(request: Request) -> Response:
    """Return a ranking as xlsx, csv or json, with definitions, period, version, status and a hash."""
    form = request.path_params["format"]
    if form not in ("xlsx", "csv", "json"):
        raise NotFound(_("没有这个文件。"))
    actor = optional_actor(request)
    ranking = await queries.get_ranking_for(actor, request.path_params["number"])
    withheld = await queries.withheld_from(actor, ranking)
    export = await export_of(ranking, deps(request).clock(), withheld)
    headers = {"content-disposition": f'attachment; filename="{ranking.number}.{form}"'}
    if form == "json":
        return Response(export.as_json(), media_type="application/json", headers=headers)
    if form == "csv":
        return Response(export.as_csv(), media_type="text/csv; charset=utf-8", headers=headers)
    return StreamingResponse(write_workbook(*export.tables()), media_type=WORKBOOK, headers=headers)


async def rows(request: Request) -> Response:
    """Show the records behind a figure as they are now."""
    actor = optional_actor(request)
    value = await _value(request)
    page_request = PageRequest.from_query(request.query_params)
    items = await list_rows(
        value.figure, value.period, value.scope, offset=page_request.offset, limit=page_request.size
    )
    parks = {park.code: park.name for park in await list_parks()}
    city = value.scope.get("city", "")
    return render(
        request,
        "rankings/rows.html",
        value=value,
        sees=sight_of(value.figure, is_staff=actor is not None and actor.is_staff, is_own=False),
        page=page_request.page(items, value.count),
        place=name(f"{city}00") if city else parks.get(value.scope.get("park", ""), ""),
    )


async def _value(request: Request) -> FigureValue:
    query = request.query_params
    figure = BY_KEY.get(query.get("figure", ""))
    try:
        period = Period(date.fromisoformat(query.get("from", "")), date.fromisoformat(query.get("until", "")))
    except ValueError:
        period = None
    if figure is None or period is None or period.begins_on > period.ends_on:
        raise NotFound(_("没有这项统计。"))
    scope = {key: query.get(key, "").replace("\x00", "")[:most] for key, most in MOST_TEXT.items()}
    return await figure_value(figure, period, scope)


async def schemes(request: Request) -> Response:
    """Show all versions of the schemes, the newest first."""
    return render(
        request,
        "rankings/schemes.html",
        schemes=[(scheme, parts_of(scheme)) for scheme in await list_schemes()],
        rules_of=rules_of,
        deductions_of=deductions_of,
        periods=list(PeriodKind),
    )


routes = [
    Route("/rankings", index, name="rankings:index", methods=["GET"]),
    Route("/rankings/schemes", schemes, name="rankings:schemes", methods=["GET"]),
    Route("/rankings/rows", rows, name="rankings:rows", methods=["GET"]),
    Route("/rankings/{number}", show, name="rankings:show", methods=["GET"]),
    Route("/rankings/{number}/analysis", analyse, name="rankings:analysis", methods=["GET"]),
    Route("/rankings/{number}/versions", versions, name="rankings:versions", methods=["GET"]),
    Route("/rankings/{number}/file.{format}", download, name="rankings:download", methods=["GET"]),
    Route("/rankings/{number}/{place}", place, name="rankings:place", methods=["GET"]),
    Route("/rankings/{number}/{place}/records", records, name="rankings:records", methods=["GET"]),
]
