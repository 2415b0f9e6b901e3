"""The desk's queue: claims filtered and sorted by any column, a claim's neighbours, the queue's table."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from tortoise.expressions import RawSQL
from tortoise.functions import Count, Sum
from tortoise.queryset import QuerySet

from market.accounts.models import StaffRole, User
from market.claims.models import Claim, ClaimContract
from market.claims.queries import ClaimFilter, with_shown_status
from market.claims.states import FINISHED, ClaimStatus
from market.codes import regions
from market.codes.labels import label
from market.contracts.models import Contract
from market.kit.clock import local_date
from market.kit.i18n import gettext as _
from market.kit.money import Money
from market.kit.pagination import Page, PageRequest
from market.kit.workbooks.writing import Cell, Table

FINISHED_SQL = ", ".join(f"'{status}'" for status in sorted(FINISHED))
STATUS_SQL = ", ".join(f"'{status}'" for status in ClaimStatus)
SORTS: dict[str, tuple[str, ...]] = {
    "number": ("number",),
    "year": ("year",),
    "applicant": ("applicant__name",),
    "city": ("applicant__region",),
    "contract": ("contract_name",),
    "programme": ("programme__name",),
    "status": ("status_order",),
    "handler": ("handler_name",),
    "waiting": ("-submitted_at",),
    "trade": ("trade_amount",),
    "amount": ("shown_amount",),
}
"""Columns of claims in ascending order, by the queue's column; `-` before the name reverses them."""
UNFINISHED_FIRST = ("is_finished", "submitted_at")
PORTION = 500


@dataclass(frozen=True)
class QueueRow:
    """One claim of the queue as it is shown."""

    claim: Claim
    contracts: Sequence[Contract]
    trade_amount: int
    handler: str
    """Name of the handler; empty: nobody's."""
    days: int | None
    """Days since it was submitted; None: finished, it waits no more."""


@dataclass(frozen=True)
class Neighbours:
    """The place of one claim in a filtered queue."""

    position: int | None
    """From 1; None: it is no longer in the queue."""
    total: int
    before: str | None
    after: str | None
    """Number of the next claim; the first of the queue where this one has left it."""


async def list_queue(
    page_request: PageRequest, claim_filter: ClaimFilter, sort: str, today: date
) -> tuple[Page[QueueRow], int]:
    """Return one page of the queue, and the sum of all matching awards in fen."""
    totals = (
        await with_shown_status(Claim.all())
        .filter(claim_filter.condition())
        .annotate(count=Count("id"), amount=Sum("award_amount"))
        .values("count", "amount")
    )
    total = totals[0] if totals else {"count": 0, "amount": 0}
    claims = (
        await _ordered(claim_filter, sort)
        .select_related("programme", "applicant")
        .offset(page_request.offset)
        .limit(page_request.size)
    )
    rows = await _rows(claims, today)
    return page_request.page(rows, int(total["count"])), int(total["amount"] or 0)


async def find_neighbours(number: str, claim_filter: ClaimFilter, sort: str) -> Neighbours:
    """Return the claims before and after one in a filtered queue."""
    numbers = [str(n) for n in await _ordered(claim_filter, sort).values_list("number", flat=True)]
    if number not in numbers:
        return Neighbours(None, len(numbers), None, numbers[0] if numbers else None)
    at = numbers.index(number)
    return Neighbours(
        at + 1,
        len(numbers),
        numbers[at - 1] if at else None,
        numbers[at + 1] if at + 1 < len(numbers) else None,
    )


async def list_numbers(claim_filter: ClaimFilter, sort: str, most: int) -> list[str]:
    """Return the numbers of the first claims of a filtered queue."""
    return [str(n) for n in await _ordered(claim_filter, sort).limit(most).values_list("number", flat=True)]


