"""What waits in this room: lists to argue about and to decide on, the own drafts of lists and solutions."""

from __future__ import annotations

from market.accounts.actors import Actor
from market.challenges.queries import may_put_up
from market.challenges.solution_states import SolutionStatus
from market.challenges.states import ChallengeAct, ChallengeStatus
from market.kit.i18n import Lazy, lazy
from market.kit.worklist import Pending, Recent

S = ChallengeStatus
_WAITS = "EXISTS (SELECT 1 FROM challenge_rulings r WHERE r.challenge_id = c.id AND r.verdict IS NULL)"

_EXTENSION = (
    "EXISTS (SELECT 1 FROM challenge_rulings r WHERE r.challenge_id = c.id AND r.verdict IS NULL "
    "AND r.ruling = 'extend' AND r.proposed_by_id <> v.user_id)"
)
_DEADLINE = "(c.deadline_at AT TIME ZONE 'Asia/Shanghai')::date"


def pending(actor: Actor) -> list[Pending]:
    """Return what waits for the operator, for the approver, or for who put a list up."""
    parts: list[Pending] = []
    if actor.may(ChallengeAct.SCREEN_CHALLENGE):
        waits = f"c.status = '{S.COLLECTING}' AND NOT {_WAITS}"
        parts.append(_part("screen", lazy("榜单待论证或张榜"), lazy("去办理"), waits))
    if actor.may(ChallengeAct.DECIDE_CHALLENGE):
        waits = f"c.status = '{S.COLLECTING}' AND {_WAITS}"
        parts.append(_part("decide", lazy("榜单待决定"), lazy("去决定"), waits))
        waits = f"c.status IN ('{S.LISTED}', '{S.RESPONDING}') AND c.deadline_at > v.now AND {_EXTENSION}"
        parts.append(_part("extend", lazy("榜单延期待决定"), lazy("去决定"), waits, due=_DEADLINE))
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
    if actor.may(ChallengeAct.SOLVE_CHALLENGE):
        parts.append(_DRAFTS)
    return parts


_TAKES = f"c.status IN ('{S.LISTED}', '{S.RESPONDING}') AND c.opens_at <= v.now AND c.deadline_at > v.now"
_DRAFTS = Pending(
    "challenges.draft",
    lazy("揭榜方案还没有提交"),
    lazy("去提交"),
    "/challenges/{key}",
    "/my/solutions",
    "solutions s JOIN challenges c ON c.id = s.challenge_id CROSS JOIN v "
    f"WHERE s.organisation_id = v.organisation_id AND s.status = '{SolutionStatus.DRAFT}' AND {_TAKES}",
    key="c.number || '/solution' || CASE WHEN s.package > 0 THEN '?package=' || s.package ELSE '' END",
    number="c.number",
    title="c.title",
    due=_DEADLINE,
    since="s.created_at",
)
"""Own drafts that are submitted until the deadline or not at all."""


def recent(actor: Actor) -> list[Recent]:
    """Return the challenges that the organisation puts up; for the office those that the person dealt with.

    Solutions are left out: before the opening nobody else may learn of them, even from a colleague's list.
    """
    if not (actor.may(ChallengeAct.DRAFT_CHALLENGE) or actor.may(ChallengeAct.READ_CHALLENGES)):
        return []
    own = "r.owner_id = v.organisation_id"
    return [Recent("challenge", "challenges r", "/challenges/{key}", title="r.title", is_shared=own)]


def _part(
    kind: str,
    what: Lazy,
    verb: Lazy,
    condition: str,
    page: str = "/admin/challenges/{key}",
    index: str = "/admin/challenges",
    due: str = "NULL",
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
        due=due,
    )
