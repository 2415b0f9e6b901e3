"""Kinds of record as rooms declare them: what people call one, where it is seen, who may open its files."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from market.kit.errors import NotFound
from market.kit.i18n import Lazy

if TYPE_CHECKING:
    from datetime import datetime

    from tortoise.models import Model

    from market.accounts.actors import Actor
    from market.files.models import StoredFile
    from market.kit.labels import LabelEnum


FileGuard = Callable[["Actor | None", "StoredFile"], Awaitable[bool]]
"""Tells whether a person may open a file of a record of this kind."""


@dataclass(frozen=True)
class SubjectRecord:
    """One record as titles, links and notices of another room name it."""

    kind: str
    id: UUID
    number: str
    title: str
    label: Lazy
    address: str
    """Path of its page."""
    field: str = ""
    """Its technical field, a key of the code list; empty where that is unknown."""


Find = Callable[["Actor | None", str], Awaitable[tuple[str, str]]]
"""Returns address and title of the record of this number, for who may open it.

Raises a `MarketError` for everybody else, as if there were none.
"""


Sealed = Callable[[Collection[UUID]], Awaitable[Collection[UUID]]]
"""Returns those of these records of which nobody is told yet who acted on them."""


SealedOpeners = Callable[["Actor", "StoredFile"], Awaitable[Collection[UUID]]]
"""Returns the people whose opening of a file a person may see, but not who they are."""


SignedListener = Callable[[UUID, "datetime"], Awaitable[None]]
"""Takes the id of the deal and the moment."""


Describe = Callable[[Collection[UUID]], Awaitable[Mapping[UUID, SubjectRecord]]]
"""Reads records of one kind by their ids."""


Support = Callable[[Collection[UUID]], Awaitable[Mapping[UUID, int]]]
"""Returns what public funds were promised for deals about such records, in fen, by the ids of the deals.

Only deals that a choice by the public side led to are among them.
"""


def find_by(
    getter: Callable[[Any, str], Awaitable[Any]],
    path: str,
    title: Callable[[Any], str] = lambda record: str(record.title),
    *,
    is_public: bool = False,
) -> Find:
    """Return how a record is found by its number: by a room's guarded getter, for guests only if public."""

    async def find(actor: Actor | None, number: str) -> tuple[str, str]:
        if actor is None and not is_public:
            raise NotFound(number)
        return f"{path}/{number}", title(await getter(actor, number))

    return find


PartiesOf = Callable[[Collection[UUID]], Awaitable[Mapping[UUID, Collection[UUID]]]]
"""Returns the organisations that records of one kind concern, by the ids of the records."""


@dataclass(frozen=True)
class AskedRecord:
    """One record about which its owner is asked in public."""

    kind: str
    id: UUID
    number: str
    title: str
    owner_id: UUID
    """The organisation that answers."""
    is_open: bool
    """Whether questions are taken now."""
    masked_name: str = ""
    """The owner's name where it is not public: no answer may hold it."""


@dataclass(frozen=True)
class Askable:
    """A kind of record about which people ask its owner in public."""

    table: str
    """Which has `number` and `title`; its name is also the first part of the address of its pages."""
    find: Callable[[Actor, str, datetime], Awaitable[AskedRecord]]
    """Returns the record of this number for who may see it; raises `NotFound` for everybody else."""
    read: Callable[[UUID, datetime], Awaitable[AskedRecord]]
    """Returns the record of this id."""


@dataclass(frozen=True)
class DeskScope:
    """What of one kind of record the desk opens at once."""

    model: type[Model]
    named: Callable[[Collection[UUID]], Awaitable[Collection[UUID]]]
    """Returns those of these records that a submitted claim names."""


@dataclass(frozen=True)
class Subject:
    """One kind of record: what people call it and where it is seen."""

    label: Lazy
    page: str = ""
    """Name of the route that shows it."""
    page_key: str = "number"
    """The route's parameter: `number` takes the record's number, any other its id."""
    number: str = ""
    """The letters that begin its number, such as CG; empty: it has none."""
    files: FileGuard | None = None
    """Who may open its files; None: it has no files."""
    openings: FileGuard | None = None
    """Whether it is told yet who opened a file of it, or undertook for it; None: it always is."""
    find: Find | None = None
    """By which the search box finds it by its number."""
    asked: Askable | None = None
    """How questions are asked about it in public; None: they are not."""
    find_printed: Find | None = None
    """By which the search box finds it by another number that stands on papers, as it was typed."""
    describe: Describe | None = None
    """Needed of what a deal may be about."""
    support: Support | None = None
    """What public funds were promised for deals about it; None: no public choice leads to one."""
    signed: SignedListener | None = None
    """Called when the contract of a deal about such a record is signed, in that transaction."""
    parties: PartiesOf | None = None
    """Whom its notices concern besides the unit that published them, and whose people decide on none of it;
    None: nobody."""
    sealed: Sealed | None = None
    """Keeps from the pages of the audit log who acted on a record, until its moment."""
    verbs: Sequence[type[LabelEnum]] = ()
    """The actions of its workflow, as the audit log calls them."""
