"""Entries that say nearly the same as one, beside it while it is sorted."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from market.search.duplicates import similarity
from market.surveys.models import SurveyEntry
from market.surveys.texts import text_of_entry

MOST = 10


@dataclass(frozen=True)
class AlikeEntry:
    """Another entry of the survey, with the similarity of its text in percent."""

    entry: SurveyEntry
    percent: int


async def alike_entries(entry: SurveyEntry) -> list[AlikeEntry]:
    """Return the other entries of its group, the most similar first; groups are made when sorting begins."""
    if entry.alike_group is None:
        return []
    others = SurveyEntry.filter(survey_id=entry.survey_id, alike_group=entry.alike_group)
    rows = await others.exclude(id=entry.id).select_related("organisation").order_by("running").limit(50)
    return await asyncio.to_thread(_rank, entry, rows)


def _rank(entry: SurveyEntry, others: list[SurveyEntry]) -> list[AlikeEntry]:
    text = text_of_entry(entry)
    ranked = [AlikeEntry(other, round(100 * similarity(text, text_of_entry(other)))) for other in others]
    return sorted(ranked, key=lambda match: (-match.percent, match.entry.running))[:MOST]
