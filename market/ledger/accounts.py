"""The chart of accounts: which accounts the book knows, and which may not fall below zero.

An account's balance is its credits less its debits. Money is taken from the debit side and put on
the credit side: `post(debit="budget:…", credit="disbursed:…")` takes from the budget. A guarded
account holds something that can be used up, so the database refuses to take more than is there;
an open account is where something comes from or where it ends, and its balance is a total.

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

We hold no customer's money: none of these is an account at a bank.
"""

from __future__ import annotations

from market.kit.i18n import Lazy, lazy
from market.kit.money import HOME

OPEN: dict[str, Lazy] = {
    "agreed": lazy("约定价款"),
    "met": lazy("已到账"),
    "unplaced": lazy("待归属款项"),
    "fee": lazy("平台服务费"),
    "income": lazy("转化净收入"),
    "reward": lazy("奖励发放"),
    "granted": lazy("预算下达"),
    "disbursed": lazy("补贴拨付"),
    "recovered": lazy("补贴追回"),
    "refunded": lazy("退款"),
    "charged_back": lazy("拒付扣回"),
    "exchange": lazy("汇率差额"),
}
"""Prefixes of accounts that may fall below zero, with the name people read."""
GUARDED: dict[str, Lazy] = {
    "budget": lazy("可用预算"),
    "reserved": lazy("已预留预算"),
    "due": lazy("应付款项"),
    "surplus": lazy("多付款项"),
    "disputed": lazy("拒付争议中"),
    "commission": lazy("应付佣金"),
    "pot": lazy("奖励池"),
    "owed": lazy("应追回补贴"),
}
"""Prefixes of accounts that may not."""


class UnknownAccount(ValueError):
    """The code begins with no prefix of the chart."""


def may_go_negative(code: str) -> bool:
    """Tell by its prefix whether an account of this code may fall below zero.

    Raises:
        UnknownAccount: the prefix is not in the chart, or nothing follows it.
    """
    prefix = _prefix(code)
    return prefix in OPEN


def account_code(prefix: str, owner: object, currency: str = HOME) -> str:
    """Return the code of somebody's account; money of each foreign currency has an account of its own."""
    return f"{prefix}:{owner}" if currency == HOME else f"{prefix}:{owner}:{currency}"


def account_name(code: str) -> str:
    """Return what people call accounts of this kind."""
    prefix = _prefix(code)
    return str(OPEN.get(prefix) or GUARDED[prefix])


def _prefix(code: str) -> str:
    prefix, _colon, rest = code.partition(":")
    if not rest or (prefix not in OPEN and prefix not in GUARDED):
        raise UnknownAccount(f"{code!r} is not in the chart of accounts (market/ledger/accounts.py)")
    return prefix
