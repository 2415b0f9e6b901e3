"""Public pages of rankings: what is in force, why a place stands where it does, the records behind it."""

from __future__ import annotations

from datetime import date

from starlette.requests import Request
from starlette.responses import Response

from market.accounts.web import optional_actor
from market.codes.regions import name
from market.kit.errors import NotFound
from market.kit.i18n import gettext as _
from market.kit.pagination import PageRequest
from market.kit.routing import Route
from market.kit.templating import render
from market.rankings import queries
from market.rankings.indicators import BY_KEY, INDICATORS, MOST_TEXT
from market.rankings.models import RankingCell
from market.rankings.parks import list_parks
from market.rankings.schemes import list_schemes, parts_of
from market.rankings.states import ParkLevel, PeriodKind, PlaceKind, RankingAct, WarningStatus
from market.rankings.warnings import OPEN, due_warnings, list_warnings
from market.records.figures import FigureValue, Period, list_rows
from market.records.figures import value_of as figure_value

WARNED = (*OPEN, WarningStatus.LIFTED)
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
    return render(
        request,
        "rankings/show.html",
        ranking=ranking,
        groups=await queries.rows_of(ranking),
        levels=LEVELS,
        parts=parts_of(ranking.scheme),
        standing=await queries.list_standing(ranking.kind),
        versions=await queries.list_versions(ranking),
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
    ranking = await queries.get_ranking_for(optional_actor(request), request.path_params["number"])
    row = await queries.get_row(ranking, request.path_params["place"])
    return render(
        request,
        "rankings/place.html",
        ranking=ranking,
        row=row,
        contributions=await queries.contributions_of(ranking, row),
        points=queries.points_words,
        period_words=queries.period_words,
        period_kind=ranking.period_kind,
    )


async def records(request: Request) -> Response:
    """Show the records behind one part of an indicator, as they were frozen."""
    ranking = await queries.get_ranking_for(optional_actor(request), request.path_params["number"])
    row = await queries.get_row(ranking, request.path_params["place"])
    code = request.query_params.get("indicator", "")
    indicator = INDICATORS.get(code)
    cell = await RankingCell.get_or_none(row_id=row.id, indicator=code[:40]) if indicator else None
    is_denominator = request.query_params.get("part") == "denominator"
    if cell is None or indicator is None or (is_denominator and not indicator.denominator):
        raise NotFound(_("没有这项统计。"))
    return render(
        request,
        "rankings/records.html",
        ranking=ranking,
        row=row,
        figure=BY_KEY[indicator.denominator if is_denominator else indicator.numerator],
        total=cell.denominator if is_denominator else cell.numerator,
        items=await queries.records_of(cell, is_denominator=is_denominator),
        period_words=queries.period_words,
    )


async def rows(request: Request) -> Response:
    """Show the records behind a figure as they are now."""
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
        periods=list(PeriodKind),
    )


routes = [
    Route("/rankings", index, name="rankings:index", methods=["GET"]),
    Route("/rankings/schemes", schemes, name="rankings:schemes", methods=["GET"]),
    Route("/rankings/rows", rows, name="rankings:rows", methods=["GET"]),
    Route("/rankings/{number}", show, name="rankings:show", methods=["GET"]),
    Route("/rankings/{number}/{place}", place, name="rankings:place", methods=["GET"]),
    Route("/rankings/{number}/{place}/records", records, name="rankings:records", methods=["GET"]),
]
