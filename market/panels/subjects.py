"""What experts judge: the room that owns a record says what they read of it and what follows their scores.

A room declares its kinds as `panel_subjects` in its `room.py`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from market.kit.errors import NotFound
from market.kit.i18n import gettext as _
from market.kit.room import rooms


@dataclass(frozen=True)
class Fact:
    """One line of what an expert reads."""

    label: str
    value: str
    is_amount: bool = False


@dataclass(frozen=True)
class Section:
    """One part of what an expert reads; it never tells who applies."""

    heading: str
    facts: tuple[Fact, ...]
    text: str
    address: str
    """Where the whole is read."""
    address_label: str


@dataclass(frozen=True)
class PanelSubject:
    """One record that experts judge."""

    kind: str
    id: UUID
    number: str
    title: str
    """What the expert knows it by."""
    detail: str
    """A few words beside the title, such as the year."""
    sections: tuple[Section, ...]
    parties: frozenset[UUID]
    """Organisations whose people may not judge it."""
    closed: str
    """Why it is judged no more, as shown to the expert; empty while it is open."""
    assign_address: str
    """Where another expert is asked."""
    on_complete: Callable[[datetime], Awaitable[None]]
    """Called in the transaction in which the last expert answered."""


PanelSubjects = Callable[[Sequence[UUID]], Awaitable[Mapping[UUID, PanelSubject]]]
"""Loads records of one kind by id."""


async def get_subject(kind: str, subject_id: UUID) -> PanelSubject:
    """Return one record that experts judge.

    Raises:
        NotFound: there is none.
    """
    subjects = await rooms().panel_subjects[kind]([subject_id])
    if subject_id not in subjects:
        raise NotFound(_("没有这项评审任务。"))
    return subjects[subject_id]
