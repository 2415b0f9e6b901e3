"""A plan for many items and many experts: who judges what. Pure.

Each item needs so many experts with its quotas of kinds and of one unit; no expert takes more than their
capacity, nobody what they have a conflict with. Greedy first, by affinity; where that meets not every quota,
an integer programme does (HiGHS), which also names what no plan can meet.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

import numpy as np

from market.panels.drawing import Candidate, Quotas, unit_of

Pair = tuple[str, str]
"""An item and an expert."""
SHORT_COST = 1_000
"""What a missing expert costs in the programme: more than any affinity can bring."""
SCALE = 1_000_000
"""Affinities are whole millionths."""
NEAREST = 6
"""Experts of an item that the programme looks at first, for each that the item needs."""


@dataclass(frozen=True)
class Problem:
    """Items and experts, with what each allows."""

    items: Sequence[str]
    experts: Sequence[Candidate]
    quotas: Quotas
    capacities: Mapping[str, int]
    """The most items of each expert."""
    conflicts: Collection[Pair] = ()
    affinities: Mapping[Pair, int] = field(default_factory=dict)
    """In millionths; 0 where a pair is not named."""
    seed: str = ""
    """Breaks ties."""


@dataclass(frozen=True)
class Lack:
    """What an item lacks in every plan."""

    item: str
    kind: str
    """Empty: experts of whatever kind."""
    count: int


class Infeasible(ValueError):
    """No plan meets all quotas; says which items lack how many."""

    def __init__(self, lacks: Sequence[Lack]) -> None:
        super().__init__(f"{len(lacks)} lacks")
        self.lacks = tuple(lacks)


@dataclass(frozen=True)
class Plan:
    """Which experts judge which item, and what the plan was made by."""

    seats: Mapping[str, tuple[str, ...]]
    total: int
    """The sum of the affinities of all pairs."""
    method: str
    """`greedy` or `optimum`."""


def plan_assignment(problem: Problem) -> Plan:
    """Return a plan that meets every quota.

    Raises:
        Infeasible: there is none.
    """
    open_experts = _open_experts(problem)
    return _greedy(problem, open_experts) or _optimum(problem, open_experts)


def best_assignment(problem: Problem) -> Plan:
    """Return a plan of the highest total affinity.

    Raises:
        Infeasible: no plan meets every quota.
    """
    return _optimum(problem, _open_experts(problem))


def breaches(problem: Problem, seats: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the items whose experts breach a quota or a conflict, and the experts above their capacity."""
    by_id = {expert.id: expert for expert in problem.experts}
    load = Counter(expert for ids in seats.values() for expert in ids)
    conflicts = set(problem.conflicts)
    faults = [expert for expert, count in sorted(load.items()) if count > problem.capacities[expert]]
    for item in problem.items:
        panel = [by_id[expert] for expert in seats.get(item, ())]
        kinds = Counter(expert.kind for expert in panel)
        units = Counter(unit_of(expert) for expert in panel)
        if (
            len(panel) != problem.quotas.size
            or len({expert.id for expert in panel}) != len(panel)
            or any((item, expert.id) in conflicts for expert in panel)
            or any(kinds[kind] < needed for kind, needed in problem.quotas.kinds.items())
            or max(units.values(), default=0) > problem.quotas.most_of_unit
        ):
            faults.append(item)
    return faults


def _open_experts(problem: Problem) -> dict[str, list[Candidate]]:
    """Return the experts without a conflict of each item, the best fitting first, ties broken by the seed."""
    conflicts = set(problem.conflicts)
    experts = sorted(problem.experts, key=lambda expert: _noise(problem.seed, expert.id))
    return {
        item: sorted(
            (expert for expert in experts if (item, expert.id) not in conflicts),
            key=lambda expert: -problem.affinities.get((item, expert.id), 0),
        )
        for item in problem.items
    }


def _noise(seed: str, expert: str) -> bytes:
    return hashlib.sha256(f"{seed}|{expert}".encode()).digest()


