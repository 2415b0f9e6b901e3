"""Ending a deal that is not signed yet."""

from __future__ import annotations

from market.accounts.messages import notify
from market.codes.lists import END_REASONS
from market.deals.models import Deal
from market.deals.offers import end_open_offer
from market.deals.parties import organisation_of, other_side
from market.deals.queries import lock_deal_for
from market.deals.states import DealAct, DealAction, OfferAction
from market.kit.database import atomic
from market.kit.errors import Invalid
from market.kit.i18n import gettext as _
from market.matching import match_acts as matching
from market.matching.states import MatchAction
from market.notices import notice_acts as notices
from market.records.by import By
from market.records.transitions import transition


@atomic()
async def terminate(number: str, reason: str, comment: str, *, by: By) -> Deal:
    """Terminate an unsigned deal with a reason from the list; withdraw its open offer and running notice.

    Raises:
        ActionNotAllowed: it is signed, or has ended before.
    """
    by.actor.require(DealAct.TERMINATE_DEAL)
    if reason not in END_REASONS:
        raise Invalid(_("请从列表中选择终止原因。"), field="reason")
    deal, side = await lock_deal_for(by.actor, number)
    await transition(
        deal,
        DealAction.TERMINATE,
        by=by,
        changes={"end_reason": reason, "end_comment": comment},
        reason=reason,
        side=side,
    )
    await end_open_offer(deal.id, OfferAction.WITHDRAW, by=by)
    await notices.withdraw("deal", deal.id, by=by)
    if deal.match_id:
        await matching.transition_match(deal.match_id, MatchAction.DROP, now=by.now, reason=reason)
    await notify(
        _("对方终止了交易：%(title)s。", title=deal.title),
        now=by.now,
        address=f"/deals/{deal.number}",
        organisation_id=organisation_of(deal, other_side(side)).id,
    )
    return deal
