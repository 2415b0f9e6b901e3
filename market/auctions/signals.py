"""Signs of collusion (供核对的迹象) for who runs an auction: they bar nobody, since a campus shares much.

What does bar is judged elsewhere: ties of ownership and person at the enrolment, one agent for two bidders,
one account for two deposits.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

from market.accounts.factor_models import KnownDevice
from market.accounts.models import Membership
from market.auctions.models import Auction, BidRow, Enrolment
from market.auctions.money_models import DepositMovement
from market.auctions.states import OVER, EnrolmentStatus, Format
from market.codes.canonical import canonical_key
from market.kit.i18n import gettext as _
from market.payees.models import PayeeAccount
from market.records.decisions import Verdict

Names = Mapping[UUID, str]
"""What a bidder is called, by enrolment."""


async def signals_of(auction: Auction, enrolments: Sequence[Enrolment]) -> list[str]:
    """Return what should be looked into, in words; enrolments with organisation, person and mandate."""
    bidding = [
        row for row in enrolments if row.status in (EnrolmentStatus.APPLIED, EnrolmentStatus.QUALIFIED)
    ]
    names = {row.id: row.organisation.name for row in bidding}
    holder = await auction.holder
    return [
        *await _addresses(auction, names),
        *await _devices(auction, bidding),
        *_phones(bidding, holder.contact_phone, holder.name),
        *await _accounts(auction, bidding, holder.name),
        *_mandates(bidding),
        *await _silent(auction, bidding),
    ]


async def _addresses(auction: Auction, names: Names) -> list[str]:
    if auction.format is Format.SEALED and auction.status not in OVER:
        return []  # nobody knows who has offered a sealed price
    rows = BidRow.filter(auction_id=auction.id).exclude(address_hash="").distinct()
    groups: defaultdict[str, set[str]] = defaultdict(set)
    for address, enrolment_id in await rows.values_list("address_hash", "enrolment_id"):
        groups[str(address)].add(names.get(UUID(str(enrolment_id)), ""))
    return [
        _("%(names)s 从同一网络地址报价。", names=_listed(group))
        for group in groups.values()
        if len(group) > 1
    ]


async def _devices(auction: Auction, bidding: Sequence[Enrolment]) -> list[str]:
    """Return who has signed in on the same device as another bidder, or as somebody of the holder."""
    by_person = {row.person_id: row.organisation.name for row in bidding}
    of_holder = await Membership.active(organisation_id=auction.holder_id).values_list("user_id", flat=True)
    sellers = {UUID(str(user_id)) for user_id in of_holder}
    groups: defaultdict[str, set[str]] = defaultdict(set)
    for device in await KnownDevice.filter(user_id__in=[*by_person, *sellers]):
        groups[device.token_hash].add(by_person.get(device.user_id, _("转让方")))
    return [
        _("%(names)s 的人用同一台设备登录过。", names=_listed(group))
        for group in {frozenset(group) for group in groups.values()}
        if len(group) > 1
    ]


def _phones(bidding: Sequence[Enrolment], holder_phone: str, holder: str) -> list[str]:
    groups: defaultdict[str, set[str]] = defaultdict(set)
    phones = [(row.organisation.contact_phone, row.organisation.name) for row in bidding]
    for phone, name in ((holder_phone, holder), *phones):
        if digits := canonical_key(phone or ""):
            groups[digits].add(name)
    return [
        _("%(names)s 的联系电话相同。", names=_listed(group)) for group in groups.values() if len(group) > 1
    ]


async def _accounts(auction: Auction, bidding: Sequence[Enrolment], holder: str) -> list[str]:
    """Return whose deposit came from an account that another bidder, or the holder, is paid to."""
    by_organisation = {row.organisation_id: row.organisation.name for row in bidding}
    paid = DepositMovement.filter(enrolment_id__in=[row.id for row in bidding], verdict=Verdict.CONFIRMED)
    payers = {row.fingerprint: row.enrolment_id for row in await paid if row.fingerprint}
    names = {row.id: row.organisation for row in bidding}
    owners = PayeeAccount.filter(
        organisation_id__in=[*by_organisation, auction.holder_id], fingerprint__in=list(payers)
    )
    return [
        _(
            "%(name)s 的保证金来自 %(owner)s 登记的收款账户。",
            name=names[payers[account.fingerprint]].name,
            owner=by_organisation.get(account.organisation_id, holder),
        )
        for account in await owners
        if account.organisation_id != names[payers[account.fingerprint]].id
    ]


def _mandates(bidding: Sequence[Enrolment]) -> list[str]:
    groups: defaultdict[str, set[str]] = defaultdict(set)
    for row in bidding:
        groups[row.mandate.sha256].add(row.organisation.name)
    return [
        _("%(names)s 的授权委托书是同一份文件。", names=_listed(group))
        for group in groups.values()
        if len(group) > 1
    ]


async def _silent(auction: Auction, bidding: Sequence[Enrolment]) -> list[str]:
    """Return who was admitted and offered nothing: bidders of a ring enrol so that one bids."""
    if auction.status not in OVER or not auction.sequence:
        return []
    ids = await BidRow.filter(auction_id=auction.id).distinct().values_list("enrolment_id", flat=True)
    heard = {UUID(str(one)) for one in ids}
    silent = [row.organisation.name for row in bidding if row.bidder_number and row.id not in heard]
    return [_("%(names)s 有竞价资格，没有报价。", names=_listed(silent))] if silent else []


def _listed(names: Sequence[str] | set[str] | frozenset[str]) -> str:
    return "、".join(sorted(names))
