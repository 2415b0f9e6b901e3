"""Invariants of people and organisations."""

from __future__ import annotations

from collections.abc import Mapping

from market.kit.findings import find_rows
from market.kit.i18n import lazy
from market.kit.room import Check, Invariant


async def staff_belong_to_no_organisation() -> list[str]:
    """Nobody who decides or audits for the department is a member of an organisation, or a broker."""
    return await find_rows(
        "SELECT u.name AS person, o.name AS organisation FROM users u "
        "JOIN memberships m ON m.user_id = u.id AND m.started_at IS NOT NULL AND m.ended_at IS NULL "
        "JOIN organisations o ON o.id = m.organisation_id WHERE u.is_active AND u.staff_role IS NOT NULL "
        "UNION SELECT u.name, '技术经纪人' FROM users u JOIN broker_profiles b ON b.user_id = u.id "
        "WHERE u.is_active AND b.is_verified AND u.staff_role IS NOT NULL",
        lazy("工作人员 %(person)s 同时属于 %(organisation)s"),
    )


CHECKS: Mapping[str, Invariant[Check]] = {
    "accounts: staff belong to no organisation": Invariant(
        lazy("账号：工作人员不属于任何单位"), staff_belong_to_no_organisation
    ),
}
