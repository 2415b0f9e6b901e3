"""Claims at random: mostly right, often at an edge, with facts wrong or missing here and there."""

from __future__ import annotations

from random import Random
from typing import Any

from tests.programmes.sample_claims import BUYER, OTHER, SELLER, WAN, claim, contract

EDGES = [0, 1, 10, 30, 50, 100, 150, 200, 300, 500, 501, 600, 1000, 3000, 20_000]
PLACES = [
    "450100",
    "451400",
    "640100",
    "410100",
    "341500",
    "340100",
    "330200",
    "330282",
    "331024",
    "320500",
    "350100",
    "420100",
    "440300",
    "110000",
]
KINDS = ["development", "assignment", "licence", "consulting", "service", "equity"]
PARTIES = ["enterprise", "university", "institute", "farmers_coop", "registry", "agency", "authority"]


def amount(random: Random) -> int:
    """An amount at an edge, beside it, or anywhere."""
    roll = random.random()
    if roll < 0.4:
        return max(0, random.choice(EDGES) * WAN + random.choice([-1, 0, 0, 1]))
    if roll < 0.5:
        return random.randrange(1000)
    return random.randrange(random.choice([60, 300, 2000, 8000]) * WAN)


def random_claim(random: Random, programme: str) -> dict[str, Any]:
    """Return one claim for the programme; every list of contracts is in no particular order."""
    slug, year = programme.partition("@")[0], random.choice([2024, 2025, 2026])
    numbers = random.sample(range(1, 1000), random.choice([0, 1, 1, 2, 3, 3, 5]))
    contracts = [_random_contract(random, slug, no, year) for no in numbers]
    totals = ["granted_this_year", "vat_payable", "vat_paid", "registered_total", "brokered_total"]
    raw = claim(slug, *contracts, year=year, **{key: amount(random) for key in totals})
    raw["registered_total"] *= random.choice([1, 10, 20])
    if random.random() < 0.5:
        raw["granted_this_year"] = 0
    who = raw["applicant"]
    roll = random.random()
    if roll < 0.2:
        who["kind"] = random.choice(PARTIES)
    elif roll < 0.5:
        who["kind"] = None
    _spoil(
        random,
        who,
        {
            "uscc": [OTHER],
            "role": ["buyer", "seller", "agency"],
            "region": PLACES,
            "established_on": [f"{year - 1}-12-31", f"{year}-01-01"],
            "manufacturer": [False],
            "high_tech": [False],
            "flags": [{"sme": False}, {}, {"sme": None}],
            "kind": PARTIES,
        },
        0.03,
    )
    _spoil(random, raw, {key: [amount(random)] for key in totals}, 0.05)
    return raw


def _random_contract(random: Random, slug: str, no: int, year: int) -> dict[str, Any]:
    raw = contract(slug, no, year)
    raw["outcome"] = f"CG-{random.randrange(3)}"
    raw["trade_amount"] = amount(random)
    raw["paid_in_equity"] = amount(random)
    raw["new_sales"] = {str(year - back): amount(random) * 5 for back in range(3)}
    raw["grade"] = random.choice(["general", "major", "major"])
    raw["mode"] = random.choice(["agreed", "listed", "auction"])
    if random.random() < 0.3:
        raw["granted_for_outcome"] = amount(random)
    if slug.startswith("ningxia") and random.random() < 0.7:
        raw["kind"] = random.choice(["licence", "licence", "equity"])
    if random.random() < 0.3:
        raw["seller"]["region"] = random.choice(PLACES)
    if slug == "guangxi-challenge":
        raw["contract_amount"], raw["public_support"] = amount(random), amount(random)
        challenged: dict[str, list[Any]] = {
            "contract_amount": [0],
            "public_support": [0],
            "public_challenge": [False],
        }
        _spoil(random, raw, challenged, 0.05)
    raw["receipts"] = [
        {"on": f"{year - random.choice([0, 0, 0, 1])}-{random.choice(['01-01', '06-30', '12-31'])}"}
        | {"amount": amount(random)}
        for _ in range(random.choice([0, 1, 1, 2, 3]))
    ]
    days = [f"{year - back}-{day}" for back in range(4) for day in ("01-01", "05-05", "12-31")]
    _spoil(
        random,
        raw,
        {
            "kind": KINDS,
            "signed_on": [*days, "2019-12-31", "2020-01-01", "2021-12-31", f"{year + 1}-01-01"],
            "registered_on": days,
            "field": ["electronics"],
            "used_in": PLACES,
            "outcome": ["CG-0"],
            "related": [True],
            "publicly_funded": [True],
            "subsidised_before": [True],
            "flags": [{"witnessed": False}, {}],
            "trade_amount": [0],
            "receipts": [[]],
            "new_sales": [{}, {str(year): 0}],
            "granted_for_outcome": [0],
            "grade": ["general"],
            "mode": ["agreed"],
            "paid_in_equity": [0],
        },
        0.04,
    )
    for side in ("seller", "buyer"):
        _spoil(
            random, raw[side], {"uscc": [BUYER, SELLER, OTHER], "kind": PARTIES[:-1], "region": PLACES}, 0.04
        )
    for receipt in raw.get("receipts") or []:
        _spoil(random, receipt, {"on": days, "amount": [0]}, 0.02)
    if random.random() < 0.01:
        del raw[random.choice(["seller", "buyer"])]
    return raw


def _spoil(random: Random, facts: dict[str, Any], wrong: dict[str, list[Any]], chance: float) -> None:
    """Make facts wrong, unknown or absent, each with a small chance."""
    for key, values in wrong.items():
        roll = random.random()
        if roll < chance:
            facts[key] = random.choice(values)
        elif roll < 1.5 * chance:
            facts[key] = None
        elif roll < 2 * chance:
            facts.pop(key, None)
