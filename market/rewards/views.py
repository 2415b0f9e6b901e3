"""Pages of inventors' rewards."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from market.accounts.second_people import second_people
from market.accounts.web import actor_for
from market.codes.labels import choices
from market.deals.brokerage import owed_commission
from market.deals.models import Side
from market.kit.clock import local_date
from market.kit.errors import Forbidden
from market.kit.flash import flash
from market.kit.forms import to_minor_units
from market.kit.i18n import gettext as _
from market.kit.money import Money
from market.kit.pagination import PageRequest
from market.kit.routing import Route
from market.kit.templating import render, render_form
from market.kit.web import deps, form_data_or_none, redirect_to
from market.notices.holiday_years import calendar_for
from market.notices.queries import find_notice
from market.records.by import By
from market.rewards import plan_acts, queries
from market.rewards.forms import PlanForm, RuleForm, tax_form
from market.rewards.models import RewardPlan
from market.rewards.payout_list import payout_list
from market.rewards.rules import Floors, checks, tax_hint
from market.rewards.states import RewardAct

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


async def index(request: Request) -> Response:
    actor = actor_for(request, RewardAct.SEE_REWARDS)
    status = request.query_params.get("status", "")
    page = await queries.list_plans(actor, PageRequest.from_query(request.query_params), status)
    return render(request, "rewards/index.html", page=page, status=status, statuses=choices("reward"))


async def new(request: Request) -> Response:
    actor, now = actor_for(request, RewardAct.SHARE_REWARDS), deps(request).clock()
    contract = await queries.get_contract_to_share(actor, request.path_params["number"])
    floors, _rule = await queries.floors_of(contract.deal.seller_id, local_date(now))
    kind, left = queries.kind_of(contract), await queries.open_income(contract)
    commission = await owed_commission(contract.deal_id, Side.SELLER)
    outcome = contract.deal.outcome
    commission_row = {"kind": "brokerage", "note": _("账上应付佣金"), "amount": commission.hundredths}
    form = PlanForm(
        await form_data_or_none(request),
        data={
            "income": Money(max(left, 0), contract.currency).hundredths or None,
            "pot": floors.pot_of(kind),
            "deductions": [commission_row] if commission else [],
            "people": [{"name": name} for name in _team_names(outcome.team if outcome else [])],
        },
    )
    if form.validate_on_submit():
        with form.catch_invalid():
            plan = await plan_acts.propose_plan(
                contract.number, form.sharing(kind, contract.currency), by=By(actor, now)
            )
            request.state.number = plan.number
            response = redirect_to(request, "rewards:show", number=request.state.number)
            return flash(request, response, _("分配已登记，请本单位的财务人员复核。"))
    form.set_bases(Money(max(left, 0), contract.currency))
    return render_form(
        request,
        "rewards/new.html",
        form,
        contract=contract,
        kind=kind,
        left=left,
        floors=floors,
    )


async def show(request: Request) -> Response:
    actor = actor_for(request, RewardAct.SEE_REWARDS)
    plan = await queries.get_plan_for(actor, request.path_params["number"])
    floors = _floors_of(plan)
    return render(
        request,
        "rewards/show.html",
        plan=plan,
        checks=checks(queries.sharing_of(plan), floors),
        notice=await find_notice(plan_acts.SUBJECT, plan.id),
        tax=tax_hint(
            plan.kind, plan_acts.is_state_owned(plan), plan.contract.registration_number is not None
        ),
        is_own=actor.acts_for(plan.organisation_id),
        may_confirm=actor.may(RewardAct.PAY_REWARDS) and plan.proposed_by_id != actor.user_id,
        seconds=await second_people(
            RewardAct.PAY_REWARDS, plan.organisation_id, [plan.proposed_by_id], actor=actor
        ),
    )


async def confirm(request: Request) -> Response:
    actor = actor_for(request, RewardAct.PAY_REWARDS)
    plan = await plan_acts.confirm_plan(
        request.path_params["number"],
        calendar=await calendar_for(request),
        by=By(actor, deps(request).clock()),
    )
    return flash(
        request, redirect_to(request, "rewards:show", number=plan.number), _("已复核；现金奖励已开始公示。")
    )


async def pay(request: Request) -> Response:
    actor = actor_for(request, RewardAct.PAY_REWARDS)
    plan = await plan_acts.pay_plan(request.path_params["number"], by=By(actor, deps(request).clock()))
    return flash(request, redirect_to(request, "rewards:show", number=plan.number), _("发放已入账。"))


async def tax(request: Request) -> Response:
    """State the income tax withheld from each person, before the rewards are paid."""
    actor = actor_for(request, RewardAct.SEE_REWARDS)
    plan = await queries.get_plan_for(actor, request.path_params["number"])
    actor.require(RewardAct.PAY_REWARDS)
    shares = list(plan.shares)
    form = tax_form(shares, plan.currency)(
        await form_data_or_none(request),
        data={
            f"tax-{share.sequence}": Money(share.withheld_amount, plan.currency).hundredths
            for share in shares
            if share.withheld_amount is not None
        },
    )
    if form.validate_on_submit():
        with form.catch_invalid():
            withheld = {
                share.sequence: None
                if (typed := form[f"tax-{share.sequence}"].data) is None
                else to_minor_units(typed, plan.currency, f"tax-{share.sequence}")
                for share in shares
            }
            await plan_acts.state_tax(plan.number, withheld, by=By(actor, deps(request).clock()))
            answer = redirect_to(request, "rewards:show", number=plan.number)
            return flash(request, answer, _("代扣税额已填写，发放清单按它列出实发。"))
    return render_form(request, "rewards/tax.html", form, plan=plan)


async def cancel(request: Request) -> Response:
    actor = actor_for(request, RewardAct.SHARE_REWARDS)
    plan = await plan_acts.cancel_plan(request.path_params["number"], by=By(actor, deps(request).clock()))
    return flash(request, redirect_to(request, "rewards:show", number=plan.number), _("分配已撤销。"), "note")


async def payouts(request: Request) -> Response:
    actor = actor_for(request, RewardAct.EXPORT_PAYOUTS)
    plan = await queries.get_plan_for(actor, request.path_params["number"])
    content = await asyncio.to_thread(payout_list, plan)
    headers = {"content-disposition": f'attachment; filename="{plan.number}.xlsx"'}
    return Response(content, media_type=_XLSX, headers=headers)


async def rules(request: Request) -> Response:
    actor, now = actor_for(request, RewardAct.SHARE_REWARDS), deps(request).clock()
    if not actor.may_sell:
        raise Forbidden(_("收益分配由已认证的成果方登记。"))
    form = RuleForm(await form_data_or_none(request), data={"valid_from": local_date(now)})
    if form.validate_on_submit():
        with form.catch_invalid():
            await plan_acts.enter_rule(
                str(form.title.data),
                form.document_number.data or "",
                pot=int(form.pot.data or 0),
                equity=int(form.equity.data or 0),
                main=int(form.main_part.data or 0),
                valid_from=form.valid_from.data,
                by=By(actor, now),
            )
            return flash(
                request, redirect_to(request, "rewards:rules"), _("办法已登记，以后的分配按它核对。")
            )
    return render_form(
        request,
        "rewards/rules.html",
        form,
        rules=await queries.list_rules(actor.organisation_id),
    )


def _team_names(team: object) -> list[str]:
    """Return the names of the listing's team, as defaults."""
    rows = team if isinstance(team, list) else []
    return [str(row.get("name")) for row in rows if isinstance(row, dict) and row.get("name")]


def _floors_of(plan: RewardPlan) -> Floors:
    """Return the floors that were in force when the plan was proposed."""
    rule = plan.rule
    if rule is None:
        return Floors()
    source = f"{rule.title}{rule.document_number}"
    return Floors(rule.pot_basis_points, rule.equity_basis_points, rule.main_basis_points, source)


routes = [
    Route("/rewards", index, name="rewards:index", methods=["GET"]),
    Route("/rewards/rules", rules, name="rewards:rules", methods=["GET", "POST"]),
    Route("/contracts/{number}/rewards/new", new, name="rewards:new", methods=["GET", "POST"]),
    Route("/rewards/{number}", show, name="rewards:show", methods=["GET"]),
    Route("/rewards/{number}/confirm", confirm, name="rewards:confirm", methods=["POST"]),
    Route("/rewards/{number}/pay", pay, name="rewards:pay", methods=["POST"]),
    Route("/rewards/{number}/tax", tax, name="rewards:tax", methods=["GET", "POST"]),
    Route("/rewards/{number}/cancel", cancel, name="rewards:cancel", methods=["POST"]),
    Route("/rewards/{number}/payouts.xlsx", payouts, name="rewards:payouts", methods=["GET"]),
]
