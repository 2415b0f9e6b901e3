"""The lock that serialises every change of a contract: the row of its deal."""

from __future__ import annotations

from market.accounts.actors import Actor
from market.contracts.models import Contract
from market.contracts.queries import get_contract_for
from market.deals.models import Deal, Side
from market.deals.parties import side_of
from market.deals.states import DealStatus
from market.kit.errors import Conflict, NotFound
from market.kit.i18n import gettext as _

TAKES_PAYMENTS = (DealStatus.SIGNED, DealStatus.REGISTERED, DealStatus.PAYING)
"""Statuses of a deal in which its contract is paid."""


async def lock_contract_for(actor: Actor, number: str) -> tuple[Contract, Deal, Side]:
    """Lock the deal of a party's contract and return the contract as it stands under the lock.

    Raises:
        NotFound: there is none, or the person acts for neither side.
    """
    unlocked = await get_contract_for(actor, number)
    side = side_of(unlocked.deal, actor)
    if side is None:
        raise NotFound(_("没有这份合同，或者您不能查看它。"))
    await Deal.select_for_update().get(id=unlocked.deal_id)
    contract = await get_contract_for(actor, number)
    return contract, contract.deal, side


async def lock_deal_to_pay(contract: Contract) -> Deal:
    """Lock the deal of a contract that is to be paid.

    Raises:
        Conflict: the contract takes no payments.
    """
    deal = await Deal.select_for_update().get(id=contract.deal_id)
    require_payable(deal)
    return deal


def require_payable(deal: Deal) -> None:
    """Raise Conflict unless the contract of the deal takes payments."""
    if deal.status not in TAKES_PAYMENTS:
        raise Conflict(_("这份合同现在不接收付款。"))
