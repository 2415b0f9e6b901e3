"""The notice of a government list's result (拟揭榜公示): published once all is agreed, then the contracts."""

from __future__ import annotations

from market.accounts.messages import notify
from market.accounts.models import Organisation
from market.accounts.relations import require_unrelated
from market.challenges.award_deals import open_deals
from market.challenges.models import Challenge
from market.challenges.queries import lock_challenge, terms_of
from market.challenges.selection_models import ChallengeAward
from market.challenges.selection_queries import DECIDING, lock_awards, opened_of, require_judge, solvers_of
from market.challenges.selection_states import AwardAction, AwardStatus
from market.challenges.solution_content import SolutionContent
from market.challenges.solution_models import Solution
from market.challenges.solution_states import SolutionAction, SolutionStatus
from market.challenges.states import ChallengeAction, ChallengeStatus, Kind
from market.challenges.watching import tell_result
from market.codes.holidays import Calendar
from market.integrity.related_parties import relation_between
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid
from market.kit.formats import yuan
from market.kit.i18n import gettext as _
from market.kit.i18n import in_source_language
from market.notices import notice_acts
from market.notices.models import DayKind, Notice, NoticeKind
from market.notices.publicity import Publicity
from market.notices.states import NoticeStatus
from market.records.by import By
from market.records.transitions import transition

WORKING_DAYS = 5
"""Of the notice, at least (A)."""


@atomic()
async def publish_result(number: str, *, calendar: Calendar, by: By) -> Notice:
    """Publish who is to solve a government list and for how much, once all of it is agreed.

    Raises:
        Forbidden: the person does not judge it, or has to do with one of its parties.
        Conflict: an award waits for an agreement, or nothing was agreed.
    """
    challenge = await lock_challenge(number)
    require_judge(by.actor, challenge)
    if challenge.kind is not Kind.GOVERNMENT:
        raise Conflict(_("企业榜不用公示。"))
    await require_unrelated(by, [challenge.owner_id, *await solvers_of(challenge.id)])
    awards = await lock_awards(challenge.id)
    agreed = [award for award in awards if award.status is AwardStatus.AGREED and award.deal_id is None]
    if not agreed or any(award.status is AwardStatus.PROPOSED for award in awards):
        raise Conflict(_("入选都商定以后才能公示。"))
    await transition(challenge, ChallengeAction.PUBLISH, by=by)
    owner = await Organisation.get(id=challenge.owner_id)
    with in_source_language():
        title = _("拟揭榜公示：%(title)s", title=challenge.title)[:200]
        body = await _text(challenge, owner, agreed)
    notice = await notice_acts.publish(
        NoticeKind.CHALLENGE_RESULT,
        subject_kind="challenge",
        subject_id=challenge.id,
        title=title,
        body=body,
        days=WORKING_DAYS,
        day_kind=DayKind.WORKING,
        calendar=calendar,
        publisher=owner,
        by=by,
        address=f"/challenges/{challenge.number}",
    )
    words = _("榜单 %(number)s 的评选结果已公示。", number=challenge.number)
    for organisation_id in {challenge.owner_id, *await solvers_of(challenge.id)}:
        await notify(
            words,
            now=by.now,
            address=f"/notices/{notice.number}",
            organisation_id=organisation_id,
            roles=DECIDING,
        )
    await tell_result(challenge, words, now=by.now)
    return notice


async def _text(challenge: Challenge, owner: Organisation, agreed: list[ChallengeAward]) -> list[list[str]]:
    terms = terms_of(challenge)
    contents = {row.solution_id: (row.solution, content) for row, content in await opened_of(challenge.id)}
    rows = [
        [_("榜单"), f"{challenge.title}（{challenge.number}）"],
        [_("发榜单位"), owner.name],
        [_("榜额"), yuan(terms.budget)],
    ]
    for award in agreed:
        solution, content = contents[award.solution_id]
        rows += await _lines(terms.package_name(solution.package), award, solution, content, owner)
    admitted = sum(row.status in _JUDGED for row, _content in contents.values())
    rows += [
        [_("参加评选"), _("%(all)s 份方案，%(n)s 份通过形式审查", all=len(contents), n=admitted)],
        [_("公示期"), _("%(days)s 个工作日。", days=WORKING_DAYS)],
        [_("异议渠道"), terms.contact],
    ]
    return rows


_JUDGED = (SolutionStatus.ADMITTED, SolutionStatus.CHOSEN, SolutionStatus.NOT_CHOSEN)


async def _lines(
    package: str,
    award: ChallengeAward,
    solution: Solution,
    content: SolutionContent,
    owner: Organisation,
) -> list[list[str]]:
    solver = solution.organisation
    team = "、".join(row.name for row in content.team)
    tie = await relation_between(solver.uscc or "", owner.uscc or "")
    lines = [
        [_("拟揭榜单位（%(what)s）", what=package), solver.name],
        [_("联合单位"), team],
        [_("名次"), str(award.rank)],
        [_("金额"), yuan(award.amount)],
        [_("方案概要"), content.summary],
        [_("关联关系"), tie or _("揭榜方声明：%(text)s", text=content.related)],
    ]
    return [line for line in lines if line[1]]


async def conclude(challenge: Challenge, notice: Notice, by: By) -> None:
    """Open the deals once the notice is clear: called after the transition, in its transaction."""
    await open_deals(challenge, by)


PUBLICITY = Publicity(Challenge, ChallengeStatus.PUBLICITY, ChallengeAction.CLEAR, conclude)


@atomic()
async def choose_again(number: str, reason: str, *, by: By) -> Challenge:
    """Set a published result aside after an objection was upheld: the admitted solutions are judged anew.

    Raises:
        Conflict: no objection was upheld.
        Invalid: at `reason`.
    """
    challenge = await lock_challenge(number)
    require_judge(by.actor, challenge)
    await require_unrelated(by, [challenge.owner_id, *await solvers_of(challenge.id)])
    notice = await notice_acts.lock_for("challenge", challenge.id)
    if notice is None or notice.status is not NoticeStatus.UPHELD:
        raise Conflict(_("异议成立以后才能重新评选。"))
    words = reason.strip()[:500]
    if not words:
        raise Invalid(_("请写明原因。"), field="reason")
    await transition(challenge, ChallengeAction.SET_ASIDE, by=by, note=words[:300], notice=notice.number)
    for award in await lock_awards(challenge.id):
        if award.status in (AwardStatus.PROPOSED, AwardStatus.AGREED):
            await transition(award, AwardAction.END, by=by, note=words[:300], changes={"reason": words})
    judged = Solution.filter(
        challenge_id=challenge.id, status__in=[SolutionStatus.CHOSEN, SolutionStatus.NOT_CHOSEN]
    )
    for solution in await judged.select_for_update():
        await transition(solution, SolutionAction.REOPEN, by=by, changes={"reason": ""})
    return challenge
