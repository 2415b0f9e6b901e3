"""What the desk may open: what a submitted claim names, and the rest for a stated reason that is logged."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from market.accounts.actors import Actor
from market.accounts.desk_access_models import DeskAccess, DeskAccessVerb
from market.accounts.permissions import AccountAct, Role
from market.audit.log import record
from market.kit.database import atomic
from market.kit.errors import Forbidden, NotFound
from market.kit.i18n import gettext as _
from market.kit.pagination import Page, PageRequest
from market.kit.room import rooms
from market.records.by import By

VALID = timedelta(hours=8)
"""How long a reason counts: a working day."""


class ReasonNeeded(Forbidden):
    """No submitted claim names the record: the desk opens it for a stated reason only."""

    def __init__(self, kind: str, record_id: UUID) -> None:
        super().__init__(_("没有已提交的申报涉及这条记录，说明理由后才能查看。"))
        self.kind, self.record_id = kind, record_id


async def require_named_or_reason(actor: Actor, kind: str, record_id: UUID) -> None:
    """Raise unless a submitted claim names the record, or the person of the desk has stated a reason.

    Auditors read everything.

    Raises:
        ReasonNeeded: no claim names it, and no reason was stated in the last hours.
        NotYours: the person is not of the desk.
    """
    actor.require(AccountAct.SEE_DESK)
    if Role.AUDITOR in actor.roles or record_id in await rooms().named_at_desk[kind].named([record_id]):
        return
    if not await DeskAccess.exists(
        user_id=actor.user_id, subject_kind=kind, subject_id=record_id, valid_until__gt=datetime.now(UTC)
    ):
        raise ReasonNeeded(kind, record_id)


@atomic()
async def state_reason(kind: str, record_id: UUID, reason: str, *, by: By) -> DeskAccess:
    """Open a record for the person for a while; the reason is kept, and the record's log tells of it.

    Raises:
        NotFound: there is no such record.
    """
    by.actor.require(AccountAct.OPEN_FOR_REASON)
    scope = rooms().named_at_desk.get(kind)
    if scope is None or not await scope.model.exists(id=record_id):
        raise NotFound(_("没有这条记录，或者您不能查看它。"))
    access = await DeskAccess.create(
        id=uuid4(),
        user_id=by.actor.user_id,
        role=by.role,
        subject_kind=kind,
        subject_id=record_id,
        reason=reason,
        stated_at=by.now,
        valid_until=datetime.now(UTC) + VALID,
    )
    await record(kind, record_id, DeskAccessVerb.OPEN_FOR_REASON, by=by, access=access.id)
    return access


async def list_accesses(page_request: PageRequest) -> Page[DeskAccess]:
    """Return the stated reasons with who stated them, the newest first."""
    rows = DeskAccess.all().order_by("-stated_at", "-id").select_related("user")
    items: Sequence[DeskAccess] = await rows.offset(page_request.offset).limit(page_request.size)
    return page_request.page(items, await DeskAccess.all().count())
