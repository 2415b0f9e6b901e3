"""What somebody typed into a form that could not be taken: shown again, never sent by itself."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from uuid import UUID

from starlette.datastructures import FormData, UploadFile

Pairs = Sequence[tuple[str, str]]
UNTYPED = frozenset({"csrf_token", "once", "held", "next", "act", "seen", "revision", "alike", "page"})
"""Names that pages fill in themselves or that buttons send."""
SECRET = re.compile("^(?:.*password|current|secret|token|proof_.*|answer)$")
"""Whole names whose values are never stored: of passwords, proofs and the answer of a passkey."""
_CODE = re.compile(r"[0-9a-f-]{20,64}|[A-Z]{2}-\d{4}-\d{6}|[a-z_]{1,30}")
"""Ids, hashes, numbers and the values of buttons and boxes: nobody types these."""


_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


@dataclass
class HeldForm:
    """A form as it was sent, waiting to be shown again."""

    id: UUID
    address: str
    """Where it was sent to."""
    pairs: Pairs
    file_names: Sequence[str] = ()
    """Files that were chosen; a browser sends a file only once, so they must be chosen again."""
    is_shown: bool = field(default=False)
    """A form of the page took the values up."""

    @property
    def texts(self) -> list[str]:
        """What was typed, without what pages fill in themselves."""
        return [value for name, value in self.pairs if is_typed(name, value)]

    def form_data_for(self, names: Sequence[str]) -> FormData | None:
        """Return the values for a form with these fields; None where another form was sent."""
        typed = [name for name, value in self.pairs if is_typed(name, value)]
        own = [name for name in typed if name.split("-", 1)[0] in names]
        if not own or len(own) * 2 < len(typed):
            return None
        self.is_shown = True
        return FormData(list(self.pairs))


def is_typed(name: str, value: str) -> bool:
    """Return whether a pair of a form is something that a person typed."""
    return name not in UNTYPED and bool(value.strip()) and not _CODE.fullmatch(value)


def pairs_of(form: FormData) -> list[tuple[str, str]]:
    """Return the pairs of a submitted form that may be stored: no files, no secrets."""
    return [
        (_UNSTORABLE.sub("", name), _UNSTORABLE.sub("", value))
        for name, value in form.multi_items()
        if isinstance(value, str) and name != "csrf_token" and not SECRET.search(name)
    ]


def file_names_of(form: FormData) -> list[str]:
    """Return the names of the files of a submitted form."""
    files = [value for _name, value in form.multi_items() if isinstance(value, UploadFile)]
    return [_UNSTORABLE.sub("", file.filename) for file in files if file.filename]


_held: ContextVar[HeldForm | None] = ContextVar("held_form", default=None)


def set_held_form(held: HeldForm | None) -> None:
    """Set what the current request's page shows again."""
    _held.set(held)


def get_held_form() -> HeldForm | None:
    """Return what the current request's page shows again."""
    return _held.get()
