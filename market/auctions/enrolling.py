"""Enrolment in an auction: the undertaking for its very terms, the authorisation, a claim to priority."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID, uuid4

from market.accounts.models import Organisation
from market.accounts.relations import require_unrelated
from market.auctions.failures import tell_organiser
from market.auctions.hours import watch_deposits_from
from market.auctions.models import Auction, AuctionRuling, Enrolment
from market.auctions.queries import lock_auction, sides_of
from market.auctions.states import (
    AuctionAct,
    AuctionStatus,
    EnrolmentAction,
    EnrolmentVerb,
    PriorityClaim,
    PriorityMode,
    Ruling,
)
from market.audit.log import record
from market.files.attachments import StoredBlob, attach
from market.files.models import Tier
from market.integrity.models import Scope
from market.integrity.related_parties import relation_between
from market.integrity.sanction_acts import require_clear
from market.kit.database import atomic
from market.kit.errors import Conflict, Forbidden, Invalid
from market.kit.i18n import gettext as _
from market.records.by import By
from market.records.decisions import Verdict
from market.records.transitions import begin, transition


class Related(Forbidden):
    """The bidder is related to the seller (关联关系) and may not bid."""


@dataclass(frozen=True)
class Application:
    """What a bidder declares."""

    terms_hash: str
    """Of the terms that were read and are undertaken (竞买承诺)."""
    priority_claim: PriorityClaim = PriorityClaim.NONE
    priority_reason: str = ""
    waits_second: bool = False


async def enrol(number: str, application: Application, mandate: StoredBlob, *, by: By) -> Enrolment:
    """Enrol the person's organisation; the person is its authorised agent, who alone bids.

    The check of sanctions is stored even if the enrolment is refused.

    Raises:
        Conflict: enrolment is over, the terms are other ones, or the organisation is enrolled already.
        Related: the organisation, or the person, is related to the seller.
        Barred: a sanction bars the organisation from auctions.
    """
    by.actor.require(AuctionAct.ENROL)
    organisation = await Organisation.get(id=by.actor.organisation_id)
    enrolment_id = uuid4()
    await require_clear(
        organisation.uscc,
        Scope.AUCTION,
        occasion="enrolment",
        reference_kind="enrolment",
        reference_id=enrolment_id,
        now=by.now,
    )
    return await _enrol(number, application, mandate, organisation, enrolment_id, by=by)


@atomic()
async def _enrol(
    number: str,
    application: Application,
    mandate: StoredBlob,
    organisation: Organisation,
    enrolment_id: UUID,
    *,
    by: By,
) -> Enrolment:
    auction = await lock_auction(number)
    if auction.status is not AuctionStatus.ENROLLING or by.now >= auction.enrol_until:
        raise Conflict(_("现在不能报名：报名已截止，或者还没有开始。"))
    if application.terms_hash != auction.terms_hash:
        raise Conflict(_("竞价条件与您看到的不同，请看过现在的条件再承诺。"))
    await _require_eligible(auction, organisation, by)
    claim, reason = _priority(auction, application)
    stored = await attach(
        mandate,
        subject_kind="enrolment",
        subject_id=enrolment_id,
        kind="mandate",
        tier=Tier.PARTIES,
        by=by,
    )
    enrolment = await Enrolment.create(
        id=enrolment_id,
        auction_id=auction.id,
        organisation_id=organisation.id,
        person_id=by.actor.user_id,
        terms_hash=auction.terms_hash,
        mandate_id=stored.id,
        priority_claim=claim,
        priority_reason=reason,
        waits_second=application.waits_second,
        applied_at=by.now,
    )
    await begin(enrolment, by=by)
    await record(
        "enrolment",
        enrolment.id,
        EnrolmentVerb.APPLIED,
        by=by,
        auction=auction.id,
        terms=auction.terms_hash,
        mandate=stored.sha256,
        organisation=organisation.id,
        waits_second=application.waits_second,
        priority_claim=claim.value,
    )
    await tell_organiser(auction, _("竞价 %(number)s 有新的报名，请审核。", number=auction.number), by=by)
    return enrolment


@atomic()
async def withdraw(number: str, enrolment_id: UUID, *, by: By) -> Enrolment:
    """Take an enrolment back that was not decided yet."""
    by.actor.require(AuctionAct.ENROL)
    auction = await lock_auction(number)
    enrolment = await Enrolment.filter(id=enrolment_id, auction_id=auction.id).select_for_update().first()
    if enrolment is None or enrolment.person_id != by.actor.user_id:
        raise Forbidden(_("报名由报名的人撤回。"))
    await transition(enrolment, EnrolmentAction.WITHDRAW, by=by)
    await watch_deposits_from(auction, by.now)
    return enrolment


async def _require_eligible(auction: Auction, organisation: Organisation, by: By) -> None:
    """Raise unless the organisation may bid: no party to the auction, no relation of one, no defaulter."""
    if organisation.id in sides_of(auction):
        raise Forbidden(_("转让方和组织方不能参加竞价。"))
    mine = Enrolment.filter(auction_id=auction.id)
    if await mine.filter(organisation_id=organisation.id).exists():
        raise Conflict(_("贵单位已经报名。"))
    if await mine.filter(person_id=by.actor.user_id).exists():
        raise Conflict(_("您已代表另一单位报名，一人不能代表两家。"))
    # Whether or not it is linked: the same lot may have been held again more than once.
    if await AuctionRuling.exists(
        auction__outcome_id=auction.outcome_id,
        ruling=Ruling.DEFAULT,
        verdict=Verdict.CONFIRMED,
        enrolment__organisation_id=organisation.id,
    ):
        raise Forbidden(_("贵单位在这项成果以前的竞价中悔约，不能参加重新竞价。"))
    holder = await Organisation.get(id=auction.holder_id)
    words = await relation_between(holder.uscc or "", organisation.uscc or "")
    if words:
        raise Related(
            _(
                "贵单位与转让方存在关联关系（%(words)s），不能参加本次竞价。如有异议可申请复核。",
                words=words,
            )
        )
    await require_unrelated(by, [auction.holder_id])


def _priority(auction: Auction, application: Application) -> tuple[PriorityClaim, str]:
    claim = application.priority_claim
    if claim is PriorityClaim.NONE:
        return claim, ""
    if auction.priority is PriorityMode.NONE:
        raise Invalid(_("这场竞价没有同价优先。"), field="priority_claim")
    reason = application.priority_reason.strip()
    if not reason:
        raise Invalid(_("请写明优先权的依据。"), field="priority_reason")
    return claim, reason[:300]
