"""Onboarding of an organisation's connected account at the gateway, on which it is paid directly."""

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
from market.payments.payables import NoOnlinePayment
from market.payments.states import AccountVerb
from market.records.by import By


async def find_connected_account(organisation_id: UUID) -> ConnectedAccount | None:
    """Return the organisation's account at the gateway, onboarded or not; None if it has none."""
    return await ConnectedAccount.get_or_none(organisation_id=organisation_id)


async def require_receiving_account(organisation_id: UUID) -> str:
    """Return the organisation's account at the gateway.

    Raises:
        NoOnlinePayment: it has none that can receive.
    """
    account = await find_connected_account(organisation_id)
    if account is None or not account.charges_enabled:
        raise NoOnlinePayment
    return str(account.account)


async def start_onboarding(
    organisation: Organisation, *, gateway: PaymentGateway, by: By, urls: ReturnUrls
) -> str:
    """Return the address of the gateway's onboarding page, creating the account first if there is none.

    The idempotency key is the organisation's, so a retry creates no second account.
    """
    connected = await ConnectedAccount.get_or_none(organisation_id=organisation.id)
    if connected is None:
        account = await gateway.create_account(
            organisation.name,
            key=f"account:{organisation.id}",
            metadata={"organisation_id": str(organisation.id)},
        )
        connected = await store_account(organisation.id, account, by=by)
    return await gateway.account_link(connected.account, return_url=urls.success, refresh_url=urls.cancel)


@atomic()
async def store_account(organisation_id: UUID, account: str, *, by: By) -> ConnectedAccount:
    """Store the organisation's connected account; the first one wins."""
    connected, is_new = await ConnectedAccount.get_or_create(
        organisation_id=organisation_id,
        defaults={"id": uuid4(), "account": account, "created_at": by.now, "updated_at": by.now},
    )
    if is_new:
        await record("organisation", organisation_id, AccountVerb.CONNECT, by=by)
    return connected


async def refresh_account(
    organisation_id: UUID, *, gateway: PaymentGateway, now: datetime
) -> ConnectedAccount:
    """Refresh the state of the organisation's account from the gateway and return it.

    Raises:
        NotFound: it has no account yet.
    """
    connected = await ConnectedAccount.get_or_none(organisation_id=organisation_id)
    if connected is None:
        raise NotFound(_("还没有开通网上收款。"))
    await sync_account(connected.account, gateway=gateway, now=now)
    await connected.refresh_from_db()
    return connected


async def sync_account(account: str, *, gateway: PaymentGateway, now: datetime) -> None:
    """Store the account's state at the gateway; an account that is not ours is ignored."""
    if not await ConnectedAccount.exists(account=account):
        return
    state = await gateway.get_account(account)
    await ConnectedAccount.filter(account=account).update(
        charges_enabled=state.charges_enabled, updated_at=now
    )
