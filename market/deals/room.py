"""What the room of deals contributes; assembled in `market/rooms.py`."""

from __future__ import annotations

from market.deals import (
    brokerage_views,
    counting,
    files,
    jobs,
    message_views,
    models,
    queries,
    services,
    views,
)
from market.kit.i18n import lazy
from market.kit.room import Room, Subject

ROOM = Room(
    "deals",
    models=(models,),
    routes=[
        *views.routes,
        *message_views.routes,
        *brokerage_views.routes,
    ],
    jobs=(jobs.digest,),
    subjects={
        "deal": Subject(lazy("交易"), page="pages:deal", number="JY", files=files.may_open_deal_file),
    },
    document_facts={"outcomes": counting.tell_of_outcomes, "needs": counting.tell_of_needs},
    dashboard=queries.dashboard_cards,
    deadlines=lambda deps, now: services.run_due(now),
)
