"""What the form of a new challenge begins with: what is usual, a need, or what was listed before. Pure."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

from market.challenges.challenge_terms import (
    ChallengeTerms,
    Criterion,
    Indicator,
    Milestone,
    SolverRow,
    ThresholdRow,
)
from market.challenges.states import Operator, SolverKind, Threshold
from market.kit.i18n import gettext as _
from market.listings.models import Need

_TARGET = re.compile(r"\s*(≥|>=|≤|<=|>|<|=)?\s*(\d{1,12}(?:\.\d{1,6})?)\s*(\S{0,24})\s*")
_OPERATORS = {
    "≥": Operator.AT_LEAST,
    ">=": Operator.AT_LEAST,
    ">": Operator.AT_LEAST,
    "≤": Operator.AT_MOST,
    "<=": Operator.AT_MOST,
    "<": Operator.AT_MOST,
    "=": Operator.EQUAL,
}


def usual_terms(title: str = "") -> ChallengeTerms:
    """Return what most challenges have in common, to be changed by who writes one."""
    return ChallengeTerms(
        title=title,
        solvers=tuple(SolverRow(kind) for kind in SolverKind),
        thresholds=tuple(ThresholdRow(kind) for kind in Threshold),
        milestones=(
            Milestone(_("方案与小试"), share=3000),
            Milestone(_("中试或现场运行"), share=4000),
            Milestone(_("验收"), share=3000),
        ),
        criteria=(
            Criterion(_("技术路线可行"), 40),
            Criterion(_("试验条件与团队"), 25),
            Criterion(_("价格"), 20),
            Criterion(_("进度"), 15),
        ),
        failure=_("已付款不退，互不索赔；发现可能失败的及时通知对方（民法典第 858 条）"),
    )


def from_need(need: Need) -> ChallengeTerms:
    """Return the terms that a need already tells; its targets become indicators whose method is missing."""
    return replace(
        usual_terms(need.title),
        is_masked=need.is_masked,
        background="\n".join(text for text in (need.background, need.description) if text),
        field=need.field,
        budget=need.budget_max_amount,
        indicators=tuple(_indicator(row) for row in need.targets if row.get("indicator")),
        conditions=need.requirements,
    )


def _indicator(row: dict[str, str]) -> Indicator:
    name, present = row["indicator"][:80], row.get("present", "")[:40]
    target = _TARGET.fullmatch(row.get("target", ""))
    if target is None:
        return Indicator(name, present=present)
    sign, number, unit = target.groups()
    return Indicator(
        name,
        unit=unit,
        present=present,
        operator=_OPERATORS.get(sign or "", Operator.AT_LEAST),
        low=f"{Decimal(number):f}",
    )


def again(terms: ChallengeTerms) -> ChallengeTerms:
    """Return the terms of a challenge that is put up again: its hours are to be set anew."""
    return replace(terms, opens_at=None, deadline_at=None)
