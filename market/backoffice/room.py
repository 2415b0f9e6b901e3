"""What the room of staff pages contributes; assembled in `market/rooms.py`."""

from __future__ import annotations

from market.accounts.permissions import AccountAct
from market.backoffice import (
    anomaly_views,
    audit_views,
    change_views,
    holiday_views,
    jobs,
    operations_views,
    sanction_views,
    verification_views,
)
from market.backoffice.states import PERMISSIONS, BackofficeAct, JobVerb
from market.integrity.states import IntegrityAct
from market.kit.i18n import lazy
from market.kit.room import Menu, MenuEntry, Room, Subject
from market.listings.states import ListingAct
from market.notices.states import NoticeAct

ROOM = Room(
    "backoffice",
    permissions=PERMISSIONS,
    routes=[
        *verification_views.routes,
        *audit_views.routes,
        *anomaly_views.routes,
        *holiday_views.routes,
        *operations_views.routes,
        *change_views.routes,
        *sanction_views.routes,
    ],
    demo_routes=operations_views.demo_routes,
    dashboard=anomaly_views.dashboard_cards,
    menu=(
        MenuEntry(
            Menu.BACKOFFICE,
            10,
            lazy("单位认证"),
            "backoffice:organisations",
            "organisations",
            AccountAct.VERIFY_ORGANISATION,
        ),
        MenuEntry(
            Menu.BACKOFFICE,
            20,
            lazy("经纪人认证"),
            "backoffice:brokers",
            "brokers",
            AccountAct.VERIFY_ORGANISATION,
        ),
        MenuEntry(
            Menu.BACKOFFICE,
            30,
            lazy("成果与需求审核"),
            "backoffice:listings",
            "listings",
            ListingAct.MODERATE,
        ),
        MenuEntry(
            Menu.BACKOFFICE,
            35,
            lazy("已发布信息的变更"),
            "backoffice:changes",
            "changes",
            ListingAct.MODERATE,
        ),
        MenuEntry(
            Menu.BACKOFFICE,
            40,
            lazy("异议"),
            "backoffice:objections",
            "objections",
            NoticeAct.SEE_OBJECTIONS,
        ),
        MenuEntry(
            Menu.BACKOFFICE,
            50,
            lazy("失信记录"),
            "backoffice:sanctions",
            "sanctions",
            IntegrityAct.SEE_SANCTIONS,
        ),
        MenuEntry(
            Menu.BACKOFFICE,
            60,
            lazy("放假安排"),
            "backoffice:holidays",
            "holidays",
            NoticeAct.SEE_HOLIDAYS,
        ),
        MenuEntry(Menu.BACKOFFICE, 70, lazy("后台任务"), "backoffice:jobs", "jobs", BackofficeAct.RUN_JOBS),
        MenuEntry(
            Menu.BACKOFFICE, 80, lazy("搜索引擎"), "backoffice:search", "search", BackofficeAct.RUN_JOBS
        ),
        MenuEntry(
            Menu.BACKOFFICE, 85, lazy("异常"), "backoffice:anomalies", "anomalies", AccountAct.READ_AUDIT
        ),
        MenuEntry(
            Menu.BACKOFFICE,
            87,
            lazy("银行流水"),
            "contracts:statements",
            is_for=lambda actor: actor.may(AccountAct.READ_AUDIT),
        ),
        MenuEntry(Menu.BACKOFFICE, 90, lazy("责任日志"), "backoffice:audit", "audit", AccountAct.READ_AUDIT),
        MenuEntry(
            Menu.BACKOFFICE,
            100,
            lazy("演示时钟"),
            "backoffice:clock",
            "clock",
            BackofficeAct.MOVE_CLOCK,
            is_demo=True,
        ),
        MenuEntry(Menu.BACKOFFICE, 110, lazy("演示邮件"), "backoffice:mails", "mails", is_demo=True),
        MenuEntry(Menu.START, 50, lazy("审核成果和需求"), "backoffice:listings", act=ListingAct.MODERATE),
        MenuEntry(Menu.START, 60, lazy("看责任链日志"), "backoffice:audit", act=AccountAct.READ_AUDIT),
        MenuEntry(Menu.FOOT, 10, lazy("演示邮件"), "backoffice:mails", is_demo=True),
    ),
    jobs=(jobs.run, jobs.sweep),
    subjects={"job": Subject(lazy("后台任务"))},
    audit_verbs={
        "job": (JobVerb,),
    },
)
