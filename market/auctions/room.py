"""What the room of auctions contributes; assembled in `market/rooms.py`."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from market.auctions import (
    after,
    bidder_views,
    checks,
    default_views,
    deposit_checks,
    deposit_returns,
    holder_views,
    hours,
    log_checks,
    models,
    money_models,
    organiser_views,
    personal_data,
    queries,
    result_checks,
    results,
    stream_views,
    sweeps,
    trial_views,
    views,
    worklist,
)
from market.auctions.states import (
    PERMISSIONS,
    AuctionAct,
    AuctionAction,
    AuctionShownStatus,
    AuctionStatus,
    AuctionVerb,
    DefaultRule,
    EnrolmentAction,
    EnrolmentStatus,
    EnrolmentVerb,
    FailReason,
    Format,
    Movement,
    Refusal,
    Right,
    Ruling,
)
from market.deps import Deps
from market.kit.i18n import lazy
from market.kit.menus import Menu, MenuEntry, WorkEntry, WorkGroup
from market.kit.room import LedgerAccount, PersonalData, Room
from market.kit.subjects import Subject, find_by
from market.notices.holiday_years import load_calendar


async def _close(deps: Deps, auction_id: UUID, now: datetime) -> bool:
    return await sweeps.end_bidding(auction_id, deps.settings.secret_key, now=now)


async def _watch(deps: Deps, auction_id: UUID, now: datetime) -> bool:
    calendar = await load_calendar(accepts_provisional=deps.settings.is_demo)
    return await after.watch_signing(auction_id, calendar, now=now)


async def _watch_deposits(deps: Deps, auction_id: UUID, now: datetime) -> bool:
    calendar = await load_calendar(accepts_provisional=deps.settings.is_demo)
    return await deposit_returns.watch_deposits(auction_id, calendar, now=now)


ROOM = Room(
    "auctions",
    models=(models, money_models),
    permissions=PERMISSIONS,
    routes=[
        *views.routes,
        *stream_views.routes,
        *trial_views.routes,
        *bidder_views.routes,
        *holder_views.routes,
        *organiser_views.routes,
        *default_views.routes,
    ],
    menu=(MenuEntry(Menu.MAIN, 35, lazy("竞价大厅"), "auctions:index", "auctions"),),
    workbench=(
        WorkEntry(
            WorkGroup.DEALS,
            60,
            lazy("我的竞价"),
            "auctions:mine",
            act=AuctionAct.ENROL,
            is_for=lambda actor: actor.sells or actor.buys,
            under=("/auctions/*/enrol", "/auctions/*/bid"),
        ),
        WorkEntry(
            WorkGroup.MARKET,
            70,
            lazy("组织竞价"),
            "auctions:desk_index",
            is_for=worklist.may_run,
            under=("/organise/auctions",),
        ),
    ),
    pending=worklist.pending,
    recent=worklist.recent,
    personal_data=PersonalData(
        "auction_enrolments",
        export=personal_data.export_enrolments,
        erase=personal_data.keep_enrolments,
        kept=lazy("竞价的报名、承诺和报价保留：成交和合同以此为凭。"),
    ),
    subjects={
        "auction": Subject(
            lazy("网络竞价"),
            page="auctions:show",
            number="JJ",
            find=find_by(queries.get_auction_for, "/auctions", is_public=True),
            parties=results.parties_of,
            verbs=(AuctionAction,),
        ),
        "enrolment": Subject(
            lazy("竞价报名"),
            files=queries.may_open_mandate,
            sealed=queries.sealed_enrolments,
            verbs=(EnrolmentAction,),
        ),
    },
    labels={
        "auction": (AuctionStatus, AuctionShownStatus),
        "auction_fail_reason": FailReason,
        "auction_format": Format,
        "auction_movement": Movement,
        "auction_refusal": Refusal,
        "auction_right": Right,
        "auction_default_rule": DefaultRule,
        "auction_ruling": Ruling,
        "enrolment": EnrolmentStatus,
    },
    audit_verbs={
        "auction": (AuctionVerb,),
        "enrolment": (EnrolmentVerb,),
        "organisation": (AuctionVerb,),
    },
    ledger_accounts={
        "applied": LedgerAccount(lazy("抵作价款的保证金（他处保管）"), is_guarded=False),
        "custody": LedgerAccount(lazy("他处保管的保证金"), is_guarded=False),
        "deposit": LedgerAccount(lazy("竞价保证金（他处保管）"), is_guarded=True),
        "forfeited": LedgerAccount(lazy("不予退还的保证金（他处保管）"), is_guarded=False),
    },
    moments={
        hours.END_ENROLMENT: lambda deps, auction_id, now: sweeps.end_enrolment(auction_id, now=now),
        hours.OPEN: lambda deps, auction_id, now: sweeps.begin_bidding(auction_id, now=now),
        hours.CLOSE: _close,
        hours.SIGN_DUE: _watch,
        hours.DEPOSITS: _watch_deposits,
        hours.REMIND_DAY: lambda deps, auction_id, now: sweeps.remind(auction_id, now=now),
        hours.REMIND_HOUR: lambda deps, auction_id, now: sweeps.remind(auction_id, now=now),
    },
    hold=after.hold,
    publicity=(results.PUBLICITY,),
    checks={**checks.CHECKS, **deposit_checks.CHECKS, **result_checks.CHECKS, **log_checks.CHECKS},
    keyed_checks=checks.KEYED_CHECKS,
)
