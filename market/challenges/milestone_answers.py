"""A reported milestone that its owner does not answer: reminded of, then handed to the operator.

Silence never accepts and never pays (trade 2.3): somebody looks after it, nothing more.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from market.accounts.messages import notify, notify_staff
from market.accounts.models import StaffRole
from market.audit.log import record
from market.challenges.models import Challenge
from market.challenges.selection_models import ChallengeAward, MilestoneReport
from market.challenges.selection_queries import DECIDING
from market.challenges.selection_states import AwardStatus, AwardVerb
from market.kit.clock import end_of_day, local_date
from market.kit.database import atomic
from market.kit.i18n import gettext as _
from market.notices.holiday_years import load_calendar
from market.notices.models import DayKind
from market.notices.periods import period_end, publication_region
from market.records.by import By
from market.records.moments import set_moments

ANSWER_DAYS, LATE_DAYS = 10, 15
"""Working days after a report: until the owner answers (D), and until the operator is told (A)."""
ANSWER_DUE, ANSWER_LATE = "challenges.answer_due", "challenges.answer_late"
"""Moments of an award: its reported milestone was not answered in time, and not after the reminder."""


async def answer_days(region: str, now: datetime) -> tuple[datetime, datetime]:
    """Return until when a report of now is answered, and when the operator is told.

    Years that are not confirmed count: nothing legal hangs on a reminder.
    """
    calendar = await load_calendar(accepts_provisional=True)

    def end(days: int) -> datetime:
        today, place = local_date(now), publication_region(region)
        last = period_end(today, days, DayKind.WORKING, region=place, calendar=calendar)
        return end_of_day(last or today + timedelta(days=days * 7 // 5))

    return end(ANSWER_DAYS), end(LATE_DAYS)


async def set_answer_moments(report: MilestoneReport) -> None:
    """Set when the answer to a report is due, and when it is late."""
    moments = [
        (report.award_id, ANSWER_DUE, report.answer_by),
        (report.award_id, ANSWER_LATE, report.late_from),
    ]
    await set_moments(ChallengeAward.record_kind, moments)


async def clear_answer_moments(award_id: UUID) -> None:
    """Clear both, once a report was answered."""
    await set_moments(
        ChallengeAward.record_kind, [(award_id, ANSWER_DUE, None), (award_id, ANSWER_LATE, None)]
    )


@atomic()
async def remind_of_answer(award_id: UUID, *, now: datetime) -> bool:
    """Remind the owner that a reported milestone waits for its answer. Idempotent."""
    award, report = await _waiting(award_id)
    if report is None or report.answer_by is None or now < report.answer_by:
        return False
    challenge = award.challenge
    words = _(
        "榜单 %(number)s 的阶段成果已提交 %(n)s 个工作日，请验收：通过，或者写明没有达到什么。",
        number=challenge.number,
        n=ANSWER_DAYS,
    )
    await _tell(challenge, award, challenge.owner_id, words, now)
    return True


@atomic()
async def hand_over_answer(award_id: UUID, *, now: datetime) -> bool:
    """Tell the operator, and the solver, that an owner has not answered after the reminder. Idempotent."""
    award, report = await _waiting(award_id)
    if report is None or report.late_from is None or now < report.late_from:
        return False
    challenge, by = award.challenge, By.job(now)
    await record(award.record_kind, award.id, AwardVerb.HANDED_OVER, by=by, report=report.id)
    words = _("榜单 %(number)s 的阶段成果逾期没有验收，请联系双方。", number=challenge.number)
    address = f"/challenges/{challenge.number}/awards/{award.id}"
    await notify_staff(StaffRole.OPERATOR, words, now=now, address=address)
    words = _("榜单 %(number)s 的阶段成果逾期没有验收，已转平台。", number=challenge.number)
    await _tell(challenge, award, award.solution.organisation_id, words, now)
    return True


async def _waiting(award_id: UUID) -> tuple[ChallengeAward, MilestoneReport | None]:
    """Return an award, locked, with its report that waits for an answer."""
    award = await ChallengeAward.filter(id=award_id).select_for_update().get()
    await award.fetch_related("challenge", "solution")
    if award.status is not AwardStatus.SIGNED:
        return award, None
    return award, await MilestoneReport.get_or_none(award_id=award_id, verdict=None)


async def _tell(
    challenge: Challenge, award: ChallengeAward, organisation_id: UUID, words: str, now: datetime
) -> None:
    await notify(
        words,
        now=now,
        address=f"/challenges/{challenge.number}/awards/{award.id}",
        organisation_id=organisation_id,
        roles=DECIDING,
    )
