"""The guarded way to surveys and entries, and how entries are counted."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from tortoise.expressions import Q
from tortoise.functions import Count
from tortoise.queryset import QuerySet

from market.accounts.actors import Actor
from market.accounts.models import Organisation
from market.codes.regions import is_within
from market.kit.errors import NotFound
from market.kit.i18n import Lazy, lazy
from market.kit.i18n import gettext as _
from market.kit.pagination import Page, PageRequest
from market.listings.models import Need
from market.listings.states import PUBLIC
from market.surveys.models import (
    RecommendingUnit,
    Survey,
    SurveyEntry,
    SurveyExtension,
    SurveyForm,
    SurveyQuota,
)
from market.surveys.questions import Question
from market.surveys.rules import Quota, Tally, tally
from market.surveys.states import HANDED_IN, TO_SORT, EntryStatus, SurveyAct, SurveyStatus, Verdict
from market.surveys.units import find_unit_of

_SHOWN = ("organisation", "unit__organisation", "need", "merged_into")
"""What lists of entries show beside them."""


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


async def list_extensions(survey: Survey) -> Sequence[SurveyExtension]:
    """Return the extensions of a survey, the first first."""
    return await SurveyExtension.filter(survey_id=survey.id).order_by("extended_at")


async def extensions_of(survey_ids: Collection[UUID]) -> Sequence[SurveyExtension]:
    """Return the extensions of many surveys."""
    return await SurveyExtension.filter(survey_id__in=list(survey_ids)).order_by("extended_at")


async def count_entries(survey_ids: Collection[UUID]) -> Mapping[UUID, int]:
    """Return how many entries were handed in to each survey that has any."""
    counts = await (
        SurveyEntry.filter(survey_id__in=list(survey_ids), status__in=HANDED_IN)
        .annotate(count=Count("id"))
        .group_by("survey_id")
        .values_list("survey_id", "count")
    )
    return dict(counts)


async def list_published_needs(survey: Survey) -> Sequence[Need]:
    """Return the needs that a survey became, as everybody may read them."""
    if survey.published_at is None:
        return []
    entries = SurveyEntry.filter(survey_id=survey.id, need_id__isnull=False)
    ids = await entries.order_by("running").values_list("need_id", flat=True)
    return await Need.filter(id__in=ids, status__in=PUBLIC).order_by("number")


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
    entries = SurveyEntry.filter(survey_id=survey.id, running=running)
    entry = await entries.select_related(*_SHOWN).first()
    if entry is None:
        raise _not_found()
    if is_mandated_to(entry, actor):
        return entry
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


def is_mandated_to(entry: SurveyEntry, actor: Actor) -> bool:
    """Return whether the person entered it as a broker with the firm's letter."""
    is_own = entry.is_by_mandate and entry.created_by_id == actor.user_id
    return is_own and actor.may(SurveyAct.ENTER_BY_MANDATE)


async def list_own_entries(actor: Actor, survey: Survey | None = None) -> Sequence[SurveyEntry]:
    """Return the entries of the person's organisation and by their mandates, the latest first.

    In one survey or in all.
    """
    own = Q(id__isnull=True)
    if actor.may(SurveyAct.ENTER_SURVEY) and actor.organisation_id:
        own |= Q(organisation_id=actor.organisation_id)
    if actor.may(SurveyAct.ENTER_BY_MANDATE):
        own |= Q(is_by_mandate=True, created_by_id=actor.user_id)
    entries = SurveyEntry.filter(own)
    if survey is not None:
        entries = entries.filter(survey_id=survey.id)
    rows = entries.select_related("survey", "organisation", "need", "merged_into")
    return await rows.order_by("-created_at")


async def form_version(survey_id: UUID) -> int:
    """Return the latest version of a survey's questions."""
    form = await SurveyForm.filter(survey_id=survey_id).order_by("-version").first()
    return form.version if form else 1


def ranked(survey: Survey, unit: RecommendingUnit) -> QuerySet[SurveyEntry]:
    """Return what a unit recommends, in its order."""
    entries = SurveyEntry.filter(survey_id=survey.id, unit_id=unit.id, rank__isnull=False)
    return entries.select_related(*_SHOWN).order_by("rank")


UNIT_TABS: Mapping[str, tuple[Lazy, Q]] = {
    "waiting": (lazy("待推荐"), Q(status=EntryStatus.SUBMITTED)),
    "ranked": (lazy("已推荐"), Q(rank__isnull=False)),
    "declined": (lazy("不推荐"), Q(status=EntryStatus.DECLINED)),
    "all": (lazy("全部"), Q()),
}
"""Which of the entries that were handed in to a unit its page shows."""


