"""Dashboard cards of contracts and their money: transfers to confirm, disputes, state of the books."""

from __future__ import annotations

from datetime import datetime

from tortoise.expressions import Subquery

from market.accounts.actors import Actor
from market.accounts.permissions import Role
from market.contracts.contract_progress import deals_waiting_for_finance
from market.contracts.states import ContractAct
from market.kit.formats import day
from market.kit.i18n import gettext as _
from market.kit.room import Card
from market.ledger.checks import last_result
from market.payments.connected_accounts import find_connected_account
from market.payments.models import ConnectedAccount, Dispute, Refund
from market.payments.payables import payable_of
from market.payments.reconciliation import last_reconciliation, list_differences
from market.payments.statement_models import BankLine
from market.payments.states import DisputeStatus, LineStatus, RefundStatus


async def dashboard_cards(actor: Actor, now: datetime) -> list[Card]:
    """Return the figures of contracts, then those of their money."""
    return [*await receipt_cards(actor, now), *await money_cards(actor, now)]


async def receipt_cards(actor: Actor, now: datetime) -> list[Card]:
    """Return what waits for the person's organisation in contracts: transfers to be confirmed."""
    if not actor.acts_for(actor.organisation_id) or not (
        actor.may_sell or actor.may(ContractAct.CONFIRM_REMITTANCE)
    ):
        return []
    count = len(await deals_waiting_for_finance(actor))
    tone = "due" if actor.may(ContractAct.CONFIRM_REMITTANCE) else "note"
    return [Card(_("到账待确认"), count, "/deals?todo=confirm", tone)]


async def money_cards(actor: Actor, now: datetime) -> list[Card]:
    """Return what of the money waits for the person, and the last results of check and reconciliation."""
    cards: list[Card] = []
    if actor.acts_for(actor.organisation_id):
        cards.append(Card(_("对账单"), _("查看"), "/statement"))
        if actor.may_sell and actor.may(ContractAct.IMPORT_STATEMENT):
            cards += await _bank_cards(actor)
            cards += await _dispute_cards(actor)
    if Role.BROKER in actor.roles:
        cards.append(Card(_("佣金对账单"), _("查看"), "/statement?side=broker"))
    if actor.may(ContractAct.SEE_RECONCILIATION):
        cards += await _ledger_cards(actor)
    return cards


async def _bank_cards(actor: Actor) -> list[Card]:
    own = BankLine.filter(organisation_id=actor.organisation_id)
    matched = await own.filter(status=LineStatus.MATCHED).count()
    refunds = await Refund.filter(
        status=RefundStatus.RECORDED, line__organisation_id=actor.organisation_id
    ).count()
    return [
        Card(
            _("流水待确认"),
            matched,
            "/bank/statements",
            "due" if actor.may(ContractAct.CONFIRM_REMITTANCE) else "note",
        ),
        Card(_("流水待认领"), await own.filter(status=LineStatus.OPEN).count(), "/bank/statements", "note"),
        Card(
            _("退回待确认"),
            refunds,
            "/bank/statements",
            "due" if actor.may(ContractAct.CONFIRM_REFUND) else "note",
        ),
    ]


async def _dispute_cards(actor: Actor) -> list[Card]:
    """Return the card of open disputes, with a link to the one that must be answered first."""
    waiting = (
        await Dispute.filter(
            status__in=[DisputeStatus.OPEN, DisputeStatus.WARNING],
            payment__connected_account__in=Subquery(
                ConnectedAccount.filter(organisation_id=actor.organisation_id).values("account")
            ),
        )
        .order_by("answer_by", "opened_at")
        .select_related("payment")
    )
    if not waiting:
        return []
    payment = waiting[0].payment
    payable = await payable_of(payment.payable_kind).describe(payment.payable_id)
    return [
        Card(_("拒付待答复"), len(waiting), payable.address, "wrong"),
    ]


async def _ledger_cards(actor: Actor) -> list[Card]:
    cards = []
    if (result := await last_result()) is not None:
        verdict = _("全部成立") if result.is_well else _("%(n)s 项不成立", n=len(result.broken))
        tone = "done" if result.is_well else "wrong"
        cards.append(Card(_("账目核对 %(day)s", day=day(result.at)), verdict, "/money/checks", tone))
    if (last := await last_reconciliation()) is not None:
        own = await find_connected_account(actor.organisation_id) if actor.organisation_id else None
        account = None if actor.is_staff else own.account if own else ""
        waiting = [
            difference
            for difference in await list_differences(last.id, account)
            if difference.mended_at is None
        ]
        tone = "wrong" if waiting else "done"
        cards.append(Card(_("与支付平台的差异"), len(waiting), "/money/reconciliation", tone))
    return cards
