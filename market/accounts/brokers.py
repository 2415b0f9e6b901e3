"""Technology brokers (技术经纪人): their profile and certificate, and the operator's verification of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

from market.accounts.actors import Actor
from market.accounts.messages import notify, notify_staff
from market.accounts.models import BrokerProfile, StaffRole, UserVerb
from market.accounts.permissions import AccountAct
from market.accounts.staff import require_no_staff
from market.audit.log import record
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.i18n import gettext as _
from market.kit.person_marks import person_mark
from market.kit.room import notify_change_listeners
from market.records.by import By

CERTIFICATE = ("certificate_level", "certificate_number", "certificate_issuer")
PROFILE = ("fields_of_work", "introduction")


@atomic()
async def apply_as_broker(details: Mapping[str, Any], *, by: By) -> BrokerProfile:
    """Save a person's broker profile; a changed certificate has to be verified again."""
    profile = await BrokerProfile.filter(user_id=by.actor.user_id).select_for_update().first()
    values = {name: details[name] for name in (*CERTIFICATE, *PROFILE)}
    if profile is None:
        profile = await BrokerProfile.create(
            id=uuid4(), user_id=by.actor.user_id, created_at=by.now, **values
        )
    else:
        if any(getattr(profile, name) != values[name] for name in CERTIFICATE):
            profile.is_verified = False
        profile.update_from_dict(values)
        profile.revision += 1
        await profile.save(update_fields=[*values, "is_verified", "revision"])
    await record("user", profile.user_id, UserVerb.APPLY_AS_BROKER, by=by)
    await notify_change_listeners("brokers", profile.id)
    return profile


@atomic()
async def update_broker(details: Mapping[str, Any], *, by: By) -> BrokerProfile:
    """Save the profile of a signed-in person, and notify operators if it needs verification."""
    by.actor.require(AccountAct.READ_OWN_DATA)
    await require_no_staff(by.actor.user_id)
    profile = await apply_as_broker(details, by=by)
    if not profile.is_verified:
        await notify_staff(
            StaffRole.OPERATOR,
            _("技术经纪人等待认证：%(name)s", name=person_mark(by.actor.user_id)),
            people=[by.actor.user_id],
            address=f"/backoffice/brokers/{profile.id}",
            now=by.now,
        )
    return profile


@atomic()
async def verify_broker(profile_id: UUID, *, revision: int, by: By) -> BrokerProfile:
    """Verify a broker, who may then take up matches.

    Raises:
        Conflict: the profile was changed since the operator looked at it, or is already verified.
    """
    profile = await _lock(profile_id, revision, by.actor)
    profile.is_verified = True
    profile.revision += 1
    await profile.save(update_fields=["is_verified", "revision"])
    await record("user", profile.user_id, UserVerb.VERIFY_BROKER, by=by)
    await notify_change_listeners("brokers", profile.id)
    await notify(
        _("您的技术经纪人资格已通过认证，可以接手对接了。"),
        user_ids=[profile.user_id],
        address="/matches",
        now=by.now,
    )
    return profile


@atomic()
async def return_broker(profile_id: UUID, reason: str, *, revision: int, by: By) -> BrokerProfile:
    """Return a broker profile for correction, with the reason.

    Raises:
        Conflict: the profile was changed since the operator looked at it, or is already verified.
        Invalid: no reason is given.
    """
    if not reason.strip():
        raise Invalid(_("退回时请写明理由，对方据此修改。"), "reason")
    profile = await _lock(profile_id, revision, by.actor)
    await record("user", profile.user_id, UserVerb.RETURN_BROKER, by=by)
    await notify(
        _("技术经纪人资格退回修改（理由：%(reason)s）", reason=reason.strip()),
        user_ids=[profile.user_id],
        address="/account/broker",
        now=by.now,
    )
    return profile


async def list_brokers_of_field(field: str) -> list[UUID]:
    """Return the verified brokers who work in a field, and those who named none."""
    profiles = BrokerProfile.filter(is_verified=True, user__is_active=True)
    rows = await profiles.values_list("user_id", "fields_of_work")
    return [UUID(str(user_id)) for user_id, fields in rows if not fields or not field or field in fields]


async def _lock(profile_id: UUID, revision: int, actor: Actor) -> BrokerProfile:
    actor.require(AccountAct.VERIFY_ORGANISATION)
    profile = await BrokerProfile.filter(id=profile_id).select_for_update().first()
    if profile is None:
        raise NotFound(_("没有这位经纪人。"))
    if profile.revision != revision:
        raise Conflict(_("这份资料刚被改过，请刷新后再看。"))
    if profile.is_verified:
        raise Conflict(_("这位经纪人已经通过认证。"))
    return profile
