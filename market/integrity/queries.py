"""The workbench card of those who manage sanctions."""

from __future__ import annotations

from uuid import UUID

from tortoise.expressions import Q
from tortoise.query_utils import Prefetch

from market.integrity.models import IntegrityCheck, Sanction, SanctionDecision
from market.kit.pagination import Page, PageRequest


async def list_sanctions(page_request: PageRequest, *, status: str = "", text: str = "") -> Page[Sanction]:
    """Return a page of sanctions with what was decided on them, the newest first.

    Filtered by status and by text: name, code or number of the decision.
    """
    rows = Sanction.all()
    if status:
        rows = rows.filter(status=status)
    if text:
        rows = rows.filter(
            Q(subject_name__icontains=text) | Q(subject_uscc=text) | Q(decision_number__icontains=text)
        )
    total = await rows.count()
    return page_request.page(
        await rows.order_by("-created_at")
        .offset(page_request.offset)
        .limit(page_request.size)
        .prefetch_related(
            Prefetch(
                "decisions",
                queryset=SanctionDecision.all()
                .order_by("-proposed_at")
                .select_related("proposed_by", "decided_by"),
            )
        ),
        total,
    )


async def list_checks(reference_kind: str, reference_id: UUID) -> list[IntegrityCheck]:
    """Return the integrity checks made for one record, oldest first."""
    return await IntegrityCheck.filter(reference_kind=reference_kind, reference_id=reference_id).order_by(
        "checked_at"
    )


async def list_own_sanctions(uscc: str | None) -> list[Sanction]:
    """Return the sanctions of one organisation, the newest first."""
    return await Sanction.filter(subject_uscc=uscc).order_by("-created_at") if uscc else []
