"""What the room of research integrity contributes; assembled in `market/rooms.py`."""

from __future__ import annotations

from market.accounts.permissions import AccountAct
from market.integrity import checks, models, party_ties, sanction_acts, views, worklist
from market.integrity.models import SanctionGrade, Scope
from market.integrity.states import (
    FRESH,
    PERMISSIONS,
    ConflictVerb,
    RelatedPartyVerb,
    SanctionAction,
    SanctionRuling,
    SanctionStatus,
    SanctionVerb,
)
from market.kit.i18n import lazy
from market.kit.menus import WorkEntry, WorkGroup
from market.kit.room import Room
from market.kit.subjects import Subject

ROOM = Room(
    "integrity",
    permissions=PERMISSIONS,
    fresh=FRESH,
    models=(models,),
    routes=[*views.routes, *views.related_party_routes],
    subjects={"sanction": Subject(lazy("失信记录"), verbs=(SanctionAction,))},
    pending=worklist.pending,
    recent=worklist.recent,
    checks=checks.CHECKS,
    keyed_checks=checks.KEYED_CHECKS,
    deadlines=lambda deps, now: party_ties.key_plain_hashes(deps.settings.secret_key, now),
    moments={
        sanction_acts.TERM: lambda deps, sanction_id, now: sanction_acts.follow_term(sanction_id, now=now)
    },
    labels={
        "sanction": SanctionStatus,
        "sanction_grade": SanctionGrade,
        "sanction_ruling": SanctionRuling,
        "scope": Scope,
    },
    audit_verbs={
        "sanction": (SanctionVerb,),
        "*": (ConflictVerb,),
        "organisation": (RelatedPartyVerb,),
    },
    workbench=(
        WorkEntry(
            WorkGroup.ORGANISATION,
            50,
            lazy("诚信记录"),
            "integrity:own",
            is_for=lambda actor: actor.organisation_id is not None,
        ),
        WorkEntry(WorkGroup.RECORDS, 10, lazy("关联"), "integrity:related_parties", act=AccountAct.SEE_DESK),
    ),
)
