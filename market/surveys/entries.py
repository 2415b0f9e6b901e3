"""Acts of an organisation on its entries: save a draft, submit, take back, withdraw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from market.accounts import messages
from market.audit.log import record
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.formats import closing_words
from market.kit.i18n import gettext as _
from market.listings import masking
from market.listings.authoring import require_may_create
from market.listings.kinds import NEED
from market.listings.submission import Incomplete, require_complete
from market.records.by import By
from market.records.transitions import begin, transition
from market.surveys.content_digests import content_digest
from market.surveys.management import WRITERS, lock
from market.surveys.models import Survey, SurveyEntry, SurveyForm, SurveyQuota
from market.surveys.queries import is_mandated_to, quotas_for
from market.surveys.questions import PREFIX, Question, missing_answers
from market.surveys.rules import is_open, title_key
from market.surveys.states import (
    Channel,
    EntryAction,
    EntryStatus,
    EntryVerb,
    SurveyAct,
    SurveyStatus,
)
from market.surveys.texts import as_need, split_values


class LimitReached(Conflict):
    """The organisation has as many entries in the survey as it may."""

    def __init__(self, most: int, first: SurveyEntry) -> None:
        super().__init__(
            _(
                "本次征集每单位限报 %(most)s 项，贵单位已填报 %(number)s。",
                most=most,
                number=first.number,
            )
        )
        self.first = first


class TooLate(Conflict):
    """Entries are not taken any more."""


@dataclass(frozen=True)
class Content:
    """What an entrant typed."""

    values: Mapping[str, Any]
    """The values of the form of needs."""
    answers: Mapping[str, str] = field(default_factory=dict)
    unit_id: UUID | None = None
    is_declared: bool = False


def late(survey: Survey) -> TooLate:
    """Return what an entrant reads who comes too late."""
    return TooLate(
        _(
            "征集已于 %(at)s（北京时间）截止。您的草稿仍保留，但不再受理。",
            at=closing_words(survey.closes_at),
        )
    )


@atomic()
async def save(
    number: str, running: int | None, content: Content, *, is_submitted: bool, by: By
) -> SurveyEntry:
    """Save a draft, as a new entry without `running`, and optionally submit it, in one transaction.

    A draft may be saved after the closing, so that nothing typed is lost; it is not taken then. A new entry
    is made only as long as entries are taken.

    Raises:
        LimitReached: the organisation has as many as it may.
        TooLate: a new entry after the closing; one that exists is saved and not submitted, see `is_late`.
        Incomplete: what a submission needs is missing.
        Invalid: at `title`: the organisation entered it already; at `unit`: it does not recommend here.
    """
    if running is None:
        require_may_enter(by)
    survey = await lock(number)
    if survey.status is SurveyStatus.DRAFT:
        raise NotFound(_("没有这个页面，或者您不能查看它。"))
    is_taken = is_open(survey.status, survey.closes_at, by.now)
    if running is None:
        if not is_taken:
            raise late(survey)
        entry = await new_entry(survey, by.actor.organisation_id, by=by)
    else:
        entry = await lock_own(survey, running, by=by)
        if entry.status is not EntryStatus.DRAFT:
            raise Conflict(_("已提交的填报不能改；征集期间可以先撤回。"))
    await _write(survey, entry, content, is_new=running is None, by=by)
    if is_submitted and is_taken:
        await _submit(survey, entry, content, by=by)
    return entry


def is_late(survey: Survey, by: By) -> bool:
    """Return whether entries are not taken any more, by the clock of the act."""
    return not is_open(survey.status, survey.closes_at, by.now)


@atomic()
async def retract(number: str, running: int, *, by: By) -> SurveyEntry:
    """Take a submitted entry back to mend it, while entries are taken and its unit has not acted.

    Raises:
        TooLate: the survey is closed.
    """
    survey = await lock(number)
    entry = await lock_own(survey, running, by=by)
    if is_late(survey, by):
        raise late(survey)
    changes = {"submitted_at": None, "secrecy_declared": False, "decline_reason": ""}
    return await transition(entry, EntryAction.RETRACT, by=by, changes=changes)


@atomic()
async def withdraw(number: str, running: int, *, by: By) -> SurveyEntry:
    """Withdraw an entry for good: a draft at any time, a submitted one while entries are taken.

    Raises:
        TooLate: it is submitted and the survey closed.
    """
    survey = await lock(number)
    entry = await lock_own(survey, running, by=by)
    if entry.status is not EntryStatus.DRAFT and is_late(survey, by):
        raise late(survey)
    return await transition(entry, EntryAction.WITHDRAW, by=by)


def require_may_enter(by: By) -> None:
    """Raise unless the person may enter needs of their organisation.

    Raises:
        NotYours: the role does not allow it, or the kind of the organisation.
    """
    by.actor.require(SurveyAct.ENTER_SURVEY)
    require_may_create(NEED, by.actor)


async def lock_own(survey: Survey, running: int, *, by: By) -> SurveyEntry:
    """Return an entry that the person may change, locked.

    It is their organisation's, held by it for a firm, or entered by the person with a firm's mandate.

    Raises:
        NotFound: there is none, or it is not theirs.
        NotYours: the role does not allow it, or the kind of the organisation.
    """
    entries = SurveyEntry.filter(survey_id=survey.id, running=running)
    entry = await entries.select_for_update().first()
    if entry is not None and is_mandated_to(entry, by.actor):
        return entry
    by.actor.require(SurveyAct.ENTER_SURVEY)
    if entry is None or not by.actor.acts_for(entry.organisation_id):
        raise NotFound(_("没有这个页面，或者您不能查看它。"))
    if not entry.firm_name:
        require_may_enter(by)
    return entry


async def require_room(survey: Survey, organisation_id: UUID | None) -> None:
    """Raise unless an organisation may begin another entry.

    Raises:
        LimitReached: it has as many as it may.
    """
    own = SurveyEntry.filter(survey_id=survey.id, organisation_id=organisation_id, firm_name="")
    counted = await own.exclude(status=EntryStatus.WITHDRAWN).order_by("running")
    if len(counted) >= survey.per_unit_most:
        raise LimitReached(survey.per_unit_most, counted[0])


async def new_entry(survey: Survey, organisation_id: UUID | None, *, by: By) -> SurveyEntry:
    """Return a new entry of an organisation, not stored yet; the caller has locked the survey.

    Raises:
        LimitReached: the organisation has as many as it may.
    """
    await require_room(survey, organisation_id)
    last = await SurveyEntry.filter(survey_id=survey.id).order_by("-running").first()
    running = last.running + 1 if last else 1
    return SurveyEntry(
        id=uuid4(),
        survey_id=survey.id,
        running=running,
        number=f"{survey.number}-{running:04d}",
        organisation_id=organisation_id,
        created_by_id=by.actor.user_id,
        created_at=by.now,
    )


async def _write(survey: Survey, entry: SurveyEntry, content: Content, *, is_new: bool, by: By) -> None:
    form = await SurveyForm.filter(survey_id=survey.id).order_by("-version").first()
    if content.unit_id:
        await _require_unit(survey, entry, content.unit_id)
    title = str(content.values.get("title") or "")
    key = title_key(title)
    twin = SurveyEntry.filter(
        survey_id=survey.id,
        organisation_id=entry.organisation_id,
        firm_name=entry.firm_name,
        title_key=key,
    ).exclude(id=entry.id)
    if key and (other := await twin.exclude(status=EntryStatus.WITHDRAWN).first()):
        raise Invalid(_("贵单位在本次征集中已填报同名需求 %(number)s。", number=other.number), field="title")
    entry.values, entry.contact = split_values(content.values)
    entry.update_from_dict(
        {
            "title": title,
            "title_key": key,
            "answers": dict(content.answers),
            "unit_id": content.unit_id,
            "form_version": form.version if form else 1,
            "updated_at": by.now,
        }
    )
    await entry.save(force_create=is_new)
    if is_new:
        await begin(entry, by=by)
    verb = EntryVerb.CREATED if is_new else EntryVerb.EDITED
    await record("survey_entry", entry.id, verb, by=by, number=entry.number, version=entry.form_version)


async def _require_unit(survey: Survey, entry: SurveyEntry, unit_id: UUID) -> None:
    """Raise unless a unit recommends in the survey, and firms of where this one is."""
    if not await SurveyQuota.exists(survey_id=survey.id, unit_id=unit_id):
        raise Invalid(_("请从列表中选择推荐单位。"), field="unit")
    quotas = await quotas_for(survey, entry.organisation_id, entry.unit_id)
    if not entry.firm_name and unit_id not in {quota.unit_id for quota in quotas}:
        raise Invalid(_("推荐单位只推荐本地区的企业，请选择贵单位所在地区的。"), field="unit")


async def submission_faults(
    survey: Survey, entry: SurveyEntry, questions: Sequence[Question], *, now: datetime
) -> list[tuple[str, str]]:
    """Return what an entry lacks, or is not what the survey asks for: fields with sentences."""
    need = as_need(entry)
    faults: list[tuple[str, str]] = []
    try:
        await require_complete(NEED, need, now)
    except Incomplete as error:
        faults += error.faults
    if need.is_masked and entry.firm_name:
        faults += masking.faults_of_masking(need, entry.firm_name)
    if survey.kinds and need.kind and need.kind not in survey.kinds:
        faults.append(("kind", _("本次征集不收这一类需求。")))
    if survey.fields_wanted and need.field and need.field not in survey.fields_wanted:
        faults.append(("field", _("本次征集不收这一领域的需求。")))
    faults += [(f"{PREFIX}-{code}", words) for code, words in missing_answers(questions, entry.answers)]
    if (
        survey.channel is Channel.RECOMMENDED
        and entry.unit_id is None
        and await quotas_for(survey, entry.organisation_id)
    ):
        faults.append(("unit", _("请选择推荐单位。")))
    return faults


async def _submit(survey: Survey, entry: SurveyEntry, content: Content, *, by: By) -> None:
    """Submit an entry that is as complete as a need must be.

    Raises:
        Incomplete: something is missing, or is not what the survey asks for.
    """
    form = await SurveyForm.get(survey_id=survey.id, version=entry.form_version)
    questions = [Question.from_json(stored) for stored in form.questions]
    faults = await submission_faults(survey, entry, questions, now=by.now)
    if not content.is_declared:
        faults.append(("secrecy_declared", _("请确认填报内容不涉及国家秘密；涉密内容不得填报。")))
    if faults:
        raise Incomplete(faults)
    await transition(
        entry,
        EntryAction.SUBMIT,
        by=by,
        changes={"submitted_at": by.now, "secrecy_declared": True},
        survey=survey.number,
        content_sha256=await content_digest(entry.id),
    )
    if entry.unit_id is not None:
        quota = await SurveyQuota.get(survey_id=survey.id, unit_id=entry.unit_id).select_related("unit")
        await messages.notify(
            _("《%(title)s》有新的填报待推荐。", title=survey.title[:60]),
            now=by.now,
            address=f"/recommendations/{survey.number}",
            organisation_id=quota.unit.organisation_id,
            roles=WRITERS,
            is_mailed=False,
        )
