"""What the room of subsidy programmes contributes; assembled in `market/rooms.py`."""

from __future__ import annotations

from market.accounts.permissions import AccountAct
from market.kit.i18n import lazy
from market.kit.menus import Menu, MenuEntry, WorkEntry, WorkGroup
from market.kit.room import Room
from market.kit.subjects import Subject
from market.programmes import catalogue, checks, models, views
from market.programmes.states import FRESH, PERMISSIONS, TermsAction, TermsStatus, TermsVerb
from market.search.outbox import DocumentSource

ROOM = Room(
    "programmes",
    permissions=PERMISSIONS,
    fresh=FRESH,
    models=(models,),
    routes=views.routes,
    workbench=(WorkEntry(WorkGroup.RULES, 10, lazy("规则"), "programmes:drafts", act=AccountAct.SEE_DESK),),
    menu=(MenuEntry(Menu.MAIN, 50, lazy("政策与补助"), "programmes:index", "subsidies"),),
    subjects={"terms": Subject(lazy("规则版本"), verbs=(TermsAction,))},
    checks=checks.CHECKS,
    documents={catalogue.INDEX: DocumentSource(catalogue.build_programmes, catalogue.all_programmes)},
    labels={
        "terms": TermsStatus,
    },
    audit_verbs={
        "terms": (TermsVerb,),
    },
)
