"""Invariants of clawbacks: booked, as confirmed, with the interest of their days, handed over by two."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from market.budgets.clawback_rates import load_rates, seeded_rates
from market.budgets.clawback_returns import interest_of
from market.budgets.models import Clawback, InterestRate
from market.kit.findings import MAX_FINDINGS, find_rows
from market.kit.formats import yuan
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.room import Check, Invariant


async def clawbacks_are_booked() -> list[str]:
    """Every confirmed clawback receipt, and no other, is booked; receipts never exceed what is owed.

    What is owed is the principal and, once it is whole again, the interest that was booked for it.
    """
    return await find_rows(
        "SELECT * FROM (SELECT b.number, b.status, b.amount, b.interest_amount, "
        "b.amount + coalesce(b.interest_amount, 0) AS owed, "
        "coalesce(sum(r.amount) FILTER (WHERE r.verdict = 'confirmed'), 0) AS returned, "
        "coalesce(sum(r.interest_part) FILTER (WHERE r.verdict = 'confirmed'), 0) AS interest, "
        "coalesce(sum(t.amount), 0) AS booked, coalesce(sum(i.amount), 0) AS interest_booked, "
        "coalesce((SELECT amount FROM transfers x WHERE x.reference = 'clawback_interest:' || b.id), 0) "
        "AS charged "
        "FROM clawbacks b LEFT JOIN clawback_receipts r ON r.clawback_id = b.id "
        "LEFT JOIN transfers t ON t.reference = 'clawback_receipt:' || r.id "
        "LEFT JOIN transfers i ON i.reference = 'clawback_interest_receipt:' || r.id "
        "GROUP BY b.id) AS sums "
        "WHERE returned > owed OR returned - interest > amount OR returned - interest <> booked "
        "OR interest <> interest_booked OR charged <> coalesce(interest_amount, 0) "
        "OR (status = 'settled') <> (returned = owed AND returned - interest = amount)",
        lazy(
            "追回 %(number)s：应追回 ￥%(owed)s，已收回 ￥%(returned)s，"
            "入账 ￥%(booked)s 及利息 ￥%(interest_booked)s"
        ),
    )


async def interest_is_as_computed() -> list[str]:
    """The interest of each clawback is that of its days, its receipts and the dated rates."""
    rows = (
        await Clawback.filter(interest_amount__isnull=False).prefetch_related("receipts").order_by("number")
    )
    table = await load_rates()
    findings = []
    for row in rows:
        receipts = [receipt for receipt in row.receipts if receipt.is_confirmed]
        last = max((r.received_on for r in receipts if r.amount > r.interest_part), default=date.min)
        computed = interest_of(row, receipts, last, table.of(row.interest_amount, receipts)).amount
        if computed != row.interest_amount:
            findings.append(
                _(
                    "追回 %(number)s：利息 %(interest)s，按日期和利率应为 %(computed)s",
                    number=row.number,
                    interest=yuan(row.interest_amount),
                    computed=yuan(computed),
                )
            )
    return findings[:MAX_FINDINGS]


async def clawbacks_as_confirmed() -> list[str]:
    """Amount, deadline and first day of interest of each clawback are those its confirmation logged."""
    return await find_rows(
        "SELECT w.number FROM clawbacks w JOIN LATERAL (SELECT e.data FROM audit_events e "
        "  WHERE e.subject_kind = 'clawback' AND e.subject_id = w.id AND e.action = 'confirm' "
        "  ORDER BY e.sequence DESC LIMIT 1) AS logged ON logged.data ? 'due_on' "
        "WHERE (logged.data->>'amount')::bigint <> w.amount "
        "OR (logged.data->>'due_on')::date IS DISTINCT FROM w.due_on "
        "OR (logged.data->>'interest_after')::date IS DISTINCT FROM w.interest_after",
        lazy("追回 %(number)s 的金额、期限或起息日与确认时的日志不同"),
    )


async def handovers_are_by_two() -> list[str]:
    """Each clawback that was handed over was overdue, has two persons' decision and its issued letter."""
    return await find_rows(
        "SELECT w.number FROM clawbacks w LEFT JOIN LATERAL (SELECT e.data FROM audit_events e "
        "  WHERE e.subject_kind = 'clawback' AND e.subject_id = w.id AND e.action = 'hand_over' "
        "  ORDER BY e.sequence DESC LIMIT 1) AS logged ON true "
        "LEFT JOIN clawback_handovers h ON h.id::text = logged.data->>'handover' "
        "LEFT JOIN issued_documents d ON d.number = logged.data->>'document' AND d.kind = 'handover' "
        "WHERE (w.status = 'handed_over' AND logged.data IS NULL) OR (logged.data IS NOT NULL AND ("
        "  w.status NOT IN ('handed_over', 'settled') OR d.id IS NULL OR d.subject_id <> w.claim_id "
        "  OR h.id IS NULL OR h.clawback_id <> w.id OR h.verdict IS DISTINCT FROM 'confirmed' "
        "  OR h.decided_by_id = h.proposed_by_id "
        "  OR (h.decided_at AT TIME ZONE 'Asia/Shanghai')::date <= w.due_on)) "
        "OR EXISTS (SELECT 1 FROM clawback_handovers x WHERE x.clawback_id = w.id "
        "  AND x.verdict = 'confirmed' AND x.id IS DISTINCT FROM h.id)",
        lazy("追回 %(number)s 的移送不是逾期后由两人决定的，或没有移送书"),
    )


