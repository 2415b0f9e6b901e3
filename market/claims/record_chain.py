"""The chain of records (链条) around one of them: listing, deal, contract, claim, disbursement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from market.accounts.actors import Actor
from market.accounts.permissions import AccountAct
from market.claims.models import Claim, ClaimContract
from market.contracts.models import Contract
from market.contracts.queries import may_read
from market.deals.models import Deal
from market.deals.parties import may_see
from market.deals.queries import attach_subjects, list_deals_about
from market.deals.states import BEFORE_SIGNING
from market.kit.i18n import gettext as _
from market.listings.models import Outcome
from market.notices.models import Notice
from market.notices.queries import find_notice

if TYPE_CHECKING:
    from market.budgets.models import Disbursement


@dataclass(frozen=True)
class Link:
    """One record of a chain; no address where this person may not open it."""

    label: str
    number: str
    address: str | None
    is_here: bool = False


async def chain_of_claim(actor: Actor | None, claim: Claim, here: str) -> list[Link]:
    """Return everything around a claim, from the listing to the payout. `here` is the page's own number."""
    contracts = (
        await ClaimContract.filter(claim_id=claim.id)
        .select_related("contract__deal__outcome")
        .order_by("contract__number")
    )
    return await _of_contracts(actor, contracts, here) + await _of_claim(actor, claim, here)


async def chain_of_read_claim(
    actor: Actor | None,
    claim: Claim,
    contracts: Sequence[ClaimContract],
    notice: Notice | None,
    disbursements: Sequence[Disbursement],
) -> list[Link]:
    """Return the same for the claim's own page, of what that page has read; the claim has its batch."""
    links = await _of_contracts(actor, contracts, claim.number)
    return links + _links_of_claim(actor, claim, claim.number, notice, disbursements)


async def chain_of_deal(actor: Actor | None, deal: Deal, here: str) -> list[Link]:
    """Return everything around a deal: listing, contract, claims made with it, payouts."""
    await attach_subjects([deal])
    links = [
        _of_subject(deal, here),
        _link(_("交易"), deal.number, _if(may_open_deal(actor, deal), f"/deals/{deal.number}"), here),
    ]
    if deal.status in BEFORE_SIGNING:
        return links
    contract = await Contract.get_or_none(deal_id=deal.id)
    if contract is None:
        return links
    is_open = actor is not None and may_read(deal, actor)
    links.append(_link(_("合同"), contract.number, _if(is_open, f"/contracts/{contract.number}"), here))
    for claim in await Claim.filter(contracts__contract_id=contract.id).order_by("number"):
        if may_open_claim(actor, claim):
            links += await _of_claim(actor, claim, here)
    return links


async def chain_of_outcome(actor: Actor | None, outcome: Outcome, *, most: int = 3) -> list[Link]:
    """Return what became of a listing, of its latest deals that this person may see anything of."""
    here, links = outcome.number, [_link(_("成果"), outcome.number, "", outcome.number)]
    if actor is None:
        return []
    shown = 0
    for deal in await list_deals_about(outcome.id):
        if shown == most:
            break
        rest = (await chain_of_deal(actor, deal, here))[1:]
        if any(link.address for link in rest):
            links, shown = links + rest, shown + 1
    return links if shown else []


async def chain_of_contract(actor: Actor | None, contract_id: UUID, here: str) -> list[Link]:
    """Return everything around a contract."""
    contract = await Contract.get(id=contract_id).select_related("deal")
    return await chain_of_deal(actor, contract.deal, here)


def _of_subject(deal: Deal, here: str) -> Link:
    return _link(str(deal.subject.label), deal.subject.number, deal.subject.address, here)


def _of_contract(actor: Actor | None, contract: Contract, here: str) -> list[Link]:
    deal = contract.deal
    is_open = actor is not None and may_read(deal, actor)
    return [
        _of_subject(deal, here),
        _link(_("交易"), deal.number, _if(may_open_deal(actor, deal), f"/deals/{deal.number}"), here),
        _link(_("合同"), contract.number, _if(is_open, f"/contracts/{contract.number}"), here),
    ]


async def _of_contracts(actor: Actor | None, rows: Sequence[ClaimContract], here: str) -> list[Link]:
    await attach_subjects([row.contract.deal for row in rows])
    return [link for row in rows for link in _of_contract(actor, row.contract, here)]


async def _of_claim(actor: Actor | None, claim: Claim, here: str) -> list[Link]:
    notice = None
    if claim.batch_id is not None:
        notice = await find_notice("batch", claim.batch_id)
        await claim.fetch_related("batch")
    return _links_of_claim(actor, claim, here, notice, await claim.disbursements.all().order_by("number"))


def _links_of_claim(
    actor: Actor | None,
    claim: Claim,
    here: str,
    notice: Notice | None,
    disbursements: Sequence[Disbursement],
) -> list[Link]:
    is_desk = actor is not None and actor.may(AccountAct.SEE_DESK)
    links = [_link(_("申报"), claim.number, claim_address(actor, claim), here)]
    if claim.batch_id is not None:
        if is_desk:
            number = claim.batch.number if claim.batch else ""
            links.append(_link(_("批次"), number, f"/desk/batches/{number}", here))
        if notice is not None:
            links.append(_link(_("公示"), notice.number, f"/notices/{notice.number}", here))
    for paid in disbursements:
        address = f"/desk/disbursements/{paid.number}"
        links.append(_link(_("拨付"), paid.number, _if(is_desk, address), here))
    return links


def may_open_deal(actor: Actor | None, deal: Deal) -> bool:
    """Return whether the person may open the deal."""
    return actor is not None and may_see(deal, actor)


def may_open_claim(actor: Actor | None, claim: Claim) -> bool:
    """Return whether the person may open this claim, at the desk or as its applicant."""
    return claim_address(actor, claim) is not None


def claim_address(actor: Actor | None, claim: Claim) -> str | None:
    """Return where this person reads the claim, or None for who may not."""
    if actor is None:
        return None
    if actor.acts_for(claim.applicant_id):
        return f"/claims/{claim.number}"
    return _if(actor.may(AccountAct.SEE_DESK) and claim.submitted_at is not None, f"/desk/{claim.number}")


def _if(is_allowed: bool, address: str) -> str | None:
    return address if is_allowed else None


def _link(label: str, number: str, address: str | None, here: str) -> Link:
    return Link(label, number, None if number == here else address, number == here)
