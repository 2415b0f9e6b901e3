"""Certificates of exchanges (挂牌交易凭证): a listing found the price; the operator confirms it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid4

from tortoise.expressions import Q

from market.accounts.relations import require_unrelated
from market.audit.log import record
from market.deals.files import CERTIFICATE
from market.deals.messages import DECIDING_ROLES, notify_both_parties
from market.deals.models import Deal, ExchangeCertificate, Pricing, Side
from market.deals.queries import fetch_parties, lock_deal_for
from market.deals.states import DealAct, DealStatus, DealVerb
from market.files.attachments import StoredBlob, attach
from market.files.models import Tier
from market.kit.clock import local_date
from market.kit.database import atomic
from market.kit.errors import Conflict, Forbidden, Invalid, NotFound
from market.kit.formats import yuan
from market.kit.i18n import gettext as _
from market.kit.money import Money
from market.notices.queries import find_notice
from market.records.by import By
from market.records.decisions import Verdict, decide

CERTIFIABLE = (
    DealStatus.PRICED,
    DealStatus.TO_SIGN,
    DealStatus.SIGNED,
    DealStatus.REGISTERED,
    DealStatus.PAYING,
    DealStatus.COMPLETED,
)
"""A price is agreed; a certificate may come after the signature, and none after a publicity of the price."""


@dataclass(frozen=True)
class CertificateEntry:
    """What an exchange's certificate says."""

    exchange: str
    number: str
    dated_on: date
    price: Money


def may_be_certified(deal: Deal) -> bool:
    """Return whether a certificate of an exchange could make the price a listed one."""
    return deal.pricing is Pricing.AGREED and deal.status in CERTIFIABLE


@atomic()
async def submit_certificate(
    number: str, entry: CertificateEntry, blob: StoredBlob, *, by: By
) -> ExchangeCertificate:
    """Submit an exchange's certificate of the deal's price with its file, for the seller.

    Raises:
        Forbidden: the person acts for the buyer.
        Invalid: at the field that does not fit: another price, a day to come.
        Conflict: the price is not agreed or was found otherwise, or a certificate stands already.
    """
    by.actor.require(DealAct.SUBMIT_CERTIFICATE)
    deal, side = await lock_deal_for(by.actor, number)
    if side is not Side.SELLER:
        raise Forbidden(_("挂牌交易凭证由转让方提交。"))
    await _require_certifiable(deal)
    _require_sound(deal, entry, local_date(by.now))
    standing = ExchangeCertificate.filter(Q(verdict=None) | Q(verdict=Verdict.CONFIRMED))
    if await standing.filter(deal_id=deal.id).exists():
        raise Conflict(_("已提交挂牌交易凭证，请等平台管理员确认。"))
    if await standing.filter(exchange=entry.exchange, number=entry.number).exists():
        raise Invalid(_("这份凭证已用于另一笔交易。"), field="number")
    file = await attach(
        blob, subject_kind="deal", subject_id=deal.id, kind=CERTIFICATE, tier=Tier.PARTIES, by=by
    )
    certificate = await ExchangeCertificate.create(
        id=uuid4(),
        deal_id=deal.id,
        exchange=entry.exchange,
        number=entry.number,
        dated_on=entry.dated_on,
        price_amount=entry.price.amount,
        file_id=file.id,
        proposed_by_id=by.actor.user_id,
        proposed_at=by.now,
    )
    await record(
        "deal", deal.id, DealVerb.SUBMIT_CERTIFICATE, by=by, certificate=certificate.id, sha256=file.sha256
    )
    return certificate


@atomic()
async def decide_certificate(
    certificate_id: UUID, verdict: Verdict, *, reason: str = "", by: By
) -> ExchangeCertificate:
    """Confirm a certificate, which makes the price a listed one, or reject it, for the operator.

    Raises:
        NotFound: there is none.
        SamePerson: the person submitted it.
        AlreadyDecided: somebody decided before.
        Conflicted: the person has a common past with a side.
        Conflict: the deal has gone on so that it does not fit any more.
    """
    by.actor.require(DealAct.DECIDE_CERTIFICATE)
    existing = await ExchangeCertificate.get_or_none(id=certificate_id)
    if existing is None:
        raise NotFound(_("没有这份凭证。"))
    deal = await Deal.filter(id=existing.deal_id).select_for_update().get()
    await require_unrelated(by, [deal.seller_id, deal.buyer_id])
    certificate = await ExchangeCertificate.filter(id=certificate_id).select_for_update().get()
    await decide(certificate, verdict, by=by, reason=reason)
    if verdict is Verdict.CONFIRMED:
        await _require_certifiable(deal)
        if deal.price != Money(certificate.price_amount):
            raise Conflict(_("凭证的成交价与约定价格不同。"))
        deal.pricing = Pricing.LISTED
        await deal.save(update_fields=["pricing"])
        words = _("挂牌交易凭证已确认，价格按挂牌交易认定：%(title)s。", title=deal.title)
    else:
        words = _("挂牌交易凭证被退回：%(title)s。%(reason)s", title=deal.title, reason=reason)
    await record(
        "deal",
        deal.id,
        DealVerb.DECIDE_CERTIFICATE,
        by=by,
        certificate=certificate.id,
        verdict=verdict.value,
    )
    await notify_both_parties(deal, words, now=by.now, roles=DECIDING_ROLES)
    return certificate


async def find_certificate(deal: Deal) -> ExchangeCertificate | None:
    """Return the deal's latest certificate."""
    if deal.status not in CERTIFIABLE:
        return None
    rows = ExchangeCertificate.filter(deal_id=deal.id).order_by("-proposed_at")
    return await rows.select_related("proposed_by", "decided_by", "file").first()


async def list_certificates(most: int = 100) -> Sequence[ExchangeCertificate]:
    """Return certificates with their deals, those that wait first, then the last decided."""
    rows = ExchangeCertificate.all().select_related("deal", "proposed_by", "decided_by", "file")
    waiting = await rows.filter(verdict=None).order_by("proposed_at").limit(most)
    decided = await rows.exclude(verdict=None).order_by("-decided_at").limit(20)
    await fetch_parties([row.deal for row in (*waiting, *decided)])
    return [*waiting, *decided]


async def _require_certifiable(deal: Deal) -> None:
    if not may_be_certified(deal):
        raise Conflict(_("双方协议定价以后，才能提交或确认挂牌交易凭证。"))
    if await find_notice("deal", deal.id) is not None:
        raise Conflict(_("这个价格已作协议定价公示，不能再按挂牌交易认定。"))


def _require_sound(deal: Deal, entry: CertificateEntry, today: date) -> None:
    if entry.dated_on > today:
        raise Invalid(_("凭证日期不能晚于今天。"), field="dated_on")
    if deal.price != entry.price:
        raise Invalid(
            _("与约定价格 %(price)s 不同。", price=yuan(deal.price) if deal.price else ""), field="price"
        )
