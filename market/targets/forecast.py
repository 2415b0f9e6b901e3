"""What the year is expected to come to: verified, and of the rest what last year let through. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from market.kit.i18n import gettext as _


@dataclass(frozen=True)
class PassRate:
    """A share of last year's deeds, by the two counts it is made of; 1 where there are none."""

    passed: int
    of: int

    @property
    def share(self) -> Fraction:
        return Fraction(self.passed, self.of) if self.of else Fraction(1)

    @property
    def words(self) -> str:
        """Return the share in percent with one decimal."""
        tenths = (2000 * self.share.numerator + self.share.denominator) // (2 * self.share.denominator)
        return f"{tenths // 10}.{tenths % 10} %"


@dataclass(frozen=True)
class Forecast:
    """A forecast with its formula.

    `pending` are declared and not decided, `found` are not declared; `declared` is the share of last year's
    deeds that were declared, `verified_rate` the share of the declared ones that were verified.
    """

    verified: int
    pending: int
    found: int
    verified_rate: PassRate
    declared_rate: PassRate
    target: int = 0

    @property
    def value(self) -> int:
        """Return the forecast, fractions of a deed left out."""
        rate = self.verified_rate.share
        return int(self.verified + self.pending * rate + self.found * self.declared_rate.share * rate)

    @property
    def gap(self) -> int:
        """Return how much it misses the target by; below zero where it goes beyond."""
        return self.target - self.value

    @property
    def formula(self) -> str:
        """Return the formula with its numbers."""
        return _(
            "＝ %(verified)s + %(pending)s × %(rate)s + %(found)s × %(declared)s × %(rate)s，舍去小数",
            verified=self.verified,
            pending=self.pending,
            found=self.found,
            rate=self.verified_rate.words,
            declared=self.declared_rate.words,
        )

    @property
    def basis(self) -> str:
        """Return where the two shares come from."""
        if not self.verified_rate.of:
            return _("上年没有可用的数，两个比例按 100 %% 假定")
        return _("两个比例是上年申报后认定的、发现后申报的实际比例")


@dataclass(frozen=True)
class Progress:
    """How far a target is met, and how much of its year has passed, in tenths of a percent."""

    reached: int
    target: int
    days_over: int
    days: int

    @property
    def done(self) -> int | None:
        """Return the completion; None without a target."""
        return _tenths(self.reached, self.target) if self.target else None

    @property
    def over(self) -> int:
        return _tenths(self.days_over, self.days)

    @property
    def behind(self) -> int:
        """Return by how much the completion lags behind the year; below zero where it is ahead."""
        return self.over - (self.done or 0)


def _tenths(part: int, whole: int) -> int:
    return (2000 * part + whole) // (2 * whole)


def tenths_words(tenths: int | None) -> str:
    """Return tenths of a percent in words: 78.0 %; None is a dash."""
    return "—" if tenths is None else f"{tenths // 10}.{tenths % 10} %"
