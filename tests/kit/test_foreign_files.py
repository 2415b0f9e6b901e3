"""Files that are made to hurt, at the one door by which files are parsed."""

from __future__ import annotations

import io
import os
import time
import zipfile

import pytest

from market.kit.errors import Invalid
from market.kit.foreign_files import SMALL, SMALL_UNPACKED, has_short_directory, is_small, parse_foreign
from market.kit.i18n import get_locale, set_locale
from market.payments.bank_files import UnreadableStatement

LARGE = b"x" * (SMALL + 1)


def work_for_ever() -> None:
    while True:
        pass


def take_all_memory() -> int:
    return len(b"x" * (4 * 1024**3))


def where() -> tuple[int, str]:
    return os.getpid(), get_locale()


def fail() -> None:
    raise UnreadableStatement("这不是流水", field="file")


def archive_of(*parts: tuple[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts:
            archive.writestr(name, content)
    return target.getvalue()


def test_what_could_unpack_to_much_is_not_small() -> None:
    assert is_small(b"day,amount\n2026-03-01,5\n")
    assert is_small(archive_of(("a", b"0" * 1000)))
    assert not is_small(archive_of(("a", b"0" * (SMALL_UNPACKED + 1))))
    assert not is_small(LARGE)
    assert is_small(b"PK\x03\x04 and nothing else")  # refused as soon as it is opened


def test_an_archive_of_very_many_members_is_not_even_listed() -> None:
    few = archive_of(("a", b""), ("b", b""))
    many = bytearray(few)
    end = many.rfind(b"PK\x05\x06")
    many[end + 12 : end + 16] = (2 * 1024 * 1024).to_bytes(4, "little")

    assert has_short_directory(few)
    assert has_short_directory(b"no archive")
    assert not has_short_directory(bytes(many))


async def test_a_large_file_is_parsed_in_another_process_in_the_language_of_the_person() -> None:
    set_locale("zh-Hant")
    try:
        pid, locale = await parse_foreign(LARGE, where)
        same_pid, same_locale = await parse_foreign(b"small", where)
    finally:
        set_locale("zh-Hans")

    assert pid != os.getpid()
    assert same_pid == os.getpid()
    assert locale == same_locale == "zh-Hant"


async def test_what_parsing_says_of_a_file_is_said_wherever_it_was_parsed() -> None:
    for content in (b"small", LARGE):
        with pytest.raises(UnreadableStatement, match="这不是流水") as raised:
            await parse_foreign(content, fail)
        assert raised.value.field == "file"


@pytest.mark.parametrize("parse", [work_for_ever, take_all_memory])
async def test_what_takes_too_much_time_or_memory_is_ended_and_said(parse: object) -> None:
    started = time.monotonic()

    with pytest.raises(Invalid, match="太大或太复杂"):
        await parse_foreign(LARGE, parse, seconds=1)  # type: ignore[arg-type]

    assert time.monotonic() - started < 30
