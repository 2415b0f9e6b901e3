"""What experts do with their own entry: pause, leave, what they take and how they are reached."""

from __future__ import annotations

from market.audit.log import record
from market.experts.applications import require_arrangements
from market.experts.models import Expert
from market.experts.states import ExpertAction, ExpertVerb
from market.experts.units import lock_own_expert
from market.kit.database import atomic
from market.records.by import By
from market.records.transitions import transition


@atomic()
async def pause(*, by: By) -> Expert:
    """Take part in no draw for a while; seats taken before are not given up by it.

    Raises:
        ActionNotAllowed: the person is not in the pool.
    """
    return await transition(await lock_own_expert(by), ExpertAction.PAUSE, by=by)


@atomic()
async def resume(*, by: By) -> Expert:
    """Take part in draws again.

    Raises:
        ActionNotAllowed: the person has not paused.
    """
    return await transition(await lock_own_expert(by), ExpertAction.RESUME, by=by)


@atomic()
async def leave(*, by: By) -> Expert:
    """Leave the pool, or withdraw an application.

    Raises:
        ActionNotAllowed: the person is not in the pool and has not applied.
    """
    return await transition(await lock_own_expert(by), ExpertAction.LEAVE, by=by)


@atomic()
async def change_arrangements(*, phone: str, languages: str, capacity: int, by: By) -> Expert:
    """Change what nobody has to verify.

    Raises:
        Invalid: at `phone` or `capacity`.
    """
    expert = await lock_own_expert(by)
    require_arrangements(phone, capacity)
    expert.phone, expert.languages, expert.capacity = phone, languages, capacity
    await expert.save(update_fields=["phone", "languages", "capacity"])
    await record("expert", expert.id, ExpertVerb.CHANGE_DETAILS, by=by, capacity=capacity)
    return expert
