"""Pages of the price test of an only solution: made by one person, confirmed by another."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from market.accounts.web import actor_for
from market.challenges import price_tests, queries
from market.challenges.selection_forms import PriceTestForm
from market.challenges.selection_queries import judges
from market.challenges.selection_states import Comparison
from market.challenges.states import ChallengeAct
from market.kit.errors import NotFound
from market.kit.flash import flash
from market.kit.i18n import gettext as _
from market.kit.routing import Route
from market.kit.templating import render_form
from market.kit.web import deps, form_data_or_none, path_id, redirect_to
from market.records.by import By
from market.records.decision_forms import posted_decision
from market.records.decisions import Verdict


async def propose(request: Request) -> Response:
    """Record with what the price was compared, and what is reasonable at most."""
    actor = actor_for(request, ChallengeAct.SELECT_SOLUTION)
    challenge = await queries.get_challenge_for(actor, request.path_params["number"])
    place = int(request.path_params["place"])
    alone = next((row for row in await price_tests.alone_of(challenge) if row.candidate.place == place), None)
    if alone is None or not judges(actor, challenge):
        raise NotFound(_("没有这个页面，或者您不能查看它。"))
    form = PriceTestForm(await form_data_or_none(request))
    if form.validate_on_submit():
        with form.catch_invalid():
            await price_tests.propose_price_test(
                challenge.number,
                place,
                Comparison(form.basis.data),
                form.most.data,
                str(form.text.data or ""),
                by=By(actor, deps(request).clock()),
            )
            answer = redirect_to(request, "challenges:selection", number=challenge.number)
            return flash(request, answer, _("价格比对已提出，等批准人确认。"))
    return render_form(request, "challenges/price_test.html", form, challenge=challenge, alone=alone)


async def decide(request: Request) -> Response:
    """Confirm a price test that another person made, or send it back."""
    actor = actor_for(request, ChallengeAct.SELECT_SOLUTION)
    verdict, reason = await posted_decision(request)
    challenge = await price_tests.decide_price_test(
        path_id(request, "test_id"),
        verdict,
        reason=reason,
        by=By(actor, deps(request).clock()),
    )
    words = _("价格比对已确认。") if verdict is Verdict.CONFIRMED else _("已退回提出的人。")
    return flash(request, redirect_to(request, "challenges:selection", number=challenge.number), words)


AT = "/challenges/{number}/selection/prices"
routes = [
    Route(f"{AT}/{{place:int}}", propose, name="challenges:price_test", methods=["GET", "POST"]),
    Route(f"{AT}/{{test_id:uuid}}/decide", decide, name="challenges:decide_price_test", methods=["POST"]),
]
