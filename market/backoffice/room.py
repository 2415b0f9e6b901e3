"""What the room of staff pages contributes; assembled in `market/rooms.py`."""

from __future__ import annotations

from market.backoffice import (
    audit_views,
    holiday_views,
    jobs,
    moderation_views,
    operations_views,
    sanction_views,
    verification_views,
)
from market.backoffice.job_queue import JobVerb
from market.backoffice.permissions import PERMISSIONS
from market.kit.i18n import lazy
from market.kit.room import Room, Subject

ROOM = Room(
    "backoffice",
    permissions=PERMISSIONS,
    routes=[
        *verification_views.routes,
        *audit_views.routes,
        *holiday_views.routes,
        *operations_views.routes,
        *moderation_views.routes,
        *sanction_views.routes,
    ],
    demo_routes=operations_views.demo_routes,
    jobs=(jobs.run, jobs.sweep),
    subjects={"job": Subject(lazy("后台任务"))},
    audit_verbs={
        "job": (JobVerb,),
    },
)
