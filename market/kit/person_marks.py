"""Marks of people in stored messages and mails: an id, in whose place the name is put when it is shown.

What was sent then says what a person is called now, and says it no more once the person is erased.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from uuid import UUID

_MARK = re.compile(r"\{person:([0-9a-f-]{36})\}")
_PARTS = re.compile(rf"{_MARK.pattern}|.", re.DOTALL)
_LENGTH = len("{person:}") + 36


def person_mark(user_id: UUID) -> str:
    """Return what stands for a person's name in a stored text."""
    return f"{{person:{user_id}}}"


def put_names(text: str, people: Collection[str], names: Mapping[str, str], gone: str) -> str:
    """Return a stored text with the names of its `people`, by id; `gone` stands for who is there no more.

    A mark of anybody else was typed by somebody, and stays as it is.
    """
    return _MARK.sub(lambda mark: names.get(mark[1], gone) if mark[1] in people else mark[0], text)


def shorten(text: str, most: int, *, mark_length: int = _LENGTH) -> str:
    """Return the first characters of a stored text, `…` the last of them, without a mark cut in two.

    A mark counts as many characters as it is stored with, or as a name has that is put there.
    """
    if len(text) <= most:
        return text
    parts = [(part[0], mark_length if part[1] else 1) for part in _PARTS.finditer(text)]
    if sum(length for _part, length in parts) <= most:
        return text
    kept, left = [], most - 1
    for part, length in parts:
        left -= length
        if left < 0:
            break
        kept.append(part)
    return "".join(kept) + "…"
