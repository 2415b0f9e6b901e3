"""A draw is replayed from its seed, meets its quotas, and names what is short."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market.kit.draws import seed_of
from market.panels.drawing import (
    Candidate,
    Quotas,
    Short,
    draw,
    next_reserve,
    require_enough,
    unit_of,
)

SEED = seed_of("PS-2026-000001", "ab" * 32, "桂A 12345")
POOL = [
    Candidate(f"e{number:02}", "financial" if number % 6 == 0 else "technical", f"u{number % 7}")
    for number in range(30)
]
QUOTAS = Quotas(size=5, reserves=3, kinds={"financial": 1}, largest_share=Fraction(1, 3))
CANDIDATES = st.lists(
    st.tuples(st.sampled_from(["technical", "financial", "legal"]), st.sampled_from(["", "a", "b", "c"])),
    max_size=7,
).map(lambda rows: [Candidate(f"e{place}", kind, unit) for place, (kind, unit) in enumerate(rows)])


def meets(panel: tuple[Candidate, ...], quotas: Quotas) -> bool:
    kinds = Counter(one.kind for one in panel)
    units = Counter(map(unit_of, panel))
    return (
        len(panel) == quotas.size
        and all(kinds[kind] >= needed for kind, needed in quotas.kinds.items())
        and max(units.values(), default=0) <= quotas.most_of_unit
    )


def test_the_seed_is_the_digest_of_number_head_and_salt() -> None:
    assert seed_of("PS-2026-000001", "head", "salt") == (
        "c406d38c8f2eb7c16c43496045afb5d63a7a0426586d2f30932f57a51472d2ec"
    )


def test_a_draw_is_the_same_for_ever() -> None:
    drawn = draw(POOL, QUOTAS, SEED)

    assert drawn == draw(list(reversed(POOL)), QUOTAS, SEED)
    assert drawn.picked == ("e11", "e05", "e07", "e24", "e29")
    assert drawn.reserves == ("e14", "e09", "e06")
    assert draw(POOL, QUOTAS, seed_of("PS-2026-000001", "ab" * 32, "other")) != drawn


def test_what_is_short_is_named() -> None:
    technical = [one for one in POOL if one.kind == "technical"]
    with pytest.raises(Short) as short:
        draw(technical, QUOTAS, SEED)
    assert (short.value.kind, short.value.available, short.value.needed) == ("financial", 0, 1)

    of_one_unit = [Candidate(one.id, one.kind, "u") for one in POOL]
    with pytest.raises(Short) as short:
        draw(of_one_unit, QUOTAS, SEED)
    assert (short.value.kind, short.value.available, short.value.needed) == ("", 1, 5)


def test_an_extension_adds_to_those_who_sit_already() -> None:
    seated = [
        Candidate("s1", "financial", "u1"),
        Candidate("s2", "technical", "u2"),
        Candidate("s3", "legal", "u3"),
    ]
    drawn = draw(POOL, QUOTAS, SEED, seated)

    by_id = {one.id: one for one in POOL}
    assert len(drawn.picked) == 2
    assert meets((*seated, *(by_id[one] for one in drawn.picked)), QUOTAS)
    with pytest.raises(Short):
        require_enough(POOL, QUOTAS, [Candidate(f"s{place}", "technical", f"v{place}") for place in range(5)])


def test_a_reserve_keeps_the_quotas() -> None:
    panel = [Candidate("a", "technical", "u1"), Candidate("b", "technical", "u2")]
    reserves = [
        Candidate("r1", "technical", "u1"),
        Candidate("r2", "technical", "u3"),
        Candidate("r3", "financial", "u4"),
    ]
    lost = Candidate("f", "financial", "u9")

    assert next_reserve(reserves, panel, lost, QUOTAS) == reserves[2]
    assert next_reserve(reserves, [*panel, lost], panel[0], QUOTAS) == reserves[1]
    assert next_reserve(reserves[:2], panel, lost, QUOTAS) is None


@settings(deadline=None, max_examples=40)
@given(
    CANDIDATES,
    st.integers(1, 4),
    st.integers(0, 2),
    st.sampled_from([Fraction(1, 3), Fraction(1, 2), Fraction(1)]),
)
def test_a_draw_meets_its_quotas_or_no_choice_does(
    pool: list[Candidate], size: int, financial: int, share: Fraction
) -> None:
    quotas = Quotas(size=size, reserves=2, kinds={"financial": financial}, largest_share=share)
    is_possible = any(meets(panel, quotas) for panel in combinations(pool, size))
    try:
        drawn = draw(pool, quotas, SEED)
    except Short:
        assert not is_possible
        return

    by_id = {one.id: one for one in pool}
    assert meets(tuple(by_id[one] for one in drawn.picked), quotas)
    assert len(drawn.reserves) == min(2, len(pool) - size)
    assert not set(drawn.picked) & set(drawn.reserves)


def test_every_expert_is_drawn_about_equally_often() -> None:
    pool = [Candidate(f"e{number}", "technical", "") for number in range(10)]
    counts = Counter(
        one
        for number in range(100)
        for one in draw(pool, Quotas(size=3), seed_of("PS", "head", str(number))).picked
    )

    assert set(counts) == {one.id for one in pool}
    assert 15 <= min(counts.values()) <= max(counts.values()) <= 45
