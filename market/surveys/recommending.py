"""Acts of a recommending unit: recommend with a rank, or decline with a reason."""

from __future__ import annotations

from market.accounts import messages
from market.audit.log import record
from market.kit.database import atomic, connection
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.i18n import gettext as _
from market.records.by import By
from market.records.transitions import transition, transition_all
from market.surveys.management import WRITERS
from market.surveys.models import RecommendingUnit, Survey, SurveyEntry, SurveyQuota
from market.surveys.rules import is_recommending
from market.surveys.states import EntryAction, EntryStatus, SurveyVerb
from market.surveys.units import get_unit_for


@atomic()
async def recommend(number: str, running: int, rank: int | None, *, by: By) -> SurveyEntry:
    """Recommend an entry, or move it, to a place among the unit's; without one it comes last.

    Raises:
        Invalid: the unit has recommended as many as it may.
        Conflict: the time to recommend is over.
    """
    unit = await get_unit_for(by.actor)
    survey, quota, entry = await _lock(number, running, unit, by=by)
    ranked = await _ranked(survey, unit)
    others = [other for other in ranked if other != entry.id]
    if entry.status is not EntryStatus.RECOMMENDED:
        if quota.most is not None and len(others) >= quota.most:
            raise Invalid(_("贵单位最多推荐 %(most)s 项，已经满了。", most=quota.most))
        await transition(
            entry,
            EntryAction.RECOMMEND,
            by=by,
            changes={
                "recommended_by_id": by.actor.user_id,
                "recommended_at": by.now,
                "decline_reason": "",
            },
        )
    place = len(others) if rank is None else max(0, min(rank - 1, len(others)))
    await _write_ranks(survey, [*others[:place], entry.id, *others[place:]])
    return entry


@atomic()
async def recommend_rest(number: str, *, by: By) -> int:
    """Recommend what waits in the order of its numbers, as many as the unit may; return how many.

    Raises:
        Invalid: the unit has recommended as many as it may, or nothing waits.
        Conflict: the time to recommend is over.
    """
    unit = await get_unit_for(by.actor)
    survey, quota = await _lock_quota(number, unit, by=by)
    ranked = len(await _ranked(survey, unit))
    room = None if quota.most is None else quota.most - ranked
    if room is not None and room <= 0:
        raise Invalid(_("贵单位最多推荐 %(most)s 项，已经满了。", most=quota.most))
    waiting = SurveyEntry.filter(survey_id=survey.id, unit_id=unit.id, status=EntryStatus.SUBMITTED)
    entries = await waiting.order_by("running").select_for_update()
    entries = entries if room is None else entries[:room]
    if not entries:
        raise Invalid(_("没有待推荐的填报。"))
    changes = {"recommended_by_id": by.actor.user_id, "recommended_at": by.now, "decline_reason": ""}
    await transition_all(
        [
            (entry, EntryAction.RECOMMEND, {**changes, "rank": ranked + place})
            for place, entry in enumerate(entries, start=1)
        ],
        by=by,
    )
    numbers = [entry.running for entry in entries]
    await record("survey", survey.id, SurveyVerb.RECOMMENDED, by=by, unit=unit.id, entries=numbers)
    return len(entries)


@atomic()
async def decline(number: str, running: int, reason: str, *, by: By) -> SurveyEntry:
    """Decline to recommend an entry; the entrant is told why, the operator decides.

    Raises:
        Invalid: at `reason`: none.
        Conflict: the time to recommend is over.
    """
    unit = await get_unit_for(by.actor)
    survey, _quota, entry = await _lock(number, running, unit, by=by)
    if not reason.strip():
        raise Invalid(_("请写明不推荐的理由，填报单位会看到。"), field="reason")
    await transition(
        entry,
        EntryAction.DECLINE,
        by=by,
        changes={
            "recommended_by_id": by.actor.user_id,
            "recommended_at": by.now,
            "decline_reason": reason.strip()[:300],
            "rank": None,
        },
    )
    await _write_ranks(survey, [other for other in await _ranked(survey, unit) if other != entry.id])
    await messages.notify(
        _(
            "推荐单位没有推荐您填报的《%(title)s》：%(reason)s 是否采纳由平台甄别后告知。",
            title=entry.title[:60],
            reason=entry.decline_reason[:120],
        ),
        now=by.now,
        address=f"/surveys/{survey.number}/entries/{entry.running}",
        organisation_id=entry.organisation_id,
        roles=WRITERS,
    )
    return entry


async def _lock(
    number: str, running: int, unit: RecommendingUnit, *, by: By
) -> tuple[Survey, SurveyQuota, SurveyEntry]:
    """Return the survey, the unit's quota and the entry; the quota's lock orders the unit's members."""
    survey, quota = await _lock_quota(number, unit, by=by)
    entries = SurveyEntry.filter(survey_id=survey.id, running=running, unit_id=unit.id)
    entry = await entries.exclude(status=EntryStatus.DRAFT).select_for_update().first()
    if entry is None:
        raise NotFound(_("没有这个页面，或者您不能查看它。"))
    return survey, quota, entry


async def _lock_quota(number: str, unit: RecommendingUnit, *, by: By) -> tuple[Survey, SurveyQuota]:
    survey = await Survey.get_or_none(number=number)
    if survey is None:
        raise NotFound(_("没有这个页面，或者您不能查看它。"))
    quota = await SurveyQuota.filter(survey_id=survey.id, unit_id=unit.id).select_for_update().first()
    if quota is None:
        raise NotFound(_("没有这个页面，或者您不能查看它。"))
    if not is_recommending(survey.status, survey.channel, survey.recommend_until, by.now):
        raise Conflict(_("推荐期已经结束。"))
    return survey, quota


async def _ranked(survey: Survey, unit: RecommendingUnit) -> list[object]:
    """Return the ids of the entries that a unit recommends, in their order."""
    entries = SurveyEntry.filter(survey_id=survey.id, unit_id=unit.id, rank__isnull=False)
    return list(await entries.order_by("rank").values_list("id", flat=True))


async def _write_ranks(survey: Survey, ids: list[object]) -> None:
    """Give entries the places of their order; two share a place only within the transaction."""
    if ids:
        await connection().execute_query(
            "UPDATE survey_entries e SET rank = r.place "
            "FROM unnest($2::uuid[]) WITH ORDINALITY AS r (id, place) "
            "WHERE e.survey_id = $1 AND e.id = r.id AND e.rank IS DISTINCT FROM r.place",
            [survey.id, ids],
        )
