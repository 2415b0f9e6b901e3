"""What can be done to a listing. One function = one act = one transaction.

Outcomes and needs lead the same life, so each act is written once and named twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast
from uuid import UUID, uuid4

from market.accounts import messages
from market.accounts.actors import Actor
from market.accounts.models import MemberRole, Organisation, StaffRole
from market.accounts.permissions import Act, NotYours
from market.audit.models import AuditEvent
from market.audit.services import record
from market.codes.numbers import next_number
from market.kit.clock import local_date
from market.kit.database import atomic
from market.kit.errors import Conflict, Forbidden, Invalid, NotFound
from market.kit.i18n import gettext as _
from market.listings import rules
from market.listings.kinds import NEED, OUTCOME, Kind, Listing, get_kind, kind_of
from market.listings.models import Need, NeedStatus, Outcome, OutcomeStatus, Review, ReviewDecision
from market.listings.states import EDITABLE, LIVE, Move, next_status
from market.search import outbox

AUTHORS = {MemberRole.ADMIN, MemberRole.AGENT}


class Incomplete(Invalid):
    """What is still missing before a listing may be submitted: pairs of field and sentence."""

    def __init__(self, faults: list[tuple[str, str]]) -> None:
        super().__init__(_("还有几处没有填好。"))
        self.faults = faults


@atomic()
async def create_outcome(values: Mapping[str, Any], *, actor: Actor, now: datetime) -> Outcome:
    """Begin an outcome of the organisation the person acts for, as a draft."""
    return cast(Outcome, await _create(OUTCOME, values, actor=actor, now=now))


@atomic()
async def create_need(values: Mapping[str, Any], *, actor: Actor, now: datetime) -> Need:
    """Begin a need of the enterprise the person acts for, as a draft."""
    return cast(Need, await _create(NEED, values, actor=actor, now=now))


@atomic()
async def update_outcome(
    number: str, values: Mapping[str, Any], *, actor: Actor, now: datetime, seen: int | None = None
) -> Outcome:
    """Save a new revision. Of a published outcome it goes live at once, and must be complete.

    `seen` is the revision the person began from; if a colleague saved another since, they are told.
    """
    return cast(Outcome, await _update(OUTCOME, number, values, actor=actor, now=now, seen=seen))


@atomic()
async def update_need(
    number: str, values: Mapping[str, Any], *, actor: Actor, now: datetime, seen: int | None = None
) -> Need:
    """Save a new revision; as `update_outcome`."""
    return cast(Need, await _update(NEED, number, values, actor=actor, now=now, seen=seen))


@atomic()
async def submit_outcome(number: str, *, actor: Actor, now: datetime) -> Outcome:
    """Hand a complete outcome to the operator."""
    return cast(Outcome, await _submit(OUTCOME, number, actor=actor, now=now))


@atomic()
async def submit_need(number: str, *, actor: Actor, now: datetime) -> Need:
    """Hand a complete need to the operator."""
    return cast(Need, await _submit(NEED, number, actor=actor, now=now))


@atomic()
async def save(
    kind: Kind,
    number: str | None,
    values: Mapping[str, Any],
    *,
    is_submitted: bool,
    actor: Actor,
    now: datetime,
    seen: int | None = None,
) -> Listing:
    """Save what was typed, as a new draft when there is no number yet, and submit it if wished.

    Either both happen or neither.
    """
    if number is None:
        listing = await _create(kind, values, actor=actor, now=now)
    else:
        listing = await _update(kind, number, values, actor=actor, now=now, seen=seen)
    if is_submitted:
        listing = await _submit(kind, listing.number, actor=actor, now=now)
    return listing


@atomic()
async def review(
    kind: str,
    number: str,
    *,
    points: rules.Points,
    is_published: bool,
    comment: str,
    actor: Actor,
    now: datetime,
) -> Listing:
    """Judge a listing by the rubric: publish it for twelve months, or return it with the reasons.

    Raises:
        Invalid: the rubric does not allow the decision, or the reason is missing.
        Forbidden: it is the reviewer's own organisation's.
    """
    actor.require(Act.MODERATE)
    rules.check_decision(points, is_published=is_published, comment=comment)
    listing = await _lock(get_kind(kind), number)
    if any(identity == listing.organisation_id for identity, _name in actor.organisations):
        raise Forbidden(_("不能审核本单位的信息，请由其他管理员审核。"))
    await _move(
        listing, Move.PUBLISH if is_published else Move.RETURN, actor=actor, now=now, **points.by_heading
    )
    if is_published:
        listing.published_at = listing.published_at or now
        _verify(listing, now)
        await listing.save(update_fields=["published_at", "verified_on", "expires_on"])
    await Review.create(
        id=uuid4(),
        subject_kind=kind,
        subject_id=listing.id,
        revision=listing.revision,
        advantage=points.advantage,
        clarity=points.clarity,
        cooperation=points.cooperation,
        language=points.language,
        decision=ReviewDecision.PUBLISHED if is_published else ReviewDecision.RETURNED,
        comment=comment.strip(),
        reviewer_id=actor.user_id,
        reviewed_at=now,
    )
    await _tell_author(listing, is_published, now=now)
    return listing


@atomic()
async def unlist(kind: Kind, number: str, *, actor: Actor, now: datetime) -> Listing:
    """Take a listing off the market: an outcome becomes unlisted, a need closed."""
    listing = await _lock_own(kind, number, actor)
    await _move(listing, Move.UNLIST, actor=actor, now=now)
    return listing


@atomic()
async def renew(kind: Kind, number: str, *, actor: Actor, now: datetime) -> Listing:
    """Confirm that a listing still holds, for another twelve months.

    Raises:
        Conflict: a need's deadline has passed; it must be given a new one first.
    """
    listing = await _lock_own(kind, number, actor)
    if isinstance(listing, Need) and listing.deadline_on and listing.deadline_on < local_date(now):
        raise Conflict(_("这条需求的截止日期已过。请先修改截止日期，再续期。"))
    await _move(listing, Move.RENEW, actor=actor, now=now)
    if isinstance(listing, Outcome) and await _was_licensed(listing):
        listing.status = OutcomeStatus.LICENSED
    _verify(listing, now)
    await listing.save(update_fields=["status", "verified_on", "expires_on"])
    return listing


@atomic()
async def mark_licensed(
    outcome_id: UUID, *, is_sold: bool, now: datetime, actor: Actor | None = None
) -> Outcome:
    """Note that a contract about the outcome was signed: licensed and still on offer, or sold."""
    listing = await _lock_by_id(OUTCOME, outcome_id)
    if listing.status is not OutcomeStatus.SOLD:
        await _move(listing, Move.SELL if is_sold else Move.LICENSE, actor=actor, now=now)
    return cast(Outcome, listing)


@atomic()
async def mark_matching(need_id: UUID, *, now: datetime, actor: Actor | None = None) -> Need:
    """Note that somebody works on the need."""
    listing = await _lock_by_id(NEED, need_id)
    if listing.status is NeedStatus.PUBLISHED:
        await _move(listing, Move.MATCH, actor=actor, now=now)
    return cast(Need, listing)


@atomic()
async def mark_solved(need_id: UUID, *, now: datetime, actor: Actor | None = None) -> Need:
    """Note that a contract answers the need."""
    listing = await _lock_by_id(NEED, need_id)
    if listing.status is not NeedStatus.SOLVED:
        await _move(listing, Move.SOLVE, actor=actor, now=now)
    return cast(Need, listing)


async def run_due(now: datetime) -> int:
    """Let lapse what was not renewed in time; each in its own transaction. Return how many."""
    done = 0
    for kind in (OUTCOME, NEED):
        statuses = [status for status in LIVE if isinstance(status, kind.statuses)]
        due = kind.model.filter(status__in=statuses, expires_on__lt=local_date(now))
        for identity in await due.limit(1000).values_list("id", flat=True):
            done += await _expire(kind, identity, now)
    return done


@atomic()
async def _expire(kind: Kind, identity: UUID, now: datetime) -> bool:
    listing = await _lock_by_id(kind, identity)
    if listing.status not in LIVE or not listing.expires_on or listing.expires_on >= local_date(now):
        return False
    await _move(listing, Move.EXPIRE, actor=None, now=now)
    await messages.tell(
        _("《%(title)s》已过期，续期后恢复展示。", title=listing.title[:60]),
        now=now,
        address=_edit_address(listing),
        organisation_id=listing.organisation_id,
        roles=AUTHORS,
    )
    return True


async def _create(kind: Kind, values: Mapping[str, Any], *, actor: Actor, now: datetime) -> Listing:
    actor.require(Act.WRITE_LISTING)
    if not (actor.may_sell if kind is OUTCOME else actor.may_buy):
        raise NotYours(_("您所在单位的类型不能发布这类信息，或尚未通过认证。"))
    listing = kind.model(
        **{
            **kind.blank,
            **values,
            "id": uuid4(),
            "number": await next_number(kind.family, now),
            "organisation_id": actor.organisation_id,
            "created_by_id": actor.user_id,
            "created_at": now,
            "updated_at": now,
        }
    )
    listing.region = listing.region or actor.organisation_region
    listing.completeness = kind.completeness(listing)[0]
    await listing.save(force_create=True)
    await record(kind.key, listing.id, "created", actor=actor, now=now, number=listing.number)
    return cast(Listing, listing)


async def _update(
    kind: Kind, number: str, values: Mapping[str, Any], *, actor: Actor, now: datetime, seen: int | None
) -> Listing:
    listing = await _lock_own(kind, number, actor)
    if listing.status not in EDITABLE:
        raise Conflict(_("这条信息正在审核或已经结束，现在不能修改。"))
    if seen is not None and seen != listing.revision:
        raise Invalid(_("您编辑期间，同事已经保存过新的一稿。再点一次保存，就以您现在的内容为准。"))
    changed = [name for name, value in values.items() if getattr(listing, name) != value]
    if not changed:
        return listing
    for name in changed:
        setattr(listing, name, values[name])
    if listing.status in LIVE:
        await _require_complete(kind, listing, now)
        listing.expires_on = _expiry(listing)
    listing.revision += 1
    listing.updated_at = now
    listing.completeness = kind.completeness(listing)[0]
    await listing.save(
        update_fields=[*changed, *{"revision", "updated_at", "completeness", "expires_on"} - set(changed)]
    )
    await record(
        kind.key,
        listing.id,
        "edited",
        actor=actor,
        now=now,
        revision=listing.revision,
        fields=sorted(changed),
    )
    await _note_findable(kind, listing)
    return listing


async def _submit(kind: Kind, number: str, *, actor: Actor, now: datetime) -> Listing:
    listing = await _lock_own(kind, number, actor)
    next_status(listing.status, Move.SUBMIT)
    await _require_complete(kind, listing, now)
    listing.submitted_at = now
    await listing.save(update_fields=["submitted_at"])
    await _move(listing, Move.SUBMIT, actor=actor, now=now)
    await messages.tell_staff(
        StaffRole.OPERATOR,
        _("%(kind)s《%(title)s》待审核。", kind=kind.words, title=listing.title[:60]),
        now=now,
        address=f"/backoffice/listings/{kind.key}/{listing.number}",
    )
    return listing


async def _move(listing: Listing, move: Move, *, actor: Actor | None, now: datetime, **data: Any) -> None:
    """Write the new status with its trace in the log and, if it is or was findable, in the index."""
    before = listing.status
    listing.status = cast(Any, next_status(before, move))
    listing.updated_at = now
    await listing.save(update_fields=["status", "updated_at"])
    kind = kind_of(listing)
    await record(
        kind.key,
        listing.id,
        move.value,
        actor=actor,
        now=now,
        revision=listing.revision,
        before=before.value,
        after=listing.status.value,
        **data,
    )
    await _note_findable(kind, listing, was_findable=before in LIVE)


async def _note_findable(kind: Kind, listing: Listing, *, was_findable: bool = False) -> None:
    if was_findable or listing.status in LIVE:
        await outbox.changed(kind.index, listing.id)


async def _require_complete(kind: Kind, listing: Listing, now: datetime) -> None:
    faults = kind.faults(listing, local_date(now))
    if isinstance(listing, Need) and listing.is_masked:
        owner = await Organisation.get(id=listing.organisation_id)
        faults += rules.faults_of_mask(listing, owner.name)
    if faults:
        raise Incomplete(faults)


def _verify(listing: Listing, now: datetime) -> None:
    listing.verified_on = local_date(now)
    listing.expires_on = _expiry(listing)


def _expiry(listing: Listing) -> Any:
    if listing.verified_on is None:
        return None
    return rules.expires_on(listing.verified_on, listing.deadline_on if isinstance(listing, Need) else None)


async def _was_licensed(outcome: Outcome) -> bool:
    """The log remembers what the status forgot when the listing lapsed."""
    return await AuditEvent.exists(subject_kind=OUTCOME.key, subject_id=outcome.id, action=Move.LICENSE.value)


async def _lock(kind: Kind, number: str) -> Listing:
    found = await kind.model.filter(number=number).select_for_update().first()
    if found is None:
        raise NotFound(_("没有这个页面，或者您不能查看它。"))
    return cast(Listing, found)


async def _lock_by_id(kind: Kind, identity: UUID) -> Listing:
    return cast(Listing, await kind.model.filter(id=identity).select_for_update().get())


async def _lock_own(kind: Kind, number: str, actor: Actor) -> Listing:
    actor.require(Act.WRITE_LISTING)
    listing = await _lock(kind, number)
    if not actor.acts_for(listing.organisation_id):
        raise NotFound(_("没有这个页面，或者您不能查看它。"))
    return listing


async def _tell_author(listing: Listing, is_published: bool, *, now: datetime) -> None:
    title = listing.title[:60]
    await messages.tell(
        _("《%(title)s》已通过审核并发布。", title=title)
        if is_published
        else _("《%(title)s》退回修改，请看理由。", title=title),
        now=now,
        address=_edit_address(listing),
        organisation_id=listing.organisation_id,
        roles=AUTHORS,
    )


def _edit_address(listing: Listing) -> str:
    return f"/my/{kind_of(listing).index}/{listing.number}"
