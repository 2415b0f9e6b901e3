"""The desk in place of an organisation's second person, where it has only one: officer, then rechecker."""

from __future__ import annotations

from uuid import UUID, uuid4

from market.accounts.messages import notify_staff
from market.accounts.models import StaffRole
from market.accounts.relations import require_unrelated
from market.kit.database import atomic, connection
from market.kit.errors import Conflict, NotFound
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.payees.accounts import (
    has_second_person,
    lock_account,
    put_in_force,
    put_out,
    record_account,
    require_latest,
)
from market.payees.models import PayeeAccount, PayeeComparison
from market.payees.states import PayeeAct, PayeeVerb
from market.records.by import By
from market.records.decisions import AlreadyDecided, Verdict, decide

REFUSAL = lazy("比对证明与确认须由两人分别完成。")

WAITING = (
    "payee_accounts a WHERE a.verdict IS NULL AND a.proof_id IS NOT NULL "
    "AND NOT EXISTS (SELECT 1 FROM payee_accounts b "
    "WHERE b.organisation_id = a.organisation_id AND b.sequence > a.sequence) "
    "AND NOT EXISTS (SELECT 1 FROM memberships m JOIN users u ON u.id = m.user_id AND u.is_active "
    "WHERE m.organisation_id = a.organisation_id AND m.started_at IS NOT NULL AND m.ended_at IS NULL "
    "AND m.user_id IS DISTINCT FROM a.proposed_by_id)"
)
"""Latest versions, undecided and with a proof, of organisations that have no second person."""


@atomic()
async def compare_proof(account_id: UUID, *, note: str = "", by: By) -> PayeeComparison:
    """State that an account is the one its proof shows, as an officer; the rechecker confirms it.

    Raises:
        Conflict: the organisation has a second person, who has to confirm it; or it is compared or decided
            already.
    """
    by.actor.require(PayeeAct.COMPARE_ACCOUNT)
    account = await _lock_waiting(account_id)
    await require_unrelated(by, [account.organisation_id])
    if await PayeeComparison.exists(account_id=account.id, verdict=None):
        raise Conflict(_("这个账户已经比对过，待复核人确认。"))
    comparison = await PayeeComparison.create(
        id=uuid4(),
        account_id=account.id,
        note=note,
        proposed_by_id=by.actor.user_id,
        proposed_at=by.now,
    )
    await record_account(PayeeVerb.COMPARE_ACCOUNT, account, by=by)
    await notify_staff(
        StaffRole.RECHECKER,
        _("收款账户（%(account)s）已比对证明，待确认。", account=account.masked),
        now=by.now,
        address=f"/payees/{account.id}",
    )
    return comparison


@atomic()
async def confirm_comparison(account_id: UUID, *, by: By) -> PayeeAccount:
    """Confirm the officer's comparison; the account is in force.

    Raises:
        SamePerson: the actor compared it.
        Conflict: nobody compared it, it was decided before, or a second person joined the organisation.
    """
    account, comparison = await _lock_compared(account_id, by=by)
    await decide(comparison, Verdict.CONFIRMED, by=by, refusal=str(REFUSAL))
    await put_in_force(account, by=by)
    return account


@atomic()
async def reject_comparison(account_id: UUID, *, reason: str, by: By) -> PayeeAccount:
    """Reject an account whose proof does not bear it out, with the reason, which the organisation reads.

    Raises:
        SamePerson: the actor compared it.
        Invalid: there is no reason.
        Conflict: nobody compared it, or it was decided before.
    """
    account, comparison = await _lock_compared(account_id, by=by)
    await decide(comparison, Verdict.REJECTED, by=by, reason=reason, refusal=str(REFUSAL))
    await put_out(account, reason=reason, by=by)
    return account


async def list_to_compare() -> list[PayeeAccount]:
    """Return the accounts that wait for the desk, the longest waiting first, with their organisations."""
    rows = await connection().execute_query_dict(
        f"SELECT a.id FROM {WAITING}"  # noqa: S608 -- our own SQL
    )
    accounts = PayeeAccount.filter(id__in=[row["id"] for row in rows])
    return (
        await accounts.select_related("organisation").prefetch_related("comparisons").order_by("proposed_at")
    )


async def count_to_compare(*, is_compared: bool) -> int:
    """Return how many accounts wait for the officer, or, compared, for the rechecker."""
    rows = await connection().execute_query_dict(
        f"SELECT count(*) AS count FROM {WAITING} AND $1 = EXISTS ("  # noqa: S608 -- our own SQL
        "SELECT 1 FROM payee_comparisons c WHERE c.account_id = a.id AND c.verdict IS NULL)",
        [is_compared],
    )
    return int(rows[0]["count"])


async def _lock_waiting(account_id: UUID) -> PayeeAccount:
    account = await lock_account(account_id)
    if account.verdict is not None:
        raise AlreadyDecided(_("这件事已经处理过，请刷新后再看。"))
    await require_latest(account)
    if await has_second_person(account):
        raise Conflict(_("这个单位有第二人，收款账户由它自己的第二人确认。"))
    return account


async def _lock_compared(account_id: UUID, *, by: By) -> tuple[PayeeAccount, PayeeComparison]:
    by.actor.require(PayeeAct.CONFIRM_COMPARISON)
    account = await _lock_waiting(account_id)
    await require_unrelated(by, [account.organisation_id])
    comparison = await PayeeComparison.filter(account_id=account.id, verdict=None).select_for_update().first()
    if comparison is None:
        raise NotFound(_("这个账户还没有比对证明。"))
    return account, comparison
