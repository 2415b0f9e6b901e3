"""Statuses of a question, its workflow and permissions. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from market.accounts.permissions import ORGANISATION, Role
from market.kit.i18n import lazy
from market.kit.labels import LabelEnum
from market.kit.workflow import Workflow


class QuestionStatus(LabelEnum):
    OPEN = "open", lazy("待答复"), "due"
    ANSWERED = "answered", lazy("已答复"), "done"
    HIDDEN = "hidden", lazy("已隐藏")


class QuestionAction(LabelEnum):
    ANSWER = "answered", lazy("答复")
    HIDE = "hidden", lazy("隐藏")


class QuestionVerb(LabelEnum):
    """Audit verbs besides the actions of the workflow."""

    ASKED = "asked", lazy("提问")


WORKFLOW = Workflow[QuestionStatus, QuestionAction](
    {
        (QuestionStatus.OPEN, QuestionAction.ANSWER): QuestionStatus.ANSWERED,
        (QuestionStatus.OPEN, QuestionAction.HIDE): QuestionStatus.HIDDEN,
        (QuestionStatus.ANSWERED, QuestionAction.HIDE): QuestionStatus.HIDDEN,
    },
    refusal=lazy("这个问题的状态已经变了，现在不能这样做。请刷新后再看。"),
)


class QuestionAct(StrEnum):
    """Acts of this room that need a permission."""

    ASK_QUESTION = "ask_question"
    ANSWER_QUESTION = "answer_question"
    HIDE_QUESTION = "hide_question"


PERMISSIONS: Mapping[StrEnum, frozenset[Role]] = {
    QuestionAct.ASK_QUESTION: ORGANISATION | {Role.BROKER},
    QuestionAct.ANSWER_QUESTION: ORGANISATION,
    QuestionAct.HIDE_QUESTION: frozenset({Role.OPERATOR}),
}
