"""Online payments in the demo's past: through the gateway's stand-in, as a buyer's browser would."""

from __future__ import annotations

from uuid import UUID

from market.accounts.models import Organisation
from market.contracts import online_payments
from market.deps import Deps
from market.payments import connected_accounts, settlement
from market.payments.gateway import ReturnUrls
from market.payments.models import ConnectedAccount, Payment
from market.payments.standin_gateway import StandInGateway
from market.payments.states import PaymentStatus
from market.records.by import By


async def connect_account(organisation_id: UUID, *, deps: Deps, by: By) -> None:
    """Connect an account of an organisation at the stand-in; a real gateway is left alone."""
    if not isinstance(deps.gateway, StandInGateway):
        return
    organisation = await Organisation.get(id=organisation_id)
    await connected_accounts.start_onboarding(
        organisation, gateway=deps.gateway, by=by, urls=_urls(deps, "/account/payouts")
    )
    account = await ConnectedAccount.get(organisation_id=organisation_id)
    await deps.gateway.standin.finish_onboarding(account.account)
    await connected_accounts.refresh_account(organisation_id, gateway=deps.gateway, now=by.now)


async def pay_online(instalment_id: UUID, *, deps: Deps, by: By) -> None:
    """Pay an instalment through the stand-in, as a buyer's browser would."""
    if not isinstance(deps.gateway, StandInGateway):
        raise TypeError("only the stand-in can be paid on without a person")
    await online_payments.start_payment(
        instalment_id, gateway=deps.gateway, by=by, urls=_urls(deps, "/dashboard")
    )
    payment = await Payment.get(payable_id=instalment_id, status=PaymentStatus.PENDING)
    await deps.gateway.standin.pay(str(payment.checkout_id))
    await settlement.refresh_payment(payment.id, gateway=deps.gateway, now=by.now)


def _urls(deps: Deps, path: str) -> ReturnUrls:
    address = deps.settings.base_url + path
    return ReturnUrls(success=address, cancel=address)
