"""Acts on listings: create, edit, submit, review, unlist and renew. One act is one transaction.

Outcomes and needs share the implementation of each act.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast
from uuid import uuid4

from market.accounts import messages
from market.accounts.actors import Actor
from market.accounts.models import StaffRole
from market.accounts.permissions import NotYours
from market.accounts.relations import require_unrelated
from market.audit.log import record
from market.codes.numbers import next_number
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid
from market.kit.i18n import gettext as _
from market.listings import changes, lifecycle, rules
from market.listings.change_rules import values_of
from market.listings.deadlines import set_deadlines
from market.listings.differences import content_fields
from market.listings.holds import require_not_held
from market.listings.kinds import NEED, OUTCOME, Kind, Listing, get_kind
from market.listings.lifecycle import (
    AUTHORS,
    edit_address,
    lock,
    lock_own,
    mark_verified,
    transition_listing,
)
from market.listings.models import Need, Outcome, Review, ReviewDecision, ReviewRemark
from market.listings.states import (
    EDITABLE,
    SHOWN_AS_REVIEWED,
    ListingAct,
    ListingAction,
    ListingVerb,
    workflow_of,
)
from market.listings.submission import require_complete
from market.records.by import By


@atomic()
async def create_outcome(values: Mapping[str, Any], *, by: By) -> Outcome:
    """Create a draft outcome of the actor's organisation."""
    return cast(Outcome, await _create(OUTCOME, values, by=by))


@atomic()
async def create_need(values: Mapping[str, Any], *, by: By) -> Need:
    """Create a draft need of the actor's enterprise."""
    return cast(Need, await _create(NEED, values, by=by))


@atomic()
async def update_outcome(
    number: str, values: Mapping[str, Any], *, by: By, base_revision: int | None = None
) -> Outcome:
    """Save a new revision; of a published outcome see `changes.save_published`.

    `base_revision` is the revision that the edit started from, for optimistic locking.

    Raises:
        Invalid: a colleague saved another revision since.
        Incomplete: a published outcome lacks required fields.
        Conflict: the status does not allow edits.
    """
    return cast(Outcome, await _update(OUTCOME, number, values, by=by, base_revision=base_revision))


@atomic()
async def update_need(
    number: str, values: Mapping[str, Any], *, by: By, base_revision: int | None = None
) -> Need:
    """Save a new revision; as `update_outcome`."""
    return cast(Need, await _update(NEED, number, values, by=by, base_revision=base_revision))


@atomic()
async def submit_outcome(number: str, *, by: By) -> Outcome:
    """Submit a complete outcome for review."""
    return cast(Outcome, await _submit(OUTCOME, number, by=by))


@atomic()
async def submit_need(number: str, *, by: By) -> Need:
    """Submit a complete need for review."""
    return cast(Need, await _submit(NEED, number, by=by))


@atomic()
async def save(
    kind: Kind,
    number: str | None,
    values: Mapping[str, Any],
    *,
    is_submitted: bool,
    by: By,
    base_revision: int | None = None,
) -> Listing:
    """Save the values, as a new draft without a number, and optionally submit, in one transaction.

    While the organisation waits for verification nothing is submitted: it stays a draft.
    """
    if number is None:
        listing = await _create(kind, values, by=by)
    else:
        listing = await _update(kind, number, values, by=by, base_revision=base_revision)
    if is_submitted and by.actor.may(ListingAct.WRITE_LISTING):
        listing = await _submit(kind, listing.number, by=by)
    return listing


@atomic()
async def review(
    kind: str,
    number: str,
    *,
    points: rules.Points,
    is_published: bool,
    comment: str,
    remarks: Mapping[str, str] | None = None,
    by: By,
) -> Listing:
    """Review a listing by the rubric: publish it for twelve months, or return it with the reasons.

    `remarks` are what to mend, by field of the form. The draft is kept, to compare the next one with.

    Raises:
        Invalid: the rubric does not allow the decision, or the reason is missing.
        Forbidden: it belongs to the reviewer's own organisation.
    """
    by.actor.require(ListingAct.MODERATE)
    rules.check_decision(points, is_published=is_published, comment=comment, remarks=remarks)
    listing = await lock(get_kind(kind), number)
    await require_unrelated(by, [listing.organisation_id])
    action = await lifecycle.publication_of(listing) if is_published else ListingAction.RETURN
    await transition_listing(listing, action, by=by, **points.by_heading)
    if is_published:
        listing.published_at = listing.published_at or by.now
        mark_verified(listing, by.now)
        await listing.save(update_fields=["published_at", "verified_on", "expires_on"])
        await set_deadlines(listing)
    judged = await Review.create(
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
        reviewer_id=by.actor.user_id,
        reviewed_at=by.now,
        content=values_of(listing, content_fields(kind)),
    )
    await ReviewRemark.bulk_create(
        [
            ReviewRemark(id=uuid4(), review_id=judged.id, field=name, text=text[:500])
            for name, text in (remarks or {}).items()
        ]
    )
    await _notify_author(listing, is_published, now=by.now)
    return listing


