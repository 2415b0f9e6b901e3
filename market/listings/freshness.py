"""Freshness of listings: reminders before one expires, and renewal by the link of a mail."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from market.accounts import messages
from market.kit.clock import local_date
from market.kit.database import atomic
from market.kit.errors import NotFound
from market.kit.i18n import gettext as _
from market.kit.security import is_valid_signature, sign
from market.listings import lifecycle
from market.listings.deadlines import reminder_due, set_deadlines
from market.listings.kinds import Kind, Listing, get_kind, kind_of
from market.listings.lifecycle import AUTHORS, edit_address, lock, lock_by_id
from market.listings.models import Need
from market.records.by import By
from market.search import outbox

PURPOSE = "renew"
"""Purpose of the signature of a renewal link."""


def is_stale(listing: Listing) -> bool:
    """Return whether a reminder was sent and not answered: the listing then ranks after fresh ones.

    A need that only nears its deadline is not stale.
    """
    if listing.reminded_on is None or listing.verified_on is None:
        return False
    is_old = listing.reminded_on - listing.verified_on > timedelta(days=300)
    return listing.reminded_on > listing.verified_on and is_old


@atomic()
async def remind(kind: Kind, identity: UUID, *, secret: str, now: datetime) -> bool:
    """Remind the authors that a listing expires soon, if a reminder is due; return whether. Idempotent."""
    listing = await lock_by_id(kind, identity)
    today = local_date(now)
    if not reminder_due(listing, today):
        return False
    listing.reminded_on = today
    await listing.save(update_fields=["reminded_on"])
    await set_deadlines(listing)
    await outbox.enqueue(kind.index, listing.id)
    is_deadline = isinstance(listing, Need) and listing.deadline_on == listing.expires_on
    words = (
        _("《%(title)s》将在 %(day)s 截止。还需要的话，请修改截止日期。")
        if is_deadline
        else _("《%(title)s》将在 %(day)s 到期，确认前在列表里会排到后面。内容没有变，请一键确认续期。")
    )
    await messages.notify(
        words % {"title": listing.title[:60], "day": f"{listing.expires_on:%Y-%m-%d}"},
        now=now,
        address=edit_address(listing) if is_deadline else renewal_address(listing, secret),
        organisation_id=listing.organisation_id,
        roles=AUTHORS,
    )
    return True


def renewal_address(listing: Listing, secret: str) -> str:
    """Return the path that renews a listing without signing in; valid until the listing is renewed."""
    signature = sign(secret, PURPOSE, _signed_text(listing))
    return f"/renew/{kind_of(listing).key}/{listing.number}?token={signature}"


async def get_signed(kind: str, number: str, signature: str, *, secret: str) -> Listing:
    """Return the listing of a renewal link.

    Raises:
        NotFound: the signature is invalid, or the listing was renewed since.
    """
    listing = await get_kind(kind).model.filter(number=number).select_related("organisation").first()
    return _require_valid_link(listing, signature, secret)


@atomic()
async def renew_by_link(kind: str, number: str, signature: str, *, secret: str, now: datetime) -> Listing:
    """Renew a listing for twelve months, by the holder of the reminder's link.

    Raises:
        NotFound: as `get_signed`.
        Conflict: it is no longer on offer, or a need's deadline has passed.
    """
    listing = _require_valid_link(await lock(get_kind(kind), number), signature, secret)
    return await lifecycle.renew_locked(listing, by=By.job(now), way="mail")


def _require_valid_link(listing: Listing | None, signature: str, secret: str) -> Listing:
    if listing is None or not is_valid_signature(secret, PURPOSE, _signed_text(listing), signature):
        raise NotFound(_("这个续期链接已经用过或不再有效。登录后可以在“我的成果”或“我的需求”里续期。"))
    return listing


def _signed_text(listing: Listing) -> str:
    return f"{kind_of(listing).key}:{listing.number}:{listing.verified_on}"
