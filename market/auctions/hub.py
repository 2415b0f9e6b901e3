"""Where the streams of live auctions get their frames: the newest state alone, ten times a second at most.

One connection of the process listens; a frame is made once for all who watch an auction, and all its streams
send the same bytes. Who is slow skips what others saw, and sees the newest. A stream holds no connection, and
has no timer and no task of its own.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Collection
from datetime import datetime
from uuid import UUID

from market.auctions.states import AuctionStatus, shown_status
from market.kit.database import connection
from market.kit.errors import TooMany
from market.kit.i18n import gettext as _
from market.kit.listening import listening
from market.kit.shutdown import Shutdown

CHANNEL = "auction"
TICK = 0.1
"""Seconds between two looks at what has changed."""
LOOK = 2.0
"""Seconds after which every watched auction is looked at: its status changes without a bid."""
HEARTBEAT = 15.0
"""Seconds after which a state that has not changed is sent again: the page sees that it is connected."""
MOST, MOST_EACH, MOST_OF_ADDRESS = 1500, 6, 600
"""Streams of the process, of a person, and of the guests behind one address, which may be a campus."""
RETRY = b"retry: 2000\n\n"
log = logging.getLogger("market.auctions")


class Feed:
    """What all streams of one auction share: its newest state, and the frame that they send next."""

    def __init__(self) -> None:
        self.streams = 0
        self.state = b""
        """As JSON, without the time; empty until the auction was looked at."""
        self.frame = b""
        self.number = 0
        """Of the frame: a stream that has sent another one sends this."""
        self.moved = asyncio.Event()
        self._sequence, self._sent_at = 0, 0.0

    def is_due(self, state: bytes, heartbeat: float) -> bool:
        """Return whether a state is news, or the last frame so many seconds old."""
        return state != self.state or time.monotonic() - self._sent_at >= heartbeat

    def send(self, state: bytes, sequence: int, now: datetime) -> None:
        """Have all streams send a state; one that is still sending an earlier frame sends it afterwards."""
        self.state, self._sequence, self._sent_at = state, sequence, time.monotonic()
        self.frame, self.number = self.stamped(now), self.number + 1
        self.wake()

    def stamped(self, now: datetime) -> bytes:
        """Return a frame of the newest state with the time; nothing before the auction was looked at."""
        if not self.state:
            return b""
        stamp = now.isoformat(timespec="milliseconds").encode()
        return b'id: %d\ndata: %s,"now":"%s"}\n\n' % (self._sequence, self.state[:-1], stamp)

    def wake(self) -> None:
        """Let every stream look what there is to send, or that there is nothing more."""
        self.moved.set()
        self.moved.clear()


class Hub:
    """All streams of a process. It listens while somebody watches, and ends them when the site stops."""

    def __init__(
        self,
        clock: Callable[[], datetime],
        shutdown: Shutdown,
        *,
        look: float = LOOK,
        heartbeat: float = HEARTBEAT,
    ) -> None:
        self._clock, self._shutdown = clock, shutdown
        self._look_every, self._heartbeat = look, heartbeat
        self._feeds: dict[UUID, Feed] = {}
        self._changed: set[UUID] = set()
        self._visitors: Counter[str] = Counter()
        self._task: asyncio.Task[None] | None = None
        self.sent = 0
        """Frames made, for measurements."""

    @property
    def count(self) -> int:
        return self._visitors.total()

    def require_room(self, visitor: str, most: int = MOST_EACH) -> None:
        """Raise unless one more stream may be opened.

        Raises:
            TooMany: the process, or this visitor, has as many streams as it may.
        """
        if self.count >= MOST or self._visitors[visitor] >= most:
            raise TooMany(_("打开的竞价页面太多，请关掉一些；页面仍会定时刷新。"), 30)

    async def stream(self, auction_id: UUID, visitor: str) -> AsyncGenerator[bytes, None]:
        """Yield the frames of an auction until the site stops: the present one, then each newer one."""
        if self._shutdown.has_begun:
            return
        feed = self._join(auction_id, visitor)
        try:
            number = feed.number
            yield RETRY + feed.stamped(self._clock())
            while not self._shutdown.has_begun:
                if feed.number == number:
                    await feed.moved.wait()
                else:
                    number = feed.number
                    yield feed.frame
        finally:
            self._leave(auction_id, visitor)

    def _join(self, auction_id: UUID, visitor: str) -> Feed:
        feed = self._feeds.setdefault(auction_id, Feed())
        feed.streams += 1
        self._visitors[visitor] += 1
        if not feed.state:
            self._changed.add(auction_id)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
        return feed

    def _leave(self, auction_id: UUID, visitor: str) -> None:
        feed = self._feeds[auction_id]
        feed.streams -= 1
        if not feed.streams:
            del self._feeds[auction_id]
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
        """Listen and make frames until nobody watches any more, or the site stops."""
        ending = asyncio.create_task(self._end_with_site())
        try:
            while self._feeds and not self._shutdown.has_begun:  # somebody may have come while it left off
                async with listening(CHANNEL, self.notify):
                    await self._follow()
        finally:
            ending.cancel()
            self._wake_all()

    async def _follow(self) -> None:
        rest = 0.0
        while self._feeds and not self._shutdown.has_begun:
            await asyncio.sleep(TICK)
            rest += TICK
            if rest >= self._look_every:
                wanted, rest = set(self._feeds), 0.0
            else:
                wanted = self._changed & self._feeds.keys()
            self._changed.clear()
            if not wanted:
                continue
            try:
                await self._look(wanted)
            except Exception:  # the database is away: streams wait for it, and are looked at again
                log.exception("watched auctions could not be read")
                self._changed |= wanted

    async def _look(self, auction_ids: Collection[UUID]) -> None:
        """Read where auctions stand, and send what is new."""
        rows = await connection().execute_query_dict(
            "SELECT a.id, a.status, a.format, a.sequence, a.price, e.bidder_number, a.bids_from, a.ends_at, "
            "a.extensions FROM auctions a LEFT JOIN auction_enrolments e ON e.id = a.leader_id "
            "WHERE a.id = ANY($1::uuid[])",
            [list(auction_ids)],
        )
        now = self._clock()
        for row in rows:
            feed, state = self._feeds.get(row["id"]), _state(row, now)
            if feed is not None and feed.is_due(state, self._heartbeat):
                feed.send(state, 0 if row["format"] == "sealed" else int(row["sequence"]), now)
                self.sent += 1

    async def _end_with_site(self) -> None:
        await self._shutdown.wait()
        self._wake_all()

    def _wake_all(self) -> None:
        for feed in self._feeds.values():
            feed.wake()


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
