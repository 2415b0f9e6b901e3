"""Deeds brought to where a test needs them, by the acts themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from market.accounts.actors import Actor
from market.accounts.models import OrganisationKind, StaffRole
from market.contracts.models import Contract
from market.records.by import By
from market.records.decisions import Verdict
from market.surveys.units import name_unit
from market.targets import declaring, definitions, plans, samples, verdicts
from market.targets.definitions import DefinitionTerms
from market.targets.models import Deed, DeedVerdict, TargetDefinition, TargetPlan
from market.targets.recount import recount_year
from market.targets.states import Event, Result, ScopeKind
from tests.contracts.factories import instalments_of, make_registered, pay_instalment
from tests.deals.factories import Parties, make_parties
from tests.factories import NOW, make_member, make_organisation, make_staff
from tests.stage_cache import cached_stage

YEAR = 2026
LATER = NOW + timedelta(days=30)
WAN = 1_000_000
CITY = "4501"


def definition_terms(**given: Any) -> DefinitionTerms:
    values: dict[str, Any] = {
        "valid_from": date(2026, 1, 1),
        "event": Event.REGISTERED,
        "least_amount": 50 * WAN,
        "least_received": 3000,
        "sample_all_from": 100 * WAN,
        "sample_share": 2000,
        "sample_least": 1,
        "most_errors": 1000,
        "text": "经认定登记、成交额 50 万元以上的技术合同。",
        "basis": "假定（A）",
    }
    return DefinitionTerms(**(values | given))


@dataclass
class Office:
    """The department and a city's bureau, with a definition and the target of a year."""

    operator: Actor
    approver: Actor
    bureau: Actor
    definition: TargetDefinition
    plan: TargetPlan

    @property
    def operates(self) -> By:
        return By(self.operator, LATER)

    @property
    def approves(self) -> By:
        return By(self.approver, LATER)

    @property
    def checks(self) -> By:
        return By(self.bureau, LATER)


@cached_stage
async def make_definition(operator: Actor, approver: Actor, **given: Any) -> TargetDefinition:
    definition = await definitions.propose_definition(definition_terms(**given), by=By(operator, NOW))
    return await definitions.decide_definition(definition.id, Verdict.CONFIRMED, by=By(approver, NOW))


@cached_stage
async def make_office(total: int = 40) -> Office:
    """A target of this year, issued, and a bureau that checks the deeds of Nanning."""
    operator, approver = await make_staff(StaffRole.OPERATOR), await make_staff(StaffRole.APPROVER)
    authority = await make_organisation(kind=OrganisationKind.AUTHORITY, name="南宁市科技局")
    bureau = await make_member(authority)
    await name_unit(authority.id, "450100", by=By(operator, NOW))
    definition = await make_definition(operator, approver)
    plan = await make_issued(operator, approver, total=total)
    return Office(operator, approver, bureau, definition, plan)


async def make_issued(operator: Actor, approver: Actor, *, year: int = YEAR, total: int = 40) -> TargetPlan:
    by = By(operator, NOW)
    plan = await plans.draft_plan(year, f"{year} 年重大科技成果转化 {total} 项", total, by=by)
    await plans.split_plan(plan.number, ScopeKind.CITY, {"4501": 3, "4502": 1}, by=by)
    await plans.submit_plan(plan.number, by=by)
    return await plans.decide_plan(plan.number, Verdict.CONFIRMED, by=By(approver, NOW))


@dataclass
class Story:
    """A registered contract that is a deed, with everybody who acts on it."""

    office: Office
    parties: Parties
    contract: Contract
    deed: Deed

    @property
    def number(self) -> str:
        return self.deed.number

    @property
    def declares(self) -> By:
        return By(self.parties.seller, LATER)

    async def reload(self) -> Deed:
        self.deed = await Deed.get(id=self.deed.id).select_related("definition", "contract")
        return self.deed


@cached_stage
async def make_found(*, is_paid: bool = True) -> Story:
    """A registered contract, of which the first instalment arrived, found by the recount."""
    office, parties = await make_office(), await make_parties()
    contract = await make_registered(parties)
    if is_paid:
        await pay_instalment(parties, (await instalments_of(contract))[0])
    counted = await recount_year(YEAR, by=By.job(LATER))
    assert counted is not None
    assert counted.found == 1
    return Story(
        office, parties, contract, await Deed.get(contract_id=contract.id).select_related("definition")
    )


@cached_stage
async def make_checked() -> Story:
    """A deed that its unit declared and the city's bureau passed on."""
    story = await make_found()
    await declaring.declare_deed(story.number, "", None, by=story.declares)
    await declaring.check_deed(story.number, by=story.office.checks)
    await story.reload()
    return story


@cached_stage
async def make_drawn() -> Story:
    story = await make_checked()
    await samples.draw_sample(YEAR, "三粒骰子：二四六", by=story.office.operates)
    await story.reload()
    return story


async def decide(story: Story, result: Result, *, now: datetime = LATER) -> DeedVerdict:
    """Have the operator propose a result and the approver confirm it."""
    verdict = await verdicts.propose_result(
        story.number, result, "核对了合同、到账凭证和验收单。", by=By(story.office.operator, now)
    )
    await verdicts.decide_result(verdict.id, Verdict.CONFIRMED, by=By(story.office.approver, now))
    await story.reload()
    return verdict


@cached_stage
async def make_verified() -> Story:
    story = await make_drawn()
    await decide(story, Result.VERIFIED)
    return story
