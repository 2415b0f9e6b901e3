"""Visits of doubtful deeds: when, who, what was seen. Only then a result is proposed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid4

from market.accounts.relations import require_unrelated
from market.audit.log import record
from market.files.attachments import StoredBlob, attach
from market.files.models import Tier
from market.kit.clock import local_date
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid
from market.kit.i18n import gettext as _
from market.records.by import By
from market.records.decisions import Verdict
from market.targets.models import Deed, DeedVerdict, DeedVisit
from market.targets.queries import lock_deed
from market.targets.states import DeedStatus, DeedVerb, Result, TargetAct

KIND = Deed.record_kind
PAPER = "visit_paper"
LEAST_PEOPLE = 2
_BETWEEN_NAMES = re.compile(r"[\s、，,；;]+")


@dataclass(frozen=True)
class VisitEntry:
    """What is recorded of a visit; `people` are names between commas."""

    visited_on: date
    people: str
    words: str


@atomic()
async def record_visit(number: str, entry: VisitEntry, blob: StoredBlob | None, *, by: By) -> DeedVisit:
    """Record that a doubtful deed was visited and what was seen, for the operator.

    Raises:
        NotFound: there is none.
        Conflict: it is not doubtful.
        Invalid: at `visited_on`, a day to come or before the doubt; at `people`, fewer than two; at `words`.
        Conflicted: the person has a common past with a party.
    """
    by.actor.require(TargetAct.MANAGE_TARGETS)
    deed = await lock_deed(number)
    if deed.status is not DeedStatus.DOUBTFUL:
        raise Conflict(_("只有存疑的才登记现场核查。"))
    doubted_on = await doubted_since(deed.id)
    if entry.visited_on > local_date(by.now) or (doubted_on and entry.visited_on < doubted_on):
        raise Invalid(_("核查日期应在列为存疑之后、今天或以前。"), field="visited_on")
    names = dict.fromkeys(name for name in _BETWEEN_NAMES.split(entry.people) if name)
    if len(names) < LEAST_PEOPLE:
        raise Invalid(_("现场核查至少两人，请写姓名，用顿号隔开。"), field="people")
    if len(entry.words) < 10:
        raise Invalid(_("请写明看到了什么（至少 10 个字）。"), field="words")
    await require_unrelated(by, [deed.seller_id, deed.buyer_id])
    file = (
        await attach(blob, subject_kind=KIND, subject_id=deed.id, kind=PAPER, tier=Tier.PARTIES, by=by)
        if blob
        else None
    )
    visit = await DeedVisit.create(
        id=uuid4(),
        deed_id=deed.id,
        visited_on=entry.visited_on,
        people="、".join(names),
        words=entry.words,
        file_id=file.id if file else None,
        recorded_by_id=by.actor.user_id,
        recorded_at=by.now,
    )
    await record(KIND, deed.id, DeedVerb.VISIT, by=by, number=number, on=entry.visited_on.isoformat())
    return visit


async def list_visits(deed_id: UUID) -> list[DeedVisit]:
    """Return the visits of a deed, the first first."""
    visits = DeedVisit.filter(deed_id=deed_id).select_related("recorded_by", "file")
    return await visits.order_by("visited_on", "recorded_at")


async def doubted_since(deed_id: UUID) -> date | None:
    """Return the day on which a deed was last found doubtful."""
    verdict = (
        await DeedVerdict.filter(deed_id=deed_id, result=Result.DOUBTFUL, verdict=Verdict.CONFIRMED)
        .order_by("-decided_at")
        .first()
    )
    return local_date(verdict.decided_at) if verdict and verdict.decided_at else None
