"""What counts when, in versions: the first stands here, further ones are proposed and confirmed by two."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid4

from market.accounts.messages import notify_staff
from market.accounts.models import StaffRole
from market.audit.log import record
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.i18n import gettext as _
from market.kit.i18n import in_source_language, lazy
from market.kit.terms import hash_content
from market.records.by import By
from market.records.decisions import Verdict, decide
from market.statistics.models import StatisticsDefinition
from market.statistics.states import DefinitionVerb, Event, StatisticsAct

SUBJECT = "statistics_definition"


@dataclass(frozen=True)
class Definition:
    """What one version says."""

    version: int
    valid_from: date
    event: Event
    text: str
    basis: str

    @property
    def content_hash(self) -> str:
        """Return the hash by which a version is known again."""
        return hash_content(
            {**vars(self), "valid_from": self.valid_from.isoformat(), "event": self.event.value}
        )


_TEXT = lazy(
    "统计经认定登记的技术合同，按登记日计入；一份合同只计一次。"
    "地区按登记日卖方（输出方）所在的市，卖方在区外的列“区外”，没有可用信息的列“未填”，都计入合计。"
    "合同成交额是合同总价；技术交易额是其中扣除设备、仪器、软件等非技术部分后的数额；"
    "到账额按到账日计实际收到的钱，扣除退回的，不含作价入股。三种金额不相加，也不互相代替。"
    "外币合同按合同文本上的人民币金额计；没有的金额按 0 计。"
    "登记后解除或注销登记的，不改原来的月份，在解除、注销的当月以负数单列。"
    "同比与上年同一时段比，两期用同一口径；可比口径只计两期都有数的卖方。"
)


_BASIS = lazy("假定（A），待主管部门发文")


def first_definition() -> Definition:
    """Return the version that is in force where no later one was confirmed, as it was written."""
    with in_source_language():
        return Definition(1, date(2000, 1, 1), Event.REGISTERED, str(_TEXT), str(_BASIS))


def terms_of(stored: StatisticsDefinition) -> Definition:
    """Return what a stored version says."""
    return Definition(stored.version, stored.valid_from, stored.event, stored.text, stored.basis)


async def definition_on(day: date) -> Definition:
    """Return the version by which a period that begins on a day is counted."""
    stored = (
        await StatisticsDefinition.filter(verdict=Verdict.CONFIRMED, valid_from__lte=day)
        .order_by("-version")
        .first()
    )
    return terms_of(stored) if stored else first_definition()


@atomic()
async def propose_definition(
    valid_from: date, event: Event, text: str, basis: str, *, by: By
) -> StatisticsDefinition:
    """Propose a further version, for the operator; what is frozen stays as it was counted.

    Raises:
        Invalid: at `valid_from`, which is no first of a month or not later than that of the last version.
        Conflict: a version waits for its confirmation.
    """
    by.actor.require(StatisticsAct.RUN_STATISTICS)
    versions = await StatisticsDefinition.all().order_by("-version").select_for_update()
    if any(version.verdict is None for version in versions):
        raise Conflict(_("还有一版口径等待确认，请先办完。"))
    last = next((terms_of(version) for version in versions if version.is_confirmed), first_definition())
    if valid_from.day != 1 or valid_from <= last.valid_from:
        raise Invalid(
            _("起用日应是某月 1 日，并晚于上一版的 %(day)s。", day=last.valid_from.isoformat()),
            field="valid_from",
        )
    terms = Definition(last.version + 1, valid_from, event, text, basis)
    definition = await StatisticsDefinition.create(
        id=uuid4(),
        **vars(terms),
        content_hash=terms.content_hash,
        proposed_by_id=by.actor.user_id,
        proposed_at=by.now,
    )
    await record(SUBJECT, definition.id, DefinitionVerb.PROPOSE, by=by, hash=definition.content_hash)
    await notify_staff(
        StaffRole.APPROVER,
        _("统计口径第 %(version)s 版等您确认。", version=definition.version),
        now=by.now,
        address="/backoffice/statistics",
    )
    return definition


@atomic()
async def decide_definition(
    definition_id: UUID, verdict: Verdict, *, reason: str = "", by: By
) -> StatisticsDefinition:
    """Confirm or reject a version, for the approver.

    Raises:
        NotFound: there is none.
        SamePerson: the person proposed it.
        AlreadyDecided: somebody decided before.
        Invalid: at `reason`, which a rejection must have.
    """
    by.actor.require(StatisticsAct.DECIDE_STATISTICS)
    definition = await StatisticsDefinition.filter(id=definition_id).select_for_update().first()
    if definition is None:
        raise NotFound(_("没有这一版口径。"))
    await decide(definition, verdict, by=by, reason=reason)
    await record(SUBJECT, definition.id, DefinitionVerb.DECIDE, by=by, verdict=verdict.value)
    return definition


async def list_definitions() -> list[Definition]:
    """Return the versions in force one after the other, the newest first."""
    stored = await StatisticsDefinition.filter(verdict=Verdict.CONFIRMED).order_by("-version")
    return [*map(terms_of, stored), first_definition()]


async def list_proposals() -> list[StatisticsDefinition]:
    """Return all versions that people proposed, the newest first."""
    return (
        await StatisticsDefinition.all().select_related("proposed_by", "decided_by").order_by("-proposed_at")
    )
