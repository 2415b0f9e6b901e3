"""Where Chromium is on this machine; run as a module it says how to get one."""

from __future__ import annotations

import os
import shutil
import sys

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def path() -> str | None:
    """Return the path of a Chromium, from CHROMIUM or the usual names."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    named = os.environ.get("CHROMIUM")
    return named or next((found for name in names if (found := shutil.which(name))), None)


if __name__ == "__main__":
    if path() is None:
        sys.stderr.write(
            "The browser tests need a Chromium and found none.\n"
            "Get it such as: apt-get install chromium fonts-noto-cjk, or name it: CHROMIUM=/path/to/it\n"
        )
        sys.exit(1)
