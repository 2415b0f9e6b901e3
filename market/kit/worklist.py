"""What waits for a person (等您处理): declared by rooms, read in one statement, in order of the due day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from market.kit.clock import local_date
from market.kit.database import connection
from market.kit.i18n import Lazy, lazy
from market.kit.labels import LabelEnum
from market.kit.money import Money

MOST = 12
"""Rows of one kind that are read; the rest is counted, and its list holds all of them."""
NOBODY = UUID(int=0)


class Turn(LabelEnum):
    """Whose turn it is."""

    MINE = "mine", lazy("轮到您"), "act"
    COLLEAGUE = "colleague", lazy("轮到同事")
    OTHERS = "others", lazy("等对方或平台")


class Horizon(LabelEnum):
    """When a piece of work is due."""

    LATE = "late", lazy("已过期"), "wrong"
    SOON = "soon", lazy("七天以内"), "due"
    LATER = "later", lazy("以后")
    OPEN = "open", lazy("没有期限")


@dataclass(frozen=True)
class Todo:
    """One piece of pending work."""

    kind: str
    """Which kind, such as `listings.returned`."""
    what: str
    verb: str
    """The words of its button."""
    address: str
    number: str = ""
    title: str = ""
    party: str = ""
    """With whom, or whose."""
    due: date | None = None
    since: datetime | None = None
    amount: Money | None = None
    turn: Turn = Turn.MINE
    who: str = ""
    """Whose turn it is, where it is not the person's own."""

    def horizon(self, today: date) -> Horizon:
        if self.due is None:
            return Horizon.OPEN
        if self.due < today:
            return Horizon.LATE
        return Horizon.SOON if self.due <= today + timedelta(days=7) else Horizon.LATER

    def days(self, today: date) -> int:
        """Return the days that are left, less than 0 where it is late."""
        return (self.due - today).days if self.due else 0

    def age(self, today: date) -> int:
        """Return for how many days it has waited."""
        return (today - local_date(self.since)).days if self.since else 0


@dataclass(frozen=True)
class Pending:
    """One kind of pending work, as a part of the statement that reads all of a person's work.

    The values are SQL expressions over `source`, which may name `v`: the row of `user_id`, `organisation_id`,
    `now` and `today` of the person.
    """

    kind: str
    what: Lazy
    verb: Lazy
    address: str
    """The record's page, in which `{key}` stands for `key`."""
    all_address: str
    """The list of exactly these records."""
    source: str
    key: str = "''"
    number: str = "''"
    title: str = "''"
    party: str = "''"
    due: str = "NULL"
    since: str = "NULL"
    amount: str = "NULL"
    currency: str = "'CNY'"
    turn: Turn = Turn.MINE
    who: Lazy | str = ""


@dataclass(frozen=True)
class Recent:
    """How records of one kind are named among what was done lately; SQL over `source` as in `Pending`."""

    kind: str
    """The kind of record, a key of `Room.subjects`."""
    source: str
    """The table as `r`, with its joins."""
    address: str
    """The record's page, in which `{key}` stands for `key`."""
    key: str = "r.number"
    number: str = "r.number"
    title: str = "''"
    is_shared: str = "FALSE"
    """Whether colleagues of the organisation `v.organisation_id` see it too."""


@dataclass(frozen=True)
class Queue:
    """All pending work of one kind: how much, since when, and where its list is."""

    kind: str
    what: str
    count: int
    address: str
    oldest: datetime | None = None
    amount: int = 0
    """In fen, of what is counted in yuan."""
    turn: Turn = Turn.MINE

    def age(self, today: date) -> int:
        """Return for how many days the oldest has waited."""
        return (today - local_date(self.oldest)).days if self.oldest else 0


class Unit(StrEnum):
    COUNT = "count"
    FEN = "fen"


@dataclass(frozen=True)
class Standing:
    """A figure of the person's work that opens the rows it is made of; shown where it is not zero."""

    label: Lazy
    address: str
    source: str
    """As in `Pending`."""
    value: str = "count(*)"
    """An SQL aggregate over the source."""
    unit: Unit = Unit.COUNT
    note: Lazy | str = ""
    is_alarm: bool = False
    """True: it counts what should not be, and comes before all other figures."""


