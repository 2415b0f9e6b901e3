"""What waits in this room: months to report, reports and definitions to decide on."""

from __future__ import annotations

from market.accounts.actors import Actor
from market.kit.i18n import lazy
from market.kit.worklist import Pending
from market.statistics.states import BulletinStatus, StatisticsAct

DESK = "/backoffice/statistics"
_STANDING = (
    f"SELECT b.month FROM bulletins b WHERE b.status IN ('{BulletinStatus.BUILDING}', "  # noqa: S608
    f"'{BulletinStatus.CHECKING}', '{BulletinStatus.ISSUED}')"
)


def pending(actor: Actor) -> list[Pending]:
    """Return what the operator makes and the approver decides on."""
    parts: list[Pending] = []
    if actor.may(StatisticsAct.RUN_STATISTICS):
        parts.append(
            Pending(
                "statistics.report",
                lazy("技术市场月报待编制"),
                lazy("去编制"),
                DESK,
                DESK,
                f"statistics_months s WHERE s.closed_at IS NOT NULL AND s.month NOT IN ({_STANDING})",
                title="to_char(s.month, 'YYYY-MM')",
                since="s.closed_at",
            )
        )
    if actor.may(StatisticsAct.DECIDE_STATISTICS):
        parts += [
            Pending(
                "statistics.check",
                lazy("技术市场月报待核定"),
                lazy("去核定"),
                "/statistics/{key}",
                DESK,
                f"bulletins b WHERE b.status = '{BulletinStatus.CHECKING}'",
                key="to_char(b.month, 'YYYY-MM') || '?version=' || b.number",
                number="b.number",
                title="to_char(b.month, 'YYYY-MM')",
                since="b.updated_at",
            ),
            Pending(
                "statistics.definition",
                lazy("统计口径待确认"),
                lazy("去确认"),
                DESK,
                DESK,
                "statistics_definitions d WHERE d.verdict IS NULL",
                title="d.basis",
                since="d.proposed_at",
            ),
        ]
    return parts
