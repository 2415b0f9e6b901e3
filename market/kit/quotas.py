"""Quotas of persons and organisations for what costs the site or other people much.

Only who is signed in is counted; an address of the network only where bids are offered, and generously: a
whole campus shares one.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from market.kit import rate_limits
from market.kit.errors import TooMany
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.labels import LabelEnum

SPURT, MINUTE, HOUR = 10, 60, 3600


class QuotaClass(LabelEnum):
    """What is counted together."""

    SEARCH = "search", lazy("搜索")
    MATCH = "match", lazy("查看匹配")
    EXPORT = "export", lazy("导出和打印")
    UPLOAD = "upload", lazy("上传文件")
    MESSAGES = "messages", lazy("留言和提问")
    BIDS = "bids", lazy("报价")


@dataclass(frozen=True)
class Quota:
    """How often in a window of time, in seconds."""

    person: int
    organisation: int
    seconds: int
    address: int | None = None
    """For all who come from one address of the network; None: it is not counted."""


DEFAULTS: Mapping[QuotaClass, Quota] = {
    QuotaClass.SEARCH: Quota(240, 2400, MINUTE),
    QuotaClass.MATCH: Quota(120, 1200, MINUTE),
    QuotaClass.EXPORT: Quota(240, 1200, HOUR),
    QuotaClass.UPLOAD: Quota(300, 1500, HOUR),
    QuotaClass.MESSAGES: Quota(300, 1500, HOUR),
    # 30 attempts a second by a person, 300 by an address; a lot takes 200 a second in all.
    QuotaClass.BIDS: Quota(300, 600, SPURT, address=3000),
}


def read_quotas(text: str) -> Mapping[QuotaClass, Quota]:
    """Return the quotas with those changed that a setting names, such as `search=60/600,upload=100/500`.

    The figures are those of a person and of an organisation, of bids also of an address; the windows stay.

    Raises:
        ValueError: a class is unknown, or a figure is no positive whole number.
    """
    quotas = dict(DEFAULTS)
    for part in filter(None, text.replace(" ", "").split(",")):
        name, _equals, figures = part.partition("=")
        quota = quotas[QuotaClass(name)]
        columns = ("person", "organisation", *(["address"] if quota.address else []))
        most = [int(figure) for figure in figures.split("/")]
        if min(most) < 1 or not 2 <= len(most) <= len(columns):
            raise ValueError(f"{part}: a quota is at least 1, for {' and '.join(columns)}")
        quotas[QuotaClass(name)] = replace(quota, **dict(zip(columns, most, strict=False)))
    return quotas


class Quotas:
    """Counts of one process of the site; those of an hour are in the database, for all processes."""

    def __init__(self, quotas: Mapping[QuotaClass, Quota], clock: Callable[[], float] = time.time) -> None:
        self._quotas, self._clock = quotas, clock
        self._windows: dict[QuotaClass, tuple[int, Counter[UUID | str]]] = {}

    async def count(
        self, counted: QuotaClass, *, person: UUID, organisation: UUID | None, address: str = ""
    ) -> None:
        """Count one use by a person, and, if it is within their quota, by the organisation they act for.

        `address` is that of the network, for classes that count it too.

        Raises:
            TooMany: a quota is used up; it says when the window ends.
        """
        quota = self._quotas[counted]
        holders: list[tuple[UUID | str | None, int]] = [
            (person, quota.person),
            (organisation, quota.organisation),
            (address or None, quota.address or 0),
        ]
        for holder, most in holders:
            if holder is not None and most and await self._add(counted, holder, quota.seconds) > most:
                raise _refusal(counted, most, quota.seconds)

    async def _add(self, counted: QuotaClass, holder: UUID | str, seconds: int) -> int:
        if seconds == HOUR:
            return await rate_limits.add_failure(f"quota:{counted}:{holder}", window_seconds=seconds)
        window = int(self._clock()) // seconds
        current, counts = self._windows.get(counted, (-1, Counter()))
        if current != window:
            self._windows[counted] = window, counts = window, Counter()
        counts[holder] += 1
        return counts[holder]


def _refusal(counted: QuotaClass, most: int, seconds: int) -> TooMany:
    wait = rate_limits.seconds_left(seconds)
    if seconds == HOUR:
        words = _(
            "%(what)s太频繁：一小时内最多 %(most)s 次。请 %(minutes)s 分钟后再试。",
            what=counted.label,
            most=most,
            minutes=-(-wait // MINUTE),
        )
    elif seconds == SPURT:
        words = _(
            "%(what)s太频繁：十秒内最多 %(most)s 次。请 %(wait)s 秒后再试。",
            what=counted.label,
            most=most,
            wait=wait,
        )
    else:
        words = _(
            "%(what)s太频繁：一分钟内最多 %(most)s 次。请 %(wait)s 秒后再试。",
            what=counted.label,
            most=most,
            wait=wait,
        )
    return TooMany(words, retry_after=wait)
