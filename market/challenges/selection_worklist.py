"""What waits after the opening: the formal check, the choice, its second person, agreements, milestones."""

from __future__ import annotations

from market.accounts.actors import Actor
from market.accounts.permissions import Role
from market.challenges.states import ChallengeAct
from market.kit.i18n import Lazy, lazy
from market.kit.worklist import Pending

OWN = "c.owner_id = v.organisation_id AND c.kind = 'enterprise'"
FIRMS, PUBLIC = "c.kind = 'enterprise'", "c.kind = 'government'"
CHOICE = "EXISTS (SELECT 1 FROM selections s WHERE s.challenge_id = c.id AND s.verdict IS NULL)"
OTHERS_CHOICE = (
    "EXISTS (SELECT 1 FROM selections s WHERE s.challenge_id = c.id AND s.verdict IS NULL "
    "AND s.proposed_by_id <> v.user_id)"
)
ENDING = (
    "EXISTS (SELECT 1 FROM challenge_rulings r WHERE r.challenge_id = c.id AND r.verdict IS NULL "
    "AND r.ruling IN ('end', 'find_none'))"
)
OF_ONE_PERSON = (
    "(SELECT count(*) FROM memberships m JOIN users u ON u.id = m.user_id AND u.is_active "
    "WHERE m.organisation_id = c.owner_id AND m.role IN ('admin', 'agent') "
    "AND m.started_at IS NOT NULL AND m.ended_at IS NULL) < 2"
)
PRICE = (
    "c.status = 'reviewing' AND EXISTS (SELECT 1 FROM price_tests t JOIN solutions x ON x.id = t.solution_id "
    "WHERE x.challenge_id = c.id AND t.verdict IS NULL AND t.proposed_by_id <> v.user_id)"
)
ALONE = (
    "c.status = 'reviewing' AND EXISTS (SELECT 1 FROM solutions x WHERE x.challenge_id = c.id "
    "AND x.status = 'admitted' AND NOT EXISTS (SELECT 1 FROM solutions y WHERE y.challenge_id = c.id "
    "AND y.package = x.package AND y.status = 'admitted' AND y.id <> x.id) AND NOT EXISTS ("
    "SELECT 1 FROM price_tests t WHERE t.solution_id = x.id AND t.verdict IS DISTINCT FROM 'rejected'))"
)
AGREED = (
    "c.status = 'agreed' AND EXISTS (SELECT 1 FROM challenge_awards w WHERE w.challenge_id = c.id "
    "AND w.status = 'agreed') AND NOT EXISTS (SELECT 1 FROM challenge_awards w "
    "WHERE w.challenge_id = c.id AND w.status = 'proposed')"
)
TO_AGREE = (
    "w.status = 'proposed' AND c.status = 'agreed' AND ((c.owner_id = v.organisation_id "
    "AND w.owner_agreed_at IS NULL) "
    "OR (x.organisation_id = v.organisation_id AND w.solver_agreed_at IS NULL))"
)
TO_ACCEPT = (
    "c.owner_id = v.organisation_id AND w.status = 'signed' AND EXISTS (SELECT 1 FROM milestone_reports m "
    "WHERE m.award_id = w.id AND m.verdict IS NULL)"
)

ANSWER_BY = (
    "(SELECT ((m.answer_by - interval '1 second') AT TIME ZONE 'Asia/Shanghai')::date "
    "FROM milestone_reports m WHERE m.award_id = w.id AND m.verdict IS NULL)"
)
LATE = (
    "w.status = 'signed' AND EXISTS (SELECT 1 FROM milestone_reports m WHERE m.award_id = w.id "
    "AND m.verdict IS NULL AND m.late_from <= v.now)"
)


def pending(actor: Actor) -> list[Pending]:
    """Return what waits for an owner, a solver, the operator or the approver."""
    if not actor.may(ChallengeAct.SELECT_SOLUTION):
        return []
    if Role.APPROVER in actor.roles:
        waits = f"{PUBLIC} AND {PRICE}"
        prices = _of_challenge("decide_price", lazy("价格比对待确认"), lazy("去确认"), waits)
        return [_decision(f"{PUBLIC} AND {OTHERS_CHOICE}"), _ending(PUBLIC), prices]
    if Role.OPERATOR in actor.roles:
        return [
            _of_award("late", lazy("阶段成果逾期未验收"), lazy("去联系"), LATE),
            *_judging(PUBLIC),
            _decision(f"{FIRMS} AND {OF_ONE_PERSON} AND {CHOICE}"),
            _ending(FIRMS),
            _of_challenge("price", lazy("唯一方案待价格比对"), lazy("去比对"), f"{PUBLIC} AND {ALONE}"),
            _of_challenge("publish", lazy("拟揭榜待公示"), lazy("去公示"), f"{PUBLIC} AND {AGREED}"),
        ]
    return [
        *_judging(OWN),
        _decision(f"{OWN} AND {OTHERS_CHOICE}"),
        _of_award("agree", lazy("入选待商定"), lazy("去确认"), TO_AGREE),
        _of_award("review", lazy("阶段成果待验收"), lazy("去验收"), TO_ACCEPT, due=ANSWER_BY),
    ]


def _judging(whose: str) -> list[Pending]:
    to_check = f"{whose} AND c.status = 'checking'"
    to_choose = f"{whose} AND c.status = 'reviewing' AND NOT {CHOICE}"
    return [
        _of_challenge("check", lazy("方案待形式审查"), lazy("去审查"), to_check),
        _of_challenge("choose", lazy("方案待评选"), lazy("去评选"), to_choose),
    ]


def _decision(condition: str) -> Pending:
    return _of_challenge("decide_choice", lazy("入选名单待决定"), lazy("去决定"), condition)


def _ending(whose: str) -> Pending:
    return _of_challenge("decide_end", lazy("榜单待决定终止"), lazy("去决定"), f"{whose} AND {ENDING}")


def _of_challenge(kind: str, what: Lazy, verb: Lazy, condition: str) -> Pending:
    return Pending(
        f"challenges.{kind}",
        what,
        verb,
        "/challenges/{key}/selection",
        "/challenges",
        f"challenges c CROSS JOIN v WHERE {condition}",
        key="c.number",
        number="c.number",
        title="c.title",
        since="c.updated_at",
    )


def _of_award(kind: str, what: Lazy, verb: Lazy, condition: str, due: str = "NULL") -> Pending:
    return Pending(
        f"challenges.{kind}",
        what,
        verb,
        "/challenges/{key}",
        "/challenges",
        "challenge_awards w JOIN challenges c ON c.id = w.challenge_id "
        f"JOIN solutions x ON x.id = w.solution_id CROSS JOIN v WHERE {condition}",
        key="c.number || '/awards/' || w.id",
        number="c.number",
        title="c.title",
        since="w.updated_at",
        amount="w.amount",
        due=due,
    )
