"""Acts of the operator on a survey: write it, ask questions, name its units, open, extend, close, archive."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from market.accounts import messages
from market.accounts.models import MemberRole, StaffRole
from market.audit.log import record
from market.codes.holidays import Calendar
from market.codes.numbers import next_number
from market.codes.regions import GUANGXI
from market.kit.clock import end_of_day, local_date
from market.kit.database import atomic, connection
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.formats import closing_words
from market.kit.i18n import gettext as _
from market.notices.models import DayKind
from market.notices.periods import period_end
from market.records.by import By
from market.records.moments import set_moments
from market.records.transitions import begin, transition
from market.search.duplicates import duplicate_groups
from market.surveys.models import Survey, SurveyEntry, SurveyExtension, SurveyForm, SurveyQuota
from market.surveys.questions import Question, make_questions
from market.surveys.rules import RECOMMENDING_DAYS, REMIND_DAYS, is_open, is_recommending
from market.surveys.states import (
    TO_SORT,
    Channel,
    EntryStatus,
    SurveyAct,
    SurveyAction,
    SurveyStatus,
    SurveyVerb,
)
from market.surveys.texts import text_of_entry

CLOSE, REMIND, SORT = "surveys.close", "surveys.remind", "surveys.sort"
"""Acts that fall due at a moment of a survey."""
WRITERS = {MemberRole.ADMIN, MemberRole.AGENT}
"""Members who write entries and recommend, and are told about them."""


async def lock(number: str) -> Survey:
    """Return a survey, locked.

    Raises:
        NotFound: there is none of this number.
    """
    survey = await Survey.filter(number=number).select_for_update().first()
    if survey is None:
        raise NotFound(_("没有这个页面，或者您不能查看它。"))
    return survey


@atomic()
async def create(values: Mapping[str, Any], *, by: By) -> Survey:
    """Create a draft of a survey, without further questions yet."""
    by.actor.require(SurveyAct.MANAGE_SURVEYS)
    survey = await Survey.create(
        **{
            **values,
            "id": uuid4(),
            "number": await next_number("survey", by.now),
            "created_by_id": by.actor.user_id,
            "created_at": by.now,
            "updated_at": by.now,
        }
    )
    await begin(survey, by=by)
    await record("survey", survey.id, SurveyVerb.CREATED, by=by, number=survey.number)
    await _write_form(survey, [], by=by)
    return survey


@atomic()
async def edit(number: str, values: Mapping[str, Any], *, by: By) -> Survey:
    """Change a draft; what entrants have read is changed no more.

    Raises:
        Conflict: it was opened.
    """
    by.actor.require(SurveyAct.MANAGE_SURVEYS)
    survey = await lock(number)
    if survey.status is not SurveyStatus.DRAFT:
        raise Conflict(_("征集已经开始，通知不能再改；截止时间可以延长。"))
    survey.update_from_dict({**values, "updated_at": by.now})
    await survey.save(update_fields=[*values, "updated_at"])
    await record("survey", survey.id, SurveyVerb.EDITED, by=by, fields=sorted(values))
    return survey


@atomic()
async def set_questions(number: str, rows: Sequence[Mapping[str, Any]], *, by: By) -> SurveyForm:
    """Make a new version of the further questions; entries keep the version they were given in.

    Raises:
        Invalid: at `questions`: they cannot be asked so.
        Conflict: entries are not taken any more.
    """
    by.actor.require(SurveyAct.MANAGE_SURVEYS)
    survey = await lock(number)
    if survey.status is not SurveyStatus.DRAFT and not is_open(survey.status, survey.closes_at, by.now):
        raise Conflict(_("征集已截止，不能再改问题。"))
    forms = await SurveyForm.filter(survey_id=survey.id).order_by("version")
    earlier = [Question.from_json(stored) for form in forms for stored in form.questions]
    questions = [question.to_json() for question in make_questions(rows, earlier)]
    if forms and forms[-1].questions == questions:
        return forms[-1]
    return await _write_form(survey, questions, by=by, version=len(forms) + 1)


async def _write_form(
    survey: Survey, questions: list[dict[str, Any]], *, by: By, version: int = 1
) -> SurveyForm:
    form = await SurveyForm.create(
        id=uuid4(),
        survey_id=survey.id,
        version=version,
        questions=questions,
        made_by_id=by.actor.user_id,
        made_at=by.now,
    )
    await record(
        "survey", survey.id, SurveyVerb.FORM_CHANGED, by=by, version=version, questions=len(questions)
    )
    return form


@atomic()
async def set_quotas(number: str, quotas: Mapping[UUID, tuple[int, int | None]], *, by: By) -> None:
    """Set which units recommend, and how many entries at least and at most are expected of each.

    Raises:
        Invalid: at `quotas`: more at least than at most, or a unit is left out that has entries.
        Conflict: the time to recommend is over.
    """
    by.actor.require(SurveyAct.MANAGE_SURVEYS)
    survey = await lock(number)
    may_change = survey.status is SurveyStatus.DRAFT or is_recommending(
        survey.status, survey.channel, survey.recommend_until, by.now
    )
    if not may_change:
        raise Conflict(_("推荐已经结束，不能再改名额。"))
    if any(most is not None and most < max(least, 1) for least, most in quotas.values()):
        raise Invalid(_("最多不应少于最少，也不应是零。"), field="quotas")
    used = SurveyEntry.filter(survey_id=survey.id, unit_id__isnull=False)
    if set(await used.values_list("unit_id", flat=True)) - set(quotas):
        raise Invalid(_("已有企业选了的推荐单位不能去掉。"), field="quotas")
    await SurveyQuota.filter(survey_id=survey.id).exclude(unit_id__in=list(quotas)).delete()
    existing = {quota.unit_id: quota for quota in await SurveyQuota.filter(survey_id=survey.id)}
    for unit_id, (least, most) in quotas.items():
        quota = existing.get(unit_id) or SurveyQuota(id=uuid4(), survey_id=survey.id, unit_id=unit_id)
        quota.least, quota.most = least, most
        await quota.save(force_create=unit_id not in existing)
    await record("survey", survey.id, SurveyVerb.QUOTAS_CHANGED, by=by, units=len(quotas))


@atomic()
async def open_survey(number: str, *, calendar: Calendar, by: By) -> Survey:
    """Open a survey: from now on entries are taken until its closing; its units are notified.

    Raises:
        Invalid: at `closes_on`: the closing has passed; at `quotas`: nobody recommends.
    """
    by.actor.require(SurveyAct.MANAGE_SURVEYS)
    survey = await lock(number)
    if survey.closes_at <= by.now:
        raise Invalid(_("截止时间已过，请先改截止时间。"), field="closes_on")
    if survey.channel is Channel.RECOMMENDED and not await SurveyQuota.exists(survey_id=survey.id):
        raise Invalid(_("经推荐单位推荐的征集，请先选定推荐单位。"), field="quotas")
    until = _recommend_until(survey, survey.closes_at, calendar)
    await transition(
        survey,
        SurveyAction.OPEN,
        by=by,
        changes={"opened_at": by.now, "recommend_until": until},
        closes_at=survey.closes_at.isoformat(),
    )
    await _set_deadlines(survey)
    await notify_units(
        survey,
        _("《%(title)s》开始征集，请组织企业填报并推荐。", title=survey.title[:60]),
        now=by.now,
    )
    return survey


@atomic()
async def extend(number: str, closes_at: datetime, reason: str, *, calendar: Calendar, by: By) -> Survey:
    """Give entrants more time, as long as entries are taken; units and those with drafts are notified.

    Raises:
        Invalid: at `closes_on`: it is not later; at `reason`: none.
        Conflict: the survey is closed.
    """
    by.actor.require(SurveyAct.MANAGE_SURVEYS)
    survey = await lock(number)
    if not is_open(survey.status, survey.closes_at, by.now):
        raise Conflict(_("只有征集期间可以延长。"))
    if closes_at <= survey.closes_at:
        raise Invalid(_("新的截止时间应晚于现在的。"), field="closes_on")
    if not reason.strip():
        raise Invalid(_("请写明为什么延长，页面上会公布。"), field="reason")
    extension = await SurveyExtension.create(
        id=uuid4(),
        survey_id=survey.id,
        old_closes_at=survey.closes_at,
        new_closes_at=closes_at,
        reason=reason.strip()[:300],
        extended_by_id=by.actor.user_id,
        extended_at=by.now,
    )
    survey.closes_at, survey.updated_at = closes_at, by.now
    survey.recommend_until = _recommend_until(survey, closes_at, calendar)
    await survey.save(update_fields=["closes_at", "recommend_until", "updated_at"])
    await _set_deadlines(survey)
    await record(
        "survey",
        survey.id,
        SurveyVerb.EXTENDED,
        by=by,
        extension=extension.id,
        closes_at=closes_at.isoformat(),
    )
    text = _(
        "《%(title)s》延长到 %(until)s：%(reason)s",
        title=survey.title[:60],
        until=closing_words(closes_at),
        reason=extension.reason[:120],
    )
    await notify_units(survey, text, now=by.now)
    await _notify_drafts(survey, text, now=by.now)
    return survey


@atomic()
async def close_due(survey_id: UUID, *, now: datetime) -> bool:
    """Record that a survey's time is over; without recommendation sorting begins at once. Idempotent."""
    survey = await Survey.filter(id=survey_id).select_for_update().get()
    if survey.status is not SurveyStatus.OPEN or now < survey.closes_at:
        return False
    by = By.job(now)
    await transition(survey, SurveyAction.CLOSE, by=by)
    if survey.channel is Channel.OPEN:
        await _begin_sorting(survey, by=by)
    else:
        text = _("《%(title)s》已截止，请尽快推荐。", title=survey.title[:60])
        await notify_units(survey, text, now=now)
    return True


