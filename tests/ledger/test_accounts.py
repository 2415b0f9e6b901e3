"""The chart of accounts: what a code means, and which accounts may not fall below zero."""

from __future__ import annotations

import pytest

from market.ledger.accounts import UnknownAccount, account_code, account_name, may_go_negative
from market.rooms import ROOMS


def test_only_what_cannot_be_used_up_may_fall_below_zero() -> None:
    guarded = {prefix for prefix in ROOMS.ledger_accounts if not may_go_negative(f"{prefix}:x")}

    taken = {"budget", "reserved", "due", "surplus", "disputed", "commission", "pot", "owed", "deposit"}
    assert guarded == taken


def test_foreign_money_has_an_account_of_its_own() -> None:
    assert account_code("due", 7) == "due:7"
    assert account_code("due", 7, "USD") == "due:7:USD"


def test_an_account_is_called_by_its_prefix() -> None:
    assert account_name("budget:guangxi:2026") == "可用预算"
    assert account_name("met:online:7") == "已到账"


@pytest.mark.parametrize("code", ["budget", "budget:", "cash:7", ""])
def test_a_code_outside_the_chart_is_refused(code: str) -> None:
    with pytest.raises(UnknownAccount):
        may_go_negative(code)
