"""Signing: one side enters the contract, the other confirms that very content; then the dues are booked.

A signed contract is registered (技术合同认定登记) at the seller's registry, once.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from uuid import uuid4

from tortoise.exceptions import IntegrityError

from market.accounts.messages import notify
from market.accounts.models import MemberRole
from market.audit.log import record
from market.codes.numbers import next_number
from market.contracts.models import Contract, ContractDraft, ContractExclusion, Instalment
from market.contracts.queries import get_contract_for
from market.contracts.receipts import advance_deal
from market.contracts.states import ContractVerb, Disclosure, DraftVerb
from market.contracts.terms import ContractTerms, check_terms, content_hash
from market.deals.messages import notify_both_parties
from market.deals.models import ROYALTIES, ContractKind, Deal, Side
from market.deals.parties import organisation_of, other_side, side_of
from market.deals.queries import find_accepted_offer, get_deal_for, lock_deal_for
from market.deals.states import DEAL_WORKFLOW, DealAct, DealAction
from market.files.attachments import StoredBlob, attach
from market.files.models import StoredFile, Tier
from market.kit.clock import local_date
from market.kit.database import atomic
from market.kit.errors import Conflict, Forbidden, Invalid
from market.kit.i18n import gettext as _
from market.kit.money import Money
from market.kit.room import rooms
from market.kit.terms import from_content, to_columns
from market.ledger import transfers as ledger
from market.ledger.accounts import account_code
from market.listings import lifecycle
from market.notices import notice_acts as notices
from market.records.by import By
from market.records.transitions import transition

_SOLD = (ContractKind.ASSIGNMENT, ContractKind.EQUITY)
_LICENSED = (*_SOLD, ContractKind.LICENCE)


class DraftChanged(Conflict):
    """The draft on the person's page was replaced; it takes fresh consent."""


class OwnDraft(Forbidden):
    """A side tried to confirm its own draft."""


async def check_entry(number: str, terms: ContractTerms, *, draft_hash: str, by: By) -> None:
    """Check a contract before the person is asked whether to sign it; nothing is written.

    Raises:
        As `enter_draft`.
    """
    by.actor.require(DealAct.SIGN)
    await _entry(await get_deal_for(by.actor, number), terms, draft_hash, by=by)


@atomic()
async def enter_draft(
    number: str,
    terms: ContractTerms,
    blob: StoredBlob | None,
    *,
    draft_hash: str,
    disclosure: Disclosure = Disclosure.NOTHING,
    by: By,
) -> ContractDraft:
    """Enter the contract for the person's side, which thereby signs; the other side is asked to confirm.

    Entering again replaces what was entered, and keeps its file when no new one comes. `draft_hash`
    is the hash of the draft that the person has read, empty for none.

    Raises:
        DraftChanged: somebody entered it meanwhile.
        Invalid: at the field that is wrong.
        ActionNotAllowed: the deal is not ready to be signed.
    """
    by.actor.require(DealAct.SIGN)
    deal, side = await lock_deal_for(by.actor, number)
    draft = await _entry(deal, terms, draft_hash, by=by)
    if draft is None:
        draft = ContractDraft(id=uuid4(), deal_id=deal.id)
    file = await _file(blob, draft, by=by)
    draft.side, draft.entered_by_id, draft.entered_at = side, by.actor.user_id, by.now
    draft.content, draft.file_id, draft.disclosure = terms.content, file.id, disclosure
    draft.content_hash = content_hash(terms, file.sha256)
    await draft.save()
    await record("deal", deal.id, DraftVerb.ENTER, by=by, side=side, hash=draft.content_hash)
    await notify(
        _("对方已登记合同并签署，请核对后确认：%(title)s。", title=deal.title),
        now=by.now,
        address=f"/deals/{deal.number}",
        organisation_id=organisation_of(deal, other_side(side)).id,
        roles={MemberRole.ADMIN, MemberRole.AGENT},
    )
    return draft


@atomic()
async def confirm_draft(
    number: str, draft_hash: str, *, disclosure: Disclosure = Disclosure.NOTHING, by: By
) -> Contract:
    """Confirm the contract that the other side entered, named by the hash of the draft that was read.

    With that it is signed: it gets its number, the outcome is licensed or sold, the need solved,
    and what is owed stands in the book, instalment by instalment.

    Raises:
        DraftChanged: it was entered anew, or not at all.
        OwnDraft: the person's side entered it.
        ActionNotAllowed: it is signed already.
    """
    by.actor.require(DealAct.SIGN)
    deal, side = await lock_deal_for(by.actor, number)
    DEAL_WORKFLOW.next(deal.status, DealAction.SIGN)
    if not deal.skip_reason:
        await notices.require_clear("deal", deal.id)
    draft = await ContractDraft.get_or_none(deal_id=deal.id)
    if draft is None or draft.content_hash != draft_hash:
        raise DraftChanged(_("合同内容已变更，请看过现在的内容再确认。"))
    if draft.side is side:
        raise OwnDraft(_("自己一方登记的合同，由对方确认。"))
    terms = from_content(ContractTerms, draft.content)
    contract = await _write(deal, draft, terms, disclosure, now=by.now)
    await transition(
        deal,
        DealAction.SIGN,
        by=by,
        contract=contract.number,
        hash=draft.content_hash,
        contract_amount=contract.contract_amount,
        trade_amount=contract.trade_amount,
    )
    await record(
        "contract", contract.id, ContractVerb.SIGN, by=by, number=contract.number, hash=draft.content_hash
    )
    await _mark_listings(deal, contract, by=by)
    listener = rooms().subjects[deal.subject_kind].signed
    if listener is not None:
        await listener(deal.id, by.now)
    await notify_both_parties(
        deal,
        _("合同 %(number)s 已由双方签署：%(title)s。", number=contract.number, title=deal.title),
        now=by.now,
        address=f"/contracts/{contract.number}",
    )
    return contract


