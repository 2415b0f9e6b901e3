"""How long it takes to plan who judges what: `python -m tests.bench.panel_plans [items] [experts] [rounds]`.

Prints the processor time of the greedy plan, of the optimum, and of finding out who is lacking.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

from market.panels.assigning import Infeasible, Plan, Problem, best_assignment, breaches, plan_assignment
from market.panels.drawing import Candidate, Quotas

KINDS = ("technical",) * 6 + ("financial", "managing", "industrial")


def make_problem(items: int, experts: int, seed: int) -> Problem:
    """Return a problem in which one in twenty pairs has a conflict."""
    chance = random.Random(seed)
    pool = [
        Candidate(f"e{number:03}", KINDS[number % 9], f"u{chance.randrange(60)}") for number in range(experts)
    ]
    names = [f"i{number:03}" for number in range(items)]
    return Problem(
        items=names,
        experts=pool,
        quotas=Quotas(size=5, kinds={"financial": 1}, largest_share=Fraction(2, 5)),
        capacities={expert.id: 8 for expert in pool},
        conflicts={(item, expert.id) for item in names for expert in pool if chance.random() < 0.05},
        affinities={(item, expert.id): chance.randrange(1_000_000) for item in names for expert in pool},
        seed=str(seed),
    )


def show(name: str, problem: Problem, solve: Callable[[Problem], Plan]) -> None:
    begun = time.process_time()
    try:
        plan = solve(problem)
    except Infeasible as error:
        outcome = f"{len(error.lacks)} lacks, the first {error.lacks[0]}"
    else:
        found = len(breaches(problem, plan.seats))
        outcome = f"{plan.method}, affinity {plan.total / 1_000_000:.1f}, {found} breaches"
    print(f"{name:34} {time.process_time() - begun:6.2f} s  {outcome}")  # noqa: T201


def main(items: int = 200, experts: int = 300, rounds: int = 3) -> None:
    for seed in range(rounds):
        problem = make_problem(items, experts, seed)
        show("planned", problem, plan_assignment)
        show("optimum", problem, best_assignment)
        for name, most, extra in (
            ("financial experts just enough", 6, 2),
            ("two financial experts lacking", 6, 0),
            ("forty financial experts lacking", 5, 0),
        ):
            financial = [expert.id for expert in problem.experts if expert.kind == "financial"]
            capacities = {expert.id: 8 for expert in problem.experts} | dict.fromkeys(financial, most)
            capacities |= dict.fromkeys(financial[:extra], most + 1)
            show(name, replace(problem, capacities=capacities), plan_assignment)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
