"""The page on which an owner attaches files to a draft."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from wtforms import FileField

from market.accounts.web import actor_for
from market.challenges import annexes, queries
from market.challenges.models import Challenge
from market.challenges.states import ChallengeAct, ChallengeStatus
from market.files.attachments import required_upload
from market.files.models import Tier
from market.files.uploads import ACCEPT
from market.kit.errors import Conflict
from market.kit.flash import flash
from market.kit.form_fields import ChoiceField, Required
from market.kit.forms import BaseForm
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.routing import UPLOAD, Route
from market.kit.templating import render_form
from market.kit.web import deps, form_data_or_none, path_id, redirect_to
from market.records.by import By


def tier_words(tier: Tier) -> str:
    """Return who may open an annex once it is listed."""
    return {Tier.PUBLIC: _("所有人"), Tier.UNDERTAKING: _("实名单位，签保密承诺后")}[tier]


class AnnexForm(BaseForm):
    tier = ChoiceField(
        lazy("谁能打开"),
        [Required(lazy("请选择谁能打开。"))],
        choices=lambda: [(tier.value, tier_words(tier)) for tier in annexes.TIERS],
        blank=lazy("请选择"),
    )
    file = FileField(str(lazy("文件")))


async def show(request: Request) -> Response:
    """Show the annexes of an own draft, and take in another."""
    actor = actor_for(request, ChallengeAct.DRAFT_CHALLENGE)
    challenge = await queries.get_own_challenge(actor, request.path_params["number"])
    if challenge.status is not ChallengeStatus.DRAFT:
        raise Conflict(_("已提交的榜单不能再改；要改先请平台退回。"))
    form = AnnexForm(await form_data_or_none(request))
    if form.validate_on_submit():
        with form.catch_invalid():
            blob = await required_upload(request)
            by = By(actor, deps(request).clock())
            await annexes.add_annex(challenge.number, blob, Tier(form.tier.data), by=by)
            return flash(request, _back(request, challenge), _("已添加。"))
    return render_form(
        request,
        "challenges/annexes.html",
        form,
        challenge=challenge,
        annexes=await annexes.annexes_of(actor, challenge),
        tier_words=tier_words,
        accept=ACCEPT,
    )


async def take_off(request: Request) -> Response:
    """Take an annex off an own draft."""
    actor = actor_for(request, ChallengeAct.DRAFT_CHALLENGE)
    challenge = await annexes.take_off_annex(
        request.path_params["number"], path_id(request, "file_id"), by=By(actor, deps(request).clock())
    )
    return flash(request, _back(request, challenge), _("已取下。"))


def _back(request: Request, challenge: Challenge) -> Response:
    return redirect_to(request, "challenges:annexes", number=challenge.number)


AT = "/challenges/{number}/annexes"
routes = [
    Route(AT, show, name="challenges:annexes", methods=["GET", "POST"], body=UPLOAD),
    Route(f"{AT}/{{file_id:uuid}}/take-off", take_off, name="challenges:take_off_annex", methods=["POST"]),
]
