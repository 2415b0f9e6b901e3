"""Deadlines in business time: what falls due is done once, and one failure holds up no other."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import cast
from uuid import UUID, uuid4

from market.deps import Deps
from market.kit.room import MomentHandler
from market.records.models import Moment
from market.records.moments import clear_moments, run_moments, set_moment, set_moments
from tests.factories import NOW

LATER = NOW + timedelta(hours=1)


class Diary:
    """A handler that writes down what it was called for."""

    def __init__(self, *, is_done: bool | None = None) -> None:
        self.entries: list[UUID] = []
        self.is_done = is_done

    async def __call__(self, _deps: Deps, subject_id: UUID, _now: datetime) -> bool | None:
        self.entries.append(subject_id)
        return self.is_done


async def run(now: datetime, **handlers: MomentHandler) -> int:
    return await run_moments(cast(Deps, None), now, handlers)


async def test_what_is_due_is_done_once_and_in_the_order_of_time() -> None:
    first, second, coming, diary = uuid4(), uuid4(), uuid4(), Diary()
    await set_moments("toy", [(second, "play", LATER), (first, "play", NOW)])
    await set_moment("toy", coming, "play", LATER + timedelta(seconds=1))

    done = [await run(NOW - timedelta(seconds=1), play=diary), await run(LATER, play=diary)]

    assert done == [0, 2]
    assert diary.entries == [first, second]
    assert await run(LATER, play=diary) == 0
    assert (await Moment.get(act="play")).subject_id == coming


async def test_a_moment_is_moved_and_cleared_with_the_others_of_its_record() -> None:
    toy, other = uuid4(), uuid4()
    await set_moments("toy", [(one, act, NOW) for one in (toy, other) for act in ("play", "mend")])

    await set_moments("toy", [(toy, "play", LATER), (toy, "mend", None)])
    await clear_moments("toy", other)

    (left,) = await Moment.all()
    assert (left.subject_id, left.act, left.due_at) == (toy, "play", LATER)


async def test_a_handler_sets_the_next_moment_of_its_record() -> None:
    toy = uuid4()

    async def play(_deps: Deps, subject_id: UUID, now: datetime) -> None:
        await set_moment("toy", subject_id, "play", now + timedelta(days=1))

    await set_moment("toy", toy, "play", NOW)

    assert [await run(NOW, play=play), await run(NOW, play=play)] == [1, 0]
    assert (await Moment.get(subject_id=toy)).due_at == NOW + timedelta(days=1)


async def test_a_record_that_had_moved_on_is_not_counted_and_its_moment_goes() -> None:
    await set_moment("toy", uuid4(), "play", NOW)

    assert await run(NOW, play=Diary(is_done=False)) == 0
    assert not await Moment.exists()


async def test_an_act_that_fails_is_retried_and_holds_up_no_other() -> None:
    broken, whole, diary = uuid4(), uuid4(), Diary()

    async def fail(_deps: Deps, _subject_id: UUID, now: datetime) -> None:
        raise ValueError("broken toy")

    await set_moment("toy", broken, "mend", NOW)
    await set_moment("toy", whole, "play", LATER)

    assert await run(LATER, mend=fail, play=diary) == 1
    assert (await Moment.get(subject_id=broken)).attempts == 1
    assert await run(LATER, mend=diary) == 1
    assert diary.entries == [whole, broken]


async def test_a_sweep_of_some_acts_leaves_the_others() -> None:
    toy = uuid4()
    await set_moments("toy", [(toy, "play", NOW), (toy, "mend", NOW)])

    assert await run(NOW, mend=Diary()) == 1
    assert (await Moment.get(subject_id=toy)).act == "play"
