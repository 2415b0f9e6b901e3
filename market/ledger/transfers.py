"""The book: double entry, append-only, one row per transfer; a mistake is corrected by a reversal."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NoReturn
from uuid import UUID, uuid4

from tortoise.exceptions import IntegrityError
from tortoise.expressions import Q

from market.kit.database import atomic, connection
from market.kit.errors import Conflict, NotFound
from market.kit.i18n import gettext as _
from market.kit.money import HOME, CurrencyMismatch, Money
from market.ledger import accounts
from market.ledger.models import LedgerAccount, Phase, Transfer

COUNTED = (Phase.POSTED, Phase.POST)
"""The phases whose rows move money."""


class ReferenceUsed(Conflict):
    """The reference was booked before with other contents."""


class Overdrawn(Conflict):
    """The debit account holds less than the amount."""


class NotReversible(Conflict):
    """The transfer moved no money, or was reversed before."""


class AlreadyEnded(Conflict):
    """The pending transfer was posted or voided before."""


@atomic()
async def open_account(code: str, *, currency: str = HOME, may_go_negative: bool = True) -> LedgerAccount:
    """Open an account of the book. Idempotent.

    Raises:
        CurrencyMismatch: it is open in another currency.
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

    Idempotent by reference: the same contents return the first row. A `pending` transfer holds its amount
    on the debit side until it is posted or voided. Missing accounts are opened by the chart. Both are
    locked until the transaction ends.

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
    difference: Money,
    *,
    source: str,
    code: str,
    reference: str,
    at: datetime,
    subject: tuple[str, UUID],
) -> Transfer:
    """Post a difference between `source` and `code`: a positive one to `code` as the first kind, or back."""
    kind, back = kinds
    if difference.amount > 0:
        return await post(
            kind, difference, debit=source, credit=code, reference=reference, at=at, subject=subject
        )
    return await post(
        back, -difference, debit=code, credit=source, reference=reference, at=at, subject=subject
    )


@atomic()
async def post_pending(transfer_id: UUID, *, reference: str, at: datetime) -> Transfer:
    """Post a pending transfer, whole.

    Raises:
        AlreadyEnded: it was posted or voided before, under another reference.
    """
    return await _end(transfer_id, Phase.POST, reference, at)


@atomic()
async def void_pending(transfer_id: UUID, *, reference: str, at: datetime) -> Transfer:
    """Void a pending transfer and release its amount.

    Raises:
        AlreadyEnded: it was posted or voided before, under another reference.
    """
    return await _end(transfer_id, Phase.VOID, reference, at)


@atomic()
async def reverse(transfer_id: UUID, *, reference: str, at: datetime) -> Transfer:
    """Reverse a transfer: move the whole amount back by a new row. Each is reversed at most once.

    Raises:
        NotReversible: the transfer moved no money, is itself a reversal, or was reversed before.
        Overdrawn: the account that received the money has spent it.
    """
    mistake = await _get(transfer_id)
    if mistake.phase not in COUNTED or mistake.reverses_id is not None:
        raise NotReversible(_("这笔记账不能冲正。"))
    return await _book(_mirror(mistake, Phase.POSTED, reference, at, reverses=mistake, is_reversed=True))


async def balance(code: str) -> Money:
    """Return credits less debits of the account, without pending transfers; zero if it is not open."""
    amounts = await balances(code)
    return amounts.get(code, Money(0))


async def available(code: str) -> Money:
    """Return the available balance: the balance less what pending transfers hold."""
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
    is_reversed: bool = False,
) -> Transfer:
    debit, credit = other.debit_id, other.credit_id
    if is_reversed:
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
    """Insert the row, or return the existing one of the same reference.

    The accounts are locked before the reference is looked up, so that concurrent calls with the same
    reference are serialised.
    """
    codes = sorted([transfer.debit_id, transfer.credit_id])
    await (
        LedgerAccount.filter(code__in=codes).order_by("code").select_for_update()
    )  # values_list would not lock
    existing = await Transfer.get_or_none(reference=transfer.reference)
    if existing is not None:
        if _contents(existing) != _contents(transfer):
            raise ReferenceUsed(_("这笔记账的编号已用于另一笔记账。"))
        return existing
    transfer.id = uuid4()
    try:
        await transfer.save(force_create=True)
    except IntegrityError as error:
        _raise_refusal(transfer, error)
    return transfer


def _contents(transfer: Transfer) -> tuple[object, ...]:
    """Return the contents that must be equal for the same reference; the moment may differ."""
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


def _raise_refusal(transfer: Transfer, error: IntegrityError) -> NoReturn:
    """Translate a constraint violation into its refusal; re-raise any other."""
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
    transfer = await Transfer.get_or_none(id=transfer_id)
    if transfer is None:
        raise NotFound(_("没有这笔记账。"))
    return transfer


def net_of(code: str, entries: Iterable[Transfer]) -> int:
    """Return credits less debits of these entries on an account, in minor units. Pure."""
    return sum(entry.amount if entry.credit_id == code else -entry.amount for entry in entries)


async def list_entries(code: str) -> list[Transfer]:
    """Return the rows on either side of one account, oldest first."""
    return await Transfer.filter(Q(debit_id=code) | Q(credit_id=code)).order_by("happened_at", "reference")
