"""The pool as rounds draw from it: who is in it, and with whom each expert has a conflict of interest.

Called by rooms above inside their own transactions; nothing here writes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from tortoise.expressions import Q

from market.accounts.models import Organisation
from market.codes.canonical import canonical_key
from market.experts.conflict_reasons import organisation_reasons, people_reasons
from market.experts.models import Expert, ExpertUnit
from market.experts.states import ExpertKind, ExpertStatus, TitleRank


@dataclass(frozen=True)
class PoolExpert:
    """One expert as a round sees them on the day of the draw."""

    id: UUID
    user_id: UUID
    name: str
    kind: ExpertKind
    title_rank: TitleRank
    fields: Mapping[str, int]
    """Weight by code of a technical field; they sum up to 100."""
    unit: str
    """The organisation's id, or the canonical name of a unit that is not on the market; who works nowhere is
    a unit of their own."""
    region: str
    capacity: int
    """Most items a month."""


async def pool_experts(
    *, on: date, kinds: Collection[ExpertKind] = (), fields: Collection[str] = ()
) -> list[PoolExpert]:
    """Return the experts in the pool in the order of their ids, with the unit that they work for on a day.

    `kinds` and `fields` narrow it down to experts of one of the kinds, and to who works in one of the fields.
    """
    # Who has come to decide or audit for the department judges nothing.
    experts = Expert.filter(status=ExpertStatus.IN_POOL, user__is_active=True, user__staff_role__isnull=True)
    if kinds:
        experts = experts.filter(kind__in=list(kinds))
    rows = await experts.select_related("user").order_by("id")
    chosen = [row for row in rows if not fields or not row.fields_of_work.keys().isdisjoint(fields)]
    units = await _units_on(on, [expert.id for expert in chosen])
    return [
        PoolExpert(
            id=expert.id,
            user_id=expert.user_id,
            name=expert.user.name,
            kind=expert.kind,
            title_rank=expert.title_rank,
            fields=dict(expert.fields_of_work),
            unit=units.get(expert.id, str(expert.id)),
            region=expert.region,
            capacity=expert.capacity,
        )
        for expert in chosen
    ]


async def _units_on(on: date, expert_ids: Collection[UUID]) -> dict[UUID, str]:
    """Return the key of the unit for which each expert works on a day, the latest where there are several."""
    rows = await ExpertUnit.filter(
        Q(ended_on__isnull=True) | Q(ended_on__gte=on), expert_id__in=list(expert_ids), began_on__lte=on
    ).order_by("began_on", "id")
    nameless = {row.name for row in rows if row.organisation_id is None}
    organisations = await Organisation.filter(name__in=list(nameless)) if nameless else []
    joined_since = {organisation.name: str(organisation.id) for organisation in organisations}
    return {
        row.expert_id: str(row.organisation_id or joined_since.get(row.name, canonical_key(row.name)))
        for row in rows
    }


async def conflicts(
    experts: Sequence[PoolExpert],
    *,
    organisations: frozenset[UUID],
    people: frozenset[UUID] = frozenset(),
    on: date,
) -> dict[UUID, tuple[str, ...]]:
    """Return the reasons for which experts have a conflict with one of these organisations or people.

    Asked of all rooms and of what experts, applicants and others have declared; a common past counts for
    three years before the day. An expert without a conflict is left out.
    """
    by_organisation = await conflicts_by_organisation(experts, organisations, on=on)
    reasons: dict[UUID, dict[str, None]] = defaultdict(dict)
    for of_organisation in by_organisation.values():
        for expert_id, sentences in of_organisation.items():
            reasons[expert_id].update(dict.fromkeys(sentences))
    for expert_id, sentence in await people_reasons([expert.id for expert in experts], people, on=on):
        reasons[expert_id][sentence] = None
    return {expert_id: tuple(sentences) for expert_id, sentences in reasons.items()}


async def conflicts_by_organisation(
    experts: Sequence[PoolExpert], organisations: Collection[UUID], *, on: date
) -> dict[UUID, dict[UUID, tuple[str, ...]]]:
    """Return by organisation what `conflicts` returns of it alone, for rounds of many items.

    The number of statements does not grow with the number of experts or organisations. An organisation with
    which nobody has a conflict is left out.
    """
    reasons: dict[UUID, dict[UUID, dict[str, None]]] = defaultdict(lambda: defaultdict(dict))
    expert_ids = [expert.id for expert in experts]
    for organisation_id, expert_id, sentence in await organisation_reasons(expert_ids, organisations, on=on):
        reasons[organisation_id][expert_id][sentence] = None
    return {
        organisation_id: {expert_id: tuple(sentences) for expert_id, sentences in of_experts.items()}
        for organisation_id, of_experts in reasons.items()
    }
