"""The organisation's page of its papers, and the operator's list of those to look at."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from wtforms import FileField

from market.accounts.organisations import get_organisation_to_edit
from market.accounts.permissions import AccountAct
from market.accounts.web import actor_for
from market.files.attachments import required_upload
from market.files.uploads import ACCEPT
from market.kit.clock import local_date
from market.kit.flash import flash
from market.kit.form_fields import ChoiceField, DayField, Required, TextField
from market.kit.forms import BaseForm
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.labels import choices
from market.kit.routing import UPLOAD, Route
from market.kit.templating import render, render_form
from market.kit.web import deps, form_data_or_none, redirect_to
from market.papers import paper_acts
from market.papers.states import PaperAct, PaperKind, statement_words
from market.records.by import By


class PaperForm(BaseForm):
    kind = ChoiceField(
        lazy("这是哪种证明"),
        [Required(lazy("请选择这是哪种证明。"))],
        choices=lambda: choices(PaperKind),
        blank=lazy("请选择"),
    )
    file = FileField(str(lazy("文件")))
    number = TextField(lazy("证书编号"), max_length=60)
    expires_on = DayField(lazy("有效期至"))


async def papers(request: Request) -> Response:
    """Show and add the papers of one's own organisation, verified or not."""
    actor = actor_for(request, AccountAct.READ_OWN_DATA)
    organisation = await get_organisation_to_edit(actor)
    form: Any = PaperForm(
        await form_data_or_none(request), data={"kind": request.query_params.get("kind", "")}
    )
    if form.validate_on_submit():
        with form.catch_invalid():
            await paper_acts.upload_paper(
                PaperKind(form.kind.data),
                await required_upload(request),
                number=form.number.data or "",
                expires_on=form.expires_on.data,
                by=By(actor, deps(request).clock()),
            )
            return flash(request, redirect_to(request, "papers:index"), _("已上传。"))
    return render_form(
        request,
        "papers/index.html",
        form,
        organisation=organisation,
        needed=await paper_acts.needed_papers(organisation),
        today=local_date(deps(request).clock()),
        accept=ACCEPT,
        statement_words=statement_words(),
    )


async def unchecked(request: Request) -> Response:
    """List papers of verified organisations that nobody checked yet, and those that have lapsed."""
    actor_for(request, PaperAct.CHECK_PAPERS)
    today = local_date(deps(request).clock())
    return render(
        request, "papers/unchecked.html", papers=await paper_acts.list_unchecked(today), today=today
    )


routes = [
    Route("/account/papers", papers, name="papers:index", methods=["GET", "POST"], body=UPLOAD),
    Route("/backoffice/papers", unchecked, name="papers:unchecked", methods=["GET"]),
]
