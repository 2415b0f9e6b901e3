"""What a room contributes to the whole, declared in its `room.py` and assembled in `market/rooms.py`.

Nothing registers itself when it is imported. `install` is called once by whoever starts the market (site,
worker, command, test); a room below that must call something of a room above finds it in `rooms()`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from types import ModuleType
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar
from uuid import UUID

from market.kit.i18n import Lazy
from market.kit.menus import Menu, MenuEntry, WorkEntry
from market.kit.subjects import DeskScope, FileGuard, SealedOpeners, Subject

if TYPE_CHECKING:
    from datetime import datetime

    from starlette.routing import BaseRoute

    from market.accounts.actors import Actor
    from market.deps import Deps
    from market.files.store import FileStore
    from market.imports.targets import ImportTarget
    from market.kit.exports import ExportSource
    from market.kit.jobs import Job
    from market.kit.labels import LabelEnum
    from market.kit.worklist import Pending, Recent, Standing, Worklist
    from market.notices.entries import EntryPublicity
    from market.notices.publicity import Publicity
    from market.panels.subjects import PanelClient
    from market.payees.models import PayeeAccount
    from market.payments.payables import Payable
    from market.records.by import By
    from market.records.figures import Figure
    from market.search.outbox import DocumentFacts, DocumentSource, IndexListener


T = TypeVar("T")

PendingWork = Callable[["Actor"], Sequence["Pending"]]
"""Returns the kinds of pending work that a person may have in the room, as parts of one statement."""
RecentWork = Callable[["Actor"], Sequence["Recent"]]
"""Returns the kinds of records in the room on which a person may have acted lately."""
StandingFigures = Callable[["Actor", "datetime"], Sequence["Standing"]]
"""Returns the figures of a person's work in the room, as parts of one statement."""
ComputedWork = Callable[["Actor", "datetime"], Awaitable["Worklist"]]
"""Returns what a room computes of a person's work and cannot tell by a part of a statement."""
Deadlines = Callable[["Deps", "datetime"], Awaitable[int]]
"""Does what is due by a moment and returns how many records moved; idempotent."""
MomentHandler = Callable[["Deps", UUID, "datetime"], Awaitable[object]]
"""Does what falls due for the record of this id, in a transaction; locks it first; idempotent.

The second argument is the record's id; False is returned when nothing was to be done.
"""
Check = Callable[[], Awaitable[list[str]]]
"""States an invariant on the live data; returns a line for each breach, none when it holds."""


class Relation(NamedTuple):
    """What one person and one organisation have in common, as a reason for a conflict of interest."""

    person_id: UUID
    organisation_id: UUID
    reason: str


Relations = Callable[[Collection[UUID], Collection[UUID], "datetime"], Awaitable[list[Relation]]]
"""Returns what a room knows of the common past of people and organisations since a moment."""


Hold = Callable[[str, UUID], Awaitable[str]]
"""Returns why a subject, by kind and id, is neither dealt in nor taken down; empty where it may be."""
ChangeListener = Callable[[str, UUID], Awaitable[None]]
"""Called with an index and the id of a record that changed, in the transaction of the change."""
CallListener = Callable[[UUID, "By"], Awaitable[None]]
"""Called with a call for applications that was released or closes at another moment, in that transaction."""
PayeeListener = Callable[["PayeeAccount | None", "PayeeAccount", "By"], Awaitable[None]]
"""Called with an organisation's account before and the one put in force, in the transaction of the change."""
KeyedCheck = Callable[[str], Awaitable[list[str]]]
"""An invariant that needs the secret which lies outside the database."""
StoredCheck = Callable[["FileStore"], Awaitable[list[str]]]
"""An invariant that reads the file store."""


C = TypeVar("C")


@dataclass(frozen=True)
class Invariant(Generic[C]):
    """What must hold of the live data: what people call it, and the check that finds each breach."""

    label: Lazy
    check: C


