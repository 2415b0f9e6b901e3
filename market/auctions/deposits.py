"""Deposits (保证金): recorded where they lie, never with us, by one person and confirmed by another.

In the book they are memoranda outside our balances: what an exchange or a guarantor keeps for an auction
(`custody`), whose it is (`deposit`), and where it went.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid4

from tortoise.expressions import Q

from market.accounts.messages import notify
from market.accounts.models import Organisation
from market.auctions.deposit_ends import require_due
from market.auctions.models import Auction, Enrolment
from market.auctions.money_models import DepositMovement
from market.auctions.queries import decides, lock_auction, lock_enrolment, lock_run_by
from market.auctions.states import AuctionAct, AuctionStatus, DepositPlace, EnrolmentVerb, Movement
from market.audit.log import record
from market.codes.canonical import canonical_key
from market.kit.clock import local_date
from market.kit.database import atomic, connection
from market.kit.errors import Conflict, Forbidden, Invalid, NotFound
from market.kit.formats import yuan
from market.kit.i18n import gettext as _
from market.kit.money import Money
from market.ledger import transfers
from market.payees.fingerprints import fingerprint, mask
from market.records.by import By
from market.records.decisions import Verdict, decide

ENDS = (Movement.RELEASED, Movement.APPLIED, Movement.FORFEITED)
ACCOUNTS = {Movement.RELEASED: "custody", Movement.APPLIED: "applied", Movement.FORFEITED: "forfeited"}
"""Where a deposit goes in the book, each with the auction's id."""


@dataclass(frozen=True)
class Balance:
    """A bidder's deposit as two persons confirmed it, in fen."""

    received: int = 0
    ended: int = 0

    @property
    def lies(self) -> int:
        """What lies there now."""
        return self.received - self.ended


@dataclass(frozen=True)
class Entry:
    """What a voucher says."""

    movement: Movement
    amount: int
    voucher: str
    payer: str
    happened_on: date
    account: str = ""
    """Digits of the number of the payer's account; none of a guarantee."""


async def balances_of(enrolment_ids: Collection[UUID]) -> dict[UUID, Balance]:
    """Return the confirmed balance of each enrolment that has any."""
    rows = await connection().execute_query_dict(
        "SELECT enrolment_id AS id, "
        "coalesce(sum(amount) FILTER (WHERE movement = 'received'), 0)::bigint AS received, "
        "coalesce(sum(amount) FILTER (WHERE movement <> 'received'), 0)::bigint AS ended "
        "FROM auction_deposits WHERE verdict = 'confirmed' AND enrolment_id = ANY($1::uuid[]) GROUP BY 1",
        [list(enrolment_ids)],
    )
    return {UUID(str(row["id"])): Balance(row["received"], row["ended"]) for row in rows}


async def balance_of(enrolment_id: UUID) -> Balance:
    """Return the confirmed balance of one enrolment."""
    return (await balances_of([enrolment_id])).get(enrolment_id, Balance())


@atomic()
async def record_movement(
    number: str, enrolment_id: UUID, entry: Entry, *, secret: str, by: By
) -> DepositMovement:
    """Record what a voucher says of a deposit; it counts once another person has confirmed it.

    `secret` keys the hash of the account's number.

    Raises:
        Invalid: at the field that is wrong, such as a payer who is not the bidder, or an account from which
            another bidder's deposit came.
        Conflict: a movement waits for its confirmation, or this end is not due.
    """
    auction = await lock_run_by(by.actor, number)
    enrolment = await lock_enrolment(auction, enrolment_id)
    if await DepositMovement.exists(enrolment_id=enrolment.id, verdict=None):
        raise Conflict(_("上一笔还没有经另一人确认。"))
    await _require_sound(auction, enrolment, entry, by)
    account_hash = fingerprint(entry.account, secret) if entry.account else ""
    await _require_own_account(auction, enrolment, entry, account_hash)
    movement = await DepositMovement.create(
        id=uuid4(),
        enrolment_id=enrolment.id,
        movement=entry.movement,
        amount=entry.amount,
        voucher=entry.voucher.strip()[:80],
        payer=entry.payer.strip()[:120],
        account=mask(entry.account),
        fingerprint=account_hash,
        happened_on=entry.happened_on,
        proposed_by_id=by.actor.user_id,
        proposed_at=by.now,
    )
    await record(
        "enrolment",
        enrolment.id,
        EnrolmentVerb.DEPOSIT_RECORDED,
        by=by,
        movement=entry.movement.value,
        amount=entry.amount,
        deposit=movement.id,
        account=movement.account,
        account_hash=account_hash,
        voucher=movement.voucher,
        happened_on=entry.happened_on,
    )
    return movement


