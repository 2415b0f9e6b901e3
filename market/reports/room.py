"""What the room of the parties' statements contributes; assembled in `market/rooms.py`."""

from __future__ import annotations

from market.accounts.permissions import Role
from market.contracts.states import ContractAct
from market.kit.i18n import lazy
from market.kit.menus import WorkEntry, WorkGroup
from market.kit.room import Room
from market.reports import jobs, statements, views

ROOM = Room(
    "reports",
    routes=views.routes,
    jobs=(jobs.check,),
    figures=(*statements.FIGURES, statements.BALANCE),
    workbench=(
        WorkEntry(
            WorkGroup.DEALS,
            50,
            lazy("对账单"),
            "reports:statement",
            is_for=lambda actor: actor.acts_for(actor.organisation_id),
        ),
        WorkEntry(
            WorkGroup.DEALS,
            55,
            lazy("佣金对账单"),
            "reports:statement",
            "side=broker",
            is_for=lambda actor: Role.BROKER in actor.roles,
        ),
        WorkEntry(
            WorkGroup.RECORDS,
            60,
            lazy("支付对账"),
            "reports:reconciliation",
            act=ContractAct.SEE_RECONCILIATION,
        ),
        WorkEntry(
            WorkGroup.RECORDS, 70, lazy("账目核对"), "reports:checks", act=ContractAct.SEE_RECONCILIATION
        ),
    ),
)
