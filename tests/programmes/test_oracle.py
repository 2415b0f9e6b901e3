"""The engine and a second reading of the same texts agree, claim by claim."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from market.programmes.engine import assess
from market.programmes.facts import read_facts
from market.programmes.rule_files import find_terms, shipped
from tests.programmes.oracle import PROGRAMMES, answer
from tests.programmes.random_claims import random_claim

CLAIMS_EACH = 120


def computed(name: str, raw: dict[str, Any], rate: int | None) -> dict[str, Any]:
    terms = find_terms(name)[0]
    result = assess(read_facts(raw), terms if rate is None else terms.with_rate(rate))
    return {
        "award": result.award,
        "provisional": result.provisional,
        "failed": bool(result.failed),
        "assumed": [finding.condition for finding in result.assumed] == ["applicant_kind"],
        "contracts": [
            {"no": contract.no, "eligible": contract.eligible, "base": contract.base, "award": contract.award}
            for contract in result.contracts
        ],
    }


def test_both_readings_know_the_same_sets() -> None:
    assert {f"{terms.programme}@{terms.version}" for terms in shipped()} == set(PROGRAMMES)
    assert CLAIMS_EACH * len(PROGRAMMES) >= 2_000


@pytest.mark.parametrize("name", PROGRAMMES)
def test_engine_and_oracle_agree_on_claims_at_random(name: str) -> None:
    random = Random(name)
    ceiling = find_terms(name)[0].ceiling
    paid = 0

    for _ in range(CLAIMS_EACH):
        raw = random_claim(random, name)
        takes_rate = name == "nanning@2025" or (find_terms(name)[0].one_rate and random.random() < 0.2)
        rate = random.randrange(ceiling + 1) if takes_rate else None

        ours = computed(name, raw, rate)

        assert ours == answer(name, raw, rate), raw
        paid += ours["award"] > 0
    assert paid > CLAIMS_EACH // 10
