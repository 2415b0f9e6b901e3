"""Numbers in Chinese numerals. Pure."""

from __future__ import annotations

DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"两": 2}


def read_small(text: str) -> int | None:
    """Return a number below a hundred: 零, 两, 十, 十二, 二十三; None for other texts, such as 二三."""
    tens, joint, ones = text.partition("十")
    if not joint:
        return DIGITS.get(text)
    if (tens and not DIGITS.get(tens)) or (ones and not DIGITS.get(ones)):
        return None
    return DIGITS.get(tens, 1) * 10 + DIGITS.get(ones, 0)
