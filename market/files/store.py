"""Where the content of files lies: by its hash, so the same content lies there once."""

from __future__ import annotations

import asyncio
import hashlib
import os
import tempfile
from pathlib import Path
from typing import Protocol


class FileStore(Protocol):
    """Keeps contents for ever under their SHA-256."""

    async def put(self, content: bytes) -> str:
        """Keep the content and return its hash; keeping it again changes nothing."""
        ...

    async def get(self, digest: str) -> bytes:
        """Return the content. Raises FileNotFoundError when it is not there."""
        ...


class LocalStore:
    """Keeps contents in a folder of this host."""

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
            with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as made:
                made.write(content)
                made.flush()
                os.fsync(made.fileno())
            Path(made.name).rename(path)
        return digest

    def _path(self, digest: str) -> Path:
        return self.directory / digest[:2] / digest
