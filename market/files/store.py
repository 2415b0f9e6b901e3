"""The file store: content-addressed by SHA-256, so that equal contents are stored once."""

from __future__ import annotations

import asyncio
import hashlib
import os
import tempfile
from pathlib import Path
from typing import Protocol


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
