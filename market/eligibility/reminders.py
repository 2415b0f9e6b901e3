"""Before a call closes, those who may apply and have not are reminded: four weeks, one week, one day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from market.accounts.messages import OrganisationNotice, count_members, notify_organisations
from market.claims.models import Claim
from market.claims.states import ENDED, ClaimStatus
from market.eligibility.runs import enqueue_run
from market.eligibility.states import REMINDED, Answer
from market.eligibility.telling import WHO
from market.kit.database import atomic, connection
from market.kit.formats import closing_words, moment
from market.kit.i18n import gettext as _
from market.programmes.call_models import Call
from market.programmes.call_queries import window_of
from market.programmes.call_windows import CallWindow, WindowState, reminder_moments
from market.records.by import By
from market.records.moments import set_moment

REMIND = "eligibility.remind"
"""Act that falls due at a moment of a call."""
_DUE = """
SELECT r.organisation_id, r.answer FROM eligibility_records r JOIN calls k ON k.id = r.call_id
WHERE r.call_id = $1 AND r.answer = ANY($2::text[]) AND NOT EXISTS (SELECT 1 FROM claims c
    WHERE c.applicant_id = r.organisation_id AND c.programme_id = k.programme_id AND c.year = k.year
    AND c.status <> ALL($3::text[]))
AND NOT EXISTS (SELECT 1 FROM call_reminders m WHERE m.call_id = r.call_id
    AND m.organisation_id = r.organisation_id AND m.closes_at = $4 AND m.days <= $5)
ORDER BY r.organisation_id
"""
_REMIND = """
INSERT INTO call_reminders (call_id, closes_at, organisation_id, days, recipients, sent_at)
SELECT $1, $2, organisation_id, $3, recipients, $4
FROM unnest($5::uuid[], $6::int[]) AS due (organisation_id, recipients) ON CONFLICT DO NOTHING
RETURNING organisation_id
"""


async def on_call(call_id: UUID, by: By) -> None:
    """Follow a call that was released or closes at another moment.

    Its reminders are set, who has a draft is told, and all organisations are judged again.
    """
    window = await window_of(call_id)
    if window is None:
        return
    await _set_next(window, by.now)
    await _tell_drafts(window, by.now)
    await enqueue_run(by.now, is_anew=True)


async def _set_next(window: CallWindow, now: datetime) -> None:
    coming = [at for _days, at in reminder_moments(window.opens_at, window.closes_at) if at > now]
    await set_moment("call", window.id, REMIND, min(coming, default=None))


async def _tell_drafts(window: CallWindow, now: datetime) -> None:
    drafts = await Claim.filter(
        programme__slug=window.programme, year=window.year, status=ClaimStatus.DRAFT
    ).order_by("number")
    text = _(
        "申报通知 %(number)s：%(opens)s 起受理，%(closes)s 截止，请在此期间提交申报草稿。",
        number=window.number,
        opens=moment(window.opens_at),
        closes=closing_words(window.closes_at),
    )
    notices = [OrganisationNotice(draft.applicant_id, text, f"/claims/{draft.number}") for draft in drafts]
    await notify_organisations(notices, roles=WHO, now=now)


@atomic()
async def remind_due(call_id: UUID, *, now: datetime) -> bool:
    """Remind of a call what is due, the nearest alone, and set the next moment. Idempotent."""
    window = await window_of(call_id)
    if window is None or window.state(now) is not WindowState.OPEN:
        return False
    await _set_next(window, now)
    due = [days for days, at in reminder_moments(window.opens_at, window.closes_at) if at <= now]
    return bool(due) and bool(await _remind(window, min(due), now))


async def _remind(window: CallWindow, days: int, now: datetime) -> int:
    submitted = [*ENDED, ClaimStatus.DRAFT]
    rows = await connection().execute_query_dict(
        _DUE, [window.id, [*REMINDED], submitted, window.closes_at, days]
    )
    if not rows:
        return 0
    answers = {UUID(str(row["organisation_id"])): Answer(row["answer"]) for row in rows}
    members = await count_members(list(answers), roles=WHO)
    written = await connection().execute_query_dict(
        _REMIND,
        [
            window.id,
            window.closes_at,
            days,
            now,
            list(answers),
            [members.get(organisation_id, 0) for organisation_id in answers],
        ],
    )
    call = await Call.get(id=window.id).select_related("programme")
    due = [UUID(str(row["organisation_id"])) for row in written]
    await notify_organisations(_notices(call, window, due, answers), roles=WHO, now=now)
    return len(due)


def _notices(
    call: Call, window: CallWindow, due: Sequence[UUID], answers: dict[UUID, Answer]
) -> list[OrganisationNotice]:
    texts = {
        Answer.MET: _(
            "“%(name)s”%(closes)s 截止：按记录贵单位符合，还没有申报。",
            name=_(call.programme.name),
            closes=closing_words(window.closes_at),
        ),
        Answer.STEP: _(
            "“%(name)s”%(closes)s 截止：按记录贵单位还差一步，补上就能申报。",
            name=_(call.programme.name),
            closes=closing_words(window.closes_at),
        ),
    }
    address = f"/policies/check#{call.programme.slug}"
    return [
        OrganisationNotice(organisation_id, texts[answers[organisation_id]], address)
        for organisation_id in due
    ]
