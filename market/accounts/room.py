"""What the room of people and organisations contributes; assembled in `market/rooms.py`."""

from __future__ import annotations

from market.accounts import (
    authentication_views,
    checks,
    desk_access_models,
    desk_access_views,
    factor_models,
    factor_views,
    jobs,
    models,
    move_models,
    organisation_views,
    profile_views,
    queries,
    worklist,
)
from market.accounts.models import (
    MemberStatus,
    OrganisationAction,
    OrganisationStatus,
    OrganisationVerb,
    UserVerb,
)
from market.accounts.permissions import FRESH, PERMISSIONS, AccountAct
from market.kit.i18n import lazy
from market.kit.menus import WorkEntry, WorkGroup
from market.kit.room import Room
from market.kit.subjects import Subject

ROOM = Room(
    "accounts",
    permissions=PERMISSIONS,
    fresh=FRESH,
    models=(models, factor_models, desk_access_models, move_models),
    routes=[
        *authentication_views.routes,
        *factor_views.routes,
        *profile_views.routes,
        *organisation_views.routes,
        *desk_access_views.routes,
    ],
    jobs=(jobs.send_mail, jobs.sweep, jobs.note_failure, jobs.mail_root),
    relations=queries.relations,
    subjects={
        "organisation": Subject(
            lazy("单位"), page="pages:organisation", page_key="organisation_id", verbs=(OrganisationAction,)
        ),
        "user": Subject(lazy("人员")),
    },
    labels={
        "organisation": OrganisationStatus,
        "membership": MemberStatus,
    },
    audit_verbs={
        "user": (UserVerb,),
        "organisation": (OrganisationVerb,),
        "*": (desk_access_models.DeskAccessVerb,),
    },
    workbench=(
        WorkEntry(WorkGroup.WORK, 20, lazy("消息"), "accounts:messages"),
        WorkEntry(
            WorkGroup.ORGANISATION,
            10,
            lazy("单位资料与认证"),
            "accounts:organisation",
            is_for=lambda actor: not actor.is_staff,
            under=("/account/join",),
        ),
        WorkEntry(
            WorkGroup.ORGANISATION, 20, lazy("单位成员"), "accounts:members", act=AccountAct.MANAGE_MEMBERS
        ),
        WorkEntry(
            WorkGroup.ORGANISATION,
            60,
            lazy("技术经纪人资料"),
            "accounts:broker",
            is_for=lambda actor: not actor.is_staff,
        ),
        WorkEntry(WorkGroup.ORGANISATION, 90, lazy("我的账号"), "accounts:profile"),
    ),
    pending=worklist.pending,
    checks=checks.CHECKS,
    recent=worklist.recent,
)
