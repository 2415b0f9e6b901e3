"""Why an expert has a conflict of interest (回避), by what all rooms and this one know.

One limit for a common past, three years (README h), whatever it was.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from tortoise.expressions import Q

from market.accounts.models import Membership, Organisation, User
from market.accounts.relations import look_back_from, relations_of
from market.codes.canonical import canonical_key
from market.experts.avoidances import is_meant
from market.experts.contact_matching import phone_key, share_domain, unit_domain
from market.experts.models import AvoidedExpert, Expert, ExpertTie, ExpertUnit
from market.integrity.models import PartyTie, TieKind
from market.kit.clock import local_date, start_of_day
from market.kit.formats import day
from market.kit.i18n import gettext as _


class OrganisationReason(NamedTuple):
    """Why an expert has a conflict with an organisation."""

    organisation_id: UUID
    expert_id: UUID
    reason: str


class PeopleReason(NamedTuple):
    """Why an expert has a conflict with one of the people concerned."""

    expert_id: UUID
    reason: str


@dataclass(frozen=True)
class _Question:
    """The experts and organisations of one question, read once, with where the experts worked."""

    experts: Sequence[Expert]
    """With their people."""
    organisations: dict[UUID, Organisation]
    by_name: dict[str, list[UUID]]
    """Organisations by canonical name."""
    units: Sequence[ExpertUnit]
    """Of the last years, each with its organisation."""
    on: date
    since: datetime

    def named(self, organisation_id: UUID | None, name: str) -> set[UUID]:
        """Return those of the organisations that a unit or a tie means, by id or by name."""
        own = {organisation_id} & self.organisations.keys() if organisation_id else set()
        return own | set(self.by_name.get(canonical_key(name), ()))


async def organisation_reasons(
    expert_ids: Collection[UUID], organisation_ids: Collection[UUID], *, on: date
) -> list[OrganisationReason]:
    """Return why experts have a conflict with organisations on a day; the number of statements is fixed."""
    if not expert_ids or not organisation_ids:
        return []
    since = look_back_from(start_of_day(on))
    organisations = {row.id: row for row in await Organisation.filter(id__in=list(organisation_ids))}
    by_name: dict[str, list[UUID]] = defaultdict(list)
    for organisation in organisations.values():
        by_name[canonical_key(organisation.name)].append(organisation.id)
    units = ExpertUnit.filter(
        Q(ended_on__isnull=True)
        | Q(ended_on__gte=local_date(since))
        | Q(end_entered_on__gte=local_date(since)),
        expert_id__in=list(expert_ids),
        began_on__lte=on,
    )
    question = _Question(
        experts=await Expert.filter(id__in=list(expert_ids)).select_related("user").order_by("id"),
        organisations=organisations,
        by_name=by_name,
        units=await units.select_related("organisation").order_by("began_on", "id"),
        on=on,
        since=since,
    )
    return [
        *await _past(question),
        *_employment(question),
        *await _ownership(question),
        *await _declared(question),
        *await _avoided(question),
        *await _contacts(question),
    ]


async def _past(question: _Question) -> list[OrganisationReason]:
    """Ask all rooms for the common past of experts and organisations."""
    experts = {expert.user_id: expert.id for expert in question.experts}
    return [
        OrganisationReason(relation.organisation_id, experts[relation.person_id], relation.reason)
        for relation in await relations_of(list(experts), list(question.organisations), question.since)
    ]


def _employment(question: _Question) -> Iterator[OrganisationReason]:
    for unit in question.units:
        for organisation_id in question.named(unit.organisation_id, unit.name):
            yield OrganisationReason(
                organisation_id,
                unit.expert_id,
                _(
                    "%(from)s 至%(to)s在%(organisation)s任职",
                    **{
                        "from": day(unit.began_on),
                        "to": f" {day(unit.ended_on)} " if unit.ended_on else _("今"),
                    },
                    organisation=question.organisations[organisation_id].name,
                ),
            )


async def _ownership(question: _Question) -> list[OrganisationReason]:
    """Return experts of units that hold shares of an organisation, or are held, or share a person with it."""
    organisations = {row.uscc: row for row in question.organisations.values() if row.uscc}
    units: dict[str, list[ExpertUnit]] = defaultdict(list)
    for unit in question.units:
        if unit.organisation is not None and unit.organisation.uscc:
            units[unit.organisation.uscc].append(unit)
    codes = [*organisations, *units]
    ties = await PartyTie.filter(uscc__in=codes).order_by("entered_at") if units else []
    served: dict[str, set[str]] = defaultdict(set)
    pairs: dict[tuple[str, str], str] = {}
    for tie in ties:
        if tie.kind is TieKind.PERSON:
            served[tie.other].add(tie.uscc)
        else:
            pairs[tie.uscc, tie.other] = pairs[tie.other, tie.uscc] = _("有持股关系")
    for usccs in served.values():
        for one in usccs:
            for other in usccs - {one}:
                pairs.setdefault((one, other), _("有共同任职人员"))
    return [
        OrganisationReason(
            organisations[code].id,
            unit.expert_id,
            _(
                "任职单位%(unit)s与%(organisation)s%(how)s",
                unit=unit.name,
                organisation=organisations[code].name,
                how=how,
            ),
        )
        for (own, code), how in pairs.items()
        if code in organisations
        for unit in units.get(own, ())
    ]


def _counting(expert_ids: Iterable[UUID], on: date) -> Q:
    """Return the condition for ties that count on a day."""
    lasting = Q(valid_until__isnull=True) | Q(valid_until__gte=on)
    return lasting & Q(expert_id__in=list(expert_ids))


def _tie_words(tie: ExpertTie) -> str:
    return _(
        "与%(name)s有关联：%(kind)s（%(source)s）",
        name=tie.name,
        kind=tie.kind.label,
        source=tie.source.label,
    )


async def _declared(question: _Question) -> list[OrganisationReason]:
    experts = [expert.id for expert in question.experts]
    ties = await ExpertTie.filter(_counting(experts, question.on), is_person=False).order_by("entered_at")
    return [
        OrganisationReason(organisation_id, tie.expert_id, _tie_words(tie))
        for tie in ties
        for organisation_id in question.named(tie.organisation_id, tie.name)
    ]


async def _avoided(question: _Question) -> list[OrganisationReason]:
    """Return the experts whom the organisations ask to avoid; the reason given is for the operator alone.

    Whoever is named by a unit is meant however long ago they worked there.
    """
    rows = AvoidedExpert.filter(organisation_id__in=list(question.organisations), withdrawn_at__isnull=True)
    named = await rows.order_by("named_at", "place")
    units: dict[UUID, set[str]] = defaultdict(set)
    if named:
        experts = [expert.id for expert in question.experts]
        for unit in await ExpertUnit.filter(expert_id__in=experts).only("expert_id", "name"):
            units[unit.expert_id].add(unit.name)
    return [
        OrganisationReason(
            row.organisation_id,
            expert.id,
            _("%(organisation)s申请其回避", organisation=question.organisations[row.organisation_id].name),
        )
        for row in named
        for expert in question.experts
        if is_meant(row, expert.user.name, units[expert.id])
    ]


async def _contacts(question: _Question) -> list[OrganisationReason]:
    """Return experts who share a telephone number, or a unit's mail domain, with an organisation.

    Of people only confirmed addresses count: an address that nobody has confirmed may be anybody's.
    """
    domains: dict[UUID, set[tuple[UUID | None, str]]] = defaultdict(set)
    for organisation in question.organisations.values():
        domains[organisation.id].add((None, unit_domain(organisation.contact_email)))
    members = Membership.active(
        organisation_id__in=list(question.organisations), user__email_confirmed_at__isnull=False
    )
    for row in await members.select_related("user"):
        domains[row.organisation_id].add((row.user_id, unit_domain(row.user.email)))
    phones = {row.id: phone_key(row.contact_phone) for row in question.organisations.values()}
    reasons = []
    for expert in question.experts:
        domain = unit_domain(expert.user.email) if expert.user.email_confirmed_at else ""
        phone = phone_key(expert.phone)
        for organisation in question.organisations.values():
            others = [other for owner, other in domains[organisation.id] if owner != expert.user_id]
            if domain and any(share_domain(domain, other) for other in others):
                words = _("邮箱与%(organisation)s同属一个单位域名", organisation=organisation.name)
                reasons.append(OrganisationReason(organisation.id, expert.id, words))
            if phone and phone == phones[organisation.id]:
                words = _("联系电话与%(organisation)s相同", organisation=organisation.name)
                reasons.append(OrganisationReason(organisation.id, expert.id, words))
    return reasons


async def people_reasons(
    expert_ids: Collection[UUID], people: Collection[UUID], *, on: date
) -> list[PeopleReason]:
    """Return which experts are one of the people concerned, or are tied to one by what was declared."""
    if not expert_ids or not people:
        return []
    own = await Expert.filter(id__in=list(expert_ids), user_id__in=list(people)).order_by("id")
    names = {canonical_key(person.name) for person in await User.filter(id__in=list(people))}
    ties = await ExpertTie.filter(_counting(expert_ids, on), is_person=True).order_by("entered_at")
    return [
        *(PeopleReason(expert.id, _("本人是当事人")) for expert in own),
        *(PeopleReason(tie.expert_id, _tie_words(tie)) for tie in ties if canonical_key(tie.name) in names),
    ]
