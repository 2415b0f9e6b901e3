"""The acts of a deal of the demo, each a short function that calls the rooms' services."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from market.contracts import queries as contract_queries
from market.contracts import remittances, signing
from market.contracts.states import Disclosure
from market.contracts.terms import ContractTerms, Exclusion
from market.deals import openings, termination
from market.deals.certificates import CertificateEntry, submit_certificate
from market.deals.files import add_file
from market.deals.models import ContractKind, Deal, Side
from market.deals.offers import accept_offer, make_offer
from market.deals.openings import agree_introduction, open_interest, open_response
from market.deals.publicity import PUBLICITY, Statement, skip_publicity, start_publicity
from market.kit.clock import local_date
from market.kit.money import Money
from market.listings.models import Need, Outcome
from market.matching import match_acts as matching
from market.notices import objections
from market.notices.models import Notice
from market.payments.connected_accounts import find_connected_account
from market.payments.models import Remittance
from market.records.by import By
from market.seed.bargains import REGISTRY, Act, DealRoom
from market.seed.content import fen, load, store_pdf
from market.seed.listings import find_match
from market.seed.online_payments import pay_online
from market.seed.timeline import HOLIDAYS, pass_time


async def clear(room: DealRoom) -> datetime:
    """Tell when the deal's notice has run out."""
    if room.notice is None or room.notice.ends_at is None:
        raise LookupError(f"no end of the notice of {room.deal.number}")
    return room.notice.ends_at + timedelta(hours=9)


def after(
    moment: Callable[[DealRoom], Awaitable[datetime]], days: int
) -> Callable[[DealRoom], Awaitable[datetime]]:
    """Name the moment so many days after another."""

    async def later(room: DealRoom) -> datetime:
        return await moment(room) + timedelta(days=days)

    return later


async def sweep(room: DealRoom, now: datetime) -> None:
    """Let time do what it does: clear the notices that have run out, move their deals on."""
    await pass_time(room.deps, now)
    await PUBLICITY.sweep(now)


async def take_up(room: DealRoom, now: datetime) -> None:
    """Let the broker take the match up, if the two were matched."""
    match = await find_match(room.bargain.need, room.bargain.outcome)
    if match is not None:
        await matching.take_up(match.id, by=By(await room.cast.actor(str(room.bargain.broker)), now))


def introduce(basis_points: int) -> Act:
    """Return the act of the broker who introduces the two sides, for a share in basis points."""

    async def act(room: DealRoom, now: datetime) -> None:
        match = await find_match(room.bargain.need, room.bargain.outcome)
        if match is None:  # The scorer thinks otherwise today; the seller answers the need by itself.
            await respond(room, now)
            return
        broker = await room.cast.actor(str(room.bargain.broker))
        room.deal = await openings.introduce(match.id, basis_points, room.bargain.note, by=By(broker, now))

    return act


async def respond(room: DealRoom, now: datetime) -> None:
    """Let the seller answer the need (我能解决)."""
    need = await Need.get(title=load("needs")[str(room.bargain.need)]["title"])
    outcome = await Outcome.get(title=load("outcomes")[room.bargain.outcome]["title"])
    room.deal = await open_response(
        need.number, outcome.number, room.bargain.note, by=By(await room.person(Side.SELLER), now)
    )


async def interest(room: DealRoom, now: datetime) -> None:
    """Let the buyer ask for the outcome (意向洽谈)."""
    outcome = await Outcome.get(title=load("outcomes")[room.bargain.outcome]["title"])
    room.deal = await open_interest(
        outcome.number, room.bargain.note, by=By(await room.person(Side.BUYER), now)
    )


def agree(side: Side) -> Act:
    """Return the act by which a side agrees to the introduction."""

    async def act(room: DealRoom, now: datetime) -> None:
        await agree_introduction(room.deal.number, by=By(await room.person(side), now))

    return act


async def both_agree(room: DealRoom, now: datetime) -> None:
    """Agree to the introduction on both sides, seven minutes apart."""
    for place, side in enumerate(Side):
        await agree(side)(room, now + timedelta(minutes=7 * place))


