"""Numbers that people read and quote, such as CG-2026-000123."""

from datetime import datetime

from market.kit.clock import local_date
from market.kit.database import connection

FAMILIES = {
    "outcome": "CG",
    "need": "XQ",
    "match": "DJ",
    "deal": "JY",
    "contract": "HT",
    "notice": "GS",
    "claim": "BZ",
    "batch": "PC",
    "disbursement": "BF",
    "clawback": "ZH",
    "reward": "JL",
}
"""The letters that begin the number of each kind of record."""


async def next_number(family: str, now: datetime) -> str:
    """Return the next number of a family ("CG", "JY" …) in the year it is in Asia/Shanghai.

    Joins the surrounding transaction: if that is undone, so is the number, and there is no gap.
    The family's counter stays locked until then, so call it as late as possible.

    Raises:
        ValueError: there is no such family.
    """
    return (await next_numbers(family, 1, now))[0]


async def next_numbers(family: str, count: int, now: datetime) -> list[str]:
    """Return the next `count` numbers of a family at once, for imports; else as `next_number`."""
    if family not in FAMILIES.values():
        raise ValueError(f"no family of numbers {family!r}")
    if count < 1:
        return []
    year = local_date(now).year
    rows = await connection().execute_query_dict(
        "INSERT INTO counters (family, year, value) VALUES ($1, $2, $3) "
        "ON CONFLICT (family, year) DO UPDATE SET value = counters.value + EXCLUDED.value "
        "RETURNING value",
        [family, year, count],
    )
    last = int(rows[0]["value"])
    return [f"{family}-{year}-{number:06d}" for number in range(last - count + 1, last + 1)]
