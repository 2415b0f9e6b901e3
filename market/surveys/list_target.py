"""A survey as what a district's workbook is brought into: each row becomes a submitted entry."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from market.accounts import messages
from market.accounts.actors import Actor
from market.accounts.messages import OrganisationNotice
from market.audit.log import record_bulk
from market.imports.excel_template import ListForm
from market.imports.models import ListingImport, ListingImportRow
from market.imports.row_cells import filled_row
from market.imports.states import RowOutcome
from market.imports.targets import ImportTarget, WrittenRecord
from market.kit.errors import Conflict, NotFound
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.records.by import By
from market.records.transitions import begin_all, transition_all
from market.surveys import queries
from market.surveys.content_digests import KEY as KEY_OF_CONTENT
from market.surveys.content_digests import content_digests
from market.surveys.entries import is_late, late
from market.surveys.firms import entries_by_firm
from market.surveys.list_rows import (
    Round,
    RowSurroundings,
    check_rows,
    form_of_questions,
    look_up_firms,
    read_entry,
)
from market.surveys.management import WRITERS, lock
from market.surveys.models import RecommendingUnit, Survey, SurveyEntry, SurveyForm, SurveyQuota
from market.surveys.questions import Question
from market.surveys.states import (
    Channel,
    EntryAction,
    EntryStatus,
    EntryVerb,
    SurveyAct,
    SurveyStatus,
)
from market.surveys.units import get_unit_for

KEY = "survey_entry"
"""Kind of an import whose rows become entries."""


class EntryTarget(ImportTarget):
    """Submitted entries of a survey, each of the firm that its row names."""

    words = lazy("征集填报")
    record_words = lazy("填报")
    finish_words = lazy("导入就是提交；推荐单位还没有处理、企业也没有改过的，截止前可以整批撤销。")
    declaration = lazy("本单位确认：这些填报不涉及国家秘密，也不含不能公开的内容，并经企业同意")
    checks_rows_together = True

    async def form_of(self, subject_id: UUID | None) -> ListForm:
        return form_of_questions(await queries.questions_of(subject_id) if subject_id else [])

    async def admit(self, organisation_id: UUID | None, subject_id: UUID | None, *, by: By) -> UUID | None:
        survey = await _survey(subject_id)
        if is_late(survey, by):
            raise late(survey)
        if by.actor.may(SurveyAct.MANAGE_SURVEYS):
            if survey.channel is Channel.RECOMMENDED and await _unit(survey, organisation_id) is None:
                raise NotFound(_("没有这个页面，或者您不能查看它。"))
            return organisation_id
        unit = await get_unit_for(by.actor)
        if await _unit(survey, unit.organisation_id) is None:
            raise NotFound(_("没有这个页面，或者您不能查看它。"))
        return unit.organisation_id

    async def may_see(self, actor: Actor, listing_import: ListingImport) -> bool:
        is_own = actor.may(SurveyAct.RECOMMEND_ENTRIES) and actor.acts_for(listing_import.organisation_id)
        return actor.may(SurveyAct.MANAGE_SURVEYS) or is_own

    def needs_owner(self, organisation_id: UUID | None) -> bool:
        return True

    async def surroundings(
        self, listing_import: ListingImport, others: Sequence[ListingImportRow], *, by: By
    ) -> RowSurroundings:
        return await _surroundings(await _survey(listing_import.subject_id), listing_import, by=by)

    async def check(
        self, listing_import: ListingImport, rows: Sequence[ListingImportRow], surroundings: Any
    ) -> None:
        await check_rows(listing_import, rows, surroundings)

    async def require_may_run(self, listing_import: ListingImport, *, by: By) -> None:
        """Raise unless entries are taken at this moment."""
        survey = await _survey(listing_import.subject_id)
        if is_late(survey, by):
            raise late(survey)

    async def write(self, listing_import: ListingImport, rows: Sequence[ListingImportRow], *, by: By) -> None:
        await write_rows(listing_import, rows, by=by)

    async def undo(self, listing_import: ListingImport, *, by: By) -> int:
        return await withdraw_rows(listing_import, by=by)

    async def records(
        self, listing_import: ListingImport, ids: Collection[UUID], *, actor: Actor
    ) -> Mapping[UUID, WrittenRecord]:
        survey = await _survey(listing_import.subject_id)
        rows = await SurveyEntry.filter(id__in=list(ids)).values_list("id", "number", "running")
        return {
            id_: WrittenRecord(number, f"/surveys/{survey.number}/entries/{running}")
            for id_, number, running in rows
        }

    async def upload_page(self, actor: Actor, listing_import: ListingImport) -> str:
        survey = await _survey(listing_import.subject_id)
        base = "/backoffice/surveys" if actor.may(SurveyAct.MANAGE_SURVEYS) else "/recommendations"
        return f"{base}/{survey.number}/import"


async def _survey(survey_id: UUID | None) -> Survey:
    survey = await Survey.get_or_none(id=survey_id)
    if survey is None:
        raise NotFound(_("没有这个页面，或者您不能查看它。"))
    return survey


async def _unit(survey: Survey, organisation_id: UUID | None) -> RecommendingUnit | None:
    """Return the unit of this organisation that recommends in a survey, if it does."""
    if organisation_id is None or survey.channel is Channel.OPEN:
        return None
    quotas = SurveyQuota.filter(
        survey_id=survey.id, unit__organisation_id=organisation_id, unit__ended_at__isnull=True
    )
    quota = await quotas.select_related("unit__organisation").first()
    return quota.unit if quota else None


async def _surroundings(survey: Survey, listing_import: ListingImport, *, by: By) -> RowSurroundings:
    form = await SurveyForm.filter(survey_id=survey.id).order_by("-version").first()
    into = Round(
        survey,
        [Question.from_json(stored) for stored in form.questions] if form else [],
        form.version if form else 1,
        await _unit(survey, listing_import.organisation_id),
        by.user_id or listing_import.created_by_id,
        by.now,
    )
    return RowSurroundings(into, await entries_by_firm(survey.id))


async def write_rows(listing_import: ListingImport, rows: Sequence[ListingImportRow], *, by: By) -> None:
    """Submit an entry for each row, in the caller's transaction, and save what became of it.

    Firms of the market are told that an entry of theirs was handed in. What another list, or the firm itself,
    has entered since the rows were checked is refused with its number.
    """
    survey = await lock((await _survey(listing_import.subject_id)).number)
    around = await _surroundings(survey, listing_import, by=by)
    form = form_of_questions(around.round.questions)
    filled = [filled_row(row, listing_import, form) for row in rows]
    await look_up_firms(around, filled)
    last = await SurveyEntry.filter(survey_id=survey.id).order_by("-running").first()
    running = last.running if last else 0
    entries: list[SurveyEntry] = []
    is_taken = survey.status in (SurveyStatus.OPEN, SurveyStatus.CLOSED, SurveyStatus.SORTING)
    for row, sheet_row in zip(rows, filled, strict=True):
        read, firm, entry = await read_entry(sheet_row, form, around)
        if firm is None or entry is None or read.faults or not is_taken:
            row.outcome, row.sentence = (
                RowOutcome.REFUSED,
                read.reasons[:300] or _("结果已经公布，不再受理。"),
            )
            continue
        existing = around.entries.of(firm)
        twin = next((other for other in existing if other.title_key == entry.title_key), None)
        if twin is not None or len(existing) >= survey.per_unit_most:
            number = (twin or existing[0]).number
            row.outcome = RowOutcome.REFUSED
            row.sentence = _("核对之后，已经另有填报 %(number)s。", number=number)
            continue
        running += 1
        entry.running, entry.number = running, f"{survey.number}-{running:04d}"
        entries.append(entry)
        around.entries.add(entry)
        row.outcome, row.listing_id = RowOutcome.CREATED, entry.id
    await _submit_all(survey, entries, listing_import, by=by)
    await ListingImportRow.bulk_update(rows, ["outcome", "listing_id", "sentence"])


async def _submit_all(
    survey: Survey, entries: Sequence[SurveyEntry], listing_import: ListingImport, *, by: By
) -> None:
    await SurveyEntry.bulk_create(entries, batch_size=500)
    await begin_all(entries, by=by)
    ids = [entry.id for entry in entries]
    await record_bulk(
        "survey_entry",
        ids,
        EntryVerb.IMPORTED,
        by=by,
        details={id_: {KEY_OF_CONTENT: digest} for id_, digest in (await content_digests(ids)).items()},
        survey=survey.number,
        by_list=listing_import.number,
    )
    changes = {"submitted_at": by.now, "secrecy_declared": True}
    await transition_all([(entry, EntryAction.SUBMIT, changes) for entry in entries], by=by)
    notices = [
        OrganisationNotice(
            entry.organisation_id,
            _(
                "《%(survey)s》：推荐单位已为贵单位填报《%(title)s》，请核对；截止前可以撤回修改。",
                survey=survey.title[:40],
                title=entry.title[:60],
            ),
            f"/surveys/{survey.number}/entries/{entry.running}",
        )
        for entry in entries
        if not entry.firm_name
    ]
    await messages.notify_organisations(notices, roles=WRITERS, now=by.now)


async def withdraw_rows(listing_import: ListingImport, *, by: By) -> int:
    """Withdraw the entries that a list became, and return how many; firms of the market are told.

    Raises:
        Conflict: one was recommended, declined or taken back meanwhile, or the survey is closed.
    """
    survey = await lock((await _survey(listing_import.subject_id)).number)
    if is_late(survey, by):
        raise late(survey)
    rows = ListingImportRow.filter(listing_import_id=listing_import.id, outcome=RowOutcome.CREATED)
    ids = [row.listing_id for row in await rows]
    entries = await SurveyEntry.filter(id__in=ids).order_by("running").select_for_update()
    touched = [entry for entry in entries if entry.status is not EntryStatus.SUBMITTED]
    if touched:
        raise Conflict(_("已有 %(n)s 条推荐过、撤回过或撤销了，不能整批撤销。", n=len(touched)))
    await transition_all([(entry, EntryAction.WITHDRAW, {"updated_at": by.now}) for entry in entries], by=by)
    notices = [
        OrganisationNotice(
            entry.organisation_id,
            _("推荐单位撤销了为贵单位填报的《%(title)s》。", title=entry.title[:60]),
            f"/surveys/{survey.number}",
        )
        for entry in entries
        if not entry.firm_name
    ]
    await messages.notify_organisations(notices, roles=WRITERS, now=by.now)
    return len(entries)


TARGETS = {KEY: EntryTarget()}
