"""What waits in this room: bank lines and refunds to be confirmed, disputes; what is owed and received."""

from __future__ import annotations

from datetime import datetime

from market.accounts.actors import Actor
from market.contracts.states import ContractAct
from market.kit.clock import local_date
from market.kit.formats import day
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.worklist import Figure, Pending, Recent, Standing, Todo, Turn, Unit, Worklist
from market.ledger.checks import last_result
from market.listings.states import ListingAct
from market.payments.connected_accounts import find_connected_account
from market.payments.reconciliation import last_reconciliation, list_differences
from market.payments.states import DisputeStatus, LineStatus, RefundStatus

_OWN_LINES = "bank_lines l CROSS JOIN v WHERE l.organisation_id = v.organisation_id AND l.status = '{status}'"
_DISPUTES = (
    "disputes s JOIN payments p ON p.id = s.payment_id "
    "JOIN connected_accounts a ON a.account = p.connected_account "
    "LEFT JOIN instalments i ON i.id = p.payable_id LEFT JOIN contracts c ON c.id = i.contract_id "
    "CROSS JOIN v WHERE a.organisation_id = v.organisation_id "
    f"AND s.status IN ('{DisputeStatus.OPEN}', '{DisputeStatus.WARNING}')"
)


def pending(actor: Actor) -> list[Pending]:
    """Return what of the money of a seller waits, and whether it waits for a colleague of the treasury."""
    if not actor.acts_for(actor.organisation_id) or not actor.may_sell:
        return []
    if not actor.may(ContractAct.IMPORT_STATEMENT):
        return []
    may_confirm = actor.may(ContractAct.CONFIRM_REMITTANCE)
    of_treasury = Turn.MINE if may_confirm else Turn.COLLEAGUE
    return [
        Pending(
            "contracts.dispute",
            lazy("答复拒付"),
            lazy("去答复"),
            "/contracts/{key}/money",
            "/deals",
            _DISPUTES,
            key="c.number",
            number="c.number",
            title="c.name",
            due="s.answer_by",
            since="s.opened_at",
            amount="s.amount",
            currency="s.currency",
        ),
        Pending(
            "contracts.line_matched",
            lazy("流水待确认"),
            lazy("去确认") if may_confirm else lazy("看流水"),
            "/bank/lines/{key}",
            "/bank/statements",
            _OWN_LINES.format(status=LineStatus.MATCHED),
            key="l.id",
            title="l.payer_name",
            party="l.text",
            since="l.booked_on",
            amount="l.amount",
            currency="l.currency",
            turn=of_treasury,
            who=lazy("财务"),
        ),
        Pending(
            "contracts.line_open",
            lazy("流水待认领"),
            lazy("去认领"),
            "/bank/lines/{key}",
            "/bank/statements",
            _OWN_LINES.format(status=LineStatus.OPEN),
            key="l.id",
            title="l.payer_name",
            party="l.text",
            since="l.booked_on",
            amount="l.amount",
            currency="l.currency",
        ),
        Pending(
            "contracts.refund",
            lazy("退回待确认"),
            lazy("去确认") if may_confirm else lazy("看流水"),
            "/bank/lines/{key}",
            "/bank/statements",
            "refunds f JOIN bank_lines l ON l.id = f.line_id CROSS JOIN v "
            f"WHERE l.organisation_id = v.organisation_id AND f.status = '{RefundStatus.RECORDED}'",
            key="l.id",
            title="l.payer_name",
            since="f.proposed_at",
            amount="f.amount",
            currency="f.currency",
            turn=of_treasury,
            who=lazy("财务"),
        ),
    ]


_RECEIPTS = (
    "receipts r JOIN contracts c ON c.id = r.contract_id JOIN deals d ON d.id = c.deal_id CROSS JOIN v "
)
_OWED = (
    "contracts c JOIN deals d ON d.id = c.deal_id CROSS JOIN v LEFT JOIN LATERAL "
    "(SELECT sum(amount) AS amount FROM receipts WHERE contract_id = c.id) r ON true "
    "WHERE {whose} AND c.currency = 'CNY' AND d.status IN ('registered', 'paying')"
)


