"""The desk's queue: its page, its workbook, saved filters, and acts on many claims at once."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from market.accounts.actors import Actor
from market.accounts.permissions import AccountAct
from market.accounts.web import actor_for
from market.claims import bulk_acts, desk_queue, queries, saved_queues
from market.claims.forms import QueueForm
from market.claims.permissions import ClaimAct
from market.claims.queries import NOBODY, OPEN, ClaimFilter
from market.claims.risk_flags import RISK_FLAG_LABELS
from market.claims.states import FINISHED, ClaimShownStatus, ClaimStatus
from market.kit.clock import local_date
from market.kit.flash import flash
from market.kit.form_fields import ChoiceField
from market.kit.forms import record_number_from
from market.kit.i18n import gettext as _
from market.kit.pagination import PageRequest
from market.kit.templating import render
from market.kit.web import deps, form_data, uuid_or_none
from market.kit.workbooks.writing import WORKBOOK, write_workbook
from market.programmes.catalogue import list_programmes
from market.records.by import By

QUEUE = [*(status for status in ClaimStatus if status is not ClaimStatus.DRAFT), *ClaimShownStatus]
MINE = "me"
"""Stands for the person who looks, in a filter by handler."""
PARAMETERS = (
    *("status", "year", "programme", "contract", "text", "city", "field", "doubt", "least", "most"),
    *("handler", "refusal", "sort"),
)


@dataclass(frozen=True)
class QueueQuery:
    """A filter and an order of the queue, as an address holds them."""

    claim_filter: ClaimFilter
    sort: str
    form: QueueForm
    query: str
    """The query string, without the page."""
    handler: str
    """The handler as the address names it."""


def read_queue_query(query: QueryParams, actor: Actor) -> QueueQuery:
    """Read a queue's filter and order; what cannot be read filters nothing."""
    year, sort, handler = query.get("year", ""), query.get("sort", ""), query.get("handler", "")
    form = QueueForm(query)
    form.validate()
    claim_filter = ClaimFilter(
        status=query.get("status", ""),
        year=int(year) if year.isascii() and year.isdigit() and len(year) == 4 else None,
        programme=query.get("programme", "")[:60],
        contract=query.get("contract", "").replace("\x00", "")[:20],
        text=query.get("text", "").replace("\x00", "").strip()[:60],
        city=_prefix(_chosen(form.city)),
        field=_chosen(form.field),
        doubt=_chosen(form.doubt),
        is_to_refuse=query.get("refusal") == "waiting",
        least=form.least.data,
        most=form.most.data,
        handler=_handler(handler, actor),
    )
    return QueueQuery(
        claim_filter,
        sort if sort.removeprefix("-") in desk_queue.SORTS else "",
        form,
        urlencode([(name, query[name]) for name in PARAMETERS if query.get(name)]),
        handler if claim_filter.handler else "",
    )


def _handler(text: str, actor: Actor) -> UUID | str:
    if text == MINE:
        return actor.user_id
    return NOBODY if text == NOBODY else uuid_or_none(text) or ""


def _chosen(field: ChoiceField) -> str:
    """Return what was chosen from the list, or nothing."""
    return "" if field.errors else str(field.data or "")


def _prefix(region: str) -> str:
    """Return what codes of places inside a region begin with."""
    while len(region) > 2 and region.endswith("00"):
        region = region[:-2]
    return region


