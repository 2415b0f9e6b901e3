"""Forms of review rounds: their rules, and a reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

from market.experts.states import ExpertKind
from market.kit.form_fields import (
    BooleanField,
    ChoiceField,
    LongTextField,
    NumberField,
    NumberRange,
    Required,
)
from market.kit.forms import BaseForm
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.labels import choices
from market.panels.round_rules import RoundRules
from market.panels.statistics import Statistic


class ReasonForm(BaseForm):
    reason = LongTextField(lazy("理由"), [Required(lazy("请写明理由。"))], max_length=1000)


class RulesForm(BaseForm):
    """What the operator decides of a round's rules before the draw."""

    target = NumberField(lazy("每项专家（位）"), [Required(lazy("请填专家人数。")), NumberRange(3, 15)])
    reserves = NumberField(lazy("候补（位）"), [Required(lazy("请填候补人数。")), NumberRange(0, 15)])
    financial = NumberField(lazy("其中财务专家至少（位）"), [NumberRange(0, 15)])
    largest_share = ChoiceField(
        lazy("同一单位的专家最多"),
        choices=lambda: [("1/3", _("三分之一")), ("1/2", _("一半")), ("1", _("不限"))],
    )
    is_away = BooleanField(lazy("只抽取申报单位所在省区以外的专家（异地）"))
    statistic = ChoiceField(lazy("统计"), choices=lambda: choices(Statistic))
    score_days = NumberField(lazy("评分期限（工作日）"), [Required(lazy("请填期限。")), NumberRange(1, 30)])

    def rules(self, base: RoundRules) -> RoundRules:
        """Return rules with what was typed."""
        return replace(
            base,
            target=self.target.data or 0,
            reserves=self.reserves.data or 0,
            kinds={**base.kinds, ExpertKind.FINANCIAL.value: self.financial.data or 0},
            largest_share=Fraction(self.largest_share.data or "1"),
            is_away=bool(self.is_away.data),
            statistic=Statistic(self.statistic.data or Statistic.MEAN),
            score_days=self.score_days.data or 0,
        )


def typed_rules(rules: RoundRules) -> Mapping[str, Any]:
    """Return rules as the form shows them."""
    return {
        "target": rules.target,
        "reserves": rules.reserves,
        "financial": rules.kinds.get(ExpertKind.FINANCIAL.value, 0),
        "largest_share": str(rules.largest_share),
        "is_away": rules.is_away,
        "statistic": rules.statistic.value,
        "score_days": rules.score_days,
    }
