"""The seller's bank statements: matching their lines with instalments, and booking confirmed ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
from market.contracts.statement_imports import is_confirmed
from market.contracts.states import ContractAct
from market.deals.states import DealStatus
from market.files.models import StoredFile
from market.kit.database import atomic, connection
from market.kit.errors import Conflict, MarketError, NotFound
from market.kit.i18n import gettext as _
from market.kit.money import Money
from market.payees.queries import KNOWN_NUMBER
from market.payments import bank_lines, statements
from market.payments.line_matching import LineFacts, LineMatcher, Match, OpenPayable, RecordedRemittance
from market.payments.models import Refund, Remittance
from market.payments.refunds import record_by_bank
from market.payments.statement_models import BankLine, BankStatement, LinePart, StatementDraft
from market.payments.states import LineAction, RemittanceStatus, StatementVerb
from market.records.by import By

BATCH = 500
"""Lines matched in one transaction; a job that was stopped resumes with the next batch."""
SIGNED = (
    DealStatus.SIGNED,
    DealStatus.REGISTERED,
    DealStatus.PAYING,
    DealStatus.COMPLETED,
    DealStatus.RESCINDED,
)
OWED = f"""
WITH own AS (
    SELECT i.id, c.number, i.sequence, i.amount, c.currency, o.name, {KNOWN_NUMBER} AS bank_account
    FROM instalments i JOIN contracts c ON c.id = i.contract_id JOIN deals d ON d.id = c.deal_id
    JOIN organisations o ON o.id = d.buyer_id WHERE d.seller_id = $1 AND d.status = ANY($2::varchar[])
), parts AS (
    SELECT r.instalment_id AS id, r.amount FROM receipts r JOIN own ON own.id = r.instalment_id
    UNION ALL
    SELECT m.payable_id, m.amount FROM remittances m JOIN own ON own.id = m.payable_id
    WHERE m.payable_kind = $3 AND m.status = 'recorded'
    UNION ALL
    SELECT p.payable_id, p.amount FROM bank_line_parts p JOIN bank_lines b ON b.id = p.line_id
    WHERE b.organisation_id = $1 AND p.payable_kind = $3 AND b.status = 'matched' AND p.remittance_id IS NULL
)
SELECT own.*, coalesce(taken.amount, 0) AS taken FROM own
LEFT JOIN (SELECT id, sum(amount) AS amount FROM parts GROUP BY id) taken ON taken.id = own.id
"""  # noqa: S608 -- our own SQL
"""What a seller is owed by whom, with what of it was received, recorded, or matched with a statement."""


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
    on_lines = await LinePart.filter(
        line__organisation_id=seller_id, remittance_id__not_isnull=True
    ).values_list("remittance_id", flat=True)
    matched_ids = {UUID(str(remittance_id)) for remittance_id in on_lines}
    payables = [
        OpenPayable(
            id=UUID(str(row["id"])),
            number=row["number"],
            sequence=row["sequence"],
            owed=Money(row["amount"], row["currency"]),
            left=Money(int(row["amount"] - row["taken"]), row["currency"]),
            payer_name=row["name"],
            payer_account=row["bank_account"] or "",
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
async def match_line(line_id: UUID, parts: Mapping[UUID, int], *, by: By) -> BankLine:
    """Match a line by hand with the instalments that it pays: amounts by instalment, in minor units.

    Raises:
        NotFound: the line or an instalment is not of the actor's organisation, or in another currency.
        Invalid: at `parts`: the amounts do not add up to the line.
        ActionNotAllowed: somebody else was faster.
    """
    by.actor.require(ContractAct.IMPORT_STATEMENT)
    line = await bank_lines.lock_line(line_id, by.actor)
    instalments = await Instalment.filter(
        id__in=list(parts), contract__deal__seller_id=line.organisation_id, contract__currency=line.currency
    )
    if len(instalments) != len(parts):
        raise NotFound(_("没有这笔应付款，或者币种不同。"))
    matcher = await matcher_of(line.organisation_id)
    exceeds = any(matcher.left(payable_id).amount < amount for payable_id, amount in parts.items())
    return await bank_lines.match_line(line.id, INSTALMENT, parts, exceeds=exceeds, by=by)


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
async def decide_resemblance(line_id: UUID, action: LineAction, *, by: By) -> BankLine:
    """Say whether a line is one of an earlier statement; what is another one is matched by hand."""
    by.actor.require(ContractAct.IMPORT_STATEMENT)
    return await bank_lines.decide_resemblance(line_id, action, by=by)


@atomic()
async def treat_reversal_as(line_id: UUID, action: LineAction, *, by: By) -> BankLine:
    """Say that a line takes nothing back but is money that came, or left, by itself."""
    by.actor.require(ContractAct.IMPORT_STATEMENT)
    return await bank_lines.treat_reversal_as(line_id, action, by=by)


@atomic()
async def pair_reversal(line_id: UUID, original_id: UUID, *, by: By) -> BankLine:
    """Say which line a reversal takes back."""
    by.actor.require(ContractAct.IMPORT_STATEMENT)
    return await bank_lines.pair_by_hand(line_id, original_id, by=by)


@atomic()
async def refund_reversal(line_id: UUID, *, by: By) -> list[Refund]:
    """Record that the bank took back what was booked: a refund of each remittance, for a second person.

    Raises:
        Conflict: nothing of it is left to refund.
    """
    by.actor.require(ContractAct.REFUND)
    line = await bank_lines.lock_line(line_id, by.actor)
    remittances = await bank_lines.refundable_remittances(line)
    if not remittances:
        raise Conflict(_("这笔冲正没有可退的入账，可能已经登记过退回。"))
    statement = await BankStatement.get(id=line.statement_id)
    return [
        await record_by_bank(
            remittance,
            Money(remittance.amount, remittance.currency),
            _("银行冲正"),
            refunded_on=line.booked_on,
            bank_reference=line.bank_reference or line.id.hex[:12],
            voucher_id=statement.file_id,
            by=by,
        )
        for remittance in remittances
    ]


@atomic()
async def confirm_line(line_id: UUID, *, by: By) -> list[Receipt]:
    """Confirm what a line pays, for the seller's finance; its parts become remittances and are booked.

    What exceeds an instalment is surplus until it is sent back, and makes no receipt.

    Raises:
        SamePerson: the actor imported or matched it.
        Conflict: nobody has confirmed yet that the account is the organisation's.
        ActionNotAllowed: it was decided before, perhaps a moment ago.
    """
    by.actor.require(ContractAct.CONFIRM_REMITTANCE)
    line = await bank_lines.lock_line(line_id, by.actor)
    if not await is_confirmed(await BankStatement.get(id=line.statement_id)):
        raise Conflict(_("请先在流水页确认这是本单位的账户。"))
    receipts = [
        await book_remittance(remittance, by=by) for remittance in await bank_lines.confirm_line(line, by=by)
    ]
    return [receipt for receipt in receipts if receipt is not None]


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


async def instalments_of(lines: Sequence[BankLine]) -> dict[UUID, list[tuple[Money, Instalment]]]:
    """Return what each of these lines pays: the amounts with their instalments, contract and buyer."""
    parts = await LinePart.filter(line_id__in=[line.id for line in lines], payable_kind=INSTALMENT)
    instalments = {
        instalment.id: instalment
        for instalment in await Instalment.filter(id__in=[part.payable_id for part in parts]).select_related(
            "contract__deal__buyer"
        )
    }
    paid: dict[UUID, list[tuple[Money, Instalment]]] = {}
    for part in sorted(parts, key=lambda part: instalments[part.payable_id].sequence):
        instalment = instalments[part.payable_id]
        money = Money(part.amount, instalment.contract.currency)
        paid.setdefault(part.line_id, []).append((money, instalment))
    return paid


async def may_open_statement(actor: Actor | None, file: StoredFile) -> bool:
    """Open a bank statement to the members of the organisation whose account it is, and to auditors."""
    if actor is None:
        return False
    owner = await BankStatement.get_or_none(id=file.subject_id) or await StatementDraft.get_or_none(
        id=file.subject_id
    )
    return owner is not None and (actor.acts_for(owner.organisation_id) or actor.may(AccountAct.READ_AUDIT))
