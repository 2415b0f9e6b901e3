"""Budgets, lists of claims and orders to pay, as the desk reads them."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from market.accounts.actors import Actor
from market.accounts.permissions import AccountAct
from market.budgets.models import Batch, Disbursement
from market.claims.models import Claim
from market.claims.states import ClaimStatus
from market.kit.errors import NotFound
from market.kit.i18n import gettext as _


async def get_batch(actor: Actor, number: str) -> Batch:
    """Return a list of claims, for the desk."""
    actor.require(AccountAct.SEE_DESK)
    batch = await Batch.get_or_none(number=number).select_related("programme", "proposed_by", "decided_by")
    if batch is None:
        raise NotFound(_("没有这个批次。"))
    return batch


async def get_disbursement(actor: Actor, number: str) -> Disbursement:
    """Return one order to pay, for the desk."""
    actor.require(AccountAct.SEE_DESK)
    disbursement = await Disbursement.get_or_none(number=number).select_related(
        "claim__applicant", "claim__programme", "claim__batch", "entered_by"
    )
    if disbursement is None:
        raise NotFound(_("没有这笔拨付。"))
    return disbursement


async def list_batches(status: str = "") -> list[Batch]:
    """Return the lists, the newest first, with their claims."""
    rows = Batch.filter(status=status) if status else Batch.all()
    return await rows.select_related("programme").prefetch_related("claims").order_by("-created_at")


async def list_listable() -> list[Claim]:
    """Return the rechecked claims that are on no list yet, by programme and year."""
    return (
        await Claim.filter(status__in=[ClaimStatus.RECHECKED, ClaimStatus.REVIEWED], batch_id=None)
        .select_related("programme", "applicant", "terms")
        .order_by("programme__slug", "-year", "number")
    )


async def applicants_on_lists(batch_ids: Collection[UUID]) -> dict[UUID, set[UUID]]:
    """Return the organisations whose claims stand on lists, by list."""
    applicants: dict[UUID, set[UUID]] = {}
    for claim in await Claim.filter(batch_id__in=list(batch_ids)).only("id", "batch_id", "applicant_id"):
        if claim.batch_id is not None:
            applicants.setdefault(claim.batch_id, set()).add(claim.applicant_id)
    return applicants
