"""Equity paid in (实缴): recorded by one person, confirmed by another of the seller's finance."""

from __future__ import annotations

from datetime import date
from uuid import UUID, uuid4

from market.accounts.actors import Actor
from market.accounts.messages import notify
from market.accounts.models import MemberRole
from market.audit.log import record
from market.contracts.models import EquityPaidIn
from market.contracts.queries import lock_contract_for
from market.contracts.states import ContractAct, ContractVerb
from market.deals.models import ContractKind, Side
from market.deals.parties import side_of
from market.deals.states import DealStatus
from market.files.attachments import StoredBlob, attach
from market.files.models import Tier
from market.kit.clock import local_date
from market.kit.database import atomic
from market.kit.errors import Conflict, Forbidden, Invalid, NotFound
from market.kit.i18n import gettext as _
from market.records.by import By
from market.records.decisions import Verdict, decide


@atomic()
async def record_paid_in(
    number: str,
    company: str,
    share_basis_points: int,
    amount: int,
    blob: StoredBlob,
    *,
    paid_in_on: date,
    by: By,
) -> EquityPaidIn:
    """Record what was paid in, with its proof, for either side. It counts once it is confirmed.

    Raises:
        Conflict: the contract is no investment.
        Invalid: at `amount`, more than the agreed value would be paid in; or at `paid_in_on`.
    """
    by.actor.require(ContractAct.CHANGE_CONTRACT)
    contract, deal, _side = await lock_contract_for(by.actor, number)
    if contract.kind is not ContractKind.EQUITY or deal.status is DealStatus.RESCINDED:
        raise Conflict(_("只有作价入股的合同登记实缴。"))
    so_far = sum(entry.amount for entry in contract.paid_in if not entry.is_rejected)
    if so_far + amount > contract.contract_amount:
        raise Invalid(_("实缴合计不能超过作价金额。"), field="amount")
    if not contract.signed_on <= paid_in_on <= local_date(by.now):
        raise Invalid(_("实缴日期应在签订之后，且不晚于今天。"), field="paid_in_on")
    voucher = await attach(
        blob,
        subject_kind="contract",
        subject_id=contract.id,
        kind="equity_change",
        tier=Tier.PARTIES,
        by=by,
    )
    paid_in = await EquityPaidIn.create(
        id=uuid4(),
        contract_id=contract.id,
        company=company,
        share_basis_points=share_basis_points,
        amount=amount,
        paid_in_on=paid_in_on,
        voucher_id=voucher.id,
        proposed_by_id=by.actor.user_id,
        proposed_at=by.now,
    )
    await record(
        "contract", contract.id, ContractVerb.RECORD_PAID_IN, by=by, paid_in=paid_in.id, amount=amount
    )
    await notify(
        _("合同 %(number)s 有一笔实缴待确认。", number=contract.number),
        now=by.now,
        address=f"/contracts/{contract.number}",
        organisation_id=deal.seller_id,
        roles={MemberRole.FINANCE},
    )
    return paid_in


async def confirm_paid_in(paid_in_id: UUID, *, by: By) -> EquityPaidIn:
    """Confirm, for the seller's finance, that what was recorded was paid in; from now on it counts.

    Raises:
        SamePerson: the actor recorded it.
        Conflict: it was decided before, perhaps a moment ago, or the contract is rescinded.
    """
    return await _decide(paid_in_id, Verdict.CONFIRMED, "", by=by)


async def reject_paid_in(paid_in_id: UUID, reason: str, *, by: By) -> EquityPaidIn:
    """Reject what was recorded as paid in, with a reason; it may then be recorded again.

    Raises:
        SamePerson: the actor recorded it.
        Conflict: it was decided before.
    """
    return await _decide(paid_in_id, Verdict.REJECTED, reason.strip()[:300], by=by)


async def get_paid_in_for(actor: Actor, paid_in_id: UUID) -> EquityPaidIn:
    """Return what was recorded as paid in, of a contract of the organisation the person acts for.

    Raises:
        NotFound: there is none, or it is another's.
    """
    paid_in = await EquityPaidIn.get_or_none(id=paid_in_id).select_related("contract__deal", "proposed_by")
    if paid_in is None or side_of(paid_in.contract.deal, actor) is None:
        raise NotFound(_("没有这笔实缴，或者您不能查看它。"))
    return paid_in


@atomic()
async def _decide(paid_in_id: UUID, verdict: Verdict, reason: str, *, by: By) -> EquityPaidIn:
    by.actor.require(ContractAct.CONFIRM_PAID_IN)
    number = (await get_paid_in_for(by.actor, paid_in_id)).contract.number
    contract, deal, side = await lock_contract_for(by.actor, number)
    if side is not Side.SELLER:
        raise Forbidden(_("实缴由转让方的财务人员确认。"))
    paid_in = next(row for row in contract.paid_in if row.id == paid_in_id)
    _require_waiting(paid_in, deal.status)
    await decide(
        paid_in,
        verdict,
        by=by,
        reason=reason,
        refusal=_("登记人不能确认或退回自己登记的实缴，请由本单位另一位财务人员办理。"),
    )
    verb = ContractVerb.CONFIRM_PAID_IN if paid_in.is_confirmed else ContractVerb.REJECT_PAID_IN
    await record("contract", contract.id, verb, by=by, paid_in=paid_in_id, amount=paid_in.amount)
    return paid_in


def _require_waiting(paid_in: EquityPaidIn, status: DealStatus) -> None:
    """Raise unless it waits for a decision; it was read under the lock of its deal."""
    if status is DealStatus.RESCINDED:
        raise Conflict(_("这份合同已经解除，不能再变更。"))
    if paid_in.verdict is not None:
        raise Conflict(_("这笔实缴已经办结，请刷新后再看。"))
