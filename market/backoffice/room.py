"""What the room of staff pages contributes; assembled in `market/rooms.py`."""

from __future__ import annotations

from market.accounts.permissions import AccountAct
from market.backoffice import (
    anomaly_views,
    audit_views,
    holiday_views,
    jobs,
    moderation_views,
    operations_views,
    sanction_views,
    verification_views,
)
from market.backoffice.states import PERMISSIONS, BackofficeAct, JobVerb
from market.integrity.states import IntegrityAct
from market.kit.i18n import lazy
from market.kit.menus import Menu, MenuEntry, WorkEntry, WorkGroup
from market.kit.room import Room
from market.kit.subjects import Subject
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
        *moderation_views.routes,
        *sanction_views.routes,
    ],
    demo_routes=operations_views.demo_routes,
    standing=anomaly_views.standing,
    workbench=(
        WorkEntry(
            WorkGroup.MARKET,
            10,
            lazy("成果与需求审核"),
            "backoffice:listings",
            act=ListingAct.MODERATE,
        ),
        WorkEntry(
            WorkGroup.MARKET, 15, lazy("已发布信息的变更"), "backoffice:changes", act=ListingAct.MODERATE
        ),
        WorkEntry(
            WorkGroup.MARKET,
            20,
            lazy("单位认证"),
            "backoffice:organisations",
            act=AccountAct.VERIFY_ORGANISATION,
        ),
        WorkEntry(
            WorkGroup.MARKET,
            30,
            lazy("经纪人认证"),
            "backoffice:brokers",
            act=AccountAct.VERIFY_ORGANISATION,
        ),
        WorkEntry(
            WorkGroup.MARKET,
            40,
            lazy("异议"),
            "backoffice:objections",
            act=NoticeAct.SEE_OBJECTIONS,
            under=("/objections",),
        ),
        WorkEntry(
            WorkGroup.MARKET,
            50,
            lazy("失信记录"),
            "backoffice:sanctions",
            act=IntegrityAct.SEE_SANCTIONS,
        ),
        WorkEntry(
            WorkGroup.SITE,
            10,
            lazy("放假安排"),
            "backoffice:holidays",
            act=NoticeAct.SEE_HOLIDAYS,
        ),
        WorkEntry(WorkGroup.SITE, 20, lazy("后台任务"), "backoffice:jobs", act=BackofficeAct.RUN_JOBS),
        WorkEntry(WorkGroup.SITE, 30, lazy("搜索引擎"), "backoffice:search", act=BackofficeAct.RUN_JOBS),
        WorkEntry(WorkGroup.RECORDS, 20, lazy("异常"), "backoffice:anomalies", act=AccountAct.READ_AUDIT),
        WorkEntry(WorkGroup.RECORDS, 30, lazy("责任日志"), "backoffice:audit", act=AccountAct.READ_AUDIT),
        WorkEntry(
            WorkGroup.RECORDS,
            40,
            lazy("说明理由的查看"),
            "backoffice:desk_accesses",
            act=AccountAct.READ_AUDIT,
        ),
        WorkEntry(
            WorkGroup.SITE,
            40,
            lazy("演示时钟"),
            "backoffice:clock",
            act=BackofficeAct.MOVE_CLOCK,
            is_demo=True,
        ),
        WorkEntry(WorkGroup.SITE, 50, lazy("演示邮件"), "backoffice:mails", is_demo=True),
    ),
    menu=(
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
