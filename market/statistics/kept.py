"""Tables that are kept in the process as long as nothing has changed of what they are counted from.

What a figure is made of is written once and stays: contracts once they are registered, receipts, changes,
moves. A digest over these tells within some milliseconds whether anything was added.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, TypeVar

from market.kit.database import connection

MOST_KEPT = 60
STAMP = """
SELECT (SELECT coalesce(sum(uuid_hash(id)::bigint
        + hashtext(field)::bigint * (registered_on - date '2000-01-01')), 0)
        FROM contracts WHERE registered_on IS NOT NULL)::text AS contracts,
    (SELECT coalesce(sum(uuid_hash(id)::bigint), 0) FROM receipts)::text AS receipts,
    (SELECT coalesce(sum(uuid_hash(id)::bigint), 0) FROM contract_changes
        WHERE kind IN ('rescission', 'cancellation') AND effective_at IS NOT NULL)::text AS changes,
    (SELECT coalesce(sum(uuid_hash(id)::bigint), 0) FROM organisation_moves)::text AS moves,
    (SELECT coalesce(sum(uuid_hash(id)::bigint * revision + hashtext(status || region || name)), 0)
        FROM organisations)::text AS organisations,
    (SELECT coalesce(sum(uuid_hash(id)::bigint + hashtext(coalesce(started_at::text, '') ||
        coalesce(ended_at::text, ''))), 0) FROM memberships)::text AS memberships,
    (SELECT coalesce(sum(uuid_hash(id)::bigint), 0) FROM broker_profiles WHERE is_verified)::text AS brokers,
    (SELECT coalesce(sum(uuid_hash(id)::bigint), 0) FROM reward_plans WHERE status = 'paid')::text AS rewards
"""
T = TypeVar("T")
_kept: OrderedDict[tuple[object, ...], Any] = OrderedDict()


async def kept(key: Hashable, compute: Callable[[], Awaitable[T]]) -> T:
    """Return what was computed under a key since the last change of the records, else compute it."""
    (row,) = await connection().execute_query_dict(STAMP)
    whole = (key, *row.values())
    if whole in _kept:
        _kept.move_to_end(whole)
    else:
        _kept[whole] = await compute()
        while len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)
    result: T = _kept[whole]
    return result
