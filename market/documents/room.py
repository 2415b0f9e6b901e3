"""What the room of issued documents contributes; assembled in `market/rooms.py`.

It stands below the rooms whose acts issue documents, and above notices, whose calendar counts the service.
"""

from __future__ import annotations

from market.accounts.permissions import AccountAct
from market.documents import checks, issuing, models, queries, views, worklist
from market.documents.states import PERMISSIONS, DocumentKind, DocumentVerb
from market.kit.i18n import lazy
from market.kit.menus import WorkEntry, WorkGroup
from market.kit.room import Room
from market.kit.subjects import Subject

ROOM = Room(
    "documents",
    permissions=PERMISSIONS,
    models=(models,),
    routes=views.routes,
    jobs=(issuing.print_document,),
    subjects={
        "document": Subject(
            lazy("文书"),
            page="documents:open",
            page_key="document_id",
            find_printed=queries.find_printed,
            verbs=(DocumentVerb,),
        ),
    },
    labels={"document_kind": DocumentKind},
    checks=checks.CHECKS,
    stored_checks=checks.STORED_CHECKS,
    workbench=(
        WorkEntry(WorkGroup.CLAIMS, 70, lazy("复查申请"), "documents:reviews", act=AccountAct.SEE_DESK),
    ),
    pending=worklist.pending,
)
