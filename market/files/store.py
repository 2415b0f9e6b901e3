"""File stores, local or S3: content-addressed by SHA-256, so that equal contents are stored once."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qs, quote, unquote, urlsplit

import httpx

from market.kit.errors import Unavailable


class FileStore(Protocol):
    """Stores contents for ever under their SHA-256."""

    async def put(self, content: bytes) -> str:
        """Store the content and return its hash. Idempotent."""
        ...

    async def get(self, digest: str) -> bytes:
        """Return the content.

        Raises:
            FileNotFoundError: there is none under this hash.
        """
        ...


class LocalStore:
    """Stores contents in a folder of this host, one file each."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    async def put(self, content: bytes) -> str:
        return await asyncio.to_thread(self._put, content)

    async def get(self, digest: str) -> bytes:
        return await asyncio.to_thread(self._path(digest).read_bytes)

    def _put(self, content: bytes) -> str:
        digest = hashlib.sha256(content).hexdigest()
        path = self._path(digest)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as temporary:
                temporary.write(content)
                temporary.flush()
                os.fsync(temporary.fileno())
            Path(temporary.name).rename(path)
        return digest

    def _path(self, digest: str) -> Path:
        return self.directory / digest[:2] / digest


_EMPTY = hashlib.sha256(b"").hexdigest()


class StoreUnavailable(Unavailable):
    """The file store does not answer, or refuses the request."""


@dataclass(frozen=True)
class S3Address:
    """Endpoint, bucket and credentials."""

    endpoint: str
    """Such as https://s3.example.org, without a slash at its end."""
    bucket: str
    region: str
    key: str
    secret: str
    prefix: str = ""

    @classmethod
    def parse(cls, url: str) -> S3Address:
        """Read `s3://key:secret@host/bucket/prefix?region=…&tls=0`; keys are percent-encoded.

        Raises:
            ValueError: something is missing.
        """
        parts = urlsplit(url)
        bucket, _slash, prefix = parts.path.strip("/").partition("/")
        if parts.scheme != "s3" or not (parts.hostname and parts.username and parts.password and bucket):
            raise ValueError("a file store is named as s3://key:secret@host/bucket")
        options = {name: values[0] for name, values in parse_qs(parts.query).items()}
        scheme = "http" if options.get("tls") == "0" else "https"
        port = f":{parts.port}" if parts.port else ""
        return cls(
            endpoint=f"{scheme}://{parts.hostname}{port}",
            bucket=bucket,
            region=options.get("region", "us-east-1"),
            key=unquote(parts.username),
            secret=unquote(parts.password),
            prefix=f"{prefix}/" if prefix else "",
        )


def _now() -> datetime:
    """Return real time, which signatures need; the business clock may differ."""
    return datetime.now(UTC)


class S3Store:
    """Stores contents in a bucket under their SHA-256."""

    def __init__(
        self, address: S3Address, client: httpx.AsyncClient, clock: Callable[[], datetime] = _now
    ) -> None:
        self._address, self._client, self._clock = address, client, clock

    async def put(self, content: bytes) -> str:
        digest = hashlib.sha256(content).hexdigest()
        if (await self._send("HEAD", digest)).status_code != 200:
            answer = await self._send("PUT", digest, content)
            if answer.status_code not in (200, 201):
                raise StoreUnavailable(f"the file store answered {answer.status_code} to a file")
        return digest

    async def get(self, digest: str) -> bytes:
        answer = await self._send("GET", digest)
        if answer.status_code == 404:
            raise FileNotFoundError(digest)
        if answer.status_code != 200:
            raise StoreUnavailable(f"the file store answered {answer.status_code}")
        if hashlib.sha256(answer.content).hexdigest() != digest:
            raise StoreUnavailable("the file store returned another content than was stored")
        return answer.content

    async def _send(self, method: str, digest: str, content: bytes = b"") -> httpx.Response:
        address = self._address
        path = f"/{address.bucket}/{address.prefix}{digest[:2]}/{digest}"
        headers = signed_headers(address, method, path, content, self._clock())
        try:
            return await self._client.request(
                method, address.endpoint + path, headers=headers, content=content or None, timeout=30
            )
        except httpx.HTTPError as error:
            raise StoreUnavailable("the file store does not answer") from error


def signed_headers(
    address: S3Address, method: str, path: str, content: bytes, at: datetime
) -> dict[str, str]:
    """Return the headers of a request, signed for this moment."""
    stamp, day = at.strftime("%Y%m%dT%H%M%SZ"), at.strftime("%Y%m%d")
    digest = hashlib.sha256(content).hexdigest() if content else _EMPTY
    host = urlsplit(address.endpoint).netloc
    names = "host;x-amz-content-sha256;x-amz-date"
    canonical = "\n".join(
        [
            method,
            quote(path),
            "",
            f"host:{host}",
            f"x-amz-content-sha256:{digest}",
            f"x-amz-date:{stamp}",
            "",
            names,
            digest,
        ]
    )
    scope = f"{day}/{address.region}/s3/aws4_request"
    to_sign = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = f"AWS4{address.secret}".encode()
    for part in (day, address.region, "s3", "aws4_request"):
        key = _hmac(key, part)
    signature = _hmac(key, to_sign).hex()
    return {
        "host": host,
        "x-amz-content-sha256": digest,
        "x-amz-date": stamp,
        "authorization": f"AWS4-HMAC-SHA256 Credential={address.key}/{scope}, "
        f"SignedHeaders={names}, Signature={signature}",
    }


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
