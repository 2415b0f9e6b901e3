"""What a list's publicity ends in: a list to approve, claims ended by objections, entries that are left."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from market.accounts.messages import notify, notify_staff
from market.accounts.models import StaffRole
from market.budgets import corrected_awards
from market.budgets.batches import close_settled, lock_batch, reservation_of
from market.budgets.models import Batch
from market.budgets.states import BatchAction, BatchStatus
from market.claims.letters import issue_refusal
from market.claims.models import Claim
from market.claims.queries import applicants_of
from market.claims.states import ClaimAction, ClaimStatus
from market.claims.transitions import lock_claims, move
from market.kit.database import atomic
from market.kit.formats import yuan
from market.kit.i18n import gettext as _
from market.kit.i18n import source_text
from market.ledger import transfers as book
from market.notices.entries import EntryPublicity
from market.notices.models import Notice, ObjectionRuling
from market.notices.publicity import Publicity
from market.notices.queries import corrections_of, upheld_entries
from market.notices.states import NoticeStatus
from market.records.by import By


async def removed_entries(notice: Notice) -> dict[UUID, str]:
    """Return the published claims that are on the list no more, each with why."""
    return _removed(await _published(notice), notice, await upheld_entries(notice.id))


async def list_outcome(notice: Notice) -> list[list[str]]:
    """Return what became of a list's entries for its notice, pairs of label and text."""
    claims = await _published(notice)
    removed: Mapping[UUID, str] = _removed(claims, notice, await upheld_entries(notice.id))
    corrections = await corrections_of(notice)
    if not removed and not corrections:
        return []
    names = dict(notice.entries)
    listed = [claim for claim in claims if claim.id not in removed]
    corrected = [claim for claim in listed if claim.id in corrections]
    total = sum(claim.award_amount or 0 for claim in listed)
    left = _("更正后拟支持") if not removed else _("移出、更正后拟支持") if corrected else _("移出后拟支持")
    return [
        *[[names[str(claim.id)], removed[claim.id]] for claim in claims if claim.id in removed],
        *[[names[str(claim.id)], correction_words(corrections[claim.id])] for claim in corrected],
        [left, _("%(count)s 项，合计 %(sum)s", count=len(listed), sum=yuan(total))],
    ]


async def corrected_entries(notice: Notice) -> dict[UUID, str]:
    """Return the published claims whose award a ruling lowered, each with from what to what and why."""
    return {entry: correction_words(rulings) for entry, rulings in (await corrections_of(notice)).items()}


def correction_words(rulings: Sequence[ObjectionRuling]) -> str:
    """Return from what to what rulings on objections lowered an award, and why."""
    return "\n".join(
        _(
            "异议部分成立，补助由 %(listed)s 更正为 %(corrected)s：%(reason)s",
            listed=yuan(ruling.listed_amount),
            corrected=yuan(ruling.corrected_amount),
            reason=ruling.text,
        )
        for ruling in rulings
    )


async def _published(notice: Notice) -> list[Claim]:
    return await Claim.filter(id__in=[entry for entry, _name in notice.entries]).order_by("number")


def _removed(claims: Collection[Claim], notice: Notice, upheld: Collection[UUID]) -> dict[UUID, str]:
    is_whole = notice.status is NoticeStatus.UPHELD
    removed: dict[UUID, str] = {}
    for claim in claims:
        if is_whole or claim.id in upheld:
            removed[claim.id] = _("异议成立，已移出")
        elif claim.status is ClaimStatus.REJECTED:
            removed[claim.id] = _("不再支持，已移出：%(reason)s", reason=_(claim.reject_reason))
    return removed


async def notify_clear(batch: Batch, notice: Notice, by: By) -> None:
    """Tell the approver that a list can be approved."""
    await notify_staff(
        StaffRole.APPROVER,
        _("批次 %(number)s 公示期满，可以批准。", number=batch.number),
        now=by.now,
        address=f"/desk/batches/{batch.number}",
    )


@atomic()
async def end_upheld(batch_id: UUID, claim_ids: Collection[UUID], by: By) -> int:
    """End the claims of a list against which an objection was upheld; return how many.

    What was reserved for them returns to the budget, for a supplementary list.
    """
    batch = await lock_batch((await Batch.get(id=batch_id)).number)
    ids = await Claim.filter(batch_id=batch.id).values_list("id", flat=True)
    claims = await lock_claims([UUID(str(identity)) for identity in ids])
    ended = [claim for claim in claims if claim.id in claim_ids and claim.status is ClaimStatus.PUBLICITY]
    for claim in ended:
        await _end(claim, by=by)
    if ended:
        await close_settled(batch, by=by)
    return len(ended)


async def _end(claim: Claim, *, by: By) -> None:
    reason = source_text(_("公示期间的异议成立。"))
    await book.void_pending(
        (await reservation_of(claim)).id, reference=f"void:{claim.id}:{claim.batch_id}", at=by.now
    )
    await move(claim, ClaimAction.UPHOLD_OBJECTION, by=by, note=reason)
    claim.reject_reason = reason
    await claim.save(update_fields=["reject_reason"])
    await issue_refusal(claim, by=by)
    await notify(
        _("补助申报 %(number)s 因公示异议成立，不予支持。", number=claim.number),
        now=by.now,
        address=f"/claims/{claim.number}",
        organisation_id=claim.applicant_id,
    )


PUBLICITY = (
    Publicity(Batch, BatchStatus.PUBLICITY, BatchAction.CLEAR, notify_clear),
    EntryPublicity(
        Claim,
        ClaimStatus.PUBLICITY,
        "batch",
        end_upheld,
        applicants_of,
        corrected_awards.CORRECTION,
        list_outcome,
    ),
)
