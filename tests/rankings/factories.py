"""Rankings brought to where a test needs them, by the acts themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from market.accounts.actors import Actor
from market.accounts.models import OrganisationKind, StaffRole
from market.rankings import parks, schemes
from market.rankings.freezing import conclude_due, decide_ranking, freeze_ranking
from market.rankings.models import Park, Ranking, RankingScheme
from market.rankings.schemes import Part
from market.rankings.states import ParkLevel, PeriodKind, PlaceKind
from market.records.by import By
from market.records.decisions import Verdict
from tests.contracts.factories import instalments_of, make_registered, pay_instalment
from tests.deals.factories import Parties, make_parties
from tests.factories import HOLIDAYS, NOW, make_member, make_organisation, make_staff
from tests.stage_cache import cached_stage

MARCH = date(2026, 3, 1)
LATER = NOW + timedelta(days=40)
"""11 April 2026: March is over."""


def part(code: str, weight: int, high: int, low: int = 0) -> Part:
    """Return an indicator with the same bounds for each kind of period."""
    return Part(code, weight, dict.fromkeys(PeriodKind, (low, high)))


PARTS = (part("output_count", 30, 2), part("output_trade", 40, 200), part("average_trade", 30, 200))


@dataclass
class Hall:
    """The department with confirmed schemes, a contract of a university in a park, the park's office."""

    operator: Actor
    approver: Actor
    officer: Actor
    """Of the park's office."""
    park: Park
    other: Park
    parties: Parties

    @property
    def operates(self) -> By:
        return By(self.operator, LATER)

    @property
    def approves(self) -> By:
        return By(self.approver, LATER)

    async def frozen(self, kind: PlaceKind = PlaceKind.PARK, *, note: str = "", **given: Any) -> Ranking:
        values: dict[str, Any] = {"period_kind": PeriodKind.MONTH, "begins_on": MARCH, "by": self.operates}
        values |= given
        return await freeze_ranking(
            kind, values["period_kind"], values["begins_on"], note, "", by=values["by"]
        )

    async def told(self, kind: PlaceKind = PlaceKind.PARK, *, note: str = "", **given: Any) -> Ranking:
        """Freeze a ranking and have it told; places may object from then on."""
        ranking = await self.frozen(kind, note=note, **given)
        now: datetime = given["by"].now if "by" in given else LATER
        return await decide_ranking(
            ranking.number, Verdict.CONFIRMED, calendar=HOLIDAYS, by=By(self.approver, now)
        )

    async def final(self, kind: PlaceKind = PlaceKind.PARK, **given: Any) -> Ranking:
        """Have a ranking told and let the days to object pass."""
        ranking = await self.told(kind, **given)
        assert ranking.object_until
        await conclude_due(ranking.id, now=ranking.object_until)
        return await Ranking.get(id=ranking.id)


async def make_scheme(
    kind: PlaceKind, operator: Actor, approver: Actor, *, valid_from: date = date(2026, 1, 1)
) -> RankingScheme:
    scheme = await schemes.propose_scheme(
        kind, valid_from, PARTS, "按输出合同的项数和金额。", "假定（A）", by=By(operator, NOW)
    )
    return await schemes.decide_scheme(scheme.id, Verdict.CONFIRMED, by=By(approver, NOW))


@cached_stage
async def make_hall() -> Hall:
    operator, approver = await make_staff(StaffRole.OPERATOR), await make_staff(StaffRole.APPROVER)
    for kind in PlaceKind:
        await make_scheme(kind, operator, approver)
    office = await make_organisation(kind=OrganisationKind.AUTHORITY, name="南宁高新区管委会")
    by = By(operator, NOW)
    park = await parks.create_park("nanning", "南宁高新区", ParkLevel.NATIONAL, "4501", office.id, by=by)
    other = await parks.create_park("guilin", "桂林高新区", ParkLevel.NATIONAL, "4503", None, by=by)
    parties = await make_parties()
    await parks.join_park("nanning", parties.university.id, date(2025, 1, 1), by=by)
    contract = await make_registered(parties)
    await pay_instalment(parties, (await instalments_of(contract))[0])
    return Hall(operator, approver, await make_member(office), park, other, parties)
