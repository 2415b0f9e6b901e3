"""Menus: what rooms declare for the head and foot of every page and for the workbench of a role."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from market.kit.i18n import Lazy, lazy
from market.kit.labels import LabelEnum

if TYPE_CHECKING:
    from market.accounts.actors import Actor


class Menu(StrEnum):
    """Where on the pages entries stand."""

    MAIN = "main"
    """The head of every page."""
    FOOT = "foot"
    START = "start"
    """What a person may begin from the workbench, the main thing first."""


class WorkGroup(LabelEnum):
    """A group of the workbench's menu, in the order in which they stand."""

    WORK = "work", lazy("工作台")
    OUTCOMES = "outcomes", lazy("成果")
    NEEDS = "needs", lazy("需求")
    DEALS = "deals", lazy("交易")
    INCOME = "income", lazy("收益")
    SUBSIDY = "subsidy", lazy("补助")
    CLAIMS = "claims", lazy("申报")
    REVIEW = "review", lazy("评审")
    PAYMENT = "payment", lazy("名单与拨付")
    RULES = "rules", lazy("规则与预算")
    MARKET = "market", lazy("市场")
    RECORDS = "records", lazy("查")
    ORGANISATION = "organisation", lazy("单位与账号")
    SITE = "site", lazy("运行")


@dataclass(frozen=True)
class MenuEntry:
    """One entry of a menu: what it says, the page it opens and who sees it."""

    menu: Menu
    order: int
    """Its place in the menu, from the first on; no two are the same."""
    label: Lazy
    page: str
    """Name of the route."""
    key: str = ""
    """How pages that belong to the entry name it."""
    act: StrEnum | None = None
    """The permission that opens it; None: everybody sees it."""
    is_for: Callable[[Actor], bool] | None = None
    """What the person must be besides, such as of an organisation that buys."""
    is_demo: bool = False

    def is_open_to(self, actor: Actor | None) -> bool:
        """Return whether this person, or a guest, sees the entry."""
        if self.act is None and self.is_for is None:
            return True
        return actor is not None and _is_open(self, actor)


@dataclass(frozen=True)
class WorkEntry:
    """One entry of the workbench: a page where a role works."""

    group: WorkGroup
    order: int
    """Its place in the group; no two of a group are the same."""
    label: Lazy
    page: str
    """Name of the route, which has no parameters."""
    query: str = ""
    """Conditions of the list that it opens, such as `status=draft`."""
    act: StrEnum | None = None
    """The permission that opens it; None: every signed-in person's."""
    is_for: Callable[[Actor], bool] | None = None
    under: Sequence[str] = ()
    """Further beginnings of addresses that belong to it, such as `/contracts`; `*` is any one part."""
    is_demo: bool = False

    @cached_property
    def conditions(self) -> frozenset[tuple[str, str]]:
        """The conditions of `query` as pairs."""
        return frozenset(parse_qsl(self.query))

    def is_open_to(self, actor: Actor) -> bool:
        """Return whether this person works there."""
        return _is_open(self, actor)


def _is_open(entry: MenuEntry | WorkEntry, actor: Actor) -> bool:
    if entry.act is not None and not actor.may(entry.act):
        return False
    return entry.is_for is None or entry.is_for(actor)


@dataclass(frozen=True)
class WorkLink:
    """An entry of one person's workbench with its address on this site."""

    entry: WorkEntry
    path: str
    is_here: bool = False
    """The page that is shown belongs to it."""

    @property
    def address(self) -> str:
        return f"{self.path}?{self.entry.query}" if self.entry.query else self.path


@dataclass(frozen=True)
class Workbench:
    """The menu of one person's work, and whether the page shown is part of it."""

    groups: Sequence[tuple[WorkGroup, Sequence[WorkLink]]]
    is_here: bool
    key: Hashable
    """The same for menus of the same entries on the pages of the same one."""

    @property
    def links(self) -> list[WorkLink]:
        return [link for _group, links in self.groups for link in links]


def build_workbench(
    entries: Iterable[WorkEntry], path: str, query: str, path_of: Callable[[str], str]
) -> Workbench:
    """Return the menu of these entries beside the page at an address.

    The page belongs to the entry whose address begins its own by the most; of several with the same address
    to the one whose conditions it fulfils by the most.
    """
    paths = [(entry, path_of(entry.page)) for entry in entries]
    wanted = set(parse_qsl(query))
    nearness = {
        index: rank
        for index, (entry, own) in enumerate(paths)
        if (rank := _nearness(entry, own, path, wanted)) is not None
    }
    here = max(nearness, key=nearness.__getitem__, default=None)
    links = [WorkLink(entry, own, index == here) for index, (entry, own) in enumerate(paths)]
    groups = [
        (group, in_group)
        for group in WorkGroup
        if (in_group := [link for link in links if link.entry.group is group])
    ]
    return Workbench(
        groups, here is not None, (here, *[(entry.page, entry.query, entry.order) for entry, _own in paths])
    )


def _nearness(
    entry: WorkEntry, own: str, path: str, wanted: set[tuple[str, str]]
) -> tuple[int, int, int] | None:
    """Return how near a page is to an entry, or None where it does not belong to it."""
    lengths = [len(begin) for begin in (own, *entry.under) if _begins(begin, path)]
    if not lengths or (path == own and not entry.conditions <= wanted):
        return None
    conditions = len(entry.conditions)
    return max(lengths), conditions if path == own else -conditions, -entry.order


def _begins(begin: str, path: str) -> bool:
    """Return whether an address lies at or under a beginning, part by part."""
    if "*" not in begin:
        return path == begin or path.startswith(f"{begin}/")
    wanted, parts = begin.split("/"), path.split("/")
    return len(wanted) <= len(parts) and all(
        part in ("*", own) for part, own in zip(wanted, parts, strict=False)
    )