@atomic()
async def unlist(kind: Kind, number: str, *, by: By) -> Listing:
    """Take a listing off offer: an outcome becomes unlisted, a need closed.

    Raises:
        Conflict: something holds it, such as an auction.
    """
    listing = await lock_own(kind, number, by.actor)
    await require_not_held(kind.key, listing.id)
    await transition_listing(listing, ListingAction.UNLIST, by=by)
    return listing


@atomic()
async def renew(kind: Kind, number: str, *, by: By) -> Listing:
    """Renew a listing for twelve months.

    Raises:
        Conflict: a need's deadline has passed; it must be given a new one first.
    """
    return await lifecycle.renew_locked(await lock_own(kind, number, by.actor), by=by, way="site")


def require_may_create(kind: Kind, actor: Actor) -> None:
    """Raise unless the actor may create a listing of this kind.

    Raises:
        NotYours: the role does not allow it, or the kind of the organisation.
    """
    actor.require(ListingAct.DRAFT_LISTING)
    if not (actor.sells if kind is OUTCOME else actor.buys):
        raise NotYours(_("您所在单位的类型不能发布这类信息。"))


async def _create(kind: Kind, values: Mapping[str, Any], *, by: By) -> Listing:
    require_may_create(kind, by.actor)
    listing = kind.model(
        **{
            **kind.blank,
            **values,
            "id": uuid4(),
            "number": await next_number(kind.key, by.now),
            "organisation_id": by.actor.organisation_id,
            "created_by_id": by.actor.user_id,
            "created_at": by.now,
            "updated_at": by.now,
        }
    )
    listing.region = listing.region or by.actor.organisation_region
    listing.completeness = kind.completeness(listing)[0]
    await listing.save(force_create=True)
    await record(kind.key, listing.id, ListingVerb.CREATED, by=by, number=listing.number)
    return cast(Listing, listing)


async def _update(
    kind: Kind, number: str, values: Mapping[str, Any], *, by: By, base_revision: int | None
) -> Listing:
    listing = await lock_own(kind, number, by.actor, ListingAct.DRAFT_LISTING)
    if listing.status not in EDITABLE:
        raise Conflict(_("这条信息正在审核或已经结束，现在不能修改。"))
    if base_revision is not None and base_revision != listing.revision:
        raise Invalid(_("您编辑期间，同事已经保存过新的一稿。再点一次保存，就以您现在的内容为准。"))
    changed = [name for name, value in values.items() if getattr(listing, name) != value]
    if not changed and listing.status not in SHOWN_AS_REVIEWED:
        return listing
    if listing.status in SHOWN_AS_REVIEWED:
        by.actor.require(ListingAct.WRITE_LISTING)
        return await changes.save_published(kind, listing, values, by=by)
    for name in changed:
        setattr(listing, name, values[name])
    listing.revision += 1
    listing.updated_at = by.now
    listing.completeness = kind.completeness(listing)[0]
    await listing.save(update_fields=[*changed, *{"revision", "updated_at", "completeness"} - set(changed)])
    await set_deadlines(listing)
    await record(
        kind.key,
        listing.id,
        ListingVerb.EDITED,
        by=by,
        revision=listing.revision,
        fields=sorted(changed),
    )
    return listing


async def _submit(kind: Kind, number: str, *, by: By) -> Listing:
    listing = await lock_own(kind, number, by.actor)
    workflow_of(listing.status).next(listing.status, ListingAction.SUBMIT)
    await require_complete(kind, listing, by.now)
    listing.submitted_at = by.now
    await listing.save(update_fields=["submitted_at"])
    await transition_listing(listing, ListingAction.SUBMIT, by=by)
    await messages.notify_staff(
        StaffRole.OPERATOR,
        _("%(kind)s《%(title)s》待审核。", kind=kind.words, title=listing.title[:60]),
        now=by.now,
        address=f"/backoffice/listings/{kind.key}/{listing.number}",
    )
    return listing


async def _notify_author(listing: Listing, is_published: bool, *, now: datetime) -> None:
    title = listing.title[:60]
    await messages.notify(
        _("《%(title)s》已通过审核并发布。", title=title)
        if is_published
        else _("《%(title)s》退回修改，请看理由。", title=title),
        now=now,
        address=edit_address(listing),
        organisation_id=listing.organisation_id,
        roles=AUTHORS,
    )
