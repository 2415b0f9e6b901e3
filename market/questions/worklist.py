"""What waits in this room: questions that the organisation answers."""

from __future__ import annotations

from market.accounts.actors import Actor
from market.kit.i18n import lazy
from market.kit.worklist import Pending, Recent
from market.questions.states import QuestionAct, QuestionStatus


def pending(actor: Actor) -> list[Pending]:
    """Return the questions about each kind of the organisation's listings that have no answer."""
    if not actor.may(QuestionAct.ANSWER_QUESTION) or actor.organisation_id is None:
        return []
    return [
        Pending(
            f"questions.answer_{kind}",
            lazy("待答复的提问"),
            lazy("去答复"),
            f"/{table}/{{key}}",
            f"/my/{table}",
            f"questions q JOIN {table} l ON l.id = q.subject_id AND q.subject_kind = '{kind}' CROSS JOIN v "
            f"WHERE q.organisation_id = v.organisation_id AND q.status = '{QuestionStatus.OPEN}'",
            key="l.number",
            number="l.number",
            title="q.text",
            since="q.asked_at",
        )
        for kind, table in (("outcome", "outcomes"), ("need", "needs"))
    ]


def recent(actor: Actor) -> list[Recent]:
    """Return the questions that the person asked, or answered for the organisation."""
    return [
        Recent(
            "question",
            "questions r LEFT JOIN outcomes o ON o.id = r.subject_id "
            "LEFT JOIN needs n ON n.id = r.subject_id",
            "/{key}",
            key="CASE r.subject_kind WHEN 'need' THEN 'needs/' || n.number ELSE 'outcomes/' || o.number END",
            number="coalesce(o.number, n.number)",
            title="r.text",
            is_shared="r.organisation_id = v.organisation_id",
        )
    ]
