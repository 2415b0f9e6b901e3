"""The formal check (形式审查) of opened solutions: each is admitted, or refused with its reason."""

from __future__ import annotations

from uuid import uuid4

from market.accounts.messages import notify, notify_staff
from market.accounts.models import StaffRole
from market.accounts.relations import require_unrelated
from market.challenges.models import Challenge
from market.challenges.queries import lock_challenge
from market.challenges.rules import FEWEST_WORDS
from market.challenges.selection_models import SolutionAdmission
from market.challenges.selection_queries import DECIDING, require_judge, solvers_of
from market.challenges.solution_models import Solution
from market.challenges.solution_states import HANDED_IN, SolutionAction, SolutionStatus
from market.challenges.states import ChallengeAction, ChallengeStatus, EndReason, Kind
from market.challenges.watching import tell_result
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.i18n import gettext as _
from market.records.by import By
from market.records.transitions import transition


@atomic()
async def check_solution(
    number: str, place: int, *, is_admitted: bool, reason: str = "", by: By
) -> SolutionAdmission:
    """Admit an opened solution to the choice, or refuse it; with the last one the choice begins.

    Raises:
        Forbidden: the person does not judge this challenge, or has to do with one of its parties.
        NotFound: there is no such solution.
        Conflict: it was checked, or the challenge has moved on.
        Invalid: at `reason`: a refusal has none.
    """
    challenge = await lock_challenge(number)
    require_judge(by.actor, challenge)
    if challenge.kind is Kind.GOVERNMENT:
        await require_unrelated(by, [challenge.owner_id, *await solvers_of(challenge.id)])
    if challenge.status is not ChallengeStatus.CHECKING:
        raise Conflict(str(challenge.workflow.refusal))
    solution = await Solution.filter(challenge_id=challenge.id, place=place).select_for_update().first()
    if solution is None:
        raise NotFound(_("没有这份方案，或者您不能查看它。"))
    words = reason.strip()[:500]
    if not is_admitted and len(words) < FEWEST_WORDS:
        raise Invalid(_("不通过的请写明原因，至少 %(n)s 个字。", n=FEWEST_WORDS), field="reason")
    action = SolutionAction.ADMIT if is_admitted else SolutionAction.REFUSE
    await transition(
        solution, action, by=by, note=words[:300], changes={} if is_admitted else {"reason": words}
    )
    admission = await SolutionAdmission.create(
        id=uuid4(),
        solution_id=solution.id,
        is_admitted=is_admitted,
        reason=words,
        checked_by_id=by.actor.user_id,
        checked_at=by.now,
    )
    await _tell(challenge, solution, is_admitted=is_admitted, by=by)
    await _finish(challenge, by)
    return admission


async def _finish(challenge: Challenge, by: By) -> None:
    """Begin the choice once each solution is checked; end the challenge where none was admitted."""
    handed_in = Solution.filter(challenge_id=challenge.id, status__in=list(HANDED_IN))
    statuses = {solution.status for solution in await handed_in}
    if SolutionStatus.SUBMITTED in statuses:
        return
    if SolutionStatus.ADMITTED in statuses:
        await transition(challenge, ChallengeAction.REVIEW, by=by)
        return
    changes = {"end_reason": EndReason.NONE_ADMITTED}
    await transition(challenge, ChallengeAction.FIND_NONE, by=by, changes=changes)
    words = _("榜单 %(number)s 的方案均未通过形式审查，流榜。", number=challenge.number)
    await tell_result(challenge, words, now=by.now)


async def _tell(challenge: Challenge, solution: Solution, *, is_admitted: bool, by: By) -> None:
    words = (
        _("您单位揭榜 %(number)s 的方案通过了形式审查。", number=challenge.number)
        if is_admitted
        else _("您单位揭榜 %(number)s 的方案没有通过形式审查，请看原因。", number=challenge.number)
    )
    await notify(
        words,
        now=by.now,
        address=f"/challenges/{challenge.number}/solutions/{solution.place}",
        organisation_id=solution.organisation_id,
        roles=DECIDING,
    )
    if not is_admitted and challenge.kind is Kind.ENTERPRISE:
        words = _("榜单 %(number)s 有一份方案未通过形式审查。", number=challenge.number)
        address = f"/challenges/{challenge.number}/selection"
        await notify_staff(StaffRole.OPERATOR, words, now=by.now, address=address)
