"""Pages of experts' fees: the list of a round, entered and confirmed, and an expert's own statement."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from urllib.parse import quote
from uuid import UUID

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from market.accounts.actors import Actor
from market.accounts.web import actor_for, signed_in_actor
from market.codes.labels import label
from market.kit.errors import Conflict, Invalid
from market.kit.flash import flash
from market.kit.i18n import gettext as _
from market.kit.money import HOME, Money
from market.kit.routing import Route
from market.kit.templating import render
from market.kit.web import deps, form_data, redirect_to, typed_text
from market.kit.workbooks.writing import WORKBOOK, Cell, Table, write_workbook
from market.panels.fee_acts import (
    FeeEntry,
    FeeRow,
    FeesRefused,
    decide_fees,
    fee_rows,
    get_paid_round_for,
    own_fees,
    propose_fees,
    rule_of,
)
from market.panels.fees import FeeForm
from market.panels.round_models import Round
from market.panels.rounds import concluder_of
from market.panels.states import PanelAct
from market.records.by import By
from market.records.decisions import Verdict

FIELDS = ("form", "quantity", "per_unit")


async def show(request: Request) -> Response:
    actor = signed_in_actor(request)
    round_ = await get_paid_round_for(actor, request.path_params["number"])
    return await _page(request, actor, round_, {}, {})


async def _page(
    request: Request,
    actor: Actor,
    round_: Round,
    typed: Mapping[str, str],
    errors: Mapping[str, str],
) -> Response:
    rows = await fee_rows(round_)
    fees = [row.fee for row in rows if row.fee]
    return render(
        request,
        "panels/fees.html",
        422 if errors else 200,
        round=round_,
        rows=rows,
        rule=rule_of(round_),
        forms=list(FeeForm),
        total=sum(fee.amount for fee in fees),
        is_waiting=any(fee.verdict is None for fee in fees),
        is_confirmed=bool(fees) and len(fees) == len(rows) and all(fee.is_confirmed for fee in fees),
        may_enter=actor.may(PanelAct.RUN_ROUNDS) and len(fees) < len(rows),
        may_confirm=actor.may(PanelAct.CONCLUDE_ROUND) and concluder_of(round_) in actor.roles,
        typed=typed,
        errors=errors,
    )


async def act(request: Request) -> Response:
    """Enter fees, or decide on those that wait."""
    actor = signed_in_actor(request)
    round_ = await get_paid_round_for(actor, request.path_params["number"])
    data, by = await form_data(request), By(actor, deps(request).clock())
    typed = {name: str(data.get(name) or "")[:20] for name in data if name.startswith(FIELDS)}
    try:
        words = await _act(round_, data, typed, by)
    except FeesRefused as refused:
        return await _page(request, actor, round_, typed, refused.errors)
    except Invalid as invalid:
        return await _page(request, actor, round_, typed, {invalid.field or "": str(invalid)})
    return flash(request, redirect_to(request, "panels:fees", number=round_.number), words)


async def _act(round_: Round, data: FormData, typed: Mapping[str, str], by: By) -> str:
    reason = typed_text(data, "reason", 500)
    match data.get("act"):
        case "enter":
            rows = await fee_rows(round_)
            entries = {
                row.expert_id: entry for row in rows if (entry := _entry(row.expert_id, typed)) is not None
            }
            await propose_fees(round_.number, entries, by=by)
            return _("专家咨询费已填报，等待另一人确认。")
        case "confirm":
            await decide_fees(round_.number, Verdict.CONFIRMED, reason=reason, by=by)
            return _("专家咨询费已确认。")
        case "reject":
            await decide_fees(round_.number, Verdict.REJECTED, reason=reason, by=by)
            return _("专家咨询费已退回。")
        case _:
            raise Conflict(_("没有这个操作。"))


def _entry(expert_id: UUID, typed: Mapping[str, str]) -> FeeEntry | None:
    """Return what is typed for an expert; None where the amount is left empty."""
    per_unit = typed.get(f"per_unit_{expert_id}", "").strip()
    if not per_unit:
        return None
    form = typed.get(f"form_{expert_id}", "")
    quantity = typed.get(f"quantity_{expert_id}", "").strip()
    return FeeEntry(
        form=FeeForm(form) if form in set(FeeForm) else None,
        quantity=int(quantity) if quantity.isascii() and quantity.isdigit() else None,
        per_unit=_fen(per_unit),
    )


def _fen(text: str) -> int | None:
    try:
        return Money.parse(text, HOME, unit=1).amount
    except ValueError:
        return None


async def export(request: Request) -> Response:
    """Download the list of a round as a workbook."""
    actor = signed_in_actor(request)
    round_ = await get_paid_round_for(actor, request.path_params["number"])
    heads = (
        *(_("姓名"), _("职称"), _("咨询形式"), _("数量"), _("标准（元）"), _("金额（元，税后）")),
        *(_("依据"), _("状态")),
    )
    table = Table(_("专家咨询费"), heads, _portion(await fee_rows(round_)))
    name = quote(_("专家咨询费 %(number)s.xlsx", number=round_.number))
    return StreamingResponse(
        write_workbook(table),
        media_type=WORKBOOK,
        headers={"content-disposition": f"attachment; filename*=UTF-8''{name}", "cache-control": "private"},
    )


async def _portion(rows: Sequence[FeeRow]) -> AsyncIterator[Sequence[Sequence[Cell | None]]]:
    cells: list[Sequence[Cell | None]] = []
    for row in rows:
        fee = row.fee
        cells.append(
            [row.name, label("title_rank", row.title_rank), "", None, None, None, "", _("未填报")]
            if fee is None
            else [
                row.name,
                label("title_rank", row.title_rank),
                str(fee.form.label),
                fee.quantity,
                Money(fee.per_unit),
                Money(fee.amount),
                fee.clause,
                str(fee.verdict.label) if fee.verdict else _("待确认"),
            ]
        )
    total = sum(row.fee.amount for row in rows if row.fee)
    yield [*cells, [_("合计"), "", "", None, None, Money(total), "", ""]]


async def own(request: Request) -> Response:
    """Show an expert the fees that were confirmed."""
    actor = actor_for(request, PanelAct.JUDGE)
    fees = await own_fees(actor)
    return render(request, "panels/own_fees.html", fees=fees, total=sum(fee.amount for fee in fees))


routes = [
    Route("/admin/rounds/{number}/fees", show, name="panels:fees", methods=["GET"]),
    Route("/admin/rounds/{number}/fees", act, name="panels:act_on_fees", methods=["POST"]),
    Route("/admin/rounds/{number}/fees.xlsx", export, name="panels:fee_list", methods=["GET"]),
    Route("/reviews/fees", own, name="panels:own_fees", methods=["GET"]),
]
