"""Contract changes after signing: change, rescission, cancelled registration.

Each is a fact beside the contract; the signed terms are never edited. A price that changes is a
contract of its own: this one is rescinded, or a supplementary deal is made.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID, uuid4

from market.accounts.actors import Actor
from market.accounts.messages import notify
from market.accounts.models import MemberRole
from market.audit.log import record
from market.contracts.models import Contract, ContractChange
from market.contracts.online_payments import enqueue_closing
from market.contracts.queries import lock_contract_for, waiting_amount
from market.contracts.states import ChangeKind, ContractAct, ContractVerb
from market.deals.models import Deal, Side
from market.deals.parties import organisation_of, other_side
from market.deals.states import DEAL_WORKFLOW, DealAction, DealStatus
from market.files.attachments import StoredBlob, attach
from market.files.models import Tier
from market.kit.clock import local_date
from market.kit.database import atomic
from market.kit.errors import Conflict, Forbidden, Invalid, NotFound
from market.kit.i18n import gettext as _
from market.ledger import transfers as ledger
from market.ledger.accounts import account_code
from market.records.by import By
from market.records.decisions import SamePerson, Verdict, decide
from market.records.transitions import transition

PROPOSED = {
    ChangeKind.CHANGE: ContractVerb.ENTER_CHANGE,
    ChangeKind.RESCISSION: ContractVerb.ENTER_RESCISSION,
    ChangeKind.CANCELLATION: ContractVerb.CANCEL_REGISTRATION,
}
CONFIRMED = {
    ChangeKind.CHANGE: ContractVerb.CONFIRM_CHANGE,
    ChangeKind.RESCISSION: ContractVerb.CONFIRM_RESCISSION,
}


@atomic()
async def propose_change(
    number: str,
    kind: ChangeKind,
    agreement: str,
    *,
    agreed_on: date,
    new_valid_until: date | None = None,
    blob: StoredBlob | None = None,
    by: By,
) -> ContractChange:
    """Propose what the two sides agreed on, or record that the registry cancelled the registration.

    The other side confirms a change or a rescission; a cancellation is the registry's act, the
    seller only notes it; pages on which an instalment was being paid are closed then.

    Raises:
        Invalid: at the field that is wrong.
        Conflict: one waits for its confirmation, or the contract cannot be changed any more.
    """
    by.actor.require(ContractAct.CHANGE_CONTRACT)
    contract, deal, side = await lock_contract_for(by.actor, number)
    _require_possible(kind, contract, deal, side, agreed_on, new_valid_until, by.now)
    earlier = await ContractChange.filter(contract_id=contract.id).order_by("-sequence")
    if any(change.is_open for change in earlier):
        raise Conflict(_("已有一项变更或解除等待对方确认，请先办完。"))
    file = None
    if blob is not None:
        file = await attach(
            blob,
            subject_kind="contract",
            subject_id=contract.id,
            kind="change",
            tier=Tier.PARTIES,
            by=by,
        )
    is_done = kind is ChangeKind.CANCELLATION
    change = await ContractChange.create(
        id=uuid4(),
        contract_id=contract.id,
        sequence=earlier[0].sequence + 1 if earlier else 1,
        kind=kind,
        side=side,
        agreement=agreement,
        new_valid_until=new_valid_until if kind is ChangeKind.CHANGE else None,
        agreed_on=agreed_on,
        file_id=file.id if file else None,
        proposed_by_id=by.actor.user_id,
        proposed_at=by.now,
        effective_at=by.now if is_done else None,
    )
    await record("contract", contract.id, PROPOSED[kind], by=by, change=change.id, side=side)
    if is_done:
        await enqueue_closing([instalment.id for instalment in contract.instalments])
    message = (
        _("合同 %(number)s 的登记已注销。", number=contract.number)
        if is_done
        else _("对方就合同 %(number)s 提出变更或解除，请核对。", number=contract.number)
    )
    await _notify_other_side(deal, side, contract, message, by.now)
    return change


@atomic()
async def confirm_change(change_id: UUID, *, by: By) -> ContractChange:
    """Confirm a change or a rescission that the other side proposed.

    A rescission ends the deal: what is not paid yet is not owed any more, and pages on which it could
    still be paid are closed. What was paid stays a fact; sending it back is a refund.

    Raises:
        SamePerson: one's own side proposed it.
        Conflict: it was decided or withdrawn, or a recorded transfer waits for its confirmation.
    """
    by.actor.require(ContractAct.CHANGE_CONTRACT)
    change, contract, deal, side = await _locked_change(by.actor, change_id)
    await _decide(change, side, Verdict.CONFIRMED, by=by)
    change.effective_at = by.now
    await change.save(update_fields=["effective_at"])
    await record("contract", contract.id, CONFIRMED[change.kind], by=by, change=change.id)
    if change.kind is ChangeKind.RESCISSION:
        await _rescind(change, contract, deal, by=by)
    await _notify_other_side(
        deal, side, contract, _("合同 %(number)s 的变更或解除已由双方确认。", number=contract.number), by.now
    )
    return change


@atomic()
async def reject_change(change_id: UUID, reason: str, *, by: By) -> ContractChange:
    """Reject what the other side proposed; the contract stays as it is.

    Raises:
        SamePerson: one's own side proposed it.
        Invalid: at `reason`: there is none.
        Conflict: it was decided or withdrawn.
    """
    by.actor.require(ContractAct.CHANGE_CONTRACT)
    change, contract, deal, side = await _locked_change(by.actor, change_id)
    await _decide(change, side, Verdict.REJECTED, by=by, reason=reason.strip()[:300])
    await record("contract", contract.id, ContractVerb.REJECT_CHANGE, by=by, change=change.id)
    await _notify_other_side(
        deal, side, contract, _("合同 %(number)s 的变更或解除没有成立。", number=contract.number), by.now
    )
    return change


@atomic()
async def withdraw_change(change_id: UUID, *, by: By) -> ContractChange:
    """Withdraw what one's own side proposed and the other has not decided on.

    Raises:
        Forbidden: the other side proposed it.
        Conflict: it was decided or withdrawn.
    """
    by.actor.require(ContractAct.CHANGE_CONTRACT)
    change, contract, deal, side = await _locked_change(by.actor, change_id)
    if change.side is not side:
        raise Forbidden(_("对方提出的，请确认或写明不同意的理由。"))
    change.withdrawn_at = by.now
    await change.save(update_fields=["withdrawn_at"])
    await record("contract", contract.id, ContractVerb.WITHDRAW_CHANGE, by=by, change=change.id)
    await _notify_other_side(
        deal, side, contract, _("合同 %(number)s 的变更或解除没有成立。", number=contract.number), by.now
    )
    return change


def _require_possible(
    kind: ChangeKind,
    contract: Contract,
    deal: Deal,
    side: Side,
    agreed_on: date,
    new_valid_until: date | None,
    now: datetime,
) -> None:
    if not contract.signed_on <= agreed_on <= local_date(now):
        raise Invalid(_("日期应在签订日期之后，且不晚于今天。"), field="agreed_on")
    if kind is ChangeKind.CANCELLATION:
        if side is not Side.SELLER or not contract.registration_number:
            raise Conflict(_("注销登记由转让方在登记以后填写。"))
        return
    if deal.status in (DealStatus.RESCINDED, DealStatus.COMPLETED) and kind is ChangeKind.RESCISSION:
        raise Conflict(_("这份合同已经履行完毕或解除。"))
    if deal.status is DealStatus.RESCINDED:
        raise Conflict(_("这份合同已经解除，不能再变更。"))
    if kind is not ChangeKind.CHANGE and new_valid_until:
        raise Invalid(_("只有变更才填新的有效期：请改选变更，或删去日期。"), field="new_valid_until")
    if kind is ChangeKind.CHANGE and new_valid_until and new_valid_until < agreed_on:
        raise Invalid(_("新的有效期不能早于变更日期。"), field="new_valid_until")


async def _rescind(change: ContractChange, contract: Contract, deal: Deal, *, by: By) -> None:
    ids = [instalment.id for instalment in contract.instalments]
    DEAL_WORKFLOW.next(deal.status, DealAction.RESCIND)
    if await waiting_amount(ids):
        raise Conflict(_("还有登记的到账等待确认，请先确认或退回。"))
    for instalment_id in ids:
        left = await ledger.balance(f"due:{instalment_id}")
        if left.amount > 0:
            await ledger.post(
                "rescinded",
                left,
                debit=f"due:{instalment_id}",
                credit=account_code("agreed", deal.seller_id, left.currency),
                reference=f"rescission:{change.id}:{instalment_id}",
                at=by.now,
                subject=("contract", contract.id),
            )
    await enqueue_closing(ids)
    await transition(deal, DealAction.RESCIND, by=by, contract=contract.number)


async def _locked_change(actor: Actor, change_id: UUID) -> tuple[ContractChange, Contract, Deal, Side]:
    change = await ContractChange.get_or_none(id=change_id).select_related("contract")
    if change is None:
        raise NotFound(_("没有这项变更，或者您不能查看它。"))
    contract, deal, side = await lock_contract_for(actor, change.contract.number)
    change = await ContractChange.select_for_update().get(id=change_id)
    if not change.is_open:
        raise Conflict(_("这项变更或解除已经办结，请刷新后再看。"))
    return change, contract, deal, side


async def _decide(change: ContractChange, side: Side, verdict: Verdict, *, by: By, reason: str = "") -> None:
    refusal = _("自己一方提出的，由对方确认。")
    if change.side is side:
        raise SamePerson(refusal)
    await decide(change, verdict, by=by, reason=reason, refusal=refusal)


async def _notify_other_side(deal: Deal, side: Side, contract: Contract, message: str, now: datetime) -> None:
    await notify(
        message,
        now=now,
        address=f"/contracts/{contract.number}",
        organisation_id=organisation_of(deal, other_side(side)).id,
        roles={MemberRole.ADMIN, MemberRole.AGENT},
    )
