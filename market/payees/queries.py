"""Accounts as the organisation and the desk read them."""

from __future__ import annotations

from uuid import UUID

from market.accounts.actors import Actor
from market.accounts.desk_access import require_named_or_reason
from market.accounts.permissions import AccountAct
from market.files.models import StoredFile
from market.kit.errors import NotFound
from market.kit.i18n import gettext as _
from market.payees.models import PayeeAccount, PayeeComparison
from market.records.decisions import Verdict

KNOWN_NUMBER = (
    "(SELECT a.number FROM payee_accounts a WHERE a.organisation_id = o.id "
    "AND a.verdict IS DISTINCT FROM 'rejected' "
    "ORDER BY a.verdict IS NULL, a.sequence DESC LIMIT 1)"
)
"""SQL of the number of the account of `organisations o`: the one in force, else the latest proposed."""


async def account_in_force(organisation_id: UUID) -> PayeeAccount | None:
    """Return the confirmed account of an organisation; None while it has none."""
    confirmed = PayeeAccount.filter(organisation_id=organisation_id, verdict=Verdict.CONFIRMED)
    return await confirmed.order_by("-sequence").first()


async def latest_account(organisation_id: UUID) -> PayeeAccount | None:
    """Return the last version of the account of an organisation, whatever became of it."""
    return await PayeeAccount.filter(organisation_id=organisation_id).order_by("-sequence").first()


async def known_account(organisation_id: UUID) -> PayeeAccount | None:
    """Return the account in force, or, where none is, the latest that waits to be confirmed."""
    in_force = await account_in_force(organisation_id)
    if in_force is not None:
        return in_force
    latest = await latest_account(organisation_id)
    return latest if latest is not None and not latest.is_rejected else None


async def list_accounts(organisation_id: UUID) -> list[PayeeAccount]:
    """Return all versions of the account of an organisation, the newest first."""
    return (
        await PayeeAccount.filter(organisation_id=organisation_id)
        .select_related("proof", "proposed_by", "decided_by")
        .order_by("-sequence")
    )


async def get_account_at_desk(actor: Actor, account_id: UUID) -> PayeeAccount:
    """Return an account with its proof and its organisation, for the desk.

    Raises:
        NotFound: there is none.
        ReasonNeeded: no submitted claim is its organisation's, and it does not wait for the desk.
    """
    actor.require(AccountAct.SEE_DESK)
    account = await PayeeAccount.get_or_none(id=account_id).select_related(
        "organisation", "proof", "proposed_by", "decided_by"
    )
    if account is None:
        raise NotFound(_("没有这个收款账户，或者您不能查看它。"))
    await _require_reason(actor, account)
    return account


async def list_comparisons(account_id: UUID) -> list[PayeeComparison]:
    """Return the desk's comparisons of an account, the newest first."""
    return (
        await PayeeComparison.filter(account_id=account_id)
        .select_related("proposed_by", "decided_by")
        .order_by("-proposed_at")
    )


async def may_open_proof(actor: Actor | None, file: StoredFile) -> bool:
    """Return whether a person may open the proof of an account: the organisation's people, and the desk."""
    account = await PayeeAccount.get_or_none(id=file.subject_id)
    if actor is None or account is None:
        return False
    if actor.acts_for(account.organisation_id):
        return True
    if not actor.may(AccountAct.SEE_DESK):
        return False
    await _require_reason(actor, account)
    return True


async def _require_reason(actor: Actor, account: PayeeAccount) -> None:
    """Have the desk say why it opens an account that neither waits for it nor belongs to an applicant."""
    if account.verdict is None or await PayeeComparison.exists(account_id=account.id):
        return
    await require_named_or_reason(actor, "organisation", account.organisation_id)
