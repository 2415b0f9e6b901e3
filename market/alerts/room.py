"""What the room of saved searches contributes; assembled in `market/rooms.py`."""

from __future__ import annotations

from market.alerts import jobs, models, saved_searches, views
from market.alerts.states import PERMISSIONS, AlertAct, Frequency
from market.kit.i18n import lazy
from market.kit.menus import WorkEntry, WorkGroup
from market.kit.room import PersonalData, Room

ROOM = Room(
    "alerts",
    permissions=PERMISSIONS,
    models=(models,),
    routes=views.routes,
    jobs=(jobs.immediate,),
    index_listeners=jobs.LISTENERS,
    deadlines=lambda deps, now: saved_searches.run_due(
        now, search=deps.search, secret=deps.settings.secret_key
    ),
    personal_data=PersonalData(
        "saved_searches", saved_searches.export_saved_searches, saved_searches.erase_saved_searches
    ),
    labels={
        "alert_frequency": Frequency,
    },
    workbench=(WorkEntry(WorkGroup.WORK, 40, lazy("保存的搜索"), "alerts:index", act=AlertAct.SAVE_SEARCH),),
)
