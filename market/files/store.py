"""File stores, local or S3: content-addressed by SHA-256, so that equal contents are stored once.

What is kept for a while only, such as an export, stands apart, under a name.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Protocol
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

    async def keep(self, name: str, path: Path) -> None:
        """Store a copy of a file under a name until it is dropped, instead of another of this name."""
        ...

    async def stream(self, name: str) -> AsyncIterator[bytes]:
        """Return the parts of what is kept under a name.

        Raises:
            FileNotFoundError: there is nothing.
        """
        ...

    async def drop(self, name: str) -> None:
        """Forget what is kept under a name. Idempotent."""
        ...


KEPT = "kept"
"""The folder of what is kept for a while."""
PART = 256 * 1024
"""Bytes that are read and sent at a time."""


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

    async def keep(self, name: str, path: Path) -> None:
        await asyncio.to_thread(self._keep, name, path)

    async def stream(self, name: str) -> AsyncIterator[bytes]:
        return _parts(await asyncio.to_thread(self._kept(name).open, "rb"))

    async def drop(self, name: str) -> None:
        await asyncio.to_thread(lambda: self._kept(name).unlink(missing_ok=True))

    def _keep(self, name: str, path: Path) -> None:
        target = self._kept(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_suffix(".new")
        shutil.copyfile(path, temporary)
        temporary.replace(target)

    def _kept(self, name: str) -> Path:
        # Beside the files, so that no backup holds it.
        return self.directory.with_name(KEPT) / name

    def _path(self, digest: str) -> Path:
        return self.directory / digest[:2] / digest


async def _parts(file: BinaryIO) -> AsyncIterator[bytes]:
    with file:
        while part := await asyncio.to_thread(file.read, PART):
            yield part


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

    async def keep(self, name: str, path: Path) -> None:
        def read() -> tuple[str, int, BinaryIO]:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            return digest, path.stat().st_size, path.open("rb")

        digest, size, file = await asyncio.to_thread(read)
        headers = signed_headers(self._address, "PUT", self._kept(name), digest, self._clock())
        with _translated():
            answer = await self._client.put(
                self._address.endpoint + self._kept(name),
                headers=headers | {"content-length": str(size)},
                content=_parts(file),
                timeout=30,
            )
        if answer.status_code not in (200, 201):
            raise StoreUnavailable(f"the file store answered {answer.status_code} to a file")

    async def stream(self, name: str) -> AsyncIterator[bytes]:
        path = self._kept(name)
        headers = signed_headers(self._address, "GET", path, _EMPTY, self._clock())
        request = self._client.build_request(
            "GET", self._address.endpoint + path, headers=headers, timeout=30
        )
        with _translated():
            answer = await self._client.send(request, stream=True)
        if answer.status_code == 200:
            return _parts_of(answer)
        await answer.aclose()
        if answer.status_code == 404:
            raise FileNotFoundError(name)
        raise StoreUnavailable(f"the file store answered {answer.status_code}")

    async def drop(self, name: str) -> None:
        answer = await self._send_to("DELETE", self._kept(name))
        if answer.status_code not in (200, 204, 404):
            raise StoreUnavailable(f"the file store answered {answer.status_code}")

    def _kept(self, name: str) -> str:
        return f"/{self._address.bucket}/{self._address.prefix}{KEPT}/{name}"

    async def _send(self, method: str, digest: str, content: bytes = b"") -> httpx.Response:
        path = f"/{self._address.bucket}/{self._address.prefix}{digest[:2]}/{digest}"
        return await self._send_to(method, path, content)

    async def _send_to(self, method: str, path: str, content: bytes = b"") -> httpx.Response:
        digest = hashlib.sha256(content).hexdigest()
        headers = signed_headers(self._address, method, path, digest, self._clock())
        with _translated():
            return await self._client.request(
                method, self._address.endpoint + path, headers=headers, content=content or None, timeout=30
            )


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except httpx.HTTPError as error:
        raise StoreUnavailable("the file store does not answer") from error


async def _parts_of(answer: httpx.Response) -> AsyncIterator[bytes]:
    try:
        async for part in answer.aiter_bytes(PART):
            yield part
    finally:
        await answer.aclose()


def signed_headers(address: S3Address, method: str, path: str, digest: str, at: datetime) -> dict[str, str]:
    """Return the headers of a request whose content has this SHA-256, signed for this moment."""
    stamp, day = at.strftime("%Y%m%dT%H%M%SZ"), at.strftime("%Y%m%d")
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
