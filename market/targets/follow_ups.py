"""What became of verified deeds after 12 and 24 months: stated by units, confirmed by their cities."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid4

from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from market.accounts.messages import notify
from market.accounts.models import MemberRole
from market.audit.log import record
from market.files.attachments import StoredBlob, attach
from market.files.models import Tier
from market.kit.clock import local_date, start_of_day
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.i18n import gettext as _
from market.listings.rules import months_later
from market.records.by import By
from market.records.decisions import Verdict, decide
from market.records.moments import set_moments
from market.targets.cities import may_check
from market.targets.models import Deed, DeedFollowUp
from market.targets.queries import lock_deed
from market.targets.states import DeedStatus, DeedVerb, TargetAct

MONTHS = (12, 24)
FOLLOW_UP = {12: "targets.follow_up_12", 24: "targets.follow_up_24"}
"""Acts that fall due at a moment of a verified deed."""
KIND = Deed.record_kind
PAPER = "follow_up_paper"
WRITERS = {MemberRole.ADMIN, MemberRole.AGENT}
COUNTED = (DeedStatus.VERIFIED, DeedStatus.PARTIAL)


@dataclass(frozen=True)
class FollowUpEntry:
    """What a unit states of a deed later; sales of the last twelve months in fen."""

    months: int
    is_in_use: bool
    sales: int
    text: str


def due_on(verified_on: date, months: int) -> date:
    """Return the day from which on a unit states what became of a deed."""
    return months_later(verified_on, months)


def due_months(verified_on: date | None, today: date) -> list[int]:
    """Return the follow-ups that are due by a day."""
    return [months for months in MONTHS if verified_on and due_on(verified_on, months) <= today]


async def set_follow_up_moments(deeds: Iterable[Deed]) -> None:
    """Have the units of verified deeds be reminded after 12 and 24 months."""
    await set_moments(
        KIND,
        [
            (deed.id, FOLLOW_UP[months], start_of_day(due_on(deed.verified_on, months)))
            for deed in deeds
            if deed.verified_on is not None
            for months in MONTHS
        ],
    )


async def remind_unit(deed_id: UUID, months: int, *, now: datetime) -> bool:
    """Ask the unit of a deed what became of it, unless it was struck or has been stated. Idempotent."""
    deed = await Deed.filter(id=deed_id).select_for_update().first()
    if deed is None or deed.status not in COUNTED:
        return False
    await notify(
        _("%(number)s 认定满 %(months)s 个月，请填报现在是否还在使用。", number=deed.number, months=months),
        now=now,
        address=f"/deeds/{deed.number}",
        organisation_id=deed.unit_id,
        roles=WRITERS,
    )
    return True


@atomic()
async def state_follow_up(
    number: str, entry: FollowUpEntry, blob: StoredBlob | None, *, by: By
) -> DeedFollowUp:
    """State what became of a verified deed, with a paper, for its unit.

    Raises:
        NotFound: there is none of the person's unit.
        Invalid: at the field that is missing or does not fit.
        Conflict: it is not due, or stated already.
    """
    by.actor.require(TargetAct.DECLARE_DEED)
    deed = await lock_deed(number)
    if not by.actor.acts_for(deed.unit_id):
        raise NotFound(_("没有这一项，或者您不能查看它。"))
    if deed.status not in COUNTED or entry.months not in due_months(deed.verified_on, local_date(by.now)):
        raise Conflict(_("现在不用填报这一期回访。"))
    if await standing(deed.id).filter(months=entry.months).exists():
        raise Conflict(_("这一期回访已经填报。"))
    if len(entry.text) < 10:
        raise Invalid(_("请写明在哪里使用、效果怎样，或为什么不用了（至少 10 个字）。"), field="text")
    if not entry.is_in_use and entry.sales:
        raise Invalid(_("不再使用的，销售额填 0。"), field="sales")
    if blob is None:
        raise Invalid(_("请附上证明。"), field="file")
    file = await attach(blob, subject_kind=KIND, subject_id=deed.id, kind=PAPER, tier=Tier.PARTIES, by=by)
    follow_up = await DeedFollowUp.create(
        id=uuid4(),
        deed_id=deed.id,
        months=entry.months,
        is_in_use=entry.is_in_use,
        sales_amount=entry.sales,
        text=entry.text,
        file_id=file.id,
        proposed_by_id=by.actor.user_id,
        proposed_at=by.now,
    )
    await record(KIND, deed.id, DeedVerb.FOLLOW_UP, by=by, months=entry.months, in_use=entry.is_in_use)
    return follow_up


@atomic()
async def decide_follow_up(follow_up_id: UUID, verdict: Verdict, *, reason: str = "", by: By) -> DeedFollowUp:
    """Confirm or reject what a unit stated later, for who checks the deeds of its city.

    Raises:
        NotFound: there is none, or it is of another city.
        SamePerson: the person stated it.
        AlreadyDecided: somebody decided before.
        Invalid: at `reason`, which a rejection must have.
    """
    by.actor.require(TargetAct.CHECK_DEED)
    follow_up = await DeedFollowUp.filter(id=follow_up_id).select_for_update().first()
    deed = await Deed.get_or_none(id=follow_up.deed_id) if follow_up else None
    if follow_up is None or deed is None or not await may_check(by.actor, deed.city):
        raise NotFound(_("没有这一期回访。"))
    await decide(follow_up, verdict, by=by, reason=reason)
    await record(KIND, deed.id, DeedVerb.DECIDE_FOLLOW_UP, by=by, verdict=verdict.value)
    # Whoever reads figures by the revision of deeds is told that one changed.
    await Deed.filter(id=deed.id).update(updated_at=by.now)
    return follow_up


def standing(deed_id: UUID) -> QuerySet[DeedFollowUp]:
    """Return the follow-ups of a deed that wait or were confirmed."""
    return DeedFollowUp.filter(Q(verdict=None) | Q(verdict=Verdict.CONFIRMED), deed_id=deed_id)
