"""Questions that a survey asks besides the form of needs, and the form of their answers."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from wtforms.validators import ValidationError

from market.kit.errors import Invalid
from market.kit.form_fields import (
    ChoiceField,
    DayField,
    LongTextField,
    TextField,
    typed_number,
    typed_plainly,
)
from market.kit.forms import BaseForm
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.labels import LabelEnum

MOST = 10
MOST_CHOICES = 20
PREFIX = "ask"
"""Begins the names of the fields of answers, so that none is taken for one of the form of needs."""


class QuestionKind(LabelEnum):
    """How a question is answered."""

    TEXT = "text", lazy("文字")
    NUMBER = "number", lazy("数字")
    CHOICE = "choice", lazy("单选")
    DATE = "date", lazy("日期")


@dataclass(frozen=True)
class Question:
    """One further question."""

    code: str
    """Stays the same in later versions, as long as its words do."""
    label: str
    kind: QuestionKind
    is_required: bool = False
    choices: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "label": self.label,
            "kind": self.kind.value,
            "is_required": self.is_required,
            "choices": list(self.choices),
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Question:
        return cls(
            stored["code"],
            stored["label"],
            QuestionKind(stored["kind"]),
            bool(stored["is_required"]),
            tuple(stored["choices"]),
        )


@dataclass(frozen=True)
class Answer:
    """A question with what was answered."""

    label: str
    text: str


def make_questions(rows: Sequence[Mapping[str, Any]], earlier: Iterable[Question]) -> list[Question]:
    """Return the questions of a form's rows; one whose words stood in an earlier version keeps its code.

    Raises:
        Invalid: at `questions`: too many, the same words twice, or a choice between fewer than two.
    """
    if len(rows) > MOST:
        raise Invalid(_("最多 %(most)s 个附加问题。", most=MOST), field="questions")
    codes: dict[str, str] = {}
    last = 0
    for question in earlier:
        codes[question.label] = question.code
        last = max(last, int(question.code[1:]))
    questions: list[Question] = []
    for row in rows:
        label, kind = str(row["label"]), QuestionKind(str(row["kind"] or QuestionKind.TEXT))
        if any(other.label == label for other in questions):
            raise Invalid(_("“%(label)s”问了两次。", label=label[:40]), field="questions")
        if label not in codes:
            last += 1
        code = codes.get(label) or f"q{last}"
        choices = tuple(_split(str(row["choices"] or ""))) if kind is QuestionKind.CHOICE else ()
        if kind is QuestionKind.CHOICE and not 2 <= len(choices) <= MOST_CHOICES:
            raise Invalid(
                _("“%(label)s”是单选：请写 2 到 %(most)s 个选项。", label=label[:40], most=MOST_CHOICES),
                field="questions",
            )
        questions.append(Question(code, label, kind, bool(row["is_required"]), choices))
    return questions


def _split(text: str) -> list[str]:
    parts = (part.strip() for part in re.split(r"[;；\n]", text))
    return list(dict.fromkeys(part[:80] for part in parts if part))


def choices_text(question: Question) -> str:
    """Return the choices as the operator types them."""
    return "；".join(question.choices)


def missing_answers(questions: Collection[Question], answers: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the codes of required questions without an answer, each with a sentence."""
    return [
        (question.code, _("请回答。"))
        for question in questions
        if question.is_required and not answers.get(question.code)
    ]


def shown_answers(questions: Collection[Question], answers: Mapping[str, str]) -> list[Answer]:
    """Return the answers in the order and the words of the version they were given in."""
    return [Answer(question.label, answers.get(question.code, "")) for question in questions]


class _NumberText(TextField):
    """A number as text: what was answered is shown as it was typed, in plain digits."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = typed_plainly(valuelist)

    def pre_validate(self, form: Any) -> None:
        if self.data:
            try:
                typed_number(self.data, _("请填数字。"))
            except ValueError as error:
                raise ValidationError(str(error)) from error


def _field_of(question: Question) -> Any:
    if question.kind is QuestionKind.NUMBER:
        return _NumberText(question.label, max_length=40)
    if question.kind is QuestionKind.CHOICE:
        pairs = [(choice, choice) for choice in question.choices]
        return ChoiceField(question.label, choices=pairs, blank=lazy("请选择"))
    if question.kind is QuestionKind.DATE:
        return DayField(question.label)
    return LongTextField(question.label, max_length=1000)


class AnswerForm(BaseForm):
    """The form of answers; `answer_form` adds a field for each question."""

    @property
    def answers(self) -> dict[str, str]:
        """The answers as they are stored; questions without one are left out."""
        return {name: _text(field.data) for name, field in self._fields.items() if _text(field.data)}


def answer_form(
    questions: Sequence[Question], formdata: Any = None, answers: Mapping[str, str] | None = None
) -> AnswerForm:
    """Return the form of answers to these questions, as it was sent or filled with what is stored."""
    fields = {question.code: _field_of(question) for question in questions}
    form: AnswerForm = type("AnswerForm", (AnswerForm,), fields)(
        formdata, prefix=PREFIX, data=dict(answers or {})
    )
    for question in questions:
        form._fields[question.code].flags.needed = question.is_required
    return form


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value or "").strip()
