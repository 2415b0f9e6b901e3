"""Invariants of what organisations were told."""

from __future__ import annotations

from collections.abc import Mapping

from market.kit.findings import find_rows
from market.kit.i18n import lazy
from market.kit.room import Check, Invariant


async def records_are_of_released_terms() -> list[str]:
    """Answers are of released terms alone, and of calls of their programme and year."""
    return await find_rows(
        "SELECT o.name FROM eligibility_records r JOIN organisations o ON o.id = r.organisation_id "
        "JOIN programme_terms t ON t.id = r.terms_id LEFT JOIN calls c ON c.id = r.call_id "
        "WHERE t.status <> 'released' OR (c.id IS NOT NULL AND (c.status <> 'released' OR c.year <> r.year "
        "OR c.programme_id <> t.programme_id))",
        lazy("%(name)s 的核对结果所依据的规则或通知不对"),
    )


async def reminders_are_of_published_closings() -> list[str]:
    """Each reminder tells of a closing that the call had: as published first, or as changed by two."""
    return await find_rows(
        "SELECT c.number FROM call_reminders m JOIN calls c ON c.id = m.call_id "
        "WHERE m.closes_at <> c.closes_at AND NOT EXISTS (SELECT 1 FROM call_closings k "
        "WHERE k.call_id = c.id AND k.verdict = 'confirmed' "
        "AND k.closes_at = m.closes_at AND k.decided_at <= m.sent_at)",
        lazy("申报通知 %(number)s 的提醒所写的截止时间没有公布过"),
    )


async def those_who_were_told_had_members() -> list[str]:
    """A message that counts recipients stands in the inbox of a member or was in the weekly mail."""
    return await find_rows(
        "SELECT o.name FROM eligibility_messages t JOIN organisations o ON o.id = t.organisation_id "
        "WHERE t.recipients > 0 AND NOT EXISTS (SELECT 1 FROM memberships m JOIN users u ON u.id = m.user_id "
        "WHERE m.organisation_id = t.organisation_id AND m.started_at <= t.told_at "
        "AND (m.ended_at IS NULL OR m.ended_at >= t.told_at))",
        lazy("记着已告知 %(name)s，但它当时没有成员"),
    )


CHECKS: Mapping[str, Invariant[Check]] = {
    "eligibility: answers are of released terms": Invariant(
        lazy("谁可以申报：核对结果依据已发布的规则"), records_are_of_released_terms
    ),
    "eligibility: reminders are of published closings": Invariant(
        lazy("谁可以申报：提醒的截止时间公布过"), reminders_are_of_published_closings
    ),
    "eligibility: those who were told had members": Invariant(
        lazy("谁可以申报：告知时单位有成员"), those_who_were_told_had_members
    ),
}
