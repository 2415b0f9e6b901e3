"""Claims as people may read them, the filter of their lists, and whether their contracts stand."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from tortoise.expressions import Q, RawSQL, Subquery
from tortoise.functions import Count, Sum
from tortoise.queryset import QuerySet

from market.accounts.actors import Actor
from market.accounts.permissions import AccountAct
from market.claims.models import Assessment, Claim, ClaimContract, ClaimRefusal, SalesReport
from market.claims.states import COMPUTED, FINISHED, WORKFLOW, ClaimAction, ClaimShownStatus, ClaimStatus
from market.contracts.models import Contract, ContractChange, Receipt
from market.contracts.states import ChangeKind
from market.deals.states import DealStatus
from market.files.models import StoredFile
from market.kit.database import connection
from market.kit.errors import NotFound
from market.kit.i18n import gettext as _
from market.kit.pagination import Page, PageRequest
from market.notices.states import UNDECIDED, ObjectionStatus
from market.panels.round_models import RoundItem
from market.panels.round_states import RoundStatus
from market.panels.seat_access import reads_originals
from market.records.decisions import Verdict

RELATIONS = ("programme", "terms", "applicant", "batch", "handler")
OPEN = "open"
"""Stands for every status in which the desk still has something to do, in a filter."""
NOBODY = "none"
"""Stands for the claims without a handler, in a filter."""


_OBJECTED_TO = (
    "SELECT stopped.id FROM objections AS o "
    "JOIN notices AS n ON n.id = o.notice_id AND n.subject_kind = 'batch' "
    "JOIN claims AS stopped ON stopped.batch_id = n.subject_id "
    "AND (o.entry_id IS NULL OR o.entry_id = stopped.id) WHERE o.status IN ({})"
)


def shown_status_sql(table: str) -> str:
    """Return the SQL of a claim's status as people see it, of claims in a query that names them `table`.

    A claim in publicity is suspended while an objection to its list, or to itself on it, is undecided. After
    one that was upheld it is going to leave the list, as the next sweep does.
    """
    upheld = _OBJECTED_TO.format(f"'{ObjectionStatus.UPHELD}'")
    undecided = _OBJECTED_TO.format(", ".join(f"'{status}'" for status in UNDECIDED))
    return (
        f"CASE WHEN {table}.status <> '{ClaimStatus.PUBLICITY}' THEN {table}.status "
        f"WHEN {table}.id IN ({upheld}) THEN '{ClaimShownStatus.OBJECTION_UPHELD}' "
        f"WHEN {table}.id IN ({undecided}) THEN '{ClaimShownStatus.OBJECTION}' ELSE {table}.status END"
    )


def with_shown_status(claims: QuerySet[Claim]) -> QuerySet[Claim]:
    """Return the query whose claims have their `shown_status`."""
    return claims.annotate(shown_status=RawSQL(shown_status_sql('"claims"')))


async def get_claim_for(actor: Actor, number: str) -> Claim:
    """Return a claim of the actor's own organisation; a stranger is told there is none.

    Raises:
        NotFound: there is none, or it is another's.
    """
    claim = await with_shown_status(Claim.filter(number=number)).select_related(*RELATIONS).first()
    if claim is None or not actor.acts_for(claim.applicant_id):
        raise NotFound(_("没有这份申报。"))
    return claim


async def get_claim_at_desk(actor: Actor, number: str) -> Claim:
    """Return a claim that was handed in, for the desk.

    Raises:
        NotFound: there is none, or it is still a draft.
    """
    actor.require(AccountAct.SEE_DESK)
    claim = await with_shown_status(Claim.filter(number=number)).select_related(*RELATIONS).first()
    if claim is None or claim.submitted_at is None:
        raise NotFound(_("没有这份申报。"))
    return claim


async def find_claim(actor: Actor | None, number: str) -> tuple[str, str]:
    """Return address and title of a claim: of one's own, or one that was handed in, for the desk.

    Raises:
        MarketError: there is none, or it is another's.
    """
    if actor is None:
        raise NotFound(_("没有这份申报。"))
    if actor.may(AccountAct.SEE_DESK):
        claim, page = await get_claim_at_desk(actor, number), "/desk"
    else:
        claim, page = await get_claim_for(actor, number), "/claims"
    return f"{page}/{number}", claim.programme.name


async def get_bought_contract_for(actor: Actor, number: str) -> Contract:
    """Return a registered contract that the actor's organisation bought under.

    Raises:
        NotFound: there is none, or it is another's.
    """
    contract = await Contract.get_or_none(number=number).select_related("deal__outcome", "deal__seller")
    if contract is None or not actor.acts_for(contract.deal.buyer_id) or not contract.registration_number:
        raise NotFound(_("没有这份合同，或者它还没有登记。"))
    return contract


async def applicants_of(claim_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Return whose claims these are, by the claim."""
    claims = await Claim.filter(id__in=list(claim_ids)).only("id", "applicant_id")
    return {claim.id: claim.applicant_id for claim in claims}


