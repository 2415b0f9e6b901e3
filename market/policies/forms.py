"""Forms of the library: a policy, and the end of one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wtforms import FileField
from wtforms.validators import ValidationError

from market.codes import regions
from market.kit.form_fields import (
    ChoiceField,
    Choices,
    ChoicesField,
    DayField,
    LongTextField,
    Required,
    TextField,
)
from market.kit.forms import BaseForm, RowsField
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.labels import choices
from market.policies.models import Policy
from market.policies.states import Effect, Level, Topic
from market.programmes.call_forms import WebAddressField
from market.programmes.models import Programme
from market.programmes.texts import VALUES

AUDIENCE = ("enterprise", "university", "institute", "farmers_coop", "agency", "registry")


def _places() -> Choices:
    return dict(regions.choices(("province", "city", "county")))


class PointForm(BaseForm):
    clause = TextField(lazy("条款"), max_length=40)
    words = TextField(lazy("说了什么（我们的摘要）"), max_length=300)

    def validate_words(self, field: TextField) -> None:
        if self.clause.data and not field.data:
            raise ValidationError(_("请写这一条说了什么。"))


class PolicyForm(BaseForm):
    title = TextField(lazy("标题"), [Required(lazy("请填标题。"))], max_length=200)
    document_number = TextField(lazy("文号"), max_length=80)
    issuer = TextField(lazy("发文机关"), [Required(lazy("请填发文机关。"))], max_length=120)
    level = ChoiceField(lazy("级别"), [Required(lazy("请选择级别。"))], choices=lambda: choices(Level))
    region = ChoiceField(lazy("适用地区"), choices=_places, also=regions.known_name, blank=lazy("全国"))
    issued_on = DayField(lazy("印发日期"), [Required(lazy("请填印发日期。"))])
    effective_on = DayField(lazy("施行日期"), [Required(lazy("请填施行日期。"))])
    ends_on = DayField(lazy("有效期到"))
    topics = ChoicesField(lazy("主题"), choices=lambda: choices(Topic))
    audience = ChoicesField(lazy("给谁"), choices=lambda: [(kind, _(VALUES[kind])) for kind in AUDIENCE])
    summary = LongTextField(lazy("摘要"), [Required(lazy("请写摘要。"))], max_length=2000)
    points = RowsField(PointForm, lazy("要点"), blank_rows=3, max_rows=40)
    text = LongTextField(lazy("原文"), max_length=60_000)
    source_url = WebAddressField(lazy("原文网址"), max_length=300)
    file = FileField(str(lazy("原文文件")))
    programmes = ChoicesField(lazy("依据它的补助项目"))
    affects = ChoiceField(lazy("修改或代替哪一份"), blank=lazy("没有"))
    effect = ChoiceField(lazy("怎样"), choices=lambda: choices(Effect), blank=lazy("没有"))

    def offer(self, programmes: Sequence[Programme], policies: Sequence[Policy]) -> None:
        """Set what may be chosen: programmes, and policies in force."""
        self.programmes.choices = [(programme.slug, _(programme.name)) for programme in programmes]
        self.affects.choices = [
            (policy.number, f"{policy.title} {policy.document_number}".strip()) for policy in policies
        ]

    def values(self) -> dict[str, Any]:
        """Return the columns of the policy."""
        texts = ("title", "document_number", "issuer", "summary", "text", "source_url", "region")
        return {
            **{name: self._fields[name].data or "" for name in texts},
            **{name: self._fields[name].data for name in ("issued_on", "effective_on", "ends_on")},
            "level": Level(str(self.level.data)),
            "topics": list(self.topics.data or ()),
            "audience": list(self.audience.data or ()),
            "points": [row for row in self.points.filled_rows if row["words"]],
            "effect": Effect(self.effect.data) if self.effect.data else None,
        }


def policy_data(policy: Policy, programmes: Sequence[Programme]) -> dict[str, Any]:
    """Return the data of the form of a policy."""
    names = (
        *("title", "document_number", "issuer", "level", "region", "issued_on", "effective_on", "ends_on"),
        *("topics", "audience", "summary", "points", "text", "source_url", "effect"),
    )
    return {
        **{name: getattr(policy, name) for name in names},
        "programmes": [programme.slug for programme in programmes],
        "affects": policy.affects.number if policy.affects else "",
    }


class EndForm(BaseForm):
    ends_on = DayField(lazy("最后有效的一天"), [Required(lazy("请填最后有效的一天。"))])
    ground = TextField(lazy("依据"), [Required(lazy("请写明依据哪份文件。"))], max_length=300)
