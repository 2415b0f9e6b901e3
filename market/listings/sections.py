"""Sections of a listing's page, in the order in which they are read. Pure.

The page's side index and its body take their order from here: comparison first, for buyers choose by figures.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from market.kit.i18n import Lazy, lazy
from market.listings.models import Need, Outcome


@dataclass(frozen=True)
class Section:
    """A section: its anchor on the page, its heading, and its text where it is nothing but text."""

    anchor: str
    title: Lazy
    text: str | None = None
    """None where a template of the section's own draws it."""


_OUTCOME: tuple[tuple[str, Lazy, str, tuple[str, ...]], ...] = (
    ("comparison", lazy("与现有方案对比"), "", ("comparison",)),
    ("indicators", lazy("主要技术指标"), "indicators", ()),
    ("problem", lazy("要解决的问题"), "problem", ()),
    ("solution", lazy("技术方案与创新点"), "solution", ()),
    ("applications", lazy("应用场景与已有案例"), "applications", ()),
    ("economics", lazy("经济性测算"), "economics", ()),
    ("evidence", lazy("成熟度证据"), "evidence", ()),
    ("rights", lazy("知识产权"), "", ("rights",)),
    ("conditions", lazy("合作条件"), "", ("conditions", "modes")),
    ("team", lazy("团队"), "", ("team",)),
    ("references", lazy("论文、奖励、项目来源"), "references", ()),
    ("english", lazy("英文简介"), "", ("title_en", "abstract_en")),
)
_NEED: tuple[tuple[str, Lazy, str, tuple[str, ...]], ...] = (
    ("targets", lazy("现有指标与目标指标"), "", ("targets",)),
    ("description", lazy("需求描述"), "description", ()),
    ("background", lazy("背景与现状"), "background", ()),
    ("constraints", lazy("约束条件"), "constraints", ()),
    ("attempts", lazy("已尝试的办法与不足"), "attempts", ()),
    (
        "terms",
        lazy("期望与合作"),
        "",
        ("expected_form", "trl_min", "modes", "rights_intent", "payment_terms"),
    ),
    ("requirements", lazy("对解决方的要求"), "requirements", ()),
)


def sections(listing: Outcome | Need) -> list[Section]:
    """Return the sections that have content; a text, or what a template draws."""
    shown = []
    for anchor, title, column, fields in _OUTCOME if isinstance(listing, Outcome) else _NEED:
        if column:
            text: Any = getattr(listing, column)
            if text:
                shown.append(Section(anchor, title, text))
        elif any(getattr(listing, field) for field in fields):
            shown.append(Section(anchor, title))
    return shown
