"""Files that only their owner reads, from their first byte on."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TextIO


def open_private(path: Path) -> TextIO:
    """Open a text file for writing that nobody but its owner reads; what it held is gone."""
    make_private(path)
    return path.open("w", encoding="utf-8")


def make_private(path: Path) -> None:
    """Make an empty file that nobody but its owner reads, or make an existing one so."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
    path.chmod(0o600)
