"""What waits in this room: questions that the organisation answers."""

from __future__ import annotations

from market.accounts.actors import Actor
from market.kit.i18n import lazy
from market.kit.worklist import Pending, Recent
from market.questions.answering import askables
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
            f"/{askable.table}/{{key}}",
            f"/my/{askable.table}",
            f"questions q JOIN {askable.table} l ON l.id = q.subject_id CROSS JOIN v "
            f"WHERE q.subject_kind = '{kind}' AND q.organisation_id = v.organisation_id "
            f"AND q.status = '{QuestionStatus.OPEN}'",
            key="l.number",
            number="l.number",
            title="q.text",
            since="q.asked_at",
        )
        for kind, askable in askables().items()
    ]


def recent(actor: Actor) -> list[Recent]:
    """Return the questions that the person asked, or answered for the organisation."""
    tables = " UNION ALL ".join(
        f"SELECT '{askable.table}/' || number AS address, number FROM {askable.table} "  # noqa: S608 -- our tables
        f"WHERE r.subject_kind = '{kind}' AND id = r.subject_id"
        for kind, askable in askables().items()
    )
    return [
        Recent(
            "question",
            f"questions r JOIN LATERAL ({tables}) l ON true",
            "/{key}",
            key="l.address",
            number="l.number",
            title="r.text",
            is_shared="r.organisation_id = v.organisation_id",
        )
    ]
