"""Public pages of targets: the board of a year, the rows behind each figure, definitions, files."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from market.accounts.actors import Actor
from market.accounts.web import optional_actor
from market.codes.labels import label
from market.contracts.states import Disclosure
from market.kit.charts import MonthBars, StackedBar
from market.kit.clock import local_date
from market.kit.errors import NotFound
from market.kit.formats import day, percent
from market.kit.formats import figure as amount_words
from market.kit.i18n import gettext as _
from market.kit.pagination import PageRequest
from market.kit.routing import Route
from market.kit.templating import render
from market.kit.web import deps
from market.kit.workbooks.writing import WORKBOOK, Cell, Table, write_workbook
from market.records.figures import FigureValue, Period, Row, list_rows, stream_rows, value_of
from market.targets import exports, plans, wall
from market.targets.cities import city_of
from market.targets.definitions import list_definitions
from market.targets.figures import AMOUNTS, BY_KEY, MOST_TEXT, SHARES, WHOLE
from market.targets.forecast import tenths_words
from market.targets.queries import city_name, known_year
from market.targets.states import ScopeKind, TargetAct

MOST_UNITS = 12
"""Units on the board; the others stand on a page of their own."""


async def index(request: Request) -> Response:
    """Show the board of the running year, or of the last that has a target."""
    today = local_date(deps(request).clock())
    years = await plans.issued_years()
    year = next((year for year in years if year <= today.year), today.year)
    return await _board(request, year, years)


async def show(request: Request) -> Response:
    year = request.path_params["year"]
    years = await plans.issued_years()
    if year not in years:
        raise NotFound(_("这一年没有下达目标。"))
    return await _board(request, year, years)


async def _board(request: Request, year: int, years: Sequence[int]) -> Response:
    board = await wall.board_of(year, local_date(deps(request).clock()))
    has_all = bool(request.query_params.get("units"))
    return render(
        request,
        "targets/wall.html",
        board=board,
        years=years,
        units=board.units if has_all else board.units[:MOST_UNITS],
        bar=lambda line: bar_of(board, line),
        whole=bar_of(board, board.total),
        months=month_bars(request, board),
        tenths=tenths_words,
        deeds_of=deeds_of,
    )


def deeds_of(share: int) -> str:
    """Return basis points of deeds as a number of deeds, such as 2.60."""
    decimals = f"{share % WHOLE:04}"
    return f"{share // WHOLE}.{decimals.removesuffix('00')}"


def bar_of(board: wall.Board, line: wall.Line) -> StackedBar:
    """Return a line's verified, pending and found as one bar on the scale of its table."""
    lines = [board.total] if line is board.total else board.cities
    top = max(1, *(max(other.target, _sum(other)) for other in lines))
    return StackedBar([line.now[key].count for key in ("verified", "pending", "found")], top, line.target)


def _sum(line: wall.Line) -> int:
    return sum(line.now[key].count for key in ("verified", "pending", "found"))


def month_bars(request: Request, board: wall.Board) -> MonthBars:
    """Return what was verified in each month, beside the year before."""
    return MonthBars(
        _("每月核验"),
        board.year,
        [value.count for value in board.months],
        [value.count for value in board.months_before],
        board.months_over,
        is_money=False,
        links=[_address(request, value) for value in board.months],
        links_before=[_address(request, value) for value in board.months_before],
    )


def _address(request: Request, value: FigureValue) -> str:
    """Return the address of the rows behind a figure."""
    source = value.figure.source
    return f"{request.app.url_path_for(source.page)}?{value.query}{source.anchor}"


async def split(request: Request) -> Response:
    """Show how a year's target was split, with the weights."""
    plan = await plans.issued_plan(known_year(request.path_params["year"]))
    if plan is None:
        raise NotFound(_("这一年没有下达目标。"))
    shares = await plans.shares_of(plan)
    words = {kind: dict(await plans.keys_of(kind)) for kind in ScopeKind if shares[kind]}
    return render(
        request, "targets/split.html", plan=await plans.get_plan(plan.number), shares=shares, words=words
    )


async def definitions(request: Request) -> Response:
    """Show all versions of the definition, the newest first."""
    return render(request, "targets/definitions.html", definitions=await list_definitions())


@dataclass(frozen=True)
class Reader:
    """What a person may read of the rows: everything, those of a city or a unit, else what is disclosed."""

    actor: Actor | None
    city: str = ""

    @classmethod
    async def of(cls, actor: Actor | None) -> Reader:
        return cls(actor, await city_of(actor) if actor else "")

    @property
    def reads_all(self) -> bool:
        return self.actor is not None and self.actor.may(TargetAct.READ_DEEDS)

    def opens(self, row: Row) -> bool:
        """Return whether the person may open the deed itself."""
        if self.actor is None:
            return False
        return (
            self.reads_all
            or (bool(self.city) and row.values["city"] == self.city)
            or (
                self.actor.may(TargetAct.DECLARE_DEED)
                and self.actor.is_organisation_verified
                and row.values["unit"] == self.actor.organisation_id
            )
        )

    def disclosed(self, row: Row) -> Disclosure:
        """Return what may be read of a row: nothing, its subject, or also its price."""
        if self.opens(row):
            return Disclosure.PRICE
        both = {row.values["seller_disclosure"], row.values["buyer_disclosure"]}
        if Disclosure.NOTHING.value in both:
            return Disclosure.NOTHING
        return Disclosure.PRICE if both == {Disclosure.PRICE.value} else Disclosure.SUBJECT

    def title(self, row: Row) -> str:
        is_open = self.disclosed(row) is not Disclosure.NOTHING
        return str(row.values["title"]) if is_open else _("（双方没有公开）")

    def unit(self, row: Row) -> str:
        is_open = self.disclosed(row) is not Disclosure.NOTHING
        return str(row.values["unit_name"]) if is_open else "—"

    def amount(self, row: Row) -> str:
        return amount_words(row.money) if self.disclosed(row) is Disclosure.PRICE else _("未公开")

    def sums(self, value: FigureValue) -> bool:
        """Return whether the person may read the sum; guests only that of the whole, which tells no price."""
        return self.reads_all or not any(value.scope.get(name) for name in MOST_TEXT)


