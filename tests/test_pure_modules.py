"""The modules of which `make coverage` asks every branch: they exist, and they are pure."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PURE: list[str] = PROJECT["tool"]["coverage"]["report"]["include"]
OUTSIDE = {"asyncio", "httpx", "os", "requests", "socket", "stripe", "subprocess", "time", "tortoise"}
"""Packages by which a module reaches a database, a network, a process or the clock."""
CLOCK = {"now", "utcnow", "today"}


@pytest.mark.parametrize("path", PURE)
def test_a_module_whose_every_branch_is_tested_touches_neither_database_nor_network_nor_clock(
    path: str,
) -> None:
    nodes = list(ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))))
    imported = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    imported |= {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}
    called = {
        node.func.attr
        for node in nodes
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }

    assert not {name.split(".")[0] for name in imported} & OUTSIDE
    assert "market.kit.database" not in imported
    assert not called & CLOCK
    assert not [node for node in nodes if isinstance(node, ast.AsyncFunctionDef | ast.Await)]


def test_the_list_of_pure_modules_is_sorted_and_names_each_once() -> None:
    assert sorted(set(PURE)) == PURE
