from __future__ import annotations

from typing import Any

from wtforms import HiddenField

from market.audit.queries import EventFilter
from market.kit.form_fields import ChoiceField, DayField, LongTextField, TextField
from market.kit.forms import BaseForm
from market.kit.i18n import lazy
from market.kit.room import rooms


class DecisionForm(BaseForm):
    """The operator verifies, or returns with a reason."""

    revision = HiddenField()
    decision = HiddenField()
    reason = LongTextField(lazy("退回理由"), max_length=1000)

    @property
    def seen_revision(self) -> int:
        text = str(self.revision.data or "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def _kinds() -> list[tuple[str, str]]:
    return [(kind, str(subject.label)) for kind, subject in rooms().subjects.items()]


class AuditForm(BaseForm):
    """Which rows of the log are asked for. Comes from the address, so nonsense only finds nothing."""

    kind = ChoiceField(lazy("对象"), choices=_kinds, blank=lazy("全部"))
    subject = TextField(lazy("编号、代码或标识"), max_length=60)
    action = ChoiceField(lazy("动作"), blank=lazy("全部"))
    actor = TextField(lazy("操作者代号"), max_length=36)
    day = DayField(lazy("日期"))

    def filter(self, subject: tuple[str | None, Any] | None, actor: Any) -> EventFilter:
        """Return what the form asks for."""
        return EventFilter(
            kind=(subject[0] if subject and subject[0] else self.kind.data) or None,
            subject_id=subject[1] if subject else None,
            actor=actor,
            action=self.action.data or None,
            day=self.day.data,
        )
