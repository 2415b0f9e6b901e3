"""The dashboard card of those who manage sanctions."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from tortoise.expressions import Q, Subquery
from tortoise.query_utils import Prefetch
from tortoise.queryset import QuerySet

from market.accounts.actors import Actor
from market.integrity.models import IntegrityCheck, Sanction, SanctionDecision
from market.integrity.states import IntegrityAct
from market.kit.i18n import gettext as _
from market.kit.pagination import Page, PageRequest
from market.kit.room import Card


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


async def dashboard_cards(actor: Actor, now: datetime) -> list[Card]:
    """Return the cards of unanswered appeals, and of what waits for the approver."""
    cards = []
    if actor.may(IntegrityAct.MANAGE_SANCTIONS):
        appeals = Sanction.filter(appealed_at__isnull=False, appeal_answer="")
        waiting = appeals.exclude(id__in=Subquery(_open_decisions().values("sanction_id")))
        cards.append(Card(_("待答复申诉"), await waiting.count(), "/backoffice/sanctions", "due"))
    if actor.may(IntegrityAct.DECIDE_SANCTION):
        waiting_count = await _open_decisions().exclude(proposed_by_id=actor.user_id).count()
        cards.append(Card(_("待决定的诚信记录"), waiting_count, "/backoffice/sanctions", "due"))
    return cards


def _open_decisions() -> QuerySet[SanctionDecision]:
    return SanctionDecision.filter(verdict=None)
