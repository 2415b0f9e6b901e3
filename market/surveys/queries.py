"""The guarded way to surveys and entries, and how entries are counted."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from tortoise.functions import Count

from market.accounts.actors import Actor
from market.kit.errors import NotFound
from market.kit.i18n import gettext as _
from market.kit.pagination import Page, PageRequest
from market.surveys.models import RecommendingUnit, Survey, SurveyEntry, SurveyForm, SurveyQuota
from market.surveys.questions import Question
from market.surveys.rules import Quota, Tally, tally
from market.surveys.states import HANDED_IN, EntryStatus, SurveyAct, SurveyStatus
from market.surveys.units import find_unit_of


def _not_found() -> NotFound:
    return NotFound(_("没有这个页面，或者您不能查看它。"))


async def get_survey_for(actor: Actor | None, number: str) -> Survey:
    """Return a survey: an open or past one is everybody's, a draft is the operator's.

    Raises:
        NotFound: there is none, or it is a draft.
    """
    survey = await Survey.get_or_none(number=number)
    if survey is None:
        raise _not_found()
    if survey.status is SurveyStatus.DRAFT and not (actor and actor.may(SurveyAct.READ_SURVEYS)):
        raise _not_found()
    return survey


async def list_surveys(page_request: PageRequest, *, with_drafts: bool = False) -> Page[Survey]:
    """Return a page of surveys, the latest first; drafts for who manages them only."""
    surveys = Survey.all() if with_drafts else Survey.exclude(status=SurveyStatus.DRAFT)
    items = await surveys.order_by("-created_at").offset(page_request.offset).limit(page_request.size)
    return page_request.page(items, await surveys.count())


async def get_entry(survey: Survey | None, running: int, *, is_locked: bool = False) -> SurveyEntry:
    """Return a handed-in entry of a survey, for the operator.

    Raises:
        NotFound: there is none, or it is a draft.
    """
    if survey is None:
        raise _not_found()
    entries = SurveyEntry.filter(survey_id=survey.id, running=running, status__in=HANDED_IN)
    entry = await (entries.select_for_update() if is_locked else entries).first()
    if entry is None:
        raise _not_found()
    return entry


async def get_entry_for(actor: Actor, survey: Survey, running: int) -> SurveyEntry:
    """Return an entry for its own organisation; what was handed in also for its unit and the operator.

    Raises:
        NotFound: there is none, or it is not theirs.
    """
    entry = await SurveyEntry.get_or_none(survey_id=survey.id, running=running).select_related(
        "organisation", "need", "merged_into", "unit__organisation"
    )
    if entry is None:
        raise _not_found()
    if actor.may(SurveyAct.ENTER_SURVEY) and actor.acts_for(entry.organisation_id):
        return entry
    if entry.status not in HANDED_IN:
        raise _not_found()
    if actor.may(SurveyAct.READ_SURVEYS):
        return entry
    unit = await find_unit_of(actor) if entry.unit_id else None
    if unit is None or unit.id != entry.unit_id:
        raise _not_found()
    return entry


async def list_own_entries(actor: Actor, survey: Survey | None = None) -> Sequence[SurveyEntry]:
    """Return the entries of the person's organisation, in one survey or in all, the latest first."""
    entries = SurveyEntry.filter(organisation_id=actor.organisation_id)
    if survey is not None:
        entries = entries.filter(survey_id=survey.id)
    return await entries.select_related("survey", "need", "merged_into").order_by("-created_at")


async def list_unit_entries(survey: Survey, unit: RecommendingUnit) -> Sequence[SurveyEntry]:
    """Return what was handed in to a unit: recommended ones by rank, then those that wait, then declined."""
    entries = SurveyEntry.filter(survey_id=survey.id, unit_id=unit.id, status__in=HANDED_IN)
    rows = await entries.select_related("organisation").order_by("running")
    return sorted(
        rows,
        key=lambda entry: (
            entry.rank is None,
            entry.rank or 0,
            entry.status is EntryStatus.DECLINED,
            entry.running,
        ),
    )


async def questions_of(survey_id: UUID, version: int | None = None) -> list[Question]:
    """Return the questions of a version of a survey's form; without one, of the latest."""
    forms = SurveyForm.filter(survey_id=survey_id)
    form = await (forms.order_by("-version") if version is None else forms.filter(version=version)).first()
    return [Question.from_json(stored) for stored in form.questions] if form else []


async def quotas_of(survey: Survey) -> list[tuple[SurveyQuota, Quota]]:
    """Return the units of a survey with what they recommended, by region."""
    counts = await (
        SurveyEntry.filter(survey_id=survey.id, rank__isnull=False)
        .annotate(count=Count("id"))
        .group_by("unit_id")
        .values_list("unit_id", "count")
    )
    recommended = dict(counts)
    quotas = SurveyQuota.filter(survey_id=survey.id).select_related("unit__organisation")
    return [
        (
            quota,
            Quota(quota.unit.organisation.name, quota.least, quota.most, recommended.get(quota.unit_id, 0)),
        )
        for quota in await quotas.order_by("unit__region")
    ]


async def tally_of(survey: Survey) -> Tally:
    """Count a survey's entries by what is to become of them."""
    rows = await (
        SurveyEntry.filter(survey_id=survey.id)
        .annotate(count=Count("id"))
        .group_by("status", "verdict")
        .values_list("status", "verdict", "count")
    )
    return tally({(status, verdict): count for status, verdict, count in rows})
