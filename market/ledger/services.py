"""The book: double entry, one row per transfer, never edited; a mistake is mended by a reversal."""

from __future__ import annotations

from datetime import datetime
from typing import NoReturn
from uuid import UUID, uuid4

from tortoise.exceptions import IntegrityError

from market.kit.database import atomic, connection
from market.kit.errors import Conflict, NotFound
from market.kit.i18n import gettext as _
from market.kit.money import HOME, CurrencyMismatch, Money
from market.ledger import accounts
from market.ledger.models import LedgerAccount, Phase, Transfer

COUNTED = (Phase.POSTED, Phase.POST)
"""The phases whose rows move money."""


class ReferenceUsed(Conflict):
    """The reference stands in the book already, with other contents."""


class Overdrawn(Conflict):
    """The account does not hold as much as should be taken from it."""


class NotReversible(Conflict):
    """The transfer moved no money, or was reversed before."""


class AlreadyEnded(Conflict):
    """The pending transfer was posted or voided before."""


@atomic()
async def open_account(code: str, *, currency: str = HOME, may_go_negative: bool = True) -> LedgerAccount:
    """Open an account of the book; opening it again changes nothing.

    Raises:
        CurrencyMismatch: it is open, in another currency.
    """
    await connection().execute_query(
        "INSERT INTO ledger_accounts (code, currency, may_go_negative) VALUES ($1, $2, $3) "
        "ON CONFLICT (code) DO NOTHING",
        [code, currency, may_go_negative],
    )
    account = await LedgerAccount.get(code=code)
    if account.currency != currency:
        raise CurrencyMismatch(f"account {code} keeps {account.currency}, not {currency}")
    return account


@atomic()
async def post(
    kind: str,
    money: Money,
    *,
    debit: str,
    credit: str,
    reference: str,
    at: datetime,
    subject: tuple[str, UUID] | None = None,
    pending: bool = False,
) -> Transfer:
    """Move money from the account `debit` to the account `credit`.

    Booking the same reference again with the same contents returns the first row and changes
    nothing. A `pending` transfer holds its amount on the debit side until it is posted or voided.
    Accounts not yet open are opened by the chart. Both are locked until the transaction ends.

    Raises:
        Overdrawn: `debit` may not fall below zero, and would.
        ReferenceUsed: the reference was booked with other contents.
    """
    if money.amount <= 0:
        raise ValueError(f"a transfer moves more than nothing, not {money}")
    for code in sorted({debit, credit}):
        await open_account(code, currency=money.currency, may_go_negative=accounts.may_go_negative(code))
    return await _book(
        Transfer(
            kind=kind,
            phase=Phase.PENDING if pending else Phase.POSTED,
            debit_id=debit,
            credit_id=credit,
            amount=money.amount,
            currency=money.currency,
            reference=reference,
            subject_kind=subject[0] if subject else "",
            subject_id=subject[1] if subject else None,
            happened_at=at,
        )
    )


async def post_difference(
    kinds: tuple[str, str],
    more: Money,
    *,
    source: str,
    code: str,
    reference: str,
    at: datetime,
    subject: tuple[str, UUID],
) -> Transfer:
    """Move what `code` lacks from `source`, as the first kind; what is too much, back as the second.

    `more` is below zero for what is too much.
    """
    kind, back = kinds
    if more.amount > 0:
        return await post(kind, more, debit=source, credit=code, reference=reference, at=at, subject=subject)
    return await post(back, -more, debit=code, credit=source, reference=reference, at=at, subject=subject)


@atomic()
async def post_pending(transfer_id: UUID, *, reference: str, at: datetime) -> Transfer:
    """Let a pending transfer take effect, whole.

    Raises:
        AlreadyEnded: it was posted or voided before, under another reference.
    """
    return await _end(transfer_id, Phase.POST, reference, at)


@atomic()
async def void_pending(transfer_id: UUID, *, reference: str, at: datetime) -> Transfer:
    """Give back what a pending transfer holds.

    Raises:
        AlreadyEnded: it was posted or voided before, under another reference.
    """
    return await _end(transfer_id, Phase.VOID, reference, at)


@atomic()
async def reverse(transfer_id: UUID, *, reference: str, at: datetime) -> Transfer:
    """Mend a mistake: move the whole amount back by a new row. Each transfer is reversed once at most.

    Raises:
        NotReversible: the transfer moved no money, is itself a reversal, or was reversed before.
        Overdrawn: the account that received the money has spent it.
    """
    wrong = await _get(transfer_id)
    if wrong.phase not in COUNTED or wrong.reverses_id is not None:
        raise NotReversible(_("这笔记账不能冲正。"))
    return await _book(_mirror(wrong, Phase.POSTED, reference, at, reverses=wrong, swapped=True))


