"""Outcomes as subjects of records of other rooms."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

from market.kit.i18n import lazy
from market.kit.room import SubjectRecord
from market.listings.models import Outcome


def outcome_subject(outcome: Outcome) -> SubjectRecord:
    """Return the subject record of a fetched outcome."""
    return SubjectRecord(
        kind="outcome",
        id=outcome.id,
        number=outcome.number,
        title=outcome.title,
        label=lazy("成果"),
        address=f"/outcomes/{outcome.number}",
    )


async def outcome_subjects(ids: Collection[UUID]) -> Mapping[UUID, SubjectRecord]:
    """Load the subject records of these outcomes, by id."""
    outcomes = await Outcome.filter(id__in=list(ids)).only("id", "number", "title")
    return {outcome.id: outcome_subject(outcome) for outcome in outcomes}
