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


def right_check_digit(text: str) -> str:
    """Return the check digit that a Chinese number with a wrong one should have; empty where it is none."""
    match = _NUMBER.fullmatch(canonical_key(text))
    return check_digit(match["body"]) if match else ""


def is_valid_patent_number(text: str) -> bool:
    """Return whether this is a Chinese patent number with the right check digit."""
    return parse_patent_number(text) is not None


def check_digit(digits: str) -> str:
    """Return the check digit of the 8 or 12 digits of a number: the weighted sum modulo 11."""
    total = sum(int(digit) * weight for digit, weight in zip(digits, WEIGHTS, strict=False))
    return CHECKS[total % 11]


def missing_check_digit(text: str) -> str:
    """Return the check digit that 12 digits lack to be a Chinese number; empty where they are none."""
    match = _NUMBER.fullmatch(f"{canonical_key(text)}0")
    return check_digit(match["body"]) if match and match["body"].startswith("20") else ""


_IN_TEXT = re.compile(
    r"(?<![0-9A-Z])(?:(?:ZL|CN)\W{0,2})?(?:20\d\d|[89]\d|0[0-3])[\d ]{5,12}\.?\d?[\dX](?![0-9A-Z])",
    re.IGNORECASE,
)
_HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
"""Full-width signs, digits and letters; the length of a text stays."""


def split_at_numbers(text: str) -> list[tuple[str, str]]:
    """Return each valid Chinese patent number of a text with what stands before it; what follows the last
    comes with an empty number."""
    parts, end = [], 0
    plain = text.translate(_HALF_WIDTH)
    for match in _IN_TEXT.finditer(plain):
        if number := parse_patent_number(match[0]):
            parts.append((text[end : match.start()], number))
            end = match.end()
    return [*parts, (text[end:], "")] if parts else []


_PCT = re.compile(r"(?:PCT)?([A-Z]{2})((?:19|20)\d{2})(\d{5,6})")
_WO = re.compile(r"WO(\d{4})(\d{5,6})([A-Z]\d)?")
_FOREIGN = re.compile(r"([A-Z]{2})(\d{5,13}[A-Z]?\d?|[A-Z]?\d{4,12}[A-Z]?\d?)")
_PUBLICATION = re.compile(r"CN\d{7,9}[ABCUSY]\d?")
_HAN = re.compile("[\u4e00-\u9fff]")
"""Words within a foreign number: JP特许第6543210号."""
_OFFICES = (
    "AE AP AR AT AU BE BR CA CH CL CO CZ DE DK EA EG EP ES FI FR GB GR HK HU ID IE IL IN IR IT JP KH"
    " KR KZ LA LK MA MM MN MO MX MY NL NO NZ OA PE PH PK PL PT RO RU SA SE SG SK TH TR TW UA US UZ VN ZA"
)
OFFICES = frozenset(_OFFICES.split())
"""Patent offices but China's, by the codes of WIPO ST.3."""


def foreign_number(text: str) -> str | None:
    """Return an international or foreign application or patent in canonical form, None if it is none.

    PCT/CN2020/123456, WO2021/123456A1 and US10123456B2 are kept as what they are; no check digit is known.
    """
    key = _HAN.sub("", canonical_key(text))
    if key.startswith("PCT") and (match := _PCT.fullmatch(key)):
        return f"PCT/{match[1]}{match[2]}/{match[3]}"
    if match := _WO.fullmatch(key):
        return f"WO{match[1]}/{match[2]}{match[3] or ''}"
    match = _FOREIGN.fullmatch(key)
    return key if match and match[1] in OFFICES else None


def is_publication_number(text: str) -> bool:
    """Return whether this is the number of a Chinese publication, such as CN108912345A, not of a patent."""
    return _PUBLICATION.fullmatch(canonical_key(text).upper()) is not None and not is_valid_patent_number(
        text
    )
