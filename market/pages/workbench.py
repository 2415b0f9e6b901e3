"""The workbench of a person: what waits, in order of the day it is due, and the figures that matter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlsplit

from market.accounts.actors import Actor
from market.kit.charts import Funnel, MonthBars
from market.kit.clock import local_date
from market.kit.menus import Workbench, build_workbench
from market.kit.room import rooms
from market.kit.worklist import (
    Figure,
    Horizon,
    Queue,
    Todo,
    Turn,
    Unit,
    Viewer,
    in_order,
    read_pending,
    read_standing,
)
from market.listings.states import ListingAct
from market.pages.first_steps import FirstStep, first_steps
from market.pages.workbench_charts import market_funnel, money_by_month

SHOWN = 30
"""Rows of the list; the rest stands behind the links of its kinds."""


@dataclass(frozen=True)
class Board:
    """All that a workbench shows."""

    todos: Sequence[Todo]
    """What the person can do first, then what waits for colleagues and others."""
    queues: Sequence[Queue]
    figures: Sequence[Figure]
    steps: Sequence[FirstStep]
    today: date
    months: MonthBars | None = None
    funnel: Funnel | None = None

    def count(self, turn: Turn) -> int:
        """Return how much waits for somebody, also what is not among the rows."""
        read = Counter(todo.kind for todo in self.todos)
        hidden = sum(queue.count - read[queue.kind] for queue in self.queues if queue.turn is turn)
        return hidden + sum(todo.turn is turn for todo in self.todos)

    def of_turn(self, turn: Turn | None) -> list[Todo]:
        """Return the rows of one turn, or the person's own and the colleagues' where none is asked for."""
        wanted = (turn,) if turn else (Turn.MINE, Turn.COLLEAGUE)
        return [todo for todo in self.todos if todo.turn in wanted]

    def groups(self, todos: Sequence[Todo]) -> list[tuple[Horizon, list[Todo]]]:
        """Return rows by when they are due."""
        shown = todos[:SHOWN]
        return [
            (horizon, rows)
            for horizon in Horizon
            if (rows := [todo for todo in shown if todo.horizon(self.today) is horizon])
        ]

    def more(self, todos: Sequence[Todo]) -> list[Queue]:
        """Return the kinds of which not all rows are shown."""
        shown = Counter(todo.kind for todo in todos[:SHOWN])
        kinds = {todo.kind for todo in todos}
        return [queue for queue in self.queues if queue.kind in kinds and queue.count > shown[queue.kind]]

    @property
    def late(self) -> int:
        return sum(todo.horizon(self.today) is Horizon.LATE for todo in self.of_turn(Turn.MINE))

    @property
    def soon(self) -> int:
        return sum(todo.horizon(self.today) is Horizon.SOON for todo in self.of_turn(Turn.MINE))


async def build_board(actor: Actor, now: datetime) -> Board:
    """Return the workbench of a person; each room takes one part of one statement, some one of their own."""
    viewer = Viewer(actor.user_id, actor.organisation_id, now)
    todos, queues = await read_pending(rooms().pending(actor), viewer)
    figures = await read_standing(rooms().standing(actor, now), viewer)
    for room in rooms().upwards:
        if room.worklist:
            work = await room.worklist(actor, now)
            todos += work.todos
            figures += work.figures
    today = local_date(now)
    return Board(
        todos=in_order(todos),
        queues=queues,
        figures=sorted(figures, key=lambda figure: (not figure.is_alarm, figure.unit is not Unit.FEN)),
        steps=await first_steps(actor),
        today=today,
        months=await money_by_month(actor, now),
        funnel=await market_funnel(today) if actor.may(ListingAct.MODERATE) else None,
    )


def menu_counts(board: Board, work: Workbench) -> dict[str, int]:
    """Return what waits for the person behind each entry of the menu, by its address."""
    paths = {link.entry.page: link.path for link in work.links}
    entries = [link.entry for link in work.links]
    counts: Counter[str] = Counter()
    counted = {queue.kind for queue in board.queues}
    waiting = [(queue.address, queue.count) for queue in board.queues if queue.turn is Turn.MINE]
    waiting += [
        (todo.address, 1) for todo in board.todos if todo.turn is Turn.MINE and todo.kind not in counted
    ]
    for address, count in waiting:
        parts = urlsplit(address)
        near = build_workbench(entries, parts.path, parts.query, paths.__getitem__)
        counts.update({link.address: count for link in near.links if link.is_here})
    return dict(counts)
