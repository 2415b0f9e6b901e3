from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.crash


async def test_a_few_kills_lose_nothing_and_double_nothing() -> None:
    # A process of its own: it has its own database, and sockets are open to it.
    run = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.crash", "4", "1", "1"),
        cwd=Path(__file__).parents[2],
        stdout=asyncio.subprocess.PIPE,
    )
    told, _errors = await run.communicate()

    assert run.returncode == 0, told.decode()


async def test_after_a_few_kills_during_writes_the_index_is_the_database() -> None:
    run = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.crash.search_run", "40", "2", "1"),
        cwd=Path(__file__).parents[2],
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    told, _errors = await run.communicate()

    assert run.returncode == 0, told.decode()


async def test_a_survey_is_published_whole_or_not_at_all_whenever_it_dies() -> None:
    run = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.crash.survey_run", "6", "2", "1"),
        cwd=Path(__file__).parents[2],
        stdout=asyncio.subprocess.PIPE,
    )
    told, _errors = await run.communicate()

    assert run.returncode == 0, told.decode()


async def test_no_bid_is_lost_when_the_site_is_killed_and_streams_end_when_it_stops() -> None:
    run = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.crash.auction_run", "2", "60", "1"),
        cwd=Path(__file__).parents[2],
        stdout=asyncio.subprocess.PIPE,
    )
    told, _errors = await run.communicate()

    assert run.returncode == 0, told.decode()


async def test_a_run_over_firms_tells_each_answer_once_whenever_it_dies() -> None:
    run = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.crash.eligibility_run", "3", "600", "1"),
        cwd=Path(__file__).parents[2],
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    told, _errors = await run.communicate()

    assert run.returncode == 0, told.decode()
