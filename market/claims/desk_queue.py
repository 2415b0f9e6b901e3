"""The desk's queue: its filters and order, as an address holds them and a person saves them; its table."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from starlette.datastructures import QueryParams
from tortoise.expressions import RawSQL
from tortoise.functions import Count, Sum
from tortoise.queryset import QuerySet

from market.accounts.actors import Actor
from market.accounts.models import StaffRole, User
from market.accounts.permissions import AccountAct
from market.claims.forms import QueueForm
from market.claims.models import Claim, ClaimContract, SavedQueue
from market.claims.queries import NOBODY, ClaimFilter, with_shown_status
from market.claims.states import FINISHED, ClaimStatus
from market.codes import regions
from market.codes.labels import label
from market.contracts.models import Contract
from market.kit.clock import local_date
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid
from market.kit.form_fields import ChoiceField
from market.kit.i18n import gettext as _
from market.kit.money import Money
from market.kit.pagination import Page, PageRequest
from market.kit.web import uuid_or_none
from market.kit.workbooks.writing import Cell, Table
from market.records.by import By

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
    trade_amount: int | None
    """Fen; None: it rests on no contract of ours but on totals of a year."""
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
        "" if row.trade_amount is None else Money(row.trade_amount),
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
                sum(contract.trade_amount for contract in contracts) if contracts else None,
                str(getattr(claim, "handler_name", "")),
                None
                if is_finished or claim.submitted_at is None
                else (today - local_date(claim.submitted_at)).days,
            )
        )
    return rows


MINE = "me"
"""Stands for the person who looks, in a filter by handler."""
PARAMETERS = (
    *("status", "year", "programme", "contract", "text", "city", "field", "doubt", "least", "most"),
    *("handler", "refusal", "sort"),
)


@dataclass(frozen=True)
class QueueQuery:
    """A filter and an order of the queue, as an address holds them."""

    claim_filter: ClaimFilter
    sort: str
    form: QueueForm
    query: str
    """The query string, without the page."""
    handler: str
    """The handler as the address names it."""


def read_queue_query(query: QueryParams, actor: Actor) -> QueueQuery:
    """Read a queue's filter and order; what cannot be read filters nothing."""
    year, sort, handler = query.get("year", ""), query.get("sort", ""), query.get("handler", "")
    form = QueueForm(query)
    form.validate()
    claim_filter = ClaimFilter(
        status=query.get("status", ""),
        year=int(year) if year.isascii() and year.isdigit() and len(year) == 4 else None,
        programme=query.get("programme", "").replace("\x00", "")[:60],
        contract=query.get("contract", "").replace("\x00", "")[:20],
        text=query.get("text", "").replace("\x00", "").strip()[:60],
        city=_prefix(_chosen(form.city)),
        field=_chosen(form.field),
        doubt=_chosen(form.doubt),
        is_to_refuse=query.get("refusal") == "waiting",
        is_to_conclude=query.get("panel") == "waiting",
        least=form.least.data,
        most=form.most.data,
        handler=read_handler(handler, actor),
    )
    return QueueQuery(
        claim_filter,
        sort if sort.removeprefix("-") in SORTS else "",
        form,
        urlencode([(name, query[name]) for name in PARAMETERS if query.get(name)]),
        handler if claim_filter.handler else "",
    )


def read_handler(text: str, actor: Actor) -> UUID | str:
    """Return the handler that an address or a form names; an unknown one filters nothing."""
    if text == MINE:
        return actor.user_id
    return NOBODY if text == NOBODY else uuid_or_none(text) or ""


def _chosen(field: ChoiceField) -> str:
    """Return what was chosen from the list, or nothing."""
    return "" if field.errors else str(field.data or "")


def _prefix(region: str) -> str:
    """Return what codes of places inside a region begin with."""
    while len(region) > 2 and region.endswith("00"):
        region = region[:-2]
    return region


MOST_SAVED = 20
MOST_QUERY = 600


@atomic()
async def save_queue(name: str, query: str, *, by: By) -> SavedQueue:
    """Keep a query string of the queue under a name; the same name again replaces it.

    Raises:
        Invalid: no name, or nothing is filtered.
        Conflict: the person keeps as many as one may.
    """
    by.actor.require(AccountAct.SEE_DESK)
    name = " ".join(name.replace("\x00", "").split())[:30]
    if not name:
        raise Invalid(_("请给这组条件起个名字。"), field="name")
    if not query or len(query) > MOST_QUERY:
        raise Invalid(_("先选条件或排序，再存下来。"), field="name")
    queues = await SavedQueue.filter(user_id=by.actor.user_id).select_for_update()
    saved = next((row for row in queues if row.name == name), None)
    if saved is not None:
        saved.query = query
        await saved.save(update_fields=["query"])
        return saved
    if len(queues) >= MOST_SAVED:
        raise Conflict(_("最多存 %(most)s 组条件，请先删去一组。", most=MOST_SAVED))
    return await SavedQueue.create(
        id=uuid4(), user_id=by.actor.user_id, name=name, query=query, created_at=by.now
    )


async def delete_saved_queue(saved_id: UUID, *, by: By) -> None:
    """Delete a filter of the actor's own; idempotent."""
    by.actor.require(AccountAct.SEE_DESK)
    await SavedQueue.filter(id=saved_id, user_id=by.actor.user_id).delete()


async def list_saved_queues(user_id: UUID) -> list[SavedQueue]:
    """Return a person's filters, the oldest first."""
    return await SavedQueue.filter(user_id=user_id).order_by("created_at", "name")


async def export_saved_queues(user_id: UUID) -> list[dict[str, Any]]:
    """Return a person's filters, for the export of their personal data."""
    return list(
        await SavedQueue.filter(user_id=user_id).order_by("created_at").values("name", "query", "created_at")
    )


async def erase_saved_queues(user_id: UUID, _by: By) -> None:
    await SavedQueue.filter(user_id=user_id).delete()
