from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from market.accounts.web import actor_for
from market.backoffice import deadlines, queries, services
from market.backoffice.permissions import BackofficeAct
from market.kit.flash import flash
from market.kit.i18n import gettext as _
from market.kit.mail import with_site_links
from market.kit.pagination import PageRequest
from market.kit.templating import render
from market.kit.web import deps, form_data, redirect_to
from market.records.by import By


async def jobs(request: Request) -> Response:
    actor_for(request, BackofficeAct.RUN_JOBS)
    page_request, status = (
        PageRequest.from_query(request.query_params),
        request.query_params.get("status", "failed"),
    )
    status = status if status in queries.JOB_STATES else "failed"
    items, total = await queries.list_jobs(status, offset=page_request.offset, limit=page_request.size)
    return render(
        request,
        "backoffice/jobs.html",
        page=page_request.page(items, total),
        status=status,
        counts=await queries.count_jobs(),
    )


async def retry_job(request: Request) -> Response:
    actor = actor_for(request, BackofficeAct.RUN_JOBS)
    await services.retry_job(request.path_params["job_id"], by=By(actor, deps(request).clock()))
    return flash(request, redirect_to(request, "backoffice:jobs"), _("任务已重新排队。"))


async def clock(request: Request) -> Response:
    actor = actor_for(request, BackofficeAct.MOVE_CLOCK)
    if request.method == "POST":
        form = await form_data(request)
        step = next((step for step in deadlines.STEPS if form.get(step.unit) == str(step.count)), None)
        moved = await deadlines.move_clock(step, actor=actor, deps=deps(request))
        label = str(step.label) if step else ""
        words = _("时钟已前进 %(step)s，%(moved)s 条记录到期处理。", step=label, moved=moved)
        return flash(request, redirect_to(request, "backoffice:clock"), words)
    return render(request, "backoffice/clock.html", steps=deadlines.STEPS)


async def mails(request: Request) -> Response:
    page_request, words = (
        PageRequest.from_query(request.query_params),
        request.query_params.get("to", "").replace("\x00", "")[:100],
    )
    items, total = await queries.list_mails(words=words, offset=page_request.offset, limit=page_request.size)
    return render(request, "backoffice/mails.html", page=page_request.page(items, total), words=words)


async def mail(request: Request) -> Response:
    mail = await queries.get_mail(request.path_params["mail_id"])
    base = deps(request).settings.base_url
    parts = _parts(with_site_links(mail.text, base), base)
    return render(request, "backoffice/mail.html", mail=mail, parts=parts)


def _parts(text: str, base_url: str) -> list[tuple[str, str]]:
    """Split a mail into pairs of words and, where the words are a link to this site, its path."""
    pieces = re.split(rf"({re.escape(base_url)}(/[^\s]*)?)", text)
    # Words, link, path of the link, words, …
    return [
        part
        for at in range(0, len(pieces), 3)
        for part in (
            (pieces[at], ""),
            *(((pieces[at + 1], pieces[at + 2] or "/"),) if at + 2 < len(pieces) else ()),
        )
    ]


routes = [
    Route("/backoffice/jobs", jobs, name="backoffice:jobs", methods=["GET"]),
    Route("/backoffice/jobs/{job_id:int}/retry", retry_job, name="backoffice:retry_job", methods=["POST"]),
]
demo_routes = [
    Route("/backoffice/clock", clock, name="backoffice:clock", methods=["GET", "POST"]),
    Route("/mails", mails, name="backoffice:mails", methods=["GET"]),
    Route("/mails/{mail_id:int}", mail, name="backoffice:mail", methods=["GET"]),
]
