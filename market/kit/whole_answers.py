"""What middleware that answers by itself reads of a request and sends: whole answers from memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from starlette.types import Scope, Send

Header = tuple[bytes, bytes]


def headers_of(scope: Scope) -> Mapping[bytes, bytes]:
    """Return the headers of a request by name, several of one name joined."""
    headers: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        headers[name] = headers[name] + b";" + value if name in headers else value
    return headers


async def send_answer(send: Send, status: int, headers: Sequence[Header], body: bytes) -> None:
    """Send a whole answer."""
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
