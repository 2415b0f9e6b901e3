"""Invariants of who sits, scores, reports, extends and concludes: as drawn, and as the log says."""

from __future__ import annotations

from collections.abc import Mapping

from market.kit.findings import find_rows
from market.kit.i18n import lazy
from market.kit.room import Check, Invariant

_SEATS = "seats s JOIN round_items i ON i.id = s.item_id JOIN rounds r ON r.id = i.round_id"


async def seats_are_as_drawn() -> list[str]:
    """Every seat comes from a draw, and its person, kind and unit are the expert's whom it drew."""
    return await find_rows(
        f"SELECT r.number, s.label FROM {_SEATS} JOIN experts e ON e.id = s.expert_id "  # noqa: S608
        "LEFT JOIN round_draws d ON d.round_id = r.id AND d.number = s.draw_number "
        "LEFT JOIN LATERAL (SELECT x.value FROM jsonb_array_elements(d.eligible) AS x (value) "
        "  WHERE x.value->>'id' = s.expert_id::text) AS row ON true "
        "WHERE s.user_id <> e.user_id OR s.kind IS DISTINCT FROM row.value->>'kind' "
        "OR s.unit IS DISTINCT FROM left(row.value->>'unit', 120) "
        "OR NOT coalesce((CASE WHEN s.is_reserve THEN d.reserves ELSE d.picked END)->(i.id::text) "
        "  ? (s.expert_id::text), false) ORDER BY r.number, s.label",
        lazy("评审 %(number)s 的%(label)s与抽取的专家不同"),
    )


async def sheets_are_whole() -> list[str]:
    """Every sheet that the log says was handed in is there, and the last is the one that counts."""
    return await find_rows(
        f"SELECT r.number, s.label FROM {_SEATS} "  # noqa: S608
        "CROSS JOIN LATERAL (SELECT coalesce(max(o.version), 0) AS last, count(*) AS sheets "
        "  FROM seat_opinions o WHERE o.seat_id = s.id AND EXISTS (SELECT 1 "
        "  FROM seat_scores x WHERE x.seat_id = o.seat_id AND x.version = o.version)) AS o "
        "CROSS JOIN LATERAL (SELECT count(*) AS submitted FROM audit_events e "
        "  WHERE e.subject_kind = 'seat' AND e.subject_id = s.id "
        "  AND e.action IN ('submit', 'submit_anew')) AS e "
        "WHERE s.version <> o.last OR o.sheets <> e.submitted ORDER BY r.number, s.label",
        lazy("评审 %(number)s 的%(label)s少了或多了一份评分"),
    )


async def solicitations_are_logged() -> list[str]:
    """Every report of having been asked for a favour is there, as the log says; early ones by id alone."""
    return await find_rows(
        f"SELECT r.number, s.label FROM {_SEATS} JOIN ("  # noqa: S608
        "  SELECT e.subject_id AS logged_at, x.* , e.id AS event_id, e.data->>'text_sha256' AS digest, "
        "  coalesce(x.seat_id, e.subject_id) AS at FROM solicitations x FULL JOIN ("
        "    SELECT * FROM audit_events WHERE subject_kind = 'seat' AND action = 'report_solicitation'"
        "  ) AS e ON x.id::text = e.data->>'solicitation') AS x ON x.at = s.id "
        "WHERE x.id IS NULL OR x.event_id IS NULL OR x.seat_id <> x.logged_at "
        "OR x.digest <> encode(sha256(convert_to(x.text, 'UTF8')), 'hex') ORDER BY r.number, s.label",
        lazy("评审 %(number)s 的%(label)s的请托报告与日志不同"),
    )


async def rounds_are_as_acted() -> list[str]:
    """Who prepared, drew, extended and concluded a round, when and why, is what the log says.

    The pseudonym of an erased person names nobody any more: then the moment alone counts.
    """
    return await find_rows(
        "SELECT r.number FROM rounds r CROSS JOIN LATERAL (VALUES "
        "  ('draw', r.drawn_by_id, NULL::timestamptz, NULL), "
        "  ('extend_panel', r.extended_by_id, r.extended_at, NULL), "
        "  ('conclude', r.concluded_by_id, r.concluded_at, "
        "    encode(sha256(convert_to(r.reason, 'UTF8')), 'hex')), "
        "  ('prepare_round', r.prepared_by_id, r.created_at, NULL)) AS act (action, person, at, reason) "
        "LEFT JOIN LATERAL (SELECT e.id, e.happened_at, e.data, p.user_id FROM audit_events e "
        "  JOIN pseudonyms p ON p.id = e.actor WHERE e.subject_kind = 'round' AND e.subject_id = r.id "
        "  AND e.action = act.action ORDER BY e.id LIMIT 1) AS e ON true "
        "WHERE (act.person IS NULL) <> (e.id IS NULL) OR e.user_id <> act.person OR e.happened_at <> act.at "
        "OR e.data->>'reason_sha256' <> act.reason ORDER BY r.number",
        lazy("评审 %(number)s 由谁编制、抽取、复议或作出结论，与日志不同"),
    )


CHECKS: Mapping[str, Invariant[Check]] = {
    "panels: seats are as drawn": Invariant(lazy("评审：席位上的就是抽取的专家"), seats_are_as_drawn),
    "panels: sheets are whole": Invariant(lazy("评审：提交过的评分一份不少"), sheets_are_whole),
    "panels: reports of favours are what the log says": Invariant(
        lazy("评审：请托报告与日志一致"), solicitations_are_logged
    ),
    "panels: rounds are as acted": Invariant(
        lazy("评审：编制、抽取、复议和结论的人与日志一致"), rounds_are_as_acted
    ),
}
