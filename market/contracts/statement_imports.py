"""Bank statements on their way in: files with unknown columns wait as drafts, accounts are confirmed once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID, uuid4

from market.accounts.actors import Actor
from market.accounts.messages import notify
from market.accounts.models import MemberRole
from market.audit.log import record
from market.contracts.states import ContractAct
from market.files.attachments import StoredBlob, attach
from market.files.models import StoredFile, Tier
from market.kit.database import atomic, in_transaction
from market.kit.errors import Forbidden, Invalid, NotFound
from market.kit.foreign_files import parse_foreign
from market.kit.i18n import gettext as _
from market.kit.jobs import enqueue
from market.kit.money import HOME
from market.payees.queries import known_account
from market.payments import statements
from market.payments.bank_files import (
    Mappings,
    ReadStatement,
    UnknownLayout,
    open_sheets,
    read_columns,
    read_statement,
    unread_sheets,
)
from market.payments.bank_lines import pair_reversals
from market.payments.statement_columns import Role, columns_from
from market.payments.statement_models import BankAccount, BankStatement, StatementDraft, StatementMapping
from market.payments.states import Bank, StatementVerb
from market.records.by import By

MATCH_STATEMENT = "contracts.match_statement"
PREVIEWED = 12
"""Rows of a file that a person sees while saying which column is which."""


async def import_statement(blob: StoredBlob, *, by: By) -> tuple[BankStatement | StatementDraft, bool]:
    """Import a statement of the actor's organisation and enqueue the job that matches it.

    Returns a draft where a person has to say which column is which, and whether it is new. Idempotent by the
    file's content.

    Raises:
        Invalid: at the field `file`: it is no statement, or no row of it can be read.
    """
    organisation_id = _require_seller(by)
    existing = await BankStatement.get_or_none(organisation_id=organisation_id, sha256=blob.sha256)
    if existing is not None:
        return existing, False
    mappings = await mappings_of(organisation_id)
    try:
        content = blob.upload.content
        read = await parse_foreign(content, read_statement, blob.upload.name, content, mappings)
    except UnknownLayout:
        read = None
    statement_id = uuid4()
    async with in_transaction():
        file = await attach(
            blob,
            subject_kind="bank_statement",
            subject_id=statement_id,
            kind="statement",
            tier=Tier.PARTIES,
            by=by,
        )
        if read is None or (read.bank is Bank.OTHER and read.columns.signature not in mappings):
            draft = await StatementDraft.create(
                id=statement_id,
                organisation_id=organisation_id,
                file_id=file.id,
                uploaded_by_id=by.actor.user_id,
                uploaded_at=by.now,
            )
            return draft, True
        return await _take_in(read, file, organisation_id, statement_id=statement_id, by=by)


@atomic()
async def import_draft(
    draft: StatementDraft,
    content: bytes,
    sheet_name: str,
    head_row: int,
    columns: Mapping[Role, Sequence[int]],
    *,
    account: str,
    currency: str = HOME,
    by: By,
) -> tuple[BankStatement, bool]:
    """Import a draft by the mapping of its columns, which is remembered for files with the same heads.

    Raises:
        Invalid: at `columns`: day or amount is missing, or no row can be read so.
    """
    _require_seller(by)
    sheets = await parse_foreign(content, open_sheets, content)
    sheet = next((sheet for sheet in sheets if sheet.name == sheet_name), None)
    if sheet is None:
        raise Invalid(_("文件里没有这张表。"), field="columns")
    mapping = columns_from(sheet, head_row, columns)
    if missing := mapping.missing():
        names = "、".join(str(role.label) for role in missing)
        raise Invalid(_("请说明哪一列是：%(names)s。", names=names), field="columns")
    read = read_columns(sheet, mapping, currency)
    read = replace(read, notices=(*read.notices, *unread_sheets(sheets, sheet.name)))
    await StatementMapping.filter(organisation_id=draft.organisation_id, signature=mapping.signature).delete()
    await StatementMapping.create(
        id=uuid4(),
        organisation_id=draft.organisation_id,
        signature=mapping.signature,
        columns=mapping.to_json(),
        account=read.account or account,
        mapped_by_id=by.actor.user_id,
        mapped_at=by.now,
    )
    file = await StoredFile.get(id=draft.file_id)
    statement, is_new = await _take_in(read, file, draft.organisation_id, statement_id=draft.id, by=by)
    await StatementDraft.filter(id=draft.id).delete()
    return statement, is_new


async def _take_in(
    read: ReadStatement, file: StoredFile, organisation_id: UUID, *, statement_id: UUID, by: By
) -> tuple[BankStatement, bool]:
    account = read.account
    if not account:
        mapping = await StatementMapping.get_or_none(
            organisation_id=organisation_id, signature=read.columns.signature
        )
        account = mapping.account if mapping else ""
    statement, is_new = await statements.import_lines(
        read, file, statement_id=statement_id, organisation_id=organisation_id, account=account, by=by
    )
    if not is_new:
        return statement, False
    booked = await pair_reversals(organisation_id, by=By.job(by.now))
    if booked:
        await notify(
            _("银行冲正了 %(n)s 笔已经入账的款项，请登记退回。", n=len(booked)),
            now=by.now,
            address=f"/bank/statements/{statement.id}?status=reversal",
            organisation_id=organisation_id,
            roles={MemberRole.FINANCE},
        )
    await enqueue(MATCH_STATEMENT, lock=f"bank:{organisation_id}", statement_id=statement.id)
    return statement, True


async def mappings_of(organisation_id: UUID) -> Mappings:
    """Return the mappings that people of an organisation have made, by the signature of the heads."""
    return {
        mapping.signature: {Role(role): columns for role, columns in mapping.columns.items()}
        for mapping in await StatementMapping.filter(organisation_id=organisation_id)
    }


async def get_draft_for(actor: Actor, draft_id: UUID) -> StatementDraft:
    """Return a draft of an organisation that the person acts for.

    Raises:
        NotFound: there is none, or it is another organisation's.
    """
    draft = await StatementDraft.get_or_none(id=draft_id).select_related("file")
    if draft is None or not actor.acts_for(draft.organisation_id):
        raise NotFound(_("没有这份银行流水，或者您不能查看它。"))
    return draft


async def is_confirmed(statement: BankStatement) -> bool:
    """Return whether somebody of the organisation said that the statement's account is theirs."""
    if not statement.account:
        return False
    payee = await known_account(statement.organisation_id)
    return (payee is not None and payee.number == statement.account) or await BankAccount.filter(
        organisation_id=statement.organisation_id, account=statement.account
    ).exists()


@atomic()
async def confirm_account(statement: BankStatement, account: str, *, by: By) -> None:
    """Confirm once that an account is the organisation's own; names it where the file does not.

    Raises:
        Invalid: at `account`: none is given, or the file names another one.
    """
    _require_seller(by)
    account = account.replace(" ", "")
    if not account or (statement.account and account != statement.account):
        raise Invalid(_("请填写这份流水的账号。"), field="account")
    if not statement.account:
        statement.account = account[:40]
        await statement.save(update_fields=["account"])
    await BankAccount.get_or_create(
        organisation_id=statement.organisation_id,
        account=statement.account,
        defaults={"id": uuid4(), "confirmed_by_id": by.actor.user_id, "confirmed_at": by.now},
    )
    await record(
        "bank_statement", statement.id, StatementVerb.CONFIRM_ACCOUNT, by=by, last_digits=account[-4:]
    )


def _require_seller(by: By) -> UUID:
    by.actor.require(ContractAct.IMPORT_STATEMENT)
    if by.actor.organisation_id is None or not by.actor.may_sell:
        raise Forbidden(_("银行流水由已认证的成果方导入。"))
    return by.actor.organisation_id
