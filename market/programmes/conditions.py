"""Conditions as data, compiled once into tests that answer true, false or *not known*.

A test is not known (`None`) only while the missing fact could still decide it: in a list of which one
must hold, a fact that holds decides; a missing field of technology decides nothing where the dates alone do.
An amount that is missing leaves its condition open, never failed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from operator import attrgetter
from typing import Any

from market.programmes import texts
from market.programmes.facts import ContractFacts, Facts
from market.programmes.texts import Text

Test = Callable[[Facts, ContractFacts, int | None], bool | None]
Read = Callable[[Facts, ContractFacts, int | None], Any]

REMARK = re.compile(r"（([ -~]+)）$")
NO_CONTRACT = ContractFacts()
CLAIM_FACTS = frozenset(
    {"granted_this_year", "vat_payable", "vat_paid", "registered_total", "brokered_total", "matched_award"}
)
MONEY_FACTS = CLAIM_FACTS | {
    "base",
    "contract_amount",
    "trade_amount",
    "paid_in_equity",
    "new_sales",
    "granted_for_outcome",
    "public_support",
    "sum",
}


@dataclass(frozen=True, slots=True)
class Clause:
    """Where a rule stands: the document, its article where known, and our own summary of it."""

    document: str
    article: str | None
    summary: str

    def __str__(self) -> str:
        article = f" {self.article}" if self.article else ""
        return f"{self.document}{article}（摘要：{self.summary}）"


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a set, with what a page says about it."""

    name: str
    clause: Clause
    text: str
    test: Test
    facts: tuple[str, ...]
    reads: tuple[Read, ...]
    remedy: str | None = None
    """What would make it met; without one the page repeats the condition."""
    reason: str | None = None
    """Why it failed, where the facts alone would not tell."""
    remark: str = ""
    """What `assess` adds to that reason for programs that look for it; no page shows it."""
    least: int | None = None
    """The amount it asks for, so that what is lacking can be told."""
    evidence: tuple[str, ...] = ()
    assumed: str | None = None
    """The value that counts where the first fact is missing; the finding is then met and tells it (假定)."""


@dataclass(frozen=True, slots=True)
class Finding:
    """How one condition stands: `met`, `failed` or `open` (待核).

    A condition that is met by an assumption alone has a reason, and no remedy.
    """

    condition: str
    state: str
    clause: str
    text: Text
    reason: Text | None
    remedy: Text | None
    evidence: tuple[str, ...] = ()
    remark: str = ""


def reader(fact: str) -> Read:
    """Return how to read a named fact; a flag that was never set reads as missing."""
    if fact == "base":
        return lambda facts, contract, base: base
    if fact == "new_sales":
        return lambda facts, contract, base: contract.new_sales.get(facts.year)
    if fact.startswith("applicant.flags."):
        flag = fact.removeprefix("applicant.flags.")
        return lambda facts, contract, base: facts.applicant.flags.get(flag)
    if fact.startswith("flags."):
        flag = fact.removeprefix("flags.")
        return lambda facts, contract, base: contract.flags.get(flag)
    get = attrgetter(fact)
    if fact.startswith("applicant.") or fact in CLAIM_FACTS:
        return lambda facts, contract, base: get(facts)
    return lambda facts, contract, base: get(contract)


def compile_condition(raw: Mapping[str, Any], clauses: Mapping[str, Clause]) -> Condition:
    """Compile one condition of a rule file."""
    parts = raw.get("any_of") or [raw]
    tests = [_test(part) for part in parts]
    facts = tuple(dict.fromkeys(fact for part in parts for fact in _facts_of(part)))
    first = parts[0]
    reason, remark = _reason(raw.get("reason"))
    return Condition(
        name=raw["name"],
        clause=clauses[raw["clause"]],
        text=raw["text"],
        test=tests[0] if len(tests) == 1 else _any(tests),
        facts=facts,
        reads=tuple(reader(fact) for fact in facts),
        remedy=raw.get("remedy"),
        reason=reason or (texts.NEITHER if len(parts) > 1 else None),
        remark=remark,
        least=first["value"] if len(parts) == 1 and first["test"] in {"at_least", "more_than"} else None,
        evidence=tuple(raw.get("evidence", ())),
    )


def _reason(words: str | None) -> tuple[str | None, str]:
    """Return the reason of a rule file without the remark in ASCII that may end it, and that remark."""
    remark = REMARK.search(words or "")
    return (words[: remark.start()], remark[1]) if words and remark else (words, "")


def make_finding(
    condition: Condition, state: bool | None, facts: Facts, contract: ContractFacts, base: int | None
) -> Finding:
    """Return the state of a condition and, unless it is met by a fact, the reason and the remedy."""
    reason = remedy = None
    if state and condition.assumed is not None and condition.reads[0](facts, contract, base) is None:
        value = texts.format_fact(condition.facts[0], condition.assumed, money=False)
        reason = Text(texts.ASSUMED, {"what": texts.named(condition.facts[0]), "value": value})
    elif state is None:
        missing = next(
            (
                fact
                for fact, read in zip(condition.facts, condition.reads, strict=True)
                if read(facts, contract, base) is None
            ),
            condition.facts[0],
        )
        reason = Text(texts.OPEN, {"what": texts.named(missing)})
        remedy = Text(texts.GIVE, {"what": texts.named(missing)})
    elif not state:
        reason = _why_failed(condition, facts, contract, base)
        remedy = _remedy(condition, facts, contract, base)
    return Finding(
        condition.name,
        "open" if state is None else "met" if state else "failed",
        str(condition.clause),
        Text(condition.text),
        reason,
        remedy,
        condition.evidence,
        condition.remark if state is False else "",
    )


