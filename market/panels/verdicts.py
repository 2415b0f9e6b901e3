"""What the experts of one panel think together, and whether it is concluded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any
from uuid import UUID

from market.kit.i18n import gettext as _
from market.panels.models import ExpertReview, Panel
from market.panels.scoring import (
    HEADINGS,
    MORE,
    SMALLEST,
    approved_rate,
    bands_of,
    hundredths,
    is_crossed,
    leave_one_out,
    mean,
    points_of,
)


@dataclass(frozen=True)
class Verdict:
    """The combined scores of the experts of a record."""

    assigned: int
    """Experts on the panel."""
    waiting: int
    """Number of pending reviews."""
    scores: tuple[Fraction, ...]
    """Each expert's points."""
    proposed_rate: int | None
    """The rate in basis points that the mean approves; None without scores or without a ceiling."""
    is_crossed: bool
    """The experts' points lie in different bands."""
    bands: list[tuple[int, int]]
    panel: Panel | None

    @property
    def points(self) -> Fraction | None:
        return mean(self.scores) if self.scores else None

    @property
    def shown_points(self) -> str:
        """Return the mean to two decimals, rounded half up."""
        return "—" if self.points is None else hundredths(self.points)

    @property
    def shown_range(self) -> str:
        """Return between which means it lies when any one expert is left out; empty of fewer than two."""
        means = leave_one_out(self.scores)
        return f"{hundredths(means[0])}–{hundredths(means[1])}" if means else ""

    @property
    def is_concluded(self) -> bool:
        return self.panel is not None and self.panel.concluded_at is not None

    @property
    def rate(self) -> int | None:
        """Return the rate of the concluded panel in basis points; None before."""
        return self.panel.rate_basis_points if self.panel is not None and self.is_concluded else None

    @property
    def is_flagged(self) -> bool:
        """Return whether the panel was concluded over a crossed band."""
        return self.panel is not None and self.panel.is_flagged

    @property
    def reason(self) -> str:
        """Return why the concluding person follows the scores; empty before."""
        return self.panel.reason if self.panel is not None else ""

    @property
    def basis(self) -> dict[str, str]:
        """Return what else is stored of a rate that the panel set."""
        return {}

    @property
    def needs_second_look(self) -> bool:
        """Return whether a crossed band was not looked at once more yet."""
        return self.is_crossed and not self.waiting and (self.panel is None or self.panel.way is None)

    @property
    def blocks_conclusion(self) -> str:
        """Return why the panel cannot be concluded yet; empty when it can."""
        if self.waiting:
            return _("还有 %(count)s 位专家没有评审完，评审完才能核算。", count=self.waiting)
        if len(self.scores) < SMALLEST:
            return _("评审至少要 %(count)s 位专家，请管理员补充指派。", count=SMALLEST)
        if self.needs_second_look:
            return _("评分跨档，须先增加 %(count)s 位专家或进行第二轮评分，只此一次。", count=MORE)
        return ""

    @property
    def blocks_computation(self) -> str:
        """Return why the record cannot be computed yet; empty when it can."""
        if not self.assigned or self.is_concluded:
            return ""
        return self.blocks_conclusion or _("专家已经评完，复核人作出评审结论后才能核算。")


async def verdict_of(
    subject_kind: str, subject_id: UUID, *, ceiling: int | None, scoring: Mapping[str, Any] | None
) -> Verdict:
    """Combine the scores submitted so far.

    `ceiling` is the highest rate in basis points, if there is one; `scoring` holds weights and bands, None
    for the panel's own.
    """
    reviews = await ExpertReview.filter(subject_kind=subject_kind, subject_id=subject_id).order_by(
        "assigned_at", "id"
    )
    live = [review for review in reviews if review.is_live]
    weights = (scoring or {}).get("weights")
    scores = tuple(
        points_of({name: getattr(review, name) for name in HEADINGS}, weights)
        for review in live
        if review.submitted_at is not None
    )
    rate = None if not scores or ceiling is None else approved_rate(mean(scores), ceiling, scoring)
    return Verdict(
        assigned=len(live),
        waiting=sum(review.is_waiting for review in live),
        scores=scores,
        proposed_rate=rate,
        is_crossed=is_crossed(scores, scoring),
        bands=bands_of(scoring),
        panel=await Panel.get_or_none(subject_kind=subject_kind, subject_id=subject_id),
    )
