"""What an organisation may apply for, as a figure of its workbench."""

from __future__ import annotations

from datetime import datetime

from market.accounts.actors import Actor
from market.claims.states import ClaimAct
from market.eligibility.states import Answer
from market.kit.i18n import lazy
from market.kit.worklist import Standing

_OWN = (
    "eligibility_records r LEFT JOIN calls c ON c.id = r.call_id CROSS JOIN v "
    "WHERE r.organisation_id = v.organisation_id AND NOT r.has_claim AND r.answer = '{answer}' "
    "AND (c.id IS NULL OR c.opens_at <= v.now) AND (r.until_at IS NULL OR r.until_at > v.now)"
)


def standing(actor: Actor, _now: datetime) -> list[Standing]:
    """Return how many programmes the organisation may apply for now, and is a step away from."""
    if not actor.may(ClaimAct.WRITE_CLAIM) or actor.is_staff:
        return []
    return [
        Standing(lazy("可以申报的政策"), "/policies/check#met", _OWN.format(answer=Answer.MET)),
        Standing(lazy("还差一步的政策"), "/policies/check#step", _OWN.format(answer=Answer.STEP)),
    ]
