"""What an applicant does: report sales, create a claim, add evidence, submit, withdraw."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from market.accounts.actors import Actor
from market.accounts.messages import notify_staff
from market.accounts.models import Organisation, StaffRole
from market.audit.log import record
from market.claims.claim_payees import freeze_payee
from market.claims.claimable import SIDES, live_claim, pays_on_totals
from market.claims.evidence import evidence_from_records
from market.claims.evidence_log import record_evidence
from market.claims.models import Claim, ClaimContract, SalesReport
from market.claims.queries import get_bought_contract_for, get_claim_for, voided_among
from market.claims.risk_detection import refresh_risk_flags
from market.claims.states import (
    COMPUTED,
    ENDED,
    ClaimAct,
    ClaimAction,
    ClaimStatus,
    ClaimVerb,
    SalesVerb,
    require_editable,
)
from market.claims.transitions import lock_claim, move
from market.codes.numbers import next_number
from market.contracts.models import Contract
from market.integrity.models import Scope
from market.integrity.sanction_acts import require_clear
from market.kit.clock import local_date
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.i18n import gettext as _
from market.kit.money import HOME
from market.programmes.call_queries import require_open
from market.programmes.catalogue import compiled, get_programme, version_in_force
from market.programmes.models import Programme
from market.records.by import By
from market.records.moments import clear_moments

FIRST_YEAR = 2010
"""No programme known here is older."""


@atomic()
async def report_sales(
    contract_number: str, *, year: int, amount: int, note: str = "", by: By
) -> SalesReport:
    """Store what the buyer sold thanks to a contract in one year; reporting again corrects it.

    Raises:
        NotFound: the contract is not the actor's purchase.
        Conflict: a claim was computed with the figure of that year.
    """
    by.actor.require(ClaimAct.REPORT_SALES)
    contract = await get_bought_contract_for(by.actor, contract_number)
    await Contract.filter(id=contract.id).select_for_update().first()
    if not contract.signed_on.year <= year <= local_date(by.now).year:
        raise Invalid(_("年份应在合同签订年份与今年之间。"), field="year")
    used = ClaimContract.filter(contract_id=contract.id, claim__year=year)
    if await used.filter(claim__status__in=list(COMPUTED - ENDED)).exists():
        raise Conflict(_("这一年的申报已经核算，新增销售收入不能再改。"))
    report = await SalesReport.get_or_none(contract_id=contract.id, year=year)
    values: dict[str, Any] = {
        "amount": amount,
        "note": note,
        "reported_by_id": by.actor.user_id,
        "reported_at": by.now,
    }
    if report is None:
        report = await SalesReport.create(id=uuid4(), contract_id=contract.id, year=year, **values)
    else:
        await report.update_from_dict(values).save(update_fields=list(values))
    await record("contract", contract.id, SalesVerb.REPORT_SALES, by=by, year=year, amount=amount)
    return report


@atomic()
async def create_claim(slug: str, *, year: int, contract_numbers: Sequence[str], by: By) -> Claim:
    """Create a claim to a programme for one year from contracts of one's own, or on the year's totals.

    The version in force on 31 December of the year stays with the claim. The contracts are locked, so that
    of two who claim one at the same moment the second is refused.
    """
    by.actor.require(ClaimAct.WRITE_CLAIM)
    programme = await get_programme(slug)
    if not FIRST_YEAR <= year <= local_date(by.now).year:
        raise Invalid(_("申报年度不能晚于今年。"), field="year")
    terms = await version_in_force(programme.id, year)
    contracts: list[Contract] = []
    if compiled(terms).per_contract:
        contracts = await _lock_contracts(programme, contract_numbers, by.actor)
        await _refuse_claimed_contracts(programme, contracts)
    else:
        await _refuse_second_claim(programme, year, by.actor)
    claim = await Claim.create(
        id=uuid4(),
        number=await next_number("claim", by.now),
        programme_id=programme.id,
        terms_id=terms.id,
        applicant_id=by.actor.organisation_id,
        year=year,
        created_at=by.now,
        updated_at=by.now,
    )
    for contract in contracts:
        await ClaimContract.create(id=uuid4(), claim_id=claim.id, contract_id=contract.id)
    await record(
        "claim",
        claim.id,
        ClaimVerb.CREATE,
        by=by,
        number=claim.number,
        programme=slug,
        version=terms.version,
        year=year,
        contracts=[contract.number for contract in contracts],
        applicant=claim.applicant_id,
    )
    for evidence in await evidence_from_records(claim, contracts, by.now):
        await evidence.save(force_create=True)
        await record_evidence(evidence, by=by)
    return claim


async def _lock_contracts(programme: Programme, numbers: Sequence[str], actor: Actor) -> list[Contract]:
    """Lock the contracts in a fixed order; raise unless they are the actor's own, registered and in CNY."""
    side = SIDES.get(programme.role)
    if side is None:
        raise Invalid(_("这项政策不按合同申报，请向主管部门咨询。"), field="programme")
    requested = set(numbers)
    if not requested:
        raise Invalid(_("请至少选择一份合同。"), field="contracts")
    await Contract.filter(number__in=list(requested)).order_by("id").select_for_update()
    rows = await Contract.filter(
        number__in=list(requested), **{f"deal__{side}_id": actor.organisation_id}
    ).order_by("number")
    if len(rows) != len(requested) or not actor.acts_for(actor.organisation_id):
        raise NotFound(_("没有这份合同，或者它不是您单位的。"))
    voided = await voided_among([row.id for row in rows])
    for row in rows:
        if row.id in voided:
            raise Invalid(
                _("合同 %(number)s 已解除或注销登记，不能申报。", number=row.number), field="contracts"
            )
        if row.registration_number is None:
            raise Invalid(_("合同 %(number)s 还没有登记，不能申报。", number=row.number), field="contracts")
        if row.currency != HOME:
            raise Invalid(_("合同 %(number)s 不以人民币计价。", number=row.number), field="contracts")
    return rows


