"""`python -m tests.crash.full_disk`: a real `serve` whose disk fills to the last byte, and has room again.

The data folder is a file system in memory that only the site sees, which takes the right to mount one;
without it nothing is tried, and that is said. Exit status 1 where a request was answered with 500 or not at
all, or the site is not well again once there is room.
"""

from __future__ import annotations

import asyncio
import errno
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections import Counter
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from market.accounts.demo_logins import DOMAIN
from tests.crash.processes import PATIENCE, free_port, until_up, wait_until

SIZE = 256
"""MB of the disk."""
ROUNDS = 40
READ = ("/", "/outcomes", "/help")
MAY_READ, MAY_WRITE = {200, 503, 507}, {303, 422, 429, 503, 507}
"""Answers that say what is wrong, or that nothing is."""
PART = 64 * 1024


def mounted(data: Path, command: str) -> list[str]:
    """Return the words of a shell that runs a command where `data` is a small disk of its own."""
    mount = f"mount -t tmpfs -o size={SIZE}m,mode=755 none {shlex.quote(str(data))} && {command}"
    return ["unshare", "--mount", "sh", "-c", mount]


def may_mount(data: Path) -> bool:
    if shutil.which("unshare") is None:
        return False
    return subprocess.run(mounted(data, "true"), check=False, capture_output=True).returncode == 0  # noqa: S603


class FullDisk:
    """The disk of a site, seen from outside."""

    def __init__(self, data: Path, pid: int) -> None:
        self.filler = Path(f"/proc/{pid}/root{data}/filler")

    def fill(self) -> int:
        """Fill the disk to the last byte and return how many were free."""
        written = 0
        with suppress(OSError), self.filler.open("ab", buffering=0) as file:
            for size in (PART, 1):
                with suppress(OSError):
                    while True:
                        written += file.write(b"x" * size)
        return written

    def free(self) -> None:
        self.filler.unlink()


async def ask(client: httpx.AsyncClient, seen: Counter[str]) -> None:
    """Read pages and try to sign in and to have a list written, and count what is answered."""
    for path in READ:
        seen[f"GET {await _status(client, 'GET', path)}"] += 1
    for path, fields in (
        ("/login", {"email": f"nobody{DOMAIN}", "password": "a wrong password"}),
        ("/exports/list/outcomes", {"query": ""}),
    ):
        seen[f"POST {await _status(client, 'POST', path, fields)}"] += 1


async def _status(
    client: httpx.AsyncClient, method: str, path: str, fields: dict[str, str] | None = None
) -> int:
    data = {"csrf_token": client.headers["x-token"], **fields} if fields else None
    try:
        return (await client.request(method, path, data=data)).status_code
    except httpx.HTTPError:
        return 0


async def run(folder: Path) -> bool:
    """Fill the disk of a site, ask it, make room, and return whether all was as it should be."""
    data, port = folder / "data", free_port()
    data.mkdir()
    if not may_mount(data):
        _say("disk full: not tried, this user may not mount a file system")
        return True
    environ = {**os.environ, "DATA_DIR": str(data), "EMBEDDERS": "none", "PORT": str(port)}
    command = f"exec {shlex.quote(sys.executable)} -m market serve"
    log = (folder / "serve.log").open("ab")
    site = subprocess.Popen(mounted(data, command), env=environ, stdout=log, stderr=log)  # noqa: ASYNC220, S603
    address = f"http://127.0.0.1:{port}"
    try:
        await until_up(address + "/healthz")
        disk, full, after = FullDisk(data, site.pid), Counter[str](), Counter[str]()
        async with httpx.AsyncClient(base_url=address, timeout=60, trust_env=False) as client:
            page = (await client.get("/login")).text
            client.headers["x-token"] = _token(page)
            free = disk.fill()
            for _round in range(ROUNDS):
                await ask(client, full)
                disk.fill()
            disk.free()
            _say(f"disk full, {free >> 20} MB were free: answered {dict(sorted(full.items()))}")

            async def is_well() -> bool:
                return await _status(client, "GET", "/readyz") == 200

            await wait_until(is_well, "a ready site", pause=0.5)
            await ask(client, after)
        _say(f"room again: answered {dict(sorted(after.items()))}")
        return _are(full, MAY_READ, MAY_WRITE) and _are(after, {200}, {303, 422, 429})
    finally:
        site.send_signal(signal.SIGTERM)
        site.wait(PATIENCE)


def _are(seen: Counter[str], may_read: set[int], may_write: set[int]) -> bool:
    may = {"GET": may_read, "POST": may_write}
    return all(int(code) in may[method] for method, code in map(str.split, seen))


def _token(page: str) -> str:
    match = re.search(r'name="csrf_token" value="([0-9a-f]+)"', page)
    if match is None:
        raise OSError(errno.EPROTO, "the login page has no token")
    return match[1]


def _say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


def main() -> int:
    with TemporaryDirectory(prefix="full") as name:
        folder = Path(name)
        folder.chmod(0o755)
        is_well = asyncio.run(run(folder))
        if not is_well:
            _say((folder / "serve.log").read_text()[-3000:])
    return 0 if is_well else 1


if __name__ == "__main__":
    sys.exit(main())
