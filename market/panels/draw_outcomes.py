"""Who is drawn, from what is stored of a draw alone: a draw and its replay come to the same. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from market.kit.draws import seed_of
from market.panels.assigning import Problem, breaches, plan_assignment
from market.panels.drawing import Candidate, Quotas, draw, draw_reserves

FIELD_WEIGHT = 900_000
"""Of a whole affinity: how much of an expert's work lies in the item's fields; the rest is chance by seed."""
DRAW = "draw"


@dataclass(frozen=True)
class Outcome:
    """Who was drawn, by item."""

    picked: Mapping[str, Sequence[str]]
    reserves: Mapping[str, Sequence[str]]
    method: str


def carry_out(eligible: Sequence[Mapping[str, Any]], terms: Mapping[str, Any], seed: str) -> Outcome:
    """Draw from what is stored of a draw; pure, so that a replay calls it too.

    Each item alone is a seeded draw. Where experts have several items to share, the whole is a plan.

    Raises:
        Short: too few experts are eligible for an item.
        Infeasible: no plan meets the quotas of all items.
    """
    quotas = Quotas(terms["size"], terms["reserves"], terms["kinds"], Fraction(terms["largest_share"]))
    experts = {row["id"]: Candidate(row["id"], row["kind"], row["unit"]) for row in eligible}
    excluded = {(item, row["id"]) for row in eligible for item in row["excluded"]}
    seated = {item: [Candidate(*row) for row in rows] for item, rows in terms["seated"].items()}
    capacities = {row["id"]: row["capacity"] for row in eligible}
    items = sorted(terms["items"])
    if len(items) == 1 or any(seated.values()):
        missing = terms.get("missing_reserves", {})
        return _draw_each(items, experts, excluded, seated, quotas, capacities, missing, seed)
    problem = Problem(
        items=items,
        experts=list(experts.values()),
        quotas=quotas,
        capacities=capacities,
        conflicts=excluded,
        affinities={
            (item, row["id"]): _affinity(terms["items"][item], row, seed)
            for item in items
            for row in eligible
        },
        seed=seed,
    )
    plan = plan_assignment(problem)
    if faults := breaches(problem, plan.seats):
        raise RuntimeError(f"the plan breaches its limits: {faults[:5]}")
    reserves = {
        item: sorted(
            (one for one in experts if (item, one) not in excluded and one not in plan.seats[item]),
            key=lambda one: seed_of(item, seed, one),
        )[: quotas.reserves]
        for item in items
    }
    return Outcome(plan.seats, reserves, plan.method)


def _draw_each(
    items: Sequence[str],
    experts: Mapping[str, Candidate],
    excluded: Collection[tuple[str, str]],
    seated: Mapping[str, Sequence[Candidate]],
    quotas: Quotas,
    capacities: Mapping[str, int],
    missing_reserves: Mapping[str, int],
    seed: str,
) -> Outcome:
    """Draw for one item after the other, each with a seed of its own where there are several.

    A panel that is full gets the reserves that it is short of; draws of before name none.
    """
    picked: dict[str, Sequence[str]] = {}
    reserves: dict[str, Sequence[str]] = {}
    load: Counter[str] = Counter()
    for item in items:
        is_full = len(seated[item]) >= quotas.size
        if is_full and not missing_reserves.get(item):
            continue
        free = [
            one
            for one in experts.values()
            if (item, one.id) not in excluded and load[one.id] < capacities[one.id]
        ]
        own_seed = seed if len(items) == 1 else seed_of(item, seed, "")
        if is_full:
            picked[item] = ()
            reserves[item] = draw_reserves(free, replace(quotas, reserves=missing_reserves[item]), own_seed)
            continue
        drawn = draw(free, quotas, own_seed, seated[item])
        picked[item], reserves[item] = drawn.picked, drawn.reserves
        load.update(drawn.picked)
    return Outcome(picked, reserves, DRAW)


def _affinity(fields: Sequence[str], expert: Mapping[str, Any], seed: str) -> int:
    """Return in millionths how well an expert fits an item: shared fields, and chance by the seed."""
    shared: int = min(100, sum(weight for code, weight in expert["fields"].items() if code in fields))
    chance = int(seed_of(expert["id"], seed, "|".join(fields))[:8], 16) % (1_000_000 - FIELD_WEIGHT)
    return FIELD_WEIGHT * shared // 100 + chance
