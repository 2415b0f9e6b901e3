"""The page of a deal, assembled from deal, offers, contract, publicity, files and subsidy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from market.accounts.actors import Actor
from market.accounts.permissions import Role
from market.claims.award_estimates import Estimate, estimate_for_deal
from market.codes.labels import label
from market.contracts.contract_progress import InstalmentLine, facts_of, instalment_lines
from market.contracts.models import Contract
from market.contracts.queries import find_contract, find_draft
from market.contracts.states import ContractAct
from market.deals.brokerage import commission_base, owed_commission
from market.deals.certificates import find_certificate, may_be_certified
from market.deals.messages import MOST, SHOWN, ReadProgress, list_messages, read_progress
from market.deals.models import Deal, DealMessage, ExchangeCertificate, Introduction, Offer, Side
from market.deals.next_steps import NextStep, Situation, next_step
from market.deals.parties import buyer_name, contacts_visible, has_agreed, side_of
from market.deals.queries import (
    Contact,
    contacts,
    count_events,
    find_accepted_offer,
    find_introduction,
    list_events,
    list_offers,
)
from market.deals.states import BEFORE_SIGNING, DealAct, DealStatus, OfferStatus, Step, shown_status, steps
from market.deals.terms import OfferTerms, PlanRow, differences
from market.files.attachments import colleagues_of, count_openings, list_files
from market.files.models import StoredFile
from market.kit.clock import local_date
from market.kit.formats import share_in_money
from market.kit.i18n import gettext as _
from market.kit.money import Money
from market.kit.terms import from_record
from market.notices.models import Notice
from market.notices.periods import days_left
from market.notices.queries import find_notice
from market.records.models import StatusEvent

ACT_OF_STEP = {
    "agree": DealAct.OPEN_DEAL,
    "offer": DealAct.MAKE_OFFER,
    "answer": DealAct.ACCEPT_OFFER,
    "publish": DealAct.PUBLISH_PRICE,
    "upheld": DealAct.PUBLISH_PRICE,
    "skip": DealAct.PUBLISH_PRICE,
    "sign": DealAct.SIGN,
    "confirm": DealAct.SIGN,
    "register": DealAct.REGISTER_CONTRACT,
    "pay": DealAct.RECORD_REMITTANCE,
    "confirm_receipt": ContractAct.CONFIRM_REMITTANCE,
    "royalty": ContractAct.STATE_ROYALTY,
    "royalty_stated": ContractAct.CHANGE_CONTRACT,
}


OFFERS_SHOWN = 6
"""How many of the latest offers the page shows at first."""
FIRST_SHOWN = 10
"""How many lines of the log."""


@dataclass(frozen=True)
class OfferLine:
    """One offer beside the one before it."""

    offer: Offer
    by: str
    terms: OfferTerms
    changed: set[str]
    """Names of the terms that differ from the offer before."""


@dataclass(frozen=True)
class FileLine:
    """One file with its uploader and how often it was opened."""

    file: StoredFile
    by: str
    opened_count: int
    may_see_openings: bool


@dataclass(frozen=True)
class MessageLine:
    """One message with its author, as this person sees it."""

    message: DealMessage
    by: str
    is_own: bool
    is_unread: bool


@dataclass(frozen=True)
class LogLine:
    """One event of the deal, labelled."""

    at: datetime
    label: str
    by: str


@dataclass(frozen=True)
class Room:
    """All that the page of a deal shows to one person."""

    deal: Deal
    side: Side | None
    buyer: str
    """The buyer's name, or 某企业 for who may not know it yet."""
    is_open: bool
    """Both have agreed to be introduced."""
    own_agreed: bool
    status: str
    steps: list[Step]
    step: NextStep
    may_act: bool
    """The next step is this person's to do."""
    offers: list[OfferLine]
    offer_count: int
    open_offer: Offer | None
    plan: tuple[PlanRow, ...]
    """The accepted payment plan, until the contract's instalments take its place."""
    contract: Contract | None
    lines: list[InstalmentLine]
    today: date
    """Against which an instalment is late."""
    received: Money
    notice: Notice | None
    certificate: ExchangeCertificate | None
    """Of an exchange, the latest."""
    may_submit_certificate: bool
    days_left: int | None
    files: list[FileLine]
    messages: list[MessageLine]
    message_count: int
    unread_count: int
    may_write: bool
    """The person may write messages here now."""
    introduction: Introduction | None
    commission: Money
    """The commission booked for the broker."""
    contacts: Sequence[Contact]
    estimate: Estimate | None
    log: list[LogLine]
    log_count: int

    @property
    def commission_in_money(self) -> str:
        """What the agreed commission comes to, by the price or what is known of it before there is one."""
        if self.introduction is None or not self.introduction.commission_basis_points:
            return ""
        base = commission_base(self.deal.price, self.deal.outcome, self.deal.need)
        return share_in_money(base, self.introduction.commission_basis_points)

    @property
    def is_running(self) -> bool:
        """Not signed yet: it may be ended, and files are taken."""
        return self.deal.status in BEFORE_SIGNING


