"""The published terms of a challenge as one frozen dataclass: columns, form and hash derive from it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from market.challenges.states import (
    BudgetKind,
    Cooperation,
    Kind,
    Operator,
    Ownership,
    Pledge,
    Proof,
    SolverKind,
    Threshold,
    Winners,
)
from market.kit.i18n import gettext as _
from market.kit.terms import hash_content, to_content

SIGN_DAYS = 30
"""Calendar days to sign after the choice is final (D)."""
WHOLE = 0
"""The package of what belongs to the challenge as a whole."""


@dataclass(frozen=True)
class Indicator:
    """What is measured, what it must come to, and how that is shown. Numbers are plain decimals as text."""

    name: str
    unit: str = ""
    present: str = ""
    operator: Operator = Operator.AT_LEAST
    low: str = ""
    """The value; of a range its lower end."""
    high: str = ""
    method: str = ""
    """怎样测: by which standard, in which conditions."""
    proof: Proof = Proof.THIRD_PARTY
    package: int = WHOLE

    @property
    def required(self) -> str:
        """Return what is required in words, such as ≥ 84."""
        if self.operator is Operator.YES:
            return str(self.operator.label)
        if self.operator is Operator.BETWEEN:
            return f"{self.low}–{self.high}"
        return f"{self.operator.label} {self.low}"


@dataclass(frozen=True)
class Milestone:
    """A stage of the work and the share of the price that is due when it is reached."""

    name: str
    condition: str = ""
    due_on: date | None = None
    share: int = 0
    """Basis points of the price."""


@dataclass(frozen=True)
class Criterion:
    """One heading of the choice, with its points of 100."""

    name: str
    points: int = 0


@dataclass(frozen=True)
class Package:
    """A part that is solved, paid and accepted by itself (研发众包)."""

    name: str
    text: str = ""
    reward: int = 0
    """In fen, of one copy."""
    copies: int = 1
    after: int = 0
    """The place of the package that must be accepted before; 0: none."""


@dataclass(frozen=True)
class SolverRow:
    kind: SolverKind


@dataclass(frozen=True)
class ThresholdRow:
    kind: Threshold


@dataclass(frozen=True)
class ChallengeTerms:
    """What solvers rely on. Amounts in fen, shares in basis points; a draft may lack what has a default."""

    title: str
    kind: Kind = Kind.ENTERPRISE
    is_masked: bool = False
    """The owner is shown as 某企业 until it is agreed with."""
    summary: str = ""
    background: str = ""
    field: str = ""
    """A key of `codes.fields`."""
    cooperation: Cooperation = Cooperation.COMMISSIONED
    budget_kind: BudgetKind = BudgetKind.CEILING
    budget: int | None = None
    """The most that is paid, all winners together."""
    budget_least: int | None = None
    is_tax_included: bool = True
    public_share: int = 0
    """Of the contract, from public funds, once accepted."""
    public_most: int | None = None
    pledge: Pledge = Pledge.NONE
    pledge_note: str = ""
    ownership: Ownership = Ownership.JOINT
    ownership_note: str = ""
    background_rights: str = ""
    spread: str = ""
    """What the solver gets when the result is used more widely."""
    failure: str = ""
    """Who bears the risk of failure (民法典 858)."""
    solvers: tuple[SolverRow, ...] = ()
    """Kinds of unit that may solve; none: all."""
    allows_teams: bool = True
    conditions: str = ""
    thresholds: tuple[ThresholdRow, ...] = ()
    winners: Winners = Winners.ONE
    winners_most: int = 1
    each: int | None = None
    """What each winner gets, where each does the whole."""
    race_lanes: int = 0
    """Teams that work side by side in the first stage (赛马); 0: no race."""
    race_cut: str = ""
    """When and by what the race is decided."""
    opens_at: datetime | None = None
    deadline_at: datetime | None = None
    shows_count: bool = False
    """Everybody sees before the deadline how many solutions were submitted."""
    sign_days: int = SIGN_DAYS
    indicators: tuple[Indicator, ...] = ()
    milestones: tuple[Milestone, ...] = ()
    criteria: tuple[Criterion, ...] = ()
    packages: tuple[Package, ...] = ()
    contact: str = ""

    def __post_init__(self) -> None:
        for name in ("opens_at", "deadline_at"):
            moment = getattr(self, name)
            if moment is not None:
                object.__setattr__(self, name, moment.astimezone(UTC))

    @property
    def content_hash(self) -> str:
        """SHA-256 over the canonical terms, which each submitted solution names."""
        return hash_content(to_content(self))

    def package_name(self, place: int) -> str:
        """Return what a package is called; of the whole, 整榜."""
        return self.packages[place - 1].name if 0 < place <= len(self.packages) else _("整榜")
