"""Files are kept by a real S3 server that checks every signature: Versity's gateway before a folder."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import pytest
import pytest_asyncio

from market.files.store import S3Address, S3Store, StoreUnavailable
from tests.external.programs import find_program, running_program

PLACE = S3Address.parse("s3://testing:a%2Fse+cret@s3.test/market-files/kept?tls=0&region=cn-south-1")

pytestmark = pytest.mark.skipif(
    find_program("versitygw") is None,
    reason="no versitygw: go install github.com/versity/versitygw/cmd/versitygw@latest, or set VERSITYGW",
)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def line() -> AsyncIterator[httpx.AsyncClient]:
    """A line to a server of this run's own, whose bucket is there."""
    with TemporaryDirectory(prefix="s3") as name:
        folder, address = Path(name), Path(name) / "socket"
        for each in (f"kept/{PLACE.bucket}", "beside"):
            (folder / each).mkdir(parents=True)
        command = [str(find_program("versitygw")), "--port", str(address), "--region", PLACE.region]
        command += ["--access", PLACE.key, "--secret", PLACE.secret]
        command += ["posix", "--sidecar", str(folder / "beside"), str(folder / "kept")]
        async with (
            running_program(command, address),
            httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(uds=str(address))) as client,
        ):
            yield client


async def test_what_was_kept_comes_back_and_what_was_not_is_missing(line: httpx.AsyncClient) -> None:
    store = S3Store(PLACE, line)

    for content in (os.urandom(300_000), "合同扫描件".encode(), b""):
        digest = await store.put(content)
        assert await store.put(content) == digest
        assert await store.get(digest) == content
    with pytest.raises(FileNotFoundError):
        await store.get("00" * 32)


@pytest.mark.parametrize(
    "changes", [{"secret": "another"}, {"key": "nobody"}, {"bucket": "elsewhere"}, {"region": "eu-north-1"}]
)
async def test_a_key_or_bucket_that_is_wrong_is_refused_and_nothing_kept(
    line: httpx.AsyncClient, changes: dict[str, str]
) -> None:
    with pytest.raises(StoreUnavailable):
        await S3Store(replace(PLACE, **changes), line).put(b"content")