async def _entry(deal: Deal, terms: ContractTerms, draft_hash: str, *, by: By) -> ContractDraft | None:
    """Check an entry, and return what was entered before."""
    DEAL_WORKFLOW.next(deal.status, DealAction.SIGN)
    await _check_agreed(deal, terms)
    check_terms(terms, local_date(by.now))
    draft = await ContractDraft.get_or_none(deal_id=deal.id).select_related("file")
    if (draft.content_hash if draft else "") != draft_hash:
        raise DraftChanged(_("对方刚登记了合同内容，请先看过再改。"))
    return draft


async def _check_agreed(deal: Deal, terms: ContractTerms) -> None:
    if terms.price != deal.price or terms.kind is not deal.kind:
        raise Invalid(_("成交额和合同类别应与双方确认的报价一致。"), field="name")
    offer = await find_accepted_offer(deal.id)
    if offer is None or (
        (offer.payment_way in ROYALTIES) != (terms.payment_way in ROYALTIES)
        or offer.royalty_basis_points != terms.royalty_basis_points
        or offer.entry_amount != terms.entry
    ):
        raise Invalid(_("支付方式、入门费和提成应与双方确认的报价一致。"), field="plan")


async def _file(blob: StoredBlob | None, draft: ContractDraft, *, by: By) -> StoredFile:
    if blob is not None:
        return await attach(
            blob,
            subject_kind="contract",
            subject_id=draft.id,
            kind="contract",
            tier=Tier.PARTIES,
            by=by,
        )
    if not draft._saved_in_db:
        raise Invalid(_("请上传双方签章的合同扫描件。"), field="file")
    return draft.file


async def _write(
    deal: Deal, draft: ContractDraft, terms: ContractTerms, disclosure: Disclosure, *, now: datetime
) -> Contract:
    of_seller = draft.side is Side.SELLER
    contract = await Contract.create(
        id=draft.id,
        deal_id=deal.id,
        number=await next_number("contract", now),
        **to_columns(terms),
        trade_amount=terms.trade_money.amount,
        seller_disclosure=draft.disclosure if of_seller else disclosure,
        buyer_disclosure=disclosure if of_seller else draft.disclosure,
        signed_at=now,
    )
    for part in terms.exclusions:
        await ContractExclusion.create(id=uuid4(), contract_id=contract.id, **to_columns(part))
    for sequence, row in enumerate(terms.instalments, start=1):
        instalment = await Instalment.create(
            id=uuid4(), contract_id=contract.id, sequence=sequence, **to_columns(row)
        )
        await ledger.post(
            "agreed",
            Money(row.amount, contract.currency),
            debit=account_code("agreed", deal.seller_id, contract.currency),
            credit=f"due:{instalment.id}",
            reference=f"instalment:{instalment.id}:agreed",
            at=now,
            subject=("contract", contract.id),
        )
    return contract


async def _mark_listings(deal: Deal, contract: Contract, *, by: By) -> None:
    """Mark the outcome as licensed or sold and the need as solved."""
    if deal.outcome_id and contract.kind in _LICENSED:
        await lifecycle.mark_licensed(deal.outcome_id, is_sold=contract.kind in _SOLD, by=by)
    if deal.need_id:
        await lifecycle.mark_solved(deal.need_id, by=by)


@atomic()
async def register_contract(
    number: str,
    registration_number: str,
    *,
    registered_on: date,
    registry: str,
    blob: StoredBlob | None = None,
    by: By,
) -> Contract:
    """Record the contract's registration, for the seller.

    Raises:
        Forbidden: the person acts for the buyer.
        Invalid: at the field that is wrong: 16 digits, used once; not before signing, not in the future.
        ActionNotAllowed: it is registered already.
    """
    by.actor.require(DealAct.REGISTER_CONTRACT)
    contract = await get_contract_for(by.actor, number)
    if side_of(contract.deal, by.actor) is not Side.SELLER:
        raise Forbidden(_("技术合同由卖方申请认定登记。"))
    deal = await Deal.select_for_update().get(id=contract.deal_id)
    if not re.fullmatch(r"[0-9]{16}", registration_number):
        raise Invalid(_("登记编号是 16 位数字。"), field="registration_number")
    if await Contract.exists(registration_number=registration_number):
        raise Invalid(_("这个登记编号已用于另一份合同。"), field="registration_number")
    if not contract.signed_on <= registered_on <= local_date(by.now):
        raise Invalid(_("登记日期应在签订日期之后，且不晚于今天。"), field="registered_on")
    await transition(deal, DealAction.REGISTER, by=by, registration_number=registration_number)
    contract.registration_number = registration_number
    contract.registered_on, contract.registry = registered_on, registry
    try:
        await contract.save(update_fields=["registration_number", "registered_on", "registry"])
    except IntegrityError as error:  # Two contracts at once, with the same number.
        raise Invalid(_("这个登记编号已用于另一份合同。"), field="registration_number") from error
    if blob is not None:
        await attach(
            blob,
            subject_kind="contract",
            subject_id=contract.id,
            kind="registration_certificate",
            tier=Tier.PARTIES,
            by=by,
        )
    await record(
        "contract", contract.id, ContractVerb.REGISTER, by=by, registration_number=registration_number
    )
    await advance_deal(contract, by=by)
    await notify(
        _("合同 %(number)s 已认定登记。", number=contract.number),
        now=by.now,
        address=f"/contracts/{contract.number}",
        organisation_id=contract.deal.buyer_id,
    )
    return contract
