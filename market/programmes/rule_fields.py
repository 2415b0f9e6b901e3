"""The parts of a rule set's form: controls, the groups they stand in, and the acts on them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from market.kit.i18n import Lazy
from market.programmes.rule_values import ABSENT, Kind

Path = tuple[str | int, ...]
Words = str | Lazy


@dataclass(frozen=True)
class RuleClause:
    """The clause that a part of a rule set rests on."""

    document: str
    article: str
    summary: str


@dataclass(frozen=True)
class RuleField:
    """One control: a value of the rule file at `path`."""

    path: Path
    label: Words
    kind: Kind
    value: Any
    text: str
    """As it is shown; what comes back unchanged leaves the value as it was."""
    options: Mapping[str, Words] = field(default_factory=dict)
    blank: str = "refuse"
    """What an empty control means: `refuse`, `null`, or `drop` the part."""
    fact: str = ""
    test: str = ""
    unit: Words = ""

    @property
    def name(self) -> str:
        return name_of(self.path)


@dataclass(frozen=True)
class Act:
    """A button that changes which parts there are: adds one, or takes one away."""

    name: str
    label: Words
    path: Path
    template: str = ""
    """Name of what is put at the path; empty: the part is taken away."""


@dataclass(frozen=True)
class RuleGroup:
    """Fields that rest on one clause, and the groups inside."""

    title: Words
    path: Path = ()
    clause: RuleClause | None = None
    fields: tuple[RuleField, ...] = ()
    groups: tuple[RuleGroup, ...] = ()
    acts: tuple[Act, ...] = ()


def name_of(path: Path) -> str:
    """Return the name of a control, also where a fault of the file is shown."""
    return ".".join(("rule", *map(str, path)))


def value_at(content: Any, path: Path) -> Any:
    """Return a part of a rule file, or `ABSENT`."""
    for step in path:
        if not _has(content, step):
            return ABSENT
        content = content[step]
    return content


def _has(content: Any, step: str | int) -> bool:
    if isinstance(content, Mapping):
        return step in content
    return isinstance(content, list) and isinstance(step, int) and step < len(content)


def fields_in(groups: Sequence[RuleGroup]) -> Iterator[RuleField]:
    """Yield every field of the groups."""
    for group in groups:
        yield from group.fields
        yield from fields_in(group.groups)


def acts_in(groups: Sequence[RuleGroup]) -> Iterator[Act]:
    """Yield every act of the groups."""
    for group in groups:
        yield from group.acts
        yield from acts_in(group.groups)
