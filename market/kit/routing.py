"""Routes of rooms: bounded parameters of a path, the largest body, and whether the gate counts them.

A room writes `Route("/deals/{number}/files", upload, methods=["POST"], body=UPLOAD)`. A parameter called
`number` takes a record's number; every other text is at most 200 characters without control characters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from functools import cached_property
from typing import Any

from starlette.convertors import Convertor, register_url_convertor
from starlette.datastructures import URLPath
from starlette.routing import BaseRoute, Match, NoMatchFound, Router
from starlette.routing import Route as StarletteRoute
from starlette.types import Receive, Scope, Send

from market.kit.quotas import QuotaClass

GUEST_FORM = 64 * 1024
"""Bytes of a form that anybody may send without signing in."""
FORM = 4 * 1024 * 1024
"""Bytes of a form of somebody who is signed in; a mended import is the longest."""
UPLOAD = 32 * 1024 * 1024
"""Bytes of a form with files."""
WEBHOOK = 1024 * 1024
"""Bytes of an event of the payment gateway."""
_EXPORT = re.compile(r"(\.(xlsx|pdf|docx|csv|\{format\})|/export)$")
METHODS = ("GET", "HEAD", "POST", "OPTIONS")
"""What any page may be asked by; every other method is refused with 405."""


class Number(Convertor[str]):
    """The number of a record, such as CG-2026-000123: nothing else is looked up."""

    regex = "[A-Z]{1,4}-[0-9]{4}-[0-9]{1,9}"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return str(value)


class Text(Convertor[str]):
    """A key or a token. Columns are not longer, and the database takes no zero byte."""

    regex = r"[^/\x00-\x1f\x7f]{1,200}"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        text = str(value)
        if not text or "/" in text:
            raise ValueError(f"{text!r} is no part of a path")
        return text


class WholeNumber(Convertor[int]):
    """An id or a year that fits the database's integer of eight bytes."""

    regex = "[0-9]{1,18}"

    def convert(self, value: str) -> int:
        return int(value)

    def to_string(self, value: int) -> str:
        return str(value)


# Starlette keeps the converters of paths in one table of the process and reads it when a route is made.
for _name, _convertor in (("number", Number()), ("str", Text()), ("int", WholeNumber())):
    register_url_convertor(_name, _convertor)


class Route(StarletteRoute):
    """One page or act of a room.

    `body` is the largest body in bytes. `is_gated` is False for what must be answered however many
    requests are in hand, and for what has a limit of its own, such as checking passwords. `is_probe` is
    True for what machines ask: it is not gated, and nobody looks for a session. `is_streamed` is True
    for large uploads of people who are signed in: their body goes to the disk, at a gate of its own.

    `quota` is the class under which it is counted; what ends like the name of a file is an export. Of a page
    that is also shown, only what is sent is counted, and of a search only one that asks for something.
    """

    def __init__(
        self,
        path: str,
        endpoint: Callable[..., Any],
        *,
        methods: Collection[str] | None = None,
        name: str | None = None,
        body: int = FORM,
        is_gated: bool = True,
        is_probe: bool = False,
        is_streamed: bool = False,
        quota: QuotaClass | None = None,
    ) -> None:
        super().__init__(
            path.replace("{number}", "{number:number}"), endpoint, methods=methods or ["GET"], name=name
        )
        self.path = path
        self.body = body
        self.is_gated = is_gated and not is_probe
        self.is_probe = is_probe
        self.is_streamed = is_streamed
        self.quota = quota or (QuotaClass.EXPORT if _EXPORT.search(path) else None)

    @cached_property
    def fixed_address(self) -> URLPath | None:
        """The address of a route without parameters."""
        return None if self.param_convertors else self.url_path_for(self.name)

    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
        """Return the address, written in one go: a list of twenty rows asks for a hundred."""
        if name != self.name or path_params.keys() != self.param_convertors.keys():
            raise NoMatchFound(name, path_params)
        texts = {key: self.param_convertors[key].to_string(value) for key, value in path_params.items()}
        return URLPath(self.path_format.format_map(texts), protocol="http")


FOUND = "market.route"
"""Key of a scope under which the route that was found for it stands."""


class MarketRouter(Router):
    """Finds the route of a request by the first part of its path, and hands the request to it later."""

    @cached_property
    def _by_first_part(self) -> dict[str, list[BaseRoute]]:
        """Routes in their order by the first part of their paths; under "" those that may match any."""
        groups: dict[str, list[BaseRoute]] = {"": []}
        for route in self.routes:
            if first := _first_part(getattr(route, "path", "")):
                groups.setdefault(first, [*groups[""]]).append(route)
            else:
                for group in groups.values():
                    group.append(route)
        return groups

    def find_route(self, scope: Scope) -> tuple[BaseRoute | None, set[str]]:
        """Return the route of a request, entered into its scope, or None with the methods of its address.

        No methods: there is no such address.
        """
        methods: set[str] = set()
        first = scope["path"][1:].partition("/")[0]
        for route in self._by_first_part.get(first) or self._by_first_part[""]:
            match, child_scope = route.matches(scope)
            if match is Match.FULL:
                scope["route"] = scope[FOUND] = route
                scope.update(child_scope)
                return route, methods
            if match is Match.PARTIAL:
                methods |= getattr(route, "methods", None) or set()
        return None, methods

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        route: BaseRoute | None = scope.get(FOUND)
        if route is None:
            await super().app(scope, receive, send)
            return
        scope["router"] = self
        await route.handle(scope, receive, send)


def _first_part(path: str) -> str:
    """Return the first part of a route's path; empty for the root and where a parameter stands."""
    part = path[1:].partition("/")[0]
    return "" if "{" in part else part
