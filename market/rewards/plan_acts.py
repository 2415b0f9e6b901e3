"""Acts on reward plans: propose, confirm and publish, pay, cancel; and a unit's own rules."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from uuid import uuid4

from market.accounts.actors import Actor
from market.accounts.messages import notify
from market.accounts.models import MemberRole
from market.audit.log import record
from market.codes.holidays import Calendar
from market.codes.labels import label
from market.codes.numbers import next_number
from market.contracts.models import Contract
from market.deals.publicity_rules import is_state_unit
from market.kit.clock import local_date
from market.kit.database import atomic
from market.kit.errors import Conflict, Forbidden, Invalid, NotFound
from market.kit.formats import day, percent, yuan
from market.kit.i18n import gettext as _
from market.kit.i18n import in_source_language
from market.kit.money import Money
from market.ledger import transfers as ledger
from market.notices import notice_acts as notices
from market.notices.models import DayKind, Notice, NoticeKind
from market.notices.publicity import Publicity
from market.records.by import By
from market.records.decisions import Verdict, decide
from market.records.transitions import begin, transition
from market.rewards.models import RewardPlan, RewardRule, RewardShare
from market.rewards.queries import (
    floors_of,
    get_contract_to_share,
    get_plan_for,
    is_rescinded,
    kind_of,
    open_income,
    sharing_of,
)
from market.rewards.rules import MAIN_FLOOR, POT_FLOOR, PUBLICITY_DAYS, WHOLE, Sharing, require_valid
from market.rewards.states import (
    WORKFLOW,
    RewardAct,
    RewardAction,
    RewardKind,
    RewardRuleVerb,
    RewardStatus,
    RewardVerb,
)

SUBJECT = "reward"


@atomic()
async def enter_rule(
    title: str, document_number: str, *, pot: int, equity: int, main: int, valid_from: date, by: By
) -> RewardRule:
    """Enter a new version of the unit's own rules; plans keep the version they were made by.

    Raises:
        Invalid: a value is below the law's floor; names the field.
    """
    by.actor.require(RewardAct.SHARE_REWARDS)
    if not by.actor.may_sell or by.actor.organisation_id is None:
        raise Forbidden(_("收益分配由已认证的成果方登记。"))
    for field, value, floor in (
        ("pot", pot, POT_FLOOR),
        ("equity", equity, POT_FLOOR),
        ("main_part", main, MAIN_FLOOR),
    ):
        if not floor <= value <= WHOLE:
            raise Invalid(
                _(
                    "应在 %(floor)s 到 100%% 之间。依据：促进科技成果转化法第四十五条、国发〔2016〕16号。",
                    floor=percent(floor),
                ),
                field=field,
            )
    last = await RewardRule.filter(organisation_id=by.actor.organisation_id).order_by("-version").first()
    rule = await RewardRule.create(
        id=uuid4(),
        organisation_id=by.actor.organisation_id,
        version=last.version + 1 if last else 1,
        title=title,
        document_number=document_number,
        pot_basis_points=pot,
        equity_basis_points=equity,
        main_basis_points=main,
        valid_from=valid_from,
        entered_by_id=by.actor.user_id,
        entered_at=by.now,
    )
    await record(
        "organisation", by.actor.organisation_id, RewardRuleVerb.ENTER_REWARD_RULE, by=by, rule=rule.id
    )
    return rule


@atomic()
async def propose_plan(contract_number: str, sharing: Sharing, *, by: By) -> RewardPlan:
    """Propose how the income of a contract is shared; another person confirms it.

    Raises:
        Invalid: sums, floors or income are wrong; names the field.
        Conflict: the contract was rescinded.
    """
    by.actor.require(RewardAct.SHARE_REWARDS)
    contract = await get_contract_to_share(by.actor, contract_number)
    await Contract.select_for_update().get(id=contract.id)
    if await is_rescinded(contract.id):
        raise Conflict(_("这份合同已经解除，不能再分配收益。"))
    left = await open_income(contract)
    if sharing.income.amount > left:
        raise Invalid(
            _("可分配的收入还有 %(left)s，请核对。", left=yuan(left, contract.currency)), field="income"
        )
    if sharing.kind is not kind_of(contract):
        raise Invalid(_("作价入股的合同分配股权，其他合同分配现金。"))
    floors, rule = await floors_of(contract.deal.seller_id, local_date(by.now))
    require_valid(sharing, floors)
    plan = await RewardPlan.create(
        id=uuid4(),
        number=await next_number("reward", by.now),
        contract_id=contract.id,
        organisation_id=contract.deal.seller_id,
        kind=sharing.kind,
        rule_id=rule.id if rule else None,
        income_amount=sharing.income.amount,
        deductions=[vars(deduction) for deduction in sharing.deductions],
        net_amount=sharing.net.amount,
        pot_basis_points=sharing.pot,
        pot_amount=sharing.pot_money.amount,
        units=[
            vars(unit) | {"amount": amount}
            for unit, amount in zip(sharing.units, sharing.unit_amounts, strict=True)
        ],
        currency=contract.currency,
        proposed_by_id=by.actor.user_id,
        proposed_at=by.now,
    )
    for sequence, (person, amount) in enumerate(
        zip(sharing.people, sharing.people_amounts, strict=True), start=1
    ):
        await RewardShare.create(
            id=uuid4(), plan_id=plan.id, sequence=sequence, amount=amount, **vars(person)
        )
    await begin(plan, by=by)
    await record(
        SUBJECT,
        plan.id,
        RewardVerb.PROPOSE,
        by=by,
        number=plan.number,
        income=plan.income_amount,
        pot=plan.pot_amount,
    )
    await notify(
        _("收益分配 %(number)s 待复核公示。", number=plan.number),
        now=by.now,
        address=f"/rewards/{plan.number}",
        organisation_id=plan.organisation_id,
        roles={MemberRole.ADMIN, MemberRole.FINANCE},
    )
    return plan


@atomic()
async def confirm_plan(number: str, *, calendar: Calendar, by: By) -> RewardPlan:
    """Confirm a plan as another person of the unit; cash rewards are published for 15 working days.

    Rewards in shares need no publicity; they are settled by this act.

    Raises:
        SamePerson: the actor proposed the plan.
        Conflict: it was confirmed or cancelled before.
    """
    by.actor.require(RewardAct.PAY_REWARDS)
    plan = await _lock_plan(by.actor, number, RewardAction.CONFIRM)
    await decide(plan, Verdict.CONFIRMED, by=by, refusal=_("编制的人不能复核自己编制的分配。"))
    floors, _rule = await floors_of(plan.organisation_id, local_date(plan.proposed_at))
    require_valid(sharing_of(plan), floors)
    if plan.kind is RewardKind.CASH:
        await ledger.post(
            "reward_pot",
            plan.pot,
            debit=f"income:{plan.contract_id}",
            credit=f"pot:{plan.id}",
            reference=f"reward:{plan.id}:pot",
            at=by.now,
            subject=(SUBJECT, plan.id),
        )
        with in_source_language():
            title, body = notice_text(plan)
        await notices.publish(
            NoticeKind.REWARD,
            subject_kind=SUBJECT,
            subject_id=plan.id,
            title=title,
            body=body,
            days=PUBLICITY_DAYS,
            day_kind=DayKind.WORKING,
            calendar=calendar,
            by=by,
            address=f"/rewards/{plan.number}",
        )
    action = RewardAction.CONFIRM if plan.kind is RewardKind.CASH else RewardAction.SETTLE
    return await transition(plan, action, by=by)


@atomic()
async def pay_plan(number: str, *, by: By) -> RewardPlan:
    """Record that the unit paid the rewards, person by person, once the notice is clear.

    Raises:
        NotClear: the notice is running or suspended, or an objection was upheld.
        Conflict: it was paid before.
    """
    by.actor.require(RewardAct.PAY_REWARDS)
    plan = await _lock_plan(by.actor, number, RewardAction.PAY)
    await notices.require_clear(SUBJECT, plan.id)
    for share in plan.shares:
        if share.amount:
            await ledger.post(
                "reward",
                Money(share.amount, plan.currency),
                debit=f"pot:{plan.id}",
                credit=f"reward:{share.id}",
                reference=f"reward:{share.id}:paid",
                at=by.now,
                subject=(SUBJECT, plan.id),
            )
    return await transition(
        plan, RewardAction.PAY, by=by, changes={"paid_at": by.now}, amount=plan.pot_amount
    )


@atomic()
async def state_tax(number: str, withheld: Mapping[int, int | None], *, by: By) -> RewardPlan:
    """State the income tax withheld from each person of an unpaid plan, by sequence, in minor units.

    None where it is not known.

    Raises:
        Invalid: more than the person gets; names the person's field.
        Conflict: the plan was paid or cancelled.
    """
    by.actor.require(RewardAct.PAY_REWARDS)
    plan = await _lock_plan(by.actor, number, RewardAction.CANCEL)
    for share in plan.shares:
        tax = withheld.get(share.sequence)
        if tax is not None and not 0 <= tax <= share.amount:
            raise Invalid(
                _(
                    "%(name)s 的代扣税额不能多于应发的 %(amount)s。",
                    name=share.name,
                    amount=yuan(share.amount, plan.currency),
                ),
                field=f"tax-{share.sequence}",
            )
        share.withheld_amount = tax
        await share.save(update_fields=["withheld_amount"])
    total = sum(share.withheld_amount or 0 for share in plan.shares)
    await record(SUBJECT, plan.id, RewardVerb.STATE_TAX, by=by, number=plan.number, amount=total)
    return plan


@atomic()
async def cancel_plan(number: str, *, by: By) -> RewardPlan:
    """Cancel an unpaid plan: its income can be shared again, and its running notice is withdrawn."""
    by.actor.require(RewardAct.SHARE_REWARDS)
    plan = await _lock_plan(by.actor, number, RewardAction.CANCEL)
    if plan.status is not RewardStatus.DRAFT:
        await ledger.post(
            "reward_cancelled",
            plan.pot,
            debit=f"pot:{plan.id}",
            credit=f"income:{plan.contract_id}",
            reference=f"reward:{plan.id}:cancelled",
            at=by.now,
            subject=(SUBJECT, plan.id),
        )
    await notices.withdraw(SUBJECT, plan.id, by=by)
    return await transition(plan, RewardAction.CANCEL, by=by)


async def notify_clear(plan: RewardPlan, notice: Notice, by: By) -> None:
    """Notify the unit's finance that the rewards can be paid."""
    await notify(
        _("收益分配 %(number)s 公示期满，可以发放。", number=plan.number),
        now=by.now,
        address=f"/rewards/{plan.number}",
        organisation_id=plan.organisation_id,
        roles={MemberRole.FINANCE},
    )


