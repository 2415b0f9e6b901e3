"""Who may open a file is asked of the room that owns its record."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from market.accounts.actors import Actor
from market.files.models import StoredFile

Rule = Callable[[Actor | None, StoredFile], Awaitable[bool]]
_rules: dict[str, Rule] = {}


def register(subject_kind: str, rule: Rule) -> None:
    """Let `rule` decide who opens the files of records of this kind; one rule for a kind."""
    _rules[subject_kind] = rule


async def may_open(actor: Actor | None, file: StoredFile) -> bool:
    """Tell whether the person may open the file; files of a kind nobody answers for stay shut."""
    rule = _rules.get(file.subject_kind)
    return rule is not None and await rule(actor, file)
