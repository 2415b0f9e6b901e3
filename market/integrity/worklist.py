"""What waits in this room: appeals to be answered and rulings to be decided."""

from __future__ import annotations

from market.accounts.actors import Actor
from market.integrity.states import IntegrityAct
from market.kit.i18n import lazy
from market.kit.worklist import Pending, Recent

_UNDECIDED = (
    "EXISTS (SELECT 1 FROM sanction_decisions d WHERE d.sanction_id = s.id AND d.verdict IS NULL{whose})"
)


def pending(actor: Actor) -> list[Pending]:
    """Return unanswered appeals, and what waits for the approver."""
    parts = []
    if actor.may(IntegrityAct.MANAGE_SANCTIONS):
        parts.append(
            Pending(
                "integrity.appeal",
                lazy("待答复申诉"),
                lazy("去答复"),
                "/backoffice/sanctions",
                "/backoffice/sanctions",
                "sanctions s WHERE s.appealed_at IS NOT NULL AND s.appeal_answer = '' "
                f"AND NOT {_UNDECIDED.format(whose='')}",
                number="s.decision_number",
                title="s.subject_name",
                since="s.appealed_at",
            )
        )
    if actor.may(IntegrityAct.DECIDE_SANCTION):
        parts.append(
            Pending(
                "integrity.decide",
                lazy("待决定的诚信记录"),
                lazy("去决定"),
                "/backoffice/sanctions",
                "/backoffice/sanctions",
                "sanctions s CROSS JOIN v WHERE "
                + _UNDECIDED.format(whose=" AND d.proposed_by_id IS DISTINCT FROM v.user_id"),
                number="s.decision_number",
                title="s.subject_name",
                since="s.created_at",
            )
        )
    return parts


def recent(actor: Actor) -> list[Recent]:
    """Return the sanctions that the person filed or decided."""
    if not actor.may(IntegrityAct.MANAGE_SANCTIONS) and not actor.may(IntegrityAct.DECIDE_SANCTION):
        return []
    number, name = "r.decision_number", "r.subject_name"
    return [Recent("sanction", "sanctions r", "/backoffice/sanctions", number=number, key=number, title=name)]