class FreshProof(Enum):
    """When an act asks for a proof, not older than minutes, that the person is there."""

    TO_ACT = "act"
    """When it changes something; its page may be read without."""
    TO_READ = "read"
    """Also when it is only read, such as an export of personal data."""


@dataclass(frozen=True)
class LedgerAccount:
    """A kind of account of the book."""

    label: Lazy
    is_guarded: bool
    """True: the database refuses to take more from it than it holds."""


@dataclass(frozen=True)
class PersonalData:
    """How a room hands out, and erases, what it keeps of a person as a person."""

    name: str
    """Its key in the exported JSON."""
    export: Callable[[UUID], Awaitable[Any]]
    erase: Callable[[UUID, By], Awaitable[object]]
    """Runs in the transaction of the erasure, in which the person still has name and address."""
    kept: Lazy | None = None
    """What of it is kept after the erasure and why, as the person reads before."""


@dataclass(frozen=True)
class Room:
    """The declaration of one room. What it does not have it leaves out."""

    name: str
    models: Sequence[ModuleType] = ()
    routes: Sequence[BaseRoute] = ()
    demo_routes: Sequence[BaseRoute] = ()
    """Pages that only a demo has."""
    jobs: Sequence[Job] = ()
    permissions: Mapping[StrEnum, frozenset[Any]] = field(default_factory=dict)
    """The room's acts, each with the roles that may do it."""
    fresh: Mapping[StrEnum, FreshProof] = field(default_factory=dict)
    """The acts that ask for a fresh proof that the person is there."""
    subjects: Mapping[str, Subject] = field(default_factory=dict)
    named_at_desk: Mapping[str, DeskScope] = field(default_factory=dict)
    """Kinds of record that the desk opens where a submitted claim names them, else for a stated reason."""
    labels: Mapping[str, type[LabelEnum] | tuple[type[LabelEnum], ...]] = field(default_factory=dict)
    """States and kinds that pages show by name, such as `label("deal", "signed")`."""
    audit_verbs: Mapping[str, Sequence[type[LabelEnum]]] = field(default_factory=dict)
    """What else the room writes into the audit log, by kind of record; "*" stands for whatever kind."""
    ledger_accounts: Mapping[str, LedgerAccount] = field(default_factory=dict)
    payables: Mapping[str, Payable] = field(default_factory=dict)
    """What payments and bank transfers pay for, by kind."""
    documents: Mapping[str, DocumentSource] = field(default_factory=dict)
    """Where the documents of a search index come from, by index."""
    document_facts: Mapping[str, DocumentFacts] = field(default_factory=dict)
    """What the room adds to the documents of a room below, by index."""
    hold: Hold | None = None
    """Tells why no deal may be opened or priced about a subject now, nor the subject be taken down."""
    payee_listener: PayeeListener | None = None
    call_listener: CallListener | None = None
    change_listener: ChangeListener | None = None
    """Called when public facts of an organisation or a broker change."""
    index_listeners: Mapping[str, IndexListener] = field(default_factory=dict)
    """Called in the transaction that removes outbox entries: readers of the index now see the change."""
    exports: Mapping[str, ExportSource] = field(default_factory=dict)
    """Lists that a job writes into a workbook, by key."""
    import_targets: Mapping[str, ImportTarget] = field(default_factory=dict)
    """What lists may be brought into, by the kind of an import."""
    panel_clients: Mapping[str, PanelClient] = field(default_factory=dict)
    """Records that experts judge, by kind."""
    pending: PendingWork | None = None
    recent: RecentWork | None = None
    standing: StandingFigures | None = None
    worklist: ComputedWork | None = None
    menu: Sequence[MenuEntry] = ()
    workbench: Sequence[WorkEntry] = ()
    """Where roles work in this room."""
    figures: Sequence[Figure] = ()
    """Numbers that open the rows they are made of."""
    deadlines: Deadlines | None = None
    publicity: Sequence[Publicity | EntryPublicity] = ()
    """What becomes of the room's records when their notice is clear."""
    moments: Mapping[str, MomentHandler] = field(default_factory=dict)
    """What falls due at a moment of a record, by the moment's act, such as `notices.end`."""
    checks: Mapping[str, Invariant[Check]] = field(default_factory=dict)
    keyed_checks: Mapping[str, Invariant[KeyedCheck]] = field(default_factory=dict)
    stored_checks: Mapping[str, Invariant[StoredCheck]] = field(default_factory=dict)
    relations: Relations | None = None
    sealed_openers: SealedOpeners | None = None
    """Keeps from the openings of any file who some of those are who opened it."""
    personal_data: PersonalData | None = None


