"""Guarded getters of contracts and instalments, the lock of a contract's deal, sums of receipts."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any
from uuid import UUID

from tortoise.expressions import Q
from tortoise.query_utils import Prefetch
from tortoise.queryset import QuerySet

from market.accounts.actors import Actor
from market.accounts.desk_access import require_named_or_reason
from market.accounts.permissions import AccountAct, Role
from market.codes.canonical import canonical_key
from market.contracts.models import (
    INSTALMENT,
    Contract,
    ContractChange,
    ContractDraft,
    ContractExclusion,
    EquityPaidIn,
    Instalment,
    Receipt,
    RoyaltyStatement,
)
from market.deals.models import ROYALTIES, Deal, Side
from market.deals.parties import may_see, side_of
from market.deals.queries import attach_subjects
from market.deals.states import DealStatus
from market.files.models import StoredFile
from market.kit.errors import Conflict, NotFound
from market.kit.i18n import gettext as _
from market.payments.models import Remittance
from market.payments.states import RemittanceStatus
from market.records.decisions import Verdict

TAKES_PAYMENTS = (DealStatus.SIGNED, DealStatus.REGISTERED, DealStatus.PAYING)
"""Statuses of a deal in which its contract is paid."""
_REGISTERED = re.compile(r"(?:合同)?(?:登记)?(?:编号)?(\d{16})")
_PAYMENT = re.compile(r"HT(20\d\d)(\d{6})\d{1,3}")
"""A payment reference (付款附言): a contract's number with that of the instalment."""
_PARTIES = ("deal", "deal__seller", "deal__buyer")
_DEAL = (*_PARTIES, "deal__outcome", "deal__broker", "deal__need")


async def get_contract_for(actor: Actor, number: str) -> Contract:
    """Return a signed contract with all its parts, for both sides, the deal's broker and staff who
    decide on claims or audit them.

    Raises:
        NotFound: there is none, or it is not theirs.
        ReasonNeeded: no submitted claim names it, and the desk has not said why it opens it.
    """
    contract = await _with_parts(Contract.filter(number=number)).first()
    if contract is None or not may_read(contract.deal, actor):
        raise NotFound(_("没有这份合同，或者您不能查看它。"))
    await _require_reason_of_desk(actor, contract)
    await attach_subjects([contract.deal])
    return contract


async def find_printed(actor: Actor | None, text: str) -> tuple[str, str]:
    """Return address and title of the contract that a registration number or a payment reference names.

    Raises:
        NotFound: it names none, or none that this person may see.
    """
    key = canonical_key(text)
    registered = _REGISTERED.fullmatch(key)
    number = ""
    if registered:
        contract = await Contract.get_or_none(registration_number=registered[1])
        number = contract.number if contract else ""
    elif reference := _PAYMENT.fullmatch(key):
        number = f"HT-{reference[1]}-{reference[2]}"
    if actor is None or not number:
        raise NotFound(_("没有这份合同，或者您不能查看它。"))
    contract = await get_contract_for(actor, number)
    return f"/contracts/{number}", contract.deal.title


async def get_instalment_for(actor: Actor, instalment_id: UUID) -> Instalment:
    """Return an instalment with its contract, deal and both parties, for who may read the contract.

    Raises:
        NotFound: there is none, or it is not theirs.
    """
    instalment = await (
        Instalment.filter(id=instalment_id)
        .select_related("contract", *(f"contract__{path}" for path in _PARTIES))
        .first()
    )
    if instalment is None or not may_read(instalment.contract.deal, actor):
        raise NotFound(_("没有这笔应付款，或者您不能查看它。"))
    await _require_reason_of_desk(actor, instalment.contract)
    return instalment


async def get_remittance_for(actor: Actor, remittance_id: UUID) -> tuple[Remittance, Instalment]:
    """Return a bank transfer for an instalment, with the instalment, for who may read the contract.

    Raises:
        NotFound: there is none, or it is not theirs.
    """
    remittance = await Remittance.get_or_none(id=remittance_id).select_related("voucher", "proposed_by")
    if remittance is None or remittance.payable_kind != INSTALMENT:
        raise NotFound(_("没有这笔对公转账。"))
    return remittance, await get_instalment_for(actor, remittance.payable_id)


