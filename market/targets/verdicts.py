"""Results of verification: proposed by the operator, decided by the approver; deeds that are struck later."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from market.accounts.messages import notify, notify_staff
from market.accounts.models import StaffRole
from market.accounts.relations import require_unrelated
from market.audit.log import record
from market.kit.clock import local_date
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.i18n import gettext as _
from market.records.by import By
from market.records.decisions import Verdict, decide
from market.records.moments import clear_moments
from market.records.transitions import transition
from market.targets.declaring import WRITERS
from market.targets.follow_ups import set_follow_up_moments
from market.targets.models import Deed, DeedVerdict, DeedVisit
from market.targets.queries import lock_deed
from market.targets.states import (
    ACTION_OF,
    DeedStatus,
    DeedVerb,
    Result,
    StruckFor,
    TargetAct,
    results_from,
)

KIND = Deed.record_kind
COUNTED = (Result.VERIFIED, Result.PARTIAL)


@atomic()
async def propose_result(number: str, result: Result, words: str, *, by: By) -> DeedVerdict:
    """Propose what the verification of a deed comes to, for the operator.

    Raises:
        Invalid: at `result`, which does not fit the deed's status, or `words`, which say what was seen.
        Conflict: nothing was drawn of it, a doubtful one was not visited, or a result is proposed already.
        Conflicted: the person has a common past with a party.
    """
    by.actor.require(TargetAct.MANAGE_TARGETS)
    deed = await lock_deed(number)
    if result not in results_from(deed.status):
        raise Invalid(_("现在不能得出这个结论。"), field="result")
    if len(words) < 10:
        raise Invalid(_("请写明看了什么、依据是什么（至少 10 个字）。"), field="words")
    if deed.status is DeedStatus.CHECKED and deed.sample_id is None:
        raise Conflict(_("请先抽样，再核验。"))
    if deed.status is DeedStatus.DOUBTFUL and not await DeedVisit.exists(deed_id=deed.id):
        raise Conflict(_("存疑的要先到现场核查，登记日期、人员和所见，再下结论。"))
    if await DeedVerdict.exists(deed_id=deed.id, verdict=None):
        raise Conflict(_("已有一个结论等待决定。"))
    await require_unrelated(by, [deed.seller_id, deed.buyer_id])
    verdict = await DeedVerdict.create(
        id=uuid4(),
        deed_id=deed.id,
        result=result,
        words=words,
        proposed_by_id=by.actor.user_id,
        proposed_at=by.now,
    )
    await record(KIND, deed.id, DeedVerb.PROPOSE_RESULT, by=by, number=number, result=result.value)
    await notify_staff(
        StaffRole.APPROVER,
        _("%(number)s 的核验结论等您决定。", number=number),
        now=by.now,
        address=f"/deeds/{number}",
    )
    return verdict


@atomic()
async def decide_result(verdict_id: UUID, verdict: Verdict, *, reason: str = "", by: By) -> Deed:
    """Confirm a result, which moves the deed, or reject it, for the approver.

    Raises:
        NotFound: there is none.
        SamePerson: the person proposed it, declared or checked the deed.
        AlreadyDecided: somebody decided before.
        Conflicted: the person has a common past with a party.
        ActionNotAllowed: the deed has gone on meanwhile.
    """
    by.actor.require(TargetAct.DECIDE_TARGETS)
    existing = await DeedVerdict.get_or_none(id=verdict_id).select_related("deed")
    if existing is None:
        raise NotFound(_("没有这个结论。"))
    deed = await lock_deed(existing.deed.number)
    proposal = await DeedVerdict.filter(id=verdict_id).select_for_update().get()
    await require_unrelated(by, [deed.seller_id, deed.buyer_id])
    await decide(proposal, verdict, by=by, reason=reason, involved=(deed.declared_by_id, deed.checked_by_id))
    if verdict is Verdict.REJECTED:
        await record(KIND, deed.id, DeedVerb.REJECT_RESULT, by=by, number=deed.number)
        return deed
    changes: dict[str, Any] = {"verified_on": local_date(by.now)} if proposal.result in COUNTED else {}
    if proposal.result is Result.STRUCK:
        changes = {
            "alarm": "",
            "struck_on": local_date(by.now),
            "struck_for": deed.alarm or StruckFor.OTHER.value,
        }
    await transition(
        deed,
        ACTION_OF[proposal.result],
        by=by,
        note=proposal.words,
        changes=changes,
        number=deed.number,
    )
    if proposal.result in COUNTED:
        await set_follow_up_moments([deed])
    elif proposal.result is Result.STRUCK:
        await clear_moments(KIND, deed.id)
    await notify(
        _(
            "重大成果转化的核验结论：%(title)s，%(result)s。",
            title=deed.contract.name,
            result=str(proposal.result.label),
        ),
        now=by.now,
        address=f"/deeds/{deed.number}",
        organisation_id=deed.unit_id,
        roles=WRITERS,
    )
    return deed
