"""Pages of deeds: the lists of a unit, a city and the province, and the one page of a deed with its acts."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from market.accounts.actors import Actor
from market.accounts.web import actor_for, signed_in_actor
from market.codes.labels import label
from market.files.attachments import optional_upload
from market.kit.clock import local_date
from market.kit.errors import Conflict, Forbidden, NotFound
from market.kit.flash import flash
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.pagination import PageRequest
from market.kit.routing import UPLOAD, Route
from market.kit.templating import render, render_form
from market.kit.web import deps, form_data_or_none, path_id, redirect_to
from market.records.by import By
from market.records.decision_forms import posted_decision
from market.records.decisions import Verdict
from market.records.transitions import history
from market.targets import declaring, follow_ups, queries, sharing, verdicts, visits
from market.targets.cities import cities_with_unit, city_of, may_check
from market.targets.criteria import Stated, answers, failed, lacks_statement, unmet
from market.targets.forms import DeclareForm, FollowUpForm, ReasonForm, ResultForm
from market.targets.models import Deed
from market.targets.queries import DeedFilter, city_name
from market.targets.states import DEED_WORKFLOW, DeedAction, DeedStatus, Result, TargetAct, results_from

ALARMS = {
    "ended": lazy("合同已解除或登记已注销，不应再计入"),
    "related": lazy("发现双方是关联方，不应再计入"),
}


async def mine(request: Request) -> Response:
    """List the deeds of the person's unit."""
    actor = actor_for(request, TargetAct.DECLARE_DEED)
    if actor.organisation_id is None or not actor.is_organisation_verified:
        raise NotFound(_("您还没有代表已认证的单位。"))
    return await _list(request, DeedFilter(unit_id=actor.organisation_id), "mine", DeedStatus.FOUND)


async def check_queue(request: Request) -> Response:
    """List the deeds of the person's city, those first that wait for its check."""
    actor = actor_for(request, TargetAct.CHECK_DEED)
    city = await city_of(actor)
    if not city:
        raise NotFound(_("贵单位不审核重大成果转化。"))
    return await _list(request, DeedFilter(city=city), "city", DeedStatus.DECLARED)


async def office(request: Request) -> Response:
    """List all deeds for the department, by year and city."""
    actor_for(request, TargetAct.READ_DEEDS)
    query = request.query_params
    year = query.get("year", "")
    city = query.get("city", "")
    deed_filter = DeedFilter(
        year=int(year) if year.isascii() and year.isdigit() and len(year) == 4 else None,
        city=city if city.isascii() and city.isdigit() and len(city) == 4 else "",
        only_sampled=query.get("sampled") == "1",
        only_alarms=query.get("alarm") == "1",
        least=_fen(query.get("from", "")),
        below=_fen(query.get("below", "")),
    )
    return await _list(request, deed_filter, "office", None)