async def build_room(deal: Deal, actor: Actor, now: datetime, whole: str = "") -> Room:
    """Assemble the page; the deal comes from `get_deal_for`.

    Of long lists the latest part is shown, and all of the one that `whole` names.
    """
    side = side_of(deal, actor)
    contract = await find_contract(deal.id) if deal.status not in BEFORE_SIGNING else None
    notice = await find_notice("deal", deal.id)
    certificate = await find_certificate(deal)
    offers = await list_offers(deal.id, None if whole == "offers" else OFFERS_SHOWN + 1)
    events = await list_events(deal.id, None if whole == "log" else FIRST_SHOWN + 1)
    reading = await read_progress(deal.id, actor.user_id)
    last = offers[-1] if offers else None
    draft = await find_draft(deal.id) if deal.status is DealStatus.TO_SIGN else None
    lines = await instalment_lines(contract) if contract else []
    step = next_step(Situation(deal, last, notice, facts_of(draft, contract, lines)), now)
    accepted = await find_accepted_offer(deal.id) if deal.price and contract is None else None
    introduction = await find_introduction(deal.id) if deal.broker_id else None
    log, is_whole_log = _log(deal, events), whole == "log" or len(events) <= FIRST_SHOWN
    act, estimates = ACT_OF_STEP.get(step.key), await estimate_for_deal(deal, contract, now)
    return Room(
        deal=deal,
        side=side,
        buyer=buyer_name(deal, actor),
        is_open=contacts_visible(deal),
        own_agreed=side is not None and has_agreed(deal, side),
        status=shown_status(deal.status, notice.status if notice else None),
        steps=steps(deal.status, is_skipped=bool(deal.skip_reason), was=_status_before_end(deal, events)),
        step=step,
        may_act=act is not None and step.is_for(side) and actor.may(act),
        offers=_offer_lines(deal, offers, actor),
        offer_count=last.sequence if last else 0,
        open_offer=last if last and last.status is OfferStatus.OPEN and step.key == "answer" else None,
        plan=from_record(OfferTerms, accepted).plan if accepted else (),
        contract=contract,
        lines=lines,
        today=local_date(now),
        received=Money(sum(line.received.amount for line in lines), deal.currency),
        notice=notice,
        certificate=certificate,
        may_submit_certificate=side is Side.SELLER
        and notice is None
        and actor.may(DealAct.SUBMIT_CERTIFICATE)
        and may_be_certified(deal)
        and (certificate is None or certificate.is_rejected),
        days_left=days_left(notice.ends_at, now) if notice and notice.ends_at else None,
        files=await _file_lines(deal, contract, actor),
        messages=await _message_lines(deal, actor, reading, MOST if whole == "messages" else SHOWN),
        message_count=reading.count,
        unread_count=reading.unread,
        may_write=actor.may(DealAct.WRITE_MESSAGE) and (side is None or contacts_visible(deal)),
        introduction=introduction,
        commission=await owed_commission(deal.id) if introduction else Money(0),
        contacts=contacts(deal, actor),
        estimate=estimates[0] if estimates else None,
        log=log if whole == "log" else log[:FIRST_SHOWN],
        log_count=len(log) if is_whole_log else len(log) - len(events) + await count_events(deal.id),
    )


