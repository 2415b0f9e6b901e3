"""Test sets with known answers, read from a folder."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

FILES = {
    "outcomes": "outcomes.jsonl",
    "known_item": "known_item.tsv",
    "topics": "topics.jsonl",
    "graded_needs": "graded_needs.jsonl",
    "graded_titles": "graded_titles.jsonl",
    "graded_pairs": "graded_pairs.tsv",
    "duplicate_needs": "duplicate_needs.jsonl",
}
"""Files by set; each may also end in .gz."""
STRONG = 2
"""Least grade of a relevant pair."""
Row = dict[str, Any]


class UnreadableSet(Exception):
    """A file cannot be parsed; names it and the line."""


@dataclass(frozen=True)
class AnswerSets:
    """The sets of a folder; one whose file is missing is empty."""

    rows: dict[str, list[Row]]
    missing: list[str] = field(default_factory=list)
    """Names of missing files."""

    @classmethod
    def read(cls, directory: Path) -> AnswerSets:
        """Read the existing files.

        Raises:
            UnreadableSet: a line cannot be read or lacks a column.
        """
        rows: dict[str, list[Row]] = {}
        missing = []
        for name, file in FILES.items():
            path = next(
                (
                    candidate
                    for candidate in (directory / file, directory / f"{file}.gz")
                    if candidate.is_file()
                ),
                None,
            )
            if path is None:
                missing.append(name)
            rows[name] = list(_rows(path, _NEEDED[name])) if path else []
        return cls(rows, missing)

    @property
    def has_graded(self) -> bool:
        return all(self.rows[name] for name in ("graded_needs", "graded_titles", "graded_pairs"))

    def grades(self) -> dict[str, dict[str, int]]:
        """Return the graded titles of each need that has a relevant one."""
        grades: dict[str, dict[str, int]] = {}
        for row in self.rows["graded_pairs"]:
            grades.setdefault(row["need_id"], {})[row["title_id"]] = int(row["grade"])
        return {need: titles for need, titles in grades.items() if max(titles.values()) >= STRONG}

    def known_items(self) -> dict[str, list[Row]]:
        """Return the known-item queries by kind."""
        kinds: dict[str, list[Row]] = {}
        for row in self.rows["known_item"]:
            kinds.setdefault(row["kind"], []).append(row)
        return kinds


_NEEDED: dict[str, Sequence[str]] = {
    "outcomes": ("id",),
    "known_item": ("kind", "hide_fields", "query", "relevant"),
    "topics": ("query", "relevant"),
    "graded_needs": ("id", "title"),
    "graded_titles": ("id", "terms"),
    "graded_pairs": ("need_id", "title_id", "grade"),
    "duplicate_needs": ("id", "title", "group"),
}


def _rows(path: Path, needed: Sequence[str]) -> Iterator[Row]:
    with _opened(path) as file:
        lines: Any = (
            csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
            if ".tsv" in path.name
            else (json.loads(line) for line in file if line.strip())
        )
        try:
            for number, row in enumerate(lines, 1):
                if lacking := [name for name in needed if not isinstance(row, dict) or name not in row]:
                    raise UnreadableSet(f"{path.name}, row {number}: no {', '.join(lacking)}")
                yield row
        except (ValueError, OSError, csv.Error) as error:
            raise UnreadableSet(f"{path.name}: {error}") from error


@contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    with (
        gzip.open(path, "rt", encoding="utf-8")
        if path.suffix == ".gz"
        else path.open(encoding="utf-8") as file
    ):
        yield file