async def last_assessment(claim_id: UUID) -> Assessment | None:
    """Return the latest computation of a claim."""
    return (
        await Assessment.filter(claim_id=claim_id)
        .order_by("-sequence")
        .select_related("proposed_by", "decided_by")
        .first()
    )


async def latest_assessments(claim_ids: Collection[UUID]) -> dict[UUID, Assessment]:
    """Return the latest computation of each of these claims that has one, by the claim."""
    rows = Assessment.filter(claim_id__in=list(claim_ids)).select_related("claim").order_by("sequence")
    return {assessment.claim_id: assessment for assessment in await rows}


async def parties_of(claim_ids: Collection[UUID]) -> dict[UUID, set[UUID]]:
    """Return the applicant of each of these claims and both sides of its contracts."""
    rows = await connection().execute_query_dict(
        "SELECT c.id, c.applicant_id AS party FROM claims c WHERE c.id = ANY($1) "
        "UNION SELECT k.claim_id, unnest(ARRAY[d.seller_id, d.buyer_id]) FROM claim_contracts k "
        "JOIN contracts t ON t.id = k.contract_id JOIN deals d ON d.id = t.deal_id "
        "WHERE k.claim_id = ANY($1)",
        [list(claim_ids)],
    )
    parties: dict[UUID, set[UUID]] = {}
    for row in rows:
        parties.setdefault(row["id"], set()).add(row["party"])
    return parties


async def people_behind(claims: Collection[Claim]) -> set[UUID]:
    """Return who computed and who confirmed the computations that stand, of those claims that have one."""
    rows = await connection().execute_query_dict(
        "SELECT DISTINCT ON (claim_id) proposed_by_id, decided_by_id, verdict FROM assessments "
        "WHERE claim_id = ANY($1) ORDER BY claim_id, sequence DESC",
        [[claim.id for claim in claims if claim.status in COMPUTED]],
    )
    confirmed = [row["decided_by_id"] for row in rows if row["verdict"] == Verdict.CONFIRMED]
    return {*(row["proposed_by_id"] for row in rows), *confirmed}


async def claim_contracts(claim_id: UUID) -> list[ClaimContract]:
    """Return the contracts of a claim with deal, parties and outcome."""
    return (
        await ClaimContract.filter(claim_id=claim_id)
        .select_related("contract__deal__outcome", "contract__deal__seller", "contract__deal__buyer")
        .order_by("contract__number")
    )


async def received_of(claim_id: UUID) -> int:
    """Return what was received on all contracts of a claim."""
    ids = await ClaimContract.filter(claim_id=claim_id).values_list("contract_id", flat=True)
    amounts = await Receipt.filter(contract_id__in=list(ids)).values_list("amount", flat=True)
    return sum(int(str(amount)) for amount in amounts)


async def sales_of(claim: Claim) -> int | None:
    """Return the new sales reported for a claim's contracts and year, in fen; None where none were."""
    ids = await ClaimContract.filter(claim_id=claim.id).values_list("contract_id", flat=True)
    amounts = await SalesReport.filter(contract_id__in=list(ids), year=claim.year).values_list(
        "amount", flat=True
    )
    return sum(int(str(amount)) for amount in amounts) if amounts else None


