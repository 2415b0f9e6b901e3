"""The guarded way to deeds, and their lists."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from tortoise.expressions import Q
from tortoise.functions import Count
from tortoise.queryset import QuerySet

from market.accounts.actors import Actor
from market.codes.regions import name
from market.files.models import StoredFile
from market.kit.errors import NotFound
from market.kit.i18n import gettext as _
from market.kit.pagination import Page, PageRequest
from market.records.decisions import Verdict
from market.targets.cities import city_of, may_check
from market.targets.criteria import DeedFacts, Stated
from market.targets.models import Deed, DeedFollowUp, DeedSample, DeedShare, DeedStatement, DeedVerdict
from market.targets.states import DeedStatus, TargetAct


@dataclass(frozen=True)
class DeedFilter:
    """Conditions of a list of deeds; None or empty: any."""

    status: DeedStatus | None = None
    year: int | None = None
    city: str = ""
    unit_id: UUID | None = None
    only_sampled: bool = False
    only_alarms: bool = False
    least: int | None = None
    """Contract amount from which on, in fen."""
    below: int | None = None
    statuses: tuple[DeedStatus, ...] = field(default=())

    def apply(self) -> QuerySet[Deed]:
        """Return the deeds that fulfil all conditions."""
        deeds = Deed.all()
        if self.status is not None:
            deeds = deeds.filter(status=self.status)
        if self.statuses:
            deeds = deeds.filter(status__in=list(self.statuses))
        if self.year is not None:
            deeds = deeds.filter(year=self.year)
        if self.city:
            deeds = deeds.filter(city=self.city)
        if self.unit_id is not None:
            deeds = deeds.filter(Q(unit_id=self.unit_id) | Q(partner_id=self.unit_id))
        if self.only_sampled:
            deeds = deeds.filter(is_sampled=True)
        if self.only_alarms:
            deeds = deeds.exclude(alarm="")
        if self.least is not None:
            deeds = deeds.filter(contract_amount__gte=self.least)
        if self.below is not None:
            deeds = deeds.filter(contract_amount__lt=self.below)
        return deeds


async def get_deed_for(actor: Actor, number: str) -> Deed:
    """Return a deed, for its units, for who checks its city, and for the department.

    Raises:
        NotFound: there is none that the person may see.
    """
    deed = (
        await Deed.filter(number=number)
        .select_related(
            "contract__deal", "unit", "seller", "buyer", "definition", "sample", "partner", "claim"
        )
        .first()
    )
    if deed is None or not await may_see(actor, deed):
        raise NotFound(_("没有这一项，或者您不能查看它。"))
    return deed


async def may_see(actor: Actor, deed: Deed) -> bool:
    """Return whether the person may see a deed with all its facts."""
    if actor.may(TargetAct.READ_DEEDS):
        return True
    if actor.may(TargetAct.DECLARE_DEED) and (
        actor.acts_for(deed.unit_id) or actor.acts_for(deed.partner_id)
    ):
        return True
    return await city_of(actor) == deed.city


async def find_invitation(actor: Actor, number: str) -> DeedShare | None:
    """Return the proposal to share a deed that waits for the person's unit; it reads no more of it yet."""
    if not actor.may(TargetAct.DECLARE_DEED) or not actor.acts_for(actor.organisation_id):
        return None
    invitations = DeedShare.filter(deed__number=number, partner_id=actor.organisation_id, verdict=None)
    return await invitations.select_related("deed__unit", "deed__contract", "partner", "proposed_by").first()


async def may_open_paper(actor: Actor | None, file: StoredFile) -> bool:
    """Return whether the person may open a paper of a deed."""
    if actor is None:
        return False
    deed = await Deed.get_or_none(id=file.subject_id)
    return deed is not None and (await may_see(actor, deed) or await may_check(actor, deed.city))


async def lock_deed(number: str) -> Deed:
    """Return a deed, locked, with its definition and contract.

    Raises:
        NotFound: there is none of this number.
    """
    deed = await Deed.filter(number=number).select_for_update().first()
    if deed is None:
        raise NotFound(_("没有这一项，或者您不能查看它。"))
    await deed.fetch_related("definition", "contract")
    return deed


async def last_statement(deed_id: UUID) -> DeedStatement | None:
    """Return what the unit stated last of a deed."""
    statements = DeedStatement.filter(deed_id=deed_id).select_related("proposed_by", "decided_by", "file")
    return await statements.filter(verdict=None).first() or await statements.order_by("-proposed_at").first()


async def facts_of(deed: Deed) -> DeedFacts:
    """Return what the criteria read of a deed, whose definition is loaded."""
    statement = await last_statement(deed.id)
    return DeedFacts(
        contract_amount=deed.contract_amount,
        received_share=deed.received_share,
        is_registered=deed.is_registered,
        is_in_use=deed.is_in_use,
        is_rechecked=deed.claim_id is not None,
        is_related=deed.is_related or deed.alarm == "related",
        is_ended=deed.is_ended,
        least_amount=deed.definition.least_amount,
        least_received=deed.definition.least_received,
        stated=stated_of(statement),
    )


def stated_of(statement: DeedStatement | None) -> Stated:
    """Return where a statement stands."""
    if statement is None:
        return Stated.NOTHING
    if statement.verdict is None:
        return Stated.WAITING
    return Stated.CONFIRMED if statement.verdict is Verdict.CONFIRMED else Stated.REJECTED


async def list_verdicts(deed_id: UUID) -> list[DeedVerdict]:
    """Return the results proposed of a deed, the first first."""
    verdicts = DeedVerdict.filter(deed_id=deed_id).order_by("proposed_at")
    return await verdicts.select_related("proposed_by", "decided_by")


async def list_follow_ups(deed_id: UUID) -> list[DeedFollowUp]:
    """Return what was stated later of a deed, the first first."""
    rows = DeedFollowUp.filter(deed_id=deed_id).order_by("proposed_at")
    return await rows.select_related("proposed_by", "decided_by", "file")


async def page_deeds(deed_filter: DeedFilter, page_request: PageRequest) -> Page[Deed]:
    """Return a page of deeds, the largest first."""
    deeds = deed_filter.apply()
    items = (
        await deeds.select_related("unit", "buyer", "contract")
        .order_by("-contract_amount", "number")
        .offset(page_request.offset)
        .limit(page_request.size)
    )
    return page_request.page(items, await deeds.count())


async def count_by_status(deed_filter: DeedFilter) -> dict[DeedStatus, int]:
    """Return how many deeds stand where, all conditions but the status's kept."""
    rows = await deed_filter.apply().annotate(n=Count("id")).group_by("status").values("status", "n")
    return {DeedStatus(row["status"]): int(row["n"]) for row in rows}


async def list_samples(year: int) -> list[DeedSample]:
    """Return the draws of a year, the newest first."""
    return await DeedSample.filter(year=year).select_related("drawn_by", "definition").order_by("-drawn_at")


def city_name(city: str) -> str:
    """Return what a city of four digits is called."""
    return name(f"{city}00")


def known_year(year: int) -> int:
    """Return a year of an address.

    Raises:
        NotFound: no record can have it.
    """
    if not 2000 <= year <= 2200:
        raise NotFound(_("没有这个年度。"))
    return year
