"""Subjects of expert panels: records of other rooms, which declare a `PanelClient` in `room.py`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from market.codes.canonical import canonical_key
from market.kit.errors import NotFound
from market.kit.i18n import gettext as _
from market.kit.room import rooms
from market.panels.round_models import Round


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
    parties: frozenset[UUID]
    """Organisations whose people have a conflict of interest."""
    address: str
    """Path of the page of the department where it is handled."""
    sections: tuple[Section, ...] = ()
    """Empty where the material was not asked for."""
    papers: tuple[Paper, ...] = ()
    """Empty where the material was not asked for."""
    fields: frozenset[str] = frozenset()
    """Codes of the technical fields that experts should work in."""
    region: str = ""
    """Code of the applicant's region; empty: unknown."""
    people: frozenset[UUID] = frozenset()
    """People with whom nobody who judges may have to do, such as inventors."""
    authors: frozenset[str] = frozenset()
    """Names of those who worked on it, such as inventors, of whom the market may know no more."""
    applicant: UUID | None = None
    """The party that applies."""
    result_address: str = ""
    """Path of the page where it reads the result."""
    bands: tuple[tuple[int, int], ...] = ()
    """Pairs of minimum points and basis points of the ceiling, the highest first."""

    def is_by(self, name: str) -> bool:
        """Return whether a person of this name worked on it; whoever has the same name is left out too."""
        return canonical_key(name) in {canonical_key(author) for author in self.authors}


class LoadSubjects(Protocol):
    """Loads records of one kind by id."""

    async def __call__(
        self, ids: Sequence[UUID], *, with_material: bool = True
    ) -> Mapping[UUID, PanelSubject]:
        """Return the records; without their material, which experts read, it takes few statements."""


SubjectsCallback = Callable[[Round, Sequence[PanelSubject], datetime], Awaitable[None]]


@dataclass(frozen=True)
class PanelClient:
    """How a room has records of one kind judged."""

    load: LoadSubjects
    on_conclude: SubjectsCallback
    """Called in the transaction of a round's conclusion."""
    on_publish: SubjectsCallback
    """Called in the transaction that tells the results of a round."""
    on_set_aside: SubjectsCallback
    """Called in the transaction that sets a result aside upon an objection."""


async def get_subject(kind: str, subject_id: UUID) -> PanelSubject:
    """Load one record under expert review.

    Raises:
        NotFound: there is none.
    """
    subjects = await rooms().panel_clients[kind].load([subject_id])
    if subject_id not in subjects:
        raise NotFound(_("没有这项评审任务。"))
    return subjects[subject_id]