def standing(actor: Actor, now: datetime) -> list[Standing]:
    """Return what was received and paid this year, and what is signed and still to come."""
    if actor.may(ListingAct.MODERATE):
        source = "contracts c CROSS JOIN v WHERE date_part('year', c.signed_on) = date_part('year', v.today)"
        return [Standing(lazy("今年签订的合同"), "/concluded", source)]
    if not actor.acts_for(actor.organisation_id):
        return []
    year = local_date(now).year
    parts: list[Standing] = []
    if actor.may_sell:
        parts += [
            Standing(
                lazy("今年已到账"),
                f"/statement?from={year}-01-01&to={year}-12-31",
                f"{_RECEIPTS} WHERE d.seller_id = v.organisation_id AND r.currency = 'CNY' "
                "AND date_part('year', r.received_on) = date_part('year', v.today)",
                "sum(r.amount)",
                Unit.FEN,
            ),
            Standing(
                lazy("履约中，还没到账"),
                "/deals?todo=receive",
                _OWED.format(whose="d.seller_id = v.organisation_id"),
                "sum(c.contract_amount - coalesce(r.amount, 0))",
                Unit.FEN,
            ),
        ]
    if actor.may_buy:
        parts += [
            Standing(
                lazy("今年已付款"),
                f"/statement?from={year}-01-01&to={year}-12-31",
                f"{_RECEIPTS} WHERE d.buyer_id = v.organisation_id AND r.currency = 'CNY' "
                "AND date_part('year', r.received_on) = date_part('year', v.today)",
                "sum(r.amount)",
                Unit.FEN,
            ),
            Standing(
                lazy("履约中，还没付款"),
                "/deals?todo=pay",
                _OWED.format(whose="d.buyer_id = v.organisation_id"),
                "sum(c.contract_amount - coalesce(r.amount, 0))",
                Unit.FEN,
            ),
        ]
    return parts


async def state_of_the_books(actor: Actor, now: datetime) -> Worklist:
    """Return the last results of the checks of the book and of the reconciliation with the gateway."""
    if not actor.may(ContractAct.SEE_RECONCILIATION):
        return Worklist()
    figures: list[Figure] = []
    todos: list[Todo] = []
    if (result := await last_result()) is not None:
        if result.broken:
            todos.append(
                Todo(
                    "contracts.checks",
                    _("账目核对不成立"),
                    _("去看"),
                    "/money/checks",
                    title="、".join(result.broken),
                )
            )
        else:
            words = _("账目核对 %(day)s 全部成立", day=day(result.at))
            figures.append(Figure(words, "/money/checks", len(result.holding), Unit.COUNT, ""))
    if (last := await last_reconciliation()) is not None:
        own = await find_connected_account(actor.organisation_id) if actor.organisation_id else None
        account = None if actor.is_staff else own.account if own else ""
        waiting = [
            difference
            for difference in await list_differences(last.id, account)
            if difference.mended_at is None
        ]
        if waiting:
            words = _("与支付平台有 %(count)s 处差异", count=len(waiting))
            todos.append(
                Todo(
                    "contracts.differences", words, _("去对账"), "/money/reconciliation", since=last.ended_at
                )
            )
    return Worklist(todos, figures)


def recent(actor: Actor) -> list[Recent]:
    """Return the bank transfers of the organisation's contracts."""
    return [
        Recent(
            "remittance",
            "remittances r JOIN instalments i ON i.id = r.payable_id "
            "JOIN contracts c ON c.id = i.contract_id JOIN deals d ON d.id = c.deal_id",
            "/contracts/{key}",
            key="c.number",
            number="c.number",
            title="c.name",
            is_shared="v.organisation_id IN (d.seller_id, d.buyer_id)",
        )
    ]