def offer(side: Side, wan: float, *, days: int | None = 30) -> Act:
    """Return the act by which a side offers a price in 万元; `days` is how long the offer stands."""

    async def act(room: DealRoom, now: datetime) -> None:
        room.last = await make_offer(
            room.deal.number,
            room.terms(wan),
            base_offer_id=room.last.id if room.last else None,
            valid_days=days,
            by=By(await room.person(side), now),
        )

    return act


def accept(side: Side) -> Act:
    """Return the act by which a side accepts the other side's latest offer."""

    async def act(room: DealRoom, now: datetime) -> None:
        last = room.last
        if last is None:
            raise LookupError(f"no offer in {room.deal.number}")
        await accept_offer(room.deal.number, last.id, last.content_hash, by=By(await room.person(side), now))

    return act


def publish(basis: str) -> Act:
    """Return the act by which the seller publishes the price, with the basis it was set on."""

    async def act(room: DealRoom, now: datetime) -> None:
        seller = load("organisations")[room.seller]
        statement = Statement(
            holder=seller["name"],
            basis=basis,
            relation="经核查，受让方与转让方、成果完成人之间没有关联关系。",
            channel=f"{seller['name']}科研管理部门，{seller['contact_phone']}",
        )
        room.notice = await start_publicity(
            room.deal.number, statement, calendar=HOLIDAYS, by=By(await room.person(Side.SELLER), now)
        )

    return act


async def skip(room: DealRoom, now: datetime) -> None:
    """Skip the publicity where the law requires none."""
    await skip_publicity(room.deal.number, by=By(await room.person(Side.SELLER), now))


def object_to(person: str, reason: str) -> Act:
    """Return the act by which a person objects to the notice of the price."""

    async def act(room: DealRoom, now: datetime) -> None:
        notice = await Notice.get(subject_id=room.deal.id)
        await objections.object_to(notice.number, reason=reason, by=By(await room.cast.actor(person), now))

    return act


def upload(side: Side, name: str, kind: str = "attachment") -> Act:
    """Return the act by which a side adds a PDF to the deal's files."""

    async def act(room: DealRoom, now: datetime) -> None:
        document = await store_pdf(
            name, [room.deal.number, f"{now:%Y-%m-%d}", "Demo document"], room.deps.store
        )
        await add_file(room.deal.number, document, kind, by=By(await room.person(side), now))

    return act


def certify(exchange: str, number: str) -> Act:
    """Return the act by which the seller submits an exchange's certificate of the price, which then waits."""

    async def act(room: DealRoom, now: datetime) -> None:
        document = await store_pdf(
            "挂牌交易凭证.pdf", [number, f"{now:%Y-%m-%d}", "Demo document"], room.deps.store
        )
        deal = await Deal.get(id=room.deal.id)
        entry = CertificateEntry(exchange, number, local_date(now), Money(deal.price_amount or 0))
        await submit_certificate(deal.number, entry, document, by=By(await room.person(Side.SELLER), now))

    return act


async def enter(room: DealRoom, now: datetime) -> None:
    """Let the seller enter the contract and sign it."""
    deal = await Deal.get(id=room.deal.id).select_related("outcome", "buyer")
    price, bargain = Money(deal.price_amount or 0), room.bargain
    terms = ContractTerms(
        name=f"{deal.title}{KIND_WORDS[bargain.kind]}合同",
        kind=bargain.kind,
        field=deal.outcome.field if deal.outcome else "",
        price=price,
        signed_on=local_date(now),
        used_in=deal.buyer.region,
        instalments=room.plan(price.amount),
        exclusions=tuple(Exclusion(kind, name, fen(wan) or 0) for kind, name, wan in bargain.parts),
        valid_until=local_date(now) + timedelta(days=365 * (bargain.years or 3)),
        licence_years=room.terms(bargain.wan).years if bargain.kind is ContractKind.LICENCE else None,
        is_exclusive=bargain.is_exclusive,
    )
    lines = ["Technology contract (demo)", deal.number, f"CNY {price.amount / 100:,.2f}", f"{now:%Y-%m-%d}"]
    scan = await store_pdf("技术合同扫描件.pdf", lines, room.deps.store)
    await signing.enter_draft(
        deal.number,
        terms,
        scan,
        draft_hash="",
        disclosure=Disclosure.PRICE,
        by=By(await room.person(Side.SELLER), now),
    )


