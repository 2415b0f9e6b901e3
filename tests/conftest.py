"""Pytest's entry: loads the fixtures, and with them the application, only in processes that run tests."""

from __future__ import annotations

import gc

import pytest

gc.disable()


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
