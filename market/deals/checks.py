"""Invariants of deals."""

from __future__ import annotations

from collections.abc import Mapping

from market.kit.findings import find_rows
from market.kit.i18n import lazy
from market.kit.room import Check, Invariant


async def listed_prices_have_a_certificate() -> list[str]:
    """A deal's price is a listed one exactly where an exchange's certificate of that price is confirmed."""
    return await find_rows(
        "SELECT d.number FROM deals d LEFT JOIN exchange_certificates c "
        "ON c.deal_id = d.id AND c.verdict = 'confirmed' "
        "WHERE (d.pricing = 'listed' OR c.id IS NOT NULL) "
        "AND (d.pricing <> 'listed' OR c.price_amount IS DISTINCT FROM d.price_amount)",
        lazy("%(number)s 的挂牌定价与已确认的挂牌交易凭证不一致"),
    )


CHECKS: Mapping[str, Invariant[Check]] = {
    "deals: listed prices have a certificate": Invariant(
        lazy("交易：挂牌定价有已确认的凭证"), listed_prices_have_a_certificate
    ),
}