def _greedy(problem: Problem, open_experts: Mapping[str, Sequence[Candidate]]) -> Plan | None:
    """Fill the items with the fewest experts first; None where a quota is not met in this way."""
    load: Counter[str] = Counter()
    seats: dict[str, tuple[str, ...]] = {}
    total = 0
    for item in sorted(problem.items, key=lambda item: (len(open_experts[item]), item)):
        free = [expert for expert in open_experts[item] if load[expert.id] < problem.capacities[expert.id]]
        panel = _panel(free, problem.quotas)
        if panel is None:
            return None
        load.update(expert.id for expert in panel)
        seats[item] = tuple(sorted(expert.id for expert in panel))
        total += sum(problem.affinities.get((item, expert.id), 0) for expert in panel)
    return Plan(seats, total, "greedy")


def _panel(experts: Sequence[Candidate], quotas: Quotas) -> list[Candidate] | None:
    """Take the first experts who fit: those of a kind with a quota, then whoever comes."""
    panel: list[Candidate] = []
    units: Counter[str] = Counter()
    wanted = [kind for kind, needed in sorted(quotas.kinds.items()) for _ in range(needed)]
    for kind in [*wanted, *[""] * (quotas.size - len(wanted))]:
        for expert in experts:
            if (
                kind in ("", expert.kind)
                and expert not in panel
                and units[unit_of(expert)] < quotas.most_of_unit
            ):
                panel.append(expert)
                units[unit_of(expert)] += 1
                break
        else:
            return None
    return panel


def _optimum(problem: Problem, open_experts: Mapping[str, Sequence[Candidate]]) -> Plan:
    """Solve the integer programme: first over each item's best experts, over all where that falls short."""
    few = {item: _best(experts, problem.quotas) for item, experts in open_experts.items()}
    solution = _solve(problem, few)
    if solution.lacks and any(len(few[item]) < len(open_experts[item]) for item in problem.items):
        lacks = (
            _lacks_of_kinds(problem, open_experts) or _solve(_without_affinities(problem), open_experts).lacks
        )
        if lacks:
            raise Infeasible(lacks)
        solution = _solve(problem, open_experts)
    if solution.lacks:
        raise Infeasible(solution.lacks)
    total = sum(
        problem.affinities.get((item, expert), 0) for item, ids in solution.seats.items() for expert in ids
    )
    return Plan(solution.seats, total, "optimum")


def _lacks_of_kinds(problem: Problem, open_experts: Mapping[str, Sequence[Candidate]]) -> tuple[Lack, ...]:
    """Return what items lack of single kinds, whoever takes their other seats."""
    lacks: list[Lack] = []
    for kind, needed in sorted(problem.quotas.kinds.items()):
        share = Fraction(problem.quotas.most_of_unit, max(needed, 1))
        of_kind = replace(_without_affinities(problem), quotas=Quotas(needed, largest_share=share))
        experts = {item: [one for one in ids if one.kind == kind] for item, ids in open_experts.items()}
        lacks += [replace(lack, kind=kind) for lack in _solve(of_kind, experts).lacks]
    return tuple(lacks)


def _without_affinities(problem: Problem) -> Problem:
    return replace(problem, affinities={})


def _best(experts: Sequence[Candidate], quotas: Quotas) -> list[Candidate]:
    """Return an item's best experts, with those of each kind that has a quota."""
    most = quotas.size * NEAREST
    chosen = set(experts[:most])
    for kind in quotas.kinds:
        chosen |= set([expert for expert in experts if expert.kind == kind][:most])
    return [expert for expert in experts if expert in chosen]


@dataclass
class _Rows:
    """Rows of the programme's matrix: each a range of what the sum of its columns may be."""

    lower: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    columns: list[int] = field(default_factory=list)

    def add(self, columns: Sequence[int], lower: float, upper: float) -> None:
        self.starts.append(len(self.columns))
        self.columns += columns
        self.lower.append(lower)
        self.upper.append(upper)


