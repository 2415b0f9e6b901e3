from __future__ import annotations

from uuid import UUID

from tortoise.expressions import Q
from tortoise.query_utils import Prefetch

from market.accounts.actors import Actor
from market.accounts.permissions import AccountAct, Role
from market.files.models import StoredFile
from market.kit.errors import NotFound
from market.kit.i18n import gettext as _
from market.kit.pagination import Page, PageRequest
from market.kit.statements import Statement
from market.notices.models import (
    Notice,
    NoticeExtension,
    NoticeKind,
    Objection,
    ObjectionRuling,
    ObjectionStatement,
)
from market.notices.states import DECIDED, UNDECIDED, NoticeAct, NoticeStatus, ObjectionStatus
from market.records.decisions import Verdict


async def list_notices(page_request: PageRequest, kind: str = "", status: str = "") -> Page[Notice]:
    """Return the public list, newest first; an unknown kind or status does not filter."""
    condition = Q()
    if kind in set(NoticeKind):
        condition &= Q(kind=kind)
    if status in set(NoticeStatus):
        condition &= Q(status=status)
    notices = Notice.filter(condition)
    items = (
        await notices.order_by("-published_at", "-number")
        .offset(page_request.offset)
        .limit(page_request.size)
        .prefetch_related("objections")
    )
    return page_request.page(items, await notices.count())


async def list_open_notices(most: int) -> list[Notice]:
    """Return the notices whose period runs, the next to end first."""
    return await Notice.filter(status=NoticeStatus.OPEN).order_by("ends_at").limit(most)


async def count_notices() -> dict[str, int]:
    """Count the notices by status."""
    return {str(status): await Notice.filter(status=status).count() for status in NoticeStatus}


async def get_notice(number: str) -> Notice:
    """Return a notice, which is public, with its objections, oldest first.

    Raises:
        NotFound: there is no notice of this number.
    """
    objections = (
        Objection.all()
        .order_by("filed_at")
        .select_related("objector", "respondent")
        .prefetch_related(_statements())
    )
    notice = await (
        Notice.get_or_none(number=number)
        .select_related("organisation", "replaces")
        .prefetch_related(
            Prefetch("objections", queryset=objections),
            Prefetch("extensions", queryset=NoticeExtension.all().order_by("extended_at")),
            "replacements",
        )
    )
    if notice is None:
        raise NotFound(_("没有这份公示。"))
    return notice


_NOTICE = Statement(
    lambda kind, subject_id: (
        Notice.filter(subject_kind=kind, subject_id=subject_id).order_by("-published_at", "-number").limit(1)
    ),
    "a kind",
    UUID(int=1),
)


async def find_notice(subject_kind: str, subject_id: UUID) -> Notice | None:
    """Return the latest notice about a record, with its objections."""
    notice = await _NOTICE.first(subject_kind, subject_id)
    if notice is not None:
        await notice.fetch_related("objections")
    return notice


async def list_notices_of(subject_kind: str, subject_id: UUID) -> list[Notice]:
    """Return the notices about a record, the oldest first."""
    rows = Notice.filter(subject_kind=subject_kind, subject_id=subject_id)
    return await rows.order_by("published_at", "number")


async def get_objection_for(actor: Actor, objection_id: UUID) -> Objection:
    """Return an objection with its notice, for its parties, those who answer or decide it, and auditors.

    Raises:
        NotFound: there is none, or it is not theirs.
    """
    objection = await (
        Objection.get_or_none(id=objection_id)
        .select_related("notice", "objector", "respondent")
        .prefetch_related(_statements())
    )
    if objection is None or not may_see_papers(actor, objection, objection.notice):
        raise NotFound(_("没有这条异议，或者您不能查看它。"))
    return objection


def _statements() -> Prefetch:
    statements = ObjectionStatement.all().order_by("stated_at").prefetch_related("papers__file")
    return Prefetch("statements", queryset=statements)


