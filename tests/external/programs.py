"""Programs of others that tests start for themselves where this machine has them.

They listen on a socket in a folder, so no network is needed.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path


def find_program(name: str) -> str | None:
    """Return where a program is: named in the environment (`STRIPE_MOCK`), on the path, or made by Go."""
    at_home = Path.home() / "go" / "bin" / name
    return (
        os.environ.get(name.upper().replace("-", "_"))
        or shutil.which(name)
        or (str(at_home) if at_home.exists() else None)
    )


@asynccontextmanager
async def running_program(command: Sequence[str], address: Path) -> AsyncIterator[None]:
    """Run a program that listens on the socket at `address`, and end it after the block."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await _until_there(address, process)
        yield
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _until_there(address: Path, process: asyncio.subprocess.Process) -> None:
    for _try in range(200):
        if await asyncio.to_thread(address.exists):
            return
        assert process.returncode is None, f"{address} has no listener: the program did not start"
        await asyncio.sleep(0.05)
    raise TimeoutError(f"nothing listens on {address}")
