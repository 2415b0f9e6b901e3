"""Registration of a technology contract (技术合同认定登记), at the seller's registry, once."""

from __future__ import annotations

import re
from datetime import date

from tortoise.exceptions import IntegrityError

from market.accounts.messages import notify
from market.audit.log import record
from market.contracts.models import Contract
from market.contracts.queries import get_contract_for
from market.contracts.receipts import advance_deal
from market.contracts.states import ContractVerb
from market.deals.models import Deal, Side
from market.deals.parties import side_of
from market.deals.states import DealAct, DealAction
from market.files.attachments import StoredBlob, attach
from market.files.models import Tier
from market.kit.clock import local_date
from market.kit.database import atomic
from market.kit.errors import Forbidden, Invalid
from market.kit.i18n import gettext as _
from market.records.by import By
from market.records.transitions import transition


@atomic()
async def register_contract(
    number: str,
    registration_number: str,
    *,
    registered_on: date,
    registry: str,
    blob: StoredBlob | None = None,
    by: By,
) -> Contract:
    """Record the contract's registration, for the seller.

    Raises:
        Forbidden: the person acts for the buyer.
        Invalid: at the field that is wrong: 16 digits, used once; not before signing, not in the future.
        ActionNotAllowed: it is registered already.
    """
    by.actor.require(DealAct.REGISTER_CONTRACT)
    contract = await get_contract_for(by.actor, number)
    if side_of(contract.deal, by.actor) is not Side.SELLER:
        raise Forbidden(_("技术合同由卖方申请认定登记。"))
    deal = await Deal.select_for_update().get(id=contract.deal_id)
    if not re.fullmatch(r"[0-9]{16}", registration_number):
        raise Invalid(_("登记编号是 16 位数字。"), field="registration_number")
    if await Contract.exists(registration_number=registration_number):
        raise Invalid(_("这个登记编号已用于另一份合同。"), field="registration_number")
    if not contract.signed_on <= registered_on <= local_date(by.now):
        raise Invalid(_("登记日期应在签订日期之后，且不晚于今天。"), field="registered_on")
    await transition(deal, DealAction.REGISTER, by=by, registration_number=registration_number)
    contract.registration_number = registration_number
    contract.registered_on, contract.registry = registered_on, registry
    try:
        await contract.save(update_fields=["registration_number", "registered_on", "registry"])
    except IntegrityError as error:  # Two contracts at once, with the same number.
        raise Invalid(_("这个登记编号已用于另一份合同。"), field="registration_number") from error
    if blob is not None:
        await attach(
            blob,
            subject_kind="contract",
            subject_id=contract.id,
            kind="registration_certificate",
            tier=Tier.PARTIES,
            by=by,
        )
    await record(
        "contract", contract.id, ContractVerb.REGISTER, by=by, registration_number=registration_number
    )
    await advance_deal(contract, by=by)
    await notify(
        _("合同 %(number)s 已认定登记。", number=contract.number),
        now=by.now,
        address=f"/contracts/{contract.number}",
        organisation_id=contract.deal.buyer_id,
    )
    return contract
