"""A seeded draw of experts that everybody can replay from what was stored of it. Pure.

The seed (`kit.draws`) orders the eligible experts, sorted by id before. Experts are then taken in that order,
each unless the quotas could no longer be met with them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from string import ascii_uppercase

from market.kit.draws import shuffled
from market.panels.flows import Network


@dataclass(frozen=True, order=True)
class Candidate:
    """An expert as the draw sees one."""

    id: str
    kind: str
    unit: str
    """Where they work; empty: unknown, which is nobody else's unit."""


@dataclass(frozen=True)
class Quotas:
    """What a panel is made of."""

    size: int
    """Experts to draw."""
    reserves: int = 0
    """Further experts drawn in the same act, at most, who step in for others."""
    kinds: Mapping[str, int] = field(default_factory=dict)
    """Experts of each kind, at least."""
    largest_share: Fraction = Fraction(1)
    """The part of the panel that may come from one unit; one expert always may."""

    @property
    def most_of_unit(self) -> int:
        return max(1, int(self.size * self.largest_share))


@dataclass(frozen=True)
class Drawn:
    """Ids in the order in which they were drawn."""

    picked: tuple[str, ...]
    reserves: tuple[str, ...]


class Short(ValueError):
    """There are too few eligible experts of a kind, or at all."""

    def __init__(self, kind: str, available: int, needed: int, most_of_unit: int) -> None:
        super().__init__(f"{kind or 'any'}: {available} of {needed}")
        self.kind = kind
        """Empty: experts of whatever kind."""
        self.available, self.needed = available, needed
        """`available` counts no more experts of one unit than the panel may have."""
        self.most_of_unit = most_of_unit


def draw(eligible: Sequence[Candidate], quotas: Quotas, seed: str, seated: Sequence[Candidate] = ()) -> Drawn:
    """Draw a panel and its reserves.

    `seated` sit on the panel already, where a draw adds to it: they count into quotas and shares.

    Raises:
        Short: the quotas cannot be met.
    """
    order = shuffled(sorted(eligible), seed)
    require_enough(order, quotas, seated)
    picked: list[Candidate] = list(seated)
    waiting = list(order)
    for candidate in order:
        if len(picked) == quotas.size:
            break
        waiting.remove(candidate)
        if _can_be_met([*picked, candidate], waiting, quotas):
            picked.append(candidate)
    chosen = picked[len(seated) :]
    rest = [candidate for candidate in order if candidate not in chosen]
    reserves = _reserves(rest, quotas)
    return Drawn(tuple(one.id for one in chosen), tuple(one.id for one in reserves))


def draw_reserves(eligible: Sequence[Candidate], quotas: Quotas, seed: str) -> tuple[str, ...]:
    """Draw reserves alone, for a panel that is full."""
    return tuple(one.id for one in _reserves(shuffled(sorted(eligible), seed), quotas))


def require_enough(eligible: Sequence[Candidate], quotas: Quotas, seated: Sequence[Candidate] = ()) -> None:
    """Raise if no choice among these experts meets the quotas.

    Raises:
        Short: of a kind where one is short, else of experts at all.
    """
    everybody = [*seated, *eligible]
    for kind, needed in sorted(quotas.kinds.items()):
        available = _spread([one for one in everybody if one.kind == kind], quotas)
        if available < needed:
            raise Short(kind, available, needed, quotas.most_of_unit)
    if not _can_be_met(seated, eligible, quotas):
        raise Short("", min(_spread(everybody, quotas), quotas.size - 1), quotas.size, quotas.most_of_unit)


def next_reserve(
    reserves: Sequence[Candidate], panel: Sequence[Candidate], lost: Candidate, quotas: Quotas
) -> Candidate | None:
    """Return the first reserve who keeps the quotas in place of a lost expert; None: there is none.

    `panel` are those who stay, `reserves` stand in the order of the draw.
    """
    of_unit = Counter(map(unit_of, panel))
    is_missing = sum(one.kind == lost.kind for one in panel) < quotas.kinds.get(lost.kind, 0)
    for reserve in reserves:
        if of_unit[unit_of(reserve)] < quotas.most_of_unit and (reserve.kind == lost.kind or not is_missing):
            return reserve
    return None


def _reserves(rest: Sequence[Candidate], quotas: Quotas) -> list[Candidate]:
    """Return reserves in the order of the draw: one of each kind with a quota, then whoever comes next."""
    chosen: list[Candidate] = []
    for kind in sorted(kind for kind, needed in quotas.kinds.items() if needed):
        chosen += [one for one in rest if one.kind == kind and one not in chosen][:1]
    chosen = chosen[: quotas.reserves]
    others = [one for one in rest if one not in chosen]
    chosen += others[: quotas.reserves - len(chosen)]
    return [one for one in rest if one in chosen]


def _spread(candidates: Sequence[Candidate], quotas: Quotas) -> int:
    """Return how many of these experts a panel may have at once."""
    return sum(min(count, quotas.most_of_unit) for count in Counter(map(unit_of, candidates)).values())


def unit_of(candidate: Candidate) -> str:
    """Return what an expert shares with others of their unit; of an unknown unit, with nobody."""
    return candidate.unit or candidate.id


def _can_be_met(picked: Sequence[Candidate], waiting: Sequence[Candidate], quotas: Quotas) -> bool:
    """Return whether those picked can be completed from those waiting."""
    of_unit, of_kind = Counter(map(unit_of, picked)), Counter(one.kind for one in picked)
    if len(picked) > quotas.size or any(count > quotas.most_of_unit for count in of_unit.values()):
        return False
    missing = {kind: max(0, needed - of_kind[kind]) for kind, needed in quotas.kinds.items()}
    free = quotas.size - len(picked) - sum(missing.values())
    if free < 0:
        return False
    network = Network()
    for seat, count in _seats(missing, free):
        network.add("panel", ("seat", seat), count)
    groups = Counter((one.kind, unit_of(one)) for one in waiting)
    for (kind, unit), count in groups.items():
        for seat in (kind, ""):
            network.add(("seat", seat), (kind, unit), count)
        network.add((kind, unit), ("unit", unit), count)
    for unit in {unit for _kind, unit in groups}:
        network.add(("unit", unit), "whole", quotas.most_of_unit - of_unit[unit])
    return network.flow("panel", "whole") == quotas.size - len(picked)


def _seats(missing: Mapping[str, int], free: int) -> Iterator[tuple[str, int]]:
    yield from missing.items()
    yield "", free


def letters(place: int) -> str:
    """Return the letters of the nth expert: A to Z, then AA, AB …"""
    rest, letter = divmod(place, len(ascii_uppercase))
    return (letters(rest - 1) if rest else "") + ascii_uppercase[letter]
