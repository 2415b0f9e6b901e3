"""What contracts, receipts, reports and claims tell of a deed, as one statement over a year's contracts."""

from __future__ import annotations

from market.accounts.places import region_on_sql
from market.claims.states import COMPUTED
from market.codes.regions import GUANGXI
from market.records.decisions import Verdict
from market.targets.models import TargetDefinition
from market.targets.states import Event

HOME = GUANGXI[:2]
"""Digits of the region whose deeds are counted."""
EVENT_COLUMNS = {Event.REGISTERED: "registered_on", Event.SIGNED: "signed_on"}


def in_yuan(column: str) -> str:
    """Return the SQL of an amount of a contract in fen of yuan, converted as its papers did."""
    return (
        f"CASE WHEN k.currency = 'CNY' THEN k.{column} WHEN k.original_currency = 'CNY' "
        f"THEN round(k.{column}::numeric * k.original_amount / nullif(k.contract_amount, 0))::bigint "
        "ELSE 0 END"
    )


_RECHECKED = f"""
SELECT c.id FROM claim_contracts p JOIN claims c ON c.id = p.claim_id
WHERE p.contract_id = k.id AND c.status IN ({", ".join(f"'{status.value}'" for status in sorted(COMPUTED))})
    AND EXISTS (SELECT 1 FROM assessments a
        WHERE a.claim_id = c.id AND a.verdict = '{Verdict.CONFIRMED.value}')
    AND EXISTS (SELECT 1 FROM sales_reports r
        WHERE r.contract_id = k.id AND r.year = c.year AND r.amount > 0)
ORDER BY c.year DESC, c.id LIMIT 1
"""  # noqa: S608
"""The last claim of a contract whose sales a second person rechecked."""
FACTS = f"""
SELECT k.id AS contract_id, k.{{event}} AS event_on,
    CASE WHEN starts_with(w.region, '{HOME}') THEN left(w.region, 4) ELSE left(k.used_in, 4) END AS city,
    CASE WHEN starts_with(w.region, '{HOME}') THEN d.seller_id ELSE d.buyer_id END AS unit_id,
    d.seller_id, d.buyer_id, k.kind, k.field, k.used_in,
    coalesce({in_yuan("contract_amount")}, 0) AS contract_amount,
    coalesce({in_yuan("trade_amount")}, 0) AS trade_amount,
    coalesce(CASE WHEN k.currency = 'CNY' THEN m.received WHEN k.original_currency = 'CNY'
        THEN round(m.received::numeric * k.original_amount / nullif(k.contract_amount, 0))::bigint
        ELSE 0 END, 0) AS received_amount,
    least(greatest(coalesce(m.received * 10000 / nullif(k.contract_amount, 0), 0), 0), 10000)::int
        AS received_share,
    (k.registration_number IS NOT NULL AND NOT e.is_cancelled) AS is_registered,
    q.sales > 0 AS is_in_use,
    coalesce(CASE WHEN k.currency = 'CNY' THEN q.sales WHEN k.original_currency = 'CNY'
        THEN round(q.sales::numeric * k.original_amount / nullif(k.contract_amount, 0))::bigint
        ELSE 0 END, 0) AS sales_amount,
    CASE WHEN q.sales > 0 THEN ({_RECHECKED}) END AS claim_id,
    k.is_related,
    (d.status = 'rescinded' OR e.is_cancelled) AS is_ended,
    s.uscc AS seller_code, b.uscc AS buyer_code
FROM contracts k JOIN deals d ON d.id = k.deal_id
    JOIN organisations s ON s.id = d.seller_id JOIN organisations b ON b.id = d.buyer_id
    CROSS JOIN LATERAL (SELECT {region_on_sql("s", "k.{event}")} AS region) AS w
    CROSS JOIN LATERAL (SELECT coalesce((SELECT sum(r.amount) FROM receipts r WHERE r.contract_id = k.id), 0)
        + coalesce((SELECT sum(p.amount) FROM equity_paid_in p
            WHERE p.contract_id = k.id AND p.verdict = 'confirmed'), 0) AS received) AS m
    CROSS JOIN LATERAL (SELECT coalesce(sum(r.amount), 0) AS sales FROM sales_reports r
        WHERE r.contract_id = k.id) AS q
    CROSS JOIN LATERAL (SELECT EXISTS (SELECT 1 FROM contract_changes c WHERE c.contract_id = k.id
        AND c.kind = 'cancellation' AND c.effective_at IS NOT NULL) AS is_cancelled) AS e
"""  # noqa: S608
"""One row a contract. What arrived of equity is what was paid in."""
FITS = (
    "event_on BETWEEN make_date($1::int, 1, 1) AND make_date($1::int, 12, 31) AND NOT is_ended "
    f"AND contract_amount >= $2::bigint AND starts_with(city, '{HOME}')"
)
"""Which of them count towards the year $1 by a definition with the least amount $2."""


def facts_query(definition: TargetDefinition) -> str:
    """Return the statement of the facts by a definition, of the contracts and the deeds of a year.

    Its values are the year and the least amount.
    """
    facts = FACTS.format(event=EVENT_COLUMNS[definition.event])
    return (
        f"SELECT facts.*, coalesce(({FITS}), false) AS fits FROM ({facts}) AS facts "  # noqa: S608
        "WHERE event_on BETWEEN make_date($1::int, 1, 1) AND make_date($1::int, 12, 31) "
        "OR contract_id IN (SELECT contract_id FROM deeds WHERE year = $1::int)"
    )
