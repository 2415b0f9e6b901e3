"""A broker enters for a firm with its mandate (委托书): the letter is stored, the firm is told at once."""

from __future__ import annotations

from collections.abc import Sequence

from market.accounts import messages
from market.accounts.actors import Actor
from market.accounts.models import Organisation, OrganisationStatus
from market.accounts.permissions import BUYERS
from market.audit.log import record
from market.files.attachments import StoredBlob, attach, list_files
from market.files.models import StoredFile, Tier
from market.kit.database import atomic
from market.kit.errors import Invalid, NotFound
from market.kit.i18n import gettext as _
from market.kit.person_marks import person_mark
from market.records.by import By
from market.records.transitions import begin
from market.surveys import queries
from market.surveys.entries import LimitReached, is_late, late, new_entry
from market.surveys.management import WRITERS, lock
from market.surveys.models import SurveyEntry
from market.surveys.states import EntryVerb, SurveyAct, SurveyStatus
from market.surveys.texts import blank_content

MANDATE = "mandate"
"""Kind of the file that holds a firm's letter."""


@atomic()
async def begin_entry(number: str, code: str, letter: StoredBlob, *, by: By) -> SurveyEntry:
    """Begin the draft of a firm's entry for the broker to fill in; the firm may change and withdraw it.

    Raises:
        Invalid: at `uscc`: no verified firm that posts needs has this code, or its entries are full.
        TooLate: entries are not taken any more.
    """
    by.actor.require(SurveyAct.ENTER_BY_MANDATE)
    survey = await lock(number)
    if survey.status is SurveyStatus.DRAFT:
        raise NotFound(_("没有这个页面，或者您不能查看它。"))
    if is_late(survey, by):
        raise late(survey)
    firm = await Organisation.get_or_none(uscc=code, status=OrganisationStatus.VERIFIED)
    if firm is None or firm.kind not in BUYERS:
        raise Invalid(_("平台上没有这个代码的已认证企业。请它先入驻认证，再受托填报。"), field="uscc")
    try:
        entry = await new_entry(survey, firm.id, by=by)
    except LimitReached as refusal:
        raise Invalid(_("这家企业在本次征集中的填报已满。"), field="uscc") from refusal
    entry.is_by_mandate = True
    entry.values, entry.contact = blank_content()
    entry.answers, entry.form_version = {}, await queries.form_version(survey.id)
    entry.title = entry.title_key = ""
    entry.updated_at = by.now
    await entry.save(force_create=True)
    await begin(entry, by=by)
    await attach(
        letter, subject_kind="survey_entry", subject_id=entry.id, kind=MANDATE, tier=Tier.PARTIES, by=by
    )
    await record("survey_entry", entry.id, EntryVerb.MANDATED, by=by, number=entry.number, firm=firm.id)
    await messages.notify(
        _(
            "《%(survey)s》：技术经纪人%(name)s持委托书代贵单位填报。请核对委托书；没有委托的，请撤销这条填报。",
            survey=survey.title[:60],
            name=person_mark(by.actor.user_id),
        ),
        now=by.now,
        address=f"/surveys/{survey.number}/entries/{entry.running}",
        organisation_id=firm.id,
        roles=WRITERS,
        people=[by.actor.user_id],
    )
    return entry


async def list_letters(entry: SurveyEntry) -> Sequence[StoredFile]:
    """Return the letters of an entry by mandate; none of another entry."""
    return await list_files("survey_entry", entry.id) if entry.is_by_mandate else []


async def may_open_letter(actor: Actor | None, file: StoredFile) -> bool:
    """Return whether a person may open a letter: whoever may open the entry."""
    entry = await SurveyEntry.get_or_none(id=file.subject_id).select_related("survey")
    if actor is None or entry is None:
        return False
    try:
        await queries.get_entry_for(actor, entry.survey, entry.running)
    except NotFound:
        return False
    return True
