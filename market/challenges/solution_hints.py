"""What people should look at once more among opened solutions: hints, by which nothing is decided. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from market.challenges.solution_content import SolutionContent
from market.codes.canonical import canonical_key
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.search.duplicates import duplicate_groups

COMPARED = 3000
"""Characters of an approach that are compared: a copy is one from the beginning."""


@dataclass(frozen=True)
class OpenedText:
    """One opened solution, with the unit that leads it."""

    place: int
    unit: str
    content: SolutionContent


def hints_of(solutions: Sequence[OpenedText]) -> Mapping[int, list[str]]:
    """Return the hints of each solution by its place: alike texts, shared people and units."""
    units = {row.place: canonical_key(row.unit) for row in solutions}
    texts = [(row.place, row.content.approach[:COMPARED]) for row in solutions]
    alike = duplicate_groups(texts)
    leaders = _shared({row.place: [row.content.leader] for row in solutions})
    members = _shared(
        {row.place: [row.unit, *(member.name for member in row.content.team)] for row in solutions}
    )
    hints: defaultdict[int, list[str]] = defaultdict(list)
    for groups, word in (
        (alike, lazy("技术路线与方案 %(n)s 几乎相同")),
        (leaders, lazy("挂帅负责人与方案 %(n)s 同名")),
        (members, lazy("有单位也在方案 %(n)s 中")),
    ):
        for group in groups:
            for place in sorted(group):
                # One unit may well solve several packages.
                others = [other for other in sorted(group) if units[other] != units[place]]
                if others:
                    hints[place].append(_(word.message, n="、".join(map(str, others))))
    return hints


def _shared(names: Mapping[int, Iterable[str]]) -> list[set[int]]:
    """Return groups of places that have a name in common, each group once."""
    places: defaultdict[str, set[int]] = defaultdict(set)
    for place, of_place in names.items():
        for name in of_place:
            if key := canonical_key(name):
                places[key].add(place)
    groups: list[set[int]] = []
    for group in places.values():
        if len(group) > 1 and group not in groups:
            groups.append(group)
    return groups
