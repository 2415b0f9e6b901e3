"""Who knows what of an auction, and from when on: one table for pages, streams, files and notices. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from market.auctions.states import AuctionStatus


class Phase(Enum):
    """The parts of an auction's life between which it changes who knows what."""

    BEFORE = "before"
    """Until the first moment at which a price can be offered."""
    DURING = "during"
    """Until the result is confirmed, or there is none."""
    AFTER = "after"


class Viewer(Enum):
    """As whom somebody looks at an auction."""

    PUBLIC = "public"
    """Everybody else, bidders looking at others, and the operator where an exchange organises."""
    HOLDER = "holder"
    ORGANISER = "organiser"
    AUDITOR = "auditor"


class Knowledge(Enum):
    """What is kept from some until its moment."""

    BIDDERS = "bidders"
    """Who is enrolled, by name; of oneself everybody knows."""
    COUNT = "count"
    """How many are enrolled."""
    PRICES = "prices"
    """Numbers, amounts and times of bids."""
    SEALED_PRICES = "sealed_prices"
    """The same of sealed bidding."""
    WINNER = "winner"
    """Who gets the lot, by name."""
    RESERVE = "reserve"
    """The amount; whether it was reached is public afterwards."""


P, V, K = Phase, Viewer, Knowledge
EVERYBODY = frozenset(V)
TABLE: Mapping[Knowledge, Mapping[Phase, frozenset[Viewer]]] = {
    K.BIDDERS: {
        P.BEFORE: frozenset({V.ORGANISER}),
        P.DURING: frozenset({V.ORGANISER}),
        P.AFTER: frozenset({V.ORGANISER, V.HOLDER, V.AUDITOR}),
    },
    K.COUNT: {P.BEFORE: frozenset({V.ORGANISER}), P.DURING: EVERYBODY, P.AFTER: EVERYBODY},
    K.PRICES: {P.BEFORE: EVERYBODY, P.DURING: EVERYBODY, P.AFTER: EVERYBODY},
    K.SEALED_PRICES: {P.BEFORE: frozenset(), P.DURING: frozenset(), P.AFTER: EVERYBODY},
    K.WINNER: {P.BEFORE: frozenset(), P.DURING: frozenset({V.ORGANISER}), P.AFTER: EVERYBODY},
    K.RESERVE: {
        P.BEFORE: frozenset({V.HOLDER}),
        P.DURING: frozenset({V.HOLDER}),
        P.AFTER: frozenset({V.HOLDER, V.ORGANISER, V.AUDITOR}),
    },
}
"""Before there is a price nobody has any to see, so prices are open from the beginning."""
S = AuctionStatus
_PHASES = {
    **dict.fromkeys((S.DRAFT, S.CHECKING, S.ENROLLING, S.QUALIFYING, S.READY, S.SINGLE), P.BEFORE),
    **dict.fromkeys((S.LIVE, S.SUSPENDED, S.CONFIRMING), P.DURING),
    **dict.fromkeys((S.RESULT_PUBLICITY, S.CONCLUDED, S.FAILED, S.ABORTED, S.DEFAULTED), P.AFTER),
}


def phase_of(status: AuctionStatus, *, has_begun: bool) -> Phase:
    """Return the phase of an auction; one that waits though its time has come has begun."""
    phase = _PHASES[status]
    return P.DURING if phase is P.BEFORE and status is S.READY and has_begun else phase


def may_know(what: Knowledge, viewer: Viewer, phase: Phase) -> bool:
    """Return whether somebody who looks as this viewer knows this in this phase."""
    return viewer in TABLE[what][phase]
