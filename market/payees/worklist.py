"""What waits in this room: accounts to be compared with their proof, and comparisons to be confirmed."""

from __future__ import annotations

from market.accounts.actors import Actor
from market.kit.i18n import Lazy, lazy
from market.kit.worklist import Pending
from market.payees.comparisons import WAITING
from market.payees.states import PayeeAct

_COMPARED = "EXISTS (SELECT 1 FROM payee_comparisons c WHERE c.account_id = a.id AND c.verdict IS NULL)"


def pending(actor: Actor) -> list[Pending]:
    """Return the accounts that wait for the officer, or, compared, for the rechecker."""
    if actor.may(PayeeAct.COMPARE_ACCOUNT):
        return [_accounts("payees.compare", lazy("待比对收款账户"), lazy("去比对"), "NOT ")]
    if actor.may(PayeeAct.CONFIRM_COMPARISON):
        return [_accounts("payees.confirm", lazy("待确认收款账户"), lazy("去确认"), "")]
    return []


def _accounts(kind: str, what: Lazy, verb: Lazy, negation: str) -> Pending:
    return Pending(
        kind,
        what,
        verb,
        "/payees/{key}",
        "/payees",
        f"{WAITING} AND {negation}{_COMPARED}",
        key="a.id",
        title="(SELECT name FROM organisations o WHERE o.id = a.organisation_id)",
        since="a.proposed_at",
    )
