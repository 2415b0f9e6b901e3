"""What the room of pages that join several rooms contributes; assembled in `market/rooms.py`."""

from __future__ import annotations

from market.claims.states import ClaimAct
from market.deals.states import DealAct
from market.kit.i18n import lazy
from market.kit.menus import Menu, MenuEntry, WorkEntry, WorkGroup
from market.kit.room import Room
from market.pages import (
    check_views,
    compare,
    deal_views,
    deal_worklist,
    export_views,
    home_views,
    list_exports,
    listing_views,
    models,
    profile_views,
    programme_views,
    quality_views,
    search_views,
    sharing,
    site_views,
    survey_report_views,
    workbench_views,
)
from market.pages.home_figures import PAID
from market.pages.quality_figures import FIGURES as QUALITY_FIGURES

ROOM = Room(
    "pages",
    models=(models,),
    jobs=list_exports.JOBS,
    routes=[
        *home_views.routes,
        *search_views.routes,
        *export_views.routes,
        *compare.routes,
        *check_views.routes,
        *quality_views.routes,
        *listing_views.routes,
        *sharing.routes,
        *profile_views.routes,
        *programme_views.routes,
        *deal_views.routes,
        *survey_report_views.routes,
        *workbench_views.routes,
        *site_views.routes,
    ],
    worklist=deal_worklist.deals_worklist,
    workbench=(
        WorkEntry(WorkGroup.WORK, 10, lazy("等您处理"), "pages:workbench"),
        WorkEntry(
            WorkGroup.SUBSIDY,
            5,
            lazy("能申报哪些政策"),
            "pages:check",
            act=ClaimAct.WRITE_CLAIM,
            is_for=lambda actor: actor.is_organisation_verified,
        ),
        WorkEntry(
            WorkGroup.DEALS,
            20,
            lazy("洽谈与交易"),
            "pages:deals",
            act=DealAct.SEE_DEALS,
            under=("/contracts", "/instalments", "/payments", "/objections", "/files"),
        ),
        WorkEntry(
            WorkGroup.DEALS,
            30,
            lazy("已完成的交易"),
            "pages:deals",
            "status=completed",
            act=DealAct.SEE_DEALS,
        ),
    ),
    figures=(PAID, *QUALITY_FIGURES),
    menu=(
        MenuEntry(Menu.MAIN, 10, lazy("首页"), "pages:home", "home"),
        MenuEntry(Menu.MAIN, 20, lazy("科技成果"), "pages:outcomes", "outcomes"),
        MenuEntry(Menu.MAIN, 30, lazy("技术需求"), "pages:needs", "needs"),
        MenuEntry(Menu.MAIN, 40, lazy("经纪人"), "pages:brokers", "brokers"),
        MenuEntry(Menu.MAIN, 50, lazy("政策与补助"), "pages:check", "subsidies"),
        MenuEntry(Menu.FOOT, 20, lazy("数据质量"), "pages:quality"),
        MenuEntry(Menu.FOOT, 30, lazy("日志校验"), "pages:audit_roots"),
        MenuEntry(Menu.FOOT, 40, lazy("无障碍说明"), "pages:accessibility"),
        MenuEntry(Menu.FOOT, 50, lazy("帮助"), "pages:help"),
    ),
)
