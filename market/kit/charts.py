"""Charts as numbers: scales and shares that the macros of `templates/macros/charts.html` draw. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

HEIGHT = 130
"""Units of the drawing from the axis to its top."""
MOST_POINTS = 60


def nice_top(largest: int) -> int:
    """Return the round number, 1, 2 or 5 times a power of ten, that the largest value does not exceed."""
    top = 1
    while top < largest:
        for factor in (2, 5, 10):
            if top * factor >= largest:
                return top * factor
        top *= 10
    return top


@dataclass(frozen=True)
class MonthBars:
    """A bar for each month of a year with a mark for the year before; amounts in fen, or numbers."""

    title: str
    year: int
    now: Sequence[int]
    before: Sequence[int]
    months_over: int
    """How many months of the year have begun; later ones have no figure yet."""
    address: str = ""
    """The list of what the bars are made of."""
    is_money: bool = True
    """False: the bars are numbers of records."""
    links: Sequence[str] = ()
    """Where the numbers of the year lead, month by month."""
    links_before: Sequence[str] = ()

    @property
    def is_empty(self) -> bool:
        return not any(self.now) and not any(self.before)

    @property
    def top(self) -> int:
        return nice_top(max(*self.now, *self.before, 1))

    def height(self, value: int) -> float:
        """Return the height of a bar; below zero there is none."""
        return round(max(value, 0) * HEIGHT / self.top, 1)

    @property
    def total(self) -> int:
        return sum(self.now)

    @property
    def total_before(self) -> int:
        return sum(self.before)

    @property
    def change(self) -> int | None:
        """Return the change against the same months of the year before, in per mille; None without a base."""
        base = sum(self.before[: self.months_over])
        return round((sum(self.now[: self.months_over]) - base) * 1000 / base) if base > 0 else None


@dataclass(frozen=True)
class Stage:
    """One stage of a funnel."""

    label: str
    count: int
    address: str = ""


@dataclass(frozen=True)
class Funnel:
    """How many records reached each stage."""

    title: str
    stages: Sequence[Stage]
    note: str = ""

    def width(self, stage: Stage) -> float:
        """Return the stage's share of the first in percent."""
        largest = max((each.count for each in self.stages), default=0)
        return round(stage.count * 100 / largest, 1) if largest else 0.0

    def kept(self, index: int) -> float | None:
        """Return what share of the stage before got here, in percent; None for the first."""
        if index == 0 or not self.stages[index - 1].count:
            return None
        return round(self.stages[index].count * 100 / self.stages[index - 1].count, 1)


@dataclass(frozen=True)
class Line:
    """A line through values in order, such as a rate by month."""

    title: str
    labels: Sequence[str]
    values: Sequence[float]

    @property
    def points(self) -> str:
        """Return the points of the line on a field of 100 x `HEIGHT` units, at most `MOST_POINTS`."""
        values = self.values[-MOST_POINTS:]
        top = max(values, default=0.0) or 1.0
        step = 100 / max(len(values) - 1, 1)
        return " ".join(
            f"{index * step:.2f},{HEIGHT - value * HEIGHT / top:.1f}" for index, value in enumerate(values)
        )


@dataclass(frozen=True)
class ShareBar:
    """A share between 0 and 1 as one bar, with marks of what it is compared to."""

    value: float
    others: Sequence[float] = ()

    @property
    def width(self) -> float:
        return _percent(self.value)

    @property
    def marks(self) -> list[float]:
        return [_percent(other) for other in self.others]


def _percent(share: float) -> float:
    """Return a share in percent, within 0 and 100."""
    return round(min(max(share, 0.0), 1.0) * 100, 1)


@dataclass(frozen=True)
class StackedBar:
    """Parts of one bar, each of its own meaning, with a stroke at the goal; `top` is the whole width."""

    parts: Sequence[int]
    top: int
    goal: int = 0

    @property
    def spans(self) -> list[tuple[float, float]]:
        """Return where each part begins and how wide it is, in percent."""
        spans: list[tuple[float, float]] = []
        begin = 0
        for part in self.parts:
            spans.append((_percent(begin / self.top), _percent(part / self.top)))
            begin += part
        return spans

    @property
    def goal_at(self) -> float | None:
        """Return where the goal is, in percent; None without one."""
        return min(_percent(self.goal / self.top), 99.4) if self.goal else None
