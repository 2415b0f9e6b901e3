"""The deal of each agreed award: opened at its price, followed to the signing, ended where nobody signs."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from tortoise.expressions import Q

from market.accounts.messages import notify
from market.audit.log import record
from market.challenges.award_plans import offer_terms, read_plan
from market.challenges.challenge_terms import WHOLE, ChallengeTerms
from market.challenges.models import Challenge
from market.challenges.queries import lock_challenge, terms_of
from market.challenges.selection_models import ChallengeAward
from market.challenges.selection_queries import DECIDING, lock_awards, require_judge
from market.challenges.selection_rules import FIRST
from market.challenges.selection_states import AwardAction, AwardStatus, AwardVerb
from market.challenges.states import ChallengeAction, ChallengeStatus
from market.deals.awards import end_awarded, open_chosen
from market.deals.models import Deal
from market.deals.states import BEFORE_SIGNING, DealStatus
from market.kit.clock import end_of_day, local_date
from market.kit.database import atomic
from market.kit.errors import Conflict, NotFound
from market.kit.formats import end_of
from market.kit.i18n import gettext as _
from market.kit.i18n import source_text
from market.records.by import By
from market.records.moments import set_moment
from market.records.transitions import transition

SIGN_DUE = "challenges.sign_due"
"""The moment of an award at which its time to sign is over."""
SIGNED = "challenges.deal_signed"
"""The moment of an award at which its contract was signed, to be written down at once."""
RUNNING = (AwardStatus.PROPOSED, AwardStatus.AGREED, AwardStatus.SIGNED)


async def open_deals(challenge: Challenge, by: By) -> None:
    """Open the deals of the agreed awards of a locked challenge; a package waits for the one before it."""
    terms = terms_of(challenge)
    awards = await lock_awards(challenge.id)
    for award in awards:
        if award.status is AwardStatus.AGREED and award.deal_id is None and _is_due(terms, award, awards):
            await _open(challenge, terms, award, by)


def _is_due(terms: ChallengeTerms, award: ChallengeAward, awards: list[ChallengeAward]) -> bool:
    """Return whether the package that comes before an award's has been accepted."""
    package = award.solution.package
    before = terms.packages[package - 1].after if package != WHOLE else 0
    if not before:
        return True
    earlier = [row for row in awards if row.solution.package == before and row.status not in _OUT]
    return bool(earlier) and all(row.status is AwardStatus.ACCEPTED for row in earlier)


_OUT = (AwardStatus.DECLINED, AwardStatus.LAPSED, AwardStatus.ENDED, AwardStatus.DROPPED)


async def _open(challenge: Challenge, terms: ChallengeTerms, award: ChallengeAward, by: By) -> None:
    if award.solver_agreed_by_id is None:
        raise RuntimeError("an agreed award has somebody who agreed for the solver")
    title, package = challenge.title, award.solution.package
    if package != WHOLE:
        title = f"{title}：{terms.package_name(package)}"
    note = _("揭榜 %(number)s，方案 %(n)s。", number=challenge.number, n=award.solution.place)
    deal = await open_chosen(
        subject_kind="challenge",
        subject_id=challenge.id,
        title=title[:200],
        seller_id=award.solution.organisation_id,
        buyer_id=challenge.owner_id,
        made_by_id=award.solver_agreed_by_id,
        terms=offer_terms(terms, read_plan(award.plan), note),
        note=note,
        by=by,
    )
    award.deal_id = deal.id
    award.sign_by = end_of_day(local_date(by.now) + timedelta(days=terms.sign_days))
    await award.save(update_fields=["deal_id", "sign_by"])
    await set_moment(award.record_kind, award.id, SIGN_DUE, award.sign_by)
    await record(award.record_kind, award.id, AwardVerb.DEALT, by=by, deal=deal.number)


@atomic()
async def remind_to_sign(award_id: UUID, *, now: datetime) -> bool:
    """Tell both sides that the time to sign is over. Idempotent."""
    award = await ChallengeAward.filter(id=award_id).select_for_update().get()
    if award.status is not AwardStatus.AGREED or award.sign_by is None or now < award.sign_by:
        return False
    await award.fetch_related("challenge", "solution")
    words = _("榜单 %(number)s 的入选方案没有按期签约。", number=award.challenge.number)
    for organisation_id in (award.challenge.owner_id, award.solution.organisation_id):
        await notify(
            words,
            now=now,
            address=f"/challenges/{award.challenge.number}/awards/{award.id}",
            organisation_id=organisation_id,
            roles=DECIDING,
        )
    return True


