"""The row of one panel: locked, and marked when its experts are asked once more."""

from __future__ import annotations

from uuid import UUID, uuid4

from market.audit.log import record
from market.integrity.conflicts import look_back_from, relations, require_no_conflict
from market.kit.errors import Forbidden
from market.kit.i18n import gettext as _
from market.panels.models import Panel
from market.panels.states import PanelVerb, SecondLook
from market.panels.subjects import PanelSubject
from market.records.by import By


async def lock_panel(subject_kind: str, subject_id: UUID) -> Panel:
    """Return the panel of a record, locked; the caller holds the lock of the record, so one is made once."""
    panel = await Panel.filter(subject_kind=subject_kind, subject_id=subject_id).select_for_update().first()
    return panel or await Panel.create(id=uuid4(), subject_kind=subject_kind, subject_id=subject_id)


async def mark_second_look(panel: Panel, way: SecondLook, *, by: By) -> None:
    """Write down that a locked panel was asked once more; what was written before stays."""
    if panel.way is not None:
        return
    panel.way, panel.asked_by_id, panel.asked_at = way, by.user_id, by.now
    await panel.save(update_fields=["way", "asked_by_id", "asked_at"])
    await record(panel.subject_kind, panel.subject_id, PanelVerb.SECOND_LOOK, by=by, way=way.value)


async def require_unrelated(subject: PanelSubject, by: By) -> None:
    """Raise if the acting person declared a conflict, or has a common past with a party (README h).

    Raises:
        Forbidden: they have.
    """
    await require_no_conflict(by.actor, subject.kind, [subject.id])
    if await relations(by.actor.user_id, subject.parties, look_back_from(by.now)):
        raise Forbidden(_("您与当事的一方有关，应当回避。"))
