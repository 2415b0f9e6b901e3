"""Whom the word of a programme has not reached, for the operator; the last run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from market.eligibility.models import EligibilityRun
from market.eligibility.states import REMINDED, Answer
from market.eligibility.telling import ADDRESS
from market.kit.database import connection
from market.kit.pagination import Page, PageRequest

_UNREACHED = """
FROM eligibility_messages t
JOIN eligibility_records r ON r.organisation_id = t.organisation_id AND r.terms_id = t.terms_id
    AND r.answer = t.answer AND NOT r.has_claim
JOIN organisations o ON o.id = t.organisation_id
JOIN programme_terms v ON v.id = t.terms_id JOIN programmes p ON p.id = v.programme_id
WHERE t.answer = ANY($1::text[]) AND ($2 = '' OR o.region LIKE $2 || '%') AND ($3 = '' OR p.slug = $3)
AND NOT EXISTS (SELECT 1 FROM messages m JOIN memberships s ON s.user_id = m.user_id
    WHERE s.organisation_id = t.organisation_id AND s.started_at IS NOT NULL AND s.ended_at IS NULL
    AND m.address LIKE $4 || '%' AND m.created_at >= t.told_at AND m.read_at IS NOT NULL)
"""
_ROWS = (
    "SELECT o.id AS organisation_id, o.name, o.region, o.contact_name, o.contact_phone, p.slug, "
    "p.name AS programme, t.answer, t.told_at, t.recipients, r.amount, r.until_at, r.year "
    f"{_UNREACHED} ORDER BY r.until_at NULLS LAST, o.name, p.slug OFFSET $5 LIMIT $6"
)


@dataclass(frozen=True)
class Unreached:
    """An organisation that may apply, or is a step away, and has not opened what it was told."""

    organisation_id: UUID
    name: str
    region: str
    contact_name: str
    contact_phone: str
    slug: str
    programme: str
    answer: Answer
    told_at: datetime
    recipients: int
    """0: the organisation has nobody who could be told."""
    amount: int | None
    until_at: datetime | None
    year: int


async def list_unreached(
    page_request: PageRequest, *, city: str = "", programme: str = ""
) -> Page[Unreached]:
    """Return a page of organisations that have not been reached, what ends first first.

    Reached is whose member has opened a message that led to the page of answers, since it was told.
    """
    values: list[Any] = [[*REMINDED], city, programme, ADDRESS]
    counted = await connection().execute_query_dict(f"SELECT count(*) AS n {_UNREACHED}", values)
    rows = await connection().execute_query_dict(_ROWS, [*values, page_request.offset, page_request.size])
    return page_request.page([_unreached(row) for row in rows], int(counted[0]["n"]))


def _unreached(row: Mapping[str, Any]) -> Unreached:
    return Unreached(
        **{
            **row,
            "organisation_id": UUID(str(row["organisation_id"])),
            "answer": Answer(row["answer"]),
        }
    )


async def last_run() -> EligibilityRun | None:
    """Return the run that began last."""
    return await EligibilityRun.all().order_by("-begun_at", "-id").first()
