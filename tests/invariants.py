"""Invariants of `market check` by their names: a test runs those that its sentence is about."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from functools import partial

from market.files.store import FileStore
from market.kit.room import rooms

OF_CONTRACTS = ("book:", "contracts:", "deals:", "payments:", "records:")
"""Beginnings of the invariants about contracts and what is paid for them."""


async def broken(
    *beginnings: str, secret: str | None = None, store: FileStore | None = None
) -> dict[str, list[str]]:
    """Return what the invariants find whose names begin so, by their names.

    Without the site's `secret`, or its `store`, those are left out that need it.
    """
    wanted = [(name, check) for name, check in _checks(secret, store) if name.startswith(beginnings)]
    assert wanted, beginnings
    return {name: findings for name, check in wanted if (findings := await check())}


def _checks(
    secret: str | None, store: FileStore | None
) -> Iterator[tuple[str, Callable[[], Awaitable[list[str]]]]]:
    for name, invariant in rooms().checks.items():
        yield name, invariant.check
    if secret is not None:
        for name, keyed in rooms().keyed_checks.items():
            yield name, partial(keyed.check, secret)
    if store is not None:
        for name, stored in rooms().stored_checks.items():
            yield name, partial(stored.check, store)