def may_read(deal: Deal, actor: Actor) -> bool:
    """Tell whether the person may read the contract of a deal; the desk some of them for a stated reason."""
    return may_see(deal, actor) or actor.may(AccountAct.SEE_DESK)


async def _require_reason_of_desk(actor: Actor, contract: Contract) -> None:
    if not may_see(contract.deal, actor):
        await require_named_or_reason(actor, "contract", contract.id)


async def find_contract(deal_id: UUID) -> Contract | None:
    """Return the signed contract of a deal with all its parts; None before it is signed."""
    return await _with_parts(Contract.filter(deal_id=deal_id)).first()


async def list_contracts_of(actor: Actor) -> list[Contract]:
    """Return the contracts the person may read as a party, their broker or an auditor, newest first."""
    contracts = _with_parts(Contract.all())
    if Role.AUDITOR not in actor.roles:
        mine = Q(deal__broker_id=actor.user_id) if Role.BROKER in actor.roles else Q(id__in=[])
        if actor.organisation_id and actor.is_organisation_verified:
            mine |= Q(deal__seller_id=actor.organisation_id) | Q(deal__buyer_id=actor.organisation_id)
        contracts = contracts.filter(mine)
    return await contracts.order_by("-signed_on", "-number").limit(5000)


async def find_draft(deal_id: UUID) -> ContractDraft | None:
    """Return the contract as one side entered it, with its file; None before that."""
    return await ContractDraft.get_or_none(deal_id=deal_id).select_related("file", "entered_by")


async def received_amount(contract_id: UUID) -> int:
    """Return what has really arrived for a contract (实际到账), in fen."""
    return await _sum(Receipt.filter(contract_id=contract_id))


async def open_amount(instalment: Instalment) -> int:
    """Return what of an instalment has not arrived yet."""
    owed: int = instalment.amount
    return owed - await _sum(Receipt.filter(instalment_id=instalment.id))


async def is_fulfilled(contract: Contract, total: int) -> bool:
    """Tell whether all has arrived that will: the price, or all royalties up to the last statement."""
    if contract.payment_way not in ROYALTIES:
        owed: int = contract.contract_amount
        return total >= owed
    if not await RoyaltyStatement.exists(contract_id=contract.id, is_last=True, verdict=Verdict.CONFIRMED):
        return False
    return total >= await _sum(Instalment.filter(contract_id=contract.id))


async def waiting_amount(instalment_ids: Collection[UUID]) -> int:
    """Return what was recorded for these instalments and waits for its confirmation."""
    return await _sum(
        Remittance.filter(
            payable_kind=INSTALMENT, payable_id__in=list(instalment_ids), status=RemittanceStatus.RECORDED
        )
    )


def _with_parts(contracts: QuerySet[Contract]) -> QuerySet[Contract]:
    return contracts.select_related(*_DEAL).prefetch_related(
        Prefetch("exclusions", queryset=ContractExclusion.all().order_by("kind", "name")),
        Prefetch("instalments", queryset=Instalment.all().order_by("sequence")),
        Prefetch("receipts", queryset=Receipt.all().order_by("received_on", "booked_at")),
        Prefetch(
            "changes",
            queryset=ContractChange.all()
            .order_by("sequence")
            .select_related("proposed_by", "decided_by", "file"),
        ),
        Prefetch(
            "royalty_statements",
            queryset=RoyaltyStatement.all().order_by("proposed_at").select_related("proposed_by"),
        ),
        Prefetch(
            "paid_in",
            queryset=EquityPaidIn.all()
            .order_by("paid_in_on", "proposed_at")
            .select_related("voucher", "proposed_by", "decided_by"),
        ),
    )


async def _sum(rows: QuerySet[Any]) -> int:
    return sum([int(row["amount"]) for row in await rows.values("amount")])


async def may_open_contract_file(actor: Actor | None, file: StoredFile) -> bool:
    """Open contract, voucher and certificate to both sides, the broker, and staff who decide on claims."""
    if actor is None:
        return False
    contract = await Contract.get_or_none(id=file.subject_id).select_related("deal")
    if contract is not None:
        if not may_read(contract.deal, actor):
            return False
        await _require_reason_of_desk(actor, contract)
        return True
    draft = await ContractDraft.get_or_none(id=file.subject_id).select_related("deal")
    return draft is not None and may_see(draft.deal, actor)


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