@atomic()
async def sort_due(survey_id: UUID, *, now: datetime) -> bool:
    """Begin sorting when the time to recommend is over. Idempotent."""
    survey = await Survey.filter(id=survey_id).select_for_update().get()
    if survey.status is not SurveyStatus.CLOSED or not survey.recommend_until or now < survey.recommend_until:
        return False
    await _begin_sorting(survey, by=By.job(now))
    return True


@atomic()
async def begin_sorting(number: str, *, by: By) -> Survey:
    """Begin sorting by hand: every unit has done its part, or nobody knows until when it may.

    Raises:
        Conflict: entries wait for their unit, whose time is not over.
    """
    by.actor.require(SurveyAct.MANAGE_SURVEYS)
    survey = await lock(number)
    waiting = await SurveyEntry.filter(survey_id=survey.id, status=EntryStatus.SUBMITTED).count()
    if waiting and survey.recommend_until is not None and by.now < survey.recommend_until:
        raise Conflict(_("还有 %(n)s 条等推荐单位处理，推荐期满后自动开始甄别。", n=waiting))
    await _begin_sorting(survey, by=by)
    return survey


@atomic()
async def remind_due(survey_id: UUID, *, now: datetime) -> bool:
    """Remind those who have a draft that the closing is near. Idempotent: its moment comes once."""
    survey = await Survey.get(id=survey_id)
    if not is_open(survey.status, survey.closes_at, now):
        return False
    text = _(
        "《%(title)s》%(until)s 截止，贵单位的填报还是草稿，请提交。",
        title=survey.title[:60],
        until=closing_words(survey.closes_at),
    )
    return bool(await _notify_drafts(survey, text, now=now))


