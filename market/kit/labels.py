"""Enums whose members carry their label and the tone of their badge."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, TypeVar

from market.kit.i18n import Lazy

Tone = Literal["act", "done", "due", "note", "wrong", "plain"]
"""The meaning of a badge's colour: act = in progress, done = reached, due = somebody must act,
note = before the public, wrong = refused or stopped, plain = over or not begun."""

E = TypeVar("E", bound="LabelEnum")


class LabelEnum(StrEnum):
    """A stored value with its label, `DRAFT = "draft", lazy("草稿")`; a state also has its badge's tone."""

    label: Lazy
    tone: Tone

    def __new__(cls, value: str, label: Lazy | None = None, tone: Tone = "plain") -> LabelEnum:
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label or Lazy(value)
        member.tone = tone
        return member


def choices(members: type[E]) -> list[tuple[str, str]]:
    """Return value and label of each member, for a `<select>`."""
    return [(member.value, str(member.label)) for member in members]
