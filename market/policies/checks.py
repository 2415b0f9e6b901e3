"""Invariants of the library of policies."""

from __future__ import annotations

from collections.abc import Mapping

from market.audit.models import AuditEvent
from market.kit.findings import MAX_FINDINGS, find_rows
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.room import Check, Invariant
from market.policies.library import content_hash
from market.policies.models import Policy
from market.policies.states import PUBLIC, PolicyAction


async def policies_are_as_released() -> list[str]:
    """Each released policy says what the log of its release has the hash of."""
    events = await AuditEvent.filter(subject_kind="policy", action=PolicyAction.RELEASE)
    released = {event.subject_id: event.data.get("content_hash") for event in events}
    return [
        _("政策 %(number)s 与发布时不同", number=policy.number)
        for policy in await Policy.filter(status__in=PUBLIC).order_by("number")
        if released.get(policy.id) != await content_hash(policy)
    ][:MAX_FINDINGS]


async def repealed_policies_have_a_ground() -> list[str]:
    """A policy is amended or repealed by a released one, or by its own last day; confirmed ends by two."""
    return await find_rows(
        "SELECT p.number FROM policies p WHERE (p.status = 'repealed' AND p.ends_on IS NULL AND NOT EXISTS "
        "(SELECT 1 FROM policies l WHERE l.affects_id = p.id AND l.effect = 'repeals' "
        "AND l.status IN ('in_force', 'amended', 'repealed')) AND NOT EXISTS "
        "(SELECT 1 FROM policy_ends e WHERE e.policy_id = p.id AND e.verdict = 'confirmed')) "
        "OR (p.status = 'amended' AND NOT EXISTS (SELECT 1 FROM policies l WHERE l.affects_id = p.id "
        "AND l.effect = 'amends' AND l.status IN ('in_force', 'amended', 'repealed')))",
        lazy("政策 %(number)s 的状态没有依据"),
    )


async def ends_are_decided_by_two() -> list[str]:
    """Each confirmed end stands in the log, as it was proposed and confirmed, and each of the log counts."""
    return await find_rows(
        "SELECT p.number FROM policy_ends k JOIN policies p ON p.id = k.policy_id "
        "WHERE k.verdict = 'confirmed' AND NOT EXISTS (SELECT 1 FROM audit_events e "
        "JOIN audit_events c ON c.subject_id = e.subject_id "
        "AND c.action = 'confirm_end' AND c.data->>'end' = k.id::text WHERE e.subject_kind = 'policy' "
        "AND e.subject_id = p.id AND e.action = 'propose_end' AND e.data->>'end' = k.id::text "
        "AND e.data->>'ends_on' = k.ends_on::text) "
        "UNION ALL SELECT p.number FROM audit_events c JOIN policies p ON p.id = c.subject_id "
        "WHERE c.subject_kind = 'policy' AND c.action = 'confirm_end' AND NOT EXISTS ("
        "SELECT 1 FROM policy_ends k WHERE k.policy_id = p.id AND k.id::text = c.data->>'end' "
        "AND k.verdict = 'confirmed')",
        lazy("政策 %(number)s 的废止不是两人定的"),
    )


CHECKS: Mapping[str, Invariant[Check]] = {
    "policies: documents are as released": Invariant(
        lazy("政策库：文件与发布时一致"), policies_are_as_released
    ),
    "policies: what is repealed has a ground": Invariant(
        lazy("政策库：修改和废止有依据"), repealed_policies_have_a_ground
    ),
    "policies: ends are decided by two": Invariant(
        lazy("政策库：没有新文件代替的，废止由两人定"), ends_are_decided_by_two
    ),
}
