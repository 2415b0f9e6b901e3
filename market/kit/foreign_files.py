"""The one door by which a file of somebody's is parsed: bounded in memory and time, apart from all else.

A small file is parsed in a thread of its own pool; whatever could unpack to more, in a process with limits of
memory and processor time, which is killed when it takes too long. Passwords are checked in another pool.
"""

from __future__ import annotations

import asyncio
import io
import os
import pickle
import struct
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import cache
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast
from zipfile import BadZipFile, ZipFile

from market.kit.errors import Invalid
from market.kit.i18n import get_locale, set_locale
from market.kit.i18n import gettext as _

P = ParamSpec("P")
T = TypeVar("T")
SMALL = 256 * 1024
"""Bytes of a file that is parsed in a thread."""
SMALL_UNPACKED = 4 * 1024 * 1024
"""Bytes that the parts of such an archive may unpack to, as it states them; no more is ever unpacked."""
LARGEST_DIRECTORY = 1024 * 1024
"""Bytes of an archive's list of members, some 10,000 of them."""
SECONDS = 60.0
"""Seconds that a process may take."""
MEMORY = 1536 * 1024 * 1024
"""Bytes of address space of a process."""
THREADS = 2
ROOT = Path(__file__).parent.parent.parent
_ZIP = b"PK\x03\x04"
_END_OF_DIRECTORY = b"PK\x05\x06"
_processes = asyncio.Semaphore(2)


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(THREADS, "foreign-files")


async def in_file_thread(call: Callable[P, T], *args: P.args, **options: P.kwargs) -> T:
    """Call a function on what was parsed, in the pool of files."""
    context = copy_context()  # the language of the person
    return await asyncio.get_running_loop().run_in_executor(
        _threads(), lambda: context.run(call, *args, **options)
    )


async def parse_foreign(content: bytes, parse: Callable[..., T], *args: Any, seconds: float = SECONDS) -> T:
    """Return `parse(*args)`, which reads the content of a file; it stands at the top of a module.

    Raises:
        Invalid: at `file`: it took too long or too much memory.
        Exception: what `parse` raises.
    """
    if is_small(content):
        return await in_file_thread(parse, *args)
    return await parse_apart(parse, *args, seconds=seconds)


async def parse_apart(parse: Callable[..., T], *args: Any, seconds: float = SECONDS) -> T:
    """Return `parse(*args)` from a process of its own, however small the file is.

    Raises:
        Invalid: at `file`: it took too long or too much memory.
        Exception: what `parse` raises.
    """
    async with _processes:
        task = pickle.dumps((parse, args, get_locale(), seconds))
        answer = await run_apart(("-m", __name__), task, seconds=seconds)
    if answer is None:
        raise Invalid(_("这个文件太大或太复杂，没有读完。请分成几份，或另存为 CSV 再上传。"), field="file")
    is_right, result = pickle.loads(answer)  # noqa: S301 -- of our own process
    if not is_right:
        raise result
    return cast(T, result)


def is_small(content: bytes) -> bool:
    """Return whether parsing this can take neither much time nor much memory."""
    if len(content) > SMALL:
        return False
    if not content.startswith(_ZIP):
        return True
    try:
        with ZipFile(io.BytesIO(content)) as archive:
            return sum(member.file_size for member in archive.infolist()) <= SMALL_UNPACKED
    except (BadZipFile, ValueError, NotImplementedError, OSError):
        return True  # what cannot be opened is refused at once


def has_short_directory(content: bytes) -> bool:
    """Return whether an archive's list of members is short enough to be read beside other work."""
    end = content.rfind(_END_OF_DIRECTORY, max(0, len(content) - 66_000))
    if end < 0 or len(content) < end + 22:
        return True  # it is no archive, and will be refused as one
    size: int = struct.unpack_from("<I", content, end + 12)[0]
    return size <= LARGEST_DIRECTORY


async def run_apart(arguments: Sequence[str], content: bytes, *, seconds: float) -> bytes | None:
    """Return what a Python process of these arguments answers to what it is sent.

    None: it failed, was ended by a limit of its own, or took longer than `seconds` and was killed.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(seconds):
            answer, _errors = await process.communicate(content)
    except TimeoutError:
        return None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return answer if process.returncode == 0 else None


def limit_resources(seconds: float) -> None:
    """Limit memory and processor time of this process, where the system can; it writes no files."""
    try:
        import resource
    except ImportError:  # a system without such limits
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def main() -> int:
    """Parse what stands on stdin, within the limits, and answer on stdout; return the exit status."""
    parse, args, locale, seconds = pickle.load(sys.stdin.buffer)  # noqa: S301 -- of the site
    limit_resources(seconds)
    set_locale(locale)
    answer: tuple[bool, object]
    try:
        answer = True, parse(*args)
    except MemoryError:
        return os.EX_TEMPFAIL
    except Exception as error:  # whatever parsing raises is raised again by the site
        answer = False, error
    sys.stdout.buffer.write(pickle.dumps(answer))
    return 0


if __name__ == "__main__":
    sys.exit(main())
