"""Lists of claims (批次): drafted, confirmed under a lock, published, approved by a third person."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from market.accounts.messages import notify, notify_staff
from market.accounts.models import StaffRole
from market.audit.log import record
from market.budgets.annual_budgets import budget_account, reserved_account
from market.budgets.list_documents import issue_list, issue_notice, sharing_of
from market.budgets.list_notices import notice_body
from market.budgets.models import Batch, Budget
from market.budgets.permissions import BudgetAct
from market.budgets.states import BatchAction, BatchStatus
from market.budgets.verbs import BatchVerb, ClaimVerb
from market.claims.claim_payees import PayeeState, payee_states
from market.claims.contract_validity import voided_in
from market.claims.expert_panel import verdict_for
from market.claims.letters import issue_award
from market.claims.models import Claim, ClaimContract
from market.claims.queries import people_behind
from market.claims.shared_caps import find_outdated
from market.claims.states import ClaimAction, ClaimStatus
from market.claims.transitions import lock_claims, move
from market.codes.holidays import Calendar
from market.codes.numbers import next_number
from market.integrity.conflicts import require_no_conflict
from market.integrity.models import Scope
from market.integrity.services import check
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.i18n import gettext as _
from market.kit.i18n import in_source_language, source_text
from market.kit.money import Money
from market.ledger import services as book
from market.ledger.models import Transfer
from market.notices.models import DayKind, Notice, NoticeKind, Objection
from market.notices.services import lock_for, publish
from market.notices.states import NoticeStatus, ObjectionStatus
from market.programmes.catalogue import compiled, get_programme
from market.programmes.models import Programme, ProgrammeTerms
from market.programmes.sharing import number_rank, share, share_pot
from market.records.by import By
from market.records.decisions import Verdict, decide, require_second_person
from market.records.transitions import transition

HELD = frozenset({ClaimStatus.PUBLICITY, ClaimStatus.APPROVED, ClaimStatus.TO_PAY})
"""Money is reserved, none is paid."""
UNPROVEN = (PayeeState.MISSING, PayeeState.UNCONFIRMED)
"""No list without an account whose proof two persons have seen."""
LISTABLE = frozenset({ClaimStatus.RECHECKED, ClaimStatus.REVIEWED})


def reservation_reference(claim: Claim) -> str:
    """Return the ledger reference of the money reserved for a claim."""
    return f"reserve:{claim.id}:{claim.batch_id}"


@dataclass(frozen=True)
class ConfirmedBatch:
    """A confirmed list, its notice, and the claims left out with the reasons."""

    batch: Batch
    notice: Notice
    left_out: list[tuple[str, str]] = field(default_factory=list)


async def lock_batch(number: str) -> Batch:
    """Return the batch, locked until the transaction ends."""
    batch = await Batch.filter(number=number).select_for_update().first()
    if batch is None:
        raise NotFound(_("没有这个批次。"))
    return batch


@atomic()
async def make_batch(slug: str, *, year: int, claim_numbers: Sequence[str], title: str, by: By) -> Batch:
    """Put rechecked claims of one programme and year on a list.

    Raises:
        Conflict: a claim is on another list, or no longer rechecked.
    """
    by.actor.require(BudgetAct.MAKE_LIST)
    programme = await get_programme(slug)
    rows = await Claim.filter(number__in=list(set(claim_numbers))).values_list("id", flat=True)
    claims = await lock_claims([UUID(str(identity)) for identity in rows])
    if not claims:
        raise Invalid(_("请至少选择一份已复核的申报。"), field="claims")
    for claim in claims:
        if (claim.programme_id, claim.year) != (programme.id, year):
            raise Invalid(_("一个批次只能是同一政策、同一年度的申报。"), field="claims")
        if claim.status not in LISTABLE or claim.batch_id is not None:
            raise Conflict(_("申报 %(number)s 已不在待列入之列，请刷新后再选。", number=claim.number))
    batch = await Batch.create(
        id=uuid4(),
        number=await next_number("batch", by.now),
        programme_id=programme.id,
        year=year,
        title=title or source_text(_("%(year)s 年 %(name)s", year=year, name=programme.name)),
        created_at=by.now,
        proposed_by_id=by.actor.user_id,
        proposed_at=by.now,
    )
    for claim in claims:
        claim.batch_id = batch.id
        await claim.save(update_fields=["batch_id"])
    numbers = [claim.number for claim in claims]
    await record("batch", batch.id, BatchVerb.MAKE, by=by, number=batch.number, claims=numbers)
    await notify_staff(
        StaffRole.RECHECKER,
        _("批次 %(number)s 待确认。", number=batch.number),
        now=by.now,
        address=f"/desk/batches/{batch.number}",
    )
    return batch


async def confirm_batch(number: str, *, calendar: Calendar, by: By) -> ConfirmedBatch:
    """Confirm a list: check integrity records again, scale to the pot, reserve the money, publish.

    Integrity checks are stored even when the confirmation fails. All else is one transaction with the budget
    locked, so that of two lists competing for the rest the second sees what the first left.

    Raises:
        Conflict: the list was confirmed already, there is no budget, or nothing is left of it.
    """
    by.actor.require(BudgetAct.CONFIRM_LIST)
    batch = await Batch.get_or_none(number=number)
    if batch is None:
        raise NotFound(_("没有这个批次。"))
    barred: dict[UUID, str] = {}
    if batch.status is BatchStatus.DRAFT:
        for claim in await Claim.filter(batch_id=batch.id).select_related("applicant"):
            answer = await check(
                claim.applicant.uscc,
                Scope.SUBSIDY,
                occasion="list_confirmation",
                reference_kind="claim",
                reference_id=claim.id,
                now=by.now,
            )
            if not answer.is_clear:
                barred[claim.id] = str(answer.found[0]["decision_number"])
    return await _confirm(number, barred, calendar=calendar, by=by)


@atomic()
async def _confirm(number: str, barred: dict[UUID, str], *, calendar: Calendar, by: By) -> ConfirmedBatch:
    batch = await lock_batch(number)
    if batch.status is not BatchStatus.DRAFT:
        raise Conflict(_("这个批次已经确认过了。"))
    programme = await Programme.get(id=batch.programme_id)
    pot = await _lock_pot(programme, batch.year)
    ids = await Claim.filter(batch_id=batch.id).values_list("id", flat=True)
    claims = await lock_claims([UUID(str(identity)) for identity in ids])
    claims = [claim for claim in claims if claim.batch_id == batch.id]
    await require_no_conflict(by.actor, "claim", [claim.id for claim in claims])
    left_out = [(claim, _("诚信记录 %(no)s", no=barred[claim.id])) for claim in claims if claim.id in barred]
    voided = await voided_in([claim.id for claim in claims])
    left_out += [
        (claim, _("合同 %(number)s 已解除或注销登记", number=voided[claim.id][0].number))
        for claim in claims
        if claim.id in voided and claim.id not in barred
    ]
    payees = await payee_states([claim.id for claim in claims])
    unproven = {claim.id for claim in claims if payees[claim.id] in UNPROVEN}
    left_out += [
        (claim, str(payees[claim.id].label))
        for claim in claims
        if claim.id in unproven and claim.id not in barred and claim.id not in voided
    ]
    claims = [claim for claim in claims if claim.id not in {*barred, *voided, *unproven}]
    terms = await ProgrammeTerms.filter(id__in={claim.terms_id for claim in claims})
    if len(terms) > 1:
        raise Conflict(_("批次里的申报适用不同版本的政策，请分开列批次。"))
    if claims:
        outdated = await find_outdated(claims, terms[0])
        left_out += outdated
        overtaken = {claim.id for claim, _reason in outdated}
        claims = [claim for claim in claims if claim.id not in overtaken]
    if not claims:
        raise Conflict(_("批次里没有可以确认的申报。"))
    batch.pot_amount, batch.computed_amount = pot, sum(claim.award_amount or 0 for claim in claims)
    computed = {claim.id: claim.award_amount or 0 for claim in claims}
    awards = await _share_pot(claims, pot, terms[0])
    left_out += [(claim, _("预算余额不足")) for claim, award in zip(claims, awards, strict=True) if not award]
    funded = [(claim, award) for claim, award in zip(claims, awards, strict=True) if award]
    if not funded:
        raise Conflict(_("预算已没有余额，批次没有确认。"))
    for claim, _reason in left_out:
        await _remove_from_list(claim, by=by)
    for claim, award in funded:
        await _reserve(claim, award, programme, batch, now=by.now)
        await move(claim, ClaimAction.PUBLISH, by=by, batch=batch.number, amount=award)
    procedure = terms[0].content["procedure"]
    with in_source_language():
        title = _("%(title)s 拟支持名单公示", title=batch.title)
        body = await notice_body(
            batch,
            programme,
            [(claim, computed[claim.id]) for claim, _award in funded],
            sharing_of(batch, terms[0]),
        )
    notice = await publish(
        NoticeKind.SUBSIDY,
        subject_kind="batch",
        subject_id=batch.id,
        title=title,
        body=body,
        days=procedure["publicity_days"],  # type: ignore[index]
        day_kind=DayKind(procedure["publicity_unit"]),  # type: ignore[index]
        calendar=calendar,
        by=by,
        entries=[(claim.id, await _entry_name(claim)) for claim, _award in funded],
        address=f"/desk/batches/{batch.number}",
    )
    await transition(
        batch,
        BatchAction.CONFIRM,
        by=by,
        changes={
            "proposed_by_id": by.actor.user_id,
            "proposed_at": by.now,
            "pot_amount": batch.pot_amount,
            "computed_amount": batch.computed_amount,
        },
        pot=pot,
        amounts={claim.number: award for claim, award in funded},
        left_out=[claim.number for claim, _reason in left_out],
        notice=notice.number,
    )
    await issue_notice(batch, notice, programme, by=by)
    return ConfirmedBatch(batch, notice, [(claim.number, reason) for claim, reason in left_out])


async def _lock_pot(programme: Programme, year: int) -> int:
    """Lock the year's budget and return its available balance."""
    budget = await Budget.filter(programme_id=programme.id, year=year).select_for_update().first()
    if budget is None or not budget.is_confirmed:
        raise Conflict(_("%(year)s 年的预算还没有下达，不能确认批次。", year=year))
    return (await book.available(budget_account(programme.slug, year))).amount


