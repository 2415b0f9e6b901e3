"""Pages of the department on what is taken off scores, and on places that experts judge for a year."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from market.accounts.web import actor_for
from market.kit.clock import local_date
from market.kit.errors import Conflict
from market.kit.flash import flash
from market.kit.i18n import gettext as _
from market.kit.routing import Route
from market.kit.templating import render_form
from market.kit.web import deps, form_data_or_none, path_id, redirect_to
from market.panels.round_forms import typed_rules
from market.panels.states import PanelAct
from market.rankings import deductions
from market.rankings.appraisals import appraisal_rules, prepare_appraisal
from market.rankings.forms import AppraisalForm, TakeOffForm
from market.rankings.places import places_of
from market.rankings.states import Occasion, PlaceKind, RankingAct
from market.records.by import By
from market.records.decision_forms import posted_decision
from market.records.decisions import Verdict


async def index(request: Request) -> Response:
    """List what was taken off, and take a further proposal."""
    actor = actor_for(request, RankingAct.READ_RANKINGS)
    form = TakeOffForm(await form_data_or_none(request))
    places = [*await places_of(PlaceKind.PARK), *await places_of(PlaceKind.CITY)]
    form.place.choices = [
        ("", ""),
        *((f"{place.kind.value}:{place.key}", f"{place.name}（{place.kind.label}）") for place in places),
    ]
    form.occasion.choices = [
        ("", ""),
        *((row.value, str(row.label)) for row in Occasion if row is not Occasion.UNREPORTED),
    ]
    if form.is_submitted:
        actor = actor_for(request, RankingAct.RUN_RANKINGS)
        if form.validate():
            with form.catch_invalid(Conflict):
                kind, _colon, key = str(form.place.data).partition(":")
                await deductions.propose_deduction(
                    PlaceKind(kind),
                    key,
                    Occasion(str(form.occasion.data)),
                    form.happened_on.data,
                    str(form.decision.data or ""),
                    by=By(actor, deps(request).clock()),
                )
                return _back(request, _("已提出，等批准人决定。"))
    return render_form(
        request,
        "rankings/deductions.html",
        form,
        deductions=await deductions.list_deductions(),
        may=actor.may(RankingAct.RUN_RANKINGS),
    )


async def decide(request: Request) -> Response:
    actor = actor_for(request, RankingAct.DECIDE_RANKINGS)
    verdict, reason = await posted_decision(request)
    by = By(actor, deps(request).clock())
    await deductions.decide_deduction(path_id(request, "deduction_id"), verdict, reason=reason, by=by)
    return _back(request, _("已确认扣分。") if verdict is Verdict.CONFIRMED else _("已退回。"))


async def appraise(request: Request) -> Response:
    """Prepare the round in which experts judge all places for a year that is over."""
    actor, now = actor_for(request, PanelAct.RUN_ROUNDS), deps(request).clock()
    rules, year = appraisal_rules(), local_date(now).year - 1
    title = _("%(year)s 年度考核专家评议", year=year)
    form = AppraisalForm(
        await form_data_or_none(request), data={**typed_rules(rules), "year": year, "title": title}
    )
    if form.validate_on_submit():
        with form.catch_invalid(Conflict):
            round_ = await prepare_appraisal(
                PlaceKind(str(form.kind.data)),
                form.year.data or 0,
                title=str(form.title.data),
                rules=form.rules(rules),
                salt=str(form.salt.data),
                by=By(actor, now),
            )
            answer = redirect_to(request, "panels:round", number=round_.number)
            return flash(request, answer, _("评审轮次已编制，可以抽取专家。"))
    return render_form(request, "rankings/appraise.html", form)


def _back(request: Request, words: str) -> Response:
    return flash(request, redirect_to(request, "rankings:deductions"), words)


routes = [
    Route("/backoffice/ranking-deductions", index, name="rankings:deductions", methods=["GET", "POST"]),
    Route(
        "/backoffice/ranking-deductions/{deduction_id:uuid}",
        decide,
        name="rankings:decide_deduction",
        methods=["POST"],
    ),
    Route("/backoffice/rankings/appraise", appraise, name="rankings:appraise", methods=["GET", "POST"]),
]
