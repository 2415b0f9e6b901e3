"""Files of the deal room: access and upload."""

from __future__ import annotations

from market.accounts.actors import Actor
from market.accounts.permissions import Role
from market.audit.log import record
from market.deals.models import Deal
from market.deals.parties import contacts_visible, may_see, side_of
from market.deals.queries import lock_deal_seen_by
from market.deals.states import DealAct, DealVerb
from market.files.attachments import StoredBlob, attach
from market.files.models import StoredFile, Tier
from market.kit.database import atomic
from market.kit.errors import Conflict
from market.kit.i18n import gettext as _
from market.records.by import By

CERTIFICATE = "exchange_certificate"
"""Kind of the file that an exchange's certificate has."""


async def may_open_deal_file(actor: Actor | None, file: StoredFile) -> bool:
    """Return whether the person may open a file of a deal.

    Public files are open to all, those of the verified tier to verified people, the rest to both sides, the
    broker and auditors. A required undertaking is checked besides; such a file of the other side opens only
    when both have agreed to be introduced, since the undertaking is signed by name. An exchange's certificate
    is also open to the operator, who confirms it.
    """
    if file.tier is Tier.PUBLIC:
        return True
    if actor is None:
        return False
    if file.tier is Tier.VERIFIED and (actor.is_organisation_verified or Role.BROKER in actor.roles):
        return True
    if file.kind == CERTIFICATE and actor.may(DealAct.DECIDE_CERTIFICATE):
        return True
    deal = await Deal.get_or_none(id=file.subject_id)
    if deal is None or not may_see(deal, actor):
        return False
    is_own = file.uploaded_by_id == actor.user_id
    return file.tier is not Tier.UNDERTAKING or is_own or contacts_visible(deal)


@atomic()
async def add_file(
    number: str, blob: StoredBlob, kind: str, *, tier: Tier = Tier.PARTIES, by: By
) -> StoredFile:
    """Add a file to the deal room; a file of the same name becomes its next version.

    As with messages, the sides may once both have agreed to be introduced: its name and content could carry
    the contacts that are not revealed yet.

    Raises:
        NotFound: the person is neither of a side nor the deal's broker.
        Conflict: the deal has ended, or the sides have not agreed yet.
    """
    by.actor.require(DealAct.UPLOAD_TO_DEAL)
    deal = await lock_deal_seen_by(by.actor, number)
    if side_of(deal, by.actor) is not None and not contacts_visible(deal):
        raise Conflict(_("双方同意对接以后才能上传文件。"))
    if deal.end_reason:
        raise Conflict(_("这笔交易已经终止，不能再上传文件。"))
    file = await attach(blob, subject_kind="deal", subject_id=deal.id, kind=kind, tier=tier, by=by)
    await record("deal", deal.id, DealVerb.ADD_FILE, by=by, file=file.id, tier=tier, sha256=file.sha256)
    return file
