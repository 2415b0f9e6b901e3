"""Drafts of rule versions: drafted by one person, released by a second, then immutable."""

from __future__ import annotations

import json
from collections.abc import Mapping
from difflib import unified_diff
from typing import Any
from uuid import uuid4

from market.accounts.actors import Actor
from market.accounts.messages import notify_staff
from market.accounts.models import StaffRole
from market.accounts.permissions import AccountAct
from market.audit.log import record
from market.kit.clock import local_date
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.i18n import gettext as _
from market.programmes.catalogue import (
    INDEX,
    AfterRelease,
    close_periods,
    get_programme,
    list_versions,
    names_of,
)
from market.programmes.models import Programme, ProgrammeTerms
from market.programmes.rule_files import RulesError, property_order, read_terms
from market.programmes.rule_terms import Terms
from market.programmes.states import ProgrammeAct, TermsAction, TermsStatus, TermsVerb
from market.records.by import By
from market.records.decisions import Verdict, decide
from market.records.transitions import transition
from market.search.outbox import enqueue

MOST_CONTENT = 200_000
DRAFTED = ("content", "valid_from", "retroactive_reason")


def read_content(text: str) -> tuple[dict[str, Any], Terms]:
    """Read a rule file as it was typed.

    Raises:
        Invalid: it is no JSON, or not a rule set; every fault is named with its place.
    """
    if len(text) > MOST_CONTENT:
        raise Invalid(_("规则文件太长。"), field="content")
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as fault:
        raise Invalid(_("不是 JSON：%(what)s", what=str(fault)[:200]), field="content") from None
    if not isinstance(content, dict):
        raise Invalid(_("规则文件应为一个对象。"), field="content")
    if any(
        sign == "\x00" or "\ud800" <= sign <= "\udfff" for sign in to_text(content).replace("\\u0000", "\x00")
    ):
        raise Invalid(_("规则文件里有不能保存的字符。"), field="content")
    try:
        return content, read_terms(content)
    except RulesError as fault:
        raise Invalid("；".join(fault.problems[:10]), field="content") from None


async def get_draft(actor: Actor, slug: str, version: str) -> ProgrammeTerms:
    """Return a version that is not released yet, for the desk."""
    actor.require(AccountAct.SEE_DESK)
    draft = await ProgrammeTerms.get_or_none(
        programme__slug=slug, version=version, status=TermsStatus.DRAFT
    ).select_related("programme", "proposed_by")
    if draft is None:
        raise NotFound(_("没有这份规则草稿。"))
    return draft


async def list_drafts() -> list[ProgrammeTerms]:
    """Return the versions that wait for release."""
    return (
        await ProgrammeTerms.filter(status=TermsStatus.DRAFT)
        .select_related("programme", "proposed_by")
        .order_by("programme__slug", "version")
    )


async def starting_content(slug: str, version: str = "") -> dict[str, Any]:
    """Return what the next version of a programme is drafted from: a draft, else the newest released one.

    Raises:
        NotFound: the programme has no version.
    """
    programme = await get_programme(slug)
    draft = await ProgrammeTerms.get_or_none(
        programme_id=programme.id, version=version, status=TermsStatus.DRAFT
    )
    versions = [draft] if draft else await list_versions(programme.id)
    if not versions:
        raise NotFound(_("这项政策还没有规则。"))
    return dict(versions[0].content)


def to_text(content: Mapping[str, Any]) -> str:
    """Return a rule file as people edit it: its parts in the schema's order, which the database forgets."""
    parts = property_order()
    ordered = {name: content[name] for name in [*parts, *content] if name in content}
    return json.dumps(ordered, ensure_ascii=False, indent=2)


