"""What comes next of a challenge for who put it up, and of a solution for who wrote it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from market.challenges.selection_models import ChallengeAward
from market.challenges.selection_states import AwardStatus
from market.challenges.solution_models import Solution
from market.challenges.solution_states import SolutionStatus
from market.challenges.states import ChallengeStatus, Kind
from market.kit.i18n import Lazy, lazy

S = ChallengeStatus


@dataclass(frozen=True)
class NextStep:
    """What comes next, in words, and where the person does it."""

    words: Lazy
    address: str = ""
    """Path of the page; empty: others act, or the clock."""


_OF_OWNERS: Mapping[ChallengeStatus, Lazy] = {
    S.LISTED: lazy("到时自动开始揭榜"),
    S.RESPONDING: lazy("截止后统一开启方案"),
    S.CLOSED: lazy("正在开启方案"),
    S.PUBLICITY: lazy("公示期满后签约"),
}
_AT_SELECTION: Mapping[ChallengeStatus, Lazy] = {
    S.CHECKING: lazy("逐份形式审查"),
    S.REVIEWING: lazy("评选，提出入选名单"),
    S.AGREED: lazy("确认阶段和金额"),
    S.CONTRACTED: lazy("签订合同"),
    S.EXECUTING: lazy("验收阶段成果"),
}
_OF_OFFICE: Mapping[ChallengeStatus, Lazy] = {
    S.CHECKING: lazy("平台形式审查"),
    S.REVIEWING: lazy("专家评审，平台提出入选名单"),
}
"""What the owner of a government list waits for."""


def step_of_owner(number: str, status: ChallengeStatus, kind: Kind) -> NextStep | None:
    """Return what comes next of an own challenge; None where nothing does, such as after its end."""
    if status is S.DRAFT:
        return NextStep(lazy("写完后提交论证"), f"/challenges/{number}")
    if status is S.COLLECTING:
        is_public = kind is Kind.GOVERNMENT
        return NextStep(lazy("等专家论证和平台决定") if is_public else lazy("等平台核对后张榜"))
    if kind is Kind.GOVERNMENT and status in _OF_OFFICE:
        return NextStep(_OF_OFFICE[status])
    if status in _AT_SELECTION:
        return NextStep(_AT_SELECTION[status], f"/challenges/{number}/selection")
    return NextStep(_OF_OWNERS[status]) if status in _OF_OWNERS else None


_OF_AWARDS: Mapping[AwardStatus, Lazy] = {
    AwardStatus.PROPOSED: lazy("确认阶段和金额"),
    AwardStatus.AGREED: lazy("看签约"),
    AwardStatus.SIGNED: lazy("提交阶段成果"),
}


def step_of_solver(
    solution: Solution, award: ChallengeAward | None, *, takes: bool, query: str = ""
) -> NextStep | None:
    """Return what comes next of an own solution, whose challenge is fetched; `takes`: it is in time."""
    address = f"/challenges/{solution.challenge.number}"
    if award is not None:
        words = _OF_AWARDS.get(award.status, lazy("看入选"))
        return NextStep(words, f"{address}/awards/{award.id}")
    if takes and solution.status is SolutionStatus.DRAFT:
        return NextStep(lazy("写完并提交"), f"{address}/solution{query}")
    if takes and solution.status is SolutionStatus.SUBMITTED:
        return NextStep(lazy("截止前可以替换"), f"{address}/solution{query}")
    if solution.status in (SolutionStatus.NOT_CHOSEN, SolutionStatus.INADMISSIBLE) and solution.place:
        return NextStep(lazy("看方案和原因"), f"{address}/solutions/{solution.place}")
    if solution.status in (SolutionStatus.SUBMITTED, SolutionStatus.ADMITTED):
        return NextStep(lazy("等评选结果"))
    return None
