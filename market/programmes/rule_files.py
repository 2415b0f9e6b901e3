"""Read rule files, refuse bad ones, and find the version that is in force.

A version is valid from 1 January of its year until the next version of its programme begins, else
open-ended; the deciding day is 31 December of the claim's year.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, ValidationError

from market.programmes.conditions import reader
from market.programmes.facts import ContractFacts, Facts
from market.programmes.rule_terms import Terms, compile_terms

HERE = Path(__file__).parent
FOLDER = HERE / "rules"


Place = tuple[str | int, ...]
"""The steps from the top of a rule file to one of its parts."""


class RulesError(ValueError):
    """Raised for an invalid rule file; `problems` holds one sentence for each fault, with its place."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("；".join(problems))
        self.problems = tuple(problems)


class VersionError(LookupError):
    """Raised when there is no such programme or version, or none in force in that year."""


def read_terms(content: Mapping[str, Any]) -> Terms:
    """Check a rule file against the schema and the engine, and compile it.

    Raises:
        RulesError: it does not pass.
    """
    problems = [f"{fault.json_path}: {fault.message}" for fault in schema_faults(content)]
    problems = problems or [words for _place, words in engine_faults(content)]
    if problems:
        raise RulesError(problems)
    return compile_terms(content)


def schema_faults(content: Any) -> list[ValidationError]:
    """Return what the schema refuses, by place."""
    return sorted(_validator().iter_errors(content), key=lambda fault: fault.json_path)


@cache
def shipped() -> tuple[Terms, ...]:
    """Return every rule set that comes with the product, by programme and version."""
    files = sorted(FOLDER.glob("*.json"))
    terms = [read_terms(json.loads(file.read_text(encoding="utf-8"))) for file in files]
    return tuple(sorted(terms, key=lambda terms: (terms.programme, terms.valid_from)))


def versions_of(programme: str, among: Sequence[Terms] | None = None) -> list[Terms]:
    """Return the versions of a programme, oldest first.

    Raises:
        VersionError: there is no such programme.
    """
    versions = [terms for terms in (shipped() if among is None else among) if terms.programme == programme]
    if not versions:
        raise VersionError(f"没有政策“{programme}”")
    return sorted(versions, key=lambda terms: terms.valid_from)


def version_for(versions: Sequence[Terms], year: int) -> Terms:
    """Return the version in force on 31 December of a claim's year.

    Raises:
        VersionError: the programme had not begun.
    """
    in_force = [terms for terms in versions if terms.valid_from <= date(year, 12, 31)]
    if not in_force:
        raise VersionError(f"{year} 年没有生效的版本")
    return max(in_force, key=lambda terms: terms.valid_from)


def find_terms(name: str, among: Sequence[Terms] | None = None) -> list[Terms]:
    """Return what `SLUG` or `SLUG@VERSION` names: all versions, or that one alone.

    Raises:
        VersionError: there is none.
    """
    programme, at, version = name.partition("@")
    versions = versions_of(programme, among)
    if at:
        versions = [terms for terms in versions if terms.version == version]
        if not versions:
            raise VersionError(f"政策“{programme}”没有版本“{version}”")
    return versions


def in_force(year: int, among: Sequence[Terms] | None = None) -> list[Terms]:
    """Return each programme's version of a year, programmes that had not begun left out."""
    candidates = shipped() if among is None else among
    latest: dict[str, Terms] = {}
    for terms in sorted(candidates, key=lambda terms: terms.valid_from):
        if terms.valid_from <= date(year, 12, 31):
            latest[terms.programme] = terms
    return list(latest.values())


def translatable_strings(content: Mapping[str, Any]) -> Iterator[str]:
    """Yield the sentences of a rule file that a page shows, for the catalogues."""
    shown_keys = {"title", "text", "reason", "remedy", "summary", "document", "note", "clawback", "name"}
    for key, value in content.items():
        if isinstance(value, str) and key in shown_keys and not value.isascii():
            yield value
        elif isinstance(value, Mapping):
            yield from translatable_strings(value)
        elif isinstance(value, list):
            for item in value:
                if isinstance(item, Mapping):
                    yield from translatable_strings(item)
                elif key in {"assumptions", "evidence", "excludes"}:
                    yield item