async def rates_are_entered_by_two() -> list[str]:
    """Each rate is one of the release, which all stand, or as its confirmation by a second person logged."""
    findings = await find_rows(
        "SELECT r.begins_on FROM interest_rates r LEFT JOIN LATERAL (SELECT e.data FROM audit_events e "
        "  WHERE e.subject_kind = 'interest_rate' AND e.subject_id = r.id AND e.action = 'confirm' "
        "  ORDER BY e.sequence DESC LIMIT 1) AS logged ON true "
        "WHERE NOT r.is_shipped AND r.verdict = 'confirmed' AND (logged.data IS NULL "
        "  OR r.proposed_by_id IS NULL OR r.decided_by_id IS NULL OR r.decided_by_id = r.proposed_by_id "
        "  OR (logged.data->>'begins_on')::date <> r.begins_on "
        "  OR (logged.data->>'basis_points')::integer <> r.basis_points "
        "  OR logged.data->>'announcement' <> r.announcement) ORDER BY r.begins_on",
        lazy("%(begins_on)s 起的追回利率不是由两人录入和确认的，或与确认时的日志不同"),
    )
    seeded = {(row.begins_on, row.basis_points) for row in seeded_rates().rates}
    shipped = {(row.begins_on, row.basis_points) for row in await InterestRate.filter(is_shipped=True)}
    findings += [
        _("%(begins_on)s 起的追回利率与随系统发布的不同", begins_on=begins_on)
        for begins_on in sorted({begins_on for begins_on, _points in seeded ^ shipped})
    ]
    return findings[:MAX_FINDINGS]


CHECKS: Mapping[str, Invariant[Check]] = {
    "subsidies: clawbacks are what was confirmed": Invariant(
        lazy("补助：追回的金额、期限和起息日与确认时一致"), clawbacks_as_confirmed
    ),
    "subsidies: interest is that of the days and rates": Invariant(
        lazy("补助：追回的利息按日期和利率计算"), interest_is_as_computed
    ),
    "subsidies: rates of interest are entered by two": Invariant(
        lazy("补助：追回利率由一人录入、另一人确认"), rates_are_entered_by_two
    ),
    "subsidies: clawbacks are handed over by two": Invariant(
        lazy("补助：追回逾期后由两人移送，并有移送书"), handovers_are_by_two
    ),
    "subsidies: clawbacks are booked and never exceeded": Invariant(
        lazy("补助：追回的款项都已入账，且不超过应追回数"), clawbacks_are_booked
    ),
}
