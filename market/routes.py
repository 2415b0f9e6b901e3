"""Where each room is found on the site. The one place, beside the app, that knows the views."""

from __future__ import annotations

from typing import TYPE_CHECKING

from market.accounts import views as accounts
from market.alerts import views as alerts
from market.backoffice import views as backoffice
from market.budgets import batch_views as batches
from market.budgets import print_views as batch_prints
from market.budgets import upkeep_views as budgets
from market.claims import desk_views as desk
from market.claims import panel_views as claim_panels
from market.claims import print_views as claim_prints
from market.claims import views as claims
from market.contracts import bank_views as bank
from market.contracts import refund_views as refunds
from market.contracts import views as contracts
from market.deals import views as deals
from market.files import views as files
from market.integrity import related_party_views as related_parties
from market.integrity import views as integrity
from market.listings import views as listings
from market.matching import views as matching
from market.notices import views as notices
from market.pages import views as pages
from market.panels import views as panels
from market.payments import views as payments
from market.programmes import draft_views as drafts
from market.programmes import views as programmes
from market.reports import views as reports
from market.rewards import views as rewards

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

    from market.deps import Deps

ROOMS = (
    pages,
    accounts,
    listings,
    matching,
    alerts,
    deals,
    rewards,
    contracts,
    bank,
    refunds,
    reports,
    notices,
    files,
    integrity,
    payments,
    claims,
    programmes,
    batches,
    budgets,
    drafts,
    related_parties,
    claim_prints,
    batch_prints,
    panels,
    claim_panels,
    desk,
    backoffice,
)
"""An address is looked for in this order."""


def all_routes(deps: Deps) -> list[BaseRoute]:
    """Return the routes of every room; pages that only a demo has are left out elsewhere."""
    routes: list[BaseRoute] = []
    for room in ROOMS:
        routes += room.routes
        if deps.settings.is_demo:
            routes += getattr(room, "demo_routes", [])
    return routes