@dataclass(frozen=True)
class ClaimFilter:
    """A filter of the queue; empty fields match any claim."""

    status: str = ""
    """A shown status, or `OPEN`."""
    year: int | None = None
    programme: str = ""
    text: str = ""
    contract: str = ""
    city: str = ""
    """First digits of the applicant's place."""
    field: str = ""
    doubt: str = ""
    """A kind of doubt, or `any`."""
    is_to_refuse: bool = False
    """Only claims whose refusal waits for the second person."""
    is_to_conclude: bool = False
    """Only claims whose round waits for its conclusion."""
    least: int | None = None
    most: int | None = None
    handler: UUID | str = ""
    """An officer, or `NOBODY`."""
    applicant_id: UUID | None = None

    def condition(self) -> Q:
        """Return the condition on claims that were read by `with_shown_status`."""
        condition = Q()
        if self.status in {*ClaimStatus, *ClaimShownStatus}:
            condition &= Q(shown_status=self.status)
        elif self.status == OPEN:
            condition &= ~Q(status__in=list(FINISHED))
        if self.year is not None:
            condition &= Q(year=self.year)
        if self.programme:
            condition &= Q(programme__slug=self.programme)
        if self.text:
            condition &= Q(number__icontains=self.text) | Q(applicant__name__icontains=self.text)
        if self.contract:
            condition &= _with_contract(contract__number=self.contract)
        if self.field:
            condition &= _with_contract(contract__field=self.field)
        if self.city:
            condition &= Q(applicant__region__startswith=self.city)
        if self.doubt == "any":
            condition &= ~Q(doubt_kinds="")
        elif self.doubt:
            condition &= Q(doubt_kinds__contains=f",{self.doubt},")
        if self.is_to_conclude:
            checked = RoundItem.filter(round__subject_kind="claim", round__status=RoundStatus.CHECKING)
            condition &= Q(id__in=Subquery(checked.values("subject_id")))
        if self.is_to_refuse:
            waiting = ClaimRefusal.filter(verdict=None).values("claim_id")
            condition &= Q(id__in=Subquery(waiting), status__in=WORKFLOW.sources(ClaimAction.REJECT))
        if self.least is not None:
            condition &= Q(award_amount__gte=self.least)
        if self.most is not None:
            condition &= Q(award_amount__lte=self.most)
        if self.handler == NOBODY:
            condition &= Q(handler_id__isnull=True)
        elif self.handler:
            condition &= Q(handler_id=self.handler)
        if self.applicant_id is not None:
            return condition & Q(applicant_id=self.applicant_id)
        return condition & Q(submitted_at__isnull=False)


def _with_contract(**condition: str) -> Q:
    """Claims with such a contract, each once."""
    return Q(id__in=Subquery(ClaimContract.filter(**condition).values("claim_id")))


async def list_claims(page_request: PageRequest, claim_filter: ClaimFilter) -> tuple[Page[Claim], int]:
    """Return one page of claims, the longest waiting first, and the sum of all matching awards."""
    rows = with_shown_status(Claim.all()).filter(claim_filter.condition())
    totals = await rows.annotate(count=Count("id"), amount=Sum("award_amount")).values("count", "amount")
    total = totals[0] if totals else {"count": 0, "amount": 0}
    order = "-created_at" if claim_filter.applicant_id else "submitted_at"
    items = (
        await rows.select_related("programme", "applicant")
        .order_by(order, "number")
        .offset(page_request.offset)
        .limit(page_request.size)
    )
    return page_request.page(items, int(total["count"])), int(total["amount"] or 0)


async def count_by_status(claim_filter: ClaimFilter) -> dict[str, int]:
    """Return how many claims of a queue stand in each shown status, whatever status the queue is cut to."""
    any_status = replace(claim_filter, status="")
    rows = (
        await with_shown_status(Claim.all())
        .filter(any_status.condition())
        .annotate(count=Count("id"))
        .group_by("shown_status")
        .values("shown_status", "count")
    )
    return {str(row["shown_status"]): int(row["count"]) for row in rows}


async def list_years() -> list[int]:
    """Return the years that claims are for, the newest first."""
    rows = await Claim.all().distinct().values_list("year", flat=True)
    return sorted({int(str(year)) for year in rows}, reverse=True)


async def may_open_evidence(actor: Actor | None, file: StoredFile) -> bool:
    """Return whether a person may open evidence: the applicant's people, the desk once submitted, experts.

    Experts of a blind round open copies instead, see `panels.blind_copies`.
    """
    claim = await Claim.get_or_none(id=file.subject_id)
    if actor is None or claim is None:
        return False
    return actor.acts_for(claim.applicant_id) or (
        (actor.may(AccountAct.SEE_DESK) and claim.submitted_at is not None)
        or await reads_originals(actor, "claim", claim.id)
    )


def is_voided(prefix: str = "contract__") -> Q:
    """Return the condition for rows with a voided contract; an empty prefix means contracts themselves."""
    cancelled = ContractChange.filter(kind=ChangeKind.CANCELLATION).values("contract_id")
    conditions: dict[str, Any] = {f"{prefix}id__in": Subquery(cancelled)}
    return Q(**{f"{prefix}deal__status": DealStatus.RESCINDED}) | Q(**conditions)


async def voided_among(contract_ids: Collection[UUID]) -> set[UUID]:
    """Return those of these contracts that are voided."""
    rows = await Contract.filter(is_voided(""), id__in=list(contract_ids)).values_list("id", flat=True)
    return {UUID(str(contract_id)) for contract_id in rows}


async def voided_in(claim_ids: Collection[UUID]) -> dict[UUID, list[Contract]]:
    """Return by claim its voided contracts."""
    rows = await ClaimContract.filter(is_voided(), claim_id__in=list(claim_ids)).select_related("contract")
    by_claim: dict[UUID, list[Contract]] = {}
    for row in rows:
        by_claim.setdefault(row.claim_id, []).append(row.contract)
    return by_claim
