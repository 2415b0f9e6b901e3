"""Public pages of monthly reports: the report, its versions, files and print."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from market.accounts.web import actor_for, optional_actor
from market.kit.clock import local_date
from market.kit.errors import NotFound
from market.kit.flash import flash
from market.kit.formats import figure, in_unit, moment
from market.kit.i18n import gettext as _
from market.kit.pdf import pdf_response
from market.kit.routing import Route
from market.kit.templating import render
from market.kit.web import deps, form_data, redirect_to, typed_text
from market.records.by import By
from market.records.decisions import typed_verdict
from market.statistics.bulletins import (
    PUBLIC,
    address_of,
    decide_bulletin,
    get_bulletin_for,
    list_issued,
    list_versions,
)
from market.statistics.dimensions import Layout, words_of
from market.statistics.exports import Export, export_of
from market.statistics.figures import FROZEN
from market.statistics.files import file_response
from market.statistics.frozen import chosen_of, definition_of, differences, matrix_from, tables_of
from market.statistics.layouts import Line, Table
from market.statistics.models import Bulletin
from market.statistics.periods import FIRST_YEAR, month_words
from market.statistics.readers import Reader
from market.statistics.states import BulletinStatus, StatisticsAct

TILES = ("contracts", "contract_amount", "trade_amount", "received")


def month_of(text: str) -> date:
    """Return the first day of a month that is written as 2026-10.

    Raises:
        NotFound: it is none.
    """
    year, _dash, month = text.partition("-")
    is_month = len(text) == 7 and year.isascii() and year.isdigit() and month.isascii() and month.isdigit()
    if not is_month or not FIRST_YEAR <= int(year) <= 2200 or not 1 <= int(month) <= 12:
        raise NotFound(_("没有这个页面。"))
    return date(int(year), int(month), 1)


async def show(request: Request) -> Response:
    """Show the report of a month; before it is issued, lead to the figures as they are now."""
    month, actor = month_of(request.path_params["month"]), optional_actor(request)
    try:
        bulletin = await get_bulletin_for(actor, month, request.query_params.get("version", "")[:20])
    except NotFound:
        if month > local_date(deps(request).clock()) or request.query_params.get("version"):
            raise
        address = request.app.url_path_for("statistics:index")
        return RedirectResponse(f"{address}?span=month&year={month.year}&month={month.month}", 302)
    versions = await list_versions(month)
    earlier = next((each for each in versions if each.version == bulletin.version - 1), None)
    return render(
        request,
        "statistics/bulletin.html",
        bulletin=bulletin,
        title=title_of(bulletin),
        chosen=chosen_of(bulletin),
        definition=definition_of(bulletin),
        tables=tables_of(bulletin),
        matrix=matrix_from(bulletin),
        versions=versions,
        changed=differences(earlier, bulletin) if earlier else [],
        earlier=earlier,
        figures=FROZEN.by_key,
        issued=await list_issued(),
        reader=Reader(actor),
        words_of=words_of,
        month_words=month_words,
        is_public=bulletin.status in PUBLIC,
    )


def title_of(bulletin: Bulletin) -> str:
    return _("技术市场月报　%(month)s", month=month_words(bulletin.month))


async def reports(request: Request) -> Response:
    """Lead from the address of reports to the report of a month."""
    month = month_of(request.path_params["month"])
    return RedirectResponse(request.app.url_path_for("statistics:bulletin", month=f"{month:%Y-%m}"), 308)


async def numbered(request: Request) -> Response:
    """Lead from the number of a report to its page."""
    bulletin = await Bulletin.get_or_none(number=request.path_params["number"]).only("month", "number")
    if bulletin is None:
        raise NotFound(_("没有这份月报。"))
    return RedirectResponse(address_of(bulletin), 302)


async def decide(request: Request) -> Response:
    actor = actor_for(request, StatisticsAct.DECIDE_STATISTICS)
    data = await form_data(request)
    bulletin = await decide_bulletin(
        request.path_params["number"],
        typed_verdict(data),
        reason=typed_text(data, "reason"),
        by=By(actor, deps(request).clock()),
    )
    words = _("已核定并发布。") if bulletin.status is BulletinStatus.ISSUED else _("已退回。")
    return flash(request, redirect_to(request, "statistics:desk"), words)


def about_of(bulletin: Bulletin) -> list[tuple[str, str, str]]:
    """Return what a file of a report says about itself."""
    definition, chosen = definition_of(bulletin), chosen_of(bulletin)
    return [
        ("title", _("名称"), title_of(bulletin)),
        ("number", _("编号"), bulletin.number),
        (
            "period",
            _("期间"),
            f"{chosen.period.begins_on.isoformat()}/{chosen.period.ends_on.isoformat()}",
        ),
        ("version", _("版本"), str(bulletin.version)),
        ("status", _("状态"), str(bulletin.status.label)),
        ("note", _("更正说明"), bulletin.note),
        ("definition", _("口径版本"), f"v{definition.version} {definition.valid_from.isoformat()}"),
        ("definition_text", _("口径"), definition.text),
        ("definition_hash", _("口径校验值"), definition.content_hash),
        ("as_of", _("数据截至"), moment(bulletin.as_of)),
        ("made_at", _("编制时间"), moment(bulletin.proposed_at)),
        ("issued_at", _("发布时间"), moment(bulletin.issued_at)),
        ("frozen_hash", _("封存校验值"), bulletin.rows_hash),
    ]


async def download(request: Request) -> Response:
    """Return a report as xlsx, csv or json."""
    bulletin, reader = await _asked(request)
    export = _export(bulletin, reader)
    name = f"bulletin-{bulletin.month:%Y-%m}-v{bulletin.version}"
    return file_response(export, request.path_params["format"], name)


async def _asked(request: Request) -> tuple[Bulletin, Reader]:
    month, actor = month_of(request.path_params["month"]), optional_actor(request)
    number = request.query_params.get("version", "")[:20]
    return await get_bulletin_for(actor, month, number), Reader(actor)


def _export(bulletin: Bulletin, reader: Reader) -> Export:
    tables = [*tables_of(bulletin).values()]
    return export_of(chosen_of(bulletin), about_of(bulletin), tables, matrix_from(bulletin), {}, reader)


async def pdf(request: Request) -> Response:
    """Return a report as PDF."""
    bulletin, reader = await _asked(request)
    chosen = chosen_of(bulletin)

    def amount(table: Table, line: Line, key: str) -> str:
        is_shown = reader.is_shown(table, line, key, chosen)
        return in_unit(line.now[key].money, "wan") if is_shown else _("不公开")

    def grown(table: Table, line: Line, key: str) -> str:
        growth = reader.shown_growth(table, line, key, chosen)
        return growth.words if growth else "—"

    def row(table: Table, line: Line) -> Sequence[str]:
        return [
            line.words,
            str(line.now["contracts"].count),
            grown(table, line, "contracts"),
            amount(table, line, "contract_amount"),
            grown(table, line, "contract_amount"),
            amount(table, line, "trade_amount"),
            grown(table, line, "trade_amount"),
            str(-line.now["corrected"].count),
        ]

    tables = tables_of(bulletin)
    total, city = tables[Layout.CITY].total, tables[Layout.CITY]
    data: dict[str, Any] = {
        "title": title_of(bulletin),
        "foot": f"{bulletin.number} v{bulletin.version} {bulletin.rows_hash[:16]}",
        "facts": [[words, text] for key, words, text in about_of(bulletin) if text and key != "title"],
        "totals_head": [_("项目"), _("本月"), _("同比"), _("可比口径")],
        "totals": [
            [
                str(FROZEN.by_key[key].label),
                str(total.now[key].count) if key == "contracts" else figure(total.now[key].money),
                grown(city, total, key),
                total.matched_growth(key).words if key in total.matched else "—",
            ]
            for key in TILES
        ],
        "tables": [
            {
                "title": str(layout.label),
                "head": [
                    str(layout.label),
                    _("项"),
                    _("同比"),
                    _("成交额（万元）"),
                    _("同比"),
                    _("技术交易额（万元）"),
                    _("同比"),
                    _("解除、注销"),
                ],
                "rows": [row(table, line) for line in (*table.lines, table.total)],
            }
            for layout, table in tables.items()
        ],
    }
    return await pdf_response("bulletin.typ", data, f"bulletin-{bulletin.month:%Y-%m}-v{bulletin.version}")


routes = [
    Route("/reports/{month}", reports, name="statistics:reports", methods=["GET"]),
    Route("/bulletins/{number}", numbered, name="statistics:numbered", methods=["GET"]),
    Route("/bulletins/{number}/decide", decide, name="statistics:decide", methods=["POST"]),
    Route("/statistics/{month}", show, name="statistics:bulletin", methods=["GET"]),
    Route("/statistics/{month}/bulletin.pdf", pdf, name="statistics:pdf", methods=["GET"]),
    Route("/statistics/{month}/bulletin.{format}", download, name="statistics:file", methods=["GET"]),
]
