"""`python -m market assess`: compute claims read from JSON lines, for other systems and for audits.

One line is printed for each line read, in their order, without touching the database. Exit status: 0;
1 if a line could not be read; 2 if the call was refused, and then nothing is printed.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any, NoReturn

from market.programmes.engine import assess
from market.programmes.facts import FactsError, read_facts
from market.programmes.rule_files import VersionError, find_terms, version_for
from market.programmes.rule_terms import TermError, Terms


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    arguments = _parser().parse_args(argv)
    try:
        call = prepare(arguments.programme, arguments.term)
        source = sys.stdin.buffer if arguments.facts == "-" else open(arguments.facts, "rb")  # noqa: SIM115
    except (VersionError, TermError, OSError) as refusal:
        print(f"market assess: {refusal}", file=sys.stderr)  # noqa: T201
        return 2
    with source:
        return write(source, sys.stdout.buffer, call)


@dataclass(frozen=True, slots=True)
class Call:
    """The versions and the rate that a call computes with."""

    versions: Sequence[Terms]
    is_explicit: bool
    """Whether the version was named, and so is computed for any year."""
    refused: Mapping[str, str]
    """Why lines that fall under a version cannot be computed, by version."""


def prepare(programme: str, arguments: Sequence[str]) -> Call:
    """Find the versions a call may use, with the rate it gives.

    Raises:
        VersionError: there is no such programme or version.
        TermError: no version takes what was given, or one lacks the rate it needs.
    """
    rate = _rate(arguments)
    versions = find_terms(programme)
    usable, refused = [], {}
    for terms in versions:
        try:
            usable.append(terms if rate is None else terms.with_rate(rate))
        except TermError as refusal:
            usable.append(terms)
            refused[terms.version] = str(refusal)
    if len(refused) == len(versions):
        raise TermError("；".join(refused.values()))
    for terms in usable:
        if terms.needs_rate and terms.version not in refused:
            raise TermError(f"{terms.programme}@{terms.version} 须以 --term rate_basis_points=N 给出比例")
    return Call(usable, "@" in programme, refused)


def write(source: IO[bytes], target: IO[bytes], call: Call) -> int:
    """Compute line by line; a line that cannot be read does not stop the others."""
    status = 0
    for number, raw in _numbered(source):
        try:
            result = _computed(raw, call)
        except (FactsError, VersionError, TermError) as fault:
            result = {"line": number, "error": str(fault)}
            status = 1
        printed = json.dumps(result, ensure_ascii=False)
        target.write(printed.encode("utf-8", "backslashreplace") + b"\n")
    target.flush()
    return status


def _computed(raw: bytes, call: Call) -> dict[str, Any]:
    facts = read_facts(_parsed(raw))
    terms = call.versions[0] if call.is_explicit else version_for(call.versions, facts.year)
    if terms.version in call.refused:
        raise TermError(call.refused[terms.version])
    return assess(facts, terms).to_json()


def _parsed(raw: bytes) -> object:
    try:
        return json.loads(raw.decode("utf-8"), parse_constant=_refuse_constant)
    except UnicodeDecodeError:
        raise FactsError("不是 UTF-8") from None
    except RecursionError:
        raise FactsError("嵌套过深") from None
    except ValueError as fault:
        raise FactsError(f"不是 JSON：{fault}") from None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _numbered(source: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    for number, raw in enumerate(source, start=1):
        line = raw.removeprefix(b"\xef\xbb\xbf") if number == 1 else raw
        yield number, line.rstrip(b"\r\n")


def _rate(arguments: Sequence[str]) -> int | None:
    rate = None
    for term in arguments:
        name, equals, value = term.partition("=")
        if name != "rate_basis_points" or not equals:
            raise TermError(f"不认识的参数 {term}")
        if not (value.isascii() and value.isdigit() and len(value) <= 5):
            raise TermError(f"rate_basis_points 应为 0 到 10000 的整数，而非“{value}”")
        rate = int(value)
    return rate


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="market assess", description="Compute claims from JSON lines under one rule set."
    )
    parser.add_argument("--programme", required=True, metavar="SLUG[@VERSION]")
    parser.add_argument("--term", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("facts", metavar="FACTS.jsonl", help="a file, or - for standard input")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
