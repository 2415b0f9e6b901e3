"""Everything that can be done in a deal room. Larger acts stand in files of their own."""

from __future__ import annotations

from datetime import datetime

from market.accounts.messages import tell
from market.accounts.permissions import Act
from market.audit.services import record
from market.codes.lists import END_REASONS
from market.deals.brokerage import book_commission, follow_up
from market.deals.messages import mark_read, send_message
from market.deals.models import Deal, DealAction, Offer, OfferStatus
from market.deals.moves import advance, lock_deal_for, lock_deal_seen_by
from market.deals.offers import OfferChanged, OwnOffer, accept_offer, expire_due, make_offer
from market.deals.openings import (
    AlreadyDealing,
    agree_introduction,
    introduce,
    open_interest,
    open_response,
)
from market.deals.publicity import move_clear_deals, skip_publicity, start_publicity
from market.deals.rules import organisation_of, other
from market.files.models import StoredFile, Tier
from market.files.services import Kept, write_row
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid
from market.kit.i18n import gettext as _
from market.matching import services as matching
from market.matching.models import MatchStatus
from market.notices import services as notices
from market.records.by import By

__all__ = [
    "AlreadyDealing",
    "OfferChanged",
    "OwnOffer",
    "accept_offer",
    "add_file",
    "advance",
    "agree_introduction",
    "book_commission",
    "follow_up",
    "introduce",
    "make_offer",
    "mark_read",
    "open_interest",
    "open_response",
    "run_due",
    "send_message",
    "skip_publicity",
    "start_publicity",
    "terminate",
]


@atomic()
async def terminate(number: str, reason: str, comment: str, *, by: By) -> Deal:
    """End a deal that is not signed yet, with a reason from the list.

    Its open offer and its running notice end with it.

    Raises:
        ActionNotAllowed: it is signed, or has ended before.
    """
    by.actor.require(Act.TERMINATE_DEAL)
    if reason not in END_REASONS:
        raise Invalid(_("请从列表中选择终止原因。"), field="reason")
    deal, side = await lock_deal_for(by.actor, number)
    moved = await advance(deal.id, DealAction.TERMINATE, by=by, reason=reason, side=side)
    moved.end_reason, moved.end_comment = reason, comment
    await moved.save(update_fields=["end_reason", "end_comment"])
    await Offer.filter(deal_id=deal.id, status=OfferStatus.OPEN).update(
        status=OfferStatus.WITHDRAWN, answered_at=by.now
    )
    await notices.withdraw("deal", deal.id, by=by)
    if deal.match_id:
        await matching.move(deal.match_id, MatchStatus.DROPPED, now=by.now, reason=reason)
    await tell(
        _("对方终止了交易：%(title)s。", title=deal.title),
        now=by.now,
        address=f"/deals/{deal.number}",
        organisation_id=organisation_of(deal, other(side)).id,
    )
    return moved


@atomic()
async def add_file(number: str, kept: Kept, kind: str, *, tier: Tier = Tier.PARTIES, by: By) -> StoredFile:
    """Put a file into the deal room; a file of the same name becomes its next version.

    Raises:
        NotFound: the person is neither of a side nor the deal's broker.
        Conflict: the deal has ended.
    """
    by.actor.require(Act.UPLOAD_TO_DEAL)
    deal = await lock_deal_seen_by(by.actor, number)
    if deal.end_reason:
        raise Conflict(_("这笔交易已经终止，不能再上传文件。"))
    file = await write_row(kept, subject_kind="deal", subject_id=deal.id, kind=kind, tier=tier, by=by)
    await record("deal", deal.id, "add_file", by=by, file=file.id, tier=tier, sha256=file.sha256)
    return file


async def run_due(now: datetime) -> int:
    """End the offers whose time is over, and move on the deals whose notice is clear.

    Run it after the notices' own `run_due`.
    """
    return await expire_due(now) + await move_clear_deals(now)
