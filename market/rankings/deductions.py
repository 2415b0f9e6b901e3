"""Points taken off a place: what for and how many says the scheme, each cites the decision it rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from tortoise.expressions import Q

from market.accounts.messages import notify, notify_staff
from market.accounts.models import StaffRole
from market.audit.log import record
from market.kit.clock import local_date
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid
from market.kit.i18n import gettext as _
from market.rankings.models import RankingDeduction, RankingScheme
from market.rankings.places import WRITERS, lock_place, name_of_place, offices_of
from market.rankings.schemes import deductions_of, scheme_on
from market.rankings.states import DeductionVerb, Occasion, PlaceKind, RankingAct
from market.records.by import By
from market.records.decisions import Verdict, decide_on
from market.records.figures import Period

SUBJECT = "ranking_deduction"


@dataclass(frozen=True)
class Deducted:
    """One deduction as a ranking keeps it; `tenths` of a point."""

    words: str
    decision: str
    on: str
    """Day in ISO form."""
    tenths: int

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@atomic()
async def propose_deduction(
    kind: PlaceKind, place: str, occasion: Occasion, happened_on: date, decision: str, *, by: By
) -> RankingDeduction:
    """Propose to take points off a place, citing a decision, for the operator.

    Raises:
        NotFound: there is no such place.
        Invalid: at `occasion`, which the scheme of that day does not know or counts by itself; at
            `happened_on`, a day to come; at `decision`, which is needed.
        Conflict: this decision is proposed or confirmed for the place already.
    """
    by.actor.require(RankingAct.RUN_RANKINGS)
    name = await name_of_place(kind, place)
    if happened_on > local_date(by.now):
        raise Invalid(_("日期不能晚于今天。"), field="happened_on")
    if len(decision) < 4:
        raise Invalid(_("请写明处理决定的文号和日期。"), field="decision")
    scheme = await scheme_on(kind, happened_on)
    tenths = deductions_of(scheme).get(occasion) if scheme else None
    if tenths is None or occasion is Occasion.UNREPORTED:
        raise Invalid(_("那一天生效的方案没有这一项扣分，或者它由系统按月报计。"), field="occasion")
    await lock_place(kind, place)
    same = RankingDeduction.filter(kind=kind, place=place, decision=decision, occasion=occasion)
    if await same.filter(Q(verdict=None) | Q(verdict=Verdict.CONFIRMED)).exists():
        raise Conflict(_("这份决定已经对它提过扣分，不能重复扣。"))
    deduction = await RankingDeduction.create(
        id=uuid4(),
        kind=kind,
        place=place,
        name=name,
        occasion=occasion,
        tenths=tenths,
        happened_on=happened_on,
        decision=decision,
        proposed_by_id=by.actor.user_id,
        proposed_at=by.now,
    )
    await record(
        SUBJECT, deduction.id, DeductionVerb.PROPOSE, by=by, place=place, tenths=tenths, decision=decision
    )
    await notify_staff(
        StaffRole.APPROVER,
        _("对%(name)s的扣分等您决定。", name=name),
        now=by.now,
        address="/backoffice/ranking-deductions",
    )
    return deduction


@atomic()
async def decide_deduction(
    deduction_id: UUID, verdict: Verdict, *, reason: str = "", by: By
) -> RankingDeduction:
    """Confirm or reject a deduction, for the approver; the place is told of one that counts.

    Raises:
        NotFound: there is none.
        AlreadyDecided, SamePerson, Invalid: see `decide`.
    """
    by.actor.require(RankingAct.DECIDE_RANKINGS)
    deduction = await decide_on(
        RankingDeduction,
        deduction_id,
        verdict,
        subject=SUBJECT,
        verb=DeductionVerb.DECIDE,
        missing=_("没有这项扣分。"),
        reason=reason,
        by=by,
    )
    office = (await offices_of(deduction.kind)).get(deduction.place)
    if verdict is Verdict.CONFIRMED and office is not None:
        words = _(
            "%(name)s扣 %(points)s 分，依据 %(decision)s；排序告知后可以提出异议。",
            name=deduction.name,
            points=f"{deduction.tenths // 10}.{deduction.tenths % 10}",
            decision=deduction.decision,
        )
        await notify(words, now=by.now, address="/my/park", organisation_id=office, roles=WRITERS)
    return deduction


async def deductions_in(
    kind: PlaceKind, period: Period, scheme: RankingScheme, unreported: Mapping[str, Sequence[date]]
) -> dict[str, list[Deducted]]:
    """Return what is taken off each place in a period: months not reported, and confirmed decisions."""
    taken: dict[str, list[Deducted]] = {}
    cost = deductions_of(scheme).get(Occasion.UNREPORTED)
    if cost is not None:
        for place, months in unreported.items():
            taken[place] = [
                Deducted(str(Occasion.UNREPORTED.label), "", month.isoformat(), cost) for month in months
            ]
    rows = RankingDeduction.filter(
        kind=kind,
        verdict=Verdict.CONFIRMED,
        happened_on__gte=period.begins_on,
        happened_on__lte=period.ends_on,
    )
    for row in await rows.order_by("happened_on", "decision"):
        taken.setdefault(row.place, []).append(
            Deducted(str(row.occasion.label), row.decision, row.happened_on.isoformat(), row.tenths)
        )
    return taken


async def list_deductions(most: int = 200) -> list[RankingDeduction]:
    """Return the deductions, those that wait first, then the latest days."""
    rows = RankingDeduction.all().select_related("proposed_by", "decided_by").order_by("-happened_on")
    return sorted(await rows.limit(most), key=lambda row: row.verdict is not None)
