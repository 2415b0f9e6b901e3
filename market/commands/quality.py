"""`quality publish FILE`: put the figures of an evaluation on the public page."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from market.pages import quality
from market.runtime import build_deps, running
from market.settings import Settings


async def publish(settings: Settings, path: Path) -> int:
    """Publish what `evaluate --json FILE` wrote."""
    try:
        report = _read(path)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{path}: {error}\n")
        return 1
    deps = build_deps(settings)
    async with running(deps):
        await quality.publish_report(report, now=deps.clock())
    sys.stdout.write("Published; see /quality.\n")
    return 0


def _read(path: Path) -> Any:
    text = path.read_text("utf-8")
    if len(text) > quality.MOST_SIZE:
        raise quality.NoReport("too large for a report")
    report = json.loads(text)
    quality.check_report(report)
    return report
