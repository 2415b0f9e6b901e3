"""Parts of pages are drawn once from the same, in each language."""

from __future__ import annotations

from uuid import uuid4

from market.kit import drawn_parts
from market.kit.drawn_parts import drawn
from market.kit.i18n import get_locale, in_locale


def test_a_part_is_drawn_once_for_each_key_and_language() -> None:
    key, times = uuid4(), []

    def draw() -> str:
        times.append(get_locale())
        return f"part {len(times)}"

    first, again, other_key = drawn(key, draw), drawn(key, draw), drawn((key, 2), draw)
    with in_locale("zh-Hant"):
        other_language = drawn(key, draw)

    assert (first, again, other_key, other_language) == ("part 1", "part 1", "part 2", "part 3")


def test_without_a_key_a_part_is_drawn_each_time() -> None:
    parts = iter("ab")

    assert [drawn(None, lambda: next(parts)) for _time in range(2)] == ["a", "b"]


def test_the_part_that_was_not_asked_for_longest_goes_first() -> None:
    keys = [uuid4() for _part in range(drawn_parts.MOST)]
    for key in keys:
        drawn(key, lambda: "before")
    drawn(keys[0], lambda: "")
    drawn(uuid4(), lambda: "one more")

    assert drawn(keys[0], lambda: "anew") == "before"
    assert drawn(keys[1], lambda: "anew") == "anew"
