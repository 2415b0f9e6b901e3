"""Government lists brought to the panel's points, to the choice and to the deal."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from market.challenges import agreeing, choosing, result_notices
from market.challenges.queries import terms_of
from market.challenges.selection_panel import choosing_rules, prepare_choice
from market.challenges.solution_models import Solution
from market.panels.panel_seats import accept
from market.panels.round_models import Round
from market.panels.round_results import conclude_round
from market.panels.round_states import SeatStatus
from market.panels.score_acts import submit as submit_sheet
from market.records.by import By
from market.records.decisions import Verdict
from tests.challenges.selection_factories import (
    JUDGED,
    Choosing,
    admit_all,
    choices_of,
    make_opened_public,
)
from tests.factories import HOLIDAYS
from tests.moments import end_notices
from tests.panels.round_factories import actor_of, draw, seats
from tests.stage_cache import cached_stage


@cached_stage
async def make_judged(*points: int, prices: tuple[int, ...] = (180, 150)) -> Choosing:
    """Make a government list whose solutions, by their places, experts have given these points."""
    stage = await make_opened_public(prices)
    await admit_all(stage, stage.operator)
    rules = replace(
        choosing_rules(terms_of(stage.challenge)), largest_share=Fraction(1), sheets=None, blind="none"
    )
    by = By(stage.operator, JUDGED)
    round_ = await prepare_choice(stage.number, title="方案评审", rules=rules, salt="桂A12345", by=by)
    await draw(round_.number, by=by)
    for seat in await seats(round_, SeatStatus.INVITED):
        await accept(seat.id, by=By(await actor_of(seat), JUDGED))
    places = {row.id: row.place or 0 async for row in Solution.filter(challenge_id=stage.challenge.id)}
    for seat in await seats(round_, SeatStatus.ACCEPTED):
        await seat.fetch_related("item")
        given = points[places[seat.item.subject_id] - 1]
        sheet = {f"score_{row.code}": str(given) for row in rules.headings} | {"for_applicant": "路线可行。"}
        await submit_sheet(seat.id, sheet, by=By(await actor_of(seat), JUDGED))
    await conclude_round(
        (await Round.get(id=round_.id)).number, reason="意见一致", by=By(stage.approver, JUDGED)
    )
    await stage.reload()
    return stage


@cached_stage
async def make_chosen(prices: tuple[int, ...] = (180, 150)) -> Choosing:
    """Make a government list whose better solution is chosen and agreed on by both sides."""
    stage = await make_judged(82, 71, prices=prices)
    by = By(stage.operator, JUDGED)
    selection = await choosing.propose_selection(stage.number, await choices_of(stage, 1), by=by)
    await choosing.decide_selection(selection.id, Verdict.CONFIRMED, by=By(stage.approver, JUDGED))
    await stage.reload()
    (award,) = await stage.awards()
    for actor in (stage.owner, stage.solver_of(award)):
        await agreeing.consent(stage.number, award.id, award.plan_hash, by=By(actor, JUDGED))
    await stage.reload()
    return stage


@cached_stage
async def make_dealt(prices: tuple[int, ...] = (180, 150)) -> Choosing:
    """Make a government list whose result was published without objection, so that its deal is open."""
    stage = await make_chosen(prices)
    by = By(stage.operator, JUDGED)
    notice = await result_notices.publish_result(stage.number, calendar=HOLIDAYS, by=by)
    assert notice.ends_at is not None
    await end_notices(notice.ends_at)
    await result_notices.PUBLICITY.sweep(notice.ends_at)
    await stage.reload()
    return stage
