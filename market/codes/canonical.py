"""Canonical forms of numbers and names, in which they are compared."""

import re
import unicodedata

_BETWEEN = re.compile(r"[\W_]+")
"""What is neither a letter nor a digit."""


def canonical_key(text: str) -> str:
    """Return letters and digits only, in half width and upper case: `ＺＬ 2008-1` is `ZL20081`.

    The result is never longer than the text, though some characters normalise to several.
    """
    return _BETWEEN.sub("", normalise_width(text))[: len(text)]


def normalise_width(text: str) -> str:
    """Return the text in half width and upper case; spaces and punctuation stay."""
    return unicodedata.normalize("NFKC", text).upper()