@atomic()
async def lapse(number: str, award_id: UUID, *, by: By) -> ChallengeAward:
    """Record that a solver did not sign in time: the deal ends, the next in rank may step in.

    Raises:
        Forbidden: the person does not judge this challenge.
        Conflict: it was signed, or the time is not over.
    """
    challenge = await lock_challenge(number)
    require_judge(by.actor, challenge)
    award = await ChallengeAward.filter(id=award_id, challenge_id=challenge.id).select_for_update().first()
    if award is None:
        raise NotFound(_("没有这项入选，或者您不能查看它。"))
    if award.status is not AwardStatus.AGREED or award.sign_by is None or award.deal_id is None:
        raise Conflict(str(award.workflow.refusal))
    if by.now < award.sign_by:
        raise Conflict(_("签约期限（%(until)s）还没有到。", until=end_of(award.sign_by)))
    words = source_text(_("揭榜方没有按期签约"))
    await end_awarded(award.deal_id, comment=words, by=by)
    return await transition(award, AwardAction.LAPSE, by=by, note=words, changes={"reason": words})


async def follow_deals(now: datetime) -> int:
    """Write down what became of the awards' deals: signed, ended before, or rescinded. Idempotent."""
    waiting = ChallengeAward.filter(
        Q(status=AwardStatus.AGREED, deal__status__not_in=list(BEFORE_SIGNING))
        | Q(status=AwardStatus.SIGNED, deal__status=DealStatus.RESCINDED)
    )
    rows = await waiting.select_related("challenge").order_by("id")
    return sum([await _follow(row.challenge.number, row.id, now) for row in rows])


async def follow_soon(deal_id: UUID, now: datetime) -> None:
    """Have a signed deal followed within seconds: whoever signs holds the deal, not yet the award."""
    for award_id in await ChallengeAward.filter(deal_id=deal_id).values_list("id", flat=True):
        await set_moment(ChallengeAward.record_kind, UUID(str(award_id)), SIGNED, now)


async def follow_award(award_id: UUID, *, now: datetime) -> bool:
    """Write down what became of the deal of one award. Idempotent."""
    award = await ChallengeAward.get(id=award_id).select_related("challenge")
    return await _follow(award.challenge.number, award_id, now)


@atomic()
async def _follow(number: str, award_id: UUID, now: datetime) -> bool:
    challenge, by = await lock_challenge(number), By.job(now)
    award = await ChallengeAward.filter(id=award_id).select_for_update().get()
    if award.deal_id is None:
        return False
    deal = await Deal.get(id=award.deal_id)
    if award.status is AwardStatus.SIGNED:
        if deal.status is not DealStatus.RESCINDED:
            return False
        words = source_text(_("合同解除"))
        await transition(award, AwardAction.FAIL, by=by, note=words, changes={"reason": words})
        await settle_execution(challenge, by)
        return True
    if award.status is not AwardStatus.AGREED or deal.status in BEFORE_SIGNING:
        return False
    if deal.status is DealStatus.TERMINATED:
        words = source_text(_("签约前交易终止"))
        await transition(award, AwardAction.LAPSE, by=by, note=words, changes={"reason": words})
        return True
    await transition(award, AwardAction.SIGN, by=by, deal=deal.number)
    if challenge.status is ChallengeStatus.CONTRACTED:
        await transition(challenge, ChallengeAction.EXECUTE, by=by)
    return True


async def settle_execution(challenge: Challenge, by: By) -> None:
    """End a challenge once nothing of it runs: accepted where something was, else failed.

    The first stage of a race with an accepted team waits for the choice of who goes on.
    """
    if challenge.status is not ChallengeStatus.EXECUTING:
        return
    await open_deals(challenge, by)
    awards = await ChallengeAward.filter(challenge_id=challenge.id)
    if any(award.status in RUNNING for award in awards):
        return
    is_accepted = any(award.status is AwardStatus.ACCEPTED for award in awards)
    if challenge.race_lanes and is_accepted and all(award.stage == FIRST for award in awards):
        return
    if challenge.race_lanes:
        is_accepted = any(award.status is AwardStatus.ACCEPTED and award.stage != FIRST for award in awards)
    action = ChallengeAction.ACCEPT if is_accepted else ChallengeAction.FAIL
    await transition(challenge, action, by=by)
