"""What the room of deals contributes; assembled in `market/rooms.py`."""

from __future__ import annotations

from market.deals import (
    brokerage_views,
    certificate_views,
    checks,
    files,
    jobs,
    models,
    offers,
    openings,
    publicity,
    queries,
    relations,
    views,
    worklist,
)
from market.deals.models import Opening, Side
from market.deals.states import (
    PERMISSIONS,
    DealAct,
    DealAction,
    DealShownStatus,
    DealStatus,
    DealVerb,
    OfferAction,
    OfferStatus,
)
from market.kit.i18n import lazy
from market.kit.menus import WorkEntry, WorkGroup
from market.kit.room import LedgerAccount, Room
from market.kit.subjects import Subject, find_by

ROOM = Room(
    "deals",
    permissions=PERMISSIONS,
    models=(models,),
    routes=[
        *views.routes,
        *views.message_routes,
        *brokerage_views.routes,
        *certificate_views.routes,
    ],
    jobs=(jobs.digest,),
    workbench=(
        WorkEntry(
            WorkGroup.MARKET,
            46,
            lazy("挂牌交易凭证"),
            "deals:certificates",
            act=DealAct.DECIDE_CERTIFICATE,
        ),
    ),
    pending=worklist.pending,
    checks=checks.CHECKS,
    subjects={
        "deal": Subject(
            lazy("交易"),
            page="pages:deal",
            number="JY",
            find=find_by(queries.get_deal_for, "/deals"),
            verbs=(DealAction,),
            files=files.may_open_deal_file,
            parties=queries.parties_of_deals,
        ),
        "offer": Subject(lazy("报价"), verbs=(OfferAction,)),
    },
    document_facts={
        "outcomes": openings.outcome_document_facts,
        "needs": openings.need_document_facts,
    },
    recent=worklist.recent,
    relations=relations.relations,
    standing=worklist.standing,
    publicity=(publicity.PUBLICITY,),
    moments={offers.EXPIRY: lambda deps, offer_id, now: offers.expire_offer(offer_id, now=now)},
    ledger_accounts={
        "commission": LedgerAccount(lazy("应付佣金"), is_guarded=True),
    },
    labels={
        "deal": (DealStatus, DealShownStatus),
        "offer": OfferStatus,
        "side": Side,
        "opening": Opening,
        "deal_action": DealAction,
    },
    audit_verbs={
        "deal": (DealVerb,),
    },
)
