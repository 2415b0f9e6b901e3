"""The demo market: believable listings, people, deals and a subsidy round, made by the rooms' own acts."""

from market.seed.demo_market import AlreadySeeded, NotADemo, seed, seed_if_empty

__all__ = ["AlreadySeeded", "NotADemo", "seed", "seed_if_empty"]
