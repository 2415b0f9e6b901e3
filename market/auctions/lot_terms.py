"""The published terms of an auction as one frozen dataclass, from which columns and hash derive. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from market.auctions.states import (
    Basis,
    DefaultRule,
    DepositPlace,
    Format,
    NextRule,
    PriorityMode,
    Right,
    SingleRule,
)
from market.kit.terms import hash_content, to_content

WINDOW = 180
"""Seconds before the end in which a bid extends it, and by which: the exchanges' use; courts take 300."""
SIGN_DAYS = 10
"""Working days to sign after the result stands."""


@dataclass(frozen=True)
class LotTerms:
    """What a bidder enrols for. Amounts in fen, `window_s` and `extension_s` in seconds."""

    title: str
    format: Format
    right: Right
    start: int
    step: int
    deposit: int
    enrol_until: datetime
    opens_at: datetime
    planned_end: datetime
    hard_end: datetime | None = None
    years: int | None = None
    territory: str = ""
    basis: Basis = Basis.NONE
    reserve_hash: str = ""
    """Commits to the reserve without telling it; empty: there is none."""
    deposit_place: DepositPlace = DepositPlace.EXCHANGE
    deposit_account: str = ""
    window_s: int = WINDOW
    extension_s: int = WINDOW
    min_bidders: int = 2
    priority: PriorityMode = PriorityMode.NONE
    single_rule: SingleRule = SingleRule.FAIL
    next_rule: NextRule = NextRule.NONE
    default_rule: DefaultRule = DefaultRule.ALL
    sign_days: int = SIGN_DAYS
    terms_text: str = ""
    """竞价须知, beside what the fields say."""
    contact: str = ""

    def __post_init__(self) -> None:
        for name in ("enrol_until", "opens_at", "planned_end", "hard_end"):
            moment = getattr(self, name)
            if moment is not None:
                object.__setattr__(self, name, moment.astimezone(UTC))

    @property
    def content_hash(self) -> str:
        """SHA-256 over the canonical terms, which an enrolment signs and the chain of bids begins with."""
        return hash_content(to_content(self))
