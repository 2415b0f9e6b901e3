"""A bank statement taken over and matched, for tests."""

from __future__ import annotations

import hashlib

from market.accounts.actors import Actor
from market.contracts import bank_statements, statement_imports
from market.files.attachments import StoredBlob
from market.files.uploads import Upload
from market.payments.statement_models import BankLine, BankStatement
from market.records.by import By
from tests.contracts.factories import LATER
from tests.deals.factories import Parties
from tests.payments.bank_statement_files import Row, icbc


def kept(content: bytes, name: str = "流水.csv") -> StoredBlob:
    return StoredBlob(Upload(name, content, "text/csv"), hashlib.sha256(content).hexdigest())


async def take_over(parties: Parties, *rows: Row, actor: Actor | None = None) -> BankStatement:
    """The seller's agent has handed in ICBC's file and the job has matched it."""
    by = By(actor or parties.seller, LATER)
    statement, _is_new = await statement_imports.import_statement(kept(icbc(*rows)), by=by)
    assert isinstance(statement, BankStatement)
    await statement_imports.confirm_account(statement, statement.account, by=by)
    await bank_statements.match_statement(statement.id, now=LATER)
    return statement


async def lines_of(statement: BankStatement) -> list[BankLine]:
    return await BankLine.filter(statement_id=statement.id).order_by("row")
