"""A deed that two units share: proposed by the one that declares it, agreed by the other before the check.

The shares add up to the whole: what does not fall to the partner is the unit's.
"""

from __future__ import annotations

from uuid import UUID, uuid4

from market.accounts.actors import Actor
from market.accounts.messages import notify
from market.accounts.models import Organisation, OrganisationStatus
from market.audit.log import record
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.formats import percent
from market.kit.i18n import gettext as _
from market.records.by import By
from market.records.decisions import Verdict, decide
from market.targets.declaring import WRITERS
from market.targets.models import Deed, DeedShare
from market.targets.queries import lock_deed
from market.targets.states import DeedStatus, DeedVerb, TargetAct

KIND = Deed.record_kind
WHOLE = 10_000
SHARED_IN = (DeedStatus.FOUND, DeedStatus.DECLARED)
"""Statuses in which units agree on their shares; the city checks them with the deed."""


@atomic()
async def propose_share(number: str, partner: str, partner_share: int, *, by: By) -> DeedShare:
    """Propose to share a deed with another unit, named by its code or its whole name, for the deed's unit.

    `partner_share` is in basis points.

    Raises:
        NotFound: there is none of the person's unit.
        Conflict: it is checked already, or a proposal waits.
        Invalid: at `partner`, no other verified unit; at `partner_share`, nothing or the whole.
    """
    by.actor.require(TargetAct.DECLARE_DEED)
    deed = await lock_deed(number)
    if not by.actor.acts_for(deed.unit_id):
        raise NotFound(_("没有这一项，或者您不能查看它。"))
    _require_shareable(deed)
    if await DeedShare.exists(deed_id=deed.id, verdict=None):
        raise Conflict(_("已有一个分享比例在等对方答复。"))
    if not 0 < partner_share < WHOLE:
        raise Invalid(_("对方的份额应大于 0、小于 100%%。"), field="share")
    organisation = await _find_partner(partner)
    if organisation is None or organisation.id == deed.unit_id:
        raise Invalid(_("没有这个已认证的单位，请填统一社会信用代码或全称。"), field="partner")
    share = await DeedShare.create(
        id=uuid4(),
        deed_id=deed.id,
        partner_id=organisation.id,
        partner_share=partner_share,
        proposed_by_id=by.actor.user_id,
        proposed_at=by.now,
    )
    await record(KIND, deed.id, DeedVerb.PROPOSE_SHARE, by=by, partner=organisation.id, share=partner_share)
    await notify(
        _("邀请贵单位分享一项重大成果转化，请答复：%(title)s。", title=deed.contract.name),
        now=by.now,
        address=f"/deeds/{number}",
        organisation_id=organisation.id,
        roles=WRITERS,
    )
    return share


@atomic()
async def decide_share(share_id: UUID, verdict: Verdict, *, reason: str = "", by: By) -> Deed:
    """Agree to a share or refuse it, for the partner; a colleague in the deed's unit may take it back.

    Raises:
        NotFound: there is none that is the person's to decide.
        SamePerson: the person proposed it.
        AlreadyDecided: somebody decided before.
        Conflict: the deed was checked meanwhile.
        Invalid: at `reason`, which a refusal must have.
    """
    by.actor.require(TargetAct.DECLARE_DEED)
    existing = await DeedShare.get_or_none(id=share_id).select_related("deed")
    if existing is None or not _decides(by.actor, existing, verdict):
        raise NotFound(_("没有这个分享比例。"))
    deed = await lock_deed(existing.deed.number)
    share = await DeedShare.filter(id=share_id).select_for_update().get()
    if verdict is Verdict.CONFIRMED:
        _require_shareable(deed)
    await decide(share, verdict, by=by, reason=reason)
    if verdict is Verdict.CONFIRMED:
        deed.partner_id, deed.partner_share, deed.updated_at = share.partner_id, share.partner_share, by.now
        await deed.save(update_fields=["partner_id", "partner_share", "updated_at"])
    await record(KIND, deed.id, DeedVerb.DECIDE_SHARE, by=by, share=share.id, verdict=verdict.value)
    words = (
        _(
            "分享比例已商定：%(title)s，对方 %(share)s。",
            title=deed.contract.name,
            share=percent(share.partner_share),
        )
        if verdict is Verdict.CONFIRMED
        else _("分享比例没有商定：%(title)s。%(reason)s", title=deed.contract.name, reason=reason)
    )
    for organisation_id in (deed.unit_id, share.partner_id):
        if organisation_id != by.actor.organisation_id:
            await notify(
                words,
                now=by.now,
                address=f"/deeds/{deed.number}",
                organisation_id=organisation_id,
                roles=WRITERS,
            )
    return deed


async def list_shares(deed_id: UUID) -> list[DeedShare]:
    """Return the proposals to share a deed, the last first."""
    shares = DeedShare.filter(deed_id=deed_id).select_related("partner", "proposed_by", "decided_by")
    return await shares.order_by("-proposed_at")


def _decides(actor: Actor, share: DeedShare, verdict: Verdict) -> bool:
    return actor.acts_for(share.partner_id) or (
        verdict is Verdict.REJECTED and actor.acts_for(share.deed.unit_id)
    )


def _require_shareable(deed: Deed) -> None:
    if deed.status not in SHARED_IN:
        raise Conflict(_("市里审核以后，份额不能再改。"))


async def _find_partner(text: str) -> Organisation | None:
    organisations = Organisation.filter(status=OrganisationStatus.VERIFIED)
    by_code = await organisations.get_or_none(uscc=text.strip().upper())
    if by_code is not None:
        return by_code
    by_name = await organisations.filter(name=text.strip()).limit(2)
    return by_name[0] if len(by_name) == 1 else None
