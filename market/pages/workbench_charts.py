"""Charts of the workbench: money by month, and how far this year's deals got; each is one statement."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from market.accounts.actors import Actor
from market.accounts.permissions import AccountAct, Role
from market.budgets.states import DisbursementStatus
from market.kit.charts import Funnel, MonthBars, Stage
from market.kit.clock import local_date
from market.kit.database import connection
from market.kit.i18n import gettext as _
from market.listings.search import VISIBLE_OUTCOMES
from market.listings.states import ListingAct

_RECEIPTS = (
    "receipts r JOIN contracts c ON c.id = r.contract_id JOIN deals d ON d.id = c.deal_id "
    "WHERE r.currency = 'CNY' AND {whose} = $1"
)
_SIGNED = "contracts c JOIN deals d ON d.id = c.deal_id WHERE c.currency = 'CNY' AND "


async def money_by_month(actor: Actor, now: datetime) -> MonthBars | None:
    """Return what this person looks at by month: received, paid, disbursed or signed money."""
    today = local_date(now)
    year = f"?from={today.year}-01-01&to={today.year}-12-31"
    if actor.may(AccountAct.SEE_DESK) and not actor.may(AccountAct.READ_AUDIT):
        source = f"disbursements d WHERE d.status = '{DisbursementStatus.PAID}' AND $1::uuid IS NOT NULL"
        return await read_months(
            _("各月拨付"), source, "d.ended_on", "d.amount", actor.user_id, today, "/desk/report"
        )
    if actor.is_staff:
        if not (actor.may(ListingAct.MODERATE) or actor.may(AccountAct.READ_AUDIT)):
            return None
        return await contracts_by_month(today)
    if Role.BROKER in actor.roles:
        source = _SIGNED + "d.broker_id = $1"
        title = _("我促成的合同，各月成交额")
        amount = "c.contract_amount"
        return await read_months(title, source, "c.signed_on", amount, actor.user_id, today, "/deals")
    if not actor.acts_for(actor.organisation_id):
        return None
    is_seller = actor.may_sell and not actor.may_buy
    source = _RECEIPTS.format(whose="d.seller_id" if is_seller else "d.buyer_id")
    title = _("各月到账") if is_seller else _("各月付款")
    return await read_months(
        title, source, "r.received_on", "r.amount", actor.organisation_id, today, f"/statement{year}"
    )


async def contracts_by_month(today: date) -> MonthBars:
    """Return the amounts of all contracts by the month of their signature, foreign prices as converted.

    For the staff: the amount of a month with few contracts tells a price that was not published.
    """
    amount = "CASE c.currency WHEN 'CNY' THEN c.contract_amount ELSE c.original_amount END"
    source = "contracts c WHERE $1::uuid IS NULL"
    return await read_months(_("各月成交额"), source, "c.signed_on", amount, None, today, "/concluded")


async def contract_counts(today: date) -> MonthBars:
    """Return how many contracts were signed in each month, which is public."""
    months = await read_months(
        _("各月签订的合同"),
        "contracts c WHERE $1::uuid IS NULL",
        "c.signed_on",
        "1",
        None,
        today,
        "/concluded",
    )
    return replace(months, is_money=False)


async def read_months(
    title: str, source: str, day: str, amount: str, key: object, today: date, address: str
) -> MonthBars:
    """Return the sums of a source by month of this year and the year before."""
    rows = await connection().execute_query_dict(
        f"SELECT date_part('year', {day})::int AS year, date_part('month', {day})::int AS month, "  # noqa: S608
        f"sum({amount})::bigint AS amount FROM {source} AND {day} >= $2 GROUP BY 1, 2",
        [key, date(today.year - 1, 1, 1)],
    )
    sums = {(row["year"], row["month"]): row["amount"] for row in rows}
    return MonthBars(
        title,
        today.year,
        [sums.get((today.year, month), 0) for month in range(1, 13)],
        [sums.get((today.year - 1, month), 0) for month in range(1, 13)],
        today.month,
        address,
    )


async def market_funnel(today: date) -> Funnel:
    """Return how far the deals that began this year got, for the operator."""
    (row,) = await connection().execute_query_dict(
        "SELECT (SELECT count(*) FROM outcomes WHERE status = ANY($2::varchar[])) AS listed, "
        "count(*) AS begun, "
        "count(*) FILTER (WHERE d.seller_agreed_at IS NOT NULL AND d.buyer_agreed_at IS NOT NULL) AS agreed, "
        "count(d.price_amount) AS priced, count(c.id) AS signed, count(c.registered_on) AS registered, "
        "count(*) FILTER (WHERE EXISTS (SELECT 1 FROM receipts r WHERE r.contract_id = c.id)) AS paid "
        "FROM deals d LEFT JOIN contracts c ON c.deal_id = d.id WHERE d.created_at >= $1",
        [date(today.year, 1, 1), [status.value for status in VISIBLE_OUTCOMES]],
    )
    words = {
        "begun": _("发起洽谈"),
        "agreed": _("双方同意"),
        "priced": _("定价"),
        "signed": _("签约"),
        "registered": _("登记"),
        "paid": _("首笔到账"),
    }
    return Funnel(
        _("从洽谈到到账"),
        [Stage(label, row[key]) for key, label in words.items()],
        _("只算 %(year)s 年发起的交易；现有在架成果 %(count)s 项。", year=today.year, count=row["listed"]),
    )