async def queue(request: Request) -> Response:
    actor = actor_for(request, AccountAct.SEE_DESK)
    wanted = read_queue_query(request.query_params, actor)
    today = local_date(deps(request).clock())
    page, amount = await desk_queue.list_queue(
        PageRequest.from_query(request.query_params), wanted.claim_filter, wanted.sort, today
    )
    officers = await desk_queue.list_officers()
    counts = await queries.count_by_status(wanted.claim_filter)
    return render(
        request,
        "claims/queue.html",
        page=page,
        amount=amount,
        wanted=wanted.claim_filter,
        sort=wanted.sort,
        handler=wanted.handler,
        query=wanted.query,
        form=wanted.form,
        is_narrowed=_is_narrowed(wanted.claim_filter),
        doubts=RISK_FLAG_LABELS,
        counts=[(status.value, counts[status.value]) for status in QUEUE if counts.get(status.value)],
        total=sum(counts.values()),
        unfinished=sum(count for status, count in counts.items() if status not in FINISHED),
        open_status=OPEN,
        years=[(year, year) for year in await queries.list_years()],
        programmes=[(programme.slug, _(programme.name)) for programme in await list_programmes()],
        officers=officers,
        handlers=[(MINE, _("我")), (NOBODY, _("没有经办人")), *officers],
        saved=await saved_queues.list_saved_queues(actor.user_id),
    )


def _is_narrowed(claim_filter: ClaimFilter) -> bool:
    wanted = (claim_filter.city, claim_filter.field, claim_filter.doubt)
    return any(wanted) or claim_filter.least is not None or claim_filter.most is not None


async def workbook(request: Request) -> Response:
    actor = actor_for(request, AccountAct.SEE_DESK)
    wanted = read_queue_query(request.query_params, actor)
    today = local_date(deps(request).clock())
    table = desk_queue.queue_table(wanted.claim_filter, wanted.sort, today)
    headers = {"content-disposition": f'attachment; filename="claims-{today}.xlsx"'}
    return StreamingResponse(write_workbook(table), media_type=WORKBOOK, headers=headers)


async def filters(request: Request) -> Response:
    actor, data = actor_for(request, AccountAct.SEE_DESK), await form_data(request)
    by = By(actor, deps(request).clock())
    wanted = read_queue_query(request.query_params, actor)
    if (saved_id := uuid_or_none(data.get("delete"))) is not None:
        await saved_queues.delete_saved_queue(saved_id, by=by)
        return flash(request, _to_queue(request, wanted.query), _("这组条件已删去。"), "note")
    await saved_queues.save_queue(str(data.get("name") or ""), wanted.query, by=by)
    return flash(request, _to_queue(request, wanted.query), _("条件已存下，在队列上方。"))


async def bulk(request: Request) -> Response:
    actor, data = actor_for(request, ClaimAct.ASSIGN_CLAIM), await form_data(request)
    by = By(actor, deps(request).clock())
    wanted = read_queue_query(request.query_params, actor)
    if data.get("scope") == "all":
        numbers = await desk_queue.list_numbers(wanted.claim_filter, wanted.sort, bulk_acts.MOST_AT_ONCE)
    else:
        numbers = [
            number for text in data.getlist("claims") if (number := record_number_from({"n": text}, "n"))
        ]
    if data.get("act") == "accept":
        result = await bulk_acts.accept_many(numbers, by=by)
        words = _("已受理 %(count)s 项。", count=len(result.done))
    else:
        handler = _handler(str(data.get("handler") or ""), actor)
        result = await bulk_acts.assign_many(numbers, handler if isinstance(handler, UUID) else None, by=by)
        words = _("已分派 %(count)s 项。", count=len(result.done))
    if not numbers:
        return flash(request, _to_queue(request, wanted.query), _("没有选中申报。"), "due")
    if not result.refused:
        return flash(request, _to_queue(request, wanted.query), words)
    return render(request, "claims/bulk_result.html", 422, result=result, words=words, query=wanted.query)


def _to_queue(request: Request, query: str) -> RedirectResponse:
    address = str(request.app.url_path_for("claims:queue"))
    return RedirectResponse(f"{address}?{query}" if query else address, 303)


routes = [
    Route("/desk", queue, name="claims:queue", methods=["GET"]),
    Route("/desk/claims.xlsx", workbook, name="claims:queue_workbook", methods=["GET"]),
    Route("/desk/filters", filters, name="claims:queue_filters", methods=["POST"]),
    Route("/desk/bulk", bulk, name="claims:bulk", methods=["POST"]),
]
