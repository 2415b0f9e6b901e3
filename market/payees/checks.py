"""Invariants of the accounts that organisations are paid to."""

from __future__ import annotations

from collections.abc import Mapping

from market.kit.findings import MAX_FINDINGS, find_rows
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.room import Check, Invariant, KeyedCheck
from market.payees.fingerprints import fingerprint, mask
from market.payees.models import PayeeAccount


async def accounts_as_logged() -> list[str]:
    """Each version of an account has the hash and the ends that the audit log has of its proposal."""
    return await find_rows(
        "SELECT o.name, coalesce(a.id, o.id) AS id, coalesce(a.sequence, (e.data ->> 'version')::int) AS "
        "sequence FROM payee_accounts a FULL JOIN (SELECT subject_id, data FROM audit_events "
        "  WHERE subject_kind = 'organisation' AND action = 'propose_account') AS e "
        "ON e.subject_id = a.organisation_id AND (e.data ->> 'version')::int = a.sequence "
        "JOIN organisations o ON o.id = coalesce(a.organisation_id, e.subject_id) "
        "LEFT JOIN files f ON f.id = a.proof_id "
        "WHERE a.id IS NULL OR (e.data IS NULL AND a.fingerprint <> '') "
        "OR e.data ->> 'account_hash' <> a.fingerprint "
        "OR (e.data ? 'proof' AND e.data ->> 'proof' IS DISTINCT FROM f.sha256) "
        "OR e.data ->> 'bank' <> a.bank_name OR e.data ->> 'bank_code' <> a.bank_code "
        "OR (length(a.number) > 8 AND (left(e.data ->> 'account', 4) <> left(a.number, 4) "
        "OR right(e.data ->> 'account', 4) <> right(a.number, 4)))",
        lazy("%(name)s 的第 %(sequence)s 版收款账户与提出时不同（payee_account:%(id)s）"),
    )


async def confirmed_by_two() -> list[str]:
    """Who confirmed an account is of the organisation, or the desk confirmed a comparison of its proof."""
    return await find_rows(
        "SELECT o.name, a.id, a.sequence FROM payee_accounts a JOIN organisations o "
        "ON o.id = a.organisation_id WHERE a.verdict = 'confirmed' "
        "AND (a.proof_id IS NULL OR a.decided_by_id = a.proposed_by_id OR ("
        "NOT EXISTS (SELECT 1 FROM memberships m WHERE m.organisation_id = a.organisation_id "
        "  AND m.user_id = a.decided_by_id AND m.started_at IS NOT NULL) "
        "AND NOT EXISTS (SELECT 1 FROM payee_comparisons c WHERE c.account_id = a.id "
        "  AND c.verdict = 'confirmed' AND c.decided_by_id = a.decided_by_id)))",
        lazy("%(name)s 的第 %(sequence)s 版收款账户不是由第二人确认的（payee_account:%(id)s）"),
    )


async def numbers_have_their_hash(secret: str) -> list[str]:
    """The number of each version has the keyed hash that was kept of it."""
    # Values, not records: what was tampered with may be no value of an enum.
    accounts = await (
        PayeeAccount.exclude(fingerprint="")
        .order_by("proposed_at")
        .values("id", "organisation__name", "sequence", "number", "fingerprint")
    )
    return [
        _(
            "%(name)s 的第 %(sequence)s 版收款账户 %(account)s 与留存的校验值不符（payee_account:%(id)s）",
            name=account["organisation__name"],
            sequence=account["sequence"],
            account=mask(account["number"]),
            id=account["id"],
        )
        for account in accounts
        if fingerprint(account["number"], secret) != account["fingerprint"]
    ][:MAX_FINDINGS]


CHECKS: Mapping[str, Invariant[Check]] = {
    "payees: accounts are as they were proposed": Invariant(
        lazy("收款账户：与提出时的日志一致"), accounts_as_logged
    ),
    "payees: accounts are confirmed by a second person": Invariant(
        lazy("收款账户：由第二人确认"), confirmed_by_two
    ),
}
KEYED_CHECKS: Mapping[str, Invariant[KeyedCheck]] = {
    "payees: account numbers have their keyed hash": Invariant(
        lazy("收款账户：账号与留存的校验值一致"), numbers_have_their_hash
    ),
}
