"""Pages of the operator: background jobs, the search engine, and in a demo its clock and mails."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response

from market.accounts.shown_names import show_names
from market.accounts.web import actor_for
from market.backoffice import deadlines, operations
from market.backoffice.states import BackofficeAct
from market.kit.errors import NotFound
from market.kit.flash import flash
from market.kit.i18n import gettext as _
from market.kit.mail import with_site_links
from market.kit.models import OutgoingMail
from market.kit.pagination import PageRequest
from market.kit.routing import Route
from market.kit.templating import render
from market.kit.web import deps, form_data, redirect_to
from market.records.by import By
from market.search.health import list_incidents

MOST_ID = 2**63 - 1
INCIDENTS_FOR = timedelta(days=7)
"""For which the operator is told that an index was rebuilt."""


async def jobs(request: Request) -> Response:
    actor_for(request, BackofficeAct.RUN_JOBS)
    page_request, status = (
        PageRequest.from_query(request.query_params),
        request.query_params.get("status", "failed"),
    )
    status = status if status in operations.JOB_STATES else "failed"
    items, total = await operations.list_jobs(status, offset=page_request.offset, limit=page_request.size)
    return render(
        request,
        "backoffice/jobs.html",
        page=page_request.page(items, total),
        status=status,
        counts=await operations.count_jobs(),
    )


async def retry_job(request: Request) -> Response:
    actor = actor_for(request, BackofficeAct.RUN_JOBS)
    await operations.retry_job(request.path_params["job_id"], by=By(actor, deps(request).clock()))
    return flash(request, redirect_to(request, "backoffice:jobs"), _("任务已重新排队。"))


async def clock(request: Request) -> Response:
    actor = actor_for(request, BackofficeAct.MOVE_CLOCK)
    if request.method == "POST":
        form = await form_data(request)
        step = next((step for step in deadlines.STEPS if form.get(step.unit) == str(step.count)), None)
        moved = await deadlines.move_clock(step, actor=actor, deps=deps(request))
        label = str(step.label) if step else ""
        message = _("时钟已前进 %(step)s，%(moved)s 条记录到期处理。", step=label, moved=moved)
        return flash(request, redirect_to(request, "backoffice:clock"), message)
    return render(request, "backoffice/clock.html", steps=deadlines.STEPS)


async def mails(request: Request) -> Response:
    page_request, words = (
        PageRequest.from_query(request.query_params),
        request.query_params.get("to", "").replace("\x00", "")[:100],
    )
    items, total = await _list_mails(words=words, offset=page_request.offset, limit=page_request.size)
    return render(request, "backoffice/mails.html", page=page_request.page(items, total), words=words)


async def mail(request: Request) -> Response:
    mail = await _get_mail(request.path_params["mail_id"])
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


async def _list_mails(*, words: str, offset: int, limit: int) -> tuple[list[OutgoingMail], int]:
    """Return the demo's mails, newest first, those to addresses with `words` in them only."""
    mails = OutgoingMail.filter(recipient__icontains=words) if words else OutgoingMail.all()
    shown = await mails.order_by("-id").offset(offset).limit(limit)
    await show_names(shown)
    return shown, await mails.count()


async def _get_mail(mail_id: int) -> OutgoingMail:
    """Return one of the demo's mails.

    Raises:
        NotFound: there is none.
    """
    mail = await OutgoingMail.get_or_none(id=mail_id)
    if mail is None:
        raise NotFound(_("没有这封邮件。"))
    await show_names([mail])
    return mail


async def search(request: Request) -> Response:
    actor_for(request, BackofficeAct.RUN_JOBS)
    if request.method == "POST":
        return await _act(request)
    engine = deps(request).search
    statuses, tenancy = await operations.index_statuses(engine)
    return render(
        request,
        "backoffice/search.html",
        statuses=statuses,
        is_there=tenancy is not None,
        prefix=tenancy.prefix if tenancy else "",
        drift=operations.drift_lines(tenancy) if tenancy else [],
        quarantined=await operations.list_quarantined(),
        engine=engine.name,
        incidents=[
            (operations.INDEX_LABELS[incident.index], incident)
            for incident in await list_incidents(datetime.now(UTC) - INCIDENTS_FOR)
        ],
    )


async def _act(request: Request) -> Response:
    """Carry out the act of the pressed button."""
    actor, form, now = (
        actor_for(request, BackofficeAct.RUN_JOBS),
        await form_data(request),
        deps(request).clock(),
    )
    index, entry = str(form.get("rebuild") or ""), str(form.get("retry") or "")
    if index:
        await operations.rebuild(index, by=By(actor, now))
        message = _("重建已排队，由后台任务完成；期间搜索照常。")
    elif entry.isascii() and entry.isdigit() and len(entry) < 20 and int(entry) <= MOST_ID:
        await operations.retry(int(entry), by=By(actor, now))
        message = _("已排队重试。若仍不成功，会带着原因回到这里。")
    else:
        raise NotFound(_("没有这个操作。"))
    return flash(request, redirect_to(request, "backoffice:search"), message)


routes = [
    Route("/backoffice/jobs", jobs, name="backoffice:jobs", methods=["GET"]),
    Route("/backoffice/jobs/{job_id:int}/retry", retry_job, name="backoffice:retry_job", methods=["POST"]),
    Route("/backoffice/search", search, name="backoffice:search", methods=["GET", "POST"]),
]
demo_routes = [
    Route("/backoffice/clock", clock, name="backoffice:clock", methods=["GET", "POST"]),
    Route("/mails", mails, name="backoffice:mails", methods=["GET"]),
    Route("/mails/{mail_id:int}", mail, name="backoffice:mail", methods=["GET"]),
]