def _fen(text: str) -> int | None:
    """Return an amount of an address in fen; None where it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 15 else None


async def _list(request: Request, deed_filter: DeedFilter, view: str, first: DeedStatus | None) -> Response:
    counts = await queries.count_by_status(deed_filter)
    value = request.query_params.get("status", first.value if first and counts.get(first) else "")
    status = next((status for status in DeedStatus if status.value == value), None)
    narrowed = DeedFilter(**{**vars(deed_filter), "status": status})
    page = await queries.page_deeds(narrowed, PageRequest.from_query(request.query_params))
    return render(
        request,
        "targets/deeds.html",
        page=page,
        counts=counts,
        total=sum(counts.values()),
        status=status,
        view=view,
        deed_filter=deed_filter,
        tabs=[status for status in DeedStatus if counts.get(status)],
        city_name=city_name,
        alarms=ALARMS,
        unchecked_cities=await cities_with_unit() if view == "office" else set(),
    )


async def show(request: Request) -> Response:
    """Show a deed: its facts and criteria, its course, and what the person may do."""
    actor, number = signed_in_actor(request), request.path_params["number"]
    invitation = await queries.find_invitation(actor, number)
    if invitation is not None and not await queries.may_see(actor, invitation.deed):
        return render(
            request, "targets/invitation.html", share=invitation, city=city_name(invitation.deed.city)
        )
    deed = await queries.get_deed_for(actor, number)
    return render(request, "targets/deed.html", **await _context(request, actor, deed))


async def _context(request: Request, actor: Actor, deed: Deed) -> dict[str, Any]:
    facts = await queries.facts_of(deed)
    criteria = answers(facts)
    today = local_date(deps(request).clock())
    results = await queries.list_verdicts(deed.id)
    later = await queries.list_follow_ups(deed.id)
    is_own = actor.may(TargetAct.DECLARE_DEED) and actor.acts_for(deed.unit_id)
    checks = await may_check(actor, deed.city)
    visited = await visits.list_visits(deed.id)
    shares = await sharing.list_shares(deed.id)
    is_doubtful = deed.status is DeedStatus.DOUBTFUL
    stated = {follow_up.months for follow_up in later if not follow_up.is_rejected}
    due = [
        months
        for months in follow_ups.due_months(deed.verified_on, today)
        if deed.status in follow_ups.COUNTED and months not in stated
    ]
    return {
        "deed": deed,
        "city": city_name(deed.city),
        "criteria": criteria,
        "statement": await queries.last_statement(deed.id),
        "results": results,
        "later": later,
        "events": await history(deed.record_kind, deed.id),
        "alarm": ALARMS.get(deed.alarm, ""),
        "struck_for": label("deed_struck_for", deed.struck_for) if deed.struck_for else "",
        "visits": visited,
        "may_visit": actor.may(TargetAct.MANAGE_TARGETS) and is_doubtful,
        "shares": shares,
        "may_share": is_own
        and deed.status in sharing.SHARED_IN
        and not any(share.verdict is None for share in shares),
        "sees_sales": actor.may(TargetAct.READ_DEEDS) or actor.acts_for(deed.buyer_id),
        "is_staff": actor.may(TargetAct.READ_DEEDS),
        "may_declare": is_own and deed.status is DeedStatus.FOUND and not failed(criteria),
        "may_withdraw": is_own and deed.status is DeedStatus.DECLARED,
        "may_check": checks and deed.status is DeedStatus.DECLARED,
        "obstacles": unmet(criteria),
        "may_propose": actor.may(TargetAct.MANAGE_TARGETS)
        and bool(results_from(deed.status))
        and not any(result.verdict is None for result in results)
        and (deed.status is not DeedStatus.CHECKED or deed.sample_id is not None)
        and (not is_doubtful or bool(visited)),
        "needs_draw": actor.may(TargetAct.MANAGE_TARGETS)
        and deed.status is DeedStatus.CHECKED
        and deed.sample_id is None,
        "may_decide": actor.may(TargetAct.DECIDE_TARGETS),
        "due": due if is_own else [],
        "confirms": checks,
        "unit_of_city": deed.city in await cities_with_unit(),
    }


async def declare(request: Request) -> Response:
    """Declare a deed; where records do not show it, the unit states that it is in use, with a paper."""
    actor = actor_for(request, TargetAct.DECLARE_DEED)
    deed = await _own(actor, request)
    facts = await queries.facts_of(deed)
    criteria = answers(facts)
    if not DEED_WORKFLOW.allows(deed.status, DeedAction.DECLARE) or failed(criteria):
        raise Conflict(_("这一项现在不能申报。"))
    form = DeclareForm(await form_data_or_none(request))
    if form.validate_on_submit():
        with form.catch_invalid():
            blob = await optional_upload(request)
            await declaring.declare_deed(
                deed.number, str(form.text.data or ""), blob, by=By(actor, deps(request).clock())
            )
            return _back(request, deed.number, _("已申报，等市里审核。"))
    return render_form(
        request,
        "targets/declare.html",
        form,
        deed=deed,
        criteria=criteria,
        is_needed=lacks_statement(criteria, facts.stated),
        is_waiting=facts.stated is Stated.WAITING,
    )


async def withdraw(request: Request) -> Response:
    actor = actor_for(request, TargetAct.DECLARE_DEED)
    number = request.path_params["number"]
    await declaring.withdraw_deed(number, by=By(actor, deps(request).clock()))
    return _back(request, number, _("申报已撤回，可以改好再报。"))


async def check(request: Request) -> Response:
    actor = actor_for(request, TargetAct.CHECK_DEED)
    number = request.path_params["number"]
    await declaring.check_deed(number, by=By(actor, deps(request).clock()))
    return _back(request, number, _("已通过，报到自治区核验。"))


async def return_(request: Request) -> Response:
    """Return a declaration with the reason."""
    actor = actor_for(request, TargetAct.CHECK_DEED)
    deed = await queries.get_deed_for(actor, request.path_params["number"])
    if not await may_check(actor, deed.city):
        raise NotFound(_("没有这一项，或者您不能查看它。"))
    if deed.status is not DeedStatus.DECLARED:
        raise Conflict(str(deed.workflow.refusal))
    form = ReasonForm(await form_data_or_none(request))
    if form.validate_on_submit():
        with form.catch_invalid():
            reason = str(form.reason.data or "")
            await declaring.return_deed(deed.number, reason, by=By(actor, deps(request).clock()))
            return _back(request, deed.number, _("已退回，单位已收到理由。"))
    return render_form(request, "targets/return.html", form, deed=deed)


async def result(request: Request) -> Response:
    """Propose what the verification comes to."""
    actor = actor_for(request, TargetAct.MANAGE_TARGETS)
    deed = await queries.get_deed_for(actor, request.path_params["number"])
    if not results_from(deed.status):
        raise Conflict(str(deed.workflow.refusal))
    form = ResultForm(await form_data_or_none(request), deed)
    if form.validate_on_submit():
        with form.catch_invalid(Conflict, Forbidden):
            await verdicts.propose_result(
                deed.number,
                Result(str(form.result.data)),
                str(form.words.data or ""),
                by=By(actor, deps(request).clock()),
            )
            return _back(request, deed.number, _("结论已提出，等批准人决定。"))
    return render_form(
        request, "targets/result.html", form, deed=deed, criteria=answers(await queries.facts_of(deed))
    )


async def decide_result(request: Request) -> Response:
    actor = actor_for(request, TargetAct.DECIDE_TARGETS)
    verdict, reason = await posted_decision(request)
    deed = await verdicts.decide_result(
        path_id(request, "verdict_id"),
        verdict,
        reason=reason,
        by=By(actor, deps(request).clock()),
    )
    return _back(
        request, deed.number, _("结论已确认。") if verdict is Verdict.CONFIRMED else _("结论已退回。")
    )


async def follow_up(request: Request) -> Response:
    """State whether a verified deed is still in use."""
    actor = actor_for(request, TargetAct.DECLARE_DEED)
    deed = await _own(actor, request)
    months = request.path_params["months"]
    if months not in follow_ups.MONTHS:
        raise NotFound(_("没有这一期回访。"))
    form = FollowUpForm(await form_data_or_none(request))
    if form.validate_on_submit():
        with form.catch_invalid(Conflict):
            blob = await optional_upload(request)
            await follow_ups.state_follow_up(
                deed.number, form.entry(months), blob, by=By(actor, deps(request).clock())
            )
            return _back(request, deed.number, _("回访已填报，等市里确认。"))
    return render_form(request, "targets/follow_up.html", form, deed=deed, months=months)


async def decide_follow_up(request: Request) -> Response:
    actor = actor_for(request, TargetAct.CHECK_DEED)
    verdict, reason = await posted_decision(request)
    stated = await follow_ups.decide_follow_up(
        path_id(request, "follow_up_id"),
        verdict,
        reason=reason,
        by=By(actor, deps(request).clock()),
    )
    return _back(
        request,
        await _number_of(stated.deed_id),
        _("回访已确认。") if verdict is Verdict.CONFIRMED else _("回访已退回。"),
    )


async def _number_of(deed_id: UUID) -> str:
    return (await Deed.get(id=deed_id)).number


async def _own(actor: Actor, request: Request) -> Deed:
    deed = await queries.get_deed_for(actor, request.path_params["number"])
    if not actor.acts_for(deed.unit_id):
        raise NotFound(_("没有这一项，或者您不能查看它。"))
    return deed


def _back(request: Request, number: str, words: str) -> Response:
    return flash(request, redirect_to(request, "targets:deed", number=number), words)


DEED = "/deeds/{number}"
routes = [
    Route("/my/deeds", mine, name="targets:mine", methods=["GET"]),
    Route("/check/deeds", check_queue, name="targets:check_queue", methods=["GET"]),
    Route("/backoffice/deeds", office, name="targets:office", methods=["GET"]),
    Route(DEED, show, name="targets:deed", methods=["GET"]),
    Route(f"{DEED}/declare", declare, name="targets:declare", methods=["GET", "POST"], body=UPLOAD),
    Route(f"{DEED}/withdraw", withdraw, name="targets:withdraw", methods=["POST"]),
    Route(f"{DEED}/check", check, name="targets:check", methods=["POST"]),
    Route(f"{DEED}/return", return_, name="targets:return", methods=["GET", "POST"]),
    Route(f"{DEED}/result", result, name="targets:result", methods=["GET", "POST"]),
    Route(
        f"{DEED}/follow-ups/{{months:int}}",
        follow_up,
        name="targets:follow_up",
        methods=["GET", "POST"],
        body=UPLOAD,
    ),
    Route("/deed-results/{verdict_id:uuid}", decide_result, name="targets:decide_result", methods=["POST"]),
    Route(
        "/deed-follow-ups/{follow_up_id:uuid}",
        decide_follow_up,
        name="targets:decide_follow_up",
        methods=["POST"],
    ),
]
