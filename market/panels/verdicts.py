"""What experts made of one record, in the form in which its room reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from fractions import Fraction
from typing import Any
from uuid import UUID

from market.kit.i18n import gettext as _
from market.kit.money import round_half_up
from market.panels.expert_reviews import list_reviews
from market.panels.models import Panel
from market.panels.result_objections import disputed
from market.panels.round_models import Round, RoundItem
from market.panels.round_rules import read_rules
from market.panels.round_states import OVER
from market.panels.rounds import standing_items
from market.panels.scoring import HEADINGS, bands_of, hundredths, leave_one_out, points_of
from market.panels.statistics import Flag, Statistic


@dataclass(frozen=True)
class Verdict:
    """The result of experts' scores on a record; without one where nobody was asked."""

    round: Round | None = None
    """None: nobody judges it, or experts did before there were rounds."""
    points: Fraction | None = None
    """None before the conclusion."""
    scores: tuple[Fraction, ...] = ()
    """Each expert's points, once it is concluded."""
    rate: int | None = None
    """The rate in basis points that the conclusion approves; None before it, or without a ceiling."""
    bands: tuple[tuple[int, int], ...] = ()
    is_flagged: bool = False
    """A band was crossed; the flag changes no number."""
    reason: str = ""
    """Why the concluding person follows the scores."""
    concluded_at: datetime | None = None
    basis: Mapping[str, str] = field(default_factory=dict)
    """What else is stored of a rate that it sets."""
    blocks_computation: str = ""
    """Why the record cannot be computed yet; empty when it can."""

    @property
    def is_concluded(self) -> bool:
        return self.concluded_at is not None

    @property
    def shown_points(self) -> str:
        """Return the points to two decimals, rounded half up."""
        return "—" if self.points is None else hundredths(self.points)

    @property
    def shown_range(self) -> str:
        """Return between which means it lies when any one expert is left out; empty of fewer than two."""
        means = leave_one_out(self.scores)
        return f"{hundredths(means[0])}–{hundredths(means[1])}" if means else ""


async def verdict_of(
    subject_kind: str, subject_id: UUID, *, ceiling: int | None, scoring: Mapping[str, Any] | None
) -> Verdict:
    """Return what experts made of a record, in a round or before there were rounds.

    `ceiling` is the highest rate in basis points, if there is one; `scoring` holds the rule set's weights and
    bands for panels of before.
    """
    item = await standing_items(subject_kind).filter(subject_id=subject_id).select_related("round").first()
    words = (await disputed(subject_kind, [subject_id])).get(subject_id, "")
    if item is not None:
        verdict = _of_round(item, ceiling)
        return replace(verdict, blocks_computation=verdict.blocks_computation or words)
    if words:
        return Verdict(blocks_computation=words)
    return await _of_single_experts(subject_kind, subject_id, scoring)


def _of_round(item: RoundItem, ceiling: int | None) -> Verdict:
    round_, result = item.round, item.result
    bands = read_rules(round_.rules).bands
    if round_.status not in OVER or result is None:
        words = _("在评审 %(number)s 中评审，还没有结论。", number=round_.number)
        return Verdict(round_, bands=bands, blocks_computation=words)
    return Verdict(
        round_,
        points=Fraction(result["points"]),
        scores=tuple(Fraction(points) for _label, points in sorted(result["scores"].items())),
        rate=None if ceiling is None else round_half_up(Fraction(ceiling * result["share"], 10_000)),
        bands=bands,
        is_flagged=Flag.CROSSES in result["flags"],
        reason=round_.reason,
        concluded_at=round_.concluded_at,
        basis={"round": round_.number, "statistic": result["statistic"]},
    )


async def _of_single_experts(
    subject_kind: str, subject_id: UUID, scoring: Mapping[str, Any] | None
) -> Verdict:
    """Return what single experts made of it; what they left without a conclusion waits for a round."""
    reviews = await list_reviews(subject_kind, subject_id)
    if not reviews:
        return Verdict()
    panel = await Panel.get_or_none(subject_kind=subject_kind, subject_id=subject_id)
    if panel is None or panel.concluded_at is None:
        return Verdict(blocks_computation=_("原来指派的专家没有评审完，请列入评审轮次。"))
    weights = (scoring or {}).get("weights")
    return Verdict(
        points=Fraction(panel.points),
        scores=tuple(
            points_of({name: getattr(review, name) for name in HEADINGS}, weights)
            for review in reviews
            if review.is_live and review.submitted_at is not None
        ),
        rate=panel.rate_basis_points,
        bands=tuple(bands_of(scoring)),
        is_flagged=panel.is_flagged,
        reason=panel.reason,
        concluded_at=panel.concluded_at,
    )


def statistic_words(given: str) -> str:
    """Return the label of a statistic that a stored basis names; the mean where it names none."""
    return str(Statistic(given or Statistic.MEAN).label)
