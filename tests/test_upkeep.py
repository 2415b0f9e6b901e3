"""What must stay true of the project as a whole."""

from __future__ import annotations

import importlib
import json
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from tortoise import Tortoise
from tortoise.context import get_current_context
from tortoise.fields import Field
from tortoise.migrations.autodetector import MigrationAutodetector
from tortoise.migrations.migration import Migration
from tortoise.migrations.operations import AddField, RunSQL
from tortoise.migrations.schema_generator.state import State
from tortoise.migrations.schema_generator.state_apps import StateApps
from tortoise.models import Model

from market.app import create_app
from market.deps import Deps
from market.kit.compiled_templates import compiled_for
from market.kit.database import connection
from market.kit.migrating import Undrawn
from market.kit.templating import environment
from market.records.decisions import SecondPerson
from market.settings import rules
from market.tables import TORTOISE_ORM, IncompatibleDatabase, refuse_foreign_history
from tests.databases import run_as_owner

ROOT = Path(__file__).parent.parent
TEMPLATES = sorted((ROOT / "templates").rglob("*.*"))
PAGES = [path for path in TEMPLATES if path.suffix == ".html"]
MACROS = {
    name
    for path in (ROOT / "templates" / "macros").iterdir()
    for name in re.findall(r"\{% macro (\w+)\(", path.read_text(encoding="utf-8"))
}
STATIC = sorted([*(ROOT / "static" / "css").iterdir(), *(ROOT / "static" / "js").iterdir()])
MACRO_IMPORT = re.compile(r"\s*from [\"'][^\"']+[\"'] import (.*?)(?: with context)?\s*$", re.DOTALL)
"""A block of a template that imports macros."""
HAN = re.compile(r"[\u4e00-\u9fff]+")


class _Detector(MigrationAutodetector):
    """The library's own, which here draws no models on the way to what the migrations lead to."""

    async def _project_state(self) -> State:
        state = Undrawn({}, StateApps())
        for key in self._full_plan():
            for operation in self.loader.graph.nodes[key].operations:  # type: ignore[union-attr]
                operation.state_forward(key.app_label, state)
        return state


async def test_no_change_of_a_model_lacks_its_migration() -> None:
    context = get_current_context()
    apps = context.apps if context else Tortoise.apps
    assert apps is not None

    writers = await _Detector(apps, TORTOISE_ORM["apps"]).changes()

    assert writers == []


def test_migrations_are_one_chain_in_the_order_of_their_numbers() -> None:
    paths = sorted((ROOT / "market" / "migrations").glob("0*.py"))
    pattern = re.compile(r'dependencies = \[\("market", "(\w+)"\)\]')

    predecessors = [pattern.search(path.read_text(encoding="utf-8")) for path in paths]

    assert [int(path.stem[:4]) for path in paths] == list(range(1, len(paths) + 1))
    assert [match and match[1] for match in predecessors] == [None, *(path.stem for path in paths[:-1])]


async def test_the_database_has_all_that_the_migrations_name_and_nothing_is_switched_off() -> None:
    rows = await connection().execute_query_dict(
        "SELECT 'constraint' AS kind, conname AS name, conrelid::regclass::text AS place FROM pg_constraint "
        "WHERE convalidated UNION ALL SELECT 'unique index', indexname, tablename FROM pg_indexes "
        "WHERE indexdef LIKE 'CREATE UNIQUE%' UNION ALL SELECT 'index', indexname, tablename FROM pg_indexes "
        "UNION ALL SELECT 'trigger', tgname, tgrelid::regclass::text FROM pg_trigger "
        "WHERE NOT tgisinternal AND tgenabled = 'O' UNION ALL SELECT 'function', proname, '' FROM pg_proc "
        "UNION ALL SELECT 'refusal', (regexp_matches(prosrc, 'CONSTRAINT = ''(\\w+)''', 'g'))[1], '' "
        "FROM pg_proc WHERE proname LIKE 'market%'"
    )
    there = {(row["kind"], row["name"], row["place"]) for row in rows}

    named = set(_named(_statements()))

    assert named - there == set()
    assert len(named) > 100


