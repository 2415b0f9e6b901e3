"""Personal data: export and erasure at the person's request.

Personal Information Protection Law of the PRC (个人信息保护法) articles 45 and 47.
"""

from __future__ import annotations

import secrets
from typing import Any

from market.accounts.actors import Actor
from market.accounts.authentication import verify_own_password
from market.accounts.erased_names import erase_name_from_texts
from market.accounts.factor_models import Authenticator, KnownDevice, Passkey, RecoveryCode
from market.accounts.memberships import is_last_admin
from market.accounts.models import (
    BrokerProfile,
    HeldForm,
    MailToken,
    Membership,
    Message,
    Organisation,
    OrganisationStatus,
    Session,
    User,
    UserVerb,
)
from market.accounts.permissions import AccountAct
from market.accounts.shown_names import ERASED_NAME, show_names
from market.audit.export_format import to_export_row
from market.audit.log import record
from market.audit.persons import erase_pseudonyms, pseudonyms_of
from market.audit.queries import list_acts_of
from market.kit.database import atomic
from market.kit.errors import Conflict
from market.kit.i18n import gettext as _
from market.kit.models import OutgoingMail
from market.kit.room import notify_change_listeners, rooms
from market.records.by import By


async def export_data(actor: Actor) -> dict[str, Any]:
    """Return all personal data of a person, with their audit events, for a JSON file.

    Records of their organisations are not personal data.
    """
    actor.require(AccountAct.READ_OWN_DATA)
    user = await User.get(id=actor.user_id)
    profile = await BrokerProfile.get_or_none(user_id=user.id)
    memberships = (
        await Membership.filter(user_id=user.id)
        .select_related("organisation")
        .order_by("applied_at", "started_at")
    )
    messages = await Message.filter(user_id=user.id).order_by("id")
    mails = await OutgoingMail.filter(recipient=user.email).order_by("id")
    await show_names(messages)
    await show_names(mails)
    return {
        "person": _values(user, "id", "email", "name", "staff_role", "email_confirmed_at", "created_at"),
        "memberships": [
            {
                "organisation": membership.organisation.name,
                **_values(membership, "role", "status", "applied_at", "started_at", "ended_at"),
            }
            for membership in memberships
        ],
        "broker": _values(
            profile,
            "certificate_level",
            "certificate_number",
            "certificate_issuer",
            "fields_of_work",
            "introduction",
            "is_verified",
            "created_at",
        )
        if profile
        else None,
        "sessions": [
            _values(session, "device", "created_at", "seen_at", "expires_at")
            for session in await Session.filter(user_id=user.id)
        ],
        "messages": [_values(message, "text", "address", "created_at", "read_at") for message in messages],
        "mails": [_values(mail, "subject", "created_at", "sent_at") for mail in mails],
        "acts": [to_export_row(event) for event in await list_acts_of(user.id)],
        **{data.name: await data.export(user.id) for data in rooms().personal_data},
    }


def _values(record: Any, *names: str) -> dict[str, Any]:
    return {name: getattr(record, name) for name in names}


async def erase_person(password: str, *, by: By) -> None:
    """Erase a person's data; what they did stays under a pseudonym that cannot be resolved.

    Raises:
        Invalid: the password is wrong.
        Conflict: they are staff, or the last administrator of a verified organisation.
    """
    by.actor.require(AccountAct.READ_OWN_DATA)
    user = await verify_own_password(password, actor=by.actor, field="password")
    await _erase(user, by=by)


@atomic()
async def _erase(user: User, *, by: By) -> None:
    await _require_erasable(user)
    pseudonyms = await pseudonyms_of(user.id)
    await record("user", user.id, UserVerb.ERASE, by=by, pseudonyms=pseudonyms)
    email = user.email
    # First what is found by name and address, which are gone afterwards.
    for data in rooms().personal_data:
        await data.erase(user.id, by)
    await erase_name_from_texts(user, ERASED_NAME)
    user.update_from_dict(
        {
            "name": ERASED_NAME,
            "email": f"{secrets.token_hex(12)}@erased.invalid",
            "password_hash": "",
            "is_active": False,
            "erased_at": by.now,
        }
    )
    await user.save(update_fields=["name", "email", "password_hash", "is_active", "erased_at"])
    await Session.filter(user_id=user.id).delete()
    await HeldForm.filter(user_id=user.id).delete()
    await Message.filter(user_id=user.id).delete()
    await MailToken.filter(user_id=user.id).delete()
    await OutgoingMail.filter(recipient=email).delete()
    for model in (Authenticator, Passkey, RecoveryCode, KnownDevice):
        await model.filter(user_id=user.id).delete()
    await Membership.filter(user_id=user.id, ended_at__isnull=True).update(ended_at=by.now)
    for profile in await BrokerProfile.filter(user_id=user.id):
        profile.update_from_dict(
            {"is_verified": False, "certificate_number": "", "certificate_issuer": "", "introduction": ""}
        )
        profile.revision += 1
        await profile.save(
            update_fields=[
                "is_verified",
                "certificate_number",
                "certificate_issuer",
                "introduction",
                "revision",
            ]
        )
        await notify_change_listeners("brokers", profile.id)
    await erase_pseudonyms(user.id)


async def _require_erasable(user: User) -> None:
    if user.staff_role is not None:
        raise Conflict(_("工作人员账号记着核算、复核、批准等责任，不能自行注销。请联系平台管理员停用。"))
    memberships = await Membership.active(user_id=user.id).select_related("organisation")
    # The lock serialises two administrators who leave at once, so that one of them stays.
    ids = [membership.organisation_id for membership in memberships]
    await Organisation.filter(id__in=ids).order_by("id").select_for_update()
    for membership in memberships:
        organisation = membership.organisation
        if organisation.status is OrganisationStatus.VERIFIED and await is_last_admin(membership):
            raise Conflict(
                _(
                    "您是 %(name)s 唯一的管理员。请先让另一位成员担任管理员，再注销账号。",
                    name=organisation.name,
                )
            )
