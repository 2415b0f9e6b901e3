"""The dashboard card of those who manage sanctions."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from tortoise.expressions import Q

from market.accounts.actors import Actor
from market.integrity.models import IntegrityCheck, Sanction
from market.integrity.states import IntegrityAct
from market.kit.i18n import gettext as _
from market.kit.pagination import Page, PageRequest
from market.kit.room import Card


async def list_sanctions(page_request: PageRequest, *, status: str = "", text: str = "") -> Page[Sanction]:
    """Return a page of sanctions, the newest first, filtered by status and text (name, code, decision)."""
    rows = Sanction.all()
    if status:
        rows = rows.filter(status=status)
    if text:
        rows = rows.filter(
            Q(subject_name__icontains=text) | Q(subject_uscc=text) | Q(decision_number__icontains=text)
        )
    total = await rows.count()
    return page_request.page(
        await rows.order_by("-created_at").offset(page_request.offset).limit(page_request.size), total
    )


async def list_checks(reference_kind: str, reference_id: UUID) -> list[IntegrityCheck]:
    """Return the integrity checks made for one record, oldest first."""
    return await IntegrityCheck.filter(reference_kind=reference_kind, reference_id=reference_id).order_by(
        "checked_at"
    )


async def list_own_sanctions(uscc: str | None) -> list[Sanction]:
    """Return the sanctions of one organisation, the newest first."""
    return await Sanction.filter(subject_uscc=uscc).order_by("-created_at") if uscc else []


async def dashboard_cards(actor: Actor, now: datetime) -> list[Card]:
    """Return the card of unanswered appeals."""
    if not actor.may(IntegrityAct.MANAGE_SANCTIONS):
        return []
    appeals = Sanction.filter(appealed_at__isnull=False, appeal_answer="")
    return [Card(_("待答复申诉"), await appeals.count(), "/backoffice/sanctions", "due")]