@dataclass(frozen=True)
class _Solution:
    seats: Mapping[str, tuple[str, ...]]
    lacks: tuple[Lack, ...]


def _solve(problem: Problem, open_experts: Mapping[str, Sequence[Candidate]]) -> _Solution:
    """Maximise the affinities, after making as few experts as possible lack."""
    quotas = problem.quotas
    pairs = [(item, expert) for item in problem.items for expert in open_experts[item]]
    kinds = sorted(kind for kind, needed in quotas.kinds.items() if needed)
    lacking = [(item, kind) for item in problem.items for kind in ["", *kinds]]
    of_item: dict[str, list[int]] = {item: [] for item in problem.items}
    of_expert: dict[str, list[int]] = {}
    for column, (item, expert) in enumerate(pairs):
        of_item[item].append(column)
        of_expert.setdefault(expert.id, []).append(column)
    lack_column = {lack: len(pairs) + place for place, lack in enumerate(lacking)}
    rows = _Rows()
    for item, columns in of_item.items():
        rows.add([*columns, lack_column[item, ""]], quotas.size, quotas.size)
        for kind in kinds:
            of_kind = [column for column in columns if pairs[column][1].kind == kind]
            rows.add([*of_kind, lack_column[item, kind]], quotas.kinds[kind], math.inf)
        units: dict[str, list[int]] = {}
        for column in columns:
            units.setdefault(unit_of(pairs[column][1]), []).append(column)
        for of_unit in units.values():
            if len(of_unit) > quotas.most_of_unit:
                rows.add(of_unit, 0, quotas.most_of_unit)
    for expert_id, columns in of_expert.items():
        rows.add(columns, 0, problem.capacities[expert_id])
    gains = [problem.affinities.get((item, expert.id), 0) / SCALE for item, expert in pairs]
    values = _maximise(
        [*gains, *[-float(SHORT_COST)] * len(lacking)],
        [*[1] * len(pairs), *(quotas.kinds.get(kind, quotas.size) for _item, kind in lacking)],
        rows,
    )
    seats: dict[str, list[str]] = {item: [] for item in problem.items}
    for (item, expert), value in zip(pairs, values, strict=False):
        if value:
            seats[item].append(expert.id)
    return _Solution(
        {item: tuple(sorted(ids)) for item, ids in seats.items()},
        tuple(Lack(*lack, values[column]) for lack, column in lack_column.items() if values[column]),
    )


def _maximise(gains: Sequence[float], most: Sequence[int], rows: _Rows) -> list[int]:
    """Return the whole numbers, from 0 to `most`, that bring the highest gain within the rows.

    There always are some: what lacks has columns of its own.
    """
    # Few draws need it, and no start of the site should load it.
    import highspy

    programme = highspy.HighsLp()
    programme.num_col_, programme.num_row_ = len(gains), len(rows.lower)
    programme.sense_ = highspy.ObjSense.kMaximize
    programme.col_cost_ = np.array(gains, dtype=np.double)
    programme.col_lower_ = np.zeros(len(gains))
    programme.col_upper_ = np.array(most, dtype=np.double)
    programme.integrality_ = [highspy.HighsVarType.kInteger] * len(gains)
    programme.row_lower_ = np.array(rows.lower, dtype=np.double)
    programme.row_upper_ = np.array(rows.upper, dtype=np.double)
    programme.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    programme.a_matrix_.start_ = np.array([*rows.starts, len(rows.columns)], dtype=np.int32)
    programme.a_matrix_.index_ = np.array(rows.columns, dtype=np.int32)
    programme.a_matrix_.value_ = np.ones(len(rows.columns))
    solver = highspy.Highs()  # type: ignore[no-untyped-call]  # its constructor has no annotations
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("random_seed", 0)
    solver.setOptionValue("mip_rel_gap", 0.0)
    solver.passModel(programme)
    solver.run()
    return [round(value) for value in solver.getSolution().col_value]
