"""What the room of imported lists contributes; assembled in `market/rooms.py`."""

from __future__ import annotations

from market.imports import jobs, models, steps, views, worklist
from market.imports.listing_targets import TARGETS
from market.imports.states import ImportAction, ImportStatus, ImportVerb, RowOutcome, UndoneVerb
from market.kit.i18n import lazy
from market.kit.menus import WorkEntry, WorkGroup
from market.kit.room import Room
from market.kit.subjects import Subject, find_by
from market.listings.states import ListingAct

ROOM = Room(
    "imports",
    models=(models,),
    import_targets=TARGETS,
    routes=views.routes,
    jobs=(jobs.check_import, jobs.run_import, jobs.publish_import),
    workbench=(
        WorkEntry(
            WorkGroup.MARKET,
            17,
            lazy("批量导入"),
            "imports:index",
            act=ListingAct.MODERATE,
            under=("/my/imports",),
        ),
        WorkEntry(
            WorkGroup.OUTCOMES,
            30,
            lazy("从表格导入"),
            "imports:outcomes",
            act=ListingAct.DRAFT_LISTING,
            is_for=lambda actor: actor.sells,
            under=("/my/imports",),
        ),
        WorkEntry(
            WorkGroup.NEEDS,
            30,
            lazy("从表格导入"),
            "imports:needs",
            act=ListingAct.DRAFT_LISTING,
            is_for=lambda actor: actor.buys,
            under=("/my/imports",),
        ),
    ),
    subjects={
        "listing_import": Subject(
            lazy("批量导入"),
            page="imports:show",
            number="PL",
            find=find_by(steps.get_import_for, "/my/imports", lambda batch: batch.organisation.name),
            files=steps.may_open_file,
            verbs=(ImportAction, ImportVerb),
        ),
    },
    pending=worklist.pending,
    recent=worklist.recent,
    labels={"listing_import": ImportStatus, "import_outcome": RowOutcome},
    audit_verbs={"outcome": (UndoneVerb,), "need": (UndoneVerb,)},
)
