"""Invariants of solutions: none late, none read before its time, each as its receipt says."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from market.challenges.models import PublishedTerms
from market.challenges.opening import Broken, checked_version
from market.challenges.solution_models import OpenedSolution, SealedFile, SolutionVersion
from market.files.store import FileStore
from market.kit.encryption import Undecipherable
from market.kit.findings import MAX_FINDINGS, find_rows
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.room import Check, Invariant, KeyedCheck, StoredCheck
from market.kit.terms import hash_content


async def none_came_late() -> list[str]:
    """Each version arrived before the deadline that its terms published, and after the opening."""
    return await find_rows(
        "SELECT c.number FROM solution_versions v JOIN solutions s ON s.id = v.solution_id "
        "JOIN challenges c ON c.id = s.challenge_id JOIN challenge_terms t ON t.challenge_id = c.id "
        "AND t.version = v.terms_version WHERE v.arrived_at >= (t.content ->> 'deadline_at')::timestamptz "
        "OR v.arrived_at < (t.content ->> 'opens_at')::timestamptz OR v.submitted_at < v.arrived_at",
        lazy("%(number)s 有一份方案不在揭榜时间内"),
    )


async def none_is_open_before_its_time() -> list[str]:
    """Nothing of a solution stands in plain before the deadline, nor is told before the opening."""
    return await find_rows(
        "SELECT c.number FROM challenges c WHERE EXISTS (SELECT 1 FROM opened_solutions o "
        "  JOIN solutions s ON s.id = o.solution_id "
        "  WHERE s.challenge_id = c.id AND o.opened_at < c.deadline_at) "
        "OR (c.opened_at IS NULL AND EXISTS (SELECT 1 FROM solutions s WHERE s.challenge_id = c.id "
        "  AND s.place IS NOT NULL)) "
        "OR (c.opened_at IS NULL AND c.status <> 'closed' AND EXISTS (SELECT 1 FROM files f "
        "  JOIN solutions s ON s.id = f.subject_id "
        "  WHERE f.subject_kind = 'solution' AND s.challenge_id = c.id))",
        lazy("%(number)s 的方案在统一开启以前已经可读"),
    )


async def all_are_opened() -> list[str]:
    """Once solutions are opened, each submitted one is, and by the last version that its author submitted."""
    return await find_rows(
        "SELECT c.number FROM challenges c JOIN solutions s ON s.challenge_id = c.id "
        "LEFT JOIN opened_solutions o ON o.solution_id = s.id "
        "LEFT JOIN solution_versions v ON v.id = o.version_id "
        "WHERE c.opened_at IS NOT NULL AND s.version > 0 AND s.status <> 'withdrawn' "
        "AND (o.id IS NULL OR v.version <> s.version OR s.place IS NULL)",
        lazy("%(number)s 有提交了的方案没有开启，或者开启的不是最后一版"),
    )


async def versions_are_logged() -> list[str]:
    """Each version's commitment stands in the audit log of its solution."""
    return await find_rows(
        "SELECT c.number FROM solution_versions v JOIN solutions s ON s.id = v.solution_id "
        "JOIN challenges c ON c.id = s.challenge_id WHERE NOT EXISTS (SELECT 1 FROM audit_events e "
        "  WHERE e.subject_kind = 'solution' AND e.subject_id = s.id AND e.action = 'submit' "
        "  AND e.data ->> 'commitment' = v.commitment) "
        "UNION SELECT c.number FROM solutions s JOIN challenges c ON c.id = s.challenge_id "
        "WHERE s.version <> (SELECT count(*) FROM solution_versions v WHERE v.solution_id = s.id)",
        lazy("%(number)s 有一版方案与日志不同"),
    )


async def deadlines_moved_once() -> list[str]:
    """A deadline stands where its last extension put it, and its first where the first terms did."""
    return await find_rows(
        "SELECT c.number FROM challenges c JOIN challenge_terms t ON t.challenge_id = c.id AND t.version = 1 "
        "LEFT JOIN challenge_extensions x ON x.challenge_id = c.id "
        "WHERE coalesce(x.old_deadline_at, c.deadline_at) <> (t.content ->> 'deadline_at')::timestamptz "
        "OR coalesce(x.new_deadline_at, c.deadline_at) <> c.deadline_at "
        "OR x.extended_at >= x.old_deadline_at",
        lazy("%(number)s 的截止时间与张榜和延期的记录不同"),
    )


async def versions_are_as_committed(secret: str) -> list[str]:
    """Each version opens to what its author was given a receipt for; what was opened is the same."""
    findings = []
    hashes = {(row.challenge_id, row.version): row.content_hash for row in await PublishedTerms.all()}
    opened = {row.version_id: row for row in await OpenedSolution.all()}
    versions = SolutionVersion.all().order_by("id").select_related("solution__challenge")
    async for version in versions:
        challenge = version.solution.challenge
        terms_hash = hashes.get((challenge.id, version.terms_version), "")
        try:
            whole = checked_version(version, challenge, terms_hash, secret)
        except (Broken, Undecipherable):
            findings.append(_("%(number)s 有一版方案与回执的校验值不符", number=challenge.number))
            continue
        plain = opened.get(version.id)
        if plain is not None and hash_content(plain.content) != hash_content(whole.content.content):
            findings.append(_("%(number)s 开启的方案与提交的不同", number=challenge.number))
    return findings[:MAX_FINDINGS]


async def files_are_kept(store: FileStore) -> list[str]:
    """The encrypted content of each file of a submitted version is in the store, unchanged."""
    findings = []
    async for row in SealedFile.filter(solution__version__gt=0).select_related("solution__challenge"):
        try:
            content = await store.get(row.store_digest)
        except FileNotFoundError:
            content = b""
        if hashlib.sha256(content).hexdigest() != row.store_digest:
            number = row.solution.challenge.number
            findings.append(_("%(number)s 有一份方案的文件缺失或被改动", number=number))
    return findings[:MAX_FINDINGS]


CHECKS: Mapping[str, Invariant[Check]] = {
    "challenges: no solution came late": Invariant(lazy("揭榜：方案都在截止前到达"), none_came_late),
    "challenges: none is open before its time": Invariant(
        lazy("揭榜：统一开启以前没有一份可读"), none_is_open_before_its_time
    ),
    "challenges: all are opened": Invariant(lazy("揭榜：提交的都已开启，以最后一版为准"), all_are_opened),
    "challenges: versions are logged": Invariant(lazy("揭榜：每一版方案都有日志"), versions_are_logged),
    "challenges: deadlines moved once": Invariant(lazy("揭榜：截止只延期一次，有记录"), deadlines_moved_once),
}
KEYED_CHECKS: Mapping[str, Invariant[KeyedCheck]] = {
    "challenges: versions are as committed": Invariant(
        lazy("揭榜：方案与回执的校验值一致"), versions_are_as_committed
    ),
}
STORED_CHECKS: Mapping[str, Invariant[StoredCheck]] = {
    "challenges: sealed files are kept": Invariant(lazy("揭榜：方案的文件完好"), files_are_kept),
}
