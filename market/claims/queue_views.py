"""The desk's queue: its page, its workbook, saved filters, and acts on many claims at once."""

from __future__ import annotations

from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from market.accounts.permissions import AccountAct
from market.accounts.web import actor_for
from market.claims import desk_queue, desk_review, queries
from market.claims.desk_queue import MINE, read_handler, read_queue_query
from market.claims.queries import NOBODY, OPEN, ClaimFilter
from market.claims.reading_pane import OPEN as OPEN_CLAIM
from market.claims.reading_pane import read_pane
from market.claims.risk_flags import RISK_FLAG_LABELS
from market.claims.states import FINISHED, ClaimAct, ClaimShownStatus, ClaimStatus
from market.kit.clock import local_date
from market.kit.flash import flash
from market.kit.forms import record_number_from
from market.kit.i18n import gettext as _
from market.kit.pagination import PageRequest
from market.kit.routing import Route
from market.kit.templating import render
from market.kit.web import deps, form_data, uuid_or_none
from market.kit.workbooks.writing import WORKBOOK, write_workbook
from market.programmes.catalogue import list_programmes
from market.records.by import By

QUEUE = [*(status for status in ClaimStatus if status is not ClaimStatus.DRAFT), *ClaimShownStatus]


async def queue(request: Request) -> Response:
    actor = actor_for(request, AccountAct.SEE_DESK)
    wanted = read_queue_query(request.query_params, actor)
    today = local_date(deps(request).clock())
    page_request = PageRequest.from_query(request.query_params)
    page, amount = await desk_queue.list_queue(page_request, wanted.claim_filter, wanted.sort, today)
    officers = await desk_queue.list_officers()
    counts = await queries.count_by_status(wanted.claim_filter)
    return render(
        request,
        "claims/queue.html",
        page=page,
        pane=await read_pane(
            actor,
            request.query_params.get(OPEN_CLAIM, ""),
            wanted,
            page_request.size,
            deps(request).clock(),
        ),
        amount=amount,
        wanted=wanted.claim_filter,
        sort=wanted.sort,
        sorts=_sorts(),
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
        saved=await desk_queue.list_saved_queues(actor.user_id),
    )


def _sorts() -> list[tuple[str, str]]:
    """Return the orders for a `<select>`, which a phone shows in place of the heads of the table."""
    columns = {
        "number": _("申报编号"),
        "year": _("年度"),
        "applicant": _("单位"),
        "city": _("所在地"),
        "contract": _("合同"),
        "programme": _("政策"),
        "status": _("状态"),
        "handler": _("经办人"),
        "waiting": _("已等"),
        "trade": _("技术交易额"),
        "amount": _("金额"),
    }
    up, down = _("升序"), _("降序")
    return [
        (f"{sign}{name}", f"{words}，{order}")
        for name, words in columns.items()
        for sign, order in (("", up), ("-", down))
    ]


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
        await desk_queue.delete_saved_queue(saved_id, by=by)
        return flash(request, _to_queue(request, wanted.query), _("这组条件已删去。"), "note")
    await desk_queue.save_queue(str(data.get("name") or ""), wanted.query, by=by)
    return flash(request, _to_queue(request, wanted.query), _("条件已存下，在队列上方。"))


async def bulk(request: Request) -> Response:
    actor, data = actor_for(request, ClaimAct.ASSIGN_CLAIM), await form_data(request)
    by = By(actor, deps(request).clock())
    wanted = read_queue_query(request.query_params, actor)
    if data.get("scope") == "all":
        numbers = await desk_queue.list_numbers(wanted.claim_filter, wanted.sort, desk_review.MOST_AT_ONCE)
    else:
        numbers = [
            number for text in data.getlist("claims") if (number := record_number_from({"n": text}, "n"))
        ]
    if data.get("act") == "accept":
        result = await desk_review.accept_many(numbers, by=by)
        words = _("已受理 %(count)s 项。", count=len(result.done))
    else:
        handler = read_handler(str(data.get("handler") or ""), actor)
        result = await desk_review.assign_many(numbers, handler if isinstance(handler, UUID) else None, by=by)
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
