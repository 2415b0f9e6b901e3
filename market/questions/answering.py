"""Acts and queries of questions: ask, answer, hide; what each person sees beside a listing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from market.accounts import messages
from market.accounts.actors import Actor
from market.accounts.models import MemberRole, User
from market.audit.log import record
from market.kit.database import atomic
from market.kit.errors import Invalid, NotFound
from market.kit.i18n import gettext as _
from market.kit.room import rooms
from market.kit.statements import Statement
from market.kit.subjects import Askable, AskedRecord
from market.questions.models import Question
from market.questions.states import QuestionAct, QuestionAction, QuestionStatus, QuestionVerb
from market.records.by import By
from market.records.transitions import transition

AUTHORS = (MemberRole.ADMIN, MemberRole.AGENT)
"""Who of an organisation is told that something is asked."""
MAX_OPEN = 20
"""Most questions of one person that wait for an answer at the same time."""


@dataclass(frozen=True)
class Questions:
    """What one person sees of the questions about a record, the latest answer first."""

    record: AskedRecord
    answered: list[Question]
    waiting: list[Question]
    """Of these the owner sees all, the person who asked their own, the operator all."""
    may_ask: bool
    may_answer: bool
    may_hide: bool


@atomic()
async def ask(asked: AskedRecord, text: str, *, by: By) -> Question:
    """Ask the owner of a record that takes questions; its authors are notified.

    Raises:
        Invalid: it is one's own or takes none now, the same question stands there already, or too many of
            this person's questions wait.
    """
    by.actor.require(QuestionAct.ASK_QUESTION)
    if not may_ask(by.actor, asked):
        raise Invalid(_("这条信息现在不能提问。"))
    # The person's row orders two presses of one button.
    await User.filter(id=by.actor.user_id).select_for_update().get()
    own = Question.filter(asked_by_id=by.actor.user_id, status=QuestionStatus.OPEN)
    if await own.filter(subject_id=asked.id, text=text).exists():
        raise Invalid(_("同样的问题已经提交，正在等答复。"), field="text")
    if await own.count() >= MAX_OPEN:
        raise Invalid(_("您有 %(count)s 个问题还在等答复，请稍后再提。", count=MAX_OPEN), field="text")
    question = await Question.create(
        id=uuid4(),
        subject_kind=asked.kind,
        subject_id=asked.id,
        organisation_id=asked.owner_id,
        text=text,
        asked_by_id=by.actor.user_id,
        asked_at=by.now,
    )
    await record("question", question.id, QuestionVerb.ASKED, by=by, number=asked.number)
    await messages.notify(
        _("《%(title)s》有一个新问题待答复。", title=asked.title[:60]),
        now=by.now,
        address=address_of(asked),
        organisation_id=asked.owner_id,
        roles=AUTHORS,
    )
    return question


@atomic()
async def answer(question_id: UUID, text: str, *, by: By) -> Question:
    """Answer a question about what is one's own, for everybody to read; the person who asked is notified.

    Raises:
        Invalid: the answer names the owner of what is masked.
    """
    by.actor.require(QuestionAct.ANSWER_QUESTION)
    question = await _lock(question_id)
    if not by.actor.acts_for(question.organisation_id):
        raise NotFound(_("没有这个页面，或者您不能查看它。"))
    asked = await record_of(question, by.now)
    if asked.masked_name and asked.masked_name in text:
        raise Invalid(_("单位名称不公开，答复里也不要写。"), field="text")
    await transition(
        question,
        QuestionAction.ANSWER,
        by=by,
        changes={"answer": text, "answered_by_id": by.actor.user_id, "answered_at": by.now},
    )
    await messages.notify(
        _("您对《%(title)s》的提问有了答复。", title=asked.title[:60]),
        now=by.now,
        address=address_of(asked),
        user_ids=[question.asked_by_id],
    )
    return question


@atomic()
async def hide(question_id: UUID, reason: str, *, by: By) -> Question:
    """Take a question and its answer off the page; both sides are told the reason."""
    by.actor.require(QuestionAct.HIDE_QUESTION)
    question = await _lock(question_id)
    await transition(question, QuestionAction.HIDE, by=by, note=reason)
    asked = await record_of(question, by.now)
    await messages.notify(
        _("《%(title)s》下的一个问题已被隐藏：%(reason)s", title=asked.title[:60], reason=reason[:120]),
        now=by.now,
        address=address_of(asked),
        user_ids=[question.asked_by_id],
        organisation_id=question.organisation_id,
        roles=AUTHORS,
    )
    return question


_QUESTIONS = Statement(
    lambda kind, subject_id: (
        Question.filter(subject_kind=kind, subject_id=subject_id)
        .exclude(status=QuestionStatus.HIDDEN)
        .order_by("-answered_at", "-asked_at")
    ),
    "a kind",
    UUID(int=1),
)


async def questions_of(asked: AskedRecord, actor: Actor | None, *, has_any: bool = True) -> Questions:
    """Return the questions about a record that this person, or a guest, sees; of none, what they may do."""
    rows = await _QUESTIONS.all(asked.kind, asked.id) if has_any else []
    is_own = _is_owner(actor, asked)
    sees_all = actor is not None and (is_own or actor.may(QuestionAct.HIDE_QUESTION))
    return Questions(
        asked,
        answered=[row for row in rows if row.status is QuestionStatus.ANSWERED],
        waiting=[
            row
            for row in rows
            if row.status is QuestionStatus.OPEN
            and actor is not None
            and (sees_all or row.asked_by_id == actor.user_id)
        ],
        may_ask=may_ask(actor, asked),
        may_answer=is_own and actor is not None and actor.may(QuestionAct.ANSWER_QUESTION),
        may_hide=actor is not None and actor.may(QuestionAct.HIDE_QUESTION),
    )


def may_ask(actor: Actor | None, asked: AskedRecord) -> bool:
    """Return whether the person may ask; a guest is offered it and signs in first."""
    if not asked.is_open or _is_owner(actor, asked):
        return False
    return actor is None or actor.may(QuestionAct.ASK_QUESTION)


def _is_owner(actor: Actor | None, asked: AskedRecord) -> bool:
    return actor is not None and any(identity == asked.owner_id for identity, _name in actor.organisations)


def askables() -> dict[str, Askable]:
    """Return what people ask about, by the kind of record, as the rooms declare it."""
    return {kind: subject.asked for kind, subject in rooms().subjects.items() if subject.asked}


async def find_asked(actor: Actor, kind: str, number: str, now: datetime) -> AskedRecord:
    """Return the record that a question is about.

    Raises:
        NotFound: there is none of this kind and number, or it is not theirs to see.
    """
    askable = askables().get(kind)
    if askable is None:
        raise NotFound(_("没有这个页面，或者您不能查看它。"))
    return await askable.find(actor, number, now)


async def get_question_for(actor: Actor, question_id: UUID) -> Question:
    """Return a question for who may answer or hide it.

    Raises:
        NotFound: there is none, or it is not theirs.
    """
    question = await Question.get_or_none(id=question_id)
    if question is None or not (
        actor.may(QuestionAct.HIDE_QUESTION)
        or (actor.may(QuestionAct.ANSWER_QUESTION) and actor.acts_for(question.organisation_id))
    ):
        raise NotFound(_("没有这个页面，或者您不能查看它。"))
    return question


async def record_of(question: Question, now: datetime) -> AskedRecord:
    """Return the record that a question was asked about."""
    return await askables()[question.subject_kind].read(question.subject_id, now)


def address_of(asked: AskedRecord) -> str:
    return f"/{askables()[asked.kind].table}/{asked.number}#questions"


async def export(user_id: UUID) -> list[dict[str, Any]]:
    """Return what a person asked, for their copy of their data."""
    rows = await Question.filter(asked_by_id=user_id).order_by("asked_at")
    return [{"text": row.text, "asked_at": row.asked_at, "answer": row.answer} for row in rows]


async def erase(user_id: UUID, _by: By) -> None:
    """Withdraw what a person asked and nobody answered; answered questions are public and name nobody."""
    await Question.filter(asked_by_id=user_id, status=QuestionStatus.OPEN).delete()


async def _lock(question_id: UUID) -> Question:
    question = await Question.filter(id=question_id).select_for_update().first()
    if question is None:
        raise NotFound(_("没有这个页面，或者您不能查看它。"))
    return question
