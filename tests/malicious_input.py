"""What people and machines type that does not belong there; every room puts it into each of its forms."""

from starlette.applications import Starlette
from starlette.types import Message

MALICIOUS_INPUT = {
    "markup": "<script>alert(1)</script>{{7777*7777}}<img>'\"); DROP TABLE users; --\u202egnp.exe\u2066🔬",
    "100 kB": "长 " + "long" * 25_000,
    "zero byte": "零\x00字节\x01\x1b[31m",
    "huge number": "9" * 400,
    "no number": "NaN",
    "negative": "-1",
    "bad date": "2026-02-31",
    "half a character": "\ud83d".encode("utf-8", "surrogatepass").decode("utf-8", "replace"),
    "spaces": " \u3000\t ",
    "nothing": "",
}

MALICIOUS_QUERIES = {
    "100 kB": "长" * 100_000,
    "100 kB of words": "ab " * 33_000,
    "separators": " \t\n,;，；、。" * 500,
    "hyphens": "-" * 200,
    "a hyphen": "-",
    "quotes": "\"'“”`" * 60,
    "filter": 'title = "x" OR status NOT EXISTS AND (field IN [materials])',
    "zero bytes": "\x00" * 100 + "铝\x00合金",
    "query language": "+铝 -合金 title:* AND [a TO z]^9 ~2 \\",
    "other letters": "\ufffd\u202e\u0300" * 60,
}
"""The same for the search box."""


async def get_status(app: Starlette, path: str, query: str) -> int:
    """Ask as a server would, and return the status; clients refuse to send addresses that long."""
    sent: list[Message] = []
    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": query.encode(),
        "headers": [(b"host", b"market.test")],
        "scheme": "http",
        "server": ("market.test", 80),
        "client": ("127.0.0.1", 1),
        "http_version": "1.1",
        "root_path": "",
    }

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return int(sent[0]["status"])
