"""Royalties (提成): the buyer states a period, the seller confirms it, and it is owed as an instalment."""

from __future__ import annotations

from datetime import date
from uuid import UUID, uuid4

from market.accounts.actors import Actor
from market.accounts.messages import notify
from market.audit.log import record
from market.contracts.models import Contract, Instalment, RoyaltyStatement
from market.contracts.queries import lock_contract_for
from market.contracts.receipts import advance_deal
from market.contracts.states import ContractAct, ContractVerb
from market.deals.models import ROYALTIES, Side
from market.deals.states import DealStatus
from market.kit.clock import local_date
from market.kit.database import atomic
from market.kit.errors import Conflict, Forbidden, Invalid, NotFound
from market.kit.formats import day
from market.kit.i18n import gettext as _
from market.kit.i18n import in_source_language, source_text
from market.kit.money import Money
from market.ledger import transfers as ledger
from market.ledger.accounts import account_code
from market.records.by import By
from market.records.decisions import Verdict, decide

_RUNNING = (DealStatus.SIGNED, DealStatus.REGISTERED, DealStatus.PAYING)


def royalty_of(contract: Contract, base: int) -> Money:
    """Return the royalty on a base, rounded once. Pure."""
    return Money(base, contract.currency).share(contract.royalty_basis_points or 0)


@atomic()
async def state_royalty(
    number: str, base: int, *, starts_on: date, ends_on: date, is_last: bool, by: By
) -> RoyaltyStatement:
    """State what a period's royalties came to, for the buyer; the seller confirms.

    Raises:
        Forbidden: the person acts for the seller.
        Invalid: at the field that is wrong; periods do not overlap.
        Conflict: the contract has no royalties, a statement waits, or the last one was given.
    """
    by.actor.require(ContractAct.STATE_ROYALTY)
    contract, deal, side = await lock_contract_for(by.actor, number)
    if side is not Side.BUYER:
        raise Forbidden(_("提成由受让方填报，转让方核对。"))
    if contract.payment_way not in ROYALTIES or deal.status not in _RUNNING:
        raise Conflict(_("这份合同没有要填报的提成。"))
    valid = [statement for statement in contract.royalty_statements if not statement.is_rejected]
    if any(statement.verdict is None for statement in valid):
        raise Conflict(_("上一期提成还没有核对，请等对方确认。"))
    if any(statement.is_last for statement in valid):
        raise Conflict(_("提成已经结清，不再填报。"))
    if ends_on < starts_on or ends_on > local_date(by.now):
        raise Invalid(_("期间的止日不能早于起日，也不能晚于今天。"), field="ends_on")
    if starts_on < contract.signed_on or any(statement.ends_on >= starts_on for statement in valid):
        raise Invalid(_("期间应在签订之后，且不与已填报的期间重叠。"), field="starts_on")
    statement = await RoyaltyStatement.create(
        id=uuid4(),
        contract_id=contract.id,
        starts_on=starts_on,
        ends_on=ends_on,
        base_amount=base,
        amount=royalty_of(contract, base).amount,
        is_last=is_last,
        proposed_by_id=by.actor.user_id,
        proposed_at=by.now,
    )
    await record("contract", contract.id, ContractVerb.STATE_ROYALTY, by=by, amount=statement.amount)
    await notify(
        _("合同 %(number)s 有一期提成待核对。", number=contract.number),
        now=by.now,
        address=f"/contracts/{contract.number}",
        organisation_id=deal.seller_id,
    )
    return statement


@atomic()
async def confirm_royalty(statement_id: UUID, *, by: By) -> RoyaltyStatement:
    """Confirm a statement for the seller: it becomes an instalment, and is owed from now on.

    Raises:
        SamePerson: the person stated it, for the buyer.
        Conflict: it was decided before.
    """
    statement, contract = await _waiting_statement(statement_id, by.actor)
    await decide(statement, Verdict.CONFIRMED, by=by)
    if statement.amount:
        with in_source_language():
            condition = source_text(
                _("%(start)s 至 %(end)s 提成", start=day(statement.starts_on), end=day(statement.ends_on))
            )
        instalment = await Instalment.create(
            id=uuid4(),
            contract_id=contract.id,
            sequence=max((instalment.sequence for instalment in contract.instalments), default=0) + 1,
            condition=condition,
            due_on=None,
            amount=statement.amount,
        )
        await ledger.post(
            "agreed",
            Money(statement.amount, contract.currency),
            debit=account_code("agreed", contract.deal.seller_id, contract.currency),
            credit=f"due:{instalment.id}",
            reference=f"instalment:{instalment.id}:agreed",
            at=by.now,
            subject=("contract", contract.id),
        )
        statement.instalment_id = instalment.id
        await statement.save(update_fields=["instalment_id"])
    await record("contract", contract.id, ContractVerb.CONFIRM_ROYALTY, by=by, amount=statement.amount)
    await advance_deal(contract, by=by)
    return statement


@atomic()
async def reject_royalty(statement_id: UUID, reason: str, *, by: By) -> RoyaltyStatement:
    """Reject a statement for the seller; the buyer states the period again.

    Raises:
        SamePerson: the person stated it, for the buyer.
        Invalid: at `reason`: there is none.
        Conflict: it was decided before.
    """
    statement, contract = await _waiting_statement(statement_id, by.actor)
    await decide(statement, Verdict.REJECTED, by=by, reason=reason.strip()[:300])
    await record("contract", contract.id, ContractVerb.REJECT_ROYALTY, by=by, amount=statement.amount)
    await notify(
        _("合同 %(number)s 的提成填报核对不符，请重新填报。", number=contract.number),
        now=by.now,
        address=f"/contracts/{contract.number}",
        organisation_id=contract.deal.buyer_id,
    )
    return statement


async def _waiting_statement(statement_id: UUID, actor: Actor) -> tuple[RoyaltyStatement, Contract]:
    actor.require(ContractAct.CHANGE_CONTRACT)
    statement = await RoyaltyStatement.get_or_none(id=statement_id).select_related("contract")
    if statement is None:
        raise NotFound(_("没有这期提成，或者您不能查看它。"))
    contract, deal, side = await lock_contract_for(actor, statement.contract.number)
    if side is not Side.SELLER:
        raise Forbidden(_("提成由转让方核对。"))
    statement = await RoyaltyStatement.select_for_update().get(id=statement_id)
    if statement.verdict is not None or deal.status not in _RUNNING:
        raise Conflict(_("这期提成已经办结，请刷新后再看。"))
    return statement, contract
