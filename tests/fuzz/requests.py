"""Hostile requests for every route of the site: what is asked comes from the app itself.

A new room is fuzzed without a line here: its routes are those of the app, the values of its paths come from
its tables, the names of its fields and parameters from its modules.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import inspect
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import cycle, islice
from types import ModuleType
from typing import Any
from urllib.parse import quote, unquote
from uuid import uuid4

from starlette.applications import Starlette
from starlette.types import Message
from tortoise import Tortoise
from tortoise.models import Model

from market.accounts.sessions import COOKIE
from market.kit.forms import BaseForm
from market.kit.routing import Route
from market.kit.security import BROWSER_COOKIE

FORM = "application/x-www-form-urlencoded"
BROWSER = "a-browser-that-fuzzes-the-site"
VALUES: Mapping[str, str] = {
    "21 characters": "7" * 21,
    "300 characters": "长" * 300,
    "5,000 characters": "x" * 5000,
    "zero byte": quote("零\x00字节\x1b"),
    "half a character": "%ED%A0%BD",
    "no UTF-8": "%FF%FE%C3%28",
    "2^31": str(2**31),
    "2^63": str(2**63),
    "2^64": str(2**64),
    "400 digits": "9" * 400,
    "negative": "-1",
    "no number": "NaN",
    "infinity": "1e999",
    "no date": "2026-02-31",
    "year 0": "0000-00-00",
    "a list": quote('["a", {"b": null}]'),
    "markup": quote("<script>alert(1)</script>{{7777*7777}}'\"); DROP TABLE users; --\u202e"),
    "spaces": quote(" \u3000\t "),
    "nothing": "",
    "an id": str(uuid4()),
}
"""Values as they stand in an address or a form, encoded."""
LONG = 1000
"""Characters from which a value is given to a few fields only."""
FEW = 4
PARAMETER = re.compile(r"\{(\w+)(?::\w+)?\}")
NAME = re.compile(r"""(?:\.get(?:list)?\(|\[)["']([a-z][a-z_0-9-]{0,30})["']""")


@dataclass(frozen=True)
class Case:
    """One request."""

    route: str
    method: str
    path: str
    """As it is sent, encoded."""
    kind: str
    query: str = ""
    body: bytes = b""
    content_type: str = FORM

    def __str__(self) -> str:
        return (
            f"{self.method} {self.path[:80]}?{self.query[:60]} ({self.route}, {self.kind}) {self.body[:60]!r}"
        )


@dataclass
class Answer:
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    size: int = 0


async def ask(app: Starlette, case: Case, *, session: str | None, number: int) -> Answer:
    """Send a request as the server would; `number` gives it an address of its own, for the rate limits."""
    cookies = f"{BROWSER_COOKIE}={BROWSER}" + (f"; {COOKIE}={session}" if session else "")
    headers = [
        (b"host", b"market.test"),
        (b"cookie", cookies.encode()),
        (b"x-csrf-token", _csrf(app).encode()),
        (b"content-type", case.content_type.encode()),
        (b"content-length", str(len(case.body)).encode()),
    ]
    scope = {
        "type": "http",
        "method": case.method,
        "path": unquote(case.path),
        "raw_path": case.path.encode(),
        "query_string": case.query.encode(),
        "headers": headers,
        "scheme": "http",
        "server": ("market.test", 80),
        "client": (f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}", 1),
        "http_version": "1.1",
        "root_path": "",
    }
    answer = Answer()

    bodies = [case.body]

    async def receive() -> Message:
        if not bodies:
            await asyncio.Event().wait()  # the browser stays
        return {"type": "http.request", "body": bodies.pop(), "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = {name.decode(): value.decode("latin-1") for name, value in message["headers"]}
        else:
            answer.size += len(message.get("body", b""))

    await app(scope, receive, send)
    return answer


def _csrf(app: Starlette) -> str:
    secret: str = app.state.deps.settings.secret_key
    return hmac.new(secret.encode(), f"csrf:{BROWSER}".encode(), hashlib.sha256).hexdigest()


def cases(
    route: Route, params: Mapping[str, Sequence[str]], *, turn: int, most: int | None = None
) -> Iterator[Case]:
    """Yield the requests of one route: each value in its path, its query and its form, and odd bodies.

    `turn` shifts which field gets which value; `most` is the number of requests at which to stop.
    """
    method = "POST" if "POST" in (route.methods or ()) else "GET"
    yield from islice(_all_cases(route, method, params, turn), most)


def _all_cases(route: Route, method: str, params: Mapping[str, Sequence[str]], turn: int) -> Iterator[Case]:
    names, kinds = names_of(route), list(VALUES)
    real = _path(route, params, turn)
    for start in range(len(kinds)):
        # Every field gets another kind of value; after as many requests as there are kinds it had them all.
        given = [(name, kinds[(start + turn + i) % len(kinds)]) for i, name in enumerate(names)]
        pairs = [(name, VALUES[kind]) for name, kind in given]
        long = [(name, value) for name, value in pairs if len(value) >= LONG][:FEW]
        encoded = _encode([*(pair for pair in pairs if len(pair[1]) < LONG), *long])
        kind = f"each field another, from {kinds[(start + turn) % len(kinds)]}"
        yield Case(route.name, method, real, kind, **_sent(method, encoded))
        yield from path_cases(route, kinds[(start + turn) % len(kinds)])
        if start < len(_ODD):
            yield from _odd(route, method, real, names, start)


def path_cases(route: Route, kind: str) -> Iterator[Case]:
    """Yield the request with this value in the place of every parameter of the path, if there is one."""
    if route.param_convertors:
        path = _path(route, {key: [VALUES[kind] or "%20"] for key in route.param_convertors}, 0)
        yield Case(route.name, "POST" if "POST" in (route.methods or ()) else "GET", path, f"path: {kind}")


def _odd(route: Route, method: str, path: str, names: Sequence[str], which: int) -> Iterator[Case]:
    for case_method, content_type, make in (_ODD[which],):
        body = make(names)
        if case_method == "GET":
            yield Case(route.name, "GET", path, "odd query", query=body)
        elif method == "POST":
            yield Case(
                route.name, "POST", path, f"odd body {which}", body=body.encode(), content_type=content_type
            )


def _twice(names: Sequence[str]) -> str:
    return _encode([(name, value) for name in names for value in ("1", VALUES["markup"])])


def _multipart(names: Sequence[str]) -> str:
    """Return files where texts are expected, and a file without a name."""
    parts = [
        f'content-disposition: form-data; name="{name}"; filename="{"" if i % 3 else "x.xlsx"}"\r\n\r\nPK\r\n'
        for i, name in enumerate([*names, "file", "files"])
    ]
    return "".join(f"--b\r\n{part}" for part in parts) + "--b--\r\n"


_ODD = (
    ("GET", FORM, _twice),
    ("GET", FORM, lambda names: "&".join(f"{name}[]=1&{name}" for name in names) + "&=&&%00=%00&=1"),
    ("POST", FORM, lambda names: ""),
    ("POST", FORM, _twice),
    ("POST", "multipart/form-data; boundary=b", _multipart),
    ("POST", "multipart/form-data; boundary=b", lambda names: "--b\r\nnonsense"),
    ("POST", "multipart/form-data", lambda names: "x"),
    ("POST", "application/json", lambda names: json.dumps({name: [None, {}] for name in names})),
    ("POST", f"{FORM}; charset=utf-16", lambda names: "a=1"),
    ("POST", "text/plain", lambda names: "\x00" * 50),
)
"""Duplicate and missing parameters, files for texts, texts for files, bodies that are no form."""


def _sent(method: str, encoded: str) -> dict[str, Any]:
    return {"body": encoded.encode()} if method == "POST" else {"query": encoded}


def _encode(pairs: Sequence[tuple[str, str]]) -> str:
    return "&".join(f"{name}={value}" for name, value in pairs)


def _path(route: Route, params: Mapping[str, Sequence[str]], turn: int) -> str:
    def value(match: re.Match[str]) -> str:
        values = params.get(match[1]) or ["x"]
        return values[turn % len(values)]

    return PARAMETER.sub(value, route.path)


def names_of(route: Route) -> tuple[str, ...]:
    """Return the names of the fields and parameters that the route's module reads."""
    return _names_in(sys.modules[inspect.unwrap(route.endpoint).__module__])


@lru_cache
def _names_in(module: ModuleType) -> tuple[str, ...]:
    package = module.__name__.rsplit(".", 1)[0]
    members = [member for _name, member in inspect.getmembers(module)]
    near = {module} | {
        found
        for member in members
        if (
            found := member
            if isinstance(member, ModuleType)
            else sys.modules.get(getattr(member, "__module__", ""))
        )
        and (found.__name__.startswith(package + ".") or found.__name__.endswith("search_params"))
    }
    names = {name for found in near for name in _literals(found)}
    for member in members:
        if inspect.isclass(member) and issubclass(member, BaseForm):
            names |= {name for name in dir(member) if hasattr(getattr(member, name), "field_class")}
    return tuple(sorted(names | {"q", "page", "next"}))


@lru_cache
def _literals(module: ModuleType) -> frozenset[str]:
    return frozenset(NAME.findall(inspect.getsource(module)))


async def real_params(routes: Sequence[Route]) -> dict[str, dict[str, list[str]]]:
    """Return, by route, a few values for each parameter of its path that name records in the database."""
    models = [model for model in Tortoise.apps["market"].values() if isinstance(model, type)]
    values: dict[tuple[type[Model], str], list[str]] = {}
    found: dict[str, dict[str, list[str]]] = {}
    for route in routes:
        package = inspect.unwrap(route.endpoint).__module__.rsplit(".", 1)[0]
        found[route.name] = {}
        for parameter in route.param_convertors:
            for model, column in _columns(models, parameter, route.path, package):
                if (model, column) not in values:
                    rows = await model.all().limit(5).values_list(column, flat=True)
                    values[model, column] = [quote(str(row), safe="") for row in rows if row]
                if values[model, column]:
                    found[route.name][parameter] = values[model, column]
                    break
    return found


def _columns(
    models: Sequence[type[Model]], parameter: str, path: str, package: str
) -> list[tuple[type[Model], str]]:
    """Return where the values of a parameter may stand, the likeliest first."""
    stem = parameter.removesuffix("_id")
    is_id = stem != parameter
    column = "id" if is_id else parameter
    fitting = [model for model in models if column in model._meta.fields_map]

    def unlikeliness(model: type[Model]) -> tuple[bool, bool, bool]:
        table = str(model._meta.db_table)
        is_named = (stem in table or stem in model.__name__.lower()) if is_id else table in path.split("/")
        return not is_named, not model.__module__.startswith(package + "."), stem != model.__name__.lower()

    return [(model, column) for model in sorted(fitting, key=unlikeliness)]


def rotated(values: Sequence[Any], start: int) -> Iterator[Any]:
    """Yield the values for ever, beginning with another one."""
    return islice(cycle(values), start % len(values), None)
