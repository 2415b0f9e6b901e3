"""Contracts ready to be claimed for, made directly: registered, paid, with sales reported."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

from market.accounts.actors import Actor
from market.accounts.models import MemberRole, Organisation, OrganisationKind, StaffRole
from market.audit.log import record
from market.budgets.annual_budgets import draft_budget, release_budget
from market.budgets.batches import make_batch
from market.budgets.list_confirmation import confirm_batch
from market.claims.applications import create_claim, submit_claim
from market.claims.desk_review import accept, calculate, recheck
from market.claims.models import Claim, SalesReport
from market.claims.refusals import decide_refusal, propose_refusal
from market.claims.states import ClaimStatus, SalesVerb
from market.codes.numbers import next_number
from market.contracts.models import Contract, Instalment, Receipt
from market.contracts.remittances import confirm_remittance, record_remittance
from market.contracts.states import ReceiptSource
from market.deals.models import ContractKind, Deal, Opening
from market.deals.states import DealStatus
from market.files.attachments import store_blob
from market.files.store import FileStore
from market.files.uploads import Upload
from market.kit.clock import local_date
from market.kit.money import Money
from market.ledger import transfers as ledger
from market.ledger.accounts import account_code
from market.payees.queries import account_in_force
from market.records.by import By
from market.records.decisions import Verdict
from tests.factories import HOLIDAYS, NOW, make_member, make_organisation, make_outcome, make_staff
from tests.payees.factories import make_payee
from tests.programmes.factories import make_programmes
from tests.stage_cache import cached_stage

_numbers = count(1)
WAN = 1_000_000


@dataclass
class Desk:
    """The four people of the desk."""

    officer: Actor
    rechecker: Actor
    approver: Actor
    operator: Actor


@cached_stage
async def make_desk() -> Desk:
    return Desk(
        await make_staff(StaffRole.OFFICER),
        await make_staff(StaffRole.RECHECKER),
        await make_staff(StaffRole.APPROVER),
        await make_staff(StaffRole.OPERATOR),
    )


async def make_contract(
    buyer: Organisation, *, paid: int | None = None, seller_region: str = "450100", **fields: Any
) -> Contract:
    """Make a registered contract, paid in full unless `paid` says less."""
    n = next(_numbers)
    seller = await make_organisation(
        kind=OrganisationKind.UNIVERSITY, contact_phone=f"0771-53{n:05d}", region=seller_region
    )
    outcome = await make_outcome(seller)
    amount = fields.get("contract_amount", 120 * WAN)
    deal = await Deal.create(
        id=uuid4(),
        number=await next_number("deal", NOW),
        status=DealStatus.PAYING,
        title=outcome.title,
        opening=Opening.INTEREST,
        subject_id=outcome.id,
        outcome=outcome,
        seller=seller,
        buyer=buyer,
        kind=ContractKind.LICENCE,
        price_amount=amount,
        created_at=NOW,
        updated_at=NOW,
    )
    defaults = {
        "id": uuid4(),
        "deal": deal,
        "number": await next_number("contract", NOW),
        "registration_number": f"{4526010300000000 + n}",
        "name": f"铝合金导线普通许可合同{n}",
        "kind": ContractKind.LICENCE,
        "field": "materials",
        "contract_amount": amount,
        "trade_amount": amount,
        "signed_on": date(2026, 1, 12),
        "registered_on": date(2026, 1, 20),
        "registry": "南宁市技术合同登记处",
        "licence_years": 5,
        "used_in": buyer.region,
        "signed_at": NOW,
    }
    contract = await Contract.create(**(defaults | fields))
    instalment = await Instalment.create(
        id=uuid4(), contract=contract, sequence=1, condition="合同生效后 10 日", amount=amount
    )
    arrived = amount if paid is None else paid
    if arrived:
        await Receipt.create(
            id=uuid4(),
            contract=contract,
            instalment=instalment,
            source=ReceiptSource.PAYMENT,
            source_id=uuid4(),
            amount=arrived,
            received_on=date(2026, 2, 10),
            booked_at=NOW,
        )
    return contract


async def pay_contract(contract: Contract, payer: Actor, reference: str, store: FileStore) -> None:
    """Pay an unpaid contract in full by one bank transfer, booked as the acts book it."""
    [instalment] = await Instalment.filter(contract_id=contract.id)
    seller = await Organisation.get(id=contract.deal.seller_id)
    await ledger.post(
        "agreed",
        Money(instalment.amount),
        debit=account_code("agreed", seller.id, "CNY"),
        credit=f"due:{instalment.id}",
        reference=f"instalment:{instalment.id}:agreed",
        at=NOW,
        subject=("contract", contract.id),
    )
    voucher = Upload(f"{reference}.pdf", f"%PDF-1.4 {reference}".encode(), "application/pdf")
    remittance = await record_remittance(
        instalment.id,
        instalment.amount,
        await store_blob(voucher, store),
        received_on=local_date(NOW),
        bank_reference=reference,
        invoice_number="",
        invoice_amount=None,
        by=By(payer, NOW),
    )
    treasurer = await make_member(seller, MemberRole.FINANCE)
    await confirm_remittance(remittance.id, by=By(treasurer, NOW))


async def make_sales(contract: Contract, actor: Actor, amount: int = 300 * WAN, year: int = 2026) -> None:
    await SalesReport.create(
        id=uuid4(),
        contract=contract,
        year=year,
        amount=amount,
        reported_by_id=actor.user_id,
        reported_at=NOW,
    )
    by = By(actor, NOW)
    await record("contract", contract.id, SalesVerb.REPORT_SALES, by=by, year=year, amount=amount)


@cached_stage
async def make_applicant(**fields: Any) -> Actor:
    """Make an enterprise's agent; the programmes are in the database afterwards."""
    await make_programmes()
    applicant = await make_organisation(**fields)
    await make_payee(applicant.id)
    return await make_member(applicant)


