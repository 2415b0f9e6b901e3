"""What the worker does for contracts: book what was paid online."""

from market.contracts import services
from market.deps import Deps
from market.kit.jobs import job
from market.payments.services import PROCESS_EVENT, settle_event


@job(PROCESS_EVENT)
async def process_event(deps: Deps, event_id: str) -> None:
    """Settle a stored event of the gateway, and book what it shows to be paid."""
    if deps.gateway is None:
        return
    paid = await settle_event(event_id, gateway=deps.gateway, now=deps.clock())
    if paid is not None and paid.payable_kind == "instalment":
        await services.receive(paid, now=deps.clock())
