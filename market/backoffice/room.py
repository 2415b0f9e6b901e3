"""What the room of staff pages contributes; assembled in `market/rooms.py`."""

from __future__ import annotations

from market.backoffice import (
    audit_views,
    holiday_views,
    jobs,
    listing_views,
    machine_views,
    objection_views,
    sanction_views,
    search_views,
    views,
)
from market.backoffice.permissions import PERMISSIONS
from market.backoffice.verbs import JobVerb
from market.kit.i18n import lazy
from market.kit.room import Room, Subject

ROOM = Room(
    "backoffice",
    permissions=PERMISSIONS,
    routes=[
        *views.routes,
        *audit_views.routes,
        *holiday_views.routes,
        *machine_views.routes,
        *listing_views.routes,
        *objection_views.routes,
        *sanction_views.routes,
        *search_views.routes,
    ],
    demo_routes=machine_views.demo_routes,
    jobs=(jobs.run, jobs.sweep),
    subjects={"job": Subject(lazy("后台任务"))},
    audit_verbs={
        "job": (JobVerb,),
    },
)
