"""What people write of a number or a name in many ways, in the one form in which it is compared."""

import unicodedata


def canonical_key(text: str) -> str:
    """Return the letters and digits alone, in half width and capitals: `ＺＬ 2008-1` is `ZL20081`.

    A number is the same whatever stands between its digits, so nothing of that is kept. The result is never
    longer than the text, though some signs stand for several letters.
    """
    return "".join(char for char in normalise_width(text) if char.isalnum())[: len(text)]


def normalise_width(text: str) -> str:
    """Return the text in half width and capitals, blanks and marks where they were."""
    return unicodedata.normalize("NFKC", text).upper()
