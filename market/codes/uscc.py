"""The check digit of the unified social credit code (统一社会信用代码), GB 32100—2015.

The first seventeen characters, read in an alphabet of 31 symbols (the digits and the capital
letters without I, O, S, V and Z), are weighted with 3^(i-1) mod 31; the eighteenth makes the sum
divisible by 31. Nothing else of the code (authority, type, region, the body's own GB 11714 digit)
is checked here: issued codes break those finer rules.
"""

from __future__ import annotations

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
WEIGHTS = tuple(pow(3, place, 31) for place in range(17))
_VALUES = {symbol: value for value, symbol in enumerate(ALPHABET)}


def check_digit(code17: str) -> str:
    """Return the check digit of the first seventeen characters.

    Raises:
        ValueError: there are not seventeen, or one is outside the alphabet.
    """
    if len(code17) != 17:
        raise ValueError("seventeen characters are needed")
    try:
        total = sum(_VALUES[symbol] * weight for symbol, weight in zip(code17, WEIGHTS, strict=True))
    except KeyError as unknown:
        raise ValueError(f"not in the alphabet of GB 32100: {unknown}") from None
    return ALPHABET[-total % 31]


def is_valid(code: str) -> bool:
    """Return whether the code has eighteen characters of the alphabet and the right check digit."""
    if len(code) != 18:
        return False
    try:
        return check_digit(code[:17]) == code[17]
    except ValueError:
        return False


def region_of(code: str) -> str:
    """Return the digits 3 to 8: the division whose office registered the holder, GB/T 2260."""
    return code[2:8]


def body_of(code: str) -> str:
    """Return the first two characters: registering office and kind of body, such as 91 an enterprise."""
    return code[:2]
