"""The confirmation of a list: as it was previewed, under a lock, reserved and published."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from market.accounts.messages import notify
from market.budgets.annual_budgets import budget_account, reserved_account
from market.budgets.batches import lock_batch, remove_from_list, reservation_reference, set_award
from market.budgets.list_documents import issue_notice, notice_body, sharing_of
from market.budgets.list_preview import ListPreview, preview_list
from market.budgets.models import Batch, Budget
from market.budgets.states import BatchAction, BatchStatus, BudgetAct
from market.claims.models import Claim
from market.claims.states import ClaimAction
from market.claims.transitions import lock_claims, move
from market.codes.holidays import Calendar
from market.integrity.conflicts import require_no_conflict
from market.integrity.models import Scope
from market.integrity.sanction_acts import check
from market.kit.database import atomic
from market.kit.errors import Conflict, NotFound
from market.kit.i18n import gettext as _
from market.kit.i18n import in_source_language, source_text
from market.kit.money import Money
from market.ledger import transfers as book
from market.notices.models import DayKind, Notice, NoticeKind
from market.notices.notice_acts import publish
from market.programmes.models import Programme
from market.records.by import By
from market.records.transitions import transition


class PreviewOutdated(Conflict):
    """A list is not any more what the person who confirms it saw."""


@dataclass(frozen=True)
class ConfirmedBatch:
    """A confirmed list, its notice, and the claims left out with the reasons."""

    batch: Batch
    notice: Notice
    left_out: list[tuple[str, str]] = field(default_factory=list)


async def preview_batch(batch: Batch, *, now: datetime) -> ListPreview:
    """Return what confirming a draft would do now. Write nothing and lock nothing."""
    claims = await Claim.filter(batch_id=batch.id).select_related("applicant").order_by("number")
    return await preview_list(batch, claims, now=now)


async def confirm_batch(
    number: str, *, calendar: Calendar, by: By, seen: str | None = None
) -> ConfirmedBatch:
    """Confirm a list: check integrity records again, scale to the pot, reserve the money, publish.

    `seen` is the digest of the preview that the person decided by; None takes the list as it stands.
    Integrity checks are stored even when the confirmation fails. All else is one transaction with the budget
    locked, so that of two lists competing for the rest the second sees what the first left.

    Raises:
        PreviewOutdated: confirming would now do something else than the person saw.
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
                barred[claim.id] = min(str(sanction["decision_number"]) for sanction in answer.found)
    return await _confirm(number, barred, seen, calendar=calendar, by=by)


@atomic()
async def _confirm(
    number: str, barred: dict[UUID, str], seen: str | None, *, calendar: Calendar, by: By
) -> ConfirmedBatch:
    batch = await lock_batch(number)
    if batch.status is not BatchStatus.DRAFT:
        raise Conflict(_("这个批次已经确认过了。"))
    programme = await Programme.get(id=batch.programme_id)
    await Budget.filter(programme_id=programme.id, year=batch.fiscal_year).select_for_update().first()
    ids = await Claim.filter(batch_id=batch.id).values_list("id", flat=True)
    claims = await lock_claims([UUID(str(identity)) for identity in ids])
    claims = [claim for claim in claims if claim.batch_id == batch.id]
    await require_no_conflict(by, "claim", [claim.id for claim in claims])
    preview = await preview_list(batch, claims, now=by.now, barred=barred, lock=True)
    if seen is not None and seen != preview.digest:
        raise PreviewOutdated(_("名单、金额或预算在您查看之后有变化，请看过新的预览再确认。"))
    if preview.refusal or preview.terms is None:
        raise Conflict(preview.refusal)
    batch.pot_amount, batch.computed_amount = preview.pot, preview.wanted
    for line in preview.left_out:
        await remove_from_list(line.claim, batch, source_text(line.reason), by=by)
        await notify(
            _(
                "补助申报 %(number)s 未列入本批名单：%(reason)s。可列入以后的批次。",
                number=line.claim.number,
                reason=line.reason,
            ),
            now=by.now,
            address=f"/claims/{line.claim.number}",
            organisation_id=line.claim.applicant_id,
        )
    for line in preview.funded:
        await _reserve(line.claim, line.award, programme, batch, now=by.now)
        await move(line.claim, ClaimAction.PUBLISH, by=by, batch=batch.number, amount=line.award)
    notice = await _publish(batch, programme, preview, calendar=calendar, by=by)
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
        pot=preview.pot,
        computed=preview.wanted,
        mode=preview.mode.value,
        factor=f"{preview.factor:f}",
        remainder=preview.remainder,
        amounts={line.claim.number: line.award for line in preview.funded},
        left_out=[line.claim.number for line in preview.left_out],
        notice=notice.number,
        preview=preview.digest,
    )
    await issue_notice(batch, notice, programme, by=by)
    return ConfirmedBatch(batch, notice, [(line.claim.number, line.reason) for line in preview.left_out])


async def _publish(
    batch: Batch, programme: Programme, preview: ListPreview, *, calendar: Calendar, by: By
) -> Notice:
    claims = [line.claim for line in preview.funded]
    computed = [(line.claim, line.computed) for line in preview.funded]
    terms: Any = preview.terms
    procedure = terms.content["procedure"]
    with in_source_language():
        title = _("%(title)s 拟支持名单公示", title=batch.title)
        body = await notice_body(batch, programme, computed, sharing_of(batch, terms))
    return await publish(
        NoticeKind.SUBSIDY,
        subject_kind="batch",
        subject_id=batch.id,
        title=title,
        body=body,
        days=procedure["publicity_days"],
        day_kind=DayKind(procedure["publicity_unit"]),
        calendar=calendar,
        by=by,
        entries=[(claim.id, await _entry_name(claim)) for claim in claims],
        address=f"/desk/batches/{batch.number}",
    )


async def _reserve(claim: Claim, award: int, programme: Programme, batch: Batch, *, now: datetime) -> None:
    if award != claim.award_amount:
        await set_award(claim, award)
    await book.post(
        "subsidy_reserved",
        Money(award),
        debit=budget_account(programme.slug, batch.fiscal_year),
        credit=reserved_account(programme.slug, batch.fiscal_year),
        reference=reservation_reference(claim),
        at=now,
        subject=("claim", claim.id),
        pending=True,
    )


async def _entry_name(claim: Claim) -> str:
    await claim.fetch_related("applicant")
    return f"{claim.applicant.name}（{claim.number}）"
