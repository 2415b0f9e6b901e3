"""Publication of a survey's result: one act, whole or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from market.accounts import messages
from market.accounts.messages import OrganisationNotice
from market.imports.row_writing import NewContent, write_listings
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid
from market.kit.i18n import gettext as _
from market.listings.kinds import NEED
from market.listings.models import Need
from market.listings.states import LIVE, ListingVerb
from market.records.by import By
from market.records.transitions import transition, transition_all
from market.surveys.management import WRITERS, lock
from market.surveys.models import Survey, SurveyEntry
from market.surveys.queries import tally_of
from market.surveys.rules import Tally
from market.surveys.sorting import require_publishable
from market.surveys.states import (
    HANDED_IN,
    EntryAction,
    EntryStatus,
    SurveyAct,
    SurveyAction,
    Verdict,
)
from market.surveys.texts import need_values


@atomic()
async def publish(number: str, *, by: By) -> Tally:
    """Make needs of what was accepted, and tell every entrant what became of theirs.

    One transaction: all needs, all results, all messages and mails, or nothing. Needs are written, indexed
    and matched as imported ones are; their sorting was their review.

    Raises:
        Conflict: an entry has no verdict, cannot become a need any more, or is merged into one that does not.
    """
    by.actor.require(SurveyAct.MANAGE_SURVEYS)
    survey = await lock(number)
    entries = await (
        SurveyEntry.filter(survey_id=survey.id, status__in=HANDED_IN)
        .order_by("running")
        .select_for_update(of=("survey_entries",))
        .select_related("merged_into")
    )
    await _require_whole(entries, by=by)
    accepted = [entry for entry in entries if entry.verdict is Verdict.PUBLISH]
    needs = await _make_needs(accepted, by=by)
    results: list[OrganisationNotice] = []
    moves: list[tuple[SurveyEntry, EntryAction, dict[str, Any]]] = []
    for entry in entries:
        into = entry.merged_into or (needs[entry.merged_entry_id] if entry.merged_entry_id else None)
        need = needs.get(entry.id)
        moves.append(
            (
                entry,
                EntryAction.TELL,
                {
                    "need_id": need.id if need else None,
                    "merged_into_id": into.id if into else None,
                    "told_at": by.now,
                },
            )
        )
        results.append(_result(survey, entry, need or into))
    await transition_all(moves, by=by)
    await messages.notify_organisations(results, roles=WRITERS, now=by.now)
    for entry, notice in zip(entries, results, strict=True):
        if entry.is_by_mandate:
            broker = [entry.created_by_id]
            await messages.notify(notice.text, now=by.now, address=notice.address, user_ids=broker)
    result = await tally_of(survey)
    await transition(
        survey,
        SurveyAction.PUBLISH,
        by=by,
        changes={"published_at": by.now},
        submitted=result.submitted,
        published=result.published,
        merged=result.merged,
        told=result.told,
        digest=result_digest(entries),
    )
    return result


def result_digest(entries: Sequence[SurveyEntry]) -> str:
    """Return the SHA-256 of what became of each entry, which the log of the publication keeps."""
    lines = (
        f"{entry.running} {entry.verdict} {entry.need_id or ''} {entry.merged_into_id or ''}"
        for entry in sorted(entries, key=lambda entry: entry.running)
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


async def _require_whole(entries: Sequence[SurveyEntry], *, by: By) -> None:
    unsorted = sum(entry.status is not EntryStatus.SORTED for entry in entries)
    if unsorted:
        raise Conflict(_("还有 %(n)s 条没有甄别，不能公布。", n=unsorted))
    accepted = {entry.id for entry in entries if entry.verdict is Verdict.PUBLISH}
    for entry in entries:
        is_lost = (entry.merged_entry_id and entry.merged_entry_id not in accepted) or (
            entry.merged_into is not None and entry.merged_into.status not in LIVE
        )
        if is_lost:
            raise Conflict(_("%(number)s 要并入的那一条没有转为需求，请重新甄别。", number=entry.number))
        if entry.verdict is Verdict.PUBLISH:
            try:
                await require_publishable(entry, by=by)
            except Invalid as error:
                raise Conflict(f"{entry.number}：{error}") from error


async def _make_needs(accepted: Sequence[SurveyEntry], *, by: By) -> dict[UUID, Need]:
    """Write the needs of accepted entries, each its organisation's and its author's, by the entries' ids."""
    contents = [
        NewContent(
            entry.organisation_id,
            need_values(entry) | {"source_reference": entry.number},
            author_id=entry.created_by_id,
        )
        for entry in accepted
    ]
    written = await write_listings(NEED, contents, publish=True, verb=ListingVerb.COLLECTED, by=by)
    return {
        entry.id: row.listing
        for entry, row in zip(accepted, written, strict=True)
        if isinstance(row.listing, Need)
    }


def _result(survey: Survey, entry: SurveyEntry, need: Need | None) -> OrganisationNotice:
    """Return what an entrant is told: the need, or why not."""
    title = entry.title[:40]
    if entry.verdict is Verdict.PUBLISH and need is not None:
        text = _("您填报的《%(title)s》已转为正式需求 %(number)s 并发布。", title=title, number=need.number)
    elif entry.verdict is Verdict.MERGE and need is not None:
        text = _(
            "您填报的《%(title)s》与需求 %(number)s 合并，贵单位列为关注单位，进展在“我的征集”里看。",
            title=title,
            number=need.number,
        )
    else:
        text = _(
            "您填报的《%(title)s》：%(verdict)s。原因：%(reason)s",
            title=title,
            verdict=str(entry.verdict.label) if entry.verdict else "",
            reason=entry.verdict_reason,
        )
    if entry.verdict_reason and need is not None:
        text += _("说明：%(reason)s", reason=entry.verdict_reason)
    return OrganisationNotice(
        entry.organisation_id, text, f"/surveys/{survey.number}/entries/{entry.running}"
    )
