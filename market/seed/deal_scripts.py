"""Scripts of the demo's deals, and the player that carries them out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from market.deals.models import ContractKind, Side
from market.deps import Deps
from market.seed.bargains import Act, Bargain, DealRoom, Step
from market.seed.deal_acts import (
    accept,
    after,
    agree,
    clear,
    confirm,
    enter,
    interest,
    offer,
    publish,
    receive,
    register,
    skip,
    sweep,
)
from market.seed.people import Cast
from market.seed.timeline import Calendar, Story, at


@dataclass(frozen=True)
class Script:
    """One deal: who and what, when it began, and what happened on which day from then on."""

    bargain: Bargain
    begin: int | tuple[int, int]
    """Days ago, or month and day of the year that the subsidy round is about."""
    steps: tuple[Step, ...]


async def play_deal(script: Script, number: int, *, cast: Cast, deps: Deps, calendar: Calendar) -> Story:
    """Run a script up to today."""
    room = DealRoom(script.bargain, number, cast, deps)
    begin = _begin(script, calendar)
    for place, (moment, act) in enumerate(script.steps):
        if isinstance(moment, int):
            minutes = (number * 53 + place * 97) % 480
            when = at(begin + timedelta(days=moment), 9 + minutes // 60, minutes % 60)
        else:
            when = await moment(room)
        now = yield when
        await act(room, now)


def _begin(script: Script, calendar: Calendar) -> date:
    if isinstance(script.begin, int):
        return calendar.today - timedelta(days=script.begin)
    return date(calendar.round_year, *script.begin)


def after_publicity(*steps: tuple[int, Act]) -> tuple[Step, ...]:
    """Return what follows the publicity, in days after its end; first the notice has to be cleared."""
    return ((clear, sweep), *((after(clear, days), act) for days, act in steps))


def done_deal(
    outcome: str,
    buyer: str,
    kind: ContractKind,
    *,
    begin: tuple[int, int],
    price: int,
    basis: str,
    note: str,
    plan: tuple[tuple[str, int], ...],
    years: int | None = None,
    parts: tuple[tuple[str, str, int], ...] = (),
) -> Script:
    """Return a deal of the past from the first word to the last payment; no `basis`: no publicity."""
    bargain = Bargain(outcome, buyer, kind, price, note=note, plan=plan, years=years, parts=parts)
    opening: tuple[Step, ...] = (
        (0, interest),
        (1, agree(Side.SELLER)),
        (5, offer(Side.BUYER, price)),
        (11, accept(Side.SELLER)),
    )
    paid = [(14 + 25 * place, receive(place + 1)) for place in range(len(plan))]
    if not basis:
        closing = [(3, enter), (5, confirm), (9, register), *paid]
        return Script(bargain, begin, (*opening, (13, skip), *((16 + days, act) for days, act in closing)))
    closing = [(2, enter), (4, confirm), (8, register), *paid]
    return Script(
        bargain,
        begin,
        (
            *opening,
            (13, publish(basis)),
            *after_publicity(*closing),
        ),
    )