async def list_officers() -> list[tuple[str, str]]:
    """Return id and name of the officers to whom claims may be assigned, for a `<select>`."""
    officers = await User.filter(staff_role=StaffRole.OFFICER, is_active=True).order_by("name", "id")
    return [(str(officer.id), officer.name) for officer in officers]


def queue_table(claim_filter: ClaimFilter, sort: str, today: date) -> Table:
    """Return the whole filtered queue as a sheet of a workbook."""
    heads = [_("申报"), _("年度"), _("单位"), _("所在地"), _("政策"), _("合同"), _("状态"), _("经办人")]
    amounts = [_("已等（天）"), _("技术交易额（元）"), _("金额（元）")]
    return Table(_("申报队列"), [*heads, *amounts], _portions(claim_filter, sort, today))


async def _portions(
    claim_filter: ClaimFilter, sort: str, today: date
) -> AsyncIterator[Sequence[Sequence[Cell]]]:
    offset = 0
    while True:
        queue = _ordered(claim_filter, sort).select_related("programme", "applicant")
        claims = await queue.offset(offset).limit(PORTION)
        if not claims:
            return
        yield [_cells(row) for row in await _rows(claims, today)]
        offset += PORTION


def _cells(row: QueueRow) -> list[Cell]:
    claim = row.claim
    return [
        claim.number,
        claim.year,
        claim.applicant.name,
        regions.full_name(claim.applicant.region),
        _(claim.programme.name),
        "、".join(f"{contract.number} {contract.name}" for contract in row.contracts),
        label("claim", claim.shown_status),
        row.handler,
        "" if row.days is None else row.days,
        Money(row.trade_amount),
        "" if claim.award_amount is None else Money(claim.award_amount),
    ]


def _ordered(claim_filter: ClaimFilter, sort: str) -> QuerySet[Claim]:
    """Return the claims of a queue in their order, with what the order needs as annotations."""
    name = sort.removeprefix("-")
    columns = SORTS.get(name)
    if columns is None:
        columns = UNFINISHED_FIRST
    elif sort.startswith("-"):
        columns = tuple(
            column.removeprefix("-") if column.startswith("-") else f"-{column}" for column in columns
        )
    contracts = (
        'FROM claim_contracts k JOIN contracts c ON c.id = k.contract_id WHERE k.claim_id = "claims".id'
    )
    return (
        with_shown_status(Claim.all())
        .annotate(
            is_finished=RawSQL(f'CASE WHEN "claims".status IN ({FINISHED_SQL}) THEN 1 ELSE 0 END'),
            status_order=RawSQL(f'array_position(ARRAY[{STATUS_SQL}], "claims".status::text)'),
            contract_name=RawSQL(f"coalesce((SELECT min(c.name) {contracts}), '')"),
            trade_amount=RawSQL(f"coalesce((SELECT sum(c.trade_amount) {contracts}), 0)"),
            handler_name=RawSQL(
                "coalesce((SELECT u.name FROM users u WHERE u.id = \"claims\".handler_id), '')"
            ),
            shown_amount=RawSQL('coalesce("claims".award_amount, -1)'),
        )
        .filter(claim_filter.condition())
        .order_by(*columns, "number")
    )


async def _rows(claims: Sequence[Claim], today: date) -> list[QueueRow]:
    by_claim: dict[UUID, list[Contract]] = {}
    for row in (
        await ClaimContract.filter(claim_id__in=[claim.id for claim in claims])
        .select_related("contract")
        .order_by("contract__number")
    ):
        by_claim.setdefault(row.claim_id, []).append(row.contract)
    rows = []
    for claim in claims:
        contracts = by_claim.get(claim.id, [])
        is_finished = claim.status in FINISHED or claim.submitted_at is None
        rows.append(
            QueueRow(
                claim,
                contracts,
                sum(contract.trade_amount for contract in contracts),
                str(getattr(claim, "handler_name", "")),
                None
                if is_finished or claim.submitted_at is None
                else (today - local_date(claim.submitted_at)).days,
            )
        )
    return rows
