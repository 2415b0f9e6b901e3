"""Static files from memory: read and packed once, addressed by the hash of their content, cached for ever."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import brotli
from starlette.types import ASGIApp, Receive, Scope, Send

from market.kit.whole_answers import headers_of, send_answer

ROOT = Path(__file__).parent.parent.parent
STATIC = ROOT / "static"
PREFIX = "/static/"
BUNDLES: Mapping[str, tuple[str, ...]] = {
    "site.css": (
        "vendor/tabler.min.css",
        *(
            f"css/{name}.css"
            for name in (
                "base",
                "parts",
                "work",
                "market",
                "listings",
                "subsidies",
                "bench",
                "auctions",
                "challenges",
                "data",
            )
        ),
    ),
    "site.js": ("js/site.js", "js/forms.js", "js/choose.js", "js/collect.js"),
}
"""Files that every page needs, sent as one: one request, and packed together they are smaller."""
PACKED_TYPES = ("text/", "application/javascript", "image/svg+xml", "application/json")
FOR_EVER = b"public, max-age=31536000, immutable"
ASK_AGAIN = b"no-cache"
METHODS = frozenset({"GET", "HEAD"})
HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (
        b"content-security-policy",
        b"default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors 'none'",
    ),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"vary", b"accept-encoding"),
)


@dataclass(frozen=True)
class StaticFile:
    """One file in memory, packed when it is first sent."""

    version: str
    media_type: str
    content: bytes

    @cached_property
    def bodies(self) -> Mapping[str, bytes]:
        """The bytes to send by content encoding; "" is the file as it is."""
        if not self.media_type.startswith(PACKED_TYPES):
            return {"": self.content}
        packed = {"br": brotli.compress(self.content), "gzip": gzip.compress(self.content, 9, mtime=0)}
        return {"": self.content, **packed}

    def best(self, accepted: str) -> str:
        """Return the smallest encoding that the browser accepts."""
        return min(
            (name for name in self.bodies if not name or name in accepted),
            key=lambda name: len(self.bodies[name]),
        )


@cache
def _paths() -> frozenset[str]:
    """Return the names of all files there are; nothing else is read from the disk."""
    return frozenset(
        path.relative_to(STATIC).as_posix()
        for path in STATIC.rglob("*")
        if path.is_file() and not path.name.startswith(".")
    )


@cache
def read_static(name: str) -> StaticFile | None:
    """Return a file or bundle by its path under `static`, or None if there is none."""
    parts = BUNDLES.get(name, (name,))
    if not _paths().issuperset(parts):
        return None
    content = b"\n".join((STATIC / part).read_bytes() for part in parts)
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    if media_type.startswith(PACKED_TYPES):
        media_type += "; charset=utf-8"
    return StaticFile(hashlib.sha256(content).hexdigest()[:12], media_type, content)


def static_url(name: str) -> str:
    """Return the address of a static file with its content's hash, so that browsers cache it for ever."""
    file = read_static(name)
    return f"{PREFIX}{name}?v={file.version if file else 'missing'}"


class StaticFiles:
    """Middleware that answers for static files; what is missing is left to the site's error page."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_static = scope["type"] == "http" and scope["path"].startswith(PREFIX)
        file = read_static(scope["path"][len(PREFIX) :]) if is_static else None
        if file is None or scope["method"] not in METHODS:
            await self.app(scope, receive, send)
            return
        request_headers = headers_of(scope)
        encoding = file.best(request_headers.get(b"accept-encoding", b"").decode("latin-1"))
        body, etag = file.bodies[encoding], f'"{file.version}{encoding}"'.encode()
        is_current = scope["query_string"] == f"v={file.version}".encode()
        headers = [*HEADERS, (b"etag", etag), (b"cache-control", FOR_EVER if is_current else ASK_AGAIN)]
        if etag in request_headers.get(b"if-none-match", b""):
            await send_answer(send, 304, headers, b"")
            return
        headers += [(b"content-type", file.media_type.encode()), (b"content-length", str(len(body)).encode())]
        if encoding:
            headers.append((b"content-encoding", encoding.encode()))
        await send_answer(send, 200, headers, b"" if scope["method"] == "HEAD" else body)
