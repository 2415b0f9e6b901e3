"""The price of the only admitted solution of a government list, compared by one person, confirmed by another.

One solution alone has no rival whose price would tell: it is chosen only for what a comparison finds
reasonable at most (`selection_rules`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from market.accounts.messages import notify_staff
from market.accounts.models import StaffRole
from market.accounts.relations import require_unrelated
from market.audit.log import record
from market.challenges.models import Challenge
from market.challenges.queries import lock_challenge
from market.challenges.rules import FEWEST_WORDS
from market.challenges.selection_models import PriceTest
from market.challenges.selection_queries import candidates_of, decides, require_judge, solvers_of
from market.challenges.selection_rules import Candidate
from market.challenges.selection_states import Comparison, SelectionVerb
from market.challenges.solution_models import Solution
from market.challenges.states import ChallengeAct, ChallengeStatus, Kind
from market.kit.database import atomic
from market.kit.errors import Conflict, Forbidden, Invalid, NotFound
from market.kit.i18n import gettext as _
from market.records.by import By
from market.records.decisions import Verdict, decide


@dataclass(frozen=True)
class Alone:
    """The only admitted solution of a government list, or of its package, with its price tests."""

    candidate: Candidate
    solution: Solution
    tests: Sequence[PriceTest]

    @property
    def standing(self) -> PriceTest | None:
        """Return the test that waits or was confirmed."""
        return next((row for row in self.tests if not row.is_rejected), None)


async def alone_of(challenge: Challenge) -> list[Alone]:
    """Return the solutions whose price has to be tested before they can be chosen."""
    if challenge.kind is not Kind.GOVERNMENT or challenge.status is not ChallengeStatus.REVIEWING:
        return []
    candidates = await candidates_of(challenge)
    counts = Counter(candidate.package for candidate, _solution in candidates)
    single = [pair for pair in candidates if counts[pair[0].package] == 1]
    tests = PriceTest.filter(solution_id__in=[solution.id for _candidate, solution in single])
    rows = await tests.order_by("proposed_at").select_related("proposed_by", "decided_by")
    return [
        Alone(candidate, solution, [row for row in rows if row.solution_id == solution.id])
        for candidate, solution in single
    ]


@atomic()
async def propose_price_test(
    number: str, place: int, basis: Comparison | None, most: int | None, text: str, *, by: By
) -> PriceTest:
    """Record with what the price of the only admitted solution was compared, and what is reasonable at most.

    Raises:
        Forbidden: the person does not judge this list, or has to do with one of its parties.
        Conflict: the solution is not alone, or a test of it stands.
        Invalid: at `basis`, `most` (fen) or `text`.
    """
    challenge = await lock_challenge(number)
    require_judge(by.actor, challenge)
    await require_unrelated(by, [challenge.owner_id, *await solvers_of(challenge.id)])
    alone = next((row for row in await alone_of(challenge) if row.candidate.place == place), None)
    if alone is None:
        raise Conflict(_("只有政府榜通过形式审查的唯一方案才做价格比对。"))
    if alone.standing is not None:
        raise Conflict(_("这份方案的价格比对已经提出。"))
    if basis is None:
        raise Invalid(_("请选择和什么比较。"), field="basis")
    if not most or most < 1:
        raise Invalid(_("请填比对后认可的最高价。"), field="most")
    if len(text.strip()) < FEWEST_WORDS:
        raise Invalid(_("请写明比对了哪些价格、怎样得出，至少 %(n)s 个字。", n=FEWEST_WORDS), field="text")
    test = await PriceTest.create(
        id=uuid4(),
        solution_id=alone.solution.id,
        basis=basis,
        most=most,
        text=text.strip()[:2000],
        proposed_by_id=by.actor.user_id,
        proposed_at=by.now,
    )
    await record("challenge", challenge.id, SelectionVerb.PRICE_TESTED, by=by, place=place, most=most)
    words = _("榜单 %(number)s 唯一方案的价格比对待确认。", number=challenge.number)
    address = f"/challenges/{challenge.number}/selection"
    await notify_staff(StaffRole.APPROVER, words, now=by.now, address=address)
    return test


@atomic()
async def decide_price_test(test_id: UUID, verdict: Verdict, *, reason: str = "", by: By) -> Challenge:
    """Confirm a comparison of prices that another person made, or send it back.

    Raises:
        SamePerson: they made it.
        Forbidden: it is another's to decide, or the person has to do with one of its parties.
        Invalid: at `reason`, which a rejection must have.
    """
    by.actor.require(ChallengeAct.SELECT_SOLUTION)
    named = await PriceTest.get_or_none(id=test_id).select_related("solution__challenge")
    if named is None:
        raise NotFound(_("没有这项价格比对。"))
    challenge = await lock_challenge(named.solution.challenge.number)
    test = await PriceTest.filter(id=test_id).select_for_update().get()
    if not await decides(by.actor, challenge):
        raise Forbidden(_("价格比对由批准人确认。"))
    await require_unrelated(by, [challenge.owner_id, *await solvers_of(challenge.id)])
    if challenge.status is not ChallengeStatus.REVIEWING:
        raise Conflict(str(challenge.workflow.refusal))
    await decide(test, verdict, by=by, reason=reason.strip()[:500])
    verb = SelectionVerb.PRICE_CONFIRMED if test.is_confirmed else SelectionVerb.PRICE_REJECTED
    await record("challenge", challenge.id, verb, by=by, test=test.id)
    return challenge
