"""The seller's bank statements: matching their lines with instalments, and booking what is confirmed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from market.accounts.actors import Actor
from market.accounts.messages import notify
from market.accounts.models import MemberRole
from market.accounts.permissions import AccountAct
from market.audit.log import record
from market.contracts.models import INSTALMENT, Instalment, Receipt
from market.contracts.receipts import book_remittance
from market.contracts.states import ContractAct
from market.deals.states import DealStatus
from market.files.attachments import StoredBlob
from market.files.models import StoredFile
from market.kit.database import atomic, connection, in_transaction
from market.kit.errors import Forbidden, MarketError, NotFound
from market.kit.i18n import gettext as _
from market.kit.jobs import enqueue
from market.kit.money import Money
from market.payments import bank_lines, statements
from market.payments.bank_files import read_statement
from market.payments.line_matching import LineFacts, LineMatcher, Match, OpenPayable, RecordedRemittance
from market.payments.models import BankLine, BankStatement, Remittance
from market.payments.states import RemittanceStatus, StatementVerb
from market.records.by import By

MATCH_STATEMENT = "contracts.match_statement"
BATCH = 500
"""Lines matched in one transaction; a job that was stopped resumes with the next batch."""
SIGNED = (
    DealStatus.SIGNED,
    DealStatus.REGISTERED,
    DealStatus.PAYING,
    DealStatus.COMPLETED,
    DealStatus.RESCINDED,
)
OWED = """
WITH own AS (
    SELECT i.id, c.number, i.sequence, i.amount, c.currency, o.name, o.bank_account
    FROM instalments i JOIN contracts c ON c.id = i.contract_id JOIN deals d ON d.id = c.deal_id
    JOIN organisations o ON o.id = d.buyer_id WHERE d.seller_id = $1 AND d.status = ANY($2::varchar[])
), parts AS (
    SELECT r.instalment_id AS id, r.amount FROM receipts r JOIN own ON own.id = r.instalment_id
    UNION ALL
    SELECT m.payable_id, m.amount FROM remittances m JOIN own ON own.id = m.payable_id
    WHERE m.payable_kind = $3 AND m.status = 'recorded'
    UNION ALL
    SELECT b.payable_id, b.amount FROM bank_lines b WHERE b.organisation_id = $1
    AND b.payable_kind = $3 AND b.status = 'matched' AND b.remittance_id IS NULL
)
SELECT own.*, coalesce(taken.amount, 0) AS taken FROM own
LEFT JOIN (SELECT id, sum(amount) AS amount FROM parts GROUP BY id) taken ON taken.id = own.id
"""
"""What a seller is owed by whom, with what of it was received, recorded, or matched with a statement."""


async def import_statement(blob: StoredBlob, *, by: By) -> tuple[BankStatement, bool]:
    """Import a statement of the actor's organisation and enqueue the job that matches it.

    Returns whether it was new. Idempotent by the file's content.

    Raises:
        Invalid: at the field `file`: it is no statement we know, or a row cannot be read.
    """
    by.actor.require(ContractAct.IMPORT_STATEMENT)
    if by.actor.organisation_id is None or not by.actor.may_sell:
        raise Forbidden(_("银行流水由已认证的成果方导入。"))
    read = await asyncio.to_thread(read_statement, blob.upload.name, blob.upload.content)
    async with in_transaction():
        statement, is_new = await statements.import_lines(
            read, blob, organisation_id=by.actor.organisation_id, by=by
        )
        if is_new:
            await enqueue(MATCH_STATEMENT, lock=f"bank:{by.actor.organisation_id}", statement_id=statement.id)
    return statement, is_new


async def match_statement(statement_id: UUID, *, now: datetime) -> int:
    """Match the new lines of a statement, batch by batch, and return how many were matched.

    Each batch is a transaction of its own, so that a run that was stopped resumes where it was.
    """
    statement = await BankStatement.get(id=statement_id)
    matched = 0
    while matches := await _match_batch(statement, by=By.job(now)):
        matched += sum(match is not None for match in matches)
    if matched:
        await record("bank_statement", statement.id, StatementVerb.MATCH, by=By.job(now), matched=matched)
        await notify(
            _("银行流水已匹配，%(n)s 笔到账待另一位财务人员确认。", n=matched),
            now=now,
            address=f"/bank/statements/{statement.id}",
            organisation_id=statement.organisation_id,
            roles={MemberRole.FINANCE},
        )
    return matched


@atomic()
async def _match_batch(statement: BankStatement, *, by: By) -> list[Match | None]:
    lines = await statements.next_lines(statement.id, BATCH)
    if not lines:
        return []
    matcher = await matcher_of(statement.organisation_id)
    matches = [matcher.match(line_facts(line)) for line in lines]
    await statements.write_matches(lines, matches, INSTALMENT, by=by)
    return matches


async def matcher_of(seller_id: UUID) -> LineMatcher:
    """Return the matcher for the open instalments of a seller's contracts."""
    owed = await connection().execute_query_dict(
        OWED, [seller_id, [status.value for status in SIGNED], INSTALMENT]
    )
    remittances = await Remittance.filter(
        payable_kind=INSTALMENT,
        payable_id__in=[row["id"] for row in owed],
        status__not=RemittanceStatus.REJECTED,
    )
    on_lines = await BankLine.filter(organisation_id=seller_id, remittance_id__not_isnull=True).values_list(
        "remittance_id", flat=True
    )
    matched_ids = {UUID(str(remittance_id)) for remittance_id in on_lines}
    payables = [
        OpenPayable(
            id=UUID(str(row["id"])),
            number=row["number"],
            sequence=row["sequence"],
            owed=Money(row["amount"], row["currency"]),
            left=Money(int(row["amount"] - row["taken"]), row["currency"]),
            payer_name=row["name"],
            payer_account=row["bank_account"],
        )
        for row in owed
    ]
    recorded = [
        RecordedRemittance(
            remittance.id,
            remittance.payable_id,
            Money(remittance.amount, remittance.currency),
            remittance.status,
            remittance.bank_reference,
            remittance.proposed_by_id,
        )
        for remittance in remittances
        if remittance.id not in matched_ids
    ]
    return LineMatcher(payables, recorded)


