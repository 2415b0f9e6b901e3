"""Whom an expert of a blind round should not recognise: names of a record's units and of their people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from market.accounts.models import Membership, Organisation, User
from market.files.mentions import Name, NameKind, names_of_unit, without_names
from market.kit.i18n import gettext as _
from market.panels.subjects import Fact, PanelSubject, Section

SHORTEST_REPLACED = 2
"""Characters of the shortest name of a person that is replaced in texts."""


async def names_in(subject: PanelSubject) -> list[Name]:
    """Return the names that may stand in the papers of a record."""
    units = await Organisation.filter(id__in=list(subject.parties)).order_by("name")
    names: list[Name] = []
    for unit in units:
        names += names_of_unit(unit.name, unit.uscc)
        names.append(Name(NameKind.PERSON, unit.contact_name))
        names += [Name(NameKind.CONTACT, text) for text in (unit.contact_phone, unit.contact_email)]
    for user in await _people(subject):
        names += [Name(NameKind.PERSON, user.name), Name(NameKind.CONTACT, user.email)]
    names += [Name(NameKind.PERSON, author) for author in sorted(subject.authors)]
    return [name for name in names if name.text]


async def _people(subject: PanelSubject) -> Sequence[User]:
    members = await Membership.active(organisation_id__in=list(subject.parties)).values_list(
        "user_id", flat=True
    )
    ids = {str(user_id) for user_id in members} | {str(user_id) for user_id in subject.people}
    return await User.filter(id__in=list(ids), erased_at__isnull=True).order_by("name")


async def without_names_of(subject: PanelSubject) -> PanelSubject:
    """Return what experts read of a record without its units, people and links beyond it."""
    units = await Organisation.filter(id__in=list(subject.parties)).order_by("name")
    pairs: list[tuple[str, str]] = []
    for unit in units:
        words = _("申报单位") if unit.id == subject.applicant else _("合作单位")
        pairs += [(name.text, words) for name in names_of_unit(unit.name, unit.uscc)]
        pairs += [(text, "…") for text in (unit.contact_name, unit.contact_phone, unit.contact_email) if text]
    people = [*(user.name for user in await _people(subject)), *sorted(subject.authors)]
    pairs += [(name, "…") for name in people if len(name) >= SHORTEST_REPLACED]

    def plain(text: str) -> str:
        return without_names(text, pairs)

    sections = tuple(
        Section(
            plain(section.heading),
            tuple(Fact(fact.label, plain(fact.value), fact.is_amount) for fact in section.facts),
            plain(section.text),
        )
        for section in subject.sections
    )
    return replace(subject, title=plain(subject.title), detail=plain(subject.detail), sections=sections)