async def _refuse_second_claim(programme: Programme, year: int, actor: Actor) -> None:
    """Raise unless the programme pays the organisation on yearly totals and it has no claim this year."""
    applicant = await Organisation.filter(id=actor.organisation_id).select_for_update().first()
    if applicant is None or not actor.acts_for(applicant.id) or not pays_on_totals(programme, applicant):
        raise Invalid(_("您的单位不是这项政策的申报对象。"), field="programme")
    live = await live_claim(programme.id, applicant.id, year)
    if live is not None:
        raise Conflict(_("本年度的申报 %(number)s 正在办理，不能重复申报。", number=live.number))


async def _refuse_claimed_contracts(programme: Programme, contracts: Sequence[Contract]) -> None:
    live = (
        await ClaimContract.filter(
            contract_id__in=[contract.id for contract in contracts], claim__programme_id=programme.id
        )
        .exclude(claim__status__in=list(ENDED))
        .select_related("claim", "contract")
        .first()
    )
    if live is not None:
        raise Conflict(
            _(
                "合同 %(contract)s 已在申报 %(claim)s 中，同一份合同不能重复申报。",
                contract=live.contract.number,
                claim=live.claim.number,
            )
        )


async def submit_claim(number: str, *, is_declared: bool, by: By) -> Claim:
    """Submit a claim, or submit it again with the requested supplement.

    The integrity records are checked first; the answer is stored even when it bars the applicant.

    Raises:
        Invalid: the applicant has no account that a second person confirmed, or the programme has calls and
            none of the claim's year is open.
        Barred: an integrity record bars the applicant; it says which and how to appeal.
        Conflict: the claim is submitted already.
    """
    by.actor.require(ClaimAct.WRITE_CLAIM)
    claim = await get_claim_for(by.actor, number)
    require_editable(claim.status)
    if not is_declared:
        raise Invalid(_("请先声明所填内容真实、完整。"), field="declaration")
    if claim.status is ClaimStatus.DRAFT:
        await require_open(claim.programme.slug, claim.year, by.now)
    applicant = await Organisation.get(id=claim.applicant_id)
    await require_clear(
        applicant.uscc,
        Scope.SUBSIDY,
        occasion="submission",
        reference_kind="claim",
        reference_id=claim.id,
        now=by.now,
    )
    return await _submit(number, by=by)


@atomic()
async def _submit(number: str, *, by: By) -> Claim:
    claim = await lock_claim(number)
    is_supplement = claim.status is ClaimStatus.SUPPLEMENT
    is_frozen = claim.payee_id is not None
    payee = await freeze_payee(claim)
    frozen = {} if is_frozen else {"account": payee.masked, "account_hash": payee.fingerprint}
    await move(claim, ClaimAction.SUPPLY if is_supplement else ClaimAction.SUBMIT, by=by, **frozen)
    claim.declared_at = by.now
    claim.submitted_at = claim.submitted_at or by.now
    claim.supplement_due_on = None
    await claim.save(update_fields=["declared_at", "submitted_at", "supplement_due_on"])
    await clear_moments("claim", claim.id)
    await refresh_risk_flags(claim, by=by)
    text = (
        _("申报 %(number)s 已补正，请继续办理。", number=number)
        if is_supplement
        else _("收到新的补助申报 %(number)s。", number=number)
    )
    await notify_staff(StaffRole.OFFICER, text, now=by.now, address=f"/desk/{claim.number}")
    return claim


@atomic()
async def withdraw_claim(number: str, *, by: By) -> Claim:
    """Withdraw a claim before it is computed; its contracts may then be claimed for again."""
    by.actor.require(ClaimAct.WRITE_CLAIM)
    await get_claim_for(by.actor, number)
    claim = await lock_claim(number)
    await clear_moments("claim", claim.id)
    return await move(claim, ClaimAction.WITHDRAW, by=by)
