"""What waits in this room: rankings and schemes to check."""

from __future__ import annotations

from market.accounts.actors import Actor
from market.kit.i18n import lazy
from market.kit.worklist import Pending
from market.rankings.states import RankingAct, RankingStatus


def pending(actor: Actor) -> list[Pending]:
    """Return what the approver checks."""
    if not actor.may(RankingAct.DECIDE_RANKINGS):
        return []
    desk = "/backoffice/rankings"
    return [
        Pending(
            "rankings.check",
            lazy("排序待核定"),
            lazy("去核定"),
            "/rankings/{key}",
            desk,
            f"rankings r WHERE r.status = '{RankingStatus.CHECKING}'",
            key="r.number",
            number="r.number",
            since="r.proposed_at",
        ),
        Pending(
            "rankings.decide_scheme",
            lazy("排序方案待确认"),
            lazy("去确认"),
            desk,
            desk,
            "ranking_schemes r WHERE r.verdict IS NULL",
            title="r.basis",
            since="r.proposed_at",
        ),
    ]