@atomic()
async def decide_movement(
    movement_id: UUID, verdict: Verdict, *, reason: str = "", by: By
) -> DepositMovement:
    """Confirm or reject what another person recorded; a confirmed movement is booked.

    Raises:
        SamePerson: the person recorded it.
        AlreadyDecided: somebody decided before.
        Conflict: it does not hold any more.
    """
    by.actor.require(AuctionAct.DECIDE_AUCTION)
    snapshot = await DepositMovement.get_or_none(id=movement_id).select_related("enrolment__auction")
    if snapshot is None:
        raise NotFound(_("没有这笔登记。"))
    auction = await lock_auction(snapshot.enrolment.auction.number)
    if not decides(by.actor, auction):
        raise Forbidden(_("这场竞价不由您复核。"))
    enrolment = await lock_enrolment(auction, snapshot.enrolment_id)
    movement = await DepositMovement.filter(id=movement_id).select_for_update().get()
    await decide(movement, verdict, by=by, reason=reason)
    await record(
        "enrolment",
        enrolment.id,
        EnrolmentVerb.DEPOSIT_DECIDED,
        by=by,
        verdict=verdict.value,
        deposit=movement.id,
    )
    if verdict is Verdict.CONFIRMED:
        await _book(auction, movement, by)
        await notify(
            _(
                "竞价 %(number)s 保证金 %(amount)s：%(movement)s。",
                number=auction.number,
                amount=yuan(movement.amount),
                movement=movement.movement.label,
            ),
            now=by.now,
            address=f"/auctions/{auction.number}",
            user_ids=[enrolment.person_id],
        )
    return movement


async def _book(auction: Auction, movement: DepositMovement, by: By) -> None:
    own, custody = f"deposit:{movement.enrolment_id}", f"custody:{auction.id}"
    if movement.movement is Movement.RECEIVED:
        debit, credit = custody, own
    else:
        debit, credit = own, f"{ACCOUNTS[movement.movement]}:{auction.id}"
    await transfers.post(
        f"deposit_{movement.movement.value}",
        Money(movement.amount),
        debit=debit,
        credit=credit,
        reference=f"deposit:{movement.id}",
        at=by.now,
        subject=("enrolment", movement.enrolment_id),
    )


async def _require_sound(auction: Auction, enrolment: Enrolment, entry: Entry, by: By) -> None:
    if entry.amount <= 0:
        raise Invalid(_("请填金额。"), field="amount")
    if entry.happened_on > local_date(by.now):
        raise Invalid(_("日期不能晚于今天。"), field="happened_on")
    if auction.published_at is not None and entry.happened_on < local_date(auction.published_at):
        raise Invalid(_("日期不能早于公告日。"), field="happened_on")
    if not canonical_key(entry.voucher):
        raise Invalid(_("请填凭证号。"), field="voucher")
    if await _is_recorded(entry):
        raise Invalid(_("这个凭证号已经登记过。"), field="voucher")
    organisation = await Organisation.get(id=enrolment.organisation_id)
    if entry.movement in (Movement.RECEIVED, Movement.RELEASED) and canonical_key(
        entry.payer
    ) != canonical_key(organisation.name):
        raise Invalid(_("付款户名与竞买人名称不一致，保证金不能确认，请联系监管账户单位。"), field="payer")
    balance = await balance_of(enrolment.id)
    if entry.movement is Movement.RECEIVED:
        if auction.status not in (AuctionStatus.ENROLLING, AuctionStatus.QUALIFYING):
            raise Conflict(_("资格审核已经结束，不再收保证金。"))
        if entry.amount > auction.deposit - balance.lies:
            words = _(
                "应存 %(deposit)s，已登记 %(lies)s，不能超过。",
                deposit=yuan(auction.deposit),
                lies=yuan(balance.lies),
            )
            raise Invalid(words, field="amount")
        return
    if entry.amount > balance.lies:
        raise Invalid(_("现存只有 %(amount)s。", amount=yuan(balance.lies)), field="amount")
    await require_due(auction, enrolment, entry.movement, entry.amount)


async def _is_recorded(entry: Entry) -> bool:
    """Return whether a voucher was used, however its number is spaced, punctuated or wide."""
    rows = await connection().execute_query_dict(
        "SELECT 1 FROM auction_deposits WHERE movement = $1 AND verdict IS DISTINCT FROM 'rejected' "
        "AND upper(regexp_replace(normalize(voucher, NFKC), '[^[:alnum:]]', '', 'g')) = $2 LIMIT 1",
        [entry.movement.value, canonical_key(entry.voucher[:80])],
    )
    return bool(rows)


async def _require_own_account(
    auction: Auction, enrolment: Enrolment, entry: Entry, account_hash: str
) -> None:
    """Raise unless a deposit comes from an account of this bidder alone, and goes back there."""
    if entry.movement not in (Movement.RECEIVED, Movement.RELEASED):
        return
    if not account_hash:
        if auction.deposit_place is DepositPlace.EXCHANGE:
            raise Invalid(_("请填付款或收款账号。"), field="account")
        return
    received = DepositMovement.filter(movement=Movement.RECEIVED).exclude(fingerprint="")
    if entry.movement is Movement.RECEIVED:
        others = received.filter(enrolment__auction_id=auction.id, fingerprint=account_hash)
        others = others.exclude(enrolment_id=enrolment.id)
        if await others.filter(Q(verdict=None) | Q(verdict=Verdict.CONFIRMED)).exists():
            words = _("这个账户已为另一竞买人交纳保证金，不能确认。两家用同一账户的，都应核实。")
            raise Invalid(words, field="account")
        return
    own = received.filter(enrolment_id=enrolment.id, verdict=Verdict.CONFIRMED)
    accounts = {row.fingerprint for row in await own}
    if accounts and account_hash not in accounts:
        raise Invalid(_("保证金只能退回原付款账户。"), field="account")
