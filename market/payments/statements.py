"""Bank statements: each line is imported once, and stored with the payable that it is matched with."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID, uuid4

from market.accounts.actors import Actor
from market.accounts.permissions import Role
from market.audit.log import record
from market.files.models import StoredFile
from market.kit.clock import local_date
from market.kit.database import atomic, connection
from market.kit.errors import Invalid, NotFound
from market.kit.i18n import gettext as _
from market.payments.bank_files import ReadStatement
from market.payments.line_comparison import Likeness, LineIdentity, recognise
from market.payments.line_matching import Match
from market.payments.statement_models import BankLine, BankStatement, LinePart, StatementRow
from market.payments.statement_rows import BankRow
from market.payments.states import LineAction, LineStatus, RemittanceStatus, SkipReason, StatementVerb
from market.records.by import By
from market.records.transitions import transition_all


@atomic()
async def import_lines(
    parsed: ReadStatement,
    file: StoredFile,
    *,
    statement_id: UUID,
    organisation_id: UUID,
    account: str,
    by: By,
) -> tuple[BankStatement, bool]:
    """Write a statement with its lines; tell whether it was new.

    The same file again changes nothing. Lines that came with another statement are left out, and what may be
    one of these is put to a person; see `line_comparison`. Of several who hand in the same at once, one
    writes.

    Raises:
        Invalid: at the field `file`: every line lies in the future.
    """
    await connection().execute_query(
        "SELECT pg_advisory_xact_lock(hashtextextended($1, 2))", [f"bank:{organisation_id}"]
    )
    existing = await BankStatement.get_or_none(organisation_id=organisation_id, sha256=file.sha256)
    if existing is not None:
        return existing, False
    today = local_date(by.now)
    rows = [row for row in parsed.rows if row.happened_at.date() <= today]
    if not rows:
        raise Invalid(_("流水里有晚于今天的交易，请核对文件。"), field="file")
    days = [row.happened_at.date() for row in rows]
    recognised = await _recognise_known(rows, account, organisation_id=organisation_id)
    new_rows = [row for row in rows if not _is_known(recognised, row)]
    statement = await BankStatement.create(
        id=statement_id,
        organisation_id=organisation_id,
        bank=parsed.bank,
        account=account,
        sha256=file.sha256,
        file_id=file.id,
        line_count=len(parsed.rows) + len(parsed.skipped),
        new_count=len(new_rows),
        begins_on=min(days),
        ends_on=max(days),
        balance=parsed.balance.to_json() if parsed.balance else None,
        notices=list(parsed.notices),
        imported_by_id=by.actor.user_id,
        imported_at=by.now,
    )
    await BankLine.bulk_create(
        [_new_line(row, statement, recognised.get(row.row)) for row in new_rows], batch_size=1000
    )
    await StatementRow.bulk_create(_skipped_rows(statement, parsed, recognised, today), batch_size=1000)
    await record(
        "bank_statement",
        statement.id,
        StatementVerb.IMPORT,
        by=by,
        lines=statement.line_count,
        new=statement.new_count,
        sha256=statement.sha256,
    )
    return statement, True


Recognised = dict[int | UUID, tuple[Likeness, int | UUID]]
"""Likelihood and key of the existing line, by the row of the file."""


async def _recognise_known(rows: Sequence[BankRow], account: str, *, organisation_id: UUID) -> Recognised:
    days = [row.happened_at.date() for row in rows]
    existing = await BankLine.filter(
        organisation_id=organisation_id, booked_on__gte=min(days), booked_on__lte=max(days)
    ).select_related("statement")
    return recognise(
        [_identity_of_row(row, account) for row in rows],
        [_identity_of_line(line) for line in existing if line.status is not LineStatus.DUPLICATE],
    )


def _is_known(recognised: Recognised, row: BankRow) -> bool:
    return row.row in recognised and recognised[row.row][0] is Likeness.SAME


def _identity_of_row(row: BankRow, account: str) -> LineIdentity[int | UUID]:
    return LineIdentity(
        key=row.row,
        account=account,
        booked_on=row.happened_at.date(),
        time=_time_of(row),
        is_incoming=row.is_incoming,
        money=row.money,
        reference=row.reference.lstrip("0"),
        name=row.payer_name,
        text=row.text,
        balance=row.balance,
    )


def _identity_of_line(line: BankLine) -> LineIdentity[int | UUID]:
    return LineIdentity(
        key=line.id,
        account=line.statement.account,
        booked_on=line.booked_on,
        time=line.booked_time,
        is_incoming=line.is_incoming,
        money=line.money,
        reference=line.bank_reference.lstrip("0"),
        name=line.payer_name,
        text=line.text,
        balance="" if line.balance is None else str(line.balance),
    )


def _time_of(row: BankRow) -> str:
    """Return hour and minute; midnight means that the bank tells the day only."""
    text = row.happened_at.strftime("%H:%M")
    return "" if text == "00:00" else text


def _new_line(
    row: BankRow, statement: BankStatement, recognised: tuple[Likeness, int | UUID] | None
) -> BankLine:
    status = LineStatus.NEW if row.is_incoming else LineStatus.OUTGOING
    if recognised is not None:
        status = LineStatus.SIMILAR
    elif row.is_reversal:
        status = LineStatus.REVERSAL
    return BankLine(
        id=uuid4(),
        statement_id=statement.id,
        organisation_id=statement.organisation_id,
        row=row.row,
        status=status,
        booked_on=row.happened_at.date(),
        booked_time=_time_of(row),
        is_incoming=row.is_incoming,
        is_reversal=row.is_reversal,
        amount=row.money.amount,
        currency=row.money.currency,
        payer_name=row.payer_name,
        payer_account=row.payer_account,
        text=row.text,
        bank_reference=row.reference,
        balance=int(row.balance) if row.balance else None,
        resembles_id=recognised[1] if recognised else None,
        proposed_by_id=statement.imported_by_id,
        proposed_at=statement.imported_at,
    )


def _skipped_rows(
    statement: BankStatement, read: ReadStatement, recognised: Recognised, today: date
) -> list[StatementRow]:
    rows = [
        StatementRow(
            id=uuid4(),
            statement_id=statement.id,
            row=skipped.row,
            reason=skipped.reason,
            word=skipped.word,
            text=skipped.text,
        )
        for skipped in read.skipped
    ]
    for row in read.rows:
        is_future = row.happened_at.date() > today
        if is_future or _is_known(recognised, row):
            rows.append(
                StatementRow(
                    id=uuid4(),
                    statement_id=statement.id,
                    row=row.row,
                    reason=SkipReason.FUTURE if is_future else SkipReason.KNOWN,
                    word=row.happened_at.date().isoformat() if is_future else "",
                    text=f"{row.payer_name} | {row.text}"[:400],
                    line_id=None if is_future else recognised[row.row][1],
                )
            )
    return rows


async def next_lines(statement_id: UUID, most: int) -> list[BankLine]:
    """Return up to `most` unmatched lines of a statement, locked until the transaction ends."""
    return (
        await BankLine.filter(statement_id=statement_id, status=LineStatus.NEW)
        .order_by("row")
        .limit(most)
        .select_for_update(skip_locked=True)
    )


async def write_matches(
    lines: Sequence[BankLine], matches: Sequence[Match | None], payable_kind: str, *, by: By
) -> None:
    """Store what each of these locked lines was found to pay.

    A line that confirms a transfer recorded before is proposed by whoever recorded it. When that transfer
    was confirmed before, it has been booked and nothing is left to confirm.
    """
    moves = []
    for line, match in zip(lines, matches, strict=True):
        remittance = match.remittance if match else None
        action = LineAction.MISS if match is None else LineAction.FIND
        if remittance is not None and remittance.status is RemittanceStatus.CONFIRMED:
            action = LineAction.KNOW
        columns = {
            "match_basis": match.basis if match else None,
            "exceeds": match.exceeds if match else False,
            "proposed_by_id": remittance.proposed_by_id if remittance else line.proposed_by_id,
        }
        moves.append((line, action, columns))
    await LinePart.bulk_create(
        [
            LinePart(
                id=uuid4(),
                line_id=line.id,
                payable_kind=payable_kind,
                payable_id=part.payable_id,
                amount=part.money.amount,
                remittance_id=match.remittance.id if match.remittance else None,
            )
            for line, match in zip(lines, matches, strict=True)
            if match is not None
            for part in match.parts
        ],
        batch_size=1000,
    )
    await transition_all(moves, by=by)


async def get_line_for(actor: Actor, line_id: UUID) -> BankLine:
    """Return a line of the statement of an organisation that the person acts for; an auditor reads all.

    Raises:
        NotFound: there is none, or it is another organisation's.
    """
    line = await (
        BankLine.filter(id=line_id)
        .select_related(
            "statement", "proposed_by", "decided_by", "reverses__statement", "resembles__statement"
        )
        .prefetch_related("refunds", "parts__remittance")
        .first()
    )
    if line is None or not _may_read(actor, line.organisation_id):
        raise NotFound(_("没有这笔流水，或者您不能查看它。"))
    return line


async def get_statement_for(actor: Actor, statement_id: UUID) -> BankStatement:
    """Return a statement of an organisation that the person acts for; an auditor reads all.

    Raises:
        NotFound: there is none, or it is another organisation's.
    """
    statement = await BankStatement.get_or_none(id=statement_id).select_related("imported_by", "file")
    if statement is None or not _may_read(actor, statement.organisation_id):
        raise NotFound(_("没有这份银行流水，或者您不能查看它。"))
    return statement


def _may_read(actor: Actor, organisation_id: UUID) -> bool:
    return actor.acts_for(organisation_id) or Role.AUDITOR in actor.roles


async def count_skipped(statement_id: UUID) -> dict[SkipReason, int]:
    """Count the rows of a statement's file that are no new lines by reason, in the order of the reasons."""
    rows = await connection().execute_query_dict(
        "SELECT reason, count(*) AS n FROM statement_rows WHERE statement_id = $1 GROUP BY 1", [statement_id]
    )
    counts = {SkipReason(row["reason"]): int(row["n"]) for row in rows}
    return {reason: counts[reason] for reason in SkipReason if reason in counts}


async def count_lines(statement_ids: Sequence[UUID]) -> dict[UUID, dict[LineStatus, int]]:
    """Count the lines of each statement by status."""
    rows = await connection().execute_query_dict(
        "SELECT statement_id, status, count(*) AS n FROM bank_lines "
        "WHERE statement_id = ANY($1) GROUP BY 1, 2",
        [list(statement_ids)],
    )
    counts: dict[UUID, dict[LineStatus, int]] = {statement_id: {} for statement_id in statement_ids}
    for row in rows:
        counts[UUID(str(row["statement_id"]))][LineStatus(row["status"])] = int(row["n"])
    return counts
