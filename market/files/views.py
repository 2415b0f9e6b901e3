from __future__ import annotations

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from market.accounts.permissions import AccountAct
from market.accounts.web import actor_for, optional_actor
from market.files import attachments
from market.files.models import Tier
from market.files.undertakings import (
    accept_undertaking,
    list_undertakings,
    must_undertake,
    undertaking_text,
)
from market.kit.errors import NotFound
from market.kit.form_fields import BooleanField, Required
from market.kit.forms import BaseForm
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.routing import Route
from market.kit.templating import render, render_form
from market.kit.web import deps, form_data_or_none, path_id, redirect_to
from market.records.by import By


class UndertakingForm(BaseForm):
    agreed = BooleanField(lazy("我已阅读并作出上述承诺"), [Required(lazy("请先勾选承诺。"))])


async def download(request: Request) -> Response:
    actor = optional_actor(request)
    file = await attachments.get_file_for(actor, path_id(request, "file_id"))
    if await must_undertake(actor, file):
        return redirect_to(request, "files:undertake", file_id=file.id)
    try:
        content = await deps(request).store.get(file.sha256)
    except FileNotFoundError:
        raise NotFound(_("这个文件的内容暂时取不到，请联系平台管理员。")) from None
    await attachments.record_opening(file, by=By(actor, deps(request).clock()))
    return Response(
        content,
        media_type="application/octet-stream" if file.media_type.startswith("text/") else file.media_type,
        headers={
            # Never rendered inside the site, so that its content cannot run under our origin.
            "content-disposition": f"attachment; filename*=UTF-8''{quote(file.name)}",
            "content-security-policy": "sandbox; default-src 'none'",
            "cache-control": "private, no-store",
        },
    )


async def undertake(request: Request) -> Response:
    actor = actor_for(request, AccountAct.READ_OWN_DATA)
    file = await attachments.get_file_for(actor, path_id(request, "file_id"))
    form = UndertakingForm(await form_data_or_none(request))
    if form.validate_on_submit():
        await accept_undertaking(file, by=By(actor, deps(request).clock()))
        return redirect_to(request, "files:undertake", file_id=file.id)
    return render_form(
        request,
        "files/undertake.html",
        form,
        file=file,
        text=undertaking_text(actor),
        is_needed=await must_undertake(actor, file),
    )


async def openings(request: Request) -> Response:
    actor = actor_for(request, AccountAct.READ_OWN_DATA)
    file, accesses, sealed = await attachments.list_openings_for(actor, path_id(request, "file_id"))
    return render(
        request,
        "files/openings.html",
        file=file,
        openings=accesses,
        sealed=sealed,
        undertakings=await list_undertakings(file.subject_kind, file.subject_id)
        if file.tier is Tier.UNDERTAKING
        else [],
    )


routes = [
    Route("/files/{file_id:uuid}", download, name="files:download", methods=["GET"]),
    Route("/files/{file_id:uuid}/undertake", undertake, name="files:undertake", methods=["GET", "POST"]),
    Route("/files/{file_id:uuid}/openings", openings, name="files:openings", methods=["GET"]),
]
