from __future__ import annotations

from uuid import UUID

from tortoise.expressions import Q
from tortoise.query_utils import Prefetch

from market.accounts.actors import Actor
from market.accounts.permissions import AccountAct, Role
from market.kit.errors import NotFound
from market.kit.i18n import gettext as _
from market.kit.pagination import Page, PageRequest
from market.notices.models import Notice, NoticeExtension, NoticeKind, Objection
from market.notices.permissions import NoticeAct
from market.notices.states import UNDECIDED, NoticeStatus, ObjectionStatus


async def list_notices(page_request: PageRequest, kind: str = "", status: str = "") -> Page[Notice]:
    """Return the public list, newest first; an unknown kind or status finds all."""
    wanted = Q()
    if kind in set(NoticeKind):
        wanted &= Q(kind=kind)
    if status in set(NoticeStatus):
        wanted &= Q(status=status)
    found = Notice.filter(wanted)
    items = (
        await found.order_by("-published_at", "-number").offset(page_request.offset).limit(page_request.size)
    )
    return page_request.page(items, await found.count())


async def list_open_notices(most: int) -> list[Notice]:
    """Return the notices whose period runs, those that end first at the top."""
    return await Notice.filter(status=NoticeStatus.OPEN).order_by("ends_at").limit(most)


async def count_notices() -> dict[str, int]:
    """Return how many notices stand in each status."""
    return {str(status): await Notice.filter(status=status).count() for status in NoticeStatus}


async def get_notice(number: str) -> Notice:
    """Return a notice, which is public, with its objections in the order they came.

    Raises:
        NotFound: there is no notice of this number.
    """
    objections = Objection.all().order_by("filed_at").select_related("objector")
    found = await (
        Notice.get_or_none(number=number)
        .select_related("organisation", "replaces")
        .prefetch_related(
            Prefetch("objections", queryset=objections),
            Prefetch("extensions", queryset=NoticeExtension.all().order_by("extended_at")),
            "replacements",
        )
    )
    if found is None:
        raise NotFound(_("没有这份公示。"))
    return found


async def find_notice(subject_kind: str, subject_id: UUID) -> Notice | None:
    """Return the latest notice about a record."""
    return (
        await Notice.filter(subject_kind=subject_kind, subject_id=subject_id)
        .order_by("-published_at", "-number")
        .first()
    )


async def get_objection_for(actor: Actor, objection_id: UUID) -> Objection:
    """Return an objection with its notice, for who answers it, decides on it, or looks after both.

    Raises:
        NotFound: there is none, or it is not theirs.
    """
    found = await Objection.get_or_none(id=objection_id).select_related("notice", "objector")
    if found is None or not (can_answer(actor, found.notice) or _oversees(actor)):
        raise NotFound(_("没有这条异议，或者您不能查看它。"))
    return found


def can_answer(actor: Actor, notice: Notice) -> bool:
    """Tell whether the person speaks for the unit that published the notice."""
    if not actor.may(NoticeAct.ANSWER_OBJECTION):
        return False
    if notice.organisation_id is None:
        return Role.OFFICER in actor.roles
    return actor.acts_for(notice.organisation_id)


def can_extend(actor: Actor, notice: Notice) -> bool:
    """Tell whether the person speaks for the unit that published the notice, as to its period."""
    if not actor.may(NoticeAct.EXTEND_NOTICE):
        return False
    if notice.organisation_id is None:
        return Role.RECHECKER in actor.roles
    return actor.acts_for(notice.organisation_id)


async def list_newest(most: int) -> list[Notice]:
    """Return the notices for a feed with what happened to each, those published last first."""
    found = Notice.all().order_by("-published_at", "-number").limit(most).select_related("organisation")
    return await found.prefetch_related("objections", "extensions")


def may_follow(actor: Actor, notice: Notice) -> bool:
    """Tell whether the record behind the notice opens to the person: the unit's own, else the authority's."""
    if not notice.address:
        return False
    if notice.organisation_id is None:
        return actor.may(AccountAct.SEE_DESK)
    return Role.AUDITOR in actor.roles or actor.acts_for(notice.organisation_id)


async def list_objections(*, is_decided: bool) -> list[Objection]:
    """Return the objections still to be decided, oldest first, or those decided, newest first."""
    found = Objection.filter(
        status__in=[ObjectionStatus.UPHELD, ObjectionStatus.DISMISSED] if is_decided else list(UNDECIDED)
    )
    return await found.select_related("notice", "notice__organisation", "objector").order_by(
        "-decided_at" if is_decided else "filed_at"
    )


async def upheld_entries(notice_id: UUID) -> set[UUID]:
    """Return the entries of a notice against which an objection was upheld."""
    found = await Objection.filter(notice_id=notice_id, status=ObjectionStatus.UPHELD).exclude(entry_id=None)
    return {each.entry_id for each in found if each.entry_id}


def _oversees(actor: Actor) -> bool:
    return actor.may(NoticeAct.DECIDE_OBJECTION) or Role.AUDITOR in actor.roles
