"""Transition table of a match. Pure; `services` is the only writer of a status."""

from __future__ import annotations

from collections.abc import Mapping

from market.kit.errors import Conflict
from market.kit.i18n import gettext as _
from market.matching.models import MatchStatus

S = MatchStatus
MOVES: Mapping[MatchStatus, frozenset[MatchStatus]] = {
    # The two sides may find each other without a broker.
    S.SUGGESTED: frozenset({S.ASSIGNED, S.INTERESTED, S.DROPPED}),
    # A broker may give it back.
    S.ASSIGNED: frozenset({S.SUGGESTED, S.INTERESTED, S.DROPPED}),
    S.INTERESTED: frozenset({S.TALKING, S.DEALT, S.DROPPED}),
    S.TALKING: frozenset({S.DEALT, S.DROPPED}),
    # A deal may end without a contract.
    S.DEALT: frozenset({S.DROPPED}),
    # Whoever refused a match may return to it.
    S.DROPPED: frozenset({S.INTERESTED}),
}
"""product.md 4.8, 对接."""


def require_move(before: MatchStatus, after: MatchStatus) -> None:
    """Raise unless the transition is in the table.

    Raises:
        Conflict: it is not.
    """
    if after not in MOVES[before]:
        raise Conflict(_("这条对接的状态已经变化，请刷新后再看。"))
