"""The S3 store on a bucket in memory; `tests/external` has it on a real server."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from market.files.store import FileStore, LocalStore, S3Address, S3Store, StoreUnavailable, signed_headers

PLACE = S3Address.parse("s3://testing:a%2Fsecret@127.0.0.1:5000/market-files/kept?tls=0&region=cn-south-1")
AT = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


def test_an_address_names_everything() -> None:
    assert (
        S3Address("http://127.0.0.1:5000", "market-files", "cn-south-1", "testing", "a/secret", "kept/")
        == PLACE
    )


@pytest.mark.parametrize("url", ["", "s3://host/bucket", "s3://k:s@host", "http://k:s@host/bucket"])
def test_an_address_that_lacks_something_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="s3://key:secret@host/bucket"):
        S3Address.parse(url)


def test_a_signature_depends_on_everything_that_is_sent() -> None:
    def signature(method: str = "PUT", path: str = "/b/k", content: bytes = b"x", at: datetime = AT) -> str:
        return signed_headers(PLACE, method, path, hashlib.sha256(content).hexdigest(), at)["authorization"]

    others = {
        signature(),
        signature(method="GET"),
        signature(path="/b/l"),
        signature(content=b"y"),
        signature(at=AT.replace(hour=3)),
    }
    assert len(others) == 5


def test_a_signature_is_the_one_that_amazons_own_client_makes() -> None:
    place = S3Address.parse("s3://testing:a%2Fsecret@127.0.0.1:5000/market-files?tls=0&region=cn-south-1")

    signed = signed_headers(
        place, "PUT", "/market-files/kept/ab/cd", hashlib.sha256(b"x" * 10).hexdigest(), AT
    )

    assert signed["authorization"].endswith(
        "d24fc5989a7293cc11e521382a39c45f959a9c6daceb42a21978fbc6e02255e2"
    )


class Bucket:
    """A bucket in memory that checks nothing but what it was sent."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.puts = 0

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        assert request.headers["x-amz-content-sha256"] == hashlib.sha256(request.content).hexdigest()
        if request.method == "DELETE":
            return httpx.Response(204 if self.kept.pop(request.url.path, None) else 404)
        if request.method == "PUT":
            self.puts += 1
            self.kept[request.url.path] = request.content
            return httpx.Response(200)
        found = self.kept.get(request.url.path)
        return httpx.Response(404) if found is None else httpx.Response(200, content=found)


def store_in(bucket: Bucket) -> S3Store:
    return S3Store(PLACE, httpx.AsyncClient(transport=httpx.MockTransport(bucket)))


async def test_a_content_is_kept_once_under_its_hash() -> None:
    bucket = Bucket()
    store = store_in(bucket)

    digest = await store.put(b"content")
    await store.put(b"content")

    assert bucket.puts == 1
    assert list(bucket.kept) == [f"/market-files/kept/{digest[:2]}/{digest}"]
    assert await store.get(digest) == b"content"
    with pytest.raises(FileNotFoundError):
        await store.get("00" * 32)


async def test_a_content_that_changed_in_the_store_is_not_handed_out() -> None:
    bucket = Bucket()
    store = store_in(bucket)
    digest = await store.put(b"content")
    bucket.kept = dict.fromkeys(bucket.kept, b"another")

    with pytest.raises(StoreUnavailable):
        await store.get(digest)


@pytest.mark.parametrize("kind", ["local", "bucket"])
async def test_what_is_kept_under_a_name_is_read_in_parts_and_dropped(kind: str, tmp_path: Path) -> None:
    store: FileStore = LocalStore(tmp_path / "files") if kind == "local" else store_in(Bucket())
    content = bytes(range(256)) * 2048
    source = tmp_path / "written.xlsx"
    source.write_bytes(b"before")
    await store.keep("an-export.xlsx", source)
    source.write_bytes(content)

    await store.keep("an-export.xlsx", source)
    parts = [part async for part in await store.stream("an-export.xlsx")]
    for _time in range(2):
        await store.drop("an-export.xlsx")

    assert b"".join(parts) == content
    assert len(parts) > 1
    with pytest.raises(FileNotFoundError):
        await store.stream("an-export.xlsx")
