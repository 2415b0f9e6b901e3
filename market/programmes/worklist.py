"""What waits in this room: calls to release and closings to decide on, calls that were returned."""

from __future__ import annotations

from collections.abc import Sequence

from market.accounts.actors import Actor
from market.kit.i18n import lazy
from market.kit.worklist import Pending
from market.programmes.call_states import CallAct, CallStatus

_CALLS = "calls c JOIN programmes p ON p.id = c.programme_id CROSS JOIN v WHERE {}"


def pending(actor: Actor) -> Sequence[Pending]:
    """Return what waits for the approver, and for the officer whose call was returned."""
    if actor.may(CallAct.RELEASE_CALL):
        waiting = "EXISTS (SELECT 1 FROM call_closings k WHERE k.call_id = c.id AND k.verdict IS NULL)"
        return [
            Pending(
                "programmes.call",
                lazy("待发布的申报通知"),
                lazy("去决定"),
                "/desk/calls/{key}",
                "/desk/calls",
                _CALLS.format(f"c.status = '{CallStatus.DRAFT}' OR {waiting}"),
                key="c.number",
                number="c.number",
                title="p.name",
                since="c.proposed_at",
            )
        ]
    if actor.may(CallAct.DRAFT_CALL):
        return [
            Pending(
                "programmes.returned_call",
                lazy("退回的申报通知"),
                lazy("去修改"),
                "/desk/calls/{key}",
                "/desk/calls",
                _CALLS.format(f"c.status = '{CallStatus.RETURNED}'"),
                key="c.number",
                number="c.number",
                title="p.name",
                since="c.updated_at",
            )
        ]
    return []
