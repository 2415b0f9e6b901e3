"""Invariants of the accounts that organisations are paid to."""

from __future__ import annotations

from collections.abc import Mapping

from market.kit.database import MAX_FINDINGS, find_rows
from market.kit.room import Check, KeyedCheck
from market.payees.fingerprints import fingerprint, mask
from market.payees.models import PayeeAccount


async def accounts_as_logged() -> list[str]:
    """Each version of an account has the hash and the ends that the audit log has of its proposal."""
    return await find_rows(
        "SELECT o.name, a.sequence FROM payee_accounts a JOIN organisations o ON o.id = a.organisation_id "
        "WHERE a.fingerprint <> '' AND NOT EXISTS (SELECT 1 FROM audit_events e "
        "WHERE e.subject_kind = 'organisation' AND e.subject_id = a.organisation_id "
        "AND e.action = 'propose_account' AND (e.data ->> 'version')::int = a.sequence "
        "AND e.data ->> 'account_hash' = a.fingerprint "
        "AND (length(a.number) <= 8 OR left(e.data ->> 'account', 4) = left(a.number, 4) "
        "AND right(e.data ->> 'account', 4) = right(a.number, 4)))",
        "account {sequence} of {name} is not the one that was proposed",
    )


async def confirmed_by_two() -> list[str]:
    """Who confirmed an account is of the organisation, or the desk confirmed a comparison of its proof."""
    return await find_rows(
        "SELECT o.name, a.sequence FROM payee_accounts a JOIN organisations o ON o.id = a.organisation_id "
        "WHERE a.verdict = 'confirmed' AND (a.proof_id IS NULL OR a.decided_by_id = a.proposed_by_id OR ("
        "NOT EXISTS (SELECT 1 FROM memberships m WHERE m.organisation_id = a.organisation_id "
        "  AND m.user_id = a.decided_by_id AND m.started_at IS NOT NULL) "
        "AND NOT EXISTS (SELECT 1 FROM payee_comparisons c WHERE c.account_id = a.id "
        "  AND c.verdict = 'confirmed' AND c.decided_by_id = a.decided_by_id)))",
        "account {sequence} of {name} was not confirmed by a second person",
    )


async def numbers_have_their_hash(secret: str) -> list[str]:
    """The number of each version has the keyed hash that was kept of it."""
    accounts = (
        await PayeeAccount.exclude(fingerprint="").select_related("organisation").order_by("proposed_at")
    )
    return [
        f"account {account.sequence} of {account.organisation.name}: {mask(account.number)} is not its number"
        for account in accounts
        if fingerprint(account.number, secret) != account.fingerprint
    ][:MAX_FINDINGS]


CHECKS: Mapping[str, Check] = {
    "payees: accounts are as they were proposed": accounts_as_logged,
    "payees: accounts are confirmed by a second person": confirmed_by_two,
}
KEYED_CHECKS: Mapping[str, KeyedCheck] = {
    "payees: account numbers have their keyed hash": numbers_have_their_hash,
}
