"""The lock that serialises every change of a contract: the row of its deal."""

from __future__ import annotations

from market.accounts.actors import Actor
from market.contracts.models import Contract
from market.contracts.queries import get_contract_for
from market.deals.models import Deal, Side
from market.deals.parties import side_of
from market.kit.errors import NotFound
from market.kit.i18n import gettext as _


async def lock_contract_for(actor: Actor, number: str) -> tuple[Contract, Deal, Side]:
    """Lock the deal of a party's contract and return the contract as it stands under the lock.

    Raises:
        NotFound: there is none, or the person acts for neither side.
    """
    seen = await get_contract_for(actor, number)
    side = side_of(seen.deal, actor)
    if side is None:
        raise NotFound(_("没有这份合同，或者您不能查看它。"))
    await Deal.select_for_update().get(id=seen.deal_id)
    contract = await get_contract_for(actor, number)
    return contract, contract.deal, side
