"""Who knows what of solutions, and from when on: one table for pages, files, lists and counts. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from market.challenges.states import ChallengeStatus


class Phase(Enum):
    """The parts of a challenge's life between which it changes who reads a solution."""

    SEALED = "sealed"
    """Until all solutions are opened together; for ever where it ended before."""
    JUDGED = "judged"
    """From the opening until somebody is chosen for good."""
    OVER = "over"
    """The choice stands, or there was none."""
    ENDED = "ended"
    """Its owner ended it after the opening: the owner reads nothing of it any more."""


class Viewer(Enum):
    """As whom somebody looks at a solution."""

    AUTHOR = "author"
    """Who acts for the leading unit."""
    OWNER = "owner"
    OFFICE = "office"
    """Operator, approver and auditor: none of them reads what is sealed."""
    PUBLIC = "public"
    """Everybody else, other solvers too; experts read the items of their round, without names."""


class Part(Enum):
    """What is kept from some until its moment."""

    EXISTENCE = "existence"
    """That a unit has a solution, and whose it is."""
    COUNT = "count"
    """How many were submitted, where the owner did not choose to show it all the time."""
    CONTENT = "content"
    FILES = "files"


P, V = Phase, Viewer
_AUTHOR = frozenset({V.AUTHOR})
_READERS = frozenset({V.AUTHOR, V.OWNER, V.OFFICE})
_KEPT_FROM_OWNER = frozenset({V.AUTHOR, V.OFFICE})
TABLE: Mapping[Part, Mapping[Phase, frozenset[Viewer]]] = {
    Part.EXISTENCE: {P.SEALED: _AUTHOR, P.JUDGED: _READERS, P.OVER: _READERS, P.ENDED: _READERS},
    Part.COUNT: {
        P.SEALED: frozenset(),
        P.JUDGED: frozenset(V),
        P.OVER: frozenset(V),
        P.ENDED: frozenset(V),
    },
    Part.CONTENT: {P.SEALED: _AUTHOR, P.JUDGED: _READERS, P.OVER: _READERS, P.ENDED: _KEPT_FROM_OWNER},
    Part.FILES: {P.SEALED: _AUTHOR, P.JUDGED: _READERS, P.OVER: _READERS, P.ENDED: _KEPT_FROM_OWNER},
}
S = ChallengeStatus
_OVER = (S.CONTRACTED, S.EXECUTING, S.ACCEPTED, S.FAILED, S.NO_TAKER)


def phase_of(status: ChallengeStatus, *, is_opened: bool) -> Phase:
    """Return the phase of a challenge; what was never opened stays sealed, whatever became of it."""
    if not is_opened:
        return P.SEALED
    if status is S.ENDED:
        return P.ENDED
    return P.OVER if status in _OVER else P.JUDGED


def may_know(part: Part, viewer: Viewer, phase: Phase) -> bool:
    """Return whether somebody who looks as this viewer knows this in this phase."""
    return viewer in TABLE[part][phase]
