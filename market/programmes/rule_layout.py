"""The fields of a rule set's form, and how they are laid out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from market.kit.i18n import Lazy, lazy
from market.kit.i18n import gettext as _
from market.programmes import rule_values as words
from market.programmes.rule_files import allowed_orders
from market.programmes.rule_values import ABSENT, Kind, show_value
from market.programmes.texts import FACTS

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


class Layout:
    """Lays out parts of one rule file that has passed the schema."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        self.content = content
        self.clause_words = {
            name: f"{clause.document} {clause.article}（{clause.summary}）"
            for name in content["clauses"]
            if (clause := self.clause(name)) is not None
        }

    def clause(self, name: Any) -> RuleClause | None:
        raw = self.content["clauses"].get(name)
        if raw is None:
            return None
        document = raw.get("document", self.content["source"]["document"])
        return RuleClause(document, raw["article"] or "", raw["summary"])

    def one(self, path: Path, label: Words, kind: Kind = Kind.TEXT, **options: Any) -> RuleField:
        value = value_at(self.content, path)
        fact, test = options.get("fact", ""), options.get("test", "")
        text = show_value(kind, value, fact=fact, test=test, orders=allowed_orders())
        return RuleField(path, label, kind, value, text, **options)

    def clause_field(self, path: Path, blank: str = "refuse") -> RuleField:
        name = value_at(self.content, (*path, "clause"))
        options = self.clause_words
        if name is not ABSENT and name not in options:
            options = {**options, name: _("（已去掉的条款 %(name)s）", name=name)}
        return self.one((*path, "clause"), lazy("依据的条款"), Kind.CHOICE, options=options, blank=blank)

    def optional(self, path: Path, label: Words, template: str) -> tuple[Act, ...]:
        """Return the act that adds a part, or the one that takes it away."""
        if value_at(self.content, path) is ABSENT:
            return (Act(f"add.{name_of(path)}", _("加：%(what)s", what=label), path, template),)
        return (Act(f"drop.{name_of(path)}", _("去掉：%(what)s", what=label), path),)

    def listed(
        self,
        path: Path,
        title: Words,
        template: str,
        item: Callable[[Path, Words], RuleGroup],
        least: int = 0,
    ) -> RuleGroup:
        """Return a list of like parts as a group, with the act that adds one."""
        items = value_at(self.content, path)
        rows = [] if items is ABSENT else items
        groups = []
        for at in range(len(rows)):
            group = item((*path, at), title)
            drop = Act(f"drop.{name_of((*path, at))}", lazy("去掉这一项"), (*path, at))
            groups.append(replace(group, acts=(*group.acts, drop)) if len(rows) > least else group)
        act = Act(f"add.{name_of(path)}", _("加一项：%(what)s", what=title), path, template)
        return RuleGroup(title, path, groups=tuple(groups), acts=(act,))

    def _condition(self, path: Path, _title: Words) -> RuleGroup:
        raw = value_at(self.content, path)
        fields = [self.one((*path, "text"), lazy("条件的文字"))]
        parts = [(*path, "any_of", at) for at in range(len(raw["any_of"]))] if "any_of" in raw else [path]
        for part in parts:
            fields += self._compared(part)
        if "override" in raw:
            fields += self._override(path, raw.get("test", "is"))
        fields += [
            self.one(
                (*path, "only_for"),
                lazy("只对这些合同"),
                Kind.CHOICES,
                options=words.CONTRACT_KINDS,
                blank="drop",
            ),
            self.one((*path, "reason"), lazy("不满足时怎么说"), blank="drop"),
            self.one((*path, "remedy"), lazy("怎样补救"), blank="drop"),
            self.one((*path, "evidence"), lazy("须附的材料（一行一种）"), Kind.LINES, blank="drop"),
            self.one((*path, "name"), lazy("代号")),
            self.clause_field(path, blank="drop"),
        ]
        acts = self.optional((*path, "override"), lazy("另一种情形的取值"), "override")
        clause = self.clause(raw.get("clause", "caps" if "caps" in path else None))
        return RuleGroup(raw["text"], path, clause, tuple(fields), acts=() if "any_of" in raw else acts)

    def _compared(self, path: Path) -> list[RuleField]:
        raw = value_at(self.content, path)
        return [
            self.one((*path, "fact"), lazy("事实"), Kind.CHOICE, options=fact_options(raw["fact"])),
            self.one((*path, "test"), lazy("比较"), Kind.CHOICE, options=words.TESTS),
            self.one(
                (*path, "value"), lazy("取值（金额按万元）"), Kind.VALUE, fact=raw["fact"], test=raw["test"]
            ),
        ]

    def _override(self, path: Path, test: str) -> list[RuleField]:
        own, path = value_at(self.content, path), (*path, "override")
        raw = value_at(self.content, path)
        return [
            self.one(
                (*path, "fact"), lazy("另一种情形：事实"), Kind.CHOICE, options=fact_options(raw["fact"])
            ),
            self.one((*path, "is"), lazy("另一种情形：是"), Kind.VALUE, fact=raw["fact"], test="is"),
            self.one((*path, "value"), lazy("另一种情形：取值"), Kind.VALUE, fact=own["fact"], test=test),
        ]


def fact_options(present: str) -> dict[str, Words]:
    """Return the facts that may be compared, with the one that stands there now."""
    return {**FACTS, present: FACTS.get(present, present)}
