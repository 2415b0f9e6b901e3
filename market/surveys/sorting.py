"""The operator sorts entries (需求甄别): one verdict each, until the result is published."""

from __future__ import annotations

import hashlib

from market.accounts.relations import require_unrelated
from market.kit.database import atomic, connection
from market.kit.errors import Conflict, Invalid
from market.kit.i18n import gettext as _
from market.listings.kinds import NEED
from market.listings.models import Need
from market.listings.states import LIVE
from market.listings.submission import Incomplete, require_complete
from market.records.by import By
from market.records.transitions import transition
from market.surveys.content_digests import content_digest
from market.surveys.models import Survey, SurveyEntry
from market.surveys.queries import get_entry
from market.surveys.states import (
    HANDED_IN,
    WITHOUT_REASON,
    EntryAction,
    SurveyAct,
    SurveyStatus,
    Verdict,
)
from market.surveys.texts import as_need


@atomic()
async def sort_entry(
    number: str, running: int, verdict: Verdict, *, reason: str = "", into: str = "", by: By
) -> SurveyEntry:
    """Decide what becomes of an entry; it may be decided anew until the result is published.

    `into` is the number of the need, or of the entry of this survey, that it is merged into.

    Raises:
        Invalid: at `reason`: the verdict needs one; at `into`: there is no such need or entry; at `verdict`:
            it cannot become a need as it is.
        Conflict: the survey is not being sorted.
        Conflicted: it belongs to a unit that the person has a common past with.
    """
    by.actor.require(SurveyAct.MANAGE_SURVEYS)
    # Shared: entries are sorted side by side, publication waits for all of them.
    await connection().execute_query("SELECT 1 FROM surveys WHERE number = $1 FOR SHARE", [number])
    survey = await Survey.get_or_none(number=number)
    entry = await get_entry(survey, running, is_locked=True)
    if survey is None or survey.status is not SurveyStatus.SORTING:
        raise Conflict(_("现在不是甄别的时候。"))
    await require_unrelated(by, [entry.organisation_id])
    reason = reason.strip()[:500]
    if verdict not in WITHOUT_REASON and not reason:
        raise Invalid(_("请写明理由，填报单位会看到。"), field="reason")
    merged: dict[str, object] = {"merged_into_id": None, "merged_entry_id": None}
    if verdict is Verdict.MERGE:
        merged |= await _target(survey, entry, into.strip())
    if verdict is Verdict.PUBLISH:
        await require_publishable(entry, by=by)
    return await transition(
        entry,
        EntryAction.SORT,
        by=by,
        changes={
            "verdict": verdict,
            "verdict_reason": reason,
            "sorted_by_id": by.actor.user_id,
            "sorted_at": by.now,
            **merged,
        },
        verdict=verdict.value,
        into=into.strip() if verdict is Verdict.MERGE else "",
        reason_sha256=hashlib.sha256(reason.encode()).hexdigest(),
        content_sha256=await content_digest(entry.id),
    )


async def require_publishable(entry: SurveyEntry, *, by: By) -> None:
    """Raise unless everybody may read an entry as a need today.

    Raises:
        Invalid: at `verdict`: its deadline has passed meanwhile, or its firm is not on the market.
    """
    if entry.firm_name:
        raise Invalid(
            _(
                "“%(firm)s”还没有在平台认证，不能转为正式需求：请推荐单位通知它认证，或列入走访核实。",
                firm=entry.firm_name,
            ),
            field="verdict",
        )
    try:
        await require_complete(NEED, as_need(entry), by.now)
    except Incomplete as error:
        raise Invalid(
            _("现在不能转为正式需求：%(fault)s", fault=error.faults[0][1]), field="verdict"
        ) from error


async def _target(survey: Survey, entry: SurveyEntry, into: str) -> dict[str, object]:
    """Return the columns that name what an entry is merged into.

    Raises:
        Invalid: at `into`: there is no such need on offer, and no such entry that stands by itself.
    """
    refusal = Invalid(_("请填在征的需求编号，或本次征集另一条填报的编号；它自己不能又合并。"), field="into")
    if into.startswith("XQ-"):
        need = await Need.get_or_none(number=into)
        if need is None or need.status not in LIVE:
            raise refusal
        return {"merged_into_id": need.id, "merged_entry_id": None}
    target = await SurveyEntry.get_or_none(survey_id=survey.id, number=into)
    if target is None or target.id == entry.id or target.status not in HANDED_IN:
        raise refusal
    if target.verdict not in (None, Verdict.PUBLISH):
        raise refusal
    return {"merged_into_id": None, "merged_entry_id": target.id}
