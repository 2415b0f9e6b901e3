"""Chinese patent numbers and their check digit."""

import re

from market.codes.canonical import canonical_key

WEIGHTS = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)
"""Weights of the digits, from the left (ZC 0006-2003 of the patent office)."""
CHECKS = "0123456789X"

_NUMBER = re.compile(
    r"(?:ZL|CN)?"
    r"(?P<body>20\d\d[12389]\d{7}|[89]\d[12389]\d{5}|0[0-3][12389]\d{5})"
    r"(?P<check>[0-9X])"
)


def parse_patent_number(text: str) -> str | None:
    """Return the number in canonical form, `201810861934.2`, or None if it is no valid number.

    Accepts 12 digits (since October 2003) or 8 (before) with their check digit, with or without
    ZL, CN and separators. The digit after the year says what it protects: 1 and 8 an
    invention, 2 and 9 a utility model, 3 a design.
    """
    match = _NUMBER.fullmatch(canonical_key(text))
    if match is None or check_digit(match["body"]) != match["check"]:
        return None
    return f"{match['body']}.{match['check']}"


def is_valid_patent_number(text: str) -> bool:
    """Return whether this is a Chinese patent number with the right check digit."""
    return parse_patent_number(text) is not None


def check_digit(digits: str) -> str:
    """Return the check digit of the 8 or 12 digits of a number: the weighted sum modulo 11."""
    total = sum(int(digit) * weight for digit, weight in zip(digits, WEIGHTS, strict=False))
    return CHECKS[total % 11]
