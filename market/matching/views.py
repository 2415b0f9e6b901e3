from __future__ import annotations

from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from market.accounts.actors import Actor
from market.accounts.web import actor_for, signed_in_actor
from market.codes.labels import choices
from market.codes.lists import DROP_REASONS
from market.kit.clock import local_date
from market.kit.errors import NotFound
from market.kit.flash import flash
from market.kit.form_fields import ChoiceField, LongTextField, Required
from market.kit.forms import BaseForm
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.pagination import PageRequest
from market.kit.pdf import pdf_response
from market.kit.quotas import QuotaClass
from market.kit.routing import Route
from market.kit.templating import render, render_form
from market.kit.web import deps, form_data_or_none, path_id, redirect_to
from market.listings.models import Need, Outcome
from market.listings.queries import get_need_for, get_outcome_for, is_owner
from market.listings.rules import budget_text
from market.matching import board as boards
from market.matching import fit_pages, match_acts, queries
from market.matching.board_queries import list_own_listings
from market.matching.comparison_print import print_data
from market.matching.fits import gap_words
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
    page_request = PageRequest.from_query(request.query_params)
    context: dict[str, Any] = {
        "params": params,
        "counts": await boards.view_counts(actor),
        "views": boards.VIEWS,
        "is_broker": actor.may(MatchAct.TAKE_UP),
    }
    if context["is_broker"] and request.query_params.get("view") == boards.COLUMNS:
        return render(request, "matching/columns.html", columns=await boards.columns(actor), **context)
    if params.view == boards.OWN:
        page = await list_own_listings(actor.organisation_id, page_request)
        return render(request, "matching/own.html", page=page, **context)
    page_of_matches = await boards.board_page(params, page_request, actor=actor)
    return render(request, "matching/board.html", page=page_of_matches, fields=choices("field"), **context)


async def bulk(request: Request) -> Response:
    """Take up, or pass over, every ticked match; what is refused does not stop the rest."""
    actor, now = actor_for(request, MatchAct.TAKE_UP), deps(request).clock()
    data = await request.form()
    act = match_acts.take_up if data.get("act") == "take_up" else match_acts.pass_over
    done, refused = await match_acts.for_each(
        act, [str(value) for value in data.getlist("match")], by=By(actor, now)
    )
    words = (
        _("接手 %(count)s 条。", count=done)
        if act is match_acts.take_up
        else _("%(count)s 条不再推荐给您。", count=done)
    )
    if not done and not refused:
        words = _("没有选中任何一条。")
    elif refused:
        words += _("%(count)s 条已经变化，没有动。", count=refused)
    return flash(request, redirect_to(request, "matching:board"), words)


async def of_need(request: Request) -> Response:
    actor, now = signed_in_actor(request), deps(request).clock()
    need = await get_need_for(actor, request.path_params["number"])
    return _fits(request, actor, need, await fit_pages.get_fits_for(need, actor), now)


async def of_outcome(request: Request) -> Response:
    actor, now = signed_in_actor(request), deps(request).clock()
    outcome = await get_outcome_for(actor, request.path_params["number"])
    return _fits(request, actor, outcome, await fit_pages.get_fits_for(outcome, actor), now)


async def print_of_need(request: Request) -> Response:
    actor = signed_in_actor(request)
    return await _print(request, actor, await get_need_for(actor, request.path_params["number"]))


async def print_of_outcome(request: Request) -> Response:
    actor = signed_in_actor(request)
    return await _print(request, actor, await get_outcome_for(actor, request.path_params["number"]))


async def _print(request: Request, actor: Actor, listing: Need | Outcome) -> Response:
    """Print the comparison of a listing with each of its matches, or with the one that `match` names."""
    fits = await fit_pages.get_fits_for(listing, actor)
    wanted = request.query_params.get("match")
    cards = [card for card in (*fits.good, *fits.worth) if wanted in (None, str(card.id))]
    if not cards:
        raise NotFound(_("没有可以打印的对照。"))
    page = "matching:of_need" if isinstance(listing, Need) else "matching:of_outcome"
    dependencies = deps(request)
    address = dependencies.settings.base_url.rstrip("/") + str(
        request.app.url_path_for(page, number=listing.number)
    )
    data = print_data(listing, cards, address, local_date(dependencies.clock()))
    return await pdf_response("comparison.typ", data, f"{listing.number}-comparison")


def _fits(
    request: Request, actor: Actor, listing: Need | Outcome, fits: fit_pages.FitPage, now: datetime
) -> Response:
    deadline = listing.deadline_on if isinstance(listing, Need) else None
    return render(
        request,
        "matching/fits.html",
        listing=listing,
        is_need=isinstance(listing, Need),
        is_own=is_owner(actor, listing),
        fits=fits,
        days_left=(deadline - local_date(now)).days if deadline else None,
        gap_words=gap_words,
        budget_words=budget_text,
    )


async def ask_for_broker(request: Request) -> Response:
    actor = actor_for(request, MatchAct.JUDGE_MATCH)
    match = await match_acts.ask_for_broker(path_id(request, "match_id"), by=By(actor, deps(request).clock()))
    is_needs_side = actor.acts_for(match.need.organisation_id)
    page, listing = ("of_need", match.need) if is_needs_side else ("of_outcome", match.outcome)
    return flash(
        request,
        redirect_to(request, f"matching:{page}", number=listing.number),
        _("已请经纪人对接；有人接手时给您消息。"),
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
    Route("/matches", board, name="matching:board", methods=["GET"], quota=QuotaClass.MATCH),
    Route(
        "/needs/{number}/matches", of_need, name="matching:of_need", methods=["GET"], quota=QuotaClass.MATCH
    ),
    Route(
        "/outcomes/{number}/matches",
        of_outcome,
        name="matching:of_outcome",
        methods=["GET"],
        quota=QuotaClass.MATCH,
    ),
    Route("/needs/{number}/matches.pdf", print_of_need, name="matching:print_of_need", methods=["GET"]),
    Route(
        "/outcomes/{number}/matches.pdf", print_of_outcome, name="matching:print_of_outcome", methods=["GET"]
    ),
    Route(
        "/matches/{match_id:uuid}/broker", ask_for_broker, name="matching:ask_for_broker", methods=["POST"]
    ),
    Route("/matches/{match_id:uuid}/dismiss", dismiss, name="matching:dismiss", methods=["GET", "POST"]),
    Route("/matches/bulk", bulk, name="matching:bulk", methods=["POST"]),
    Route("/matches/{match_id:uuid}/release", release, name="matching:release", methods=["POST"]),
    Route("/matches/{match_id:uuid}/take-up", take_up, name="matching:take_up", methods=["POST"]),
]