def _offer_lines(deal: Deal, offers: Sequence[Offer], actor: Actor) -> list[OfferLine]:
    """Return the offers, each compared with the one before; of a cut list the first is not returned."""
    lines: list[OfferLine] = []
    is_cut = bool(offers) and offers[0].sequence > 1
    before = from_record(OfferTerms, offers[0]) if is_cut else None
    for offer in offers[1:] if is_cut else offers:
        terms = from_record(OfferTerms, offer)
        by = deal.seller.name if offer.side is Side.SELLER else buyer_name(deal, actor)
        lines.append(OfferLine(offer, by, terms, differences(before, terms)))
        before = terms
    return lines


async def _file_lines(deal: Deal, contract: Contract | None, actor: Actor) -> list[FileLine]:
    files = await list_files("deal", deal.id)
    if contract is not None:
        files += await list_files("contract", contract.id)
    if not files:
        return []
    counts = await count_openings([file.id for file in files])
    is_named = contacts_visible(deal)
    own = set(await colleagues_of(actor))
    return [
        FileLine(
            file,
            _uploader(file, actor, is_named),
            counts.get(file.id, 0),
            file.uploaded_by_id in own or Role.AUDITOR in actor.roles,
        )
        for file in files
    ]


async def _message_lines(deal: Deal, actor: Actor, reading: ReadProgress, most: int) -> list[MessageLine]:
    if not reading.count:
        return []
    sides = {Side.SELLER: deal.seller.name, Side.BUYER: buyer_name(deal, actor), None: _("经纪人")}
    return [
        MessageLine(
            message,
            f"{sides[message.side]} {message.author.name}" if message.author else sides[message.side],
            is_own=message.author_id == actor.user_id,
            is_unread=message.id > reading.last_id and message.author_id != actor.user_id,
        )
        for message in await list_messages(deal.id, most)
    ]


def _uploader(file: StoredFile, actor: Actor, is_named: bool) -> str:
    """Return who uploaded a file; without a name for the other side until both have agreed."""
    if file.uploaded_by is None:
        return _("已注销的用户")
    is_own = file.uploaded_by_id == actor.user_id
    return file.uploaded_by.name if is_named or is_own else _("对方")


def _log(deal: Deal, events: Sequence[StatusEvent]) -> list[LogLine]:
    """Return what happened, newest first; what happened at the same moment, the later act first."""
    lines = [
        LogLine(event.happened_at, _event_label(event, deal), _event_actor(event, deal)) for event in events
    ]
    for at, event_label in (
        (deal.seller_agreed_at, _("转让方同意对接")),
        (deal.buyer_agreed_at, _("受让方同意对接")),
    ):
        if at is not None and at != deal.created_at:
            lines.append(LogLine(at, event_label, ""))
    return sorted(lines, key=lambda line: line.at)[::-1]


def _event_label(event: StatusEvent, deal: Deal) -> str:
    if not event.action:
        return label("opening", deal.opening)
    return label("deal_action", event.action)


def _event_actor(event: StatusEvent, deal: Deal) -> str:
    if event.actor_id is None:
        return _("系统")
    return event.actor.name if event.actor and contacts_visible(deal) else ""


def _status_before_end(deal: Deal, events: Sequence[StatusEvent]) -> DealStatus | None:
    """Return the status in which an ended deal stood before its end."""
    if deal.status not in (DealStatus.TERMINATED, DealStatus.RESCINDED):
        return None
    return DealStatus(events[-2].status) if len(events) > 1 else DealStatus.INTENT
