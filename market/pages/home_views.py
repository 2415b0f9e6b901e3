"""The home page with its live figures, and the contracts behind them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from tortoise.expressions import Q, Subquery

from market.accounts.web import optional_actor
from market.auctions.queries import list_open_lots
from market.challenges.deadlines import left_words
from market.challenges.public_list import list_open
from market.challenges.queries import owner_name
from market.contracts.models import Contract
from market.contracts.states import Disclosure
from market.deals.queries import attach_subjects
from market.kit.clock import local_date
from market.kit.database import connection
from market.kit.formats import wan
from market.kit.i18n import gettext as _
from market.kit.pagination import Page, PageRequest
from market.kit.routing import Route
from market.kit.templating import render
from market.kit.web import deps
from market.listings import masking, queries
from market.notices.models import Notice, NoticeKind
from market.notices.periods import days_left
from market.notices.queries import list_open_notices
from market.pages import estimates, listing_labels
from market.pages.home_figures import EVER, PAID, counters, month_chart, turnover_of
from market.pages.workbench_charts import contract_counts
from market.records.figures import Period, list_rows, value_of
from market.statistics.periods import Chosen, Span
from market.statistics.readers import Reader

HOT_WORDS = ("赤泥", "铝合金", "甘蔗", "电池", "木薯", "轻量化")
"""What people here look for; each a search that finds something in Guangxi."""


async def show(request: Request) -> Response:
    actor, now = optional_actor(request), deps(request).clock()
    today = local_date(now)
    latest = await queries.list_latest_outcomes(3)
    turnover = await turnover_of(today, deps(request).figures)
    return render(
        request,
        "pages/home.html",
        months=month_chart(request, turnover, today),
        cities=turnover.cities,
        cities_address=f"{request.app.url_path_for('statistics:index')}?span=year&year={today.year}",
        period=Chosen(Span.YEAR, Period.of_year(today.year), today),
        reader=Reader(actor),
        scopes=[
            ("outcomes", _("成果")),
            ("needs", _("需求")),
            ("organisations", _("单位")),
            ("brokers", _("经纪人")),
            ("policies", _("政策")),
        ],
        hot_words=[_(word) for word in HOT_WORDS],
        counters=await counters(request, turnover),
        latest=latest,
        badges=await estimates.badges(latest, now),
        urgent=await queries.list_urgent_needs(3, today),
        owner_name=lambda need: masking.need_owner_name(need, actor),
        days_left=lambda day: (day - today).days,
        notices=await open_notices(3, now),
        lots=await list_open_lots(3, now),
        challenges=await list_open(3, now),
        challenge_owner=lambda challenge: owner_name(actor, challenge),
        challenge_left=lambda challenge: left_words(now, challenge.deadline_at),
        example=await deps(request).figures.get("example", partial(estimates.example, now)),
        example_amount=estimates.EXAMPLE,
        **listing_labels.context(),
    )


async def paid(request: Request) -> Response:
    """List the published lists of subsidies of which something was paid, with the sums."""
    value = await value_of(PAID, EVER)
    page_request = PageRequest.from_query(request.query_params)
    rows = await list_rows(PAID, EVER, offset=page_request.offset, limit=page_request.size)
    return render(request, "pages/paid.html", value=value, page=page_request.page(rows, value.count))


async def concluded(request: Request) -> Response:
    """List this year's signed contracts that both sides disclose or a notice published; count the rest."""
    now = deps(request).clock()
    page = await list_concluded(now, PageRequest.from_query(request.query_params))
    signed, amount = await _signed_since(_new_year(now))
    return render(
        request,
        "pages/concluded.html",
        months=await contract_counts(local_date(deps(request).clock())),
        page=page,
        signed=signed,
        amount=wan(amount),
        undisclosed=signed - page.total,
    )


@dataclass(frozen=True)
class Conclusion:
    """A contract as everybody may read it."""

    contract: Contract
    is_published: bool
    """A notice of the price named seller and price."""

    @property
    def is_price_public(self) -> bool:
        both = {self.contract.seller_disclosure, self.contract.buyer_disclosure}
        return self.is_published or both == {Disclosure.PRICE}


async def open_notices(most: int, now: datetime) -> list[tuple[Notice, int | None]]:
    """Return the notices whose period runs with the days they have left; None: the end is not settled yet."""
    notices = await list_open_notices(most)
    return [(notice, days_left(notice.ends_at, now) if notice.ends_at else None) for notice in notices]


def _new_year(now: datetime) -> date:
    return local_date(now).replace(month=1, day=1)


async def list_concluded(now: datetime, page_request: PageRequest) -> Page[Conclusion]:
    """Return this year's contracts that are public, newest first.

    Public is what both sides disclosed when they signed, and what a notice of the price published; of all
    others only the totals are told.
    """
    since = _new_year(now)
    noticed = Notice.filter(kind=NoticeKind.PRICE, subject_kind="deal").values("subject_id")
    public = Q(deal_id__in=Subquery(noticed)) | (
        ~Q(seller_disclosure=Disclosure.NOTHING) & ~Q(buyer_disclosure=Disclosure.NOTHING)
    )
    contracts = Contract.filter(public, signed_on__gte=since)
    items = (
        await contracts.select_related("deal__outcome", "deal__seller")
        .order_by("-signed_on", "-number")
        .offset(page_request.offset)
        .limit(page_request.size)
    )
    published = await Notice.filter(
        kind=NoticeKind.PRICE, subject_kind="deal", subject_id__in=[contract.deal_id for contract in items]
    ).values_list("subject_id", flat=True)
    deal_ids = {UUID(str(deal_id)) for deal_id in published}
    await attach_subjects([contract.deal for contract in items])
    rows = [Conclusion(contract, contract.deal_id in deal_ids) for contract in items]
    return page_request.page(rows, await contracts.count())


async def _signed_since(day: date) -> tuple[int, int]:
    """Count contracts signed since a day and sum their amounts in fen; foreign prices as converted."""
    return _pair(
        await connection().execute_query_dict(
            "SELECT count(*) AS n, sum(CASE currency WHEN 'CNY' THEN contract_amount "
            "ELSE original_amount END) AS total FROM contracts WHERE signed_on >= $1",
            [day],
        )
    )


def _pair(rows: Any) -> tuple[int, int]:
    return (int(rows[0]["n"]), int(rows[0]["total"] or 0)) if rows else (0, 0)


routes = [
    Route("/", show, name="pages:home"),
    Route("/subsidies/paid", paid, name="pages:paid", methods=["GET"]),
    Route("/concluded", concluded, name="pages:concluded"),
]
