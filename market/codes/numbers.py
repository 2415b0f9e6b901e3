"""Record numbers that people quote, such as CG-2026-000123: gapless per kind and year."""

import re
from datetime import datetime

from market.codes.canonical import canonical_key
from market.kit.clock import local_date
from market.kit.database import connection
from market.kit.room import rooms

_RECORD = re.compile(r"([A-Z]{2})(20\d\d)(\d{1,6})")


def record_number(text: str) -> str | None:
    """Return a record number as CG-2026-000123, however it was typed; None if it is none."""
    match = _RECORD.fullmatch(canonical_key(text))
    return f"{match[1]}-{match[2]}-{int(match[3]):06d}" if match else None


async def next_number(subject_kind: str, now: datetime) -> str:
    """Return the next number of a kind of record, such as CG-2026-000123, in the year it is in Asia/Shanghai.

    Joins the current transaction: a rollback returns the number, so there is no gap. The kind's counter
    stays locked until then, so call it as late as possible.

    Raises:
        ValueError: no room declares letters for this kind.
    """
    return (await next_numbers(subject_kind, 1, now))[0]


async def next_numbers(subject_kind: str, count: int, now: datetime) -> list[str]:
    """Return the next `count` numbers of a kind at once, for imports; else as `next_number`."""
    subject = rooms().subjects.get(subject_kind)
    family = subject.number if subject else ""
    if not family:
        raise ValueError(f"no room declares the letters of {subject_kind!r}")
    if count < 1:
        return []
    last = await next_value(family, now, count)
    year = local_date(now).year
    return [f"{family}-{year}-{number:06d}" for number in range(last - count + 1, last + 1)]


async def next_value(family: str, now: datetime, count: int = 1) -> int:
    """Add `count` to a counter of the year in Asia/Shanghai and return its value; locks as above.

    For numbers with a form of their own; `family` has at most four characters and is no record's letters.
    """
    rows = await connection().execute_query_dict(
        "INSERT INTO counters (family, year, value) VALUES ($1, $2, $3) "
        "ON CONFLICT (family, year) DO UPDATE SET value = counters.value + EXCLUDED.value "
        "RETURNING value",
        [family, local_date(now).year, count],
    )
    return int(rows[0]["value"])
