"""An organisation's own account at the gateway, on which it is paid directly."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from market.accounts.models import Organisation
from market.audit.log import record
from market.kit.database import atomic
from market.kit.errors import NotFound
from market.kit.i18n import gettext as _
from market.payments.gateway import PaymentGateway, ReturnUrls
from market.payments.models import ConnectedAccount
from market.payments.verbs import AccountVerb
from market.records.by import By


async def start_onboarding(
    organisation: Organisation, *, gateway: PaymentGateway, by: By, urls: ReturnUrls
) -> str:
    """Return the gateway's page where the organisation gives its particulars.

    The account is made under a key that is the organisation's, so a lost answer or a second
    click makes no second one.
    """
    known = await ConnectedAccount.get_or_none(organisation_id=organisation.id)
    if known is None:
        account = await gateway.create_account(
            organisation.name,
            key=f"account:{organisation.id}",
            metadata={"organisation_id": str(organisation.id)},
        )
        known = await keep_account(organisation.id, account, by=by)
    return await gateway.account_link(known.account, return_url=urls.success, refresh_url=urls.cancel)


@atomic()
async def keep_account(organisation_id: UUID, account: str, *, by: By) -> ConnectedAccount:
    """Store which account at the gateway is the organisation's; the first one stays."""
    kept, is_new = await ConnectedAccount.get_or_create(
        organisation_id=organisation_id,
        defaults={"id": uuid4(), "account": account, "created_at": by.now, "updated_at": by.now},
    )
    if is_new:
        await record("organisation", organisation_id, AccountVerb.CONNECT, by=by)
    return kept


async def refresh_account(
    organisation_id: UUID, *, gateway: PaymentGateway, now: datetime
) -> ConnectedAccount:
    """Ask the gateway whether the organisation can be paid by now.

    Raises:
        NotFound: it has begun no account.
    """
    known = await ConnectedAccount.get_or_none(organisation_id=organisation_id)
    if known is None:
        raise NotFound(_("还没有开通网上收款。"))
    await sync_account(known.account, gateway=gateway, now=now)
    await known.refresh_from_db()
    return known


async def sync_account(account: str, *, gateway: PaymentGateway, now: datetime) -> None:
    """Take over how the account stands at the gateway; one that is not ours is left alone."""
    if not await ConnectedAccount.exists(account=account):
        return
    state = await gateway.get_account(account)
    await ConnectedAccount.filter(account=account).update(
        charges_enabled=state.charges_enabled, updated_at=now
    )
