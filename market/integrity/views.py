"""The page of an organisation's own sanctions and its appeals."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from market.accounts.models import Organisation
from market.accounts.permissions import AccountAct
from market.accounts.web import actor_for
from market.integrity.permissions import IntegrityAct
from market.integrity.queries import list_own_sanctions
from market.integrity.services import appeal
from market.integrity.states import APPEALABLE
from market.kit.errors import NotFound
from market.kit.flash import flash
from market.kit.form_fields import LongTextField, Required
from market.kit.forms import BaseForm
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.templating import render_form
from market.kit.web import deps, form_data, form_data_or_none, redirect_to, uuid_or_none
from market.records.by import By


class AppealForm(BaseForm):
    text = LongTextField(
        lazy("申诉或修复的理由"), [Required(lazy("请写明理由，可列出依据的文件。"))], max_length=2000
    )


async def own(request: Request) -> Response:
    actor = actor_for(request, AccountAct.READ_OWN_DATA)
    if actor.organisation_id is None or not actor.acts_for(actor.organisation_id):
        raise NotFound(_("您没有代表任何单位。"))
    form = AppealForm(await form_data_or_none(request))
    chosen = str((await form_data(request)).get("sanction") or "") if request.method == "POST" else ""
    if request.method == "POST":
        actor.require(IntegrityAct.APPEAL_SANCTION)
        if form.validate():
            sanction_id = uuid_or_none(chosen)
            if sanction_id is None:
                raise NotFound(_("没有这条诚信记录。"))
            await appeal(sanction_id, text=str(form.text.data), by=By(actor, deps(request).clock()))
            return flash(
                request, redirect_to(request, "integrity:own"), _("申诉已提交，答复会发到站内消息。")
            )
    organisation = await Organisation.get(id=actor.organisation_id)
    return render_form(
        request,
        "integrity/own.html",
        form,
        chosen=chosen,
        sanctions=await list_own_sanctions(organisation.uscc),
        appealable=APPEALABLE,
        may_appeal=actor.may(IntegrityAct.APPEAL_SANCTION),
    )


routes = [Route("/integrity", own, name="integrity:own", methods=["GET", "POST"])]
