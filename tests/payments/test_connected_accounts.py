from __future__ import annotations

import pytest

from market.accounts.actors import Actor
from market.accounts.models import Organisation
from market.kit.errors import GatewayUnavailable, NotFound
from market.payments import connected_accounts
from market.payments.models import ConnectedAccount, GatewayEvent
from market.payments.standin import Fault
from market.records.by import By
from tests.factories import make_organisation
from tests.payments.checkout_setup import NOW, URLS, CheckoutSetup


async def begin(checkout: CheckoutSetup, organisation: Organisation, actor: Actor | None = None) -> str:
    return await connected_accounts.start_onboarding(
        organisation, gateway=checkout.gateway, by=By(actor or checkout.actor, NOW), urls=URLS
    )


async def test_an_organisation_opens_one_account_however_often_it_begins(checkout: CheckoutSetup) -> None:
    organisation = await make_organisation()

    first = await begin(checkout, organisation)
    again = await begin(checkout, organisation)

    assert first == again
    assert await ConnectedAccount.filter(organisation_id=organisation.id).count() == 1


async def test_a_lost_answer_makes_no_second_account(checkout: CheckoutSetup) -> None:
    organisation = await make_organisation()
    before = len(checkout.standin.all("account"))
    checkout.standin.fail_next(Fault.LOST_ANSWER)
    with pytest.raises(GatewayUnavailable):
        await begin(checkout, organisation)

    await begin(checkout, organisation)

    assert len(checkout.standin.all("account")) == before + 1


async def test_an_account_can_be_paid_on_when_the_gateway_says_so(checkout: CheckoutSetup) -> None:
    organisation = await make_organisation()
    await begin(checkout, organisation)
    begun = await connected_accounts.find_connected_account(organisation.id)
    assert begun is not None
    assert not begun.charges_enabled
    checkout.standin.hold = True
    await checkout.standin.finish_onboarding(begun.account)

    ready = await connected_accounts.refresh_account(organisation.id, gateway=checkout.gateway, now=NOW)

    assert ready.charges_enabled


async def test_the_gateway_tells_by_itself_when_an_account_is_ready(checkout: CheckoutSetup) -> None:
    organisation = await make_organisation()
    await begin(checkout, organisation)
    account = await ConnectedAccount.get(organisation_id=organisation.id)
    await checkout.standin.finish_onboarding(account.account)

    await checkout.settle_all()

    await account.refresh_from_db()
    assert account.charges_enabled
    assert not await GatewayEvent.filter(processed_at=None).exists()


async def test_an_organisation_without_an_account_has_nothing_to_refresh(checkout: CheckoutSetup) -> None:
    organisation = await make_organisation()

    with pytest.raises(NotFound):
        await connected_accounts.refresh_account(organisation.id, gateway=checkout.gateway, now=NOW)