async def _share_pot(claims: Sequence[Claim], pot: int, terms: ProgrammeTerms) -> list[int]:
    """Share the pot as the terms say; where they rank, by the experts' points, then by date of submission."""
    mode = terms.content["pot"]["mode"]  # type: ignore[index]
    awards = [claim.award_amount or 0 for claim in claims]
    ranks: list[Any] = [number_rank(claim.number) for claim in claims]
    if mode in {"ranked", "hard_stop"}:
        ranks = [await _rank(claim, terms) for claim in claims]
    return share_pot(pot, awards, mode, rank=ranks)


async def _rank(claim: Claim, terms: ProgrammeTerms) -> tuple[Any, ...]:
    points = (await verdict_for(claim.id, compiled(terms))).points
    return (-(points or 0), claim.submitted_at, number_rank(claim.number))


async def _reserve(claim: Claim, award: int, programme: Programme, batch: Batch, *, now: datetime) -> None:
    if award != claim.award_amount:
        rows = await ClaimContract.filter(claim_id=claim.id).order_by("id")
        for row, part in zip(rows, share(award, [row.award_amount or 0 for row in rows]), strict=True):
            row.award_amount = part
            await row.save(update_fields=["award_amount"])
        claim.award_amount = award
        await claim.save(update_fields=["award_amount"])
    await book.post(
        "subsidy_reserved",
        Money(award),
        debit=budget_account(programme.slug, batch.year),
        credit=reserved_account(programme.slug, batch.year),
        reference=reservation_reference(claim),
        at=now,
        subject=("claim", claim.id),
        pending=True,
    )