def may_see_papers(actor: Actor, objection: Objection, notice: Notice) -> bool:
    """Return whether the person reads the papers of an objection.

    That are its parties, the unit that published the notice or the desk for the authority, and who decides
    on objections or audits them.
    """
    if actor.user_id == objection.objector_id or actor.may(NoticeAct.SEE_OBJECTIONS):
        return True
    if objection.respondent_id is not None and actor.acts_for(objection.respondent_id):
        return True
    if notice.organisation_id is None:
        return actor.may(AccountAct.SEE_DESK)
    return actor.acts_for(notice.organisation_id)


async def may_open_paper(actor: Actor | None, file: StoredFile) -> bool:
    """Return whether a person may open a file of an objection."""
    objection = await Objection.get_or_none(id=file.subject_id).select_related("notice")
    return actor is not None and objection is not None and may_see_papers(actor, objection, objection.notice)


def can_respond(actor: Actor, objection: Objection) -> bool:
    """Return whether the person may answer for the unit whose entry an objection is about."""
    return (
        objection.respondent_id is not None
        and actor.may(NoticeAct.ANSWER_OBJECTION)
        and actor.acts_for(objection.respondent_id)
    )


def can_answer(actor: Actor, notice: Notice) -> bool:
    """Return whether the person may answer objections for the unit that published the notice."""
    if not actor.may(NoticeAct.ANSWER_OBJECTION):
        return False
    if notice.organisation_id is None:
        return Role.OFFICER in actor.roles
    return actor.acts_for(notice.organisation_id)


def can_extend(actor: Actor, notice: Notice) -> bool:
    """Return whether the person may extend the period for the unit that published the notice."""
    if not actor.may(NoticeAct.EXTEND_NOTICE):
        return False
    if notice.organisation_id is None:
        return Role.RECHECKER in actor.roles
    return actor.acts_for(notice.organisation_id)


async def list_newest(most: int) -> list[Notice]:
    """Return the latest notices with their objections and extensions, for a feed."""
    notices = Notice.all().order_by("-published_at", "-number").limit(most).select_related("organisation")
    return await notices.prefetch_related("objections", "extensions")


def may_follow(actor: Actor, notice: Notice) -> bool:
    """Return whether the person may open the record behind the notice."""
    if not notice.address:
        return False
    if notice.organisation_id is None:
        return actor.may(AccountAct.SEE_DESK)
    return Role.AUDITOR in actor.roles or actor.acts_for(notice.organisation_id)


async def list_objections(*, is_decided: bool) -> list[Objection]:
    """Return the undecided objections, oldest first, or the decided ones, newest first."""
    objections = Objection.filter(status__in=list(DECIDED if is_decided else UNDECIDED))
    return await objections.select_related("notice", "notice__organisation", "objector").order_by(
        "-decided_at" if is_decided else "filed_at"
    )


async def upheld_entries(notice_id: UUID) -> set[UUID]:
    """Return the ids of the entries against which an objection was upheld."""
    objections = await Objection.filter(notice_id=notice_id, status=ObjectionStatus.UPHELD).exclude(
        entry_id=None
    )
    return {objection.entry_id for objection in objections if objection.entry_id}


async def corrections_of(notice: Notice) -> dict[UUID, list[ObjectionRuling]]:
    """Return the rulings that lowered the amount of an entry, oldest first, by the entry."""
    only = UUID(notice.entries[0][0]) if len(notice.entries) == 1 else None
    rulings = ObjectionRuling.filter(
        objection__notice_id=notice.id, verdict=Verdict.CONFIRMED, corrected_amount__isnull=False
    )
    by_entry: dict[UUID, list[ObjectionRuling]] = {}
    for ruling in await rulings.order_by("decided_at").select_related("objection"):
        if entry_id := ruling.objection.entry_id or only:
            by_entry.setdefault(entry_id, []).append(ruling)
    return by_entry


async def list_corrections(entry_id: UUID, subject_id: UUID | None) -> list[ObjectionRuling]:
    """Return the rulings that lowered the amount of one entry of a subject's notices, oldest first."""
    if subject_id is None:
        return []
    rulings: list[ObjectionRuling] = []
    for notice in await Notice.filter(subject_id=subject_id).order_by("published_at"):
        rulings += (await corrections_of(notice)).get(entry_id, [])
    return rulings