@cache
def _schema() -> dict[str, Any]:
    read: dict[str, Any] = json.loads((HERE / "rules.schema.json").read_text(encoding="utf-8"))
    return read


def allowed_orders() -> list[list[str]]:
    """Return the orders of computation that a rule file may name."""
    orders: list[list[str]] = _schema()["properties"]["order"]["enum"]
    return orders


def property_order() -> list[str]:
    """Return the parts of a rule file in the order in which people read one."""
    return list(_schema()["properties"])


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(_schema())


def engine_faults(content: Mapping[str, Any]) -> Iterator[tuple[Place, str]]:
    """Yield what a schema cannot find: unknown clauses and facts, invalid dates, brackets with gaps."""
    clauses = set(content["clauses"])
    try:
        date.fromisoformat(content["valid_from"])
    except ValueError:
        yield ("valid_from",), "valid_from: 没有这一天"
    for place, node in _nodes(content):
        clause = node.get("clause")
        if clause is not None and clause not in clauses:
            yield (*place, "clause"), f"没有条款“{clause}”"
        if "fact" in node and node is not content["base"]:
            for words in _fact_problems(node):
                yield (*place, "value" if "value" in node else "fact"), words
    if sum(content["procedure"]["instalments"]) != 10_000:
        yield ("procedure", "instalments"), "procedure.instalments: 各期之和应为 10000"
    for at, case in enumerate(content["rates"][:-1]):
        if "when" not in case:
            yield ("rates", at, "name"), "rates: 只有最后一项可以没有 when"
    if "when" in content["rates"][-1]:
        yield ("rates", len(content["rates"]) - 1, "name"), "rates: 最后一项应没有 when"
    for at, case in enumerate(content["rates"]):
        if isinstance(case["rate"], dict):
            for words in _bracket_problems(case["rate"], content):
                yield ("rates", at, "rate"), words


def _nodes(node: Any, place: Place = ()) -> Iterator[tuple[Place, Mapping[str, Any]]]:
    if isinstance(node, Mapping):
        yield place, node
        for key, value in node.items():
            yield from _nodes(value, (*place, key))
    elif isinstance(node, list):
        for at, value in enumerate(node):
            yield from _nodes(value, (*place, at))


def _fact_problems(node: Mapping[str, Any]) -> Iterator[str]:
    names = [node["fact"], *([node["value"]] if node.get("test") == "at_most_fact" else [])]
    for name in names:
        try:
            reader(name)(Facts(year=1), ContractFacts(), None)
        except AttributeError:
            yield f"没有事实“{name}”"
    test, value = node.get("test"), node.get("value")
    amounts = {"at_least", "more_than", "at_most", "less_than"}
    if test in amounts and isinstance(value, str):
        try:
            date.fromisoformat(value)
        except ValueError:
            yield f"{node['fact']}: 没有“{value}”这一天"
    fits = {
        "within": str,
        "outside": str,
        "by_year": int,
        "in_years": list,
        "in": list,
        "not_in": list,
        "at_most_fact": str,
    }
    if test in fits and not isinstance(value, fits[test]):
        yield f"{node['fact']}: {test} 的取值类型不对"


def _bracket_problems(rate: Mapping[str, Any], content: Mapping[str, Any]) -> Iterator[str]:
    kind = "slab" if "slab" in rate else "marginal" if "marginal" in rate else None
    if kind is None:
        return
    brackets = rate[kind]
    edges = [bracket["to"] for bracket in brackets]
    if None in edges[:-1] or any(
        low >= high for low, high in pairwise(edge for edge in edges if edge is not None)
    ):
        yield f"{kind}: 分档上界应递增，只有最后一档可以不封顶"
        return
    if kind == "marginal":
        return
    for low, high in pairwise(brackets):
        if low["to"] != high["from"] or low["to_included"] == high["from_included"]:
            yield "slab: 相邻分档应首尾相接，界点只属于一档"
    last = brackets[-1]
    refused = {"at_most" if last["to_included"] else "less_than"}
    base = content["base"]["fact"]
    guarded = any(
        node.get("test") in refused and node.get("value") == last["to"] and node.get("fact") in {"base", base}
        for _place, node in _nodes(content["conditions"] + content["applicant"]["conditions"])
    )
    if last["to"] is not None and not guarded:
        yield "slab: 最后一档以上未载，须有一项条件予以排除"
