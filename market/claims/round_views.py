"""Claims in review rounds: the operator prepares one, an applicant reads what experts wrote, or objects."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from market.accounts.web import actor_for
from market.claims.models import Claim
from market.claims.queries import get_claim_for
from market.claims.round_claims import KIND, claims_to_judge, latest_to_judge, prepare_claim_round
from market.claims.states import ClaimAct
from market.kit.clock import local_date
from market.kit.errors import NotFound
from market.kit.flash import flash
from market.kit.form_fields import ChoicesField, LongTextField, Required, TextField
from market.kit.forms import BaseForm
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.routing import Route
from market.kit.templating import render_form
from market.kit.web import deps, form_data_or_none, redirect_to, uuid_or_none
from market.panels.result_objections import may_object, object_to_result
from market.panels.round_forms import RulesForm, typed_rules
from market.panels.round_models import ResultObjection, RoundItem, SeatOpinion
from market.panels.round_results import results_of
from market.panels.round_rules import DEFAULT_RULES
from market.panels.scoring import hundredths
from market.panels.states import PanelAct
from market.panels.visibility import Part, Viewer, sees
from market.programmes.catalogue import get_programme, list_programmes
from market.records.by import By


class RoundForm(RulesForm):
    title = TextField(lazy("名称"), [Required(lazy("请填写名称。"))], max_length=120)
    items = ChoicesField(lazy("申报"))
    salt = TextField(lazy("随机口令"), [Required(lazy("请填写随机口令。"))], max_length=120)


async def new(request: Request) -> Response:
    """Choose the accepted claims of a programme and year, and the rules by which they are judged."""
    actor, now = actor_for(request, PanelAct.RUN_ROUNDS), deps(request).clock()
    programmes = await list_programmes()
    waiting = await latest_to_judge()
    slug = request.query_params.get("programme") or (
        waiting.programme.slug if waiting else programmes[0].slug
    )
    typed_year = request.query_params.get("year", "")
    year = waiting.year if waiting else local_date(now).year
    if re.fullmatch(r"20[0-9]{2}", typed_year):
        year = int(typed_year)
    programme = await get_programme(slug)
    claims = await claims_to_judge(programme, year)
    title = _("%(programme)s %(year)s 年度评审", programme=_(programme.name), year=year)
    form = RoundForm(await form_data_or_none(request), data={**typed_rules(DEFAULT_RULES), "title": title})
    form.items.choices = [(str(claim.id), claim.number) for claim in claims]
    if form.validate_on_submit():
        with form.catch_invalid():
            round_ = await prepare_claim_round(
                programme,
                year,
                claim_ids=[identity for text in form.items.data or [] if (identity := uuid_or_none(text))],
                title=str(form.title.data),
                rules=form.rules(DEFAULT_RULES),
                salt=str(form.salt.data),
                by=By(actor, now),
            )
            answer = redirect_to(request, "panels:round", number=round_.number)
            return flash(request, answer, _("评审轮次已编制，可以抽取专家。"))
    return render_form(
        request,
        "claims/new_round.html",
        form,
        programmes=programmes,
        programme=programme,
        year=year,
        claims=claims,
    )


@dataclass(frozen=True)
class ToldResult:
    """What an applicant reads of one review of a claim, without names."""

    item: RoundItem
    points: str
    band: tuple[int, int]
    opinions: Sequence[str]
    objections: Sequence[ResultObjection]
    may_object: bool


class ObjectionForm(BaseForm):
    grounds = LongTextField(lazy("事实和理由"), [Required(lazy("请写明事实和理由。"))], max_length=2000)


async def review(request: Request) -> Response:
    """Show an applicant what the experts' review of a claim came to, and take an objection to it."""
    actor, now = actor_for(request, ClaimAct.WRITE_CLAIM), deps(request).clock()
    claim: Claim = await get_claim_for(actor, request.path_params["number"])
    results = await _told_results(claim, now)
    if not results:
        raise NotFound(_("评审尚未结束，结果不公开。"))
    form = ObjectionForm(await form_data_or_none(request))
    if form.validate_on_submit():
        with form.catch_invalid():
            await object_to_result(results[0].item.id, grounds=str(form.grounds.data), by=By(actor, now))
            answer = redirect_to(request, "claims:review", number=claim.number)
            return flash(request, answer, _("异议已提出，裁定后会通知您。"))
    return render_form(request, "claims/review.html", form, claim=claim, results=results)


async def _told_results(claim: Claim, now: datetime) -> list[ToldResult]:
    """Return the results of a claim's reviews that are told, the latest first."""
    items = RoundItem.filter(subject_id=claim.id, round__subject_kind=KIND)
    results: list[ToldResult] = []
    for item in await items.order_by("-round__number").select_related("round"):
        if not sees(Viewer.APPLICANT, Part.OPINIONS, item.round.status):
            continue
        (result,) = await results_of(item.round, item)
        finals = {scored.seat.id: scored.seat.version for scored in result.scored}
        opinions = await SeatOpinion.filter(seat_id__in=list(finals)).order_by("seat_id")
        objections = await ResultObjection.filter(item_id=item.id).order_by("proposed_at")
        is_open = any(objection.verdict is None for objection in objections)
        results.append(
            ToldResult(
                item,
                hundredths(result.points) if result.points is not None else "—",
                result.rules.band_of(result.points) if result.points is not None else (0, 0),
                [row.for_applicant for row in opinions if row.version == finals[row.seat_id]],
                objections,
                not results and not is_open and may_object(item.round, now),
            )
        )
    return results


routes = [
    Route("/admin/rounds/new", new, name="claims:new_round", methods=["GET", "POST"]),
    Route("/claims/{number}/review", review, name="claims:review", methods=["GET", "POST"]),
]
