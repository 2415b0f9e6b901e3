"""Acts on policies: an officer drafts one, the approver releases it; the clock lets it begin and end."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from tortoise.exceptions import IntegrityError

from market.accounts.messages import notify, notify_staff
from market.accounts.models import StaffRole
from market.audit.log import record
from market.codes.numbers import next_number
from market.files.attachments import StoredBlob, attach
from market.files.models import Tier
from market.kit.clock import end_of_day, local_date, start_of_day
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.i18n import gettext as _
from market.kit.terms import hash_content
from market.policies.models import Policy, PolicyEnd, PolicyProgramme
from market.policies.states import EDITABLE, VALID, Effect, PolicyAct, PolicyAction, PolicyStatus, PolicyVerb
from market.programmes.catalogue import INDEX
from market.programmes.models import Programme
from market.records.by import By
from market.records.decisions import Verdict, decide
from market.records.moments import set_moment
from market.records.transitions import begin, transition
from market.search.outbox import enqueue

TAKE_EFFECT, END = "policies.take_effect", "policies.end"
"""Acts that fall due at a moment of a policy."""
TEXT = "policy_text"
"""Kind of the file that holds the document."""
CONTENT = (
    *("title", "document_number", "issuer", "level", "region", "topics", "audience", "source_url"),
    *("summary", "points", "text", "affects_id", "effect"),
)
DAYS = ("issued_on", "effective_on", "ends_on")


@dataclass(frozen=True)
class PolicyDraft:
    """What a draft says."""

    values: Mapping[str, Any]
    """Columns of the policy, but for what it affects."""
    affects: str = ""
    """Number of the policy that it amends or repeals."""
    programmes: Collection[str] = field(default=())
    """Slugs."""
    blob: StoredBlob | None = None


@atomic()
async def draft_policy(draft: PolicyDraft, *, by: By) -> Policy:
    """Draft a policy of the library; the approver is told.

    Raises:
        Invalid: at the field that does not fit.
    """
    by.actor.require(PolicyAct.DRAFT_POLICY)
    values = await _sound(draft, None)
    number = await next_number("policy", by.now)
    try:
        policy = await Policy.create(
            **values,
            id=uuid4(),
            number=number,
            proposed_by_id=by.actor.user_id,
            proposed_at=by.now,
            updated_at=by.now,
        )
    except IntegrityError as error:  # Two at once, of the same title.
        raise _taken() from error
    await _write_parts(policy, draft, by=by)
    await begin(policy, by=by)
    await record("policy", policy.id, PolicyVerb.DRAFT, by=by, number=policy.number)
    await _tell_approver(policy, by.now)
    return policy


@atomic()
async def edit_policy(number: str, draft: PolicyDraft, *, by: By) -> Policy:
    """Change a policy that is not released; one that was returned waits for the approver again.

    Raises:
        Invalid: at the field that does not fit.
        Conflict: it is released.
    """
    by.actor.require(PolicyAct.DRAFT_POLICY)
    policy = await _lock(number)
    require_unreleased(policy)
    values = await _sound(draft, policy)
    changes = {**values, "proposed_by_id": by.actor.user_id, "proposed_at": by.now, "updated_at": by.now}
    try:
        await policy.update_from_dict(changes).save(update_fields=list(changes))
    except IntegrityError as error:  # Two at once, of the same title.
        raise _taken() from error
    await _write_parts(policy, draft, by=by)
    await record("policy", policy.id, PolicyVerb.EDIT, by=by, fields=sorted(values))
    if policy.status is PolicyStatus.RETURNED:
        await transition(policy, PolicyAction.REDRAFT, by=by)
        await _tell_approver(policy, by.now)
    return policy


@atomic()
async def return_policy(number: str, reason: str, *, by: By) -> Policy:
    """Return a draft to who wrote it, with the reason.

    Raises:
        Invalid: at `reason`: there is none.
    """
    by.actor.require(PolicyAct.RELEASE_POLICY)
    policy = await _lock(number)
    reason = reason.strip()[:300]
    if not reason:
        raise Invalid(_("退回时请写明理由。"), field="reason")
    await transition(policy, PolicyAction.RETURN, by=by, note=reason)
    await notify(
        _("政策“%(title)s”被退回：%(reason)s", title=policy.title[:60], reason=reason[:200]),
        now=by.now,
        address=f"/desk/policies/{policy.number}",
        user_ids=[policy.proposed_by_id],
    )
    return policy


@atomic()
async def discard_policy(number: str, *, by: By) -> Policy:
    """Discard a policy that is not released."""
    by.actor.require(PolicyAct.DRAFT_POLICY)
    return await transition(await _lock(number), PolicyAction.DISCARD, by=by)


@atomic()
async def release_policy(number: str, *, by: By) -> Policy:
    """Release a draft, by a second person; what it changes in an earlier one follows on its day.

    Raises:
        SamePerson: the actor drafted it.
        Conflict: it does not wait for a release.
    """
    by.actor.require(PolicyAct.RELEASE_POLICY)
    policy = await _lock(number)
    if policy.status is not PolicyStatus.DRAFT:
        raise Conflict(str(Policy.workflow.refusal))
    await decide(policy, Verdict.CONFIRMED, by=by, refusal=_("政策的录入与发布须由两人分别完成。"))
    await transition(policy, PolicyAction.RELEASE, by=by, content_hash=await content_hash(policy))
    await enqueue(INDEX, policy.id)
    if policy.affects_id is not None:
        await set_moment("policy", policy.id, TAKE_EFFECT, start_of_day(policy.effective_on))
        await take_effect(policy.id, now=by.now)
    await _set_end(policy)
    return policy


@atomic()
async def propose_end(number: str, ends_on: date, ground: str, *, by: By) -> PolicyEnd:
    """Propose the last day of a policy that no other one replaces; the approver decides.

    Raises:
        Invalid: at `ends_on` or `ground`.
        Conflict: it is not in force, or a proposal waits.
    """
    by.actor.require(PolicyAct.DRAFT_POLICY)
    policy = await _lock(number)
    if policy.status not in VALID:
        raise Conflict(str(Policy.workflow.refusal))
    if await PolicyEnd.exists(policy_id=policy.id, verdict=None):
        raise Conflict(_("已有一个废止的提议，等批准人决定。"))
    if ends_on < policy.effective_on:
        raise Invalid(_("不应早于施行的日子。"), field="ends_on")
    last_day = await last_day_of(policy)
    if last_day is not None and ends_on >= last_day:
        raise Invalid(_("它本来就到 %(day)s 为止，只能提前。", day=last_day.isoformat()), field="ends_on")
    if not ground.strip():
        raise Invalid(_("请写明依据哪份文件。"), field="ground")
    end = await PolicyEnd.create(
        id=uuid4(),
        policy=policy,
        ends_on=ends_on,
        ground=ground.strip()[:300],
        proposed_by_id=by.actor.user_id,
        proposed_at=by.now,
    )
    await record("policy", policy.id, PolicyVerb.PROPOSE_END, by=by, end=end.id, ends_on=ends_on.isoformat())
    await _tell_approver(policy, by.now)
    return end


@atomic()
async def decide_end(number: str, end_id: UUID, verdict: Verdict, *, reason: str = "", by: By) -> PolicyEnd:
    """Confirm the end of a policy, or reject it with the reason.

    Raises:
        NotFound: the policy has no such proposal.
        SamePerson: the actor proposed it.
        Invalid: at `reason`.
    """
    by.actor.require(PolicyAct.RELEASE_POLICY)
    policy = await _lock(number)
    end = await PolicyEnd.filter(id=end_id, policy_id=policy.id).select_for_update().first()
    if end is None:
        raise NotFound(_("没有这个废止的提议。"))
    refusal = _("废止的提出与决定须由两人分别完成。")
    await decide(end, verdict, by=by, reason=reason.strip()[:300], refusal=refusal)
    is_confirmed = verdict is Verdict.CONFIRMED
    verb = PolicyVerb.CONFIRM_END if is_confirmed else PolicyVerb.REJECT_END
    await record("policy", policy.id, verb, by=by, end=end.id)
    if is_confirmed:
        await _set_end(policy)
        await end_policy(policy.id, now=by.now)
    return end


@atomic()
async def take_effect(policy_id: UUID, *, now: datetime) -> bool:
    """Let a released policy amend or repeal the earlier one once its day has come. Idempotent."""
    policy = await Policy.get(id=policy_id)
    if policy.affects_id is None or policy.status not in VALID or local_date(now) < policy.effective_on:
        return False
    earlier = await Policy.filter(id=policy.affects_id).select_for_update().get()
    action = PolicyAction.REPEAL if policy.effect is Effect.REPEALS else PolicyAction.AMEND
    if earlier.status is PolicyStatus.REPEALED or (
        action is PolicyAction.AMEND and earlier.status is PolicyStatus.AMENDED
    ):
        return False
    await _change(earlier, action, By.job(now), by_policy=policy.number)
    return True


@atomic()
async def end_policy(policy_id: UUID, *, now: datetime) -> bool:
    """Repeal a policy after its last day. Idempotent."""
    policy = await Policy.filter(id=policy_id).select_for_update().get()
    last_day = await last_day_of(policy)
    if policy.status not in VALID or last_day is None or now < end_of_day(last_day):
        return False
    await _change(policy, PolicyAction.REPEAL, By.job(now))
    return True


async def last_day_of(policy: Policy) -> date | None:
    """Return the last day of a policy, as it names one or as an end was confirmed; None: it has none."""
    ends = await PolicyEnd.filter(policy_id=policy.id, verdict=Verdict.CONFIRMED)
    days = [end.ends_on for end in ends] + ([policy.ends_on] if policy.ends_on is not None else [])
    return min(days, default=None)


async def _set_end(policy: Policy) -> None:
    last_day = await last_day_of(policy)
    await set_moment("policy", policy.id, END, end_of_day(last_day) if last_day is not None else None)


async def _change(policy: Policy, action: PolicyAction, by: By, **data: Any) -> None:
    await transition(policy, action, by=by, changes={"revision": policy.revision + 1}, **data)
    await enqueue(INDEX, policy.id)


async def content_hash(policy: Policy) -> str:
    """Return the SHA-256 of what a release freezes, in hexadecimal."""
    links = await PolicyProgramme.filter(policy_id=policy.id).select_related("programme")
    content = {name: getattr(policy, name) for name in CONTENT}
    days = {name: str(getattr(policy, name)) for name in DAYS}
    return hash_content(
        {
            **content,
            **days,
            "affects_id": str(policy.affects_id),
            "file": str(policy.file_id),
            "programmes": sorted(link.programme.slug for link in links),
        }
    )


async def _sound(draft: PolicyDraft, policy: Policy | None) -> dict[str, Any]:
    """Return the columns of a draft.

    Raises:
        Invalid: at the field that does not fit.
    """
    values = dict(draft.values)
    if values["effective_on"] < values["issued_on"]:
        raise Invalid(_("施行的日子不应早于印发的日子。"), field="effective_on")
    if values["ends_on"] is not None and values["ends_on"] < values["effective_on"]:
        raise Invalid(_("有效期的最后一天不应早于施行的日子。"), field="ends_on")
    effect = values["effect"]
    if bool(draft.affects) != (effect is not None):
        raise Invalid(_("请同时选择修改还是代替，以及是哪一份。"), field="affects")
    values["affects_id"] = None
    if draft.affects:
        earlier = await Policy.get_or_none(number=draft.affects, status__in=VALID)
        if earlier is None or (policy is not None and earlier.id == policy.id):
            raise Invalid(_("没有这份有效的政策。"), field="affects")
        values["affects_id"] = earlier.id
    standing = Policy.filter(document_number=values["document_number"], title=values["title"]).exclude(
        status=PolicyStatus.DISCARDED
    )
    if await (standing.exclude(id=policy.id) if policy else standing).exists():
        raise _taken()
    return values


def _taken() -> Invalid:
    return Invalid(_("已有这份政策。"), field="title")


def require_unreleased(policy: Policy) -> None:
    """Raise unless a policy is a draft still.

    Raises:
        Conflict: it was released or discarded.
    """
    if policy.status not in EDITABLE:
        raise Conflict(_("政策发布后不再修改；有新文件的，另建一份并写明修改或代替哪一份。"))


async def _write_parts(policy: Policy, draft: PolicyDraft, *, by: By) -> None:
    """Write which programmes the policy founds, and attach its file."""
    programmes = await Programme.filter(slug__in=list(draft.programmes)).order_by("slug")
    await PolicyProgramme.filter(policy_id=policy.id).delete()
    await PolicyProgramme.bulk_create(
        [PolicyProgramme(id=uuid4(), policy=policy, programme=programme) for programme in programmes]
    )
    if draft.blob is not None:
        file = await attach(
            draft.blob, subject_kind="policy", subject_id=policy.id, kind=TEXT, tier=Tier.PUBLIC, by=by
        )
        policy.file_id = file.id
        await policy.save(update_fields=["file_id"])


async def _tell_approver(policy: Policy, now: datetime) -> None:
    await notify_staff(
        StaffRole.APPROVER,
        _("政策“%(title)s”有待您决定的事项。", title=policy.title[:80]),
        now=now,
        address=f"/desk/policies/{policy.number}",
    )


async def _lock(number: str) -> Policy:
    policy = await Policy.filter(number=number).select_for_update().first()
    if policy is None:
        raise NotFound(_("没有这份政策。"))
    return policy
