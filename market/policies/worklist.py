"""What waits in this room: policies to release, ends to decide on, policies that were returned."""

from __future__ import annotations

from collections.abc import Sequence

from market.accounts.actors import Actor
from market.kit.i18n import lazy
from market.kit.worklist import Pending
from market.policies.states import PolicyAct, PolicyStatus

_POLICIES = "policies p CROSS JOIN v WHERE {}"


def pending(actor: Actor) -> Sequence[Pending]:
    """Return what waits for the approver, and for the officer whose policy was returned."""
    if actor.may(PolicyAct.RELEASE_POLICY):
        waiting = "EXISTS (SELECT 1 FROM policy_ends e WHERE e.policy_id = p.id AND e.verdict IS NULL)"
        return [
            Pending(
                "policies.release",
                lazy("待发布的政策"),
                lazy("去决定"),
                "/desk/policies/{key}",
                "/desk/policies",
                _POLICIES.format(f"p.status = '{PolicyStatus.DRAFT}' OR {waiting}"),
                key="p.number",
                number="p.number",
                title="p.title",
                since="p.proposed_at",
            )
        ]
    if actor.may(PolicyAct.DRAFT_POLICY):
        return [
            Pending(
                "policies.returned",
                lazy("退回的政策"),
                lazy("去修改"),
                "/desk/policies/{key}",
                "/desk/policies",
                _POLICIES.format(f"p.status = '{PolicyStatus.RETURNED}'"),
                key="p.number",
                number="p.number",
                title="p.title",
                since="p.updated_at",
            )
        ]
    return []
