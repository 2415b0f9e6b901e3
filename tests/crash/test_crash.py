from __future__ import annotations

from pathlib import Path

import pytest

from tests.crash.run import crash

pytestmark = pytest.mark.crash


async def test_a_few_kills_lose_nothing_and_double_nothing(tmp_path_factory: pytest.TempPathFactory) -> None:
    directory = tmp_path_factory.mktemp("crash")
    for each in (directory, *directory.parents):
        if each != Path("/"):
            each.chmod(0o755) if each.owner() else None

    report = await crash(directory, 8, seed=1, pairs=1)

    assert report.kills.total() == 8
    assert report.rounds >= 1
    assert report.wrong == []
