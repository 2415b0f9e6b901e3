"""Pytest's entry: loads the fixtures, and with them the application, only in processes that run tests."""

from __future__ import annotations

import gc
import os
from collections.abc import MutableMapping

import pytest

gc.disable()
SITE_SERVER = ("MEILI_URL", "MEILI_KEY", "MEILI_PREFIX")
"""What tells the site which search server is its own; tests may have one by TEST_MEILI_URL."""


def forget_site_server(environ: MutableMapping[str, str]) -> None:
    """Remove the site's search server from the environment, so that no test reaches it."""
    for name in SITE_SERVER:
        environ.pop(name, None)


forget_site_server(os.environ)


def pytest_configure(config: pytest.Config) -> None:
    """Load the fixtures, except in the xdist controller, which only hands out tests."""
    if config.getoption("dist", "no") == "no":
        config.pluginmanager.import_plugin("tests.fixtures")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest tests, so that no worker waits for another's at the end."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def pytest_collection_finish() -> None:
    """Leave what was loaded out of every later collection of garbage: it stays until the end."""
    gc.collect()
    gc.freeze()
    gc.enable()
    gc.set_threshold(200_000, 20, 100)
