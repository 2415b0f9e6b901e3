"""Evidence of a claim: taken from records, the checklist, sums that should agree, papers to supplement."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from market.claims.models import Claim, ClaimContract, Evidence
from market.claims.queries import claim_contracts
from market.claims.states import ClaimAction
from market.codes.canonical import canonical_key
from market.contracts.models import Contract, Receipt
from market.contracts.states import ReceiptSource
from market.files.models import StoredFile, Tier
from market.kit.errors import Invalid
from market.kit.i18n import gettext as _
from market.payments.models import Remittance
from market.programmes.texts import N_
from market.records.models import StatusEvent


async def evidence_from_records(claim: Claim, contracts: Sequence[Contract], now: datetime) -> list[Evidence]:
    """Return evidence for these contracts from existing records, not yet saved."""
    evidence: list[Evidence] = []

    def add(kind: str, **values: object) -> None:
        evidence.append(Evidence(id=uuid4(), claim_id=claim.id, kind=kind, added_at=now, **values))

    for contract in contracts:
        add(
            "contract",
            number=contract.number,
            dated_on=contract.signed_on,
            amount=contract.contract_amount,
            file_id=await _copy_scan(contract, "contract", claim, now),
        )
        add(
            "registration_certificate",
            number=contract.registration_number,
            dated_on=contract.registered_on,
            amount=contract.trade_amount,
            file_id=await _copy_scan(contract, "registration_certificate", claim, now),
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
                file_id=await _copy_file(remittance.voucher_id, "payment_voucher", claim, now)
                if remittance
                else None,
            )
            if remittance is not None and remittance.invoice_number:
                add(
                    "invoice",
                    number=canonical_key(remittance.invoice_number),
                    dated_on=receipt.received_on,
                    amount=remittance.invoice_amount or receipt.amount,
                )
    return evidence


async def _copy_scan(contract: Contract, kind: str, claim: Claim, now: datetime) -> UUID | None:
    """Copy the latest scan of a contract, or of its registration, to the claim; None where there is none."""
    scan = (
        await StoredFile.filter(subject_kind="contract", subject_id=contract.id, kind=kind)
        .order_by("-uploaded_at")
        .first()
    )
    return await _copy_file(scan.id, kind, claim, now) if scan else None


async def _copy_file(file_id: UUID, kind: str, claim: Claim, now: datetime) -> UUID:
    """Copy a file's record to the claim, so that the desk may open it."""
    original = await StoredFile.get(id=file_id)
    copy = await StoredFile.create(
        id=uuid4(),
        subject_kind="claim",
        subject_id=claim.id,
        kind=kind,
        name=original.name,
        media_type=original.media_type,
        size=original.size,
        sha256=original.sha256,
        tier=Tier.PARTIES,
        uploaded_by_id=original.uploaded_by_id,
        uploaded_at=now,
    )
    return copy.id


@dataclass(frozen=True)
class SumCheck:
    """Whether the papers of a kind add up to the figure that they prove."""

    kind: str
    count: int
    amount: int
    """Of the papers, in fen."""
    expected: int
    """What was received, or what new sales were reported, in fen."""
    is_sales: bool = False

    @property
    def is_same(self) -> bool:
        return self.amount == self.expected

    @property
    def is_doubtful(self) -> bool:
        """Return whether papers contradict the figure; that none is there is told by the checklist."""
        return bool(self.count) and not self.is_same


def sum_checks(evidence: Sequence[Evidence], received: int, sales: int | None = None) -> list[SumCheck]:
    """Compare vouchers and invoices with what was received, and audit reports with the sales reported.

    `sales` are the new sales reported for the claim's year; None where none were.
    """
    checks = []
    expected = {"payment_voucher": received, "invoice": received}
    if sales is not None:
        expected["conversion_report"] = sales
    for kind, amount in expected.items():
        rows = [paper for paper in evidence if paper.kind == kind and paper.is_current]
        total = sum(paper.amount or 0 for paper in rows)
        checks.append(SumCheck(kind, len(rows), total, amount, kind == "conversion_report"))
    return checks


PROVED_BY_SCAN = ("contract", "registration_certificate", "payment_voucher", "invoice", "conversion_report")
"""Kinds whose number decides money: without a scan it is only what somebody typed."""


def without_scan(evidence: Sequence[Evidence]) -> list[Evidence]:
    """Return the papers that decide money and have no scan to open."""
    return [
        paper
        for paper in evidence
        if paper.is_current and paper.kind in PROVED_BY_SCAN and paper.file_id is None
    ]


DEAL_DONE = N_("挂牌或竞价成交确认书")
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


def kinds_of(words: str) -> tuple[str, ...]:
    """Return the kinds of evidence that a paper of a rule file's list may be."""
    return EITHER.get(words) or KINDS_OF.get(words, ("other",))


def checklist(
    content: Mapping[str, Any], evidence: Sequence[Evidence], contracts: Sequence[ClaimContract] = ()
) -> list[tuple[str, bool]]:
    """Return each document required by the rule file and the declared facts, and whether the claim has it."""
    required = [
        *content["evidence"],
        *_required_by_conditions(content),
        *_required_by_declared_facts(contracts),
    ]
    present_kinds = {paper.kind for paper in evidence if paper.is_current}
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


@dataclass(frozen=True)
class RequestedPaper:
    """A paper that the last supplement request names."""

    words: str
    is_done: bool
    """The claim has it, and one of its kinds was added since it was requested."""


async def required_papers(claim: Claim) -> list[tuple[str, bool]]:
    """Return the papers that the claim's rule set and declared facts require, and whether it has them."""
    evidence = await Evidence.filter(claim_id=claim.id)
    return checklist(claim.terms.content, evidence, await claim_contracts(claim.id))


def supplement_text(papers: Collection[str], reason: str) -> str:
    """Return what a request says in its notice and in the claim's history.

    Raises:
        Invalid: nothing is requested.
    """
    if not papers and not reason:
        raise Invalid(_("请勾选要补的材料，或写明缺什么、怎样补。"), field="reason")
    listed = _("需要补交或更换的材料：%(papers)s。", papers="；".join(papers)) if papers else ""
    return "\n".join(part for part in (listed, reason) if part)


def requested_papers(
    claim: Claim,
    required: Sequence[tuple[str, bool]],
    evidence: Sequence[Evidence],
    events: Sequence[StatusEvent],
) -> list[RequestedPaper]:
    """Return the papers of the last request with what is done; none where it named none.

    `required` is the claim's checklist, `events` its history.
    """
    requests = [event.happened_at for event in events if event.action == ClaimAction.ASK_SUPPLEMENT]
    if not requests or not claim.supplement_papers:
        return []
    requested_at, present = max(requests), dict(required)
    added = {paper.kind for paper in evidence if paper.is_current and paper.added_at >= requested_at}
    return [
        RequestedPaper(words, present.get(words, True) and not added.isdisjoint(kinds_of(words)))
        for words in claim.supplement_papers
    ]
