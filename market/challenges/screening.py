"""Whether a submitted challenge is listed: by the operator for a firm, by two persons for the public side."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from market.accounts.messages import notify
from market.accounts.models import MemberRole, Organisation, StaffRole
from market.accounts.relations import require_unrelated
from market.challenges.annexes import annex_marks
from market.challenges.challenge_terms import ChallengeTerms
from market.challenges.clock import set_hours
from market.challenges.drafting import rejection_reasons
from market.challenges.models import Challenge, ChallengeRuling, PublishedTerms
from market.challenges.queries import lock_challenge, open_ruling, terms_of
from market.challenges.reminders import set_reminders
from market.challenges.rules import FEWEST_WORDS, POINTS_TO_LIST, listing_faults
from market.challenges.rulings import lock_ruling, settle_ruling, write_ruling
from market.challenges.screening_panel import KIND, argument_verdict
from market.challenges.states import (
    ChallengeAct,
    ChallengeAction,
    ChallengeStatus,
    EndReason,
    Kind,
    Ruling,
)
from market.codes.holidays import Calendar
from market.kit.clock import end_of_day, local_date
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid
from market.kit.i18n import gettext as _
from market.kit.terms import to_content
from market.notices.models import DayKind
from market.notices.periods import period_end, publication_region
from market.panels.rounds import round_over
from market.records.by import By
from market.records.decisions import Verdict
from market.records.transitions import transition
from market.search.outbox import enqueue

RESULT_DAYS = 30
"""Working days after the deadline within which the result is told (D)."""
LISTINGS = (Ruling.LIST, Ruling.REJECT)


@atomic()
async def send_back(number: str, reason: str, *, by: By) -> Challenge:
    """Return a submitted challenge to its owner, with the reason.

    Raises:
        Conflict: experts judge it already, or a decision about it waits.
        Invalid: there is no reason.
    """
    challenge = await _lock_submitted(number, by)
    if await round_over(KIND, challenge.id) is not None:
        raise Conflict(_("这张榜已列入论证评审，不能退回修改；按评审结论张榜或不予张榜。"))
    await _require_none_open(challenge)
    if len(reason.strip()) < FEWEST_WORDS:
        raise Invalid(_("退回时请写明要改什么，至少 %(n)s 个字。", n=FEWEST_WORDS), field="text")
    note = reason.strip()[:500]
    await transition(
        challenge, ChallengeAction.RETURN, by=by, note=note[:300], changes={"return_reason": note}
    )
    await _tell_owner(challenge, _("榜单 %(number)s 已退回修改，请看理由。", number=challenge.number), by)
    return challenge


@atomic()
async def list_of_firm(number: str, *, calendar: Calendar, by: By) -> Challenge:
    """List a firm's challenge: it is public from now on and never taken back.

    Raises:
        Conflict: it is a government list, which two persons decide on.
        Invalid: its terms do not hold, or the deadline is too near by now.
    """
    challenge = await _lock_submitted(number, by)
    if challenge.kind is not Kind.ENTERPRISE:
        raise Conflict(_("政府榜由平台提出、批准人决定。"))
    await _publish(challenge, calendar=calendar, by=by)
    return challenge


@atomic()
async def reject_of_firm(number: str, reason: EndReason | None, text: str, *, by: By) -> Challenge:
    """Reject a firm's challenge, with the reason."""
    challenge = await _lock_submitted(number, by)
    if challenge.kind is not Kind.ENTERPRISE:
        raise Conflict(_("政府榜由平台提出、批准人决定。"))
    await _reject(challenge, _checked_reason(text, reason), text, by)
    return challenge


@atomic()
async def propose(
    number: str, ruling: Ruling, text: str, *, end_reason: EndReason | None = None, by: By
) -> ChallengeRuling:
    """Propose to list or to reject a government list, by what the experts concluded.

    Raises:
        Conflict: the experts have not concluded, or did not support it, or a proposal waits already.
        Invalid: a rejection has no reason, or the terms do not hold.
    """
    challenge = await _lock_submitted(number, by)
    if challenge.kind is not Kind.GOVERNMENT:
        raise Conflict(_("企业榜由平台直接办理。"))
    await _require_none_open(challenge)
    if ruling is Ruling.LIST:
        await _require_supported(challenge)
        _require_listable(challenge, by)
        end_reason = None
    else:
        end_reason = _checked_reason(text, end_reason)
    return await write_ruling(
        challenge,
        ruling,
        text,
        decider=StaffRole.APPROVER,
        address=f"/admin/challenges/{challenge.number}",
        end_reason=end_reason,
        by=by,
    )


