"""Rate limits in fixed windows, counted in the database for all processes."""

from __future__ import annotations

import time

from market.kit.database import connection
from market.kit.errors import TooMany
from market.kit.i18n import gettext as _


async def count_attempt(key: str, *, limit: int, window_seconds: int) -> None:
    """Count one attempt of `key` in the current window of real time.

    Raises:
        TooMany: there were more than `limit` attempts in the window.
    """
    if await add_failure(key, window_seconds=window_seconds) > limit:
        raise too_many(window_seconds)


def seconds_left(window_seconds: int) -> int:
    """Return the seconds until the current window of this length ends, at least 1."""
    return window_seconds - int(time.time()) % window_seconds


async def add_failure(key: str, *, window_seconds: int) -> int:
    """Count one failure of `key` in the current window of real time and return how many there are."""
    rows = await connection().execute_query_dict(
        'INSERT INTO attempts (key, "window", count) VALUES ($1, $2, 1) '
        'ON CONFLICT (key, "window") DO UPDATE SET count = attempts.count + 1 RETURNING count',
        [_window_key(key, window_seconds), int(time.time()) // window_seconds],
    )
    return int(rows[0]["count"])


async def count_failures(*windows: tuple[str, int]) -> list[int]:
    """Return the failures in the current windows of these keys, each with its length in seconds."""
    rows = await connection().execute_query_dict(
        "SELECT coalesce(a.count, 0) AS count FROM unnest($1::varchar[], $2::bigint[]) "
        'WITH ORDINALITY AS w (key, "window", place) '
        'LEFT JOIN attempts a ON a.key = w.key AND a."window" = w."window" ORDER BY w.place',
        [
            [_window_key(key, seconds) for key, seconds in windows],
            [int(time.time()) // seconds for _key, seconds in windows],
        ],
    )
    return [int(row["count"]) for row in rows]


def too_many(window_seconds: int) -> TooMany:
    """Return the refusal of a further attempt in the current window of this length."""
    return TooMany(_("尝试次数过多，请稍后再试。"), seconds_left(window_seconds))


async def reset_attempts(key: str, *, window_seconds: int) -> None:
    """Reset the attempts of `key` in windows of this length, after one succeeded."""
    await connection().execute_query(
        "DELETE FROM attempts WHERE key = $1", [_window_key(key, window_seconds)]
    )


async def delete_expired() -> None:
    """Delete the counters of past windows."""
    await connection().execute_query(
        "DELETE FROM attempts WHERE (\"window\" + 1) * split_part(key, ':', 1)::bigint < $1",
        [int(time.time())],
    )


def _window_key(key: str, window_seconds: int) -> str:
    # The key holds the window's length, so that `delete_expired` knows when it is past.
    return f"{window_seconds}:{key}"[:200]
