"""What must stay true of the project as a whole."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tortoise import Tortoise
from tortoise.context import get_current_context
from tortoise.fields import Field
from tortoise.migrations.autodetector import MigrationAutodetector
from tortoise.migrations.migration import Migration
from tortoise.migrations.operations import AddField

from market.kit.database import connection
from market.kit.templating import environment
from market.tables import TORTOISE_ORM

ROOT = Path(__file__).parent.parent
TEMPLATES = sorted((ROOT / "templates").rglob("*.*"))
HAN = re.compile(r"[\u4e00-\u9fff]+")
constraints = importlib.import_module("market.migrations.0002_constraints")
money = importlib.import_module("market.migrations.0005_money_rooms")


async def test_no_change_of_a_model_lacks_its_migration() -> None:
    context = get_current_context()
    apps = context.apps if context else Tortoise.apps
    assert apps is not None

    writers = await MigrationAutodetector(apps, TORTOISE_ORM["apps"]).changes()

    assert writers == []


@pytest.mark.parametrize("name", constraints.CHECKS | money.CHECKS)
async def test_the_database_has_each_check(name: str) -> None:
    table = (constraints.CHECKS | money.CHECKS)[name][0]

    rows = await connection().execute_query_dict(
        "SELECT 1 FROM pg_constraint WHERE conname = $1 AND conrelid = $2::regclass AND contype = 'c'",
        [name, table],
    )

    assert rows


@pytest.mark.parametrize("name", constraints.UNIQUE | money.UNIQUE)
async def test_the_database_has_each_partial_unique_index(name: str) -> None:
    rows = await connection().execute_query_dict(
        "SELECT 1 FROM pg_indexes WHERE indexname = $1 AND indexdef LIKE 'CREATE UNIQUE%'", [name]
    )

    assert rows


@pytest.mark.parametrize("table", [*constraints.APPEND_ONLY, "programme_terms"])
async def test_the_database_guards_what_is_never_edited(table: str) -> None:
    rows = await connection().execute_query_dict(
        "SELECT 1 FROM pg_trigger WHERE tgrelid = $1::regclass AND NOT tgisinternal", [table]
    )

    assert rows


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: str(p.relative_to(ROOT)))
def test_each_template_compiles(path: Path) -> None:
    environment().get_template(str(path.relative_to(ROOT / "templates")))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_word_of_a_template_goes_through_gettext(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    text = re.sub(r"\{#.*?#\}", "", text, flags=re.S)
    text = re.sub(r"\{%-?\s*trans.*?endtrans\s*-?%\}", "", text, flags=re.S)
    text = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", _without_translated, text, flags=re.S)

    assert HAN.findall(text) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_template_breaks_the_content_security_policy(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    assert not re.search(r"\sstyle=|\son(click|change|submit|load)=|<script(?![^>]*\bsrc=)|<style", text)


def _without_translated(found: re.Match[str]) -> str:
    return re.sub(r"""_\(\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""", "", found[0])


def test_a_new_column_says_what_it_holds_in_rows_that_are_there() -> None:
    silent = [
        f"{name}: {operation.model_name}.{operation.name}"
        for name, migration in _migrations()
        for operation in migration.operations
        if isinstance(operation, AddField) and isinstance(operation.field, Field)
        if not operation.field.null and not operation.field.has_db_default()
    ]

    assert silent == []


def _migrations() -> Iterator[tuple[str, type[Migration]]]:
    for path in sorted((ROOT / "market" / "migrations").glob("0*.py")):
        yield path.stem, importlib.import_module(f"market.migrations.{path.stem}").Migration