@cached_stage
async def make_draft(applicant: Actor | None = None, **fields: Any) -> tuple[Actor, Claim]:
    """Make a claim to the region's programme that is ready to be handed in."""
    applicant = applicant or await make_applicant()
    buyer = await Organisation.get(id=applicant.organisation_id)
    if not await account_in_force(buyer.id):
        await make_payee(buyer.id)
    contract = await make_contract(buyer, **fields)
    await make_sales(contract, applicant)
    claim = await create_claim(
        "guangxi", year=2026, contract_numbers=[contract.number], by=By(applicant, NOW)
    )
    return applicant, claim


@cached_stage
async def make_accepted(desk: Desk, applicant: Actor | None = None, **fields: Any) -> Claim:
    applicant, claim = await make_draft(applicant, **fields)
    await submit_claim(claim.number, is_declared=True, by=By(applicant, NOW))
    return await accept(claim.number, by=By(desk.officer, NOW))


@cached_stage
async def make_calculated(desk: Desk, applicant: Actor | None = None, **fields: Any) -> Claim:
    claim = await make_accepted(desk, applicant, **fields)
    await calculate(claim.number, by=By(desk.officer, NOW))
    return await Claim.get(id=claim.id)


@cached_stage
async def make_rechecked(desk: Desk, applicant: Actor | None = None, **fields: Any) -> Claim:
    claim = await make_calculated(desk, applicant, **fields)
    return await recheck(claim.number, sequence=1, by=By(desk.rechecker, NOW))


async def refuse(desk: Desk, claim: Claim, reason: str = "不在支持范围。") -> Claim:
    """Have the officer propose to refuse a claim and the rechecker confirm it."""
    await propose_refusal(claim.number, clause="kinds", reason=reason, by=By(desk.officer, NOW))
    return await decide_refusal(claim.number, Verdict.CONFIRMED, by=By(desk.rechecker, NOW))


async def make_budget(desk: Desk, amount: int, slug: str = "guangxi", year: int = 2026) -> None:
    budget = await draft_budget(slug, year=year, amount=amount, by=By(desk.officer, NOW))
    await release_budget(budget.id, by=By(desk.approver, NOW))


@cached_stage
async def make_published(desk: Desk, *claims: Claim, budget: int = 1000 * WAN, slug: str = "guangxi") -> str:
    """Put rechecked claims on a list, confirm it and return its number."""
    await make_budget(desk, budget, slug)
    batch = await make_batch(
        slug,
        year=2026,
        claim_numbers=[claim.number for claim in claims],
        title="2026 年第一批",
        by=By(desk.officer, NOW),
    )
    await confirm_batch(batch.number, calendar=HOLIDAYS, by=By(desk.rechecker, NOW))
    return batch.number


LATER = NOW + timedelta(days=10)


async def status_of(claim: Claim) -> ClaimStatus:
    return (await Claim.get(id=claim.id)).status


async def make_claim_to(slug: str, applicant: Actor, *, has_payee: bool = True, **fields: Any) -> Claim:
    buyer = await Organisation.get(id=applicant.organisation_id)
    if has_payee and not await account_in_force(buyer.id):
        await make_payee(buyer.id)
    contract = await make_contract(buyer, **fields)
    await make_sales(contract, applicant)
    return await create_claim(slug, year=2026, contract_numbers=[contract.number], by=By(applicant, NOW))