async def balance(code: str) -> Money:
    """Return credits less debits of the account, without what is pending; nothing if it is not open."""
    found = await balances(code)
    return found.get(code, Money(0))


async def available(code: str) -> Money:
    """Return what the account has to give: its balance less what pending transfers hold."""
    rows = await connection().execute_query_dict(
        "SELECT currency, market_available(code) AS amount FROM ledger_accounts WHERE code = $1", [code]
    )
    return Money(int(rows[0]["amount"]), rows[0]["currency"]) if rows else Money(0)


async def balances(prefix: str) -> dict[str, Money]:
    """Return the balance of each account whose code is `prefix` or begins with it, by code."""
    rows = await connection().execute_query_dict(
        "SELECT a.code, a.currency, "
        "  coalesce((SELECT sum(amount) FROM transfers "
        "            WHERE credit_id = a.code AND phase IN ('posted', 'post')), 0) "
        "- coalesce((SELECT sum(amount) FROM transfers "
        "            WHERE debit_id = a.code AND phase IN ('posted', 'post')), 0) AS amount "
        "FROM ledger_accounts a WHERE starts_with(a.code, $1) ORDER BY a.code",
        [prefix],
    )
    return {row["code"]: Money(int(row["amount"]), row["currency"]) for row in rows}


async def _end(transfer_id: UUID, phase: Phase, reference: str, at: datetime) -> Transfer:
    pending = await _get(transfer_id)
    if pending.phase is not Phase.PENDING:
        raise AlreadyEnded(_("这笔记账不是待定状态。"))
    return await _book(_mirror(pending, phase, reference, at, pending=pending))


def _mirror(
    other: Transfer,
    phase: Phase,
    reference: str,
    at: datetime,
    *,
    pending: Transfer | None = None,
    reverses: Transfer | None = None,
    swapped: bool = False,
) -> Transfer:
    debit, credit = other.debit_id, other.credit_id
    if swapped:
        debit, credit = credit, debit
    return Transfer(
        kind=other.kind,
        phase=phase,
        pending_id=pending.id if pending else None,
        reverses_id=reverses.id if reverses else None,
        debit_id=debit,
        credit_id=credit,
        amount=other.amount,
        currency=other.currency,
        reference=reference,
        subject_kind=other.subject_kind,
        subject_id=other.subject_id,
        happened_at=at,
    )


async def _book(transfer: Transfer) -> Transfer:
    """Write the row, or return the one that its reference names already.

    The accounts are locked before the reference is looked up, so that of two who book the same
    reference at once the second finds the first one's row.
    """
    codes = sorted([transfer.debit_id, transfer.credit_id])
    await (
        LedgerAccount.filter(code__in=codes).order_by("code").select_for_update()
    )  # values_list would not lock
    known = await Transfer.get_or_none(reference=transfer.reference)
    if known is not None:
        if _contents(known) != _contents(transfer):
            raise ReferenceUsed(_("这笔记账的编号已用于另一笔记账。"))
        return known
    transfer.id = uuid4()
    try:
        await transfer.save(force_create=True)
    except IntegrityError as error:
        _refuse(transfer, error)
    return transfer


def _contents(transfer: Transfer) -> tuple[object, ...]:
    """What must agree when a reference is booked again; the moment may differ."""
    return (
        transfer.kind,
        transfer.phase,
        transfer.pending_id,
        transfer.reverses_id,
        transfer.debit_id,
        transfer.credit_id,
        transfer.amount,
        transfer.currency,
        transfer.subject_kind,
        transfer.subject_id,
    )


def _refuse(transfer: Transfer, error: IntegrityError) -> NoReturn:
    """Say in the person's words what the database refused; anything else is a bug."""
    constraint = getattr(error.args[0], "constraint_name", None)
    if constraint == "ledger_accounts_not_below_zero":
        name = accounts.account_name(transfer.debit_id)
        raise Overdrawn(_("「%(name)s」余额不足，没有记账。", name=name)) from error
    if constraint == "transfers_one_ending":
        raise AlreadyEnded(_("这笔待定记账已经办结。")) from error
    if constraint == "transfers_one_reversal":
        raise NotReversible(_("这笔记账已经冲正。")) from error
    if constraint in ("transfers_reference_key", "uid_transfers_referen"):
        raise ReferenceUsed(_("这笔记账的编号已用于另一笔记账。")) from error
    raise error


async def _get(transfer_id: UUID) -> Transfer:
    found = await Transfer.get_or_none(id=transfer_id)
    if found is None:
        raise NotFound(_("没有这笔记账。"))
    return found