def _why_failed(condition: Condition, facts: Facts, contract: ContractFacts, base: int | None) -> Text:
    if condition.reason:
        return Text(condition.reason)
    sentences = [
        Text(
            texts.FAILED,
            {
                "what": texts.named(fact),
                "actual": texts.format_fact(fact, read(facts, contract, base), money=fact in MONEY_FACTS),
            },
        )
        for fact, read in zip(condition.facts, condition.reads, strict=True)
    ]
    if len(sentences) > 1:
        return Text(texts.BOTH, {"first": sentences[0], "second": sentences[1]})
    return sentences[0]


def _remedy(condition: Condition, facts: Facts, contract: ContractFacts, base: int | None) -> Text:
    if condition.remedy:
        return Text(condition.remedy)
    if condition.least is not None and condition.facts[0] in MONEY_FACTS:
        gap = condition.least - condition.reads[0](facts, contract, base)
        if gap > 0:
            return Text(texts.GAP, {"gap": texts.wan(gap)})
    return Text(texts.MEET, {"text": Text(condition.text)})


def _facts_of(part: Mapping[str, Any]) -> tuple[str, ...]:
    facts = [part["fact"]]
    if part["test"] == "at_most_fact":
        facts.append(part["value"])
    if "override" in part:
        facts.append(part["override"]["fact"])
    return tuple(facts)


def _any(tests: list[Test]) -> Test:
    def holds(facts: Facts, contract: ContractFacts, base: int | None) -> bool | None:
        answers = [test(facts, contract, base) for test in tests]
        return True if True in answers else None if None in answers else False

    return holds


def _test(part: Mapping[str, Any]) -> Test:
    read, value = reader(part["fact"]), part["value"]
    if part["test"] == "at_most_fact":
        return _at_most_fact(read, reader(value))
    if part["test"] in {"in_years", "by_year"}:
        return _of_year(part["test"], read, value)
    compare = _comparison(part["test"], value)

    def test(facts: Facts, contract: ContractFacts, base: int | None) -> bool | None:
        fact = read(facts, contract, base)
        return None if fact is None else compare(fact)

    if "override" in part:
        return _overridden(test, part)
    if "only_for" in part:
        return _only_for(test, frozenset(part["only_for"]))
    return test


def _comparison(test: str, value: Any) -> Callable[[Any], bool]:
    if test == "is":
        return lambda fact: bool(fact == value)
    if test == "in":
        members = frozenset(value)
        return lambda fact: fact in members
    if test == "not_in":
        members = frozenset(value)
        return lambda fact: fact not in members
    if test == "within":
        return lambda fact: bool(fact.startswith(value))
    if test == "outside":
        return lambda fact: not fact.startswith(value)
    bound = date.fromisoformat(value) if isinstance(value, str) else value
    comparisons: dict[str, Callable[[Any], bool]] = {
        "at_least": lambda fact: bool(fact >= bound),
        "more_than": lambda fact: bool(fact > bound),
        "at_most": lambda fact: bool(fact <= bound),
        "less_than": lambda fact: bool(fact < bound),
    }
    return comparisons[test]


def _at_most_fact(read: Read, other: Read) -> Test:
    def test(facts: Facts, contract: ContractFacts, base: int | None) -> bool | None:
        fact, limit = read(facts, contract, base), other(facts, contract, base)
        return None if fact is None or limit is None else bool(fact <= limit)

    return test


def _of_year(name: str, read: Read, value: Any) -> Test:
    """Compare a date with the claim's year: within given years after it, or in such a year at the latest."""
    offsets = frozenset(value) if name == "in_years" else frozenset()

    def test(facts: Facts, contract: ContractFacts, base: int | None) -> bool | None:
        day = read(facts, contract, base)
        if day is None:
            return None
        after = day.year - facts.year
        return after in offsets if name == "in_years" else bool(after <= value)

    return test


def _overridden(plain: Test, part: Mapping[str, Any]) -> Test:
    """Use another bound where a second fact has a given value, e.g. an earlier date for biomedicine."""
    override = part["override"]
    special = _test({"fact": part["fact"], "test": part["test"], "value": override["value"]})
    decides, expected = reader(override["fact"]), override["is"]

    def test(facts: Facts, contract: ContractFacts, base: int | None) -> bool | None:
        usual, other = plain(facts, contract, base), special(facts, contract, base)
        if usual == other:
            return usual
        fact = decides(facts, contract, base)
        return None if fact is None else other if fact == expected else usual

    return test


def _only_for(plain: Test, kinds: frozenset[str]) -> Test:
    """Apply a test to some kinds of contract only, e.g. a licence's least term."""

    def test(facts: Facts, contract: ContractFacts, base: int | None) -> bool | None:
        if contract.kind is not None and contract.kind not in kinds:
            return True
        answer = plain(facts, contract, base)
        return None if contract.kind is None and answer is False else answer

    return test