async def rows(request: Request) -> Response:
    """Show exactly the rows of a figure; names and prices as far as they are disclosed."""
    value, reader = await _value(request), await Reader.of(optional_actor(request))
    page_request = PageRequest.from_query(request.query_params)
    items = await list_rows(
        value.figure, value.period, value.scope, offset=page_request.offset, limit=page_request.size
    )
    return render(
        request,
        "targets/rows.html",
        page=page_request.page(items, value.count),
        value=value,
        reader=reader,
        city_name=city_name,
        unit_name=next((row.values["unit_name"] for row in items), "") if value.scope.get("unit") else "",
        is_money=value.figure.key in AMOUNTS,
        is_shares=value.figure is SHARES,
        deeds_of=deeds_of,
    )


async def rows_workbook(request: Request) -> Response:
    """Return the rows behind a figure as a workbook; the person reads in it what the page shows."""
    value, reader = await _value(request), await Reader.of(optional_actor(request))

    async def portions() -> AsyncIterator[Sequence[Sequence[Cell | None]]]:
        async for portion in stream_rows(value.figure, value.period, value.scope):
            yield [_row_cells(row, reader, value) for row in portion]

    heads = [
        _("编号"),
        _("成果转化"),
        _("单位"),
        _("市"),
        _("合同类别"),
        _("计入日"),
        _("状态"),
        _("份额") if value.figure is SHARES else _("金额（元）"),
    ]
    name = f"targets-{value.period.begins_on.year}-{value.figure.key}.xlsx"
    return _workbook(name, Table(str(value.figure.label), heads, portions(), wide_column=1))


def _row_cells(row: Row, reader: Reader, value: FigureValue) -> list[Cell | None]:
    values = row.values
    return [
        *(str(values["deed"]), reader.title(row), reader.unit(row), city_name(values["city"])),
        label("contract_kind", values["kind"]),
        day(values["event_on"]),
        label("deed", values["status"]),
        percent(int(values["share"])) if value.figure is SHARES else reader.amount(row),
    ]


async def _value(request: Request) -> FigureValue:
    query = request.query_params
    figure = BY_KEY.get(query.get("figure", ""))
    year = query.get("year", "")
    if figure is None or not (
        year.isascii() and year.isdigit() and len(year) == 4 and 2000 <= int(year) <= 2200
    ):
        raise NotFound(_("没有这项统计。"))
    scope = {name: query.get(name, "").replace("\x00", "")[:most] for name, most in MOST_TEXT.items()}
    return await value_of(figure, _period(int(year), query.get("until", "")), scope)


def _period(year: int, until: str) -> Period:
    """Return a year, or the part of it until a day (`2025-11-29`)."""
    whole = Period.of_year(year)
    try:
        ends_on = date.fromisoformat(until)
    except ValueError:
        return whole
    return Period(whole.begins_on, ends_on) if ends_on.year == year else whole


async def download(request: Request) -> Response:
    """Return the board as xlsx, csv or json, with definition, period, status and a hash."""
    kind, year = request.path_params["format"], request.path_params["year"]
    if kind not in ("xlsx", "csv", "json") or year not in await plans.issued_years():
        raise NotFound(_("没有这个文件。"))
    export = exports.export_of(await wall.board_of(year, local_date(deps(request).clock())))
    name = f"targets-{year}.{kind}"
    if kind == "json":
        return _text(export.as_json(), "application/json", name)
    if kind == "csv":
        return _text(export.as_csv(), "text/csv; charset=utf-8", name)
    return _workbook(name, *export.tables())


def _text(text: str, media_type: str, name: str) -> Response:
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(text, media_type=media_type, headers=headers)


def _workbook(name: str, *tables: Table) -> Response:
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(write_workbook(*tables), media_type=WORKBOOK, headers=headers)


routes = [
    Route("/targets", index, name="targets:wall", methods=["GET"]),
    Route("/targets/definitions", definitions, name="targets:definitions", methods=["GET"]),
    Route("/targets/rows", rows, name="targets:rows", methods=["GET"]),
    Route("/targets/rows.xlsx", rows_workbook, name="targets:rows_workbook", methods=["GET"]),
    Route("/targets/{year:int}", show, name="targets:year", methods=["GET"]),
    Route("/targets/{year:int}/split", split, name="targets:split", methods=["GET"]),
    Route("/targets/{year:int}/board.{format}", download, name="targets:download", methods=["GET"]),
]
