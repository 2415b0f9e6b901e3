"""Pages of an organisation's own sanctions with its appeals, and of ties between parties."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from market.accounts.models import Organisation
from market.accounts.permissions import AccountAct
from market.accounts.web import actor_for
from market.integrity import party_ties
from market.integrity.models import TieKind
from market.integrity.queries import list_own_sanctions
from market.integrity.sanction_acts import appeal
from market.integrity.states import APPEALABLE, IntegrityAct
from market.kit.amount_fields import PercentField
from market.kit.errors import NotFound
from market.kit.flash import flash
from market.kit.form_fields import ChoiceField, LongTextField, Required, TextField
from market.kit.forms import BaseForm
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.routing import Route
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
    selected = str((await form_data(request)).get("sanction") or "") if request.method == "POST" else ""
    if request.method == "POST":
        actor.require(IntegrityAct.APPEAL_SANCTION)
        if form.validate():
            sanction_id = uuid_or_none(selected)
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
        chosen=selected,
        sanctions=await list_own_sanctions(organisation.uscc),
        appealable=APPEALABLE,
        may_appeal=actor.may(IntegrityAct.APPEAL_SANCTION),
    )


routes = [Route("/integrity", own, name="integrity:own", methods=["GET", "POST"])]


class TieForm(BaseForm):
    kind = ChoiceField(
        lazy("种类"),
        choices=lambda: [("shareholding", _("持股")), ("person", _("任职"))],
    )
    uscc = TextField(
        lazy("单位的统一社会信用代码"), [Required(lazy("请填统一社会信用代码。"))], max_length=18
    )
    other = TextField(
        lazy("持股单位代码或人员证件号"), [Required(lazy("请填持股单位或人员。"))], max_length=64
    )
    role = TextField(lazy("身份"), max_length=40)
    share = PercentField(lazy("持股比例（%）"))
    source = TextField(lazy("来源"), [Required(lazy("请填来源，如企业信用信息公示系统。"))], max_length=200)


async def index(request: Request) -> Response:
    actor, now = actor_for(request, AccountAct.SEE_DESK), deps(request).clock()
    secret, data = deps(request).settings.secret_key, await form_data_or_none(request)
    form = TieForm(data)
    if data is not None:
        actor.require(IntegrityAct.ENTER_RELATED_PARTIES)
        if stale_id := uuid_or_none(data.get("remove")):
            await party_ties.remove_stale_tie(stale_id, secret=secret, by=By(actor, now))
            answer = redirect_to(request, "integrity:related_parties")
            return flash(request, answer, _("旧的关联已删去，请按证件号重新登记。"), "note")
        if form.validate_on_submit():
            with form.catch_invalid():
                await party_ties.record_tie(
                    TieKind(form.kind.data),
                    str(form.uscc.data),
                    str(form.other.data),
                    role=form.role.data or "",
                    basis_points=form.share.data,
                    source=str(form.source.data),
                    secret=secret,
                    by=By(actor, now),
                )
                return flash(
                    request,
                    redirect_to(request, "integrity:related_parties"),
                    _("关联已登记，核算时据以提示疑点。"),
                )
    text = request.query_params.get("uscc", "").replace("\x00", "").strip().upper()[:18]
    return render_form(
        request,
        "integrity/related_parties.html",
        form,
        ties=await party_ties.list_ties(text),
        is_stale=lambda tie: party_ties.is_stale(tie, secret),
        text=text,
    )


related_party_routes = [
    Route("/desk/ties", index, name="integrity:related_parties", methods=["GET", "POST"]),
]