class Rooms:
    """All rooms of the market, from the top of the order of imports to its bottom, with what they declare.

    Raises:
        ValueError: two rooms declare the same name.
    """

    def __init__(self, rooms: Sequence[Room]) -> None:
        self.all = tuple(rooms)
        self.upwards = tuple(reversed(self.all))
        """From the bottom up: what others build on comes first."""
        self.jobs: Mapping[str, Job] = _unique((job.name, job) for room in self.all for job in room.jobs)
        self.permissions = _merge(room.permissions for room in self.upwards)
        self.fresh = _merge(room.fresh for room in self.upwards)
        self.subjects = _merge(room.subjects for room in self.upwards)
        self.labels: Mapping[str, Mapping[str, LabelEnum]] = {
            kind: {
                member.value: member
                for members in (declared if isinstance(declared, tuple) else (declared,))
                for member in members
            }
            for kind, declared in _merge(room.labels for room in self.upwards).items()
        }
        self.ledger_accounts = _merge(room.ledger_accounts for room in self.upwards)
        self.payables = _merge(room.payables for room in self.upwards)
        self.menus: Mapping[Menu, Sequence[MenuEntry]] = {
            menu: sorted(
                (entry for room in self.upwards for entry in room.menu if entry.menu is menu),
                key=lambda entry: entry.order,
            )
            for menu in Menu
        }
        self.work_entries: Sequence[WorkEntry] = sorted(
            (entry for room in self.upwards for entry in room.workbench), key=lambda entry: entry.order
        )
        self.figures: Mapping[str, Figure] = _unique(
            (figure.name, figure) for room in self.upwards for figure in room.figures
        )
        self.exports = _merge(room.exports for room in self.upwards)
        self.import_targets = _merge(room.import_targets for room in self.upwards)
        self.panel_clients = _merge(room.panel_clients for room in self.upwards)
        self.documents = _merge(room.documents for room in self.upwards)
        self.named_at_desk = _merge(room.named_at_desk for room in self.upwards)
        self.moments = _merge(room.moments for room in self.upwards)
        self.checks = _merge(room.checks for room in self.upwards)
        self.keyed_checks = _merge(room.keyed_checks for room in self.upwards)
        self.stored_checks = _merge(room.stored_checks for room in self.upwards)
        self._routes: dict[bool, list[BaseRoute]] = {}

    @property
    def models(self) -> list[str]:
        """Names of the modules that hold tables."""
        return [module.__name__ for room in self.upwards for module in room.models]

    def routes(self, *, is_demo: bool) -> list[BaseRoute]:
        """Return every room's routes. A literal address comes before one with a parameter in its place."""
        if is_demo not in self._routes:
            declared = [
                route for room in self.all for route in (*room.routes, *(room.demo_routes if is_demo else ()))
            ]
            self._routes[is_demo] = sorted(
                declared, key=lambda route: ["{" in part for part in _path(route).split("/")]
            )
        return [*self._routes[is_demo]]

    def menu(self, menu: Menu | str, actor: Actor | None, *, is_demo: bool) -> list[MenuEntry]:
        """Return the entries of a menu that this person sees, in their order."""
        return [
            entry
            for entry in self.menus.get(Menu(menu), ())
            if (is_demo or not entry.is_demo) and entry.is_open_to(actor)
        ]

    def workbench(self, actor: Actor, *, is_demo: bool) -> list[WorkEntry]:
        """Return where this person works, in the order of the menu."""
        return [
            entry for entry in self.work_entries if (is_demo or not entry.is_demo) and entry.is_open_to(actor)
        ]

    def pending(self, actor: Actor) -> list[Pending]:
        """Return all kinds of pending work that a person may have."""
        return [part for room in self.upwards if room.pending for part in room.pending(actor)]

    def recent(self, actor: Actor) -> list[Recent]:
        """Return the kinds of records on which a person may have acted lately."""
        return [part for room in self.upwards if room.recent for part in room.recent(actor)]

    def standing(self, actor: Actor, now: datetime) -> list[Standing]:
        """Return the figures of a person's work."""
        return [part for room in self.upwards if room.standing for part in room.standing(actor, now)]

    def document_facts(self, index: str) -> list[DocumentFacts]:
        return [room.document_facts[index] for room in self.upwards if index in room.document_facts]

    def index_listeners(self, index: str) -> list[IndexListener]:
        return [room.index_listeners[index] for room in self.upwards if index in room.index_listeners]

    def file_guard(self, subject_kind: str) -> FileGuard | None:
        subject = self.subjects.get(subject_kind)
        return subject.files if subject else None

    @property
    def publicity(self) -> list[Publicity | EntryPublicity]:
        return [publicity for room in self.upwards for publicity in room.publicity]

    def verb_label(self, subject_kind: str, verb: str) -> Lazy | None:
        """Return what people call an act of the audit log; None for a verb of an earlier release."""
        for verbs in self.verbs_of(subject_kind):
            if verb in verbs._value2member_map_:
                return verbs(verb).label
        return None

    def verbs_of(self, subject_kind: str) -> list[type[LabelEnum]]:
        """Return every enum of verbs that may stand in the log of this kind of record."""
        subject = self.subjects.get(subject_kind)
        declared = list(subject.verbs) if subject else []
        for room in self.upwards:
            declared += [*room.audit_verbs.get(subject_kind, ()), *room.audit_verbs.get("*", ())]
        return declared

    @property
    def call_listeners(self) -> list[CallListener]:
        return [room.call_listener for room in self.upwards if room.call_listener]

    @property
    def payee_listeners(self) -> list[PayeeListener]:
        return [room.payee_listener for room in self.upwards if room.payee_listener]

    @property
    def holds(self) -> list[Hold]:
        return [room.hold for room in self.upwards if room.hold]

    @property
    def change_listeners(self) -> list[ChangeListener]:
        return [room.change_listener for room in self.upwards if room.change_listener]

    @property
    def relations(self) -> list[Relations]:
        return [room.relations for room in self.upwards if room.relations]

    @property
    def sealed_openers(self) -> list[SealedOpeners]:
        return [room.sealed_openers for room in self.upwards if room.sealed_openers]

    @property
    def personal_data(self) -> list[PersonalData]:
        return [room.personal_data for room in self.upwards if room.personal_data]


_installed: list[Rooms] = []


def install(assembled: Rooms) -> None:
    """Make these the rooms of this process; called by whoever starts it."""
    _installed[:] = [assembled]


def rooms() -> Rooms:
    """Return the rooms of this process.

    Raises:
        RuntimeError: nobody has installed them; see `market.rooms.install_rooms`.
    """
    if not _installed:
        raise RuntimeError("no rooms are installed: whoever starts the process calls install_rooms()")
    return _installed[0]


def _path(route: BaseRoute) -> str:
    return str(getattr(route, "path", ""))


def _unique(items: Iterable[tuple[str, T]]) -> dict[str, T]:
    merged: dict[str, T] = {}
    for name, value in items:
        if name in merged:
            raise ValueError(f"two rooms declare {name!r}")
        merged[name] = value
    return merged


def _merge(declared: Iterable[Mapping[Any, T]]) -> dict[Any, T]:
    return _unique((name, value) for mapping in declared for name, value in mapping.items())


async def notify_change_listeners(kind: str, record_id: UUID) -> None:
    """Call every room's change listener, in the transaction of the change.

    `kind` is "organisations" or "brokers".
    """
    for listener in rooms().change_listeners:
        await listener(kind, record_id)
