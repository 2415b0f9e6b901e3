"""Where the streams of live auctions get their frames: the newest state alone, ten times a second at most.

One connection of the process listens; a frame is made once for all who watch an auction, and each watcher
has room for one: who is slow skips what others saw, and sees the newest. A stream holds no connection.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack
from datetime import datetime
from uuid import UUID

from market.auctions.states import AuctionStatus, shown_status
from market.kit.database import connection
from market.kit.errors import TooMany
from market.kit.i18n import gettext as _
from market.kit.listening import listening

CHANNEL = "auction"
TICK = 0.1
"""Seconds between two looks at what has changed."""
LOOK = 2.0
"""Seconds after which every watched auction is looked at: its status changes without a bid."""
HEARTBEAT = 15.0
"""Seconds of silence after which a stream says that it lives."""
MOST, MOST_EACH, MOST_OF_ADDRESS = 1500, 6, 600
"""Streams of the process, of a person, and of the guests behind one address, which may be a campus."""
RETRY = b"retry: 2000\n\n"
SILENCE = b": alive\n\n"


class Watcher:
    """One stream: room for the newest frame."""

    def __init__(self) -> None:
        self._frame: bytes | None = None
        self._has_frame = asyncio.Event()

    def put(self, frame: bytes) -> None:
        """Replace whatever was not sent yet."""
        self._frame = frame
        self._has_frame.set()

    async def take(self, patience: float) -> bytes | None:
        """Return the newest frame as soon as there is one; None after so many seconds without."""
        try:
            async with asyncio.timeout(patience):
                await self._has_frame.wait()
        except TimeoutError:
            return None
        self._has_frame.clear()
        return self._frame


class Hub:
    """All streams of a process. It listens while somebody watches."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._watchers: defaultdict[UUID, set[Watcher]] = defaultdict(set)
        self._changed: set[UUID] = set()
        self._newest: dict[UUID, bytes] = {}
        self._visitors: Counter[str] = Counter()
        self._task: asyncio.Task[None] | None = None
        self.sent = 0
        """Frames made, for measurements."""

    @property
    def count(self) -> int:
        return sum(self._visitors.values())

    def require_room(self, visitor: str, most: int = MOST_EACH) -> None:
        """Raise unless one more stream may be opened.

        Raises:
            TooMany: the process, or this visitor, has as many streams as it may.
        """
        if self.count >= MOST or self._visitors[visitor] >= most:
            raise TooMany(_("打开的竞价页面太多，请关掉一些；页面仍会定时刷新。"), 30)

    async def stream(self, auction_id: UUID, visitor: str) -> AsyncGenerator[bytes, None]:
        """Yield the frames of an auction: the present state at once, then each newer one."""
        watcher = Watcher()
        self._visitors[visitor] += 1
        self._watchers[auction_id].add(watcher)
        self._changed.add(auction_id)
        self._newest.pop(auction_id, None)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
        try:
            yield RETRY
            while True:
                yield await watcher.take(HEARTBEAT) or SILENCE
        finally:
            self._watchers[auction_id].discard(watcher)
            if not self._watchers[auction_id]:
                del self._watchers[auction_id]
                self._newest.pop(auction_id, None)
            self._visitors[visitor] -= 1
            if not self._visitors[visitor]:
                del self._visitors[visitor]

    def notify(self, payload: str) -> None:
        """Take a notification, `id:sequence`."""
        try:
            self._changed.add(UUID(payload.partition(":")[0]))
        except ValueError:
            return

    async def _run(self) -> None:
        """Listen and make frames until nobody watches any more."""
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(listening(CHANNEL, self.notify))
            rest = 0.0
            while self._watchers:
                await asyncio.sleep(TICK)
                rest += TICK
                wanted = set(self._watchers) if rest >= LOOK else self._changed & set(self._watchers)
                if rest >= LOOK:
                    rest = 0.0
                self._changed.clear()
                if wanted:
                    await self._send(wanted)

    async def _send(self, auction_ids: set[UUID]) -> None:
        rows = await connection().execute_query_dict(
            "SELECT a.id, a.status, a.format, a.sequence, a.price, e.bidder_number, a.bids_from, a.ends_at, "
            "a.extensions FROM auctions a LEFT JOIN auction_enrolments e ON e.id = a.leader_id "
            "WHERE a.id = ANY($1::uuid[])",
            [list(auction_ids)],
        )
        now = self._clock()
        for row in rows:
            state = _state(row, now)
            if state == self._newest.get(row["id"]):
                continue
            self._newest[row["id"]] = state
            sequence = 0 if row["format"] == "sealed" else int(row["sequence"])
            frame = b"id: %d\ndata: %s\n\n" % (sequence, _stamped(state, now))
            self.sent += 1
            for watcher in self._watchers.get(row["id"], ()):
                watcher.put(frame)


def _state(row: dict[str, object], now: datetime) -> bytes:
    """Return what of an auction everybody may know, without the time; of sealed bidding not even a count."""
    ends_at, bids_from = row["ends_at"], row["bids_from"]
    status = shown_status(
        AuctionStatus(str(row["status"])),
        bids_from if isinstance(bids_from, datetime) else None,
        ends_at if isinstance(ends_at, datetime) else None,
        now,
    )
    is_sealed = row["format"] == "sealed"
    state = {
        "seq": None if is_sealed else row["sequence"],
        "price": None if is_sealed else row["price"],
        "leader": None if is_sealed else row["bidder_number"],
        "ends": ends_at.isoformat() if isinstance(ends_at, datetime) else None,
        "ext": row["extensions"],
        "status": status.value,
    }
    return json.dumps(state, separators=(",", ":")).encode()


def _stamped(state: bytes, now: datetime) -> bytes:
    return state[:-1] + b',"now":"%s"}' % now.isoformat(timespec="milliseconds").encode()
