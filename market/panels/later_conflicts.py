"""What came up after the draw: experts who may not judge an item any more, though it knew of nothing."""

from __future__ import annotations

from datetime import datetime

from market.accounts.models import User
from market.experts.conflict_reasons import organisation_reasons, people_reasons
from market.experts.models import Expert
from market.experts.states import ExpertStatus
from market.kit.clock import local_date
from market.kit.i18n import gettext as _
from market.panels.round_models import Round, RoundItem, Seat
from market.panels.subjects import get_subject


async def later_conflict(seat: Seat, round_: Round, now: datetime) -> str:
    """Return why the expert of a seat may not judge its item today; empty: nothing stands in the way.

    Asked when an expert accepts and hands in a first sheet, and of each reserve who is to be called. The
    words name the applicant: they are for the operator, not for an expert of a blind round.
    """
    if await Expert.exists(id=seat.expert_id, status=ExpertStatus.BARRED):
        return _("专家已被禁入")
    item = await RoundItem.get(id=seat.item_id)
    subject = await get_subject(round_.subject_kind, item.subject_id)
    experts, on = [seat.expert_id], local_date(now)
    person = await User.get(id=seat.user_id)
    reasons = [
        *([_("与成果的研发人员同名")] if subject.is_by(person.name) else []),
        *(row.reason for row in await organisation_reasons(experts, subject.parties, on=on)),
        *(row.reason for row in await people_reasons(experts, subject.people, on=on)),
    ]
    return reasons[0] if reasons else ""


async def may_be_called(seat: Seat, round_: Round, now: datetime) -> bool:
    """Return whether a reserve is in the pool still and may judge the item."""
    in_pool = Expert.filter(
        id=seat.expert_id,
        status=ExpertStatus.IN_POOL,
        user__is_active=True,
        user__staff_role__isnull=True,
    )
    return await in_pool.exists() and not await later_conflict(seat, round_, now)
