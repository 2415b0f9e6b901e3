"""A later deadline: once, before the deadline, with a reason that is published and told to who writes.

An owner extends a firm's list; of a government list the operator proposes it and the approver decides.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from market.accounts.messages import OrganisationNotice, notify_organisations
from market.accounts.models import MemberRole, Organisation, StaffRole
from market.accounts.relations import require_unrelated
from market.audit.log import record
from market.challenges.clock import set_hours
from market.challenges.deadlines import deadline_words, takes_solutions
from market.challenges.models import Challenge, ChallengeRuling
from market.challenges.queries import lock_challenge, open_extension, terms_of
from market.challenges.reminders import set_reminders
from market.challenges.rules import FEWEST_WORDS
from market.challenges.rulings import lock_ruling, settle_ruling, write_ruling
from market.challenges.screening import keep_published_terms, result_due
from market.challenges.solution_models import ChallengeExtension, Solution
from market.challenges.solution_states import SolutionStatus
from market.challenges.states import TAKING, ChallengeAct, ChallengeVerb, Kind, Ruling
from market.challenges.watching import tell_watchers
from market.codes.holidays import Calendar
from market.kit.database import atomic
from market.kit.errors import Conflict, Forbidden, Invalid, NotFound
from market.kit.i18n import gettext as _
from market.records.by import By
from market.records.decisions import Verdict

MOST = timedelta(days=60)
"""By which a deadline moves at most (A)."""
EXTENDING = (SolutionStatus.DRAFT, SolutionStatus.SUBMITTED)


@atomic()
async def extend(
    number: str, until: datetime, reason: str, *, arrived_at: datetime, calendar: Calendar, by: By
) -> Challenge:
    """Move the deadline of an own challenge, once; everybody who writes a solution is told.

    Raises:
        Conflict: it is too late, it was extended before, or two persons decide about a government list.
        Invalid: at `until` or `reason`.
    """
    by.actor.require(ChallengeAct.DRAFT_CHALLENGE)
    challenge = await lock_challenge(number)
    if not by.actor.acts_for(challenge.owner_id):
        raise NotFound(_("没有这张榜，或者您不能查看它。"))
    if challenge.kind is Kind.GOVERNMENT:
        raise Forbidden(public_refusal())
    await require_extendable(challenge, until, reason, arrived_at)
    await carry_out(challenge, until, reason, calendar=calendar, by=by)
    return challenge


def public_refusal() -> str:
    """Return what an owner reads who wants to extend a government list alone."""
    return _("政府榜的延期由平台提出、批准人决定。")


@atomic()
async def propose_extension(
    number: str, until: datetime, reason: str, *, arrived_at: datetime, by: By
) -> ChallengeRuling:
    """Propose a later deadline of a government list; what nobody decides before the deadline lapses.

    Raises:
        Conflict: it is a firm's list, it is too late, it was extended before, or a proposal waits.
        Invalid: at `until` or `reason`.
    """
    by.actor.require(ChallengeAct.SCREEN_CHALLENGE)
    challenge = await lock_challenge(number)
    if challenge.kind is not Kind.GOVERNMENT:
        raise Conflict(_("企业榜由发榜方自己延期。"))
    await require_unrelated(by, [challenge.owner_id])
    await require_extendable(challenge, until, reason, arrived_at)
    if await open_extension(challenge, by.now) is not None:
        raise Conflict(_("已有一项延期等批准人决定。"))
    return await write_ruling(
        challenge,
        Ruling.EXTEND,
        reason,
        decider=StaffRole.APPROVER,
        address=f"/admin/challenges/{number}",
        until_at=until,
        by=by,
    )


@atomic()
async def decide_extension(
    ruling_id: UUID,
    verdict: Verdict,
    *,
    arrived_at: datetime,
    reason: str = "",
    calendar: Calendar,
    by: By,
) -> Challenge:
    """Decide on a later deadline of a government list that another person proposed.

    Raises:
        SamePerson: they proposed it.
        Conflict: it was decided, or it lapsed: the deadline is over.
    """
    by.actor.require(ChallengeAct.DECIDE_CHALLENGE)
    challenge, proposal = await lock_ruling(ruling_id, (Ruling.EXTEND,))
    until = proposal.until_at
    assert until is not None  # noqa: S101 -- the database asks for it
    await require_extendable(challenge, until, proposal.text, arrived_at)
    if await settle_ruling(challenge, proposal, verdict, reason, by=by):
        await carry_out(challenge, until, proposal.text, calendar=calendar, by=by)
    return challenge


async def may_be_extended(challenge: Challenge, now: datetime) -> bool:
    """Return whether a later deadline of a government list can be proposed now."""
    return (
        challenge.kind is Kind.GOVERNMENT
        and challenge.status in TAKING
        and challenge.deadline_at is not None
        and now < challenge.deadline_at
        and await open_extension(challenge, now) is None
        and not await ChallengeExtension.exists(challenge_id=challenge.id)
    )


async def require_extendable(
    challenge: Challenge, until: datetime, reason: str, arrived_at: datetime
) -> None:
    """Raise unless the deadline of a locked challenge can be moved to this moment now."""
    deadline = challenge.deadline_at
    if (
        deadline is None
        or arrived_at >= deadline
        or not takes_solutions(
            challenge.status, arrived_at, min(challenge.opens_at or arrived_at, arrived_at), deadline
        )
    ):
        raise Conflict(_("揭榜已经截止，不能再延期。"))
    if await ChallengeExtension.exists(challenge_id=challenge.id):
        raise Conflict(_("一张榜只能延期一次，这张已经延过。"))
    if until <= deadline:
        raise Invalid(
            _("只能延后，不能提前：现在的截止是 %(at)s。", at=deadline_words(deadline)), field="deadline_on"
        )
    if until > deadline + MOST:
        raise Invalid(_("最多延后 %(n)s 天。", n=MOST.days), field="deadline_on")
    if len(reason.strip()) < FEWEST_WORDS:
        raise Invalid(_("请写明为什么延期，至少 %(n)s 个字，页面上会公布。", n=FEWEST_WORDS), field="reason")


async def carry_out(
    challenge: Challenge, until: datetime, reason: str, *, calendar: Calendar, by: By
) -> None:
    """Write the later deadline of a locked challenge as a new version of its terms, and tell who writes."""
    assert challenge.deadline_at is not None  # noqa: S101 -- `require_extendable` asked for it
    owner = await Organisation.get(id=challenge.owner_id)
    await ChallengeExtension.create(
        id=uuid4(),
        challenge_id=challenge.id,
        old_deadline_at=challenge.deadline_at,
        new_deadline_at=until,
        reason=reason.strip()[:300],
        extended_by_id=by.actor.user_id,
        extended_at=by.now,
    )
    challenge.deadline_at = until
    challenge.version += 1
    terms = terms_of(challenge)
    challenge.terms_hash = terms.content_hash
    challenge.result_due_at = result_due(until, owner.region, calendar)
    challenge.updated_at = by.now
    columns = ["deadline_at", "version", "terms_hash", "result_due_at", "updated_at"]
    await keep_published_terms(challenge, terms, version=challenge.version, by=by)
    await challenge.save(update_fields=columns)
    await record("challenge", challenge.id, ChallengeVerb.EXTENDED, by=by, terms=terms.content_hash)
    await set_hours(challenge)
    await set_reminders(challenge)
    writing = Solution.filter(challenge_id=challenge.id, status__in=list(EXTENDING))
    told = {UUID(str(value)) for value in await writing.values_list("organisation_id", flat=True)}
    if not by.actor.acts_for(challenge.owner_id):
        told.add(challenge.owner_id)
    words = _("榜单 %(number)s 延期到 %(at)s。", number=challenge.number, at=deadline_words(until))
    await notify_organisations(
        [
            OrganisationNotice(organisation_id, words, f"/challenges/{challenge.number}")
            for organisation_id in sorted(told)
        ],
        roles=(MemberRole.ADMIN, MemberRole.AGENT),
        now=by.now,
    )
    await tell_watchers(challenge, words, now=by.now)
