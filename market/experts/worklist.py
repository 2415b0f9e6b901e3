"""What waits in this room: applications to be verified, and proposals to be decided."""

from __future__ import annotations

from market.accounts.actors import Actor
from market.experts.states import ExpertAct
from market.kit.i18n import lazy
from market.kit.worklist import Pending

_UNDECIDED = "EXISTS (SELECT 1 FROM expert_decisions d WHERE d.expert_id = e.id AND d.verdict IS NULL{whose})"
_SOURCE = "experts e JOIN users u ON u.id = e.user_id"


def pending(actor: Actor) -> list[Pending]:
    """Return applications for the operator, and what waits for the approver."""
    parts = []
    if actor.may(ExpertAct.VERIFY_EXPERT):
        parts.append(
            Pending(
                "experts.verify",
                lazy("待核验的专家"),
                lazy("去核验"),
                "/admin/experts/{key}",
                "/admin/experts?status=applied&proposed=no",
                f"{_SOURCE} WHERE e.status = 'applied' AND NOT {_UNDECIDED.format(whose='')}",
                key="e.number",
                number="e.number",
                title="u.name",
                since="e.applied_at",
            )
        )
    if actor.may(ExpertAct.DECIDE_EXPERT):
        parts.append(
            Pending(
                "experts.decide",
                lazy("待决定的专家"),
                lazy("去决定"),
                "/admin/experts/{key}",
                "/admin/experts?proposed=yes",
                f"{_SOURCE} CROSS JOIN v WHERE "
                + _UNDECIDED.format(whose=" AND d.proposed_by_id IS DISTINCT FROM v.user_id"),
                key="e.number",
                number="e.number",
                title="u.name",
                since="e.applied_at",
            )
        )
    return parts
