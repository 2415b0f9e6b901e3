"""Subjects of expert panels: records of other rooms, which declare them as `panel_subjects` in `room.py`."""

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
    """One labelled value of a section."""

    label: str
    value: str
    is_amount: bool = False


@dataclass(frozen=True)
class Section:
    """One part of the material for experts, without the applicant's name."""

    heading: str
    facts: tuple[Fact, ...]
    text: str
    address: str = ""
    """Path of the whole record; empty: there is none."""
    address_label: str = ""


@dataclass(frozen=True)
class Paper:
    """One paper that experts judge by, opened through the guard of its file."""

    label: str
    address: str
    """Empty: there is no scan."""
    kind: str = ""
    """Its label without number and name, for a blind round."""
    file_id: UUID | None = None
    note: str = ""
    """Why it cannot be opened though there is a scan."""


async def _nothing(_now: datetime) -> None:
    """Do nothing."""


@dataclass(frozen=True)
class PanelSubject:
    """One record under expert review."""

    kind: str
    id: UUID
    number: str
    title: str
    """Title shown to the expert."""
    detail: str
    """Detail beside the title, such as the year."""
    sections: tuple[Section, ...]
    parties: frozenset[UUID]
    """Organisations whose people have a conflict of interest."""
    address: str
    """Path of the page of the department where it is handled."""
    on_conclude: Callable[[datetime], Awaitable[None]]
    """Called in the transaction of the conclusion."""
    on_publish: Callable[[datetime], Awaitable[None]] = _nothing
    """Called in the transaction that tells the result of a round."""
    papers: tuple[Paper, ...] = ()
    fields: frozenset[str] = frozenset()
    """Codes of the technical fields that experts should work in."""
    region: str = ""
    """Code of the applicant's region; empty: unknown."""
    people: frozenset[UUID] = frozenset()
    """People with whom nobody who judges may have to do, such as inventors."""
    applicant: UUID | None = None
    """The party that applies."""
    bands: tuple[tuple[int, int], ...] = ()
    """Pairs of minimum points and basis points of the ceiling, the highest first."""


PanelSubjects = Callable[[Sequence[UUID]], Awaitable[Mapping[UUID, PanelSubject]]]
"""Loads records of one kind by id."""


async def get_subject(kind: str, subject_id: UUID) -> PanelSubject:
    """Load one record under expert review.

    Raises:
        NotFound: there is none.
    """
    subjects = await rooms().panel_subjects[kind]([subject_id])
    if subject_id not in subjects:
        raise NotFound(_("没有这项评审任务。"))
    return subjects[subject_id]
