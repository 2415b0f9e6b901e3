"""Which amounts of a table guests do not read, for they would tell prices of single contracts. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping

LEAST = 3
"""Amounts of fewer contracts are not public. Settled here (A)."""


def hidden_lines(counts: Mapping[str, int]) -> Collection[str]:
    """Return the lines whose amounts are not public, by how many contracts each has.

    Those of one or two contracts, and as many of the next smallest as it takes that what is hidden cannot be
    computed from the total: at least two lines, of at least three contracts together.
    """
    ordered = sorted((count, key) for key, count in counts.items() if count > 0)
    hidden = [(count, key) for count, key in ordered if count < LEAST]
    if not hidden:
        return frozenset()
    rest = ordered[len(hidden) :]
    while rest and (len(hidden) < 2 or sum(count for count, _key in hidden) < LEAST):
        hidden.append(rest.pop(0))
    return frozenset(key for _count, key in hidden)
