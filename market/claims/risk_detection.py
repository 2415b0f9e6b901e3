"""Detects risk flags of a claim in existing records and stores them with it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from tortoise.queryset import QuerySet

from market.accounts.models import Membership, Organisation
from market.audit.log import record
from market.claims.evidence import sum_checks
from market.claims.models import Claim, ClaimContract, Evidence
from market.claims.queries import is_voided, received_of, sales_of
from market.claims.risk_flags import (
    ComparedContract,
    RiskFlag,
    find_same_day_resales,
    find_split,
    kinds_key,
    thresholds,
)
from market.claims.states import ENDED, ClaimVerb
from market.codes.canonical import canonical_key
from market.codes.labels import label
from market.contracts.models import Contract
from market.integrity.related_parties import relation_between
from market.kit.formats import yuan
from market.kit.i18n import gettext as _
from market.kit.i18n import in_source_language
from market.kit.money import HOME
from market.payees.queries import known_account
from market.programmes.models import ProgrammeTerms
from market.programmes.texts import named
from market.records.by import By

MAX_RECORDS = 5
"""How many records one flag names."""


async def refresh_risk_flags(claim: Claim, *, by: By) -> list[RiskFlag]:
    """Detect and store the risk flags of a locked claim, log their hash where they are new; return them."""
    with in_source_language():
        flags = await detect_risk_flags(claim)
    before = claim.doubts
    claim.doubts = [{"kind": flag.kind, "what": flag.what} for flag in flags]
    claim.doubt_kinds = kinds_key(flags)
    await claim.save(update_fields=["doubts", "doubt_kinds"])
    if claim.doubts != before:
        await record(
            "claim",
            claim.id,
            ClaimVerb.FIND_DOUBTS,
            by=by,
            kinds=sorted({flag.kind for flag in flags}),
            digest=flags_hash(claim.doubts),
        )
    return flags


def flags_hash(flags: Sequence[Mapping[str, str]]) -> str:
    """Return the hash of stored risk flags, as the log has it."""
    return hashlib.sha256(json.dumps(flags, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


async def detect_risk_flags(claim: Claim) -> list[RiskFlag]:
    """Return every risk flag of a claim, worst first."""
    rows = await ClaimContract.filter(claim_id=claim.id).select_related(
        "contract__deal__seller", "contract__deal__buyer"
    )
    terms = await ProgrammeTerms.get(id=claim.terms_id)
    bounds = thresholds(terms.content)
    flags: list[RiskFlag] = []
    for row in rows:
        contract = row.contract
        compared, deal = _compared_contract(contract), contract.deal
        flags += await _related_party_flags(deal.seller, deal.buyer, contract)
        others = await _comparable_contracts(compared)
        if split_contracts := find_split(compared, others, bounds):
            flags.append(RiskFlag("split", _numbers([compared, *split_contracts])))
        if same_day_contracts := find_same_day_resales(compared, others):
            flags.append(RiskFlag("same_day", _numbers([compared, *same_day_contracts])))
        flags += await _repeated_claims(claim, compared)
    return [*dict.fromkeys([*flags, *await _evidence_flags(claim), *await _totals_flags(claim)])]


def _compared_contract(contract: Contract) -> ComparedContract:
    deal = contract.deal
    return ComparedContract(
        contract.id,
        contract.number,
        deal.subject_id,
        deal.seller_id,
        deal.buyer_id,
        contract.signed_on,
        contract.trade_amount,
    )


def _numbers(contracts: list[ComparedContract]) -> str:
    return "、".join(sorted({contract.number for contract in contracts})[:MAX_RECORDS])


async def _comparable_contracts(compared: ComparedContract) -> list[ComparedContract]:
    """Return other registered contracts of the pair or about the outcome."""
    base = Contract.filter(registration_number__isnull=False).exclude(id=compared.id).select_related("deal")
    of_pair = await base.filter(deal__seller_id=compared.seller_id, deal__buyer_id=compared.buyer_id)
    of_day = await base.filter(deal__subject_id=compared.subject_id, signed_on=compared.signed_on)
    return [*{contract.id: _compared_contract(contract) for contract in [*of_pair, *of_day]}.values()]


async def _repeated_claims(claim: Claim, compared: ComparedContract) -> list[RiskFlag]:
    live = (
        ClaimContract.exclude(claim_id=claim.id)
        .exclude(claim__status__in=list(ENDED))
        .filter(claim__submitted_at__isnull=False)
        .select_related("claim")
    )
    flags = []
    of_contract = await live.filter(contract_id=compared.id).order_by("claim__number").limit(MAX_RECORDS)
    if of_contract:
        flags.append(RiskFlag("contract", "、".join(row.claim.number for row in of_contract)))
    of_subject = (
        await live.filter(contract__deal__subject_id=compared.subject_id)
        .exclude(contract_id=compared.id)
        .order_by("claim__number")
        .limit(MAX_RECORDS)
    )
    if of_subject:
        flags.append(RiskFlag("outcome", "、".join(dict.fromkeys(row.claim.number for row in of_subject))))
    return flags


async def _evidence_flags(claim: Claim) -> list[RiskFlag]:
    evidence = await Evidence.filter(claim_id=claim.id)
    current = [paper for paper in evidence if paper.is_current]
    numbers = sorted({paper.number for paper in current if paper.kind == "invoice" and paper.number})
    flags = []
    if numbers:
        used = (
            await Evidence.filter(kind="invoice", number__in=numbers, withdrawn_at__isnull=True)
            .exclude(claim_id=claim.id)
            .exclude(claim__status__in=list(ENDED))
            .select_related("claim")
            .order_by("number")
            .limit(MAX_RECORDS)
        )
        if used:
            words = (f"{paper.number}（{paper.claim.number}）" for paper in used)
            flags.append(RiskFlag("invoice", "、".join(words)))
    sums = sum_checks(current, await received_of(claim.id), await sales_of(claim))
    unequal = [check for check in sums if check.is_doubtful and not check.is_sales]
    if unequal:
        flags.append(RiskFlag("sums", "、".join(label("evidence_kind", check.kind) for check in unequal)))
    flags += [
        RiskFlag(
            "sales",
            _(
                "填报新增销售 %(sales)s，专项报告 %(report)s",
                sales=yuan(check.expected),
                report=yuan(check.amount),
            ),
        )
        for check in sums
        if check.is_sales and check.is_doubtful
    ]
    if replaced := [paper for paper in evidence if not paper.is_current]:
        kinds = dict.fromkeys(label("evidence_kind", paper.kind) for paper in replaced)
        flags.append(RiskFlag("replaced", "、".join(kinds)))
    return flags


async def _totals_flags(claim: Claim) -> list[RiskFlag]:
    """Compare the declared yearly totals with the contracts on record, which may be only a part of them."""
    declared = claim.stated or {}
    return [
        RiskFlag(
            "totals",
            _(
                "%(fact)s申报 %(stated)s，本市场有登记合同 %(count)s 份，共 %(known)s%(numbers)s",
                fact=named(recorded.fact).render(_),
                stated=yuan(declared[recorded.fact]),
                count=len(recorded.numbers),
                known=yuan(recorded.amount),
                numbers=f"（{'、'.join(recorded.numbers[:MAX_RECORDS])}）" if recorded.numbers else "",
            ),
        )
        for recorded in await recorded_totals(claim)
        if recorded.amount != declared[recorded.fact]
    ]


async def _related_party_flags(
    seller: Organisation, buyer: Organisation, contract: Contract
) -> list[RiskFlag]:
    """Flag parties related by shareholding or by common people, bank account or telephone."""
    flags = []
    if contract.is_related:
        flags.append(RiskFlag("related", _("合同 %(number)s 自报关联", number=contract.number)))
    if seller.uscc and buyer.uscc:
        words = await relation_between(seller.uscc, buyer.uscc)
        if words:
            flags.append(RiskFlag("related", words))
    people = await _members(seller.id) & await _members(buyer.id)
    if people:
        flags.append(RiskFlag("related", _("%(count)s 人同时代表买卖双方", count=len(people))))
    accounts = [await known_account(party.id) for party in (seller, buyer)]
    if accounts[0] and accounts[1] and accounts[0].number == accounts[1].number:
        flags.append(RiskFlag("related", _("买卖双方收款账户相同")))
    if seller.contact_phone and seller.contact_phone == buyer.contact_phone:
        flags.append(RiskFlag("related", _("买卖双方联系电话相同")))
    return flags


async def _members(organisation_id: UUID) -> set[UUID]:
    rows = await Membership.active(organisation_id=organisation_id).values_list("user_id", flat=True)
    return {UUID(str(user_id)) for user_id in rows}


@dataclass(frozen=True)
class RecordedTotal:
    """A yearly total according to the records: contract numbers and their sum in fen."""

    fact: str
    amount: int
    numbers: list[str]


async def recorded_totals(claim: Claim) -> list[RecordedTotal]:
    """Return the recorded counterparts of the totals declared on a claim."""
    totals = []
    declared = claim.stated or {}
    if "brokered_total" in declared:
        people = Membership.active(organisation_id=claim.applicant_id)
        ids = await people.values_list("user_id", flat=True)
        rows = await _registered_in(claim.year).filter(deal__broker_id__in=list(ids))
        totals.append(_recorded_total("brokered_total", [(row.number, row.trade_amount) for row in rows]))
    if "registered_total" in declared:
        applicant_name = canonical_key((await Organisation.get(id=claim.applicant_id)).name)
        names = (
            await _registered_in(claim.year)
            .distinct()
            .order_by("registry")
            .values_list("registry", flat=True)
        )
        own_names = [name for name in names if canonical_key(str(name)) == applicant_name]
        rows = await _registered_in(claim.year).filter(registry__in=own_names) if own_names else []
        totals.append(
            _recorded_total("registered_total", [(row.number, row.contract_amount) for row in rows])
        )
    return totals


def _registered_in(year: int) -> QuerySet[Contract]:
    """Return the valid contracts registered in a year, in the home currency."""
    return (
        Contract.filter(
            registered_on__gte=date(year, 1, 1), registered_on__lte=date(year, 12, 31), currency=HOME
        )
        .exclude(is_voided(""))
        .order_by("number")
    )


def _recorded_total(fact: str, rows: list[tuple[str, int]]) -> RecordedTotal:
    return RecordedTotal(fact, sum(amount for _number, amount in rows), [number for number, _amount in rows])
