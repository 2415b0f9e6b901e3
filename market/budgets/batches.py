"""Lists of claims (批次): drafted, confirmed under a lock, published, approved by a third person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from tortoise.expressions import Subquery

from market.accounts.messages import notify, notify_staff
from market.accounts.models import StaffRole
from market.audit.log import record
from market.budgets.annual_budgets import default_fiscal_year
from market.budgets.list_documents import issue_list, sharing_of
from market.budgets.list_preview import rule_mode
from market.budgets.models import Batch, ListRemoval
from market.budgets.states import BatchAction, BatchStatus, BatchVerb, BudgetAct, ClaimVerb, PotMode
from market.claims.letters import issue_award
from market.claims.models import Claim, ClaimContract
from market.claims.queries import people_behind
from market.claims.states import ClaimAction, ClaimStatus
from market.claims.transitions import lock_claims, move
from market.codes.numbers import next_number
from market.integrity.conflicts import require_no_conflict
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.i18n import gettext as _
from market.kit.i18n import source_text
from market.ledger import transfers as book
from market.ledger.models import Phase, Transfer
from market.notices.models import Notice, Objection
from market.notices.notice_acts import lock_for
from market.notices.states import NoticeStatus, ObjectionStatus
from market.programmes.catalogue import get_programme
from market.programmes.models import Programme, ProgrammeTerms
from market.programmes.sharing import share
from market.records.by import By
from market.records.decisions import Verdict, decide, require_second_person
from market.records.transitions import transition

HELD = frozenset({ClaimStatus.PUBLICITY, ClaimStatus.APPROVED, ClaimStatus.TO_PAY})
"""Money is reserved, none is paid."""
LISTABLE = frozenset({ClaimStatus.RECHECKED, ClaimStatus.REVIEWED})


def reservation_reference(claim: Claim) -> str:
    """Return the reference of what was first reserved for a claim; a correction appends its ruling."""
    return f"reserve:{claim.id}:{claim.batch_id}"


async def reservation_of(claim: Claim) -> Transfer:
    """Return the transfer that reserves a claim's award: the first, or that of the last correction."""
    pending = Transfer.filter(
        subject_kind="claim",
        subject_id=claim.id,
        reference__startswith=reservation_reference(claim),
        phase=Phase.PENDING,
    )
    voided = Transfer.filter(subject_kind="claim", subject_id=claim.id, phase=Phase.VOID)
    return await pending.exclude(id__in=Subquery(voided.values("pending_id"))).get()


async def set_award(claim: Claim, award: int) -> None:
    """Give a locked claim its award, shared among its contracts in proportion to what they had."""
    rows = await ClaimContract.filter(claim_id=claim.id).order_by("id")
    for row, part in zip(rows, share(award, [row.award_amount or 0 for row in rows]), strict=True):
        row.award_amount = part
        await row.save(update_fields=["award_amount"])
    claim.award_amount = award
    await claim.save(update_fields=["award_amount"])


async def lock_batch(number: str) -> Batch:
    """Return the batch, locked until the transaction ends."""
    batch = await Batch.filter(number=number).select_for_update().first()
    if batch is None:
        raise NotFound(_("没有这个批次。"))
    return batch


@atomic()
async def make_batch(
    slug: str,
    *,
    year: int,
    claim_numbers: Sequence[str],
    title: str,
    fiscal_year: int | None = None,
    pot_mode: PotMode | None = None,
    pot_mode_reason: str = "",
    by: By,
) -> Batch:
    """Put rechecked claims of one programme and year on a list.

    It is paid from the budget of `fiscal_year`, which may be a later one than that of its claims (None: this
    year's if it is released, else that of the claims' year). `pot_mode` is how it shares a pot that does not
    suffice, with the reason where its rules say otherwise.

    Raises:
        Invalid: nothing is chosen, the claims do not go together, or the reason is missing.
        Conflict: a claim is on another list, or no longer rechecked.
    """
    by.actor.require(BudgetAct.MAKE_LIST)
    programme = await get_programme(slug)
    rows = await Claim.filter(number__in=list(set(claim_numbers))).values_list("id", flat=True)
    claims = await lock_claims([UUID(str(identity)) for identity in rows])
    if not claims:
        raise Invalid(_("请至少选择一份已复核的申报。"), field="claims")
    await require_no_conflict(by, "claim", [claim.id for claim in claims])
    for claim in claims:
        if (claim.programme_id, claim.year) != (programme.id, year):
            raise Invalid(_("一个批次只能是同一政策、同一年度的申报。"), field="claims")
        if claim.status not in LISTABLE or claim.batch_id is not None:
            raise Conflict(_("申报 %(number)s 已不在待列入之列，请刷新后再选。", number=claim.number))
    if fiscal_year is None:
        fiscal_year = await default_fiscal_year(slug, year, by.now)
    if fiscal_year < year:
        raise Invalid(_("预算年度不能早于申报年度。"), field="fiscal_year")
    terms = await ProgrammeTerms.get(id=claims[0].terms_id)
    if pot_mode is rule_mode(terms):
        pot_mode = None
    if pot_mode is not None and not pot_mode_reason.strip():
        raise Invalid(_("请写明为什么不按规则的办法分配。"), field="pot_mode_reason")
    if pot_mode is None and pot_mode_reason.strip():
        raise Invalid(
            _("写了不按规则分配的理由，却按规则分配：请改选办法，或删去理由。"), field="pot_mode_reason"
        )
    batch = await Batch.create(
        id=uuid4(),
        number=await next_number("batch", by.now),
        programme_id=programme.id,
        year=year,
        title=title or source_text(_("%(year)s 年 %(name)s", year=year, name=programme.name)),
        created_at=by.now,
        fiscal_year=fiscal_year,
        pot_mode=pot_mode,
        pot_mode_reason=pot_mode_reason.strip() if pot_mode else "",
        proposed_by_id=by.actor.user_id,
        proposed_at=by.now,
    )
    for claim in claims:
        claim.batch_id = batch.id
        await claim.save(update_fields=["batch_id"])
    numbers = [claim.number for claim in claims]
    await record(
        "batch",
        batch.id,
        BatchVerb.MAKE,
        by=by,
        number=batch.number,
        claims=numbers,
        fiscal_year=fiscal_year,
        mode=pot_mode.value if pot_mode else None,
        reason=batch.pot_mode_reason,
    )
    await notify_staff(
        StaffRole.RECHECKER,
        _("批次 %(number)s 待确认。", number=batch.number),
        now=by.now,
        address=f"/desk/batches/{batch.number}",
    )
    return batch


