"""What waits in this room: lists to argue about and to decide on, the own draft that was returned."""

from __future__ import annotations

from market.accounts.actors import Actor
from market.challenges.queries import may_put_up
from market.challenges.states import ChallengeAct, ChallengeStatus
from market.kit.i18n import Lazy, lazy
from market.kit.worklist import Pending

S = ChallengeStatus
_WAITS = "EXISTS (SELECT 1 FROM challenge_rulings r WHERE r.challenge_id = c.id AND r.verdict IS NULL)"


def pending(actor: Actor) -> list[Pending]:
    """Return what waits for the operator, for the approver, or for who put a list up."""
    parts: list[Pending] = []
    if actor.may(ChallengeAct.SCREEN_CHALLENGE):
        waits = f"c.status = '{S.COLLECTING}' AND NOT {_WAITS}"
        parts.append(_part("screen", lazy("榜单待论证或张榜"), lazy("去办理"), waits))
    if actor.may(ChallengeAct.DECIDE_CHALLENGE):
        waits = f"c.status = '{S.COLLECTING}' AND {_WAITS}"
        parts.append(_part("decide", lazy("榜单待决定"), lazy("去决定"), waits))
    if may_put_up(actor) and actor.may(ChallengeAct.DRAFT_CHALLENGE):
        returned = f"c.owner_id = v.organisation_id AND c.status = '{S.DRAFT}' AND c.return_reason <> ''"
        parts.append(
            _part(
                "returned",
                lazy("榜单被退回"),
                lazy("去修改"),
                returned,
                "/challenges/{key}",
                "/my/challenges",
            )
        )
    return parts


def _part(
    kind: str,
    what: Lazy,
    verb: Lazy,
    condition: str,
    page: str = "/admin/challenges/{key}",
    index: str = "/admin/challenges",
) -> Pending:
    return Pending(
        f"challenges.{kind}",
        what,
        verb,
        page,
        index,
        f"challenges c CROSS JOIN v WHERE {condition}",
        key="c.number",
        number="c.number",
        title="c.title",
        since="c.updated_at",
    )
