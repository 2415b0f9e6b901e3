"""Who knows what of solutions and annexes, and from when on: tables for pages, files, lists, counts. Pure."""

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


class Annex(Enum):
    """Kinds of file that belong to a challenge."""

    PUBLIC = "public"
    CONFIDENTIAL = "confidential"
    """Opens after an undertaking, which the room of files asks for."""


class Reader(Enum):
    """As whom somebody looks at an annex."""

    OWNER = "owner"
    OFFICE = "office"
    UNIT = "unit"
    """Who acts for a verified unit, such as one that may solve it."""
    GUEST = "guest"
    """Everybody else."""


R = Reader
_PRIVY = frozenset({R.OWNER, R.OFFICE})
ANNEXES: Mapping[Annex, Mapping[bool, frozenset[Reader]]] = {
    Annex.PUBLIC: {False: _PRIVY, True: frozenset(R)},
    Annex.CONFIDENTIAL: {False: _PRIVY, True: _PRIVY | {R.UNIT}},
}
"""Who opens an annex, before and once its challenge is listed."""


def opens_annex(annex: Annex, reader: Reader, *, is_listed: bool) -> bool:
    """Return whether somebody who looks as this reader opens an annex, and learns its name."""
    return reader in ANNEXES[annex][is_listed]


def tells_openings(*, is_opened: bool) -> bool:
    """Return whether it is told who opened an annex: who did is about to solve, so only after the opening."""
    return is_opened