@atomic()
async def return_batch(number: str, *, reason: str, by: By) -> Batch:
    """Put a list back before it is confirmed: its claims leave it and wait for another, its maker is told.

    Raises:
        Invalid: at `reason`, which it must have.
        ActionNotAllowed: the list was confirmed or put back already.
    """
    by.actor.require(BudgetAct.MAKE_LIST)
    if not reason.strip():
        raise Invalid(_("退回时请写明理由。"), field="reason")
    batch = await lock_batch(number)
    ids = await Claim.filter(batch_id=batch.id).values_list("id", flat=True)
    claims = await lock_claims([UUID(str(identity)) for identity in ids])
    await transition(
        batch,
        BatchAction.RETURN,
        by=by,
        note=reason.strip(),
        claims=[claim.number for claim in claims],
        reason=reason.strip(),
    )
    for claim in claims:
        await remove_from_list(claim, batch, reason.strip(), by=by)
    await notify(
        _("批次 %(number)s 被退回：%(reason)s", number=batch.number, reason=reason.strip()),
        now=by.now,
        address=f"/desk/batches/{batch.number}",
        user_ids=[batch.proposed_by_id],
    )
    return batch


async def remove_from_list(claim: Claim, batch: Batch, reason: str, *, by: By) -> None:
    """Take a locked claim off its list, with the reason; it waits for another."""
    claim.batch_id = None
    await claim.save(update_fields=["batch_id"])
    await ListRemoval.create(
        id=uuid4(),
        batch_id=batch.id,
        claim_id=claim.id,
        reason=reason[:500],
        removed_by_id=by.user_id,
        removed_at=by.now,
    )
    await record("claim", claim.id, ClaimVerb.TAKE_OFF_LIST, by=by, batch=batch.number, reason=reason[:500])


@atomic()
async def approve_batch(number: str, *, remark: str = "", by: By) -> list[str]:
    """Approve the claims whose publicity ended without objection, by a third person; return their numbers.

    Claims with an undecided objection wait. Approving posts the pending reservation. The remark stands on
    the approved list and, of the first approval, on the batch.

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
        await decide(batch, Verdict.CONFIRMED, by=by, reason=remark, refusal=refusal, involved=involved)
    else:
        require_second_person(batch, by=by, refusal=refusal, involved=involved)
    await require_no_conflict(by, "claim", [claim.id for claim in claims])
    approvable = [
        claim for claim in claims if claim.status is ClaimStatus.PUBLICITY and claim.id not in stopped
    ]
    if not approvable:
        raise Conflict(_("这个批次没有待批准的申报。"))
    programme = await Programme.get(id=batch.programme_id)
    sharing = sharing_of(batch, await ProgrammeTerms.get(id=approvable[0].terms_id))
    for claim in approvable:
        await book.post_pending((await reservation_of(claim)).id, reference=f"approve:{claim.id}", at=by.now)
        await move(claim, ClaimAction.APPROVE, by=by, amount=claim.award_amount)
        await notify(
            _("补助申报 %(number)s 已批准。", number=claim.number),
            now=by.now,
            address=f"/claims/{claim.number}",
            organisation_id=claim.applicant_id,
        )
        await issue_award(claim, sharing, approver=by.actor.name, by=by)
    await issue_list(batch, approvable, programme, remark=remark, by=by)
    numbers = [claim.number for claim in approvable]
    if batch.status in (BatchStatus.PUBLICITY, BatchStatus.CLEARED):
        await transition(batch, BatchAction.APPROVE, by=by, note=remark, claims=numbers)
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
    settled = [ObjectionStatus.DISMISSED, ObjectionStatus.CORRECTED]
    objections = await Objection.filter(notice_id=notice.id).exclude(status__in=settled)
    if any(objection.entry_id is None for objection in objections):
        raise Conflict(_("异议处理中，程序中止；裁定以后才能批准。"))
    return {objection.entry_id for objection in objections if objection.entry_id}


async def close_settled(batch: Batch, *, by: By) -> None:
    """Close a locked list when none of its claims has money reserved any more."""
    if not await Claim.exists(batch_id=batch.id, status__in=list(HELD)):
        await transition(batch, BatchAction.CLOSE, by=by)
