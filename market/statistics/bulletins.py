"""Monthly reports: ordered by one for a closed month, frozen by a job, issued by another, in versions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID, uuid4

from market.accounts.actors import Actor
from market.accounts.messages import notify_staff
from market.accounts.models import StaffRole
from market.audit.log import record
from market.codes.numbers import next_number
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.i18n import gettext as _
from market.kit.jobs import enqueue
from market.records.by import By
from market.records.decisions import Verdict, decide
from market.records.transitions import begin, transition
from market.statistics.definitions import definition_on
from market.statistics.frozen import count_cells, digest, freeze_rows
from market.statistics.models import Bulletin, StatisticsMonth
from market.statistics.periods import month_words
from market.statistics.states import BulletinAction, BulletinStatus, BulletinVerb, StatisticsAct

KIND = Bulletin.record_kind
FREEZE = "statistics.freeze"
PUBLIC = (BulletinStatus.ISSUED, BulletinStatus.REPLACED)
OPEN = (BulletinStatus.BUILDING, BulletinStatus.CHECKING)


@atomic()
async def order_bulletin(month: date, note: str, *, by: By) -> Bulletin:
    """Have the report of a closed month made, for the operator; of one that was issued, as a correction.

    Raises:
        Invalid: at `month`, which has not closed; at `note`, which a correction must have.
        Conflict: a version of the month is being made or waits.
    """
    by.actor.require(StatisticsAct.RUN_STATISTICS)
    closed = await StatisticsMonth.filter(month=month, closed_at__isnull=False).select_for_update().exists()
    if not closed:
        raise Invalid(_("这个月还没有关账，次月第 5 个工作日 18:00 关账以后再编制。"), field="month")
    earlier = await Bulletin.filter(month=month).order_by("-version")
    if any(bulletin.status in OPEN for bulletin in earlier):
        raise Conflict(_("这个月已有一版正在编制或待核定。"))
    issued = [bulletin for bulletin in earlier if bulletin.status in PUBLIC]
    if issued and len(note) < 4:
        raise Invalid(_("这个月的月报已经发布，更正时请写明原因。"), field="note")
    definition = await definition_on(month)
    bulletin = await Bulletin.create(
        id=uuid4(),
        number=await next_number(KIND, by.now),
        month=month,
        version=max((each.version for each in issued), default=0) + 1,
        definition={
            **vars(definition),
            "valid_from": definition.valid_from.isoformat(),
            "event": definition.event.value,
        },
        note=note,
        proposed_by_id=by.actor.user_id,
        proposed_at=by.now,
        updated_at=by.now,
    )
    await begin(bulletin, by=by)
    await record(
        KIND, bulletin.id, BulletinVerb.ORDER, by=by, month=month.isoformat(), version=bulletin.version
    )
    await enqueue(FREEZE, lock=FREEZE, bulletin_id=bulletin.id)
    return bulletin


@atomic()
async def freeze_bulletin(bulletin_id: UUID, *, now: datetime) -> Bulletin:
    """Write the rows of a report, count its cells from them and let the approver know. Idempotent."""
    bulletin = await Bulletin.filter(id=bulletin_id).select_for_update().get()
    if bulletin.status is not BulletinStatus.BUILDING:
        return bulletin
    await freeze_rows(bulletin)
    bulletin.figures = await count_cells(bulletin)
    rows_hash = await digest(bulletin)
    changes = {"figures": bulletin.figures, "as_of": now, "rows_hash": rows_hash}
    await transition(bulletin, BulletinAction.FREEZE, by=By.job(now), changes=changes, hash=rows_hash)
    await notify_staff(
        StaffRole.APPROVER,
        _("%(month)s技术市场月报等您核定。", month=month_words(bulletin.month)),
        now=now,
        address=address_of(bulletin),
    )
    return bulletin


@atomic()
async def decide_bulletin(number: str, verdict: Verdict, *, reason: str = "", by: By) -> Bulletin:
    """Issue a report or return it, for the approver; a correction replaces the version before.

    Raises:
        NotFound: there is none.
        Conflict: it is not ready, or was decided before.
        SamePerson: the person ordered it.
        Invalid: at `reason`, which a return must have.
    """
    by.actor.require(StatisticsAct.DECIDE_STATISTICS)
    bulletin = await Bulletin.filter(number=number).select_for_update().first()
    if bulletin is None:
        raise NotFound(_("没有这份月报。"))
    if bulletin.status is not BulletinStatus.CHECKING:
        raise Conflict(str(bulletin.workflow.refusal))
    await decide(bulletin, verdict, by=by, reason=reason)
    if verdict is Verdict.REJECTED:
        await transition(bulletin, BulletinAction.RETURN, by=by, note=reason, number=number)
    else:
        for replaced in await Bulletin.filter(
            month=bulletin.month, status=BulletinStatus.ISSUED
        ).select_for_update():
            await transition(replaced, BulletinAction.REPLACE, by=by, replaced_by=number)
        changes = {"issued_at": by.now}
        await transition(bulletin, BulletinAction.ISSUE, by=by, changes=changes, number=number)
    month = month_words(bulletin.month)
    is_issued = verdict is Verdict.CONFIRMED
    words = (
        _("%(month)s技术市场月报已发布。", month=month)
        if is_issued
        else _("%(month)s技术市场月报被退回。", month=month)
    )
    await notify_staff(
        StaffRole.OPERATOR,
        words,
        now=by.now,
        address=address_of(bulletin),
    )
    return bulletin


def address_of(bulletin: Bulletin) -> str:
    """Return the address of a version of a month."""
    return f"/statistics/{bulletin.month:%Y-%m}?version={bulletin.number}"


async def get_bulletin_for(actor: Actor | None, month: date, number: str = "") -> Bulletin:
    """Return the report of a month in force, or one of its versions; those not issued for the department.

    Raises:
        NotFound: there is none that the person may see.
    """
    bulletins = Bulletin.filter(month=month).select_related("proposed_by", "decided_by")
    if number:
        bulletin = await bulletins.filter(number=number).first()
    else:
        bulletin = await bulletins.filter(status=BulletinStatus.ISSUED).first()
    reads_all = actor is not None and actor.may(StatisticsAct.READ_STATISTICS)
    if bulletin is None and reads_all and not number:
        bulletin = await bulletins.filter(status=BulletinStatus.CHECKING).first()
    if bulletin is None or bulletin.figures is None or not (bulletin.status in PUBLIC or reads_all):
        raise NotFound(_("这个月的月报还没有发布。"))
    return bulletin


async def list_versions(month: date) -> Sequence[Bulletin]:
    """Return the versions of a month that were issued, the newest first."""
    versions = Bulletin.filter(month=month, status__in=list(PUBLIC)).select_related("decided_by")
    return await versions.order_by("-version")


async def list_issued(most: int = 24) -> list[Bulletin]:
    """Return the reports in force, the latest month first, without their cells."""
    issued = Bulletin.filter(status=BulletinStatus.ISSUED).order_by("-month").limit(most)
    return await issued.only("id", "number", "month", "version", "status", "issued_at")


async def last_issued() -> Bulletin | None:
    """Return the report of the latest month that was issued."""
    return await Bulletin.filter(status=BulletinStatus.ISSUED).order_by("-month").first()


async def list_all(most: int = 60) -> list[Bulletin]:
    """Return all versions for the department, the latest month first."""
    bulletins = Bulletin.all().select_related("proposed_by", "decided_by")
    return await bulletins.order_by("-month", "-proposed_at").limit(most)


async def list_unreported() -> list[StatisticsMonth]:
    """Return months that have closed and of which no report was issued or is being made."""
    standing = await Bulletin.filter(status__in=[*OPEN, BulletinStatus.ISSUED]).values_list(
        "month", flat=True
    )
    months = StatisticsMonth.filter(closed_at__isnull=False)
    return [row for row in await months.order_by("-month") if row.month not in standing]
