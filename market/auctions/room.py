"""What the room of auctions contributes; assembled in `market/rooms.py`."""

from __future__ import annotations

from market.auctions import checks, models
from market.auctions.states import (
    PERMISSIONS,
    AuctionAction,
    AuctionShownStatus,
    AuctionStatus,
    AuctionVerb,
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
from market.kit.i18n import lazy
from market.kit.room import Room
from market.kit.subjects import Subject

ROOM = Room(
    "auctions",
    models=(models,),
    permissions=PERMISSIONS,
    subjects={
        "auction": Subject(lazy("网络竞价"), number="JJ", verbs=(AuctionAction,)),
        "enrolment": Subject(lazy("竞价报名"), verbs=(EnrolmentAction,)),
    },
    labels={
        "auction": (AuctionStatus, AuctionShownStatus),
        "auction_fail_reason": FailReason,
        "auction_format": Format,
        "auction_movement": Movement,
        "auction_refusal": Refusal,
        "auction_right": Right,
        "auction_ruling": Ruling,
        "enrolment": EnrolmentStatus,
    },
    audit_verbs={"auction": (AuctionVerb,), "enrolment": (EnrolmentVerb,)},
    checks=checks.CHECKS,
)