@atomic()
async def decide_ruling(
    ruling_id: UUID, verdict: Verdict, *, reason: str = "", calendar: Calendar, by: By
) -> Challenge:
    """Decide on what another person proposed about a government list; a confirmed proposal is carried out.

    Raises:
        SamePerson: they proposed it.
        Conflict: it was decided, or the challenge has moved on.
    """
    by.actor.require(ChallengeAct.DECIDE_CHALLENGE)
    challenge, proposal = await lock_ruling(ruling_id, LISTINGS)
    if not await settle_ruling(challenge, proposal, verdict, reason, by=by):
        return challenge
    if proposal.ruling is Ruling.LIST:
        await _publish(challenge, calendar=calendar, by=by)
    else:
        await _reject(challenge, proposal.end_reason or EndReason.NOT_ARGUED, proposal.text, by)
    return challenge


async def _publish(challenge: Challenge, *, calendar: Calendar, by: By) -> None:
    _require_listable(challenge, by)
    terms = terms_of(challenge)
    owner = await Organisation.get(id=challenge.owner_id)
    await keep_published_terms(challenge, terms, version=1, by=by)
    assert terms.deadline_at is not None  # noqa: S101 -- `listing_faults` asks for it
    await transition(
        challenge,
        ChallengeAction.LIST,
        by=by,
        changes={
            "version": 1,
            "terms_hash": terms.content_hash,
            "published_at": by.now,
            "result_due_at": result_due(terms.deadline_at, owner.region, calendar),
            "return_reason": "",
        },
        terms=terms.content_hash,
        annexes=await annex_marks(challenge.id),
    )
    await set_hours(challenge)
    await set_reminders(challenge)
    if challenge.need_id is not None:
        await enqueue("needs", challenge.need_id)
    await _tell_owner(challenge, _("榜单 %(number)s 已张榜。", number=challenge.number), by)


async def keep_published_terms(challenge: Challenge, terms: ChallengeTerms, *, version: int, by: By) -> None:
    """Keep a version of the terms as it is published, for ever."""
    await PublishedTerms.create(
        id=uuid4(),
        challenge_id=challenge.id,
        version=version,
        content=to_content(terms),
        content_hash=terms.content_hash,
        published_by_id=by.actor.user_id,
        published_at=by.now,
    )


def result_due(deadline_at: datetime, region: str, calendar: Calendar) -> datetime | None:
    """Return until when the result is told; None where the calendar does not reach so far."""
    last = period_end(
        local_date(deadline_at),
        RESULT_DAYS,
        DayKind.WORKING,
        region=publication_region(region),
        calendar=calendar,
    )
    return end_of_day(last) if last else None


async def _reject(challenge: Challenge, reason: EndReason, text: str, by: By) -> None:
    words = text.strip()[:300]
    changes = {"end_reason": reason, "return_reason": words}
    await transition(challenge, ChallengeAction.REJECT, by=by, note=words, changes=changes, reason=reason)
    await _tell_owner(challenge, _("榜单 %(number)s 不予张榜，请看理由。", number=challenge.number), by)


async def _lock_submitted(number: str, by: By) -> Challenge:
    by.actor.require(ChallengeAct.SCREEN_CHALLENGE)
    challenge = await lock_challenge(number)
    await require_unrelated(by, [challenge.owner_id])
    if challenge.status is not ChallengeStatus.COLLECTING:
        raise Conflict(str(challenge.workflow.refusal))
    return challenge


async def _require_none_open(challenge: Challenge) -> None:
    if await open_ruling(challenge.id) is not None:
        raise Conflict(_("已有一项决定等批准人处理。"))


async def _require_supported(challenge: Challenge) -> None:
    """Raise unless experts have concluded and support the listing."""
    verdict = await argument_verdict(challenge.id)
    if verdict.blocks_computation:
        raise Conflict(verdict.blocks_computation)
    if not verdict.is_concluded or verdict.points is None:
        raise Conflict(_("政府榜先由专家论证，结论作出后才能提出张榜。"))
    if verdict.points < POINTS_TO_LIST:
        words = _(
            "专家论证 %(points)s 分，低于 %(least)s 分，不能张榜。",
            points=verdict.shown_points,
            least=POINTS_TO_LIST,
        )
        raise Conflict(words)


def _require_listable(challenge: Challenge, by: By) -> None:
    if faults := listing_faults(terms_of(challenge), by.now):
        raise Invalid(faults[0][1])


def _checked_reason(text: str, reason: EndReason | None) -> EndReason:
    """Return why a challenge is rejected, once it is also told in words."""
    if reason is None or reason not in rejection_reasons():
        raise Invalid(_("请选择不予张榜的原因。"), field="end_reason")
    if len(text.strip()) < FEWEST_WORDS:
        raise Invalid(_("请写明理由，至少 %(n)s 个字。", n=FEWEST_WORDS), field="text")
    return reason


async def _tell_owner(challenge: Challenge, words: str, by: By) -> None:
    await notify(
        words,
        now=by.now,
        address=f"/challenges/{challenge.number}",
        organisation_id=challenge.owner_id,
        roles=(MemberRole.ADMIN, MemberRole.AGENT),
    )
