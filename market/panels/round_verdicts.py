"""What a review round makes of one of its items, in the form in which clients read a panel's verdict."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any
from uuid import UUID

from market.kit.i18n import gettext as _
from market.kit.money import round_half_up
from market.panels.round_models import RoundItem
from market.panels.round_results import results_of
from market.panels.round_states import OVER, RoundStatus
from market.panels.scoring import hundredths
from market.panels.statistics import Statistic
from market.panels.verdicts import Verdict


@dataclass(frozen=True)
class RoundVerdict(Verdict):
    """The verdict of a round on one record."""

    number: str
    """Of the round."""
    status: RoundStatus
    result: dict[str, Any] | None
    """As the concluded round keeps it."""
    ceiling: int | None
    conclusion: str
    """The concluding person's reason."""

    @property
    def is_concluded(self) -> bool:
        return self.status in OVER and self.result is not None

    @property
    def points(self) -> Fraction | None:
        if self.result is not None:
            return Fraction(self.result["points"])
        return super().points

    @property
    def shown_points(self) -> str:
        return "—" if self.points is None else hundredths(self.points)

    @property
    def rate(self) -> int | None:
        if not self.is_concluded or self.result is None or self.ceiling is None:
            return None
        return round_half_up(Fraction(self.ceiling * self.result["share"], 10_000))

    @property
    def is_flagged(self) -> bool:
        return self.result is not None and "crosses" in self.result["flags"]

    @property
    def reason(self) -> str:
        return self.conclusion

    @property
    def basis(self) -> dict[str, str]:
        return {"round": self.number, "statistic": self.result["statistic"] if self.result else ""}

    @property
    def needs_second_look(self) -> bool:
        return False

    @property
    def blocks_conclusion(self) -> str:
        return "" if self.is_concluded else _("在评审 %(number)s 中评审，还没有结论。", number=self.number)

    @property
    def blocks_computation(self) -> str:
        return self.blocks_conclusion


async def round_verdict(subject_kind: str, subject_id: UUID, *, ceiling: int | None) -> RoundVerdict | None:
    """Return what a round makes of a record; None where no round judges it."""
    item = await RoundItem.get_or_none(
        subject_id=subject_id, round__subject_kind=subject_kind
    ).select_related("round")
    if item is None:
        return None
    round_ = item.round
    result = next(one for one in await results_of(round_) if one.item.id == item.id)
    scores = tuple(scored.points for scored in result.scored if scored.points is not None)
    return RoundVerdict(
        assigned=sum(seat.is_seated for seat in result.seats),
        waiting=result.waiting,
        scores=scores if round_.status in OVER else (),
        proposed_rate=None,
        is_crossed=result.is_crossed,
        bands=list(result.rules.bands),
        panel=None,
        number=round_.number,
        status=round_.status,
        result=item.result,
        ceiling=ceiling,
        conclusion=round_.reason,
    )


def statistic_words(given: str) -> str:
    """Return the label of a statistic that a stored basis names; the mean where it names none."""
    return str(Statistic(given or Statistic.MEAN).label)