@dataclass(frozen=True)
class Figure:
    """A standing figure as it was read."""

    label: str
    address: str
    value: int
    unit: Unit
    note: str
    is_alarm: bool = False


@dataclass(frozen=True)
class Worklist:
    """What a room computes of a person's work besides its parts of the one statement."""

    todos: Sequence[Todo] = ()
    figures: Sequence[Figure] = ()


@dataclass(frozen=True)
class Viewer:
    """Whose work is read, and when."""

    user_id: UUID
    organisation_id: UUID | None
    now: datetime

    @property
    def values(self) -> list[object]:
        return [self.user_id, self.organisation_id or NOBODY, self.now, local_date(self.now)]


_VIEWER = (
    "WITH v AS (SELECT $1::uuid AS user_id, $2::uuid AS organisation_id, "
    "$3::timestamptz AS now, $4::date AS today) "
)


async def read_pending(parts: Sequence[Pending], viewer: Viewer) -> tuple[list[Todo], list[Queue]]:
    """Return the first rows of each kind, and each kind that has any, in one statement."""
    if not parts:
        return [], []
    rows = await connection().execute_query_dict(
        _VIEWER + " UNION ALL ".join(_part(index, part) for index, part in enumerate(parts)), viewer.values
    )
    todos: list[Todo] = []
    queues: dict[str, Queue] = {}
    for row in rows:
        part = parts[row["part"]]
        todos.append(_todo(part, row))
        queues[part.kind] = Queue(
            part.kind, str(part.what), row["total"], part.all_address, row["oldest"], row["sum"], part.turn
        )
    return todos, list(queues.values())


def _part(index: int, part: Pending) -> str:
    return (
        f"(SELECT {index} AS part, (count(*) OVER ())::int AS total, "  # noqa: S608 -- our own texts
        f"min(({part.since})::timestamptz) OVER () AS oldest, "
        f"coalesce(sum(({part.amount})::bigint) FILTER (WHERE ({part.currency})::text = 'CNY') "
        f"OVER (), 0)::bigint AS sum, ({part.key})::text AS key, ({part.number})::text AS number, "
        f"({part.title})::text AS title, "
        f"({part.party})::text AS party, ({part.due})::date AS due, ({part.since})::timestamptz AS since, "
        f"({part.amount})::bigint AS amount, ({part.currency})::text AS currency FROM {part.source} "
        f"ORDER BY due NULLS LAST, since, key LIMIT {MOST})"
    )


def _todo(part: Pending, row: Mapping[str, object]) -> Todo:
    amount = row["amount"]
    due, since = row["due"], row["since"]
    return Todo(
        kind=part.kind,
        what=str(part.what),
        verb=str(part.verb),
        address=part.address.replace("{key}", str(row["key"])),
        number=str(row["number"] or ""),
        title=str(row["title"] or ""),
        party=str(row["party"] or ""),
        due=due if isinstance(due, date) else None,
        since=since if isinstance(since, datetime) else None,
        amount=Money(amount, str(row["currency"])) if isinstance(amount, int) else None,
        turn=part.turn,
        who=str(part.who),
    )


async def read_standing(parts: Sequence[Standing], viewer: Viewer) -> list[Figure]:
    """Return the figures that are not zero, in one statement."""
    if not parts:
        return []
    rows = await connection().execute_query_dict(
        _VIEWER
        + " UNION ALL ".join(
            f"SELECT {index} AS part, coalesce(({part.value}), 0)::bigint AS value FROM {part.source}"  # noqa: S608
            for index, part in enumerate(parts)
        ),
        viewer.values,
    )
    values = {row["part"]: row["value"] for row in rows}
    return [
        Figure(str(part.label), part.address, values[index], part.unit, str(part.note), part.is_alarm)
        for index, part in enumerate(parts)
        if values.get(index)
    ]


def in_order(todos: Sequence[Todo]) -> list[Todo]:
    """Return pending work, what is due first at the top, then the larger amount, then the longer wait."""
    return sorted(
        todos,
        key=lambda todo: (
            todo.due or date.max,
            -(todo.amount.amount if todo.amount else 0),
            todo.since.timestamp() if todo.since else 0.0,
        ),
    )
