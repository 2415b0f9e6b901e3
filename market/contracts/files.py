"""Who may open a contract's files: whoever may read the contract."""

from __future__ import annotations

from market.accounts.actors import Actor
from market.contracts.models import Contract, ContractDraft
from market.contracts.queries import may_read
from market.deals.parties import may_see
from market.files.models import StoredFile


async def may_open_contract_file(actor: Actor | None, file: StoredFile) -> bool:
    """Open contract, voucher and certificate to both sides, the broker, and staff who decide on claims."""
    if actor is None:
        return False
    contract = await Contract.get_or_none(id=file.subject_id).select_related("deal")
    if contract is not None:
        return may_read(contract.deal, actor)
    draft = await ContractDraft.get_or_none(id=file.subject_id).select_related("deal")
    return draft is not None and may_see(draft.deal, actor)
