"""How often something may be tried, counted in the database so that all processes count together."""

from __future__ import annotations

import time

from market.kit.database import connection
from market.kit.errors import TooMany
from market.kit.i18n import gettext as _


async def count_attempt(key: str, *, limit: int, window_seconds: int) -> None:
    """Count one try of `key` in this window of real time.

    Raises:
        TooMany: it was tried more than `limit` times in `window_seconds`.
    """
    rows = await connection().execute_query_dict(
        'INSERT INTO attempts (key, "window", count) VALUES ($1, $2, 1) '
        'ON CONFLICT (key, "window") DO UPDATE SET count = attempts.count + 1 RETURNING count',
        [_window_key(key, window_seconds), int(time.time()) // window_seconds],
    )
    if rows[0]["count"] > limit:
        raise TooMany(_("尝试次数过多，请稍后再试。"))


async def reset_attempts(key: str, *, window_seconds: int) -> None:
    """Forget the tries of `key` in windows of this length, because one of them was right."""
    await connection().execute_query(
        "DELETE FROM attempts WHERE key = $1", [_window_key(key, window_seconds)]
    )


async def delete_expired() -> None:
    """Forget the tries of windows that are over."""
    await connection().execute_query(
        "DELETE FROM attempts WHERE (\"window\" + 1) * split_part(key, ':', 1)::bigint < $1",
        [int(time.time())],
    )


def _window_key(key: str, window_seconds: int) -> str:
    # The length of the window stands in the key, so that `delete_expired` knows when it is over.
    return f"{window_seconds}:{key}"[:200]
