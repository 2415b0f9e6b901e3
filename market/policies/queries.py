"""Policies as people may read them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from market.accounts.actors import Actor
from market.accounts.permissions import AccountAct
from market.files.models import StoredFile
from market.kit.errors import NotFound
from market.kit.i18n import gettext as _
from market.policies.models import Policy, PolicyEnd
from market.policies.states import PUBLIC, VALID, PolicyStatus
from market.programmes.models import Programme

RELATIONS = ("file", "affects", "proposed_by", "decided_by")


async def get_policy_for(actor: Actor | None, number: str) -> Policy:
    """Return a policy: a released one for everybody, any other for the desk.

    Raises:
        NotFound: there is none, or it is not released.
    """
    policy = await Policy.get_or_none(number=number).select_related(*RELATIONS)
    if policy is None or not _may_read(actor, policy):
        raise NotFound(_("没有这份政策。"))
    return policy


def _may_read(actor: Actor | None, policy: Policy) -> bool:
    return policy.status in PUBLIC or (actor is not None and actor.may(AccountAct.SEE_DESK))


async def may_open_text(actor: Actor | None, file: StoredFile) -> bool:
    """Return whether a person may open the file of a policy."""
    policy = await Policy.get_or_none(id=file.subject_id)
    return policy is not None and _may_read(actor, policy)


async def programmes_of(policy_id: UUID) -> list[Programme]:
    """Return the programmes that a policy founds."""
    return await Programme.filter(policies__policy_id=policy_id).order_by("region", "slug")


async def policies_of(programme_id: UUID) -> list[Policy]:
    """Return the released policies that found a programme, those in force first, then the newest."""
    rows = await Policy.filter(programmes__programme_id=programme_id, status__in=PUBLIC)
    return sorted(rows, key=lambda policy: (policy.status not in VALID, -policy.issued_on.toordinal()))


async def affected_by(policy_id: UUID) -> list[Policy]:
    """Return the released policies that amend or repeal one, the oldest first."""
    return await Policy.filter(affects_id=policy_id, status__in=PUBLIC).order_by("effective_on", "number")


async def ends_of(policy_id: UUID) -> list[PolicyEnd]:
    """Return the ends that were proposed, with who proposed and decided."""
    rows = PolicyEnd.filter(policy_id=policy_id).select_related("proposed_by", "decided_by")
    return await rows.order_by("proposed_at")


async def list_policies() -> list[Policy]:
    """Return all policies for the desk, those that wait first, then the newest."""
    rows = await Policy.exclude(status=PolicyStatus.DISCARDED).select_related(*RELATIONS)
    order = list(PolicyStatus)
    return sorted(
        rows, key=lambda policy: (order.index(policy.status), -policy.issued_on.toordinal(), policy.number)
    )


async def list_valid() -> list[Policy]:
    """Return the policies that another one may amend or replace."""
    return await Policy.filter(status__in=VALID).order_by("-issued_on", "number")


async def list_by_ids(ids: Collection[UUID]) -> list[Policy]:
    """Return those of these policies that everybody may read."""
    return await Policy.filter(id__in=list(ids), status__in=PUBLIC)


async def list_public() -> Sequence[Policy]:
    """Return all policies that everybody may read."""
    return await Policy.filter(status__in=PUBLIC)