async def page_unit_entries(
    survey: Survey, unit: RecommendingUnit, tab: str, text: str, page_request: PageRequest
) -> Page[SurveyEntry]:
    """Return a page of what was handed in to a unit: recommended ones by rank, then by number.

    `text` is looked for in titles, numbers and names of firms.
    """
    entries = _of_unit(survey, unit).filter(UNIT_TABS[tab][1])
    if text:
        entries = entries.filter(
            Q(title__icontains=text)
            | Q(number__icontains=text)
            | Q(firm_name__icontains=text)
            | Q(firm_name="", organisation__name__icontains=text)
        )
    rows = entries.select_related(*_SHOWN).order_by("rank", "running")
    items = await rows.offset(page_request.offset).limit(page_request.size)
    return page_request.page(items, await entries.count())


async def count_unit_entries(survey: Survey, unit: RecommendingUnit) -> Mapping[str, int]:
    """Return how many entries each tab of a unit's page has."""
    return {
        tab: await _of_unit(survey, unit).filter(chosen).count() for tab, (_w, chosen) in UNIT_TABS.items()
    }


def _of_unit(survey: Survey, unit: RecommendingUnit) -> QuerySet[SurveyEntry]:
    return SurveyEntry.filter(survey_id=survey.id, unit_id=unit.id, status__in=HANDED_IN)


@dataclass(frozen=True)
class UnitSurvey:
    """A survey in which a unit recommends, with how far it is."""

    survey: Survey
    quota: Quota
    waiting: int


async def list_unit_surveys(unit: RecommendingUnit) -> list[UnitSurvey]:
    """Return the surveys in which a unit recommends, the latest first."""
    quotas = SurveyQuota.filter(unit_id=unit.id).exclude(survey__status=SurveyStatus.DRAFT)
    rows = await quotas.select_related("survey").order_by("-survey__created_at")
    counts = await (
        SurveyEntry.filter(unit_id=unit.id, status__in=HANDED_IN)
        .annotate(handed_in=Count("id"), recommended=Count("rank"))
        .group_by("survey_id", "status")
        .values_list("survey_id", "status", "handed_in", "recommended")
    )
    return [
        UnitSurvey(
            row.survey,
            Quota(
                unit.organisation.name,
                row.least,
                row.most,
                sum(recommended for survey_id, _s, _n, recommended in counts if survey_id == row.survey_id),
            ),
            sum(
                handed_in
                for survey_id, status, handed_in, _r in counts
                if survey_id == row.survey_id and status == EntryStatus.SUBMITTED
            ),
        )
        for row in rows
    ]


async def list_entries(survey: Survey, show: str, page_request: PageRequest) -> Page[SurveyEntry]:
    """Return a page of what was handed in: without a verdict, with any (`sorted`), or with one verdict."""
    entries = SurveyEntry.filter(survey_id=survey.id, status__in=HANDED_IN)
    if show == "":
        entries = entries.filter(verdict__isnull=True)
    elif show == "sorted":
        entries = entries.filter(verdict__isnull=False)
    else:
        entries = entries.filter(verdict=Verdict(show))
    rows = await (
        entries.select_related(*_SHOWN)
        .order_by("running")
        .offset(page_request.offset)
        .limit(page_request.size)
    )
    return page_request.page(rows, await entries.count())


def handed_in(survey: Survey) -> QuerySet[SurveyEntry]:
    """Return all that was handed in, in its order."""
    entries = SurveyEntry.filter(survey_id=survey.id, status__in=HANDED_IN)
    return entries.select_related(*_SHOWN).order_by("running")


async def get_handed_in(survey: Survey, running: int) -> SurveyEntry:
    """Return a handed-in entry with all that its sorting shows.

    Raises:
        NotFound: there is none, or it is a draft.
    """
    entries = SurveyEntry.filter(survey_id=survey.id, running=running, status__in=HANDED_IN)
    entry = await entries.select_related(*_SHOWN, "merged_entry").first()
    if entry is None:
        raise _not_found()
    return entry


async def next_unsorted(survey: Survey, running: int) -> int | None:
    """Return the running number of the next entry without a verdict, from the beginning after the last."""
    entries = SurveyEntry.filter(survey_id=survey.id, status__in=TO_SORT).order_by("running")
    following = (
        await entries.filter(running__gt=running).first() or await entries.exclude(running=running).first()
    )
    return following.running if following else None


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


async def quotas_for(
    survey: Survey, organisation_id: UUID, chosen_id: UUID | None = None
) -> list[SurveyQuota]:
    """Return the quotas of the units that recommend firms of where an organisation is; maybe none does.

    Of an organisation whose region is not known any may be the one.

    A unit whose duty has ended is among them only where it is the chosen one.
    """
    firm = await Organisation.get(id=organisation_id)
    quotas = SurveyQuota.filter(
        Q(unit__ended_at__isnull=True) | Q(unit_id=chosen_id), survey_id=survey.id
    ).select_related("unit__organisation")
    return [quota for quota in await quotas if not firm.region or is_within(firm.region, quota.unit.region)]


async def tally_of(survey: Survey) -> Tally:
    """Count a survey's entries by what is to become of them."""
    rows = await (
        SurveyEntry.filter(survey_id=survey.id)
        .annotate(count=Count("id"))
        .group_by("status", "verdict")
        .values_list("status", "verdict", "count")
    )
    return tally({(status, verdict): count for status, verdict, count in rows})
