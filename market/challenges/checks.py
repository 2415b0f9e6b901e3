"""Invariants of challenges."""

from __future__ import annotations

from collections.abc import Mapping

from market.challenges.models import Challenge, PublishedTerms
from market.challenges.queries import terms_of
from market.kit.findings import MAX_FINDINGS, find_rows
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.room import Check, Invariant
from market.kit.terms import hash_content


async def terms_are_as_published() -> list[str]:
    """A listed challenge stands as its last published version says, and each version has its hash."""
    findings = []
    by_id = {row.id: row for row in await Challenge.filter(version__gt=0).order_by("number")}
    published = await PublishedTerms.filter(challenge_id__in=list(by_id)).order_by("version")
    last = {row.challenge_id: row for row in published}
    for challenge in by_id.values():
        row = last.get(challenge.id)
        is_same = (
            row is not None
            and row.version == challenge.version
            and row.content_hash == challenge.terms_hash == terms_of(challenge).content_hash
        )
        if not is_same:
            findings.append(_("%(number)s 的条件与张榜时公布的不同", number=challenge.number))
    findings += [
        _("%(number)s 第 %(n)s 版条件的校验值不符", number=by_id[row.challenge_id].number, n=row.version)
        for row in published
        if hash_content(row.content) != row.content_hash
    ]
    return findings[:MAX_FINDINGS]


async def government_lists_are_decided_by_two() -> list[str]:
    """A government list that was listed or rejected has a confirmed ruling that says so."""
    return await find_rows(
        "SELECT c.number FROM challenges c WHERE c.kind = 'government' "
        "AND (c.version > 0 OR c.status = 'rejected') AND NOT EXISTS ("
        "  SELECT 1 FROM challenge_rulings r WHERE r.challenge_id = c.id AND r.verdict = 'confirmed' "
        "  AND r.ruling = CASE WHEN c.status = 'rejected' THEN 'reject' ELSE 'list' END)",
        lazy("%(number)s 是政府榜，没有两人决定的记录"),
    )


async def government_lists_were_argued_about() -> list[str]:
    """A government list was listed after experts had concluded about it."""
    return await find_rows(
        "SELECT c.number FROM challenges c WHERE c.kind = 'government' AND c.version > 0 "
        "AND NOT EXISTS (SELECT 1 FROM round_items i JOIN rounds r ON r.id = i.round_id "
        "  WHERE i.subject_id = c.id AND r.subject_kind = 'challenge' AND r.concluded_at <= c.published_at)",
        lazy("%(number)s 没有专家论证的结论就已张榜"),
    )


async def government_lists_are_extended_by_two() -> list[str]:
    """The later deadline of a government list is the one that two persons decided on, before it was over."""
    return await find_rows(
        "SELECT c.number FROM challenge_extensions x JOIN challenges c ON c.id = x.challenge_id "
        "WHERE c.kind = 'government' AND NOT EXISTS ("
        "  SELECT 1 FROM challenge_rulings r WHERE r.challenge_id = c.id AND r.ruling = 'extend' "
        "  AND r.verdict = 'confirmed' AND r.until_at = x.new_deadline_at AND r.decided_at = x.extended_at "
        "  AND r.decided_by_id = x.extended_by_id AND r.decided_by_id <> r.proposed_by_id)",
        lazy("%(number)s 是政府榜，延期没有两人决定的记录"),
    )


async def annexes_are_as_listed() -> list[str]:
    """The annexes of a listed challenge are those that the log names, each open to the same people."""
    return await find_rows(
        "SELECT c.number FROM challenges c LEFT JOIN LATERAL (SELECT e.data -> 'annexes' AS marks "
        "  FROM audit_events e WHERE e.subject_kind = 'challenge' AND e.subject_id = c.id "
        "  AND e.data -> 'annexes' IS NOT NULL LIMIT 1) AS l ON true WHERE c.version > 0 "
        "AND coalesce(l.marks, '[]'::jsonb) <> (SELECT coalesce(jsonb_agg(f.sha256 || ':' || f.tier "
        "  ORDER BY (f.sha256 || ':' || f.tier) COLLATE \"C\"), '[]'::jsonb) FROM files f "
        "  WHERE f.subject_kind = 'challenge_annex' AND f.subject_id = c.id "
        "  AND f.tier IN ('public', 'undertaking'))",
        lazy("%(number)s 的附件与张榜时的不同"),
    )


async def lists_are_logged() -> list[str]:
    """What the audit log says was listed is the version that stands, by its hash."""
    return await find_rows(
        "SELECT c.number FROM challenges c WHERE c.version > 0 AND NOT EXISTS ("
        "  SELECT 1 FROM audit_events e WHERE e.subject_kind = 'challenge' AND e.subject_id = c.id "
        "  AND e.data ->> 'terms' = c.terms_hash)",
        lazy("%(number)s 张榜的条件与日志不同"),
    )


CHECKS: Mapping[str, Invariant[Check]] = {
    "challenges: terms are as published": Invariant(lazy("揭榜：条件与公布的一致"), terms_are_as_published),
    "challenges: government lists are decided by two": Invariant(
        lazy("揭榜：政府榜由两人决定"), government_lists_are_decided_by_two
    ),
    "challenges: government lists were argued about": Invariant(
        lazy("揭榜：政府榜先论证后张榜"), government_lists_were_argued_about
    ),
    "challenges: government lists are extended by two": Invariant(
        lazy("揭榜：政府榜的延期由两人决定"), government_lists_are_extended_by_two
    ),
    "challenges: annexes are as listed": Invariant(lazy("揭榜：附件与张榜时的一致"), annexes_are_as_listed),
    "challenges: lists are logged": Invariant(lazy("揭榜：张榜的条件与日志一致"), lists_are_logged),
}