async def _remove_from_list(claim: Claim, *, by: By) -> None:
    claim.batch_id = None
    await claim.save(update_fields=["batch_id"])
    await record("claim", claim.id, ClaimVerb.TAKE_OFF_LIST, by=by)


async def _entry_name(claim: Claim) -> str:
    await claim.fetch_related("applicant")
    return f"{claim.applicant.name}（{claim.number}）"


@atomic()
async def approve_batch(number: str, *, by: By) -> list[str]:
    """Approve the claims whose publicity ended without objection, by a third person; return their numbers.

    Claims with an undecided objection wait. Approving posts the pending reservation.

    Raises:
        SamePerson: the actor confirmed the list, or computed or rechecked a claim on it.
        Conflict: the period is not over, an objection stops the whole list, or nothing is left to approve.
    """
    by.actor.require(BudgetAct.APPROVE)
    batch = await lock_batch(number)
    notice = await lock_for("batch", batch.id)
    if batch.status is BatchStatus.DRAFT or notice is None:
        raise Conflict(_("这个批次还没有确认和公示。"))
    stopped = await _require_publicity_over(notice, by.now)
    ids = await Claim.filter(batch_id=batch.id).values_list("id", flat=True)
    claims = await lock_claims([UUID(str(identity)) for identity in ids])
    refusal, involved = _("批准人不能是核算人、复核人或确认名单的人。"), await people_behind(claims)
    if batch.verdict is None:
        await decide(batch, Verdict.CONFIRMED, by=by, refusal=refusal, involved=involved)
    else:
        require_second_person(batch, by=by, refusal=refusal, involved=involved)
    await require_no_conflict(by.actor, "claim", [claim.id for claim in claims])
    approvable = [
        claim for claim in claims if claim.status is ClaimStatus.PUBLICITY and claim.id not in stopped
    ]
    if not approvable:
        raise Conflict(_("这个批次没有待批准的申报。"))
    programme = await Programme.get(id=batch.programme_id)
    sharing = sharing_of(batch, await ProgrammeTerms.get(id=approvable[0].terms_id))
    for claim in approvable:
        reservation_transfer = await Transfer.get(reference=reservation_reference(claim))
        await book.post_pending(reservation_transfer.id, reference=f"approve:{claim.id}", at=by.now)
        await move(claim, ClaimAction.APPROVE, by=by, amount=claim.award_amount)
        await notify(
            _("补助申报 %(number)s 已批准。", number=claim.number),
            now=by.now,
            address=f"/claims/{claim.number}",
            organisation_id=claim.applicant_id,
        )
        await issue_award(claim, sharing, approver=by.actor.name, by=by)
    await issue_list(batch, approvable, programme, by=by)
    numbers = [claim.number for claim in approvable]
    if batch.status in (BatchStatus.PUBLICITY, BatchStatus.CLEARED):
        await transition(batch, BatchAction.APPROVE, by=by, claims=numbers)
    else:
        await record("batch", batch.id, BatchVerb.APPROVE_MORE, by=by, claims=numbers)
    return numbers


async def _require_publicity_over(notice: Notice, now: datetime) -> set[UUID]:
    """Raise unless the period is over and no objection stops the whole list.

    Return the claims that an objection stops: undecided, or upheld.
    """
    if notice.status in (NoticeStatus.UPHELD, NoticeStatus.ARCHIVED):
        raise Conflict(_("异议成立，不能按这份公示进行下一步。"))
    if notice.ends_at is None or notice.ends_at > now:
        raise Conflict(_("公示期还没有满，期满无异议后才能批准。"))
    objections = await Objection.filter(notice_id=notice.id).exclude(status=ObjectionStatus.DISMISSED)
    if any(objection.entry_id is None for objection in objections):
        raise Conflict(_("异议处理中，程序中止；裁定以后才能批准。"))
    return {objection.entry_id for objection in objections if objection.entry_id}


async def close_settled(batch: Batch, claims: Collection[Claim], *, by: By) -> None:
    """Close a locked list when none of its claims, which are all of them, has money reserved any more."""
    if not any(claim.status in HELD for claim in claims):
        await transition(batch, BatchAction.CLOSE, by=by)
