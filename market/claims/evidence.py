"""Evidence of a claim: documents from existing records, the checklist, and sums that should agree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from market.claims.models import Claim, ClaimContract, Evidence
from market.codes.canonical import canonical_key
from market.contracts.models import Contract, Receipt
from market.contracts.states import ReceiptSource
from market.files.models import StoredFile, Tier
from market.payments.models import Remittance
from market.programmes.texts import N_


async def evidence_from_records(claim: Claim, contracts: Sequence[Contract], now: datetime) -> list[Evidence]:
    """Return evidence for these contracts from existing records, not yet saved."""
    evidence: list[Evidence] = []

    def add(kind: str, **values: object) -> None:
        evidence.append(Evidence(id=uuid4(), claim_id=claim.id, kind=kind, added_at=now, **values))

    for contract in contracts:
        add("contract", number=contract.number, dated_on=contract.signed_on, amount=contract.contract_amount)
        add(
            "registration_certificate",
            number=contract.registration_number,
            dated_on=contract.registered_on,
            amount=contract.trade_amount,
        )
        for receipt in await Receipt.filter(contract_id=contract.id).order_by("received_on", "booked_at"):
            if receipt.source is not ReceiptSource.REMITTANCE:
                add("payment_voucher", dated_on=receipt.received_on, amount=receipt.amount)
                continue
            remittance = await Remittance.get_or_none(id=receipt.source_id)
            add(
                "payment_voucher",
                number=remittance.bank_reference if remittance else "",
                dated_on=receipt.received_on,
                amount=receipt.amount,
                file_id=await _copy_voucher(remittance.voucher_id, claim, now) if remittance else None,
            )
            if remittance is not None and remittance.invoice_number:
                add(
                    "invoice",
                    number=canonical_key(remittance.invoice_number),
                    dated_on=receipt.received_on,
                    amount=remittance.invoice_amount or receipt.amount,
                )
    return evidence


async def _copy_voucher(file_id: UUID, claim: Claim, now: datetime) -> UUID:
    """Copy a voucher's file record to the claim, so that the desk may open it."""
    voucher = await StoredFile.get(id=file_id)
    copy = await StoredFile.create(
        id=uuid4(),
        subject_kind="claim",
        subject_id=claim.id,
        kind="payment_voucher",
        name=voucher.name,
        media_type=voucher.media_type,
        size=voucher.size,
        sha256=voucher.sha256,
        tier=Tier.PARTIES,
        uploaded_by_id=voucher.uploaded_by_id,
        uploaded_at=now,
    )
    return copy.id


@dataclass(frozen=True)
class SumCheck:
    """Whether the vouchers, or the invoices, of a claim add up to what was received."""

    kind: str
    count: int
    amount: int
    received: int

    @property
    def is_same(self) -> bool:
        return self.amount == self.received


def sum_checks(evidence: Sequence[Evidence], received: int) -> list[SumCheck]:
    """Compare vouchers and invoices with what was received."""
    checks = []
    for kind in ("payment_voucher", "invoice"):
        rows = [paper for paper in evidence if paper.kind == kind]
        checks.append(SumCheck(kind, len(rows), sum(paper.amount or 0 for paper in rows), received))
    return checks


DEAL_DONE = N_("挂牌或拍卖成交确认书")
GRADED = N_("重大项目评定意见")
PAID_IN = N_("股权变更文件")
KINDS_OF = {
    "技术合同及登记证明": ("contract", "registration_certificate"),
    "技术合同登记证明": ("registration_certificate",),
    "银行付款凭证": ("payment_voucher",),
    "银行到账凭证": ("payment_voucher",),
    "卖方开具的发票": ("invoice",),
    "开具的发票": ("invoice",),
    "成果收入专项审计报告": ("conversion_report",),
    "新产品销售专项审计报告": ("conversion_report",),
    "财务报表": ("financial_statements",),
    "纳税证明": ("tax_certificate",),
    "增值税纳税证明": ("tax_certificate",),
    "申请表": ("application_form",),
    PAID_IN: ("equity_change",),
    "买卖双方营业执照": ("business_licence",),
}
"""Kinds of evidence by the name a rule file uses; all of a row are needed."""
EITHER = {
    "专利著录项目变更证明或实施许可备案证明": ("patent_change", "licence_filing"),
    "交易见证书或复核备案证明": ("other",),
}
"""Names for which one of the kinds is enough."""


def checklist(
    content: Mapping[str, Any], evidence: Sequence[Evidence], contracts: Sequence[ClaimContract] = ()
) -> list[tuple[str, bool]]:
    """Return each document required by the rule file and the declared facts, and whether the claim has it."""
    required = [
        *content["evidence"],
        *_required_by_conditions(content),
        *_required_by_declared_facts(contracts),
    ]
    present_kinds = {paper.kind for paper in evidence}
    rows = []
    for words in dict.fromkeys(required):
        if words in EITHER:
            rows.append((words, not present_kinds.isdisjoint(EITHER[words])))
        else:
            rows.append((words, present_kinds.issuperset(KINDS_OF.get(words, ("other",)))))
    return rows


def _required_by_declared_facts(contracts: Sequence[ClaimContract]) -> Iterator[str]:
    for row in contracts:
        if row.mode in ("listed", "auction"):
            yield DEAL_DONE
        if row.grade == "major":
            yield GRADED
        if row.contract.kind.value == "equity":
            yield PAID_IN


def _required_by_conditions(content: Mapping[str, Any]) -> list[str]:
    conditions = [*content["applicant"]["conditions"], *content["conditions"]]
    return [words for condition in conditions for words in condition.get("evidence", ())]