async def confirm(room: DealRoom, now: datetime) -> None:
    """Let the buyer confirm the contract as it was entered."""
    draft = await contract_queries.find_draft(room.deal.id)
    if draft is None:
        raise LookupError(f"no contract to confirm in {room.deal.number}")
    room.signed = await signing.confirm_draft(
        room.deal.number,
        draft.content_hash,
        disclosure=Disclosure.SUBJECT if room.number % 3 else Disclosure.PRICE,
        by=By(await room.person(Side.BUYER), now),
    )


async def register(room: DealRoom, now: datetime) -> None:
    """Register the contract for the seller, with a certificate."""
    contract = room.contract
    number = f"{now.year}450{room.number:09d}"
    lines = ["Registration certificate (demo)", number, contract.number]
    await signing.register_contract(
        contract.number,
        number,
        registered_on=local_date(now),
        registry=REGISTRY,
        blob=await store_pdf("技术合同认定登记证明.pdf", lines, room.deps.store),
        by=By(await room.person(Side.SELLER), now),
    )


def remit(sequence: int) -> Act:
    """Record that the buyer's transfer for an instalment arrived; finance has still to confirm it."""

    async def act(room: DealRoom, now: datetime) -> None:
        await _record(room, sequence, now)

    return act


def receive(sequence: int) -> Act:
    """Record a transfer and have it confirmed by finance the same day."""

    async def act(room: DealRoom, now: datetime) -> None:
        remittance = await _record(room, sequence, now)
        await remittances.confirm_remittance(
            remittance.id, by=By(await room.finance(), now + timedelta(minutes=15))
        )

    return act


def pay(sequence: int) -> Act:
    """Let the buyer pay an instalment online; by transfer where the seller takes no online payment."""

    async def act(room: DealRoom, now: datetime) -> None:
        seller_id = room.deal.seller_id
        if room.deps.gateway is None or await find_connected_account(seller_id) is None:
            await receive(sequence)(room, now)
            return
        instalment = await room.instalment(sequence)
        await pay_online(instalment.id, deps=room.deps, by=By(await room.person(Side.BUYER), now))

    return act


def terminate(side: Side, reason: str, comment: str) -> Act:
    """Return the act by which a side ends the deal, with a reason and a comment."""

    async def act(room: DealRoom, now: datetime) -> None:
        await termination.terminate(room.deal.number, reason, comment, by=By(await room.person(side), now))

    return act


KIND_WORDS = {
    ContractKind.DEVELOPMENT: "技术开发",
    ContractKind.ASSIGNMENT: "技术转让",
    ContractKind.LICENCE: "专利实施许可",
    ContractKind.CONSULTING: "技术咨询",
    ContractKind.SERVICE: "技术服务",
    ContractKind.EQUITY: "作价投资",
}


async def _record(room: DealRoom, sequence: int, now: datetime) -> Remittance:
    instalment = await room.instalment(sequence)
    reference = f"{now:%Y%m%d}{room.number:03d}{sequence:02d}8801"
    lines = ["Bank voucher (demo)", reference, f"CNY {instalment.amount / 100:,.2f}", f"{now:%Y-%m-%d}"]
    return await remittances.record_remittance(
        instalment.id,
        instalment.amount,
        await store_pdf(f"银行回单第{sequence}期.pdf", lines, room.deps.store),
        received_on=local_date(now),
        bank_reference=reference,
        invoice_number=f"{now:%y}4520{room.number:06d}{sequence:08d}",
        invoice_amount=instalment.amount,
        by=By(await room.person(Side.SELLER), now),
    )