def line_facts(line: BankLine) -> LineFacts:
    """Return the facts of a line that matching compares."""
    return LineFacts(line.money, line.text, line.payer_name, line.payer_account, line.bank_reference)


@atomic()
async def match_line(line_id: UUID, instalment_id: UUID, *, by: By) -> BankLine:
    """Match a line by hand with the instalment that it pays.

    Raises:
        NotFound: the line or the instalment is not of the actor's organisation.
        ActionNotAllowed: somebody else was faster.
    """
    by.actor.require(ContractAct.IMPORT_STATEMENT)
    line = await bank_lines.lock_line(line_id, by.actor)
    instalment = await Instalment.get_or_none(
        id=instalment_id, contract__deal__seller_id=line.organisation_id
    ).select_related("contract")
    if instalment is None or instalment.contract.currency != line.currency:
        raise NotFound(_("没有这笔应付款，或者币种不同。"))
    return await bank_lines.match_line(line.id, INSTALMENT, instalment.id, by=by)


@atomic()
async def release_line(line_id: UUID, *, by: By) -> BankLine:
    """Undo the match of a line that is not booked yet."""
    by.actor.require(ContractAct.IMPORT_STATEMENT)
    return await bank_lines.release_line(line_id, by=by)


@atomic()
async def set_line_aside(line_id: UUID, note: str, *, by: By) -> BankLine:
    """Set a line aside that has nothing to do with a contract, with a note of what it is."""
    by.actor.require(ContractAct.IMPORT_STATEMENT)
    return await bank_lines.set_line_aside(line_id, note, by=by)


@atomic()
async def reopen_line(line_id: UUID, *, by: By) -> BankLine:
    """Reopen a line that was set aside."""
    by.actor.require(ContractAct.IMPORT_STATEMENT)
    return await bank_lines.reopen_line(line_id, by=by)


@atomic()
async def confirm_line(line_id: UUID, *, by: By) -> Receipt | None:
    """Confirm what a line pays, for the seller's finance; it becomes a remittance and is booked.

    What exceeds the instalment is surplus until it is sent back; None when all of it does.

    Raises:
        SamePerson: the actor imported or matched it.
        ActionNotAllowed: it was decided before, perhaps a moment ago.
    """
    by.actor.require(ContractAct.CONFIRM_REMITTANCE)
    line = await bank_lines.lock_line(line_id, by.actor)
    remittance = await bank_lines.confirm_line(line, by=by)
    return await book_remittance(remittance, by=by)


@dataclass(frozen=True)
class ConfirmedLines:
    """The result of confirming several lines at once."""

    done: int
    refusals: list[str]


async def confirm_lines(line_ids: Sequence[UUID], *, by: By) -> ConfirmedLines:
    """Confirm several lines, each in a transaction of its own: a refusal does not affect the others."""
    done, refusals = 0, []
    for line_id in line_ids:
        try:
            await confirm_line(line_id, by=by)
        except MarketError as refused:
            refusals.append(str(refused))
        else:
            done += 1
    return ConfirmedLines(done, list(dict.fromkeys(refusals)))


async def instalments_of(lines: Sequence[BankLine]) -> dict[UUID, Instalment]:
    """Return the instalments that these lines pay, with contract and buyer, by id."""
    instalments = await Instalment.filter(
        id__in=[line.payable_id for line in lines if line.payable_id]
    ).select_related("contract__deal__buyer")
    return {instalment.id: instalment for instalment in instalments}


async def may_open_statement(actor: Actor | None, file: StoredFile) -> bool:
    """Open a bank statement to the members of the organisation whose account it is, and to auditors."""
    if actor is None:
        return False
    statement = await BankStatement.get_or_none(id=file.subject_id)
    return statement is not None and (
        actor.acts_for(statement.organisation_id) or actor.may(AccountAct.READ_AUDIT)
    )