@atomic()
async def archive(number: str, *, by: By) -> Survey:
    """Put a published survey away."""
    by.actor.require(SurveyAct.MANAGE_SURVEYS)
    return await transition(await lock(number), SurveyAction.ARCHIVE, by=by)


async def notify_units(survey: Survey, text: str, *, now: datetime) -> None:
    """Notify the units that recommend in a survey."""
    quotas = SurveyQuota.filter(survey_id=survey.id, unit__ended_at__isnull=True)
    for quota in await quotas.select_related("unit"):
        await messages.notify(
            text,
            now=now,
            address=f"/recommendations/{survey.number}",
            organisation_id=quota.unit.organisation_id,
            roles=WRITERS,
        )


async def _notify_drafts(survey: Survey, text: str, *, now: datetime) -> int:
    drafts = await SurveyEntry.filter(survey_id=survey.id, status=EntryStatus.DRAFT).order_by("running")
    for entry in drafts:
        await messages.notify(
            text,
            now=now,
            address=f"/surveys/{survey.number}/entries/{entry.running}",
            organisation_id=entry.organisation_id,
            roles=WRITERS,
        )
    return len(drafts)


async def _begin_sorting(survey: Survey, *, by: By) -> None:
    """Begin sorting: nothing is entered any more, so near-duplicates are grouped once."""
    entries = await SurveyEntry.filter(survey_id=survey.id, status__in=TO_SORT).order_by("running")
    texts = [(entry.id, text_of_entry(entry)) for entry in entries]
    groups = await asyncio.to_thread(duplicate_groups, texts)
    pairs = [(entry_id, place) for place, group in enumerate(groups, start=1) for entry_id in group]
    if pairs:
        await connection().execute_query(
            "UPDATE survey_entries e SET alike_group = g.place "
            "FROM unnest($2::uuid[], $3::int[]) AS g (id, place) WHERE e.survey_id = $1 AND e.id = g.id",
            [survey.id, [entry_id for entry_id, _place in pairs], [place for _id, place in pairs]],
        )
    await transition(survey, SurveyAction.SORT, by=by, entries=len(entries), alike=len(pairs))
    await messages.notify_staff(
        StaffRole.OPERATOR,
        _("《%(title)s》有 %(n)s 条填报待甄别。", title=survey.title[:60], n=len(entries)),
        now=by.now,
        address=f"/backoffice/surveys/{survey.number}/sorting",
    )


def _recommend_until(survey: Survey, closes_at: datetime, calendar: Calendar) -> datetime | None:
    if survey.channel is Channel.OPEN:
        return None
    last = local_date(closes_at - timedelta(seconds=1))
    end = period_end(last, RECOMMENDING_DAYS, DayKind.WORKING, region=GUANGXI, calendar=calendar)
    return end_of_day(end) if end else None


async def _set_deadlines(survey: Survey) -> None:
    remind_at = survey.closes_at - timedelta(days=REMIND_DAYS)
    is_early = survey.opened_at is not None and remind_at > survey.opened_at
    await set_moments(
        "survey",
        [
            (survey.id, CLOSE, survey.closes_at),
            (survey.id, REMIND, remind_at if is_early else None),
            (survey.id, SORT, survey.recommend_until),
        ],
    )
