"""The chart of accounts: which accounts the book knows, and which may not fall below zero.

An account's balance is its credits less its debits. Money is taken from the debit side and put on
the credit side: `post(debit="budget:…", credit="disbursed:…")` takes from the budget. A guarded
account holds something that can be used up, so the database refuses to take more than is there;
an open account is where something comes from or where it ends, and its balance is a total. Each room
declares the prefixes of its own accounts.

    contract registered   agreed:<seller>             → due:<instalment>
    money arrived         due:<instalment>            → met:remittance:<seller>, met:online:<seller>
    more than was due     unplaced:<seller>           → surplus:<instalment>
    money sent back       met:<way>:<seller>          → due:<instalment>: it is owed again
    surplus sent back     surplus:<instalment>        → refunded:<seller>
    wrong payment back    unplaced:<seller>           → refunded:<seller>
    disputed by the bank  met:online:<seller>         → disputed:<dispute>, back by a reversal when won,
                          disputed:<dispute>          → due:<instalment> or charged_back:<seller> when lost
    our fee               met:online:<seller>         → fee:<contract>, back in proportion with a refund
    commission            met:remittance:<seller>, agreed:<buyer>, whoever owes it → commission:<deal>,
                          back again for what was refunded
    reward pot            income:<contract>           → pot:<contract>     → reward:<person>
    public money          granted:<programme>:<year>  → budget:<programme>:<year>
    subsidy confirmed     budget:<programme>:<year>   → reserved:<programme>:<year>   (pending until approved)
    subsidy paid out      reserved:<programme>:<year> → disbursed:<claim>
    clawback confirmed    disbursed:<claim>           → owed:<clawback>
    money came back       owed:<clawback>             → recovered:<programme>:<year>
    rate differences      exchange:<currency>
    auction deposit       custody:<auction>           → deposit:<enrolment>, a memorandum: it lies with others
    the deposit ends      deposit:<enrolment>         → custody:, applied: or forfeited:<auction>

We hold no customer's money: none of these is an account at a bank.
"""

from __future__ import annotations

from market.kit.money import HOME
from market.kit.room import LedgerAccount, rooms


class UnknownAccount(ValueError):
    """The code begins with no prefix of the chart."""


def may_go_negative(code: str) -> bool:
    """Return whether an account may fall below zero, by the prefix of its code.

    Raises:
        UnknownAccount: the prefix is not in the chart, or nothing follows it.
    """
    return not _account(code).is_guarded


def account_code(prefix: str, owner: object, currency: str = HOME) -> str:
    """Return the code of an owner's account; each foreign currency has an account of its own."""
    return f"{prefix}:{owner}" if currency == HOME else f"{prefix}:{owner}:{currency}"


def account_name(code: str) -> str:
    """Return the label of accounts with this prefix."""
    return str(_account(code).label)


def _account(code: str) -> LedgerAccount:
    prefix, _colon, rest = code.partition(":")
    account = rooms().ledger_accounts.get(prefix)
    if not rest or account is None:
        raise UnknownAccount(f"{code!r} is not in the chart of accounts: no room declares its prefix")
    return account
