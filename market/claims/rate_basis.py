"""The reason for a rate that somebody decided on: a decision's number, or the experts' scores and bands.

It is stored with the computation beside the rate, and printed in its lines, on the notice and in the letter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from market.kit.errors import Invalid
from market.kit.formats import percent
from market.kit.i18n import gettext as _
from market.panels.scoring import hundredths
from market.panels.verdicts import Verdict
from market.programmes.terms import Terms


def decided_basis(terms: Terms, rate: int | None, decision: str) -> dict[str, Any]:
    """Return what is stored of a rate that a person decided on; nothing where the rules alone set it.

    Raises:
        Invalid: at `decision`, which a rate below the ceiling, or one that the rules leave open, must have.
    """
    if rate is None:
        return {}
    is_free = terms.needs_rate or (terms.one_rate and rate < terms.ceiling)
    if is_free and not decision:
        raise Invalid(_("核定比例低于上限，或者政策没有载明比例的，请填作出核定的文号。"), field="decision")
    basis: dict[str, Any] = {} if terms.needs_rate else {"ceiling_basis_points": terms.ceiling}
    return basis | ({"decision": decision} if is_free else {})


def scored_basis(verdict: Verdict, terms: Terms) -> dict[str, Any]:
    """Return what is stored of a rate that a concluded panel set: points, mean, range, flag, reason."""
    panel = verdict.panel
    return {
        "ceiling_basis_points": terms.ceiling,
        "scores": [hundredths(points) for points in verdict.scores],
        "points": verdict.shown_points,
        "range": verdict.shown_range,
        "bands": [list(band) for band in verdict.bands],
        "is_flagged": panel is not None and panel.is_flagged,
        "reason": panel.reason if panel is not None else "",
    }


def rate_words(given: Mapping[str, Any]) -> str:
    """Return a stored reason in words; empty where the rules alone set the rate, and for earlier releases."""
    rate, ceiling = given.get("rate_basis_points"), given.get("ceiling_basis_points")
    if rate is None:
        return ""
    if scores := given.get("scores"):
        words = _scored_words(rate, ceiling or 0, scores, given["points"], given["bands"])
        if given.get("is_flagged"):
            words += _("；评分跨档，已复议，按平均分作结论")
        return words
    if not given.get("decision"):
        return ""
    if ceiling is None:
        return _("核定比例 %(rate)s，依据：%(decision)s", rate=percent(rate), decision=given["decision"])
    return _(
        "核定比例 %(rate)s（上限 %(ceiling)s），依据：%(decision)s",
        rate=percent(rate),
        ceiling=percent(ceiling),
        decision=given["decision"],
    )


def is_below_ceiling(given: Mapping[str, Any]) -> bool:
    """Return whether a rate below the ceiling was decided on, so that no assumption about it holds."""
    rate, ceiling = given.get("rate_basis_points"), given.get("ceiling_basis_points")
    return rate is not None and ceiling is not None and rate < ceiling


def _scored_words(
    rate: int, ceiling: int, scores: Sequence[str], points: str, bands: Sequence[Sequence[int]]
) -> str:
    return _(
        "专家 %(count)s 人评分 %(scores)s，平均 %(points)s 分；%(bands)s，不足的不予支持；"
        "核定比例 %(rate)s（上限 %(ceiling)s）",
        count=len(scores),
        scores="、".join(scores),
        points=points,
        bands="，".join(
            _("%(points)s 分以上按上限的 %(share)s", points=minimum, share=percent(share))
            for minimum, share in bands
        ),
        rate=percent(rate),
        ceiling=percent(ceiling),
    )
