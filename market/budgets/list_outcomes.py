"""What became of the entries of a list after its publication: which were taken off, and what is left."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

from market.claims.models import Claim
from market.claims.states import ClaimStatus
from market.kit.formats import yuan
from market.kit.i18n import gettext as _
from market.notices.models import Notice
from market.notices.queries import upheld_entries
from market.notices.states import NoticeStatus


async def removed_entries(notice: Notice) -> dict[UUID, str]:
    """Return the published claims that are on the list no more, each with why."""
    return _removed(await _published(notice), notice, await upheld_entries(notice.id))


async def list_outcome(notice: Notice) -> list[list[str]]:
    """Return what became of a list's entries for its notice, pairs of label and text."""
    claims = await _published(notice)
    removed: Mapping[UUID, str] = _removed(claims, notice, await upheld_entries(notice.id))
    if not removed:
        return []
    names = dict(notice.entries)
    listed = [claim for claim in claims if claim.id not in removed]
    total = sum(claim.award_amount or 0 for claim in listed)
    return [
        *[[names[str(claim.id)], removed[claim.id]] for claim in claims if claim.id in removed],
        [_("移出后拟支持"), _("%(count)s 项，合计 %(sum)s", count=len(listed), sum=yuan(total))],
    ]


async def _published(notice: Notice) -> list[Claim]:
    return await Claim.filter(id__in=[entry for entry, _name in notice.entries]).order_by("number")


def _removed(claims: Collection[Claim], notice: Notice, upheld: Collection[UUID]) -> dict[UUID, str]:
    is_whole = notice.status is NoticeStatus.UPHELD
    removed: dict[UUID, str] = {}
    for claim in claims:
        if is_whole or claim.id in upheld:
            removed[claim.id] = _("异议成立，已移出")
        elif claim.status is ClaimStatus.REJECTED:
            removed[claim.id] = _("不再支持，已移出：%(reason)s", reason=_(claim.reject_reason))
    return removed
