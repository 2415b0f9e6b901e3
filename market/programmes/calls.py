"""Acts on calls: an officer drafts one, the approver releases it; another closing takes two persons again."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from market.accounts.messages import notify, notify_staff
from market.accounts.models import StaffRole
from market.audit.log import record
from market.codes.numbers import next_number
from market.files.attachments import StoredBlob, attach
from market.files.models import Tier
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.formats import closing_words
from market.kit.i18n import gettext as _
from market.kit.room import rooms
from market.kit.terms import hash_content
from market.programmes.call_models import Call, CallClosing
from market.programmes.call_queries import confirmed_closings, window_of_draft, windows_beside
from market.programmes.call_states import CallAct, CallAction, CallStatus, CallVerb
from market.programmes.call_warnings import overlap_words, overlapping
from market.programmes.call_windows import LEAST_NOTICE
from market.programmes.catalogue import get_programme, version_in_force
from market.programmes.models import Programme
from market.records.by import By
from market.records.decisions import Verdict, decide
from market.records.transitions import begin, transition

NOTICE = "call_notice"
"""Kind of the file that holds the notice as it was issued."""
CONTENT = ("year", "opens_at", "closes_at", "channel", "address", "contact", "phone", "papers", "text")
"""Columns that a draft is made of and that are frozen with its release."""


@atomic()
async def draft_call(slug: str, values: Mapping[str, Any], blob: StoredBlob | None = None, *, by: By) -> Call:
    """Draft a call of a programme; the approver is told.

    Raises:
        NotFound: there is no such programme.
        Invalid: at the field that does not fit.
    """
    by.actor.require(CallAct.DRAFT_CALL)
    programme = await get_programme(slug)
    await _require_sound(programme.id, values, by.now)
    call = await Call.create(
        **values,
        id=uuid4(),
        number=await next_number("call", by.now),
        programme=programme,
        proposed_by_id=by.actor.user_id,
        proposed_at=by.now,
        updated_at=by.now,
    )
    await _attach_notice(call, blob, by=by)
    await begin(call, by=by)
    await record("call", call.id, CallVerb.DRAFT, by=by, number=call.number, programme=slug)
    await _tell_approver(call, by.now)
    return call


@atomic()
async def edit_call(
    number: str, values: Mapping[str, Any], blob: StoredBlob | None = None, *, by: By
) -> Call:
    """Change a call that is not released; one that was returned waits for the approver again.

    Raises:
        Invalid: at the field that does not fit.
        Conflict: it is released.
    """
    by.actor.require(CallAct.DRAFT_CALL)
    call = await _lock(number)
    require_unreleased(call)
    await _require_sound(call.programme_id, values, by.now)
    changes = {**values, "proposed_by_id": by.actor.user_id, "proposed_at": by.now, "updated_at": by.now}
    await call.update_from_dict(changes).save(update_fields=list(changes))
    await _attach_notice(call, blob, by=by)
    await record("call", call.id, CallVerb.EDIT, by=by, fields=sorted(values))
    if call.status is CallStatus.RETURNED:
        await transition(call, CallAction.REDRAFT, by=by)
        await _tell_approver(call, by.now)
    return call


@atomic()
async def return_call(number: str, reason: str, *, by: By) -> Call:
    """Return a draft to who wrote it, with the reason.

    Raises:
        Invalid: at `reason`: there is none.
    """
    by.actor.require(CallAct.RELEASE_CALL)
    call = await _lock(number)
    if not reason.strip():
        raise Invalid(_("退回时请写明理由。"), field="reason")
    await transition(call, CallAction.RETURN, by=by, note=reason.strip()[:300])
    await notify(
        _("申报通知 %(number)s 被退回：%(reason)s", number=call.number, reason=reason.strip()[:200]),
        now=by.now,
        address=f"/desk/calls/{call.number}",
        user_ids=[call.proposed_by_id],
    )
    return call


@atomic()
async def release_call(number: str, *, seen: Collection[str] = (), by: By) -> Call:
    """Release a draft, by a second person; from then on it binds and is frozen.

    `seen` are the numbers of released calls of which the actor knows that this one overlaps them.

    Raises:
        SamePerson: the actor drafted it.
        Invalid: it would close before anybody could apply; at `seen`: it overlaps another one unseen.
    """
    by.actor.require(CallAct.RELEASE_CALL)
    call = await _lock(number)
    call.programme = await Programme.filter(id=call.programme_id).select_for_update().get()
    if call.status is not CallStatus.DRAFT:
        raise Conflict(str(Call.workflow.refusal))
    if call.closes_at <= by.now:
        raise Invalid(_("截止时间已过，请退回修改后再发布。"))
    released, _waiting = await windows_beside(call)
    unseen = [other for other in overlapping(window_of_draft(call), released) if other.number not in seen]
    if unseen:
        raise Invalid("".join(overlap_words(window_of_draft(call), unseen)), field="seen")
    await decide(call, Verdict.CONFIRMED, by=by, refusal=_("申报通知的起草与发布须由两人分别完成。"))
    await transition(call, CallAction.RELEASE, by=by, content_hash=content_hash(call))
    await _tell_rooms(call.id, by)
    return call


@atomic()
async def discard_call(number: str, *, by: By) -> Call:
    """Discard a call that is not released."""
    by.actor.require(CallAct.DRAFT_CALL)
    return await transition(await _lock(number), CallAction.DISCARD, by=by)


@atomic()
async def propose_closing(number: str, closes_at: datetime, ground: str, *, by: By) -> CallClosing:
    """Propose another closing of a released call; the approver decides.

    Raises:
        Invalid: at `closes_at`: it is past, the same, or comes too soon; at `ground`: there is none.
        Conflict: the call is not released, or a proposal waits.
    """
    by.actor.require(CallAct.DRAFT_CALL)
    call = await _lock(number)
    if call.status is not CallStatus.RELEASED:
        raise Conflict(_("没有发布的通知直接修改即可。"))
    if await CallClosing.exists(call_id=call.id, verdict=None):
        raise Conflict(_("已有一个改截止时间的提议，等批准人决定。"))
    if not ground.strip():
        raise Invalid(_("请写明为什么改，页面上会公布。"), field="ground")
    _require_sound_closing(call, closes_at, await _closing_of(call), by.now)
    closing = await CallClosing.create(
        id=uuid4(),
        call=call,
        closes_at=closes_at,
        ground=ground.strip()[:300],
        proposed_by_id=by.actor.user_id,
        proposed_at=by.now,
    )
    await record(
        "call",
        call.id,
        CallVerb.PROPOSE_CLOSING,
        by=by,
        closing=closing.id,
        closes_at=closes_at.isoformat(),
    )
    await notify_staff(
        StaffRole.APPROVER,
        _(
            "申报通知 %(number)s 拟改到 %(at)s 截止，待决定。",
            number=call.number,
            at=closing_words(closes_at),
        ),
        now=by.now,
        address=f"/desk/calls/{call.number}",
    )
    return closing


@atomic()
async def decide_closing(
    number: str, closing_id: UUID, verdict: Verdict, *, reason: str = "", by: By
) -> CallClosing:
    """Confirm another closing, which counts from now on, or reject it with the reason.

    Raises:
        NotFound: the call has no such proposal.
        SamePerson: the actor proposed it.
        Invalid: at `reason`, or the moment comes too soon by now.
    """
    by.actor.require(CallAct.RELEASE_CALL)
    call = await _lock(number)
    closing = await CallClosing.filter(id=closing_id, call_id=call.id).select_for_update().first()
    if closing is None:
        raise NotFound(_("没有这个改截止时间的提议。"))
    present = await _closing_of(call)
    refusal = _("改截止时间的提出与决定须由两人分别完成。")
    await decide(closing, verdict, by=by, reason=reason.strip()[:300], refusal=refusal)
    is_changed = verdict is Verdict.CONFIRMED
    if is_changed:
        _require_sound_closing(call, closing.closes_at, present, by.now)
    verb = CallVerb.CHANGE_CLOSING if is_changed else CallVerb.REJECT_CLOSING
    await record("call", call.id, verb, by=by, closing=closing.id, closes_at=closing.closes_at.isoformat())
    if is_changed:
        await _tell_rooms(call.id, by)
    words = (
        _("申报通知 %(number)s 的截止时间已改。", number=call.number)
        if is_changed
        else _(
            "改申报通知 %(number)s 的截止时间未获同意：%(reason)s", number=call.number, reason=closing.reason
        )
    )
    await notify(words, now=by.now, address=f"/desk/calls/{call.number}", user_ids=[closing.proposed_by_id])
    return closing


def content_hash(call: Call) -> str:
    """Return the SHA-256 of what a release freezes, in hexadecimal."""
    moments = {name: getattr(call, name).timestamp() for name in ("opens_at", "closes_at")}
    content = {name: getattr(call, name) for name in CONTENT}
    return hash_content(
        {
            **content,
            **{name: int(value) for name, value in moments.items()},
            "programme": str(call.programme_id),
            "file": str(call.file_id),
        }
    )


async def _lock(number: str) -> Call:
    call = await Call.filter(number=number).select_for_update().first()
    if call is None:
        raise NotFound(_("没有这份申报通知。"))
    return call


def require_unreleased(call: Call) -> None:
    """Raise unless a call is a draft still.

    Raises:
        Conflict: it was released or discarded.
    """
    if call.status not in (CallStatus.DRAFT, CallStatus.RETURNED):
        raise Conflict(_("申报通知发布后不再修改；截止时间可以另行提出修改。"))


async def _require_sound(programme_id: UUID, values: Mapping[str, Any], now: datetime) -> None:
    try:
        await version_in_force(programme_id, values["year"])
    except NotFound as refusal:
        raise Invalid(str(refusal), field="year") from None
    if values["closes_at"] <= values["opens_at"]:
        raise Invalid(_("截止时间应晚于开始时间。"), field="closes_at")
    if values["closes_at"] <= now:
        raise Invalid(_("截止时间已过。"), field="closes_at")


async def _closing_of(call: Call) -> datetime:
    return (await confirmed_closings([call.id])).get(call.id, call.closes_at)


def _require_sound_closing(call: Call, closes_at: datetime, present: datetime, now: datetime) -> None:
    if closes_at == present:
        raise Invalid(_("和现在的截止时间相同。"), field="closes_at")
    if closes_at <= max(now, call.opens_at):
        raise Invalid(_("新的截止时间应晚于现在和开始时间。"), field="closes_at")
    if closes_at < present and closes_at < now + LEAST_NOTICE:
        raise Invalid(_("提前截止的，至少要提前 7 天公布。"), field="closes_at")


async def _attach_notice(call: Call, blob: StoredBlob | None, *, by: By) -> None:
    if blob is None:
        return
    file = await attach(blob, subject_kind="call", subject_id=call.id, kind=NOTICE, tier=Tier.PUBLIC, by=by)
    call.file_id = file.id
    await call.save(update_fields=["file_id"])


async def _tell_approver(call: Call, now: datetime) -> None:
    await notify_staff(
        StaffRole.APPROVER,
        _("申报通知 %(number)s 待发布。", number=call.number),
        now=now,
        address=f"/desk/calls/{call.number}",
    )


async def _tell_rooms(call_id: UUID, by: By) -> None:
    """Call what rooms above do when a call binds or closes at another moment."""
    for listener in rooms().call_listeners:
        await listener(call_id, by)