def test_what_migrations_name_is_found_in_their_statements() -> None:
    statements = [
        "ALTER TABLE a ADD CONSTRAINT a_amount CHECK (amount > 0)",
        "CREATE TRIGGER a_guard BEFORE INSERT ON a FOR EACH ROW EXECUTE FUNCTION market_a()",
        "CREATE UNIQUE INDEX a_one ON a (b) WHERE c",
        "CREATE FUNCTION market_a() RETURNS trigger AS $$ RAISE x USING CONSTRAINT = 'a_within' $$",
        "ALTER TABLE a DROP CONSTRAINT a_amount",
        "DROP TRIGGER a_guard ON a",
    ]

    assert set(_named(statements)) == {
        ("unique index", "a_one", "a"),
        ("function", "market_a", ""),
        ("refusal", "a_within", ""),
    }


def test_each_template_compiles(deps: Deps) -> None:
    create_app(deps)  # templates know its addresses: what is compiled here is kept for its pages
    for path in TEMPLATES:
        compiled_for(environment(), "zh-Hans").get_template(str(path.relative_to(ROOT / "templates")))


def test_every_word_of_a_template_goes_through_gettext() -> None:
    untranslated = {}
    for path in TEMPLATES:
        text = path.read_text(encoding="utf-8")
        text = re.sub(r"\{#.*?#\}", "", text, flags=re.S)
        text = re.sub(r"\{%-?\s*trans.*?endtrans\s*-?%\}", "", text, flags=re.S)
        text = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", _without_translated, text, flags=re.S)
        if words := HAN.findall(text):
            untranslated[str(path)] = words

    assert untranslated == {}


def test_no_template_breaks_the_content_security_policy() -> None:
    forbidden = re.compile(r"\sstyle=|\son(click|change|submit|load)=|<script(?![^>]*\bsrc=)|<style")

    assert [path for path in TEMPLATES if forbidden.search(path.read_text(encoding="utf-8"))] == []


def test_a_template_imports_the_macros_it_calls_and_no_others() -> None:
    wrong = {}
    for path in PAGES:
        source = re.sub(r"\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        blocks = re.findall(r"\{[{%]-?(.*?)-?[}%]\}", source, re.DOTALL)
        imports = [match[1] for block in blocks if (match := MACRO_IMPORT.match(block))]
        imported = {name.split(" as ")[-1].strip() for names in imports for name in names.split(",")}
        calls = "\n".join(block for block in blocks if not MACRO_IMPORT.match(block))
        own = set(re.findall(r"\bmacro (\w+)\(", calls))
        called = set(re.findall(r"(?<![\w.|])(?<!\| )(?<!macro )\b(\w+)\(", calls))
        unused, missing = imported - called, (called & MACROS) - imported - own
        if unused or missing:
            wrong[str(path)] = (unused, missing)

    assert wrong == {}


def test_no_module_but_migrations_has_over_four_hundred_lines() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for path in (ROOT / "market").rglob("*.py")
        if "migrations" not in path.parts
    }

    assert {name: length for name, length in lengths.items() if length > 400} == {}


@pytest.mark.parametrize("layout", [page for page in PAGES if page.name == "base.html"], ids=str)
def test_no_page_names_a_macro_as_its_layout_names_a_variable(layout: Path) -> None:
    source = layout.read_text(encoding="utf-8")
    variables = set(re.findall(r"\{% set (\w+)", source))
    pages = {page: set(re.findall(r"\{% macro (\w+)\(", page.read_text(encoding="utf-8"))) for page in PAGES}

    assert {page.name: names & variables for page, names in pages.items() if names & variables} == {}


def test_a_template_has_readable_lines() -> None:
    templates = {str(path): path.read_text(encoding="utf-8").splitlines() for path in TEMPLATES}

    assert {path: len(lines) for path, lines in templates.items() if len(lines) > 250} == {}
    assert {path: line for path, lines in templates.items() for line in lines if len(line) > 120} == {}


def test_a_loop_of_a_template_names_what_it_holds() -> None:
    nameless = re.compile(r"\{%-?\s*for\s+(?:\w+,\s*)?(?:one|each|it|them|that)\s+in\b.*?%\}")
    loops = {str(path): nameless.findall(path.read_text(encoding="utf-8")) for path in TEMPLATES}

    assert {path: written for path, written in loops.items() if written} == {}


