"""Organisations: registration, verification by the operator, and edits by their administrators."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from market.accounts.actors import Actor
from market.accounts.messages import notify, notify_staff
from market.accounts.models import (
    MemberRole,
    Membership,
    Organisation,
    OrganisationAction,
    OrganisationStatus,
    OrganisationVerb,
    StaffRole,
)
from market.accounts.permissions import AccountAct, NotYours
from market.accounts.queries import find_own_membership
from market.accounts.relations import require_unrelated
from market.accounts.sessions import act_for
from market.accounts.staff import require_no_staff
from market.audit.log import record
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.i18n import gettext as _
from market.kit.room import notify_change_listeners
from market.records.by import By
from market.records.transitions import transition

EDITABLE_ALWAYS = (
    "introduction",
    "contact_name",
    "contact_phone",
    "contact_email",
)
"""Fields that an organisation may edit at any time."""
LOGGED = ("name", "uscc", "region")
"""Fields whose old and new values stand in the log: none of them is about a person."""
EDITABLE_UNTIL_VERIFIED = (
    "name",
    "uscc",
    "kind",
    "region",
    "industry",
    "nature_code",
    "established_on",
    "is_state_owned",
    "is_manufacturer",
    "is_high_tech",
    "is_sme",
)
"""Fields that the operator verifies: rules of law and subsidies depend on them, so they are fixed then."""


async def require_unregistered(uscc: str) -> None:
    """Raise if an organisation with this code is registered.

    Raises:
        Invalid: it is, at the field `uscc`.
    """
    if await Organisation.exists(uscc=uscc):
        raise Invalid(_("这个单位已在平台登记。请改选“加入已有单位”，由它的管理员同意。"), "uscc")


@atomic()
async def register_organisation(details: Mapping[str, Any], *, by: By) -> Organisation:
    """Register an organisation, to be verified, with the person as its administrator.

    Raises:
        Invalid: an organisation with this code is registered already.
    """
    await require_unregistered(details["uscc"])
    organisation = await Organisation.create(
        id=uuid4(),
        status=OrganisationStatus.PENDING,
        created_at=by.now,
        **{name: details[name] for name in (*EDITABLE_UNTIL_VERIFIED, *EDITABLE_ALWAYS)},
    )
    await Membership.create(
        id=uuid4(),
        user_id=by.actor.user_id,
        organisation=organisation,
        role=MemberRole.ADMIN,
        applied_at=by.now,
        started_at=by.now,
    )
    await record("organisation", organisation.id, OrganisationVerb.REGISTER, by=by)
    return organisation


@atomic()
async def register_another_organisation(
    details: Mapping[str, Any], *, by: By, session_token: str
) -> Organisation:
    """Register an organisation for a signed-in person and switch them to it.

    Raises:
        Invalid: an organisation with this code is registered already.
    """
    by.actor.require(AccountAct.READ_OWN_DATA)
    await require_no_staff(by.actor.user_id)
    organisation = await register_organisation(details, by=by)
    await act_for(session_token, organisation.id)
    await _notify_operators(organisation, now=by.now)
    return organisation


async def get_organisation_to_edit(actor: Actor) -> Organisation:
    """Return the organisation the person acts for, if they are its administrator.

    Raises:
        NotFound: they act for none.
        NotYours: they are not its administrator.
    """
    membership = await find_own_membership(actor)
    if membership is None:
        raise NotFound(_("您还没有加入任何单位。"))
    if membership.role is not MemberRole.ADMIN:
        raise NotYours(_("只有单位管理员可以修改单位信息。"))
    if membership.organisation.is_verified:
        actor.require(AccountAct.EDIT_ORGANISATION)
    return membership.organisation


@atomic()
async def update_organisation(details: Mapping[str, Any], *, revision: int, by: By) -> Organisation:
    """Save an administrator's edits; a returned organisation is resubmitted by it.

    Of a verified organisation only `EDITABLE_ALWAYS` is saved.

    Raises:
        Conflict: it was changed meanwhile (optimistic lock by `revision`), or it is suspended.
        Invalid: another organisation has this code.
    """
    own = await get_organisation_to_edit(by.actor)
    organisation = await _lock(own.id, revision)
    if organisation.status is OrganisationStatus.SUSPENDED:
        raise Conflict(_("单位已停用，暂时不能修改。请联系平台管理员。"))
    names = EDITABLE_ALWAYS if organisation.is_verified else (*EDITABLE_UNTIL_VERIFIED, *EDITABLE_ALWAYS)
    if not organisation.is_verified and details["uscc"] != organisation.uscc:
        await require_unregistered(details["uscc"])
    was_returned = organisation.status is OrganisationStatus.RETURNED
    before = {name: getattr(organisation, name) for name in names}
    # A box that stays unticked says nothing about what was never stated.
    organisation.update_from_dict(
        {name: details[name] for name in names if (before[name], details[name]) != (None, False)}
    )
    organisation.revision += 1
    await organisation.save(update_fields=[*names, "revision"])
    if was_returned:
        await transition(organisation, OrganisationAction.RESUBMIT, by=by, changes={"return_reason": ""})
        await _notify_operators(organisation, now=by.now)
    else:
        await record(
            "organisation", organisation.id, OrganisationVerb.UPDATE, by=by, **_changes(before, details)
        )
    await notify_change_listeners("organisations", organisation.id)
    return organisation


def _changes(before: Mapping[str, Any], details: Mapping[str, Any]) -> dict[str, Any]:
    """Return for the log which fields changed, with old and new values of those that are about no person."""
    changed = [name for name, value in before.items() if (details[name] or None) != (value or None)]
    values: dict[str, Any] = {"fields": changed}
    for name in LOGGED:
        if name in changed:
            values |= {name: details[name], f"old_{name}": before[name]}
    return values


@atomic()
async def verify_organisation(organisation_id: UUID, *, revision: int, by: By) -> Organisation:
    """Verify an organisation, which may then take part.

    Raises:
        Conflict: it was changed since the operator saw it, or is not pending.
    """
    by.actor.require(AccountAct.VERIFY_ORGANISATION)
    await require_unrelated(by, [organisation_id])
    organisation = await _lock(organisation_id, revision)
    _require_pending(organisation)
    changes = {"verified_at": by.now, "revision": organisation.revision + 1}
    await transition(organisation, OrganisationAction.VERIFY, by=by, changes=changes)
    await notify_change_listeners("organisations", organisation.id)
    await notify(
        _("%(name)s 已通过认证，可以发布成果、需求和办理交易了。", name=organisation.name),
        organisation_id=organisation.id,
        address="/dashboard",
        now=by.now,
    )
    return organisation


@atomic()
async def return_organisation(organisation_id: UUID, reason: str, *, revision: int, by: By) -> Organisation:
    """Return an organisation's registration for correction, with the reason.

    Raises:
        Conflict: it was changed since the operator saw it, or is not pending.
        Invalid: no reason is given.
    """
    by.actor.require(AccountAct.VERIFY_ORGANISATION)
    if not reason.strip():
        raise Invalid(_("退回时请写明理由，对方据此修改。"), "reason")
    organisation = await _lock(organisation_id, revision)
    _require_pending(organisation)
    changes = {"return_reason": reason.strip(), "revision": organisation.revision + 1}
    await transition(organisation, OrganisationAction.RETURN, by=by, changes=changes)
    await notify(
        _("单位认证退回修改（理由：%(reason)s）", reason=organisation.return_reason),
        organisation_id=organisation.id,
        roles={MemberRole.ADMIN},
        address="/account/organisation",
        now=by.now,
    )
    return organisation


async def _lock(organisation_id: UUID, revision: int) -> Organisation:
    organisation = await Organisation.filter(id=organisation_id).select_for_update().first()
    if organisation is None:
        raise NotFound(_("没有这个单位。"))
    if organisation.revision != revision:
        raise Conflict(_("这个单位的信息刚被别人改过，请刷新后再看。"))
    return organisation


def _require_pending(organisation: Organisation) -> None:
    if organisation.status is not OrganisationStatus.PENDING:
        raise Conflict(_("这个单位现在不在等待认证。"))


async def _notify_operators(organisation: Organisation, *, now: datetime) -> None:
    await notify_staff(
        StaffRole.OPERATOR,
        _("单位等待认证：%(name)s", name=organisation.name),
        address=f"/backoffice/organisations/{organisation.id}",
        now=now,
    )
