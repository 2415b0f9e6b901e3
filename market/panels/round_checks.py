"""Invariants of review rounds: draws replay, conclusions rest on enough scores and say what they come to."""

from __future__ import annotations

from collections.abc import Mapping

from market.kit.findings import find_rows
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.room import Check, Invariant
from market.panels.draw_replay import replay_draws
from market.panels.round_models import Round
from market.panels.round_results import results_of
from market.panels.round_states import OVER


async def draws_replay() -> list[str]:
    """Every draw comes to the same experts from its seed, and the seed from the logged head and salt."""
    findings: list[str] = []
    for round_ in await Round.filter(draws__id__not_isnull=True).distinct().order_by("number"):
        for replay in await replay_draws(round_):
            findings += [
                _("评审 %(number)s 第 %(draw)s 次抽取：", number=round_.number, draw=replay.draw.number)
                + fault
                for fault in replay.faults
            ]
    return findings


async def conclusions_rest_on_scores() -> list[str]:
    """Every item of a concluded round has at least three final sheets with a score."""
    return await find_rows(
        "SELECT r.number, i.place, count(DISTINCT s.id) AS scores FROM rounds r "
        "JOIN round_items i ON i.round_id = r.id "
        "LEFT JOIN seats s ON s.item_id = i.id AND s.status = 'final' AND EXISTS ("
        "  SELECT 1 FROM seat_scores x WHERE x.seat_id = s.id AND x.version = s.version "
        "  AND x.score IS NOT NULL) "
        "WHERE r.status IN ('concluded', 'published') GROUP BY r.number, i.id, i.place "
        "HAVING count(DISTINCT s.id) < 3 ORDER BY r.number, i.place",
        lazy("评审 %(number)s 第 %(place)s 项只有 %(scores)s 份评分却有结论"),
    )


async def results_are_the_statistic() -> list[str]:
    """Every result is the statistic of its final sheets, and what the log says of it."""
    findings: list[str] = []
    for round_ in await Round.filter(status__in=list(OVER)).order_by("number"):
        for result in await results_of(round_):
            expected = result.as_stored() if result.summary else None
            if expected != result.item.result:
                findings.append(
                    _(
                        "评审 %(number)s 第 %(place)s 项的结论与评分算出的不同",
                        number=round_.number,
                        place=result.item.place,
                    )
                )
    findings += await find_rows(
        "SELECT r.number, i.place FROM rounds r JOIN round_items i ON i.round_id = r.id "
        "WHERE r.status IN ('concluded', 'published') AND NOT EXISTS ("
        "  SELECT 1 FROM audit_events e WHERE e.subject_kind = 'round' AND e.subject_id = r.id "
        "  AND e.action = 'conclude' AND e.data->'results'->(i.subject_id::text) = i.result)",
        lazy("评审 %(number)s 第 %(place)s 项的结论与日志所记不同"),
    )
    return findings


async def sheets_are_logged() -> list[str]:
    """Every submitted sheet is the one whose digest the log has."""
    return await find_rows(
        "SELECT r.number, s.label FROM seats s JOIN round_items i ON i.id = s.item_id "
        "JOIN rounds r ON r.id = i.round_id JOIN seat_opinions o ON o.seat_id = s.id WHERE NOT EXISTS ("
        "  SELECT 1 FROM audit_events e WHERE e.subject_kind = 'seat' AND e.subject_id = s.id "
        "  AND e.action IN ('submit', 'submit_anew') AND (e.data->>'version')::int = o.version "
        "  AND e.data->>'sheet' = encode(sha256(convert_to((SELECT string_agg("
        "    concat_ws(':', x.heading, coalesce(x.score::text, '-'), coalesce(x.reason, '')), '|' "
        '    ORDER BY x.heading COLLATE "C") FROM seat_scores x WHERE x.seat_id = s.id '
        "    AND x.version = o.version) || '|' || o.for_applicant || '|' || o.for_organiser, "
        "    'UTF8')), 'hex'))",
        lazy("评审 %(number)s 的%(label)s有一份评分与提交时的日志不同"),
    )


async def rules_are_logged() -> list[str]:
    """The rules of every round are the last version that the log has."""
    return await find_rows(
        "SELECT r.number FROM rounds r JOIN LATERAL (SELECT e.data->'rules' AS rules FROM audit_events e "
        "WHERE e.subject_kind = 'round' AND e.subject_id = r.id AND e.action = 'prepare_round' "
        "ORDER BY e.sequence DESC LIMIT 1) AS last ON true "
        "WHERE last.rules IS NOT NULL AND last.rules <> r.rules ORDER BY r.number",
        lazy("评审 %(number)s 的规则与日志所记不同"),
    )


async def objections_are_in_time_and_by_outsiders() -> list[str]:
    """Objections came in their period; who decided on them neither judged, drew nor concluded."""
    return [
        *await find_rows(
            "SELECT r.number, i.place FROM result_objections b JOIN round_items i ON i.id = b.item_id "
            "JOIN rounds r ON r.id = i.round_id WHERE r.published_at IS NULL "
            "OR b.proposed_at < r.published_at OR b.proposed_at >= r.object_until ORDER BY r.number, i.place",
            lazy("评审 %(number)s 第 %(place)s 项的异议不在期限内"),
        ),
        *await find_rows(
            "SELECT r.number, i.place FROM result_objections b JOIN round_items i ON i.id = b.item_id "
            "JOIN rounds r ON r.id = i.round_id WHERE b.decided_by_id IN (r.concluded_by_id, r.drawn_by_id, "
            "r.prepared_by_id, r.extended_by_id) OR EXISTS (SELECT 1 FROM seats s JOIN round_items x "
            "ON x.id = s.item_id WHERE x.round_id = r.id AND s.user_id = b.decided_by_id) "
            "ORDER BY r.number, i.place",
            lazy("评审 %(number)s 第 %(place)s 项的异议由参加评审或者作出结论的人裁定"),
        ),
    ]


CHECKS: Mapping[str, Invariant[Check]] = {
    "panels: draws replay": Invariant(lazy("评审：抽取可以重演"), draws_replay),
    "panels: conclusions rest on three scores": Invariant(
        lazy("评审：结论至少有三份评分"), conclusions_rest_on_scores
    ),
    "panels: results are the statistic of the scores": Invariant(
        lazy("评审：结论等于评分的统计"), results_are_the_statistic
    ),
    "panels: objections are in time and decided by outsiders": Invariant(
        lazy("评审：异议在期限内提出，由他人裁定"), objections_are_in_time_and_by_outsiders
    ),
    "panels: rules are what the log says": Invariant(lazy("评审：规则与日志一致"), rules_are_logged),
    "panels: sheets are what the log says": Invariant(
        lazy("评审：评分表与提交时的日志一致"), sheets_are_logged
    ),
}
