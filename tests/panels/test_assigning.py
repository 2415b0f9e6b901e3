"""Plans for many items: every quota met or its lack named, and as good as the best of all plans."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import combinations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market.panels.assigning import Infeasible, Lack, Problem, best_assignment, breaches, plan_assignment
from market.panels.drawing import Candidate, Quotas

ITEMS = ("a", "b", "c")
TECHNICAL = [Candidate(f"t{number}", "technical", f"u{number}") for number in range(4)]


def capacities(experts: list[Candidate], most: int) -> dict[str, int]:
    return {expert.id: most for expert in experts}


def best_by_hand(problem: Problem) -> int | None:
    """Return the highest total affinity of all plans that breach nothing; None: there is none."""
    panels = list(combinations([expert.id for expert in problem.experts], problem.quotas.size))
    totals = [
        sum(
            problem.affinities.get((item, expert), 0)
            for item, ids in zip(problem.items, plan, strict=True)
            for expert in ids
        )
        for plan in product(panels, repeat=len(problem.items))
        if not breaches(problem, dict(zip(problem.items, plan, strict=True)))
    ]
    return max(totals, default=None)


def test_greedy_takes_the_best_and_leaves_nobody_above_their_capacity() -> None:
    problem = Problem(
        ITEMS,
        TECHNICAL,
        Quotas(2),
        capacities(TECHNICAL, 2),
        conflicts={("a", "t0")},
        affinities={("b", "t0"): 900_000, ("c", "t1"): 800_000},
    )

    plan = plan_assignment(problem)

    assert (plan.method, breaches(problem, plan.seats)) == ("greedy", [])
    assert "t0" in plan.seats["b"]
    assert "t0" not in plan.seats["a"]
    assert plan == plan_assignment(replace(problem, experts=TECHNICAL[::-1]))


def test_where_greedy_fails_the_optimum_meets_the_quotas() -> None:
    financial = [Candidate("f1", "financial", "v1"), Candidate("f2", "financial", "v2")]
    experts = [*TECHNICAL[:2], *financial]
    problem = Problem(
        ("a", "b"),
        experts,
        Quotas(2, kinds={"financial": 1}),
        capacities(experts, 1),
        conflicts={("a", "t0"), ("b", "f2")},
        affinities={("a", "f1"): 900_000},
    )

    plan = plan_assignment(problem)

    assert (plan.method, breaches(problem, plan.seats)) == ("optimum", [])
    assert ("f2" in plan.seats["a"], "f1" in plan.seats["b"]) == (True, True)


def test_what_items_lack_is_named() -> None:
    experts = [*TECHNICAL, Candidate("f1", "financial", "v1")]
    problem = Problem(ITEMS, experts, Quotas(2, kinds={"financial": 1}), capacities(experts, 2))
    with pytest.raises(Infeasible) as infeasible:
        plan_assignment(problem)
    assert [(lack.kind, lack.count) for lack in infeasible.value.lacks] == [("financial", 1)]

    with pytest.raises(Infeasible) as infeasible:
        plan_assignment(Problem(("a",), TECHNICAL, Quotas(6), capacities(TECHNICAL, 9)))
    assert infeasible.value.lacks == (Lack("a", "", 2),)


def test_an_item_with_many_experts_falls_back_on_all_of_them() -> None:
    """The programme looks at an item's best experts first; where those are used up it looks at all."""
    experts = [Candidate(f"e{number:02}", "technical", "") for number in range(20)]
    liked = {(item, expert.id): 500_000 for item in ITEMS for expert in experts[:13]}
    few = [Candidate(one.id, one.kind, "one unit" if int(one.id[1:]) < 19 else "") for one in experts]
    problem = Problem(
        ITEMS,
        few,
        Quotas(2, kinds={"technical": 1}, largest_share=Fraction(1, 2)),
        capacities(few, 1) | {"e19": 3},
        affinities=liked,
    )

    plan = plan_assignment(problem)

    assert breaches(problem, plan.seats) == []
    assert best_assignment(problem).total == plan.total
    assert all("e19" in ids for ids in plan.seats.values())

    scarce = replace(problem, capacities=capacities(few, 1))
    with pytest.raises(Infeasible) as infeasible:
        plan_assignment(scarce)
    assert sum(lack.count for lack in infeasible.value.lacks) == 2


@settings(deadline=None, max_examples=15)
@given(st.data())
def test_the_optimum_is_that_of_all_plans(data: st.DataObject) -> None:
    count = data.draw(st.integers(2, 6))
    experts = [
        Candidate(
            f"e{place}",
            data.draw(st.sampled_from(["technical", "financial"])),
            data.draw(st.sampled_from(["", "u"])),
        )
        for place in range(count)
    ]
    items = ITEMS[: data.draw(st.integers(1, 3 if count < 6 else 2))]
    problem = Problem(
        items,
        experts,
        Quotas(
            data.draw(st.integers(1, 3)),
            kinds={"financial": data.draw(st.integers(0, 1))},
            largest_share=Fraction(1, 2),
        ),
        {expert.id: data.draw(st.integers(0, 3)) for expert in experts},
        conflicts=data.draw(
            st.frozensets(
                st.tuples(st.sampled_from(items), st.sampled_from([e.id for e in experts])), max_size=4
            )
        ),
        affinities={
            (item, expert.id): data.draw(st.integers(0, 1_000_000)) for item in items for expert in experts
        },
    )
    best = best_by_hand(problem)
    if best is None:
        with pytest.raises(Infeasible):
            plan_assignment(problem)
        return

    assert breaches(problem, plan_assignment(problem).seats) == []
    optimum = best_assignment(problem)
    assert (optimum.total, breaches(problem, optimum.seats)) == (best, [])
