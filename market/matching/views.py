from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from market.accounts.web import actor_for
from market.codes.labels import choices
from market.codes.lists import DROP_REASONS
from market.kit.flash import flash
from market.kit.form_fields import ChoiceField, LongTextField, Required
from market.kit.forms import BaseForm
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.pagination import PageRequest
from market.kit.templating import render, render_form
from market.kit.web import deps, form_data_or_none, path_id, redirect_to
from market.matching import board as boards
from market.matching import match_acts, queries
from market.matching.states import MatchAct
from market.records.by import By


class DismissForm(BaseForm):
    reason = ChoiceField(
        lazy("原因"),
        [Required(lazy("请选择原因。"))],
        choices=lambda: [(key, str(words)) for key, words in DROP_REASONS.items()],
    )
    comment = LongTextField(lazy("补充说明（可不填）"), max_length=400)


async def board(request: Request) -> Response:
    actor = actor_for(request, MatchAct.SEE_MATCHES)
    params = boards.BoardParams.of(request.query_params, actor)
    return render(
        request,
        "matching/board.html",
        params=params,
        page=await boards.board_page(params, PageRequest.from_query(request.query_params), actor=actor),
        counts=await boards.view_counts(actor),
        views=boards.VIEWS,
        fields=choices("field"),
    )


async def dismiss(request: Request) -> Response:
    actor = actor_for(request, MatchAct.JUDGE_MATCH)
    match = await queries.get_match_for(actor, path_id(request, "match_id"))
    is_needs_side = actor.acts_for(match.need.organisation_id)
    own, other = (match.need, match.outcome) if is_needs_side else (match.outcome, match.need)
    back = "pages:need" if is_needs_side else "pages:outcome"
    form = DismissForm(await form_data_or_none(request))
    if form.validate_on_submit():
        with form.catch_invalid():
            await match_acts.feedback(
                match.id,
                reason=form.reason.data,
                comment=str(form.comment.data or ""),
                by=By(actor, deps(request).clock()),
            )
            return flash(
                request,
                redirect_to(request, back, number=own.number),
                _("已记下，这条匹配不再显示给您单位。"),
            )
    return render_form(request, "matching/dismiss.html", form, own=own, other=other, back=back)


async def take_up(request: Request) -> Response:
    actor = actor_for(request, MatchAct.TAKE_UP)
    await match_acts.take_up(path_id(request, "match_id"), by=By(actor, deps(request).clock()))
    return flash(request, _mine(request), _("已接手。了解双方情况后，请登记引荐。"))


async def release(request: Request) -> Response:
    actor = actor_for(request, MatchAct.TAKE_UP)
    await match_acts.release(path_id(request, "match_id"), by=By(actor, deps(request).clock()))
    return flash(request, _mine(request), _("已放回，其他经纪人可以接手。"))


def _mine(request: Request) -> Response:
    address = request.app.url_path_for("matching:board")
    return RedirectResponse(f"{address}?view={boards.MINE}", status_code=303)


routes = [
    Route("/matches", board, name="matching:board", methods=["GET"]),
    Route("/matches/{match_id:uuid}/dismiss", dismiss, name="matching:dismiss", methods=["GET", "POST"]),
    Route("/matches/{match_id:uuid}/release", release, name="matching:release", methods=["POST"]),
    Route("/matches/{match_id:uuid}/take-up", take_up, name="matching:take_up", methods=["POST"]),
]
