"""The desk's figures on a dashboard; each links to exactly the rows it counts."""

from __future__ import annotations

from datetime import datetime

from market.accounts.actors import Actor
from market.accounts.permissions import AccountAct, Role
from market.budgets.annual_budgets import list_budgets
from market.budgets.clawbacks import list_clawbacks
from market.budgets.models import Batch, Clawback, RunStage, YearRun
from market.budgets.payment_models import PaymentInstruction, PaymentResult, ResultReversal
from market.budgets.queries import list_listable
from market.budgets.states import BatchStatus, ClawbackStatus
from market.claims.queries import ClaimFilter, count_by_status
from market.claims.states import ClaimStatus
from market.kit.clock import local_date
from market.kit.formats import wan
from market.kit.i18n import gettext as _
from market.kit.room import Card
from market.programmes.models import ProgrammeTerms
from market.programmes.states import TermsStatus


async def dashboard_cards(actor: Actor, now: datetime) -> list[Card]:
    """Return what waits at the desk, first what is this person's to do."""
    return await _desk_cards(actor, local_date(now).year) if actor.may(AccountAct.SEE_DESK) else []


async def _desk_cards(actor: Actor, year: int) -> list[Card]:
    counts = await count_by_status(ClaimFilter())

    def card(label: str, status: ClaimStatus, tone: str = "due") -> Card:
        return Card(label, counts.get(status.value, 0), f"/desk?status={status.value}", tone)

    cards = {
        Role.OFFICER: [
            card(_("待受理"), ClaimStatus.SUBMITTED),
            card(_("待核算"), ClaimStatus.ACCEPTED),
            card(_("待下达拨付"), ClaimStatus.APPROVED),
            card(_("待拨付"), ClaimStatus.TO_PAY),
        ],
        Role.RECHECKER: [
            card(_("待复核"), ClaimStatus.CALCULATED),
            Card(
                _("待决定的不予支持"),
                sum((await count_by_status(ClaimFilter(is_to_refuse=True))).values()),
                "/desk?refusal=waiting",
                "due",
            ),
            Card(
                _("待签署的年度核算"),
                await YearRun.filter(stage=RunStage.RECHECK, verdict=None)
                .exclude(proposed_by_id=actor.user_id)
                .count(),
                "/desk/runs",
                "due",
            ),
            Card(
                _("待放行指令"),
                await PaymentInstruction.filter(verdict=None).count(),
                "/desk/instructions?status=waiting",
                "due",
            ),
            Card(
                _("待确认银行结果"), await PaymentResult.filter(verdict=None).count(), "/desk/results", "due"
            ),
            Card(
                _("待确认缴回"),
                len(await list_clawbacks(is_to_confirm=True)),
                "/desk/clawbacks?receipts=waiting",
                "due",
            ),
            Card(
                _("待作评审结论"),
                sum((await count_by_status(ClaimFilter(is_to_conclude=True))).values()),
                "/desk?panel=waiting",
                "due",
            ),
            Card(_("待列入批次"), len(await list_listable()), "/desk/batches", "due"),
            Card(
                _("待确认批次"),
                await Batch.filter(status=BatchStatus.DRAFT).count(),
                "/desk/batches?status=draft",
                "due",
            ),
        ],
        Role.APPROVER: [
            Card(
                _("待批准结果撤销"), await ResultReversal.filter(verdict=None).count(), "/desk/results", "due"
            ),
            Card(
                _("待发布规则"),
                await ProgrammeTerms.filter(status=TermsStatus.DRAFT).count(),
                "/desk/terms",
                "due",
            ),
            Card(
                _("待确认追回"),
                await Clawback.filter(status=ClawbackStatus.STARTED).count(),
                "/desk/clawbacks?status=started",
                "due",
            ),
            Card(
                _("待批准批次"),
                await Batch.filter(status=BatchStatus.CLEARED).count(),
                "/desk/batches?status=cleared",
                "due",
            ),
        ],
    }
    role_cards = [
        role_card
        for role, cards_of_role in cards.items()
        if role in actor.roles
        for role_card in cards_of_role
    ]
    budgets = [row for row in await list_budgets() if row.budget.is_confirmed and row.budget.year == year]
    return [
        *role_cards,
        card(_("公示中"), ClaimStatus.PUBLICITY, "note"),
        card(_("已拨付"), ClaimStatus.PAID, "done"),
        Card(
            _("%(year)s 年预算余额", year=year),
            wan(sum(row.available for row in budgets)),
            f"/desk/budgets?year={year}",
            "plain",
        ),
    ]
