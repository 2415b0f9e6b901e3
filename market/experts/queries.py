"""The guarded ways to entries of the pool, and its list for the office."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from tortoise.expressions import Case, Q, When
from tortoise.query_utils import Prefetch
from tortoise.queryset import QuerySet

from market.accounts.actors import Actor
from market.experts.models import Expert, ExpertDecision, ExpertTie, ExpertUnit
from market.experts.states import ExpertAct, ExpertKind, ExpertStatus
from market.files.models import StoredFile
from market.kit.database import connection
from market.kit.errors import NotFound
from market.kit.i18n import gettext as _
from market.kit.pagination import Page, PageRequest


@dataclass(frozen=True)
class ExpertFilter:
    """What a list of the pool is narrowed to; empty: everything."""

    status: str = ""
    kind: str = ""
    field: str = ""
    region: str = ""
    """A province or a city."""
    proposed: str = ""
    """`yes`: something proposed waits for the approver; `no`: nothing does."""
    text: str = ""
    """A part of a name or a unit, or a number."""

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> ExpertFilter:
        """Read the conditions of an address; what is no value of a list is left out."""
        status, kind, region = query.get("status", ""), query.get("kind", ""), query.get("region", "")
        return cls(
            status=status if status in set(ExpertStatus) else "",
            kind=kind if kind in set(ExpertKind) else "",
            field=query.get("field", "")[:24].replace("\x00", ""),
            region=region if region.isascii() and region.isdigit() and len(region) == 6 else "",
            proposed=proposed if (proposed := query.get("proposed", "")) in ("yes", "no") else "",
            text=query.get("text", "").replace("\x00", "").strip()[:60],
        )


def _complete(experts: QuerySet[Expert]) -> QuerySet[Expert]:
    """Add what pages show of an expert."""
    return experts.select_related("user", "resume").prefetch_related(
        Prefetch("units", queryset=ExpertUnit.all().order_by("-began_on", "id")),
        Prefetch("ties", queryset=ExpertTie.all().order_by("-entered_at").select_related("entered_by")),
        Prefetch(
            "decisions",
            queryset=ExpertDecision.all()
            .order_by("-proposed_at")
            .select_related("proposed_by", "decided_by"),
        ),
    )


async def get_expert_for(actor: Actor, number: str) -> Expert:
    """Return an expert with everything about them, for the office.

    Raises:
        NotYours: the person may not see the pool.
        NotFound: there is none.
    """
    actor.require(ExpertAct.SEE_EXPERTS)
    expert = await _complete(Expert.filter(number=number)).first()
    if expert is None:
        raise NotFound(_("没有这位专家。"))
    return expert


async def find_own_expert(actor: Actor) -> Expert | None:
    """Return the person's own entry in the pool with everything about it; None: they never applied."""
    return await _complete(Expert.filter(user_id=actor.user_id)).first()


async def list_experts_for(actor: Actor, wanted: ExpertFilter, page_request: PageRequest) -> Page[Expert]:
    """Return a page of the pool, what waits longest first, with people, units and what is proposed.

    Raises:
        NotYours: the person may not see the pool.
    """
    actor.require(ExpertAct.SEE_EXPERTS)
    experts = Expert.all()
    if wanted.status:
        experts = experts.filter(status=wanted.status)
    if wanted.kind:
        experts = experts.filter(kind=wanted.kind)
    if wanted.region:
        significant = wanted.region.removesuffix("00").removesuffix("00")
        experts = experts.filter(region__startswith=significant)
    if wanted.proposed:
        open_ = await ExpertDecision.filter(verdict=None).values_list("expert_id", flat=True)
        among = Q(id__in=open_)
        experts = experts.filter(among if wanted.proposed == "yes" else ~among)
    if wanted.field:
        experts = experts.filter(id__in=await _ids_of_field(wanted.field))
    if wanted.text:
        units = ExpertUnit.filter(name__icontains=wanted.text)
        named = Q(user__name__icontains=wanted.text) | Q(number=wanted.text.upper())
        experts = experts.filter(named | Q(id__in=await units.values_list("expert_id", flat=True)))
    waiting_first = Case(When(status=ExpertStatus.APPLIED, then="0"), default="1")
    ordered = experts.annotate(place=waiting_first).order_by("place", "applied_at", "number")
    page = ordered.offset(page_request.offset).limit(page_request.size)
    return page_request.page(await _complete(page), await experts.count())


async def _ids_of_field(code: str) -> list[UUID]:
    rows = await connection().execute_query_dict(
        "SELECT id FROM experts WHERE jsonb_exists(fields_of_work, $1)", [code]
    )
    return [row["id"] for row in rows]


async def count_experts() -> dict[str, int]:
    """Return how many experts have each status."""
    rows = await connection().execute_query_dict(
        "SELECT status, count(*)::int AS count FROM experts GROUP BY status"
    )
    return {str(row["status"]): row["count"] for row in rows}


async def may_open_resume(actor: Actor | None, file: StoredFile) -> bool:
    """Return whether a person may open a resume: the expert, and the office while the entry refers to it."""
    if actor is None:
        return False
    expert = await Expert.get_or_none(id=file.subject_id)
    if expert is None or expert.resume_id is None:
        return False
    return expert.user_id == actor.user_id or actor.may(ExpertAct.SEE_EXPERTS)
