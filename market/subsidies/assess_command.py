"""`python -m market assess`: compute claims read from JSON lines, for other systems and for audits.

One line is printed for each line read, in their order, without touching the database. Exit status: 0;
1 if a line could not be read; 2 if the call was refused, and then nothing is printed.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from typing import IO, Any, NoReturn

from market.subsidies.engine import assess
from market.subsidies.facts import FactsError, read_facts
from market.subsidies.loading import VersionError, find_terms, version_for
from market.subsidies.terms import TermError, Terms


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    arguments = _parser().parse_args(argv)
    try:
        terms, refused = prepare(arguments.programme, arguments.term)
        source = sys.stdin.buffer if arguments.facts == "-" else open(arguments.facts, "rb")  # noqa: SIM115
    except (VersionError, TermError, OSError) as refusal:
        print(f"market assess: {refusal}", file=sys.stderr)  # noqa: T201
        return 2
    with source:
        return write(source, sys.stdout.buffer, terms, refused)


def prepare(programme: str, given: Sequence[str]) -> tuple[list[Terms], dict[str, str]]:
    """Return the versions a call may use, and why those it may not use are refused, by version.

    Raises:
        VersionError: there is no such programme or version.
        TermError: no version takes what was given, or one lacks the rate it needs.
    """
    rate = _rate(given)
    versions = find_terms(programme)
    usable, refused, first = [], {}, None
    for one in versions:
        try:
            usable.append(one if rate is None else one.with_rate(rate))
        except TermError as refusal:
            refused[one.version] = str(refusal)
            first = first or refusal
            usable.append(one)
    if first is not None and len(refused) == len(versions):
        raise first
    for one in usable:
        if one.needs_rate and one.version not in refused:
            raise TermError(f"{one.programme}@{one.version} 须以 --term rate_basis_points=N 给出比例")
    return usable, refused


def write(source: IO[bytes], target: IO[bytes], terms: Sequence[Terms], refused: dict[str, str]) -> int:
    """Compute line by line; a line that cannot be read does not stop the others."""
    status = 0
    for number, raw in _numbered(source):
        try:
            result = _computed(raw, terms, refused)
        except (FactsError, VersionError, TermError) as fault:
            result = {"line": number, "error": str(fault)}
            status = 1
        printed = json.dumps(result, ensure_ascii=False)
        target.write(printed.encode("utf-8", "backslashreplace") + b"\n")
    target.flush()
    return status


def _computed(raw: bytes, terms: Sequence[Terms], refused: dict[str, str]) -> dict[str, Any]:
    facts = read_facts(_parsed(raw))
    one = terms[0] if len(terms) == 1 else version_for(terms, facts.year)
    if one.version in refused:
        raise TermError(refused[one.version])
    return assess(facts, one).to_json()


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


def _rate(given: Sequence[str]) -> int | None:
    rate = None
    for term in given:
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
