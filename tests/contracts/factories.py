"""A contract brought to where a test needs it, by the acts themselves."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from market.accounts.actors import Actor
from market.accounts.desk_access import state_reason
from market.accounts.models import StaffRole
from market.contracts import remittances, signing
from market.contracts.models import Contract, ContractDraft, Instalment
from market.contracts.terms import ContractTerms, Exclusion
from market.deals.models import ContractKind, Deal, PaymentWay
from market.deals.terms import PlanRow
from market.files.attachments import StoredBlob
from market.files.uploads import Upload
from market.kit.money import Money
from market.payments.models import Remittance
from market.records.by import By
from tests.deals.factories import PRICE, Parties, make_to_sign
from tests.factories import NOW, make_staff
from tests.stage_cache import cached_stage

LATER = NOW + timedelta(days=19)
"""When contracts are signed: the publicity that began at NOW is over."""
TODAY = date(2026, 3, 21)
PDF = b"%PDF-1.7\n%test\n"
KEPT = StoredBlob(Upload("contract.pdf", PDF, "application/pdf"), "ab" * 32)
EQUIPMENT = Exclusion("equipment", "在线淬火装置", 8_000_000)
ROYALTY: dict[str, Any] = {
    "payment_way": PaymentWay.ENTRY_ROYALTY,
    "entry": 20_000_000,
    "royalty_basis_points": 300,
    "royalty_base": "净销售额",
}
FOREIGN: dict[str, Any] = {
    "buyer_country": "704",
    "original": Money(16_000_000, "USD"),
    "exchange_rate": 7_187_500,
    "rate_on": TODAY,
}


def contract_terms(**fields: Any) -> ContractTerms:
    defaults: dict[str, Any] = {
        "name": "高导电铝合金导线许可",
        "kind": ContractKind.LICENCE,
        "field": "materials",
        "price": PRICE,
        "signed_on": TODAY,
        "used_in": "450100",
        "licence_years": 5 if fields.get("kind", ContractKind.LICENCE) is ContractKind.LICENCE else None,
        "exclusions": (EQUIPMENT,),
        "instalments": (
            PlanRow("合同生效后 10 日", date(2026, 3, 31), 80_500_000),
            PlanRow("首批 100 吨合格", None, 34_500_000),
        ),
    }
    return ContractTerms(**(defaults | fields))


@cached_stage
async def make_draft(parties: Parties, deal: Deal | None = None, **fields: Any) -> tuple[Deal, ContractDraft]:
    """The seller has entered the contract and waits for the buyer."""
    deal = deal or await make_to_sign(parties)
    draft = await signing.enter_draft(
        deal.number, contract_terms(**fields), KEPT, draft_hash="", by=By(parties.seller, LATER)
    )
    return deal, draft


@cached_stage
async def make_contract(parties: Parties, **fields: Any) -> Contract:
    deal, draft = await make_draft(parties, **fields)
    return await signing.confirm_draft(deal.number, draft.content_hash, by=By(parties.buyer, LATER))


@cached_stage
async def make_registered(parties: Parties, number: str = "4526010300000117", **fields: Any) -> Contract:
    """Both have signed and the contract is registered; `deal` in the fields is one of the parties' own."""
    contract = await make_contract(parties, **fields)
    return await signing.register_contract(
        contract.number,
        number,
        registered_on=TODAY,
        registry="南宁市技术合同登记站",
        by=By(parties.seller, LATER),
    )


async def make_officer(contract: Contract) -> Actor:
    """An officer who has stated why to open the contract: no claim names it."""
    officer = await make_staff(StaffRole.OFFICER)
    await state_reason("contract", contract.id, "核对登记信息", by=By(officer, LATER))
    return officer


async def instalments_of(contract: Contract) -> list[Instalment]:
    return await Instalment.filter(contract_id=contract.id).order_by("sequence")


async def make_remittance(
    parties: Parties, instalment: Instalment, amount: int, now: datetime = LATER, **fields: Any
) -> Remittance:
    """The seller's agent has recorded a bank transfer."""
    defaults: dict[str, Any] = {
        "received_on": TODAY,
        "bank_reference": "",
        "invoice_number": "",
        "invoice_amount": None,
        "by": By(parties.seller, now),
    }
    return await remittances.record_remittance(instalment.id, amount, KEPT, **(defaults | fields))


def money(amount: int) -> Money:
    return Money(amount)


async def make_royalty_contract(parties: Parties) -> Contract:
    """Sign and register a contract with an entry fee and royalties."""
    deal = await make_to_sign(parties, **ROYALTY)
    terms = contract_terms(**ROYALTY, instalments=(PlanRow("入门费", None, 20_000_000),), exclusions=())
    draft = await signing.enter_draft(deal.number, terms, KEPT, draft_hash="", by=By(parties.seller, LATER))
    contract = await signing.confirm_draft(deal.number, draft.content_hash, by=By(parties.buyer, LATER))
    return await signing.register_contract(
        contract.number,
        "4526010300000555",
        registered_on=TODAY,
        registry="南宁市技术合同登记站",
        by=By(parties.seller, LATER),
    )


async def pay_instalment(parties: Parties, instalment: Instalment) -> None:
    """Record a transfer of the whole instalment and confirm it."""
    remittance = await make_remittance(parties, instalment, instalment.amount)
    await remittances.confirm_remittance(remittance.id, by=By(parties.seller_finance, LATER))
