"""Bank statements: each line is imported once, and stored with the payable that it is matched with."""

from __future__ import annotations

import json
from collections.abc import Sequence
from uuid import UUID, uuid4

from market.accounts.actors import Actor
from market.audit.log import record
from market.files.attachments import StoredBlob, attach
from market.files.models import Tier
from market.kit.clock import local_date
from market.kit.database import atomic, connection
from market.kit.errors import Invalid, NotFound
from market.kit.i18n import gettext as _
from market.payments.bank_files import ReadStatement
from market.payments.line_matching import Match
from market.payments.models import BankLine, BankStatement
from market.payments.states import LineAction, LineStatus, RemittanceStatus, StatementVerb
from market.records.by import By
from market.records.transitions import transition_all

WRITE_LINES = """
WITH written AS (
    INSERT INTO bank_lines (id, statement_id, organisation_id, row, fingerprint, status, booked_on, amount,
        currency, payer_name, payer_account, text, bank_reference, payable_kind, note,
        proposed_by_id, proposed_at)
    SELECT r.id, $1, $2, r.place, r.fingerprint, r.status, r.booked_on, r.amount,
        r.currency, r.payer_name, r.payer_account, r.text, r.bank_reference, '', '', $4, $5
    FROM jsonb_to_recordset($3::jsonb) AS r(id uuid, place int, fingerprint varchar, status varchar,
        booked_on date, amount bigint, currency varchar, payer_name varchar, payer_account varchar,
        text varchar, bank_reference varchar)
    ON CONFLICT (organisation_id, fingerprint) DO NOTHING RETURNING 1)
SELECT count(*) AS n FROM written
"""


@atomic()
async def import_lines(
    read: ReadStatement, blob: StoredBlob, *, organisation_id: UUID, by: By
) -> tuple[BankStatement, bool]:
    """Store a statement with its lines; return it and whether it was new.

    Idempotent by the file's hash; lines known from another statement are skipped, since statements may
    overlap. An advisory lock serialises concurrent imports of an organisation.

    Raises:
        Invalid: at the field `file`: a line is dated in the future.
    """
    await connection().execute_query(
        "SELECT pg_advisory_xact_lock(hashtextextended($1, 2))", [f"bank:{organisation_id}"]
    )
    existing = await BankStatement.get_or_none(organisation_id=organisation_id, sha256=blob.sha256)
    if existing is not None:
        return existing, False
    days = [row.happened_at.date() for row in read.rows]
    if max(days) > local_date(by.now):
        raise Invalid(_("流水里有晚于今天的交易，请核对文件。"), field="file")
    statement_id = uuid4()
    file = await attach(
        blob,
        subject_kind="bank_statement",
        subject_id=statement_id,
        kind="statement",
        tier=Tier.PARTIES,
        by=by,
    )
    statement = await BankStatement.create(
        id=statement_id,
        organisation_id=organisation_id,
        bank=read.bank,
        account=read.account,
        sha256=blob.sha256,
        file_id=file.id,
        line_count=len(read.rows),
        new_count=0,
        begins_on=min(days),
        ends_on=max(days),
        imported_by_id=by.actor.user_id,
        imported_at=by.now,
    )
    statement.new_count = await _write_lines(statement, read)
    await statement.save(update_fields=["new_count"])
    await record(
        "bank_statement",
        statement.id,
        StatementVerb.IMPORT,
        by=by,
        lines=statement.line_count,
        new=statement.new_count,
        sha256=blob.sha256,
    )
    return statement, True


async def _write_lines(statement: BankStatement, read: ReadStatement) -> int:
    rows = [
        {
            "id": str(uuid4()),
            "place": row.row,
            "fingerprint": fingerprint,
            "status": LineStatus.NEW if row.is_incoming else LineStatus.OUTGOING,
            "booked_on": row.happened_at.date().isoformat(),
            "amount": row.money.amount,
            "currency": row.money.currency,
            "payer_name": row.payer_name,
            "payer_account": row.payer_account,
            "text": row.text,
            "bank_reference": row.reference,
        }
        for row, fingerprint in zip(read.rows, read.fingerprints(), strict=True)
    ]
    written = await connection().execute_query_dict(
        WRITE_LINES,
        [
            statement.id,
            statement.organisation_id,
            json.dumps(rows, ensure_ascii=False),
            statement.imported_by_id,
            statement.imported_at,
        ],
    )
    return int(written[0]["n"])


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
    """Store the matches of these locked lines.

    A line that confirms a transfer recorded before is proposed by whoever recorded it. If that transfer
    was confirmed, it is booked already and nothing is left to confirm.
    """
    moves = []
    for line, match in zip(lines, matches, strict=True):
        remittance = match.remittance if match else None
        action = LineAction.MISS if match is None else LineAction.FIND
        if remittance is not None and remittance.status is RemittanceStatus.CONFIRMED:
            action = LineAction.KNOW
        columns = {
            "payable_kind": payable_kind if match else "",
            "payable_id": match.payable_id if match else None,
            "match_basis": match.basis if match else None,
            "remittance_id": remittance.id if remittance else None,
            "proposed_by_id": remittance.proposed_by_id if remittance else line.proposed_by_id,
        }
        moves.append((line, action, columns))
    await transition_all(moves, by=by)


async def get_line_for(actor: Actor, line_id: UUID) -> BankLine:
    """Return a line of the statement of an organisation that the person acts for.

    Raises:
        NotFound: there is none, or it is another organisation's.
    """
    line = await (
        BankLine.filter(id=line_id)
        .select_related("statement", "proposed_by", "decided_by", "remittance")
        .prefetch_related("refunds")
        .first()
    )
    if line is None or not actor.acts_for(line.organisation_id):
        raise NotFound(_("没有这笔流水，或者您不能查看它。"))
    return line


async def get_statement_for(actor: Actor, statement_id: UUID) -> BankStatement:
    """Return a statement of an organisation that the person acts for.

    Raises:
        NotFound: there is none, or it is another organisation's.
    """
    statement = await BankStatement.get_or_none(id=statement_id).select_related("imported_by", "file")
    if statement is None or not actor.acts_for(statement.organisation_id):
        raise NotFound(_("没有这份银行流水，或者您不能查看它。"))
    return statement


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
