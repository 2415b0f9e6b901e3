"""The desk's review of claims: accept, request a supplement, compute, recheck, return; many at once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from market.accounts.messages import notify, notify_staff
from market.accounts.models import StaffRole, User
from market.audit.log import record
from market.audit.persons import pseudonym_of
from market.claims.claim_facts import facts_of
from market.claims.computation import compute_claim, decided_basis, rate_words, scored_basis, sheet_hash
from market.claims.evidence import required_papers, supplement_text
from market.claims.expert_panel import verdict_for
from market.claims.letters import issue_supplement
from market.claims.models import Assessment, Claim, ClaimContract
from market.claims.queries import last_assessment, people_behind
from market.claims.risk_detection import refresh_risk_flags
from market.claims.states import FINISHED, ClaimAct, ClaimAction, ClaimStatus, ClaimVerb, RecheckPoint
from market.claims.transitions import lock_claim, lock_claims, move
from market.integrity import conflicts
from market.integrity.conflicts import require_no_conflict
from market.integrity.states import IntegrityAct
from market.kit.clock import end_of_day, local_date
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid, MarketError, NotFound
from market.kit.formats import end_of
from market.kit.i18n import gettext as _
from market.kit.i18n import source_text
from market.panels.result_objections import disputed
from market.programmes.catalogue import compiled
from market.programmes.facts import FactsError
from market.programmes.models import ProgrammeTerms
from market.programmes.rule_terms import TermError
from market.records.by import By
from market.records.decisions import Verdict, decide
from market.records.moments import set_moment

SUPPLEMENT_DUE = "claims.end_supplement"
"""The moment of a claim by which what is missing must be supplied."""


@atomic()
async def accept(number: str, *, by: By) -> Claim:
    """Accept a claim for processing (受理)."""
    by.actor.require(ClaimAct.ACCEPT_CLAIM)
    claim = await lock_claim(number)
    await require_no_conflict(by, "claim", [claim.id])
    await move(claim, ClaimAction.ACCEPT, by=by)
    await _tell_applicant(claim, _("补助申报 %(number)s 已受理。", number=number), by.now)
    return claim


@atomic()
async def ask_supplement(
    number: str, *, papers: Sequence[str] = (), reason: str = "", due_on: date, by: By
) -> Claim:
    """Request what is missing from the applicant (补正通知), by the end of a day.

    `papers` are of the list that the claim's rule set requires.

    Raises:
        Invalid: nothing is requested, the day is past, or a paper is not on the list.
    """
    by.actor.require(ClaimAct.ACCEPT_CLAIM)
    if due_on <= local_date(by.now):
        raise Invalid(_("补正期限应在今天以后。"), field="due_on")
    claim = await lock_claim(number)
    await require_no_conflict(by, "claim", [claim.id])
    await claim.fetch_related("terms")
    if not {words for words, _has in await required_papers(claim)}.issuperset(papers):
        raise Invalid(_("请从材料清单里选择。"), field="papers")
    text = supplement_text(papers, reason)
    await move(claim, ClaimAction.ASK_SUPPLEMENT, by=by, note=text, due_on=due_on)
    claim.supplement_note, claim.supplement_due_on, claim.supplement_papers = text, due_on, list(papers)
    await claim.save(update_fields=["supplement_note", "supplement_due_on", "supplement_papers"])
    await set_moment("claim", claim.id, SUPPLEMENT_DUE, end_of_day(due_on))
    await issue_supplement(claim, by=by)
    await _tell_applicant(
        claim,
        _("补正通知：申报 %(number)s，请在 %(end)s 前补正。", number=number, end=end_of(due_on)),
        by.now,
    )
    return claim


@atomic()
async def calculate(
    number: str, *, rate_basis_points: int | None = None, decision: str = "", by: By
) -> Assessment:
    """Compute a claim line by line from its current facts, and store facts, terms and lines.

    `rate_basis_points` is the rate decided on, where the terms name only a ceiling or none; where experts
    scored the claim, their scores set it. `decision` is the number of the decision that set a rate below
    the ceiling, see `computation.decided_basis`.

    Raises:
        Invalid: the terms need a rate, or do not take this one, or it rests on no decision.
        Conflicted: the actor declared a conflict of interest.
        Conflict: the experts' panel is not concluded, the claim is not accepted, or was computed meanwhile.
    """
    by.actor.require(ClaimAct.CALCULATE)
    claim = await lock_claim(number)
    await require_no_conflict(by, "claim", [claim.id])
    terms_row = await ProgrammeTerms.get(id=claim.terms_id)
    terms = compiled(terms_row)
    verdict = await verdict_for(claim.id, terms)
    if verdict.blocks_computation:
        raise Conflict(verdict.blocks_computation)
    if verdict.rate is not None:
        if rate_basis_points not in (None, verdict.rate):
            raise Invalid(_("比例由专家评审得分核定，不能另填。"), field="rate")
        rate_basis_points, basis = verdict.rate, scored_basis(verdict, terms)
    else:
        basis = decided_basis(terms, rate_basis_points, decision)
    if terms.needs_rate and rate_basis_points is None:
        raise Invalid(_("所见文本未载比例，请填核定的比例。"), field="rate")
    facts = await facts_of(claim)
    try:
        result = compute_claim(facts, terms, rate_basis_points)
    except TermError:
        raise Invalid(_("这项政策不接受这个比例。"), field="rate") from None
    except FactsError as fault:
        raise Invalid(_("申报事实有误：%(what)s", what=fault)) from None
    result["given"] |= basis
    await move(
        claim,
        ClaimAction.CALCULATE,
        by=by,
        note=rate_words(result["given"]),
        amount=result["award"],
        version=terms.version,
        rate_basis_points=rate_basis_points,
        decision=basis.get("decision", ""),
        sheet=sheet_hash(facts, result),
    )
    last = await last_assessment(claim.id)
    assessment = await Assessment.create(
        id=uuid4(),
        claim_id=claim.id,
        sequence=last.sequence + 1 if last else 1,
        terms_id=terms_row.id,
        facts=facts,
        result=result,
        award_amount=result["award"],
        is_provisional=result["provisional"],
        proposed_by_id=by.actor.user_id,
        proposed_at=by.now,
    )
    await _store_awards(claim, result)
    await refresh_risk_flags(claim, by=by)
    await notify_staff(
        StaffRole.RECHECKER,
        _("申报 %(number)s 待复核。", number=number),
        now=by.now,
        address=f"/desk/{number}",
    )
    return assessment


async def _store_awards(claim: Claim, result: dict[str, Any]) -> None:
    claim.award_amount = result["award"]
    await claim.save(update_fields=["award_amount"])
    by_number = {contract["no"]: contract["award"] for contract in result["contracts"]}
    for row in await ClaimContract.filter(claim_id=claim.id).select_related("contract"):
        row.award_amount = by_number.get(row.contract.registration_number, 0)
        await row.save(update_fields=["award_amount"])


@atomic()
async def recheck(
    number: str,
    *,
    sequence: int,
    compared: Collection[RecheckPoint] = (),
    remark: str = "",
    by: By,
) -> Claim:
    """Confirm a computation (复核一致), by a second person; `sequence` names the computation looked at.

    `compared` are the points of the checklist that the person ticked; they and the remark are kept.

    Raises:
        SamePerson: the actor computed it.
        Conflicted: the actor declared a conflict of interest.
        Conflict: it was computed anew meanwhile, waits for facts, awards nothing, its facts changed, or the
            result of its experts is objected to.
    """
    by.actor.require(ClaimAct.RECHECK)
    claim = await lock_claim(number)
    await require_no_conflict(by, "claim", [claim.id])
    last = await last_assessment(claim.id)
    if last is None or last.sequence != sequence:
        raise Conflict(_("这份申报已重新核算，请刷新后再复核。"))
    if words := (await disputed("claim", [claim.id])).get(claim.id):
        raise Conflict(words)
    refusal = _("核算人不能复核自己的核算，请由另一人复核。")
    await decide(last, Verdict.CONFIRMED, by=by, reason=remark, refusal=refusal)
    if last.is_provisional:
        raise Conflict(_("还有条件待核，补齐事实并重新核算后才能复核。"))
    if not last.award_amount:
        raise Conflict(_("核算结果为零，请退回核算或作不予支持处理。"))
    if dict(last.facts) != await facts_of(claim):
        raise Conflict(_("核算以后申报的事实有变化，请退回重新核算。"))
    points = [point for point in RecheckPoint if point in compared]
    note = _("已核对：%(points)s。", points="、".join(str(point.label) for point in points)) if points else ""
    await move(
        claim,
        ClaimAction.RECHECK,
        by=by,
        note=source_text(note),
        amount=last.award_amount,
        compared=[point.value for point in points],
    )
    return claim


@atomic()
async def return_calculation(number: str, *, reason: str, by: By) -> Claim:
    """Return a computation to the officer, with the reason (退回核算), off any list not yet confirmed.

    One that was confirmed before stays so; the reason stands in the claim's history.

    Raises:
        SamePerson: the actor computed it.
    """
    by.actor.require(ClaimAct.RECHECK)
    claim = await lock_claim(number)
    await require_no_conflict(by, "claim", [claim.id])
    last = await last_assessment(claim.id)
    if last is not None and last.verdict is None:
        refusal = _("核算人不能复核自己的核算，请由另一人复核。")
        await decide(last, Verdict.REJECTED, by=by, reason=reason, refusal=refusal)
    await move(claim, ClaimAction.RETURN_CALCULATION, by=by, note=reason)
    claim.award_amount, claim.batch_id = None, None
    await claim.save(update_fields=["award_amount", "batch_id"])
    await notify_staff(
        StaffRole.OFFICER,
        _("申报 %(number)s 退回核算。", number=number),
        now=by.now,
        address=f"/desk/{number}",
    )
    return claim


@atomic()
async def declare_conflict(number: str, *, reason: str, by: By) -> None:
    """Declare a conflict of interest for a claim that was handed in; the person does nothing more about it.

    Raises:
        Conflict: it is declared already, or the person has acted on the claim before.
    """
    by.actor.require(IntegrityAct.DECLARE_CONFLICT)
    claim = await lock_claim(number)
    if claim.submitted_at is None:
        raise NotFound(_("没有这份申报。"))
    if by.actor.user_id in await people_behind([claim]):
        raise Conflict(_("您已经办理过这份申报；请先退回核算，再声明回避。"))
    await conflicts.declare_conflict("claim", claim.id, number=number, reason=reason, by=by)


@atomic()
async def end_supplement(claim_id: UUID, *, now: datetime) -> bool:
    """Withdraw a claim whose supplement is overdue; return whether it was. Idempotent."""
    (claim,) = await lock_claims([claim_id])
    due = claim.supplement_due_on
    if claim.status is not ClaimStatus.SUPPLEMENT or due is None or due >= local_date(now):
        return False
    text = _("逾期未补正，视为撤回；可重新申报。")
    await move(claim, ClaimAction.WITHDRAW, by=By.job(now), note=text)
    await _tell_applicant(claim, _("申报 %(number)s 逾期未补正，视为撤回。", number=claim.number), now)
    return True


async def _tell_applicant(claim: Claim, text: str, now: datetime) -> None:
    await notify(text, now=now, address=f"/claims/{claim.number}", organisation_id=claim.applicant_id)


MOST_AT_ONCE = 500


@dataclass(frozen=True)
class Refusal:
    """A claim that was left as it was, and why."""

    number: str
    reason: str


@dataclass
class BulkResult:
    """What became of each claim of a bulk act."""

    done: list[str] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)


async def accept_many(numbers: Sequence[str], *, by: By) -> BulkResult:
    """Accept claims for processing; those that cannot be accepted are named with the reason."""
    by.actor.require(ClaimAct.ACCEPT_CLAIM)
    return await _each(numbers, lambda number: accept(number, by=by))


async def assign_many(numbers: Sequence[str], handler_id: UUID | None, *, by: By) -> BulkResult:
    """Assign claims to an officer, or to nobody."""
    by.actor.require(ClaimAct.ASSIGN_CLAIM)
    return await _each(numbers, lambda number: assign(number, handler_id, by=by))


@atomic()
async def assign(number: str, handler_id: UUID | None, *, by: By) -> Claim:
    """Make an officer the handler (经办人) of a claim, or nobody. Assigning twice changes nothing.

    Raises:
        Invalid: the person is no officer.
        Conflict: the claim is a draft, or finished.
    """
    by.actor.require(ClaimAct.ASSIGN_CLAIM)
    if handler_id is not None and not await User.exists(
        id=handler_id, staff_role=StaffRole.OFFICER, is_active=True
    ):
        raise Invalid(_("经办人应是一位核算人。"), field="handler")
    claim = await lock_claim(number)
    if claim.submitted_at is None or claim.status in FINISHED:
        raise Conflict(_("这份申报已经办结或还没有提交，不用分派。"))
    if claim.handler_id == handler_id:
        return claim
    before, claim.handler_id = claim.handler_id, handler_id
    await claim.save(update_fields=["handler_id"])
    await record(
        "claim",
        claim.id,
        ClaimVerb.ASSIGN,
        by=by,
        number=number,
        before=await _logged(before),
        after=await _logged(handler_id),
    )
    return claim


async def _logged(user_id: UUID | None) -> str | None:
    """Return who is meant as the audit log may hold it."""
    return str(await pseudonym_of(user_id)) if user_id else None


async def _each(numbers: Sequence[str], act: Callable[[str], Awaitable[object]]) -> BulkResult:
    result = BulkResult()
    for number in list(dict.fromkeys(numbers))[:MOST_AT_ONCE]:
        try:
            await act(number)
        except MarketError as refusal:
            result.refused.append(Refusal(number, str(refusal)))
        else:
            result.done.append(number)
    return result