@pytest.mark.parametrize("path", STATIC, ids=lambda p: p.name)
def test_a_style_sheet_or_script_has_readable_lines(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()

    assert max(map(len, lines)) <= 120
    assert [line for line in lines if path.suffix == ".css" and re.search(r"\}\s*[^\s}]", line)] == []


_LITERAL = r"""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
_TRANSLATED = re.compile(rf"_\(\s*{_LITERAL}(\s*{_LITERAL})*")


def _without_translated(match: re.Match[str]) -> str:
    return _TRANSLATED.sub("", match[0])


def test_a_new_column_says_what_it_holds_in_rows_that_are_there() -> None:
    silent = [
        f"{name}: {operation.model_name}.{operation.name}"
        for name, migration in _migrations()
        for operation in migration.operations
        if isinstance(operation, AddField) and isinstance(operation.field, Field)
        if not operation.field.null and not operation.field.has_db_default()
    ]

    assert silent == []


def test_migrations_import_nothing_that_may_change() -> None:
    for path in (ROOT / "market" / "migrations").glob("0*.py"):
        assert "from market" not in path.read_text(encoding="utf-8"), path.name


async def test_the_database_refuses_a_decision_by_the_proposer_in_every_table_that_has_one() -> None:
    tables = {model._meta.db_table for model in _subclasses(SecondPerson) if not model._meta.abstract}
    rows = await connection().execute_query_dict(
        "SELECT conrelid::regclass::text AS name FROM pg_constraint "
        "WHERE conname = conrelid::regclass::text || '_second_person'"
    )

    assert {row["name"] for row in rows} == tables


async def test_a_database_of_another_history_is_refused_and_says_what_to_do() -> None:
    await run_as_owner(
        "INSERT INTO tortoise_migrations (app, name, applied_at) VALUES ('market', '0001_initial', now())"
    )

    with pytest.raises(IncompatibleDatabase, match="0001_initial"):
        await refuse_foreign_history()


def _subclasses(model: type[Model]) -> Iterator[type[Model]]:
    for subclass in model.__subclasses__():
        yield subclass
        yield from _subclasses(subclass)


_ADDED = {
    "constraint": r"ALTER TABLE (?P<place>\w+) ADD CONSTRAINT (?P<name>\w+)",
    "trigger": r"CREATE (?:CONSTRAINT )?TRIGGER (?P<name>\w+)\b.*?\bON (?P<place>\w+)",
    "unique index": r"CREATE UNIQUE INDEX (?P<name>\w+) ON (?P<place>\w+)",
    "index": r"CREATE INDEX (?P<name>\w+) ON (?P<place>\w+)",
    "function": r"CREATE (?:OR REPLACE )?FUNCTION (?P<name>\w+)(?P<place>)",
    "refusal": r"CONSTRAINT = '(?P<name>\w+)'(?P<place>)",
}
_DROPPED = re.compile(r"DROP (?:CONSTRAINT|TRIGGER|INDEX|FUNCTION) (?:IF EXISTS )?(\w+)")


def _named(statements: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """Give kind, name and table of all that these statements add and no later one drops."""
    places: dict[str, list[tuple[str, str, str]]] = {}
    for statement in statements:
        for name in _DROPPED.findall(statement):
            places.pop(name, None)
        for kind, pattern in _ADDED.items():
            for match in re.finditer(pattern, statement, re.S):
                places.setdefault(match["name"], []).append((kind, match["name"], match["place"]))
    return (place for alike in places.values() for place in alike)


def _statements() -> Iterator[str]:
    for _name, migration in _migrations():
        for operation in migration.operations:
            if isinstance(operation, RunSQL):
                yield str(operation.sql)


def _migrations() -> Iterator[tuple[str, type[Migration]]]:
    for path in sorted((ROOT / "market" / "migrations").glob("0*.py")):
        yield path.stem, importlib.import_module(f"market.migrations.{path.stem}").Migration


PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
NOT_IMPORTED = {
    "asyncpg": "the driver that tortoise-orm chooses by the address of the database",
    "python-multipart": "starlette reads forms with it",
}
"""Declared packages that no module of the market imports, each with its reason."""
COMMANDS = {"import-linter": "lint-imports"}
"""Names of commands that differ from their package's."""


def test_every_package_that_is_imported_is_declared() -> None:
    assert _imported(ROOT / "market") - _declared(PROJECT["project"]) == set()
    assert _imported(ROOT / "tests") - _declared(PROJECT["project"]) - _declared(PROJECT) == set()


def test_every_declared_package_is_imported_or_has_its_reason() -> None:
    declared, imported = _declared(PROJECT["project"]), _imported(ROOT / "market")

    assert declared - imported == set(NOT_IMPORTED)


def test_every_package_for_development_is_imported_by_tests_or_run_by_make() -> None:
    commands = (ROOT / "Makefile").read_text(encoding="utf-8")
    plugins = {"pytest-asyncio", "pytest-socket", "pytest-xdist"}
    servers = {"gunicorn"}  # which `tests/bench/pages.py` runs as a process
    tools = {name for name in _declared(PROJECT) if f"/{COMMANDS.get(name, name)}" in commands}

    unused = _declared(PROJECT) - _imported(ROOT / "tests") - tools - plugins - servers

    assert {name for name in unused if not name.startswith("types-")} == set()


def test_the_readme_has_a_reason_for_every_declared_package() -> None:
    section = (ROOT / "README.md").read_text(encoding="utf-8").split("## Dependencies")[1].split("\n## ")[0]
    rows = [line.split("|") for line in section.splitlines() if line.startswith("|")]
    explained = {name for row in rows if row[2].strip() for name in re.findall(r"[\w-]+", row[1])}

    assert _declared(PROJECT["project"]) - explained == set()


def test_every_module_and_test_that_the_security_notes_name_is_there() -> None:
    tables = [line for line in (ROOT / "SECURITY.md").read_text("utf-8").splitlines() if line.startswith("|")]
    names = {
        name
        for line in tables
        for name in re.findall(r"`([a-z0-9_]+(?:/[a-z0-9_]+)*)`", line)
        if "/" in name or name.startswith("test_")
    }
    folders = (ROOT / "market", ROOT / "tests")

    assert len(names) > 60
    assert {
        name
        for name in names
        if not any((folder / name).is_dir() or (folder / f"{name}.py").is_file() for folder in folders)
    } == set()


def _declared(table: dict[str, object]) -> set[str]:
    """Return the names of the packages that a table of pyproject.toml asks for."""
    groups: list[object] = [table.get("dependencies", [])]
    for key in ("optional-dependencies", "dependency-groups"):
        optional = table.get(key, {})
        assert isinstance(optional, dict)
        groups.extend(optional.values())
    return {
        _normal(re.split(r"[\[<>=!~ ;]", str(requirement))[0])
        for group in groups
        if isinstance(group, list)
        for requirement in group
    }


IMPORT = re.compile(r"^\s*(?:from (\w+)[\w.]* import |import (\w+)[\w.]*(?: as \w+)?$)", re.M)
IMPORT_BY_NAME = re.compile(r"""import_module\(\s*"(\w+)""")


def _imported(folder: Path) -> set[str]:
    """Return the names of the packages that the modules of a folder import, by statement or by name."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in folder.rglob("*.py"))
    modules = {module or other for module, other in IMPORT.findall(text)} | set(IMPORT_BY_NAME.findall(text))
    distributions = packages_distributions()
    return {
        _normal(distributions.get(module, [module])[0])
        for module in modules - sys.stdlib_module_names - {"market", "tests"}
    }


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_compose_hands_over_what_the_settings_know_and_the_example_names_what_it_asks_for() -> None:
    compose = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    settings = compose.split("x-settings:")[1].split("x-market:")[0]

    handed_over = set(re.findall(r"^  ([A-Z_]+):", settings, re.M))
    asked_for = set(re.findall(r"(?<!\$)\$\{([A-Z_]+)", compose)) - {"DEMO"}

    assert handed_over - set(rules()) == {"PORT", "FORWARDED_ALLOW_IPS"}
    assert set(re.findall(r"^([A-Z_]+)=", example, re.M)) == asked_for


def test_the_image_runs_the_site_as_the_procfile_does() -> None:
    procfile = (ROOT / "Procfile").read_text(encoding="utf-8")
    web = re.search(r"^web: (.*)$", procfile, re.M)
    image = re.findall(r"^CMD (\[.*\])$", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.M)

    assert web is not None
    assert json.loads(image[-1]) == web[1].replace("$PORT", "8000").split()


def test_the_hooks_before_a_commit_run_the_tools_of_make_lint() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8").split("\nlint:")[1].split("\n\n")[0]
    hooks = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")

    tools = re.findall(r"^\t\$\(VENV\)/bin/([\w-]+(?: format| check)?)", makefile, re.M)

    assert re.findall(r"entry: \.venv/bin/([\w-]+(?: format| check)?)", hooks) == tools
