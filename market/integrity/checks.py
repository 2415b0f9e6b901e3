"""Invariants of sanctions and of ties between parties."""

from __future__ import annotations

from collections.abc import Mapping

from market.integrity.identity_hashes import key_id
from market.kit.findings import find_rows
from market.kit.i18n import lazy
from market.kit.room import Check, Invariant, KeyedCheck


async def sanctions_are_decided_by_two() -> list[str]:
    """Every sanction that was confirmed, repaired or lifted has the decision of two that its log names.

    A step of an earlier release has no decision in the log: one person took it.
    """
    return await find_rows(
        "SELECT s.decision_number FROM sanctions s LEFT JOIN LATERAL ("
        "  SELECT e.action, e.data->>'decision' AS decision FROM audit_events e "
        "  WHERE e.subject_kind = 'sanction' AND e.subject_id = s.id "
        "  AND e.action IN ('confirm', 'repair', 'lift') ORDER BY e.sequence DESC LIMIT 1) AS logged ON true "
        "LEFT JOIN sanction_decisions d ON d.id::text = logged.decision "
        "WHERE s.status NOT IN ('filed', 'heard') AND (logged.action IS NULL "
        "  OR (s.status = 'repaired') <> (logged.action IN ('repair', 'lift')) "
        "  OR (logged.decision IS NOT NULL AND (d.id IS NULL OR d.sanction_id <> s.id "
        "    OR d.verdict IS DISTINCT FROM 'confirmed' OR d.decided_by_id IS NULL "
        "    OR d.decided_by_id = d.proposed_by_id)))",
        lazy("失信记录 %(decision_number)s 不是两人决定的"),
    )


async def people_are_keyed(secret: str) -> list[str]:
    """Every person of a tie is stored as a hash with the site's key, which can be compared and not undone."""
    return await find_rows(
        "SELECT t.uscc, t.role FROM party_ties t WHERE t.kind = 'person' AND t.key_id <> $1 ORDER BY t.uscc",
        lazy("%(uscc)s 的任职（%(role)s）：证件号校验值未用现在的密钥加密，须重新登记"),
        key_id(secret),
    )


KEYED_CHECKS: Mapping[str, Invariant[KeyedCheck]] = {
    "integrity: people of ties are stored by the key of the site": Invariant(
        lazy("关联：人员的证件号校验值用现在的密钥加密"), people_are_keyed
    ),
}


async def sanctions_are_as_filed() -> list[str]:
    """Each sanction bars from what the log of its filing says, and none that was filed is gone."""
    return await find_rows(
        "SELECT coalesce(s.decision_number, e.data ->> 'decision') AS number FROM sanctions s FULL JOIN "
        "(SELECT subject_id, data FROM audit_events "
        "  WHERE subject_kind = 'sanction' AND action = 'file') AS e "
        "ON e.subject_id = s.id WHERE s.id IS NULL OR e.data IS NULL OR e.data -> 'scopes' <> s.scopes "
        "OR e.data ->> 'decision' <> s.decision_number",
        lazy("失信记录 %(number)s 与登记时的日志不同"),
    )


async def appeals_are_as_logged() -> list[str]:
    """Each appeal is what its subject wrote, and its answer what two decided."""
    return await find_rows(
        "SELECT s.decision_number AS number FROM sanctions s LEFT JOIN LATERAL ("
        "  SELECT e.sequence, e.data, e.happened_at FROM audit_events e WHERE e.subject_kind = 'sanction' "
        "  AND e.subject_id = s.id AND e.action = 'appeal' ORDER BY e.sequence DESC LIMIT 1) AS made ON true "
        "LEFT JOIN LATERAL (SELECT e.data->>'decision' AS decision FROM audit_events e "
        "  WHERE e.subject_kind = 'sanction' AND e.subject_id = s.id AND e.action = 'answer_appeal' "
        "  AND e.sequence > made.sequence ORDER BY e.sequence DESC LIMIT 1) AS answered ON true "
        "LEFT JOIN sanction_decisions d ON d.id::text = answered.decision "
        "WHERE s.appealed_at IS DISTINCT FROM made.happened_at "
        "OR coalesce(d.text, '') <> s.appeal_answer "
        "OR (made.data ? 'text' AND made.data->>'text' <> "
        "  encode(sha256(convert_to(s.appeal_text, 'UTF8')), 'hex'))",
        lazy("失信记录 %(number)s 的申诉或答复与日志不同"),
    )


CHECKS: Mapping[str, Invariant[Check]] = {
    "integrity: sanctions are what was filed": Invariant(
        lazy("失信：记录与登记时的日志一致"), sanctions_are_as_filed
    ),
    "integrity: appeals are what the log says": Invariant(
        lazy("失信：申诉和答复与日志所记一致"), appeals_are_as_logged
    ),
    "integrity: sanctions are decided by two": Invariant(
        lazy("失信：限制、修复和解除由两人决定"), sanctions_are_decided_by_two
    ),
}
