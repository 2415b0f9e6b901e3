"""Replays the draws of a round from what was stored of them, and says loudly where they differ."""

from __future__ import annotations

from asyncio import to_thread
from dataclasses import dataclass

from market.audit.models import AuditEvent
from market.kit.draws import seed_of
from market.kit.i18n import gettext as _
from market.panels.assigning import Infeasible
from market.panels.draw_outcomes import Outcome, carry_out
from market.panels.drawing import Short
from market.panels.round_models import Round, RoundDraw, Seat
from market.panels.round_states import RoundVerb


@dataclass(frozen=True)
class Replay:
    """One draw, carried out once more."""

    draw: RoundDraw
    outcome: Outcome | None
    """None: it cannot be carried out."""
    faults: tuple[str, ...]
    """Where it differs from what is stored; empty: it does not."""

    @property
    def is_same(self) -> bool:
        return not self.faults


async def replay_draws(round_: Round) -> list[Replay]:
    """Carry out each draw of a round once more and compare it with what is stored, and with the log."""
    draws = await RoundDraw.filter(round_id=round_.id).order_by("number")
    return [await _replay(round_, draw) for draw in draws]


async def _replay(round_: Round, draw: RoundDraw) -> Replay:
    faults: list[str] = []
    if not await AuditEvent.exists(
        subject_kind=Round.record_kind,
        subject_id=round_.id,
        action=RoundVerb.DRAWN.value,
        hash=draw.chain_head,
        data__contains={"salt": draw.salt, "draw": draw.number},
    ):
        faults.append(_("审计链中没有这次抽取的记录"))
    if await _is_kept(round_, draw, {"digest": draw.digest}) is False:
        faults.append(_("备选名单、规则或抽取结果与抽取时的日志不同"))
    if await _is_kept(round_, draw, {"rules": round_.rules_digest}) is False:
        faults.append(_("这一轮的规则与抽取时的日志不同"))
    if seed_of(round_.number, draw.chain_head, draw.salt) != draw.seed:
        faults.append(_("种子与轮次编号、审计链头和口令算出的不同"))
    if draw.eligible != sorted(draw.eligible, key=lambda row: str(row["id"])):
        faults.append(_("备选名单没有按编号排序"))
    try:
        outcome = await to_thread(carry_out, draw.eligible, draw.terms, draw.seed)
    except (Short, Infeasible):
        return Replay(draw, None, (*faults, _("按存证的名单和规则无法抽出专家")))
    if {item: list(ids) for item, ids in outcome.picked.items()} != draw.picked:
        faults.append(_("重演抽出的专家与存证不同"))
    if {item: list(ids) for item, ids in outcome.reserves.items()} != draw.reserves:
        faults.append(_("重演抽出的候补专家与存证不同"))
    seats = await Seat.filter(item__round_id=round_.id, draw_number=draw.number)
    seated: dict[str, dict[bool, set[str]]] = {}
    for seat in seats:
        of_item = seated.setdefault(str(seat.item_id), {False: set(), True: set()})
        of_item[seat.is_reserve].add(str(seat.expert_id))
    for item, ids in draw.picked.items():
        if seated.get(item) != {False: set(ids), True: set(draw.reserves[item])}:
            faults.append(_("席位上的专家与抽取结果不同"))
            break
    return Replay(draw, outcome, tuple(faults))


async def _is_kept(round_: Round, draw: RoundDraw, digest: dict[str, str]) -> bool | None:
    """Return whether the log keeps this digest of a draw; None: of early draws it keeps none."""
    events = AuditEvent.filter(
        subject_kind=Round.record_kind,
        subject_id=round_.id,
        action=RoundVerb.KEEP_DRAW.value,
        data__contains={"draw": draw.number},
    )
    return await events.filter(data__contains=digest).exists() if await events.exists() else None
