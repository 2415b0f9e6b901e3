"""Fees of a round's experts: entered by who runs the round, confirmed by who concludes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from market.accounts.actors import Actor
from market.accounts.messages import notify, notify_staff
from market.accounts.models import StaffRole, User
from market.audit.log import record
from market.kit.clock import local_date
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid, MarketError, NotFound
from market.kit.formats import yuan
from market.kit.i18n import gettext as _
from market.panels.fee_models import RoundFee
from market.panels.fees import MOST_UNITS, FeeForm, FeeOutOfRange, FeeRule, fee_for, fee_rule_on
from market.panels.round_models import Round, Seat
from market.panels.round_results import STAFF_OF
from market.panels.round_states import OVER, RoundVerb, SeatStatus
from market.panels.rounds import (
    concluder_of,
    get_round_for,
    lock_round,
    require_concluder,
    require_impartial_in,
    subjects_of,
    viewer_of,
)
from market.panels.states import PanelAct
from market.panels.visibility import Part, sees
from market.records.by import By
from market.records.decisions import Verdict, decide


@dataclass(frozen=True)
class FeeEntry:
    """What is typed for one expert; None: it could not be read."""

    form: FeeForm | None
    quantity: int | None
    per_unit: int | None
    """In fen."""


@dataclass(frozen=True)
class FeeRow:
    """One expert who handed in scores, with the fee that is entered or confirmed."""

    expert_id: UUID
    user_id: UUID
    name: str
    title_rank: str
    sheets: int
    """Items that the expert has scored."""
    fee: RoundFee | None


class FeesRefused(MarketError):
    """A list of fees has errors; each stands at its field."""

    status = 422

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(next(iter(errors.values())))
        self.errors = errors


async def get_paid_round_for(actor: Actor, number: str) -> Round:
    """Return a round that is over, for who runs, concludes or audits it.

    Raises:
        NotFound: there is none, it is not theirs to see, or it is not concluded yet.
    """
    round_ = await get_round_for(actor, number)
    if not sees(viewer_of(actor, round_), Part.PAYEES, round_.status):
        raise NotFound(_("作出评审结论以后才能核定专家咨询费。"))
    return round_


def rule_of(round_: Round) -> FeeRule:
    """Return the rule in force on the day on which a round was concluded."""
    if round_.concluded_at is None:
        raise RuntimeError("a round that runs has no fees")
    return fee_rule_on(local_date(round_.concluded_at))


async def fee_rows(round_: Round) -> list[FeeRow]:
    """Return the experts who handed in scores, by name, each with the fee that was not rejected."""
    seats = await Seat.filter(item__round_id=round_.id, status=SeatStatus.FINAL).order_by("item__place")
    fees = {fee.expert_id: fee for fee in await live_fees(round_)}
    names = {user.id: user.name for user in await User.filter(id__in=[seat.user_id for seat in seats])}
    by_expert: dict[UUID, list[Seat]] = {}
    for seat in seats:
        by_expert.setdefault(seat.expert_id, []).append(seat)
    rows = [
        FeeRow(
            expert_id=expert_id,
            user_id=own[0].user_id,
            name=names[own[0].user_id],
            title_rank=own[0].title_rank,
            sheets=len(own),
            fee=fees.get(expert_id),
        )
        for expert_id, own in by_expert.items()
    ]
    return sorted(rows, key=lambda row: (row.name, row.expert_id))


async def live_fees(round_: Round) -> list[RoundFee]:
    """Return the fees of a round that were not rejected."""
    fees = await RoundFee.filter(round_id=round_.id).order_by("proposed_at", "id")
    return [fee for fee in fees if not fee.is_rejected]


@atomic()
async def propose_fees(number: str, entries: Mapping[UUID, FeeEntry], *, by: By) -> list[RoundFee]:
    """Enter the fees of experts of a concluded round; they wait for the second person.

    Raises:
        Conflict: the round runs still, or an expert's fee is entered already.
        NotFound: an expert has handed in no scores.
        FeesRefused: a figure is missing, or outside the limits of title and form.
    """
    by.actor.require(PanelAct.RUN_ROUNDS)
    round_ = await lock_round(number)
    if round_.status not in OVER:
        raise Conflict(_("作出评审结论以后才能核定专家咨询费。"))
    await require_impartial_in((await subjects_of(round_)).values(), by)
    rows = {row.expert_id: row for row in await fee_rows(round_)}
    if not entries:
        raise Invalid(_("没有要核定的专家。"))
    if not entries.keys() <= rows.keys():
        raise NotFound(_("这位专家没有提交评分。"))
    if any(rows[expert_id].fee for expert_id in entries):
        raise Conflict(_("有专家的咨询费已经填报，请刷新后再看。"))
    rule, fees = rule_of(round_), []
    errors: dict[str, str] = {}
    for expert_id, entry in entries.items():
        row = rows[expert_id]
        faults = faults_of(row, entry, rule)
        errors |= faults
        if faults or entry.form is None or entry.quantity is None or entry.per_unit is None:
            continue
        fees.append(
            RoundFee(
                id=uuid4(),
                round_id=round_.id,
                expert_id=expert_id,
                user_id=row.user_id,
                title_rank=row.title_rank,
                form=entry.form,
                quantity=entry.quantity,
                per_unit=entry.per_unit,
                amount=fee_for(
                    row.title_rank, entry.per_unit, form=entry.form, quantity=entry.quantity, rule=rule
                ),
                rule_begins_on=rule.begins_on,
                clause=rule.clause,
                proposed_by_id=by.actor.user_id,
                proposed_at=by.now,
            )
        )
    if errors:
        raise FeesRefused(errors)
    await RoundFee.bulk_create(fees)
    await _log(round_, RoundVerb.FEE, fees, by)
    await notify_staff(
        STAFF_OF[concluder_of(round_)],
        _("评审 %(number)s 的专家咨询费已填报，请确认。", number=number),
        now=by.now,
        address=f"/admin/rounds/{number}/fees",
    )
    return fees


def faults_of(row: FeeRow, entry: FeeEntry, rule: FeeRule) -> dict[str, str]:
    """Return what is wrong with an entry, by name of the field."""
    faults: dict[str, str] = {}
    if entry.form is None:
        faults[f"form_{row.expert_id}"] = _("请选择咨询形式。")
    if entry.quantity is None or not 0 < entry.quantity <= MOST_UNITS:
        faults[f"quantity_{row.expert_id}"] = _("请填 1 到 %(most)s 的整数。", most=MOST_UNITS)
    if entry.per_unit is None:
        faults[f"per_unit_{row.expert_id}"] = _("请填金额（元），如 1500。")
    if faults or entry.form is None or entry.per_unit is None or entry.quantity is None:
        return faults
    try:
        fee_for(row.title_rank, entry.per_unit, form=entry.form, quantity=entry.quantity, rule=rule)
    except FeeOutOfRange as refused:
        faults[f"per_unit_{row.expert_id}"] = _(
            "按%(clause)s，这一职称和形式的标准为 %(least)s 至 %(most)s（税后）。",
            clause=rule.clause,
            least=yuan(refused.least),
            most=yuan(refused.most),
        )
    return faults


@atomic()
async def decide_fees(number: str, verdict: Verdict, *, reason: str, by: By) -> list[RoundFee]:
    """Confirm or reject all fees of a round that wait, as who concludes rounds of its kind.

    Raises:
        Forbidden: it is another's to do.
        SamePerson: the person entered them, or is one of the experts.
        Invalid: a rejection without a reason.
        Conflict: none waits.
    """
    round_ = await lock_round(number)
    require_concluder(round_, by)
    fees = await RoundFee.filter(round_id=round_.id, verdict__isnull=True).order_by("proposed_at", "id")
    if not fees:
        raise Conflict(_("没有等待确认的专家咨询费。"))
    experts = await Seat.filter(item__round_id=round_.id).values_list("user_id", flat=True)
    involved = {UUID(str(user_id)) for user_id in experts}
    for fee in fees:
        await decide(
            fee,
            verdict,
            by=by,
            reason=reason.strip()[:500],
            refusal=_("填报的人和本轮专家不能确认专家咨询费。"),
            involved=involved,
        )
    if verdict is Verdict.REJECTED:
        await _log(round_, RoundVerb.REJECT_FEE, fees, by)
        await notify_staff(
            StaffRole.OPERATOR,
            _("评审 %(number)s 的专家咨询费被退回：%(reason)s", number=number, reason=reason.strip()),
            now=by.now,
            address=f"/admin/rounds/{number}/fees",
        )
        return fees
    await _log(round_, RoundVerb.CONFIRM_FEE, fees, by)
    await notify(
        _("评审 %(number)s 的专家咨询费已核定，可以查看。", number=number),
        now=by.now,
        address="/reviews/fees",
        user_ids=[fee.user_id for fee in fees],
    )
    return fees


async def _log(round_: Round, verb: RoundVerb, fees: Sequence[RoundFee], by: By) -> None:
    await record(
        Round.record_kind,
        round_.id,
        verb,
        by=by,
        number=round_.number,
        total=sum(fee.amount for fee in fees),
        fees={str(fee.id): fee.amount for fee in fees},
    )


async def own_fees(actor: Actor) -> list[RoundFee]:
    """Return the confirmed fees of an expert, the latest first."""
    return (
        await RoundFee.filter(user_id=actor.user_id, verdict=Verdict.CONFIRMED)
        .select_related("round")
        .order_by("-decided_at")
    )
