"""The progress of contracts (instalments, receipts, what is due next), for pages that join several rooms."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from tortoise.expressions import Q

from market.accounts.actors import Actor
from market.contracts.models import (
    INSTALMENT,
    Contract,
    ContractDraft,
    Instalment,
    Receipt,
    RoyaltyStatement,
)
from market.contracts.states import ReceiptSource
from market.deals.models import ROYALTIES
from market.deals.next_steps import ContractFacts, Due
from market.kit.money import Money
from market.kit.statements import TablesStatement
from market.payments.checkouts import list_payments
from market.payments.models import Payment, Remittance
from market.payments.remittances import list_remittances
from market.payments.states import RemittanceStatus


@dataclass(frozen=True)
class InstalmentLine:
    """One instalment as pages show it: what was owed, what came, and from where."""

    instalment: Instalment
    received: Money
    receipts: list[Receipt]
    remittances: list[Remittance]
    payments: list[Payment]

    @property
    def due(self) -> Money:
        return Money(self.instalment.amount, self.received.currency)

    @property
    def left(self) -> Money:
        return self.due - self.received

    @property
    def waiting(self) -> list[Remittance]:
        """Bank transfers that wait for a second person."""
        return [
            remittance for remittance in self.remittances if remittance.status is RemittanceStatus.RECORDED
        ]

    @property
    def claimable(self) -> Money:
        """What may still be recorded or paid: what is left less what waits."""
        return self.left - Money(
            sum(remittance.amount for remittance in self.waiting), self.received.currency
        )

    def is_late(self, today: date) -> bool:
        return bool(self.left) and self.instalment.due_on is not None and self.instalment.due_on < today

    def source_of(self, receipt: Receipt) -> Remittance | Payment | None:
        """Return the transfer or payment that a receipt came from."""
        sources: list[Remittance] | list[Payment] = (
            self.remittances if receipt.source is ReceiptSource.REMITTANCE else self.payments
        )
        return next((source for source in sources if source.id == receipt.source_id), None)


async def instalment_lines(contract: Contract) -> list[InstalmentLine]:
    """Return a contract's instalments with all that happened to them; its parts must be fetched."""
    ids = [instalment.id for instalment in contract.instalments]
    remittances, payments = await list_remittances(INSTALMENT, ids), await list_payments(INSTALMENT, ids)
    lines = []
    for instalment in contract.instalments:
        receipts = [receipt for receipt in contract.receipts if receipt.instalment_id == instalment.id]
        lines.append(
            InstalmentLine(
                instalment=instalment,
                received=Money(sum(receipt.amount for receipt in receipts), contract.currency),
                receipts=receipts,
                remittances=[
                    remittance for remittance in remittances if remittance.payable_id == instalment.id
                ],
                payments=[payment for payment in payments if payment.payable_id == instalment.id],
            )
        )
    return lines


def facts_of(
    draft: ContractDraft | None, contract: Contract | None, lines: Sequence[InstalmentLine]
) -> ContractFacts:
    """Return the same as `contract_facts` does for one deal whose parts are loaded already."""
    begun = _draft_facts(draft)
    if contract is None:
        return begun
    waiting = [remittance.proposed_at for line in lines for remittance in line.waiting]
    return _facts(begun, contract, waiting)


_OF_DEALS = "contract_id IN (SELECT id FROM contracts WHERE deal_id = ANY($1::uuid[]))"
_PROGRESS = TablesStatement(
    {
        "drafts": (ContractDraft, "WHERE deal_id = ANY($1::uuid[])"),
        "contracts": (Contract, "WHERE deal_id = ANY($1::uuid[])"),
        "instalments": (Instalment, f"WHERE {_OF_DEALS}"),
        "receipts": (Receipt, f"WHERE {_OF_DEALS}"),
        "royalty_statements": (RoyaltyStatement, f"WHERE {_OF_DEALS}"),
        "remittances": (
            Remittance,
            f"WHERE payable_kind = '{INSTALMENT}' AND status = '{RemittanceStatus.RECORDED.value}' "  # noqa: S608
            f"AND payable_id IN (SELECT id FROM instalments WHERE {_OF_DEALS})",
        ),
    }
)


async def contract_facts(deal_ids: Collection[UUID]) -> dict[UUID, ContractFacts]:
    """Return what the next step of these deals depends on, where there is a draft or a contract."""
    records = await _PROGRESS.read(list(deal_ids))
    parts: dict[tuple[str, UUID], list[Any]] = defaultdict(list)
    for name in ("instalments", "receipts", "royalty_statements"):
        for record in records[name]:
            parts[name, record.contract_id].append(record)
    waiting: dict[UUID, list[datetime]] = defaultdict(list)
    for remittance in records["remittances"]:
        waiting[remittance.payable_id].append(remittance.proposed_at)
    facts = {draft.deal_id: _draft_facts(draft) for draft in records["drafts"]}
    for contract in records["contracts"]:
        for name in ("instalments", "receipts", "royalty_statements"):
            getattr(contract, name)._set_result_for_query(parts[name, contract.id])
        facts[contract.deal_id] = _facts(
            facts.get(contract.deal_id, ContractFacts()),
            contract,
            [since for part in contract.instalments for since in waiting[part.id]],
        )
    return facts


def _draft_facts(draft: ContractDraft | None) -> ContractFacts:
    return ContractFacts(draft_side=draft.side, drafted_at=draft.entered_at) if draft else ContractFacts()


def _facts(begun: ContractFacts, contract: Contract, waiting: Sequence[datetime]) -> ContractFacts:
    """Return the facts of a signed contract; `waiting` says when each pending transfer was recorded."""
    return replace(
        begun,
        number=contract.number,
        due=_first_due(contract),
        waiting_count=len(waiting),
        waiting_since=min(waiting, default=None),
        is_royalty_open=_is_royalty_open(contract),
        royalty_stated_at=_royalty_stated_at(contract),
    )


def _is_royalty_open(contract: Contract) -> bool:
    """Tell whether royalties are still to come; the statements must be fetched."""
    return contract.payment_way in ROYALTIES and not any(
        statement.is_last and statement.is_confirmed for statement in contract.royalty_statements
    )


def _royalty_stated_at(contract: Contract) -> datetime | None:
    """Return since when a statement of royalties waits for the seller; None when none does."""
    waiting = [
        statement.proposed_at for statement in contract.royalty_statements if statement.verdict is None
    ]
    return min(waiting, default=None)


def _first_due(contract: Contract) -> Due | None:
    got: dict[UUID, int] = defaultdict(int)
    for receipt in contract.receipts:
        got[receipt.instalment_id] += receipt.amount
    for part in sorted(contract.instalments, key=lambda instalment: instalment.sequence):
        if got[part.id] < part.amount:
            left = Money(part.amount - got[part.id], contract.currency)
            return Due(part.sequence, part.condition, part.due_on, left)
    return None


async def deals_waiting_for_finance(actor: Actor) -> set[UUID]:
    """Return the deals in which a recorded bank transfer waits for the actor's organisation."""
    payable_ids = await Remittance.filter(
        payable_kind=INSTALMENT, status=RemittanceStatus.RECORDED
    ).values_list("payable_id", flat=True)
    deal_ids = await Instalment.filter(
        Q(id__in=list(payable_ids)), contract__deal__seller_id=actor.organisation_id
    ).values_list("contract__deal_id", flat=True)
    return {UUID(str(deal_id)) for deal_id in deal_ids}