@atomic()
async def draft_terms(slug: str, *, text: str, retroactive_reason: str = "", by: By) -> ProgrammeTerms:
    """Store a draft of a programme's next version; drafting the same version again replaces it.

    Raises:
        Invalid: the text is no rule set of this programme, begins before the last version does, or begins
            before today without a reason.
        Conflict: that version is released.
    """
    by.actor.require(ProgrammeAct.DRAFT_TERMS)
    programme = await get_programme(slug)
    await Programme.filter(id=programme.id).select_for_update().first()
    content, terms = read_content(text)
    if terms.programme != slug:
        raise Invalid(_("规则文件里的政策应为 %(slug)s。", slug=slug), field="content")
    newest = (await list_versions(programme.id))[:1]
    draft = await ProgrammeTerms.get_or_none(programme_id=programme.id, version=terms.version)
    if draft is not None and draft.status is TermsStatus.RELEASED:
        raise Conflict(_("%(version)s 版已经发布，不能再改；请用新的版本号。", version=terms.version))
    if newest and terms.valid_from <= newest[0].valid_from:
        raise Invalid(_("新版本的生效日应晚于现行版本。"), field="valid_from")
    is_retroactive = terms.valid_from < local_date(by.now)
    retroactive_reason = retroactive_reason.strip()[:300] if is_retroactive else ""
    if is_retroactive and not retroactive_reason:
        words = _("生效日 %(day)s 在今天以前，是追溯生效，请写明理由。", day=terms.valid_from)
        raise Invalid(words, field="retroactive_reason")
    if draft is None:
        draft = await ProgrammeTerms.create(
            id=uuid4(),
            programme_id=programme.id,
            version=terms.version,
            content=content,
            valid_from=terms.valid_from,
            retroactive_reason=retroactive_reason,
            proposed_by_id=by.actor.user_id,
            proposed_at=by.now,
        )
    else:
        draft.content, draft.valid_from = content, terms.valid_from
        draft.retroactive_reason = retroactive_reason
        draft.proposed_by_id, draft.proposed_at = by.actor.user_id, by.now
        await draft.save(update_fields=[*DRAFTED, "proposed_by_id", "proposed_at"])
    logged = {"programme": slug, "version": terms.version, "is_retroactive": is_retroactive}
    await record("terms", draft.id, TermsVerb.DRAFT, by=by, **logged)
    await notify_staff(
        StaffRole.APPROVER,
        _("%(name)s %(version)s 版规则待发布。", name=programme.name, version=terms.version),
        now=by.now,
        address=f"/desk/terms/{slug}/{terms.version}",
    )
    return draft


@atomic()
async def release_terms(slug: str, version: str, *, on_release: AfterRelease, by: By) -> ProgrammeTerms:
    """Release a draft, by a second person; from then on it is immutable.

    Claims keep the version they began with; only claims begun afterwards may fall under this one.
    `on_release` is awaited in the same transaction.

    Raises:
        SamePerson: the actor drafted it.
        Invalid: a later version was released meanwhile.
    """
    by.actor.require(ProgrammeAct.RELEASE_TERMS)
    draft = await get_draft(by.actor, slug, version)
    programme = await Programme.filter(id=draft.programme_id).select_for_update().get()
    row = await ProgrammeTerms.filter(id=draft.id).select_for_update().get()
    if row.status is not TermsStatus.DRAFT:
        raise Conflict(_("这个版本已经发布。"))
    await decide(row, Verdict.CONFIRMED, by=by, refusal=_("规则的拟定与发布须由两人分别完成。"))
    terms = read_terms(row.content)
    newest = (await list_versions(programme.id))[:1]
    if newest and row.valid_from <= newest[0].valid_from:
        raise Invalid(_("新版本的生效日应晚于现行版本。"))
    changes = {"released_at": by.now}
    await transition(row, TermsAction.RELEASE, by=by, changes=changes, programme=slug, version=version)
    names = names_of(terms)
    await programme.update_from_dict(names | {"revision": programme.revision + 1}).save(
        update_fields=[*names, "revision"]
    )
    await close_periods()
    await enqueue(INDEX, programme.id)
    await on_release()
    return row


async def difference_of(draft: ProgrammeTerms) -> list[tuple[str, str]]:
    """Return the draft against the version in force, line by line: `same`, `old` or `new`, and the line."""
    versions = await list_versions(draft.programme_id)
    old = to_text(versions[0].content).splitlines() if versions else []
    lines = []
    for line in unified_diff(old, to_text(draft.content).splitlines(), lineterm="", n=2):
        if line.startswith(("---", "+++")):
            continue
        kind = {"+": "new", "-": "old", "@": "gap"}.get(line[:1], "same")
        lines.append((kind, line[1:] if kind in ("new", "old", "same") else "⋯"))
    return lines
