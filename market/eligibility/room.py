"""What the room of who may apply (谁可以申报) contributes; assembled in `market/rooms.py`."""

from __future__ import annotations

from market.eligibility import checks, jobs, models, reminders, views, worklist
from market.eligibility.guests import What, Who
from market.eligibility.states import PERMISSIONS, Answer, EligibilityAct, RunVerb
from market.kit.i18n import lazy
from market.kit.menus import WorkEntry, WorkGroup
from market.kit.room import Room
from market.kit.subjects import Subject

ROOM = Room(
    "eligibility",
    permissions=PERMISSIONS,
    models=(models,),
    routes=views.routes,
    jobs=(jobs.run, jobs.nightly, jobs.digest),
    workbench=(
        WorkEntry(
            WorkGroup.MARKET,
            75,
            lazy("还没告知到的单位"),
            "eligibility:unreached",
            act=EligibilityAct.SEE_UNREACHED,
        ),
    ),
    subjects={"eligibility_run": Subject(lazy("核对谁可以申报"), verbs=(RunVerb,))},
    call_listener=reminders.on_call,
    moments={reminders.REMIND: lambda deps, call_id, now: reminders.remind_due(call_id, now=now)},
    standing=worklist.standing,
    checks=checks.CHECKS,
    labels={"eligibility": Answer, "eligibility_who": Who, "eligibility_what": What},
)
