"""What waits in this room: reviews that are assigned to an expert."""

from __future__ import annotations

from market.accounts.actors import Actor
from market.accounts.permissions import AccountAct
from market.kit.i18n import lazy
from market.kit.worklist import Pending
from market.panels.states import PanelAct


def pending(actor: Actor) -> list[Pending]:
    """Return the reviews that the expert has not handed in."""
    if actor.may(AccountAct.SEE_DESK) or not actor.may(PanelAct.SCORE_CLAIM):
        return []
    return [
        Pending(
            "panels.score",
            lazy("待评审"),
            lazy("去评审"),
            "/reviews/{key}",
            "/reviews",
            "expert_reviews r LEFT JOIN claims c ON c.id = r.subject_id AND r.subject_kind = 'claim' "
            "LEFT JOIN organisations o ON o.id = c.applicant_id CROSS JOIN v WHERE r.reviewer_id = v.user_id "
            "AND r.submitted_at IS NULL AND r.declined_at IS NULL AND r.unassigned_at IS NULL",
            key="r.id",
            number="c.number",
            title="o.name",
            due="r.due_on",
            since="r.assigned_at",
            amount="c.award_amount",
        )
    ]