PUBLICITY = Publicity(RewardPlan, RewardStatus.PUBLICITY, RewardAction.CLEAR, notify_clear)


def notice_text(plan: RewardPlan) -> tuple[str, list[list[str]]]:
    """Return title and rows of the notice by 国科发政〔2018〕103号.

    Rows: the conversion, the people, the rewards, the registration, the period. Contract, deal, parties and
    shares must be fetched.
    """
    contract, deal = plan.contract, plan.contract.deal
    people = "\n".join(
        _(
            "%(name)s（%(role)s）：%(work)s，占奖励总额 %(share)s，%(amount)s",
            name=share.name,
            role=_("主要贡献人员") if share.is_main else _("其他人员"),
            work=share.work or _("参与研发或转化"),
            share=percent(share.basis_points),
            amount=yuan(share.amount, plan.currency),
        )
        for share in plan.shares
    )
    rows = [
        [_("转化信息"), f"{contract.name}（{contract.number}），{label('contract_kind', contract.kind)}"],
        [_("转让方（许可方）"), deal.seller.name],
        [_("受让方（被许可方）"), deal.buyer.name],
        [_("到账收入"), yuan(plan.income_amount, plan.currency)],
        [_("扣除的直接费用"), yuan(plan.income_amount - plan.net_amount, plan.currency)],
        [_("净收入"), yuan(plan.net)],
        [_("现金奖励总额"), f"{yuan(plan.pot)}（{_('占净收入')} {percent(plan.pot_basis_points)}）"],
        [_("奖励人员和金额"), people],
        [_("技术合同登记"), f"{contract.registration_number or _('尚未登记')} {day(contract.registered_on)}"],
        [_("公示期"), _("自发布次日起 %(days)s 个工作日。", days=PUBLICITY_DAYS)],
    ]
    return _("现金奖励公示：%(name)s", name=contract.name)[:200], rows


def is_state_owned(plan: RewardPlan) -> bool:
    """Return whether the tax hint for state universities and institutes applies to the unit."""
    return is_state_unit(plan.organisation)


async def _lock_plan(actor: Actor, number: str, action: RewardAction) -> RewardPlan:
    await RewardPlan.filter(number=number).select_for_update().first()
    plan = await get_plan_for(actor, number)
    if not actor.acts_for(plan.organisation_id):
        raise NotFound(_("没有这份收益分配，或者您不能查看它。"))
    WORKFLOW.next(plan.status, action)
    return plan
