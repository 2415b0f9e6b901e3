"""What the room of outcomes and needs contributes; assembled in `market/rooms.py`."""

from __future__ import annotations

from datetime import datetime

from market.deps import Deps
from market.kit.i18n import lazy
from market.kit.room import Room, Subject
from market.listings import freshness, lifecycle, models, queries, search, views
from market.listings.models import PriceKind, ReviewDecision
from market.listings.states import (
    PERMISSIONS,
    ListingAction,
    ListingVerb,
    NeedStatus,
    OutcomeShownStatus,
    OutcomeStatus,
    OwnerVerb,
)
from market.search.outbox import DocumentSource


async def run_due(deps: Deps, now: datetime) -> int:
    """Expire listings and send the reminders that are due."""
    expired = await lifecycle.expire_due(now)
    return expired + await freshness.run_reminders(now, secret=deps.settings.secret_key)


ROOM = Room(
    "listings",
    permissions=PERMISSIONS,
    models=(models,),
    routes=views.routes,
    subjects={
        "outcome": Subject(
            lazy("成果"),
            page="pages:outcome",
            number="CG",
            verbs=(ListingAction,),
            describe=queries.outcome_subjects,
        ),
        "need": Subject(lazy("需求"), page="pages:need", number="XQ", verbs=(ListingAction,)),
    },
    documents={
        "outcomes": DocumentSource(search.build_outcomes, search.all_outcomes),
        "needs": DocumentSource(search.build_needs, search.all_needs),
    },
    deadlines=run_due,
    labels={
        "outcome": (OutcomeStatus, OutcomeShownStatus),
        "need": NeedStatus,
        "review": ReviewDecision,
        "price_kind": PriceKind,
    },
    audit_verbs={
        "outcome": (ListingVerb,),
        "need": (ListingVerb,),
        "organisation": (OwnerVerb,),
    },
)
