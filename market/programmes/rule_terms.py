"""A rule set, compiled once from its file so that a hundred thousand claims cost no more parsing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from market.programmes import texts
from market.programmes.bases import Base, compile_base
from market.programmes.conditions import Clause, Condition, Read, Test, compile_condition, reader
from market.programmes.facts import ContractFacts, Facts
from market.programmes.rates import Rate, compile_rate, flat_rate

CHOICE = "public_challenge"
"""The fact that a contract comes from the published choice of a government list."""


class TermError(ValueError):
    """Raised for a term that the set does not take, or a set used without one it needs."""


@dataclass(frozen=True, slots=True)
class Cap:
    """An upper limit in fen; `less_granted` takes off what was granted before."""

    amount: int
    clause: Clause
    less_granted: bool = True


@dataclass(frozen=True, slots=True)
class RateCase:
    """One of several rates; the first whose conditions do not fail is taken."""

    name: str
    when: tuple[Condition, ...]
    rate: Rate | None
    clause: Clause
    cap: Cap | None
    """Per contract, or per summed base."""
    in_year_cap: bool

    @property
    def known_rate(self) -> Rate:
        """Return the rate.

        Raises:
            TermError: the text seen has none, and none was given.
        """
        if self.rate is None:
            raise TermError(f"{self.name}：比例未载于所见文本")
        return self.rate


@dataclass(frozen=True, slots=True)
class AddOn:
    """A component on top, with a cap of its own."""

    name: str
    when: tuple[Condition, ...]
    basis_points: int
    cap: int | None
    clause: Clause


@dataclass(frozen=True, slots=True)
class CapCase:
    """The caps per outcome and year that hold for one sort of applicant."""

    when: tuple[Condition, ...]
    outcome: Cap | None
    year: Cap | None


@dataclass(frozen=True, slots=True)
class Once:
    """Of contracts alike in these facts only the earliest registered counts."""

    condition: Condition
    kinds: frozenset[str]
    same: tuple[Read, ...]


@dataclass(frozen=True, slots=True)
class Summed:
    """The base is summed per `outcome` or over the `year` before the rate is applied."""

    by: str
    gate: Condition | None


@dataclass(frozen=True, slots=True)
class Bound:
    """A second upper bound that is itself a fact of the claim."""

    fact: str
    read: Read
    clause: Clause


@dataclass(frozen=True, slots=True)
class Terms:
    """One version of one programme's rules."""

    programme: str
    version: str
    title: str
    role: str
    applicant_kinds: tuple[str, ...]
    """Kinds of applicant it is for; the first counts where a claim does not tell the kind."""
    region: str
    valid_from: date
    per_contract: bool
    applicant_conditions: tuple[Condition, ...]
    contract_conditions: tuple[Condition, ...]
    applicant_tests: tuple[Test, ...]
    contract_tests: tuple[Test, ...]
    base: Base
    once: Once | None
    summed: Summed | None
    cases: tuple[RateCase, ...]
    add_ons: tuple[AddOn, ...]
    bound: Bound | None
    caps: tuple[CapCase, ...]
    add_ons_outside_cap: bool
    year_cap_first: bool
    sharing: str
    rounding_unit: int
    rounds_half_up: bool
    one_rate: bool
    """Whether `rate_basis_points` may replace the rate."""
    ceiling: int
    """The highest rate that may be given, in basis points."""
    content: Mapping[str, Any]
    """The rule file: source, assumptions, evidence, procedure, pot."""
    facts_asked: frozenset[str]
    """Facts that decide: of the base, the conditions, the rates and the caps."""

    @property
    def place(self) -> str:
        """Return where a set is offered: the applicant's region, or its issuer's where it asks for none."""
        return self.region or str(self.content["issuer"]["region"])

    @property
    def is_for_chosen(self) -> bool:
        """Return whether only a contract that a public choice led to is paid for: then it is offered to
        nobody else, and to the chosen wherever they are.
        """
        return any(CHOICE in condition.facts for condition in self.contract_conditions)

    @property
    def needs_rate(self) -> bool:
        """Return whether the text seen gives no rate, so that the caller must."""
        return any(case.rate is None for case in self.cases)

    def with_rate(self, basis_points: int) -> Terms:
        """Return the same set with another rate, as a decision or a call gives it.

        Raises:
            TermError: the set has not one rate, or this one is above its ceiling.
        """
        name = f"{self.programme}@{self.version}"
        if not self.one_rate:
            raise TermError(f"{name} 没有单一比例，不接受 rate_basis_points")
        if not 0 <= basis_points <= self.ceiling:
            raise TermError(f"{name} 的比例应在 0 与 {texts.percent(self.ceiling)} 之间")
        return replace(self, cases=(replace(self.cases[0], rate=flat_rate(basis_points)),))


def compile_terms(content: Mapping[str, Any]) -> Terms:
    """Compile a rule file that has passed the schema (`rule_files.read_terms` does both)."""
    clauses = {
        name: Clause(raw.get("document", content["source"]["document"]), raw.get("article"), raw["summary"])
        for name, raw in content["clauses"].items()
    }
    applicant = (*_common_of_applicant(content, clauses), *_conditions(content["applicant"], clauses))
    per_contract = content["per"] == "contract"
    of_contract: tuple[Condition, ...] = ()
    if per_contract:
        of_contract = (*_common_of_contract(content, clauses), *_conditions(content, clauses))
    cases = tuple(_case(raw, clauses) for raw in content["rates"])
    flat = cases[0].rate.flat if cases[0].rate else 10_000
    order = content["order"]
    return Terms(
        programme=content["programme"],
        version=content["version"],
        title=content["title"],
        role=content["applicant"]["role"],
        applicant_kinds=tuple(content["applicant"]["kinds"]),
        region=content["applicant"].get("region", ""),
        valid_from=date.fromisoformat(content["valid_from"]),
        per_contract=per_contract,
        applicant_conditions=applicant,
        contract_conditions=of_contract,
        applicant_tests=tuple(condition.test for condition in applicant),
        contract_tests=tuple(condition.test for condition in of_contract),
        base=compile_base(content["base"], clauses),
        once=_once(content.get("once"), clauses),
        summed=_summed(content.get("summed"), clauses),
        cases=cases,
        add_ons=tuple(_add_on(raw, clauses) for raw in content.get("add_ons", ())),
        bound=_bound(content.get("bound"), clauses),
        caps=tuple(_cap_case(raw, clauses) for raw in content.get("caps", ())),
        add_ons_outside_cap=order.index("add_ons") > order.index("contract_cap"),
        year_cap_first=order.index("year_cap") < order.index("outcome_cap"),
        sharing=content["sharing"],
        rounding_unit=content["rounding"]["unit"],
        rounds_half_up=content["rounding"]["mode"] == "half_up",
        one_rate=len(cases) == 1 and flat is not None,
        ceiling=flat or 0,
        content=content,
        facts_asked=frozenset(_facts_in(content)),
    )


def _conditions(raw: Mapping[str, Any], clauses: Mapping[str, Clause]) -> tuple[Condition, ...]:
    return tuple(compile_condition(condition, clauses) for condition in raw.get("conditions", ()))


def _common_of_applicant(content: Mapping[str, Any], clauses: Mapping[str, Clause]) -> list[Condition]:
    """Return the conditions of every set on who applies: role, kind and place."""
    who = content["applicant"]
    role = {"name": "role", "fact": "applicant.role", "test": "is", "value": who["role"], "text": texts.ROLE}
    conditions = [
        compile_condition({**role, "clause": "applicant"}, clauses),
        _applicant_kind(tuple(who["kinds"]), clauses["applicant"]),
    ]
    if "region" in who:
        region = {
            "name": "region",
            "fact": "applicant.region",
            "test": "within",
            "value": who["region"],
            "text": texts.REGION,
        }
        conditions.append(compile_condition({**region, "clause": "applicant"}, clauses))
    return conditions


def _applicant_kind(kinds: tuple[str, ...], clause: Clause) -> Condition:
    """Return the condition on the kind of applicant; a missing kind meets it, as the first named one.

    Only this condition assumes: a cap that depends on the kind stays open while the kind is missing.
    """
    read, members = reader("applicant.kind"), frozenset(kinds)

    def is_meant(facts: Facts, contract: ContractFacts, base: int | None) -> bool:
        kind = read(facts, contract, base)
        return kind is None or kind in members

    return Condition(
        name="applicant_kind",
        clause=clause,
        text=texts.APPLICANT_KINDS,
        test=is_meant,
        facts=("applicant.kind",),
        reads=(read,),
        assumed=kinds[0],
    )


def _common_of_contract(content: Mapping[str, Any], clauses: Mapping[str, Clause]) -> list[Condition]:
    """Return the conditions of every set: kind paid for, the applicant's own contract, not paid before."""
    kinds = {"name": "kind", "fact": "kind", "test": "in", "value": content["kinds"], "text": texts.KINDS}
    before = {
        "name": "not_subsidised_before",
        "fact": "subsidised_before",
        "test": "is",
        "value": False,
        "text": texts.NOT_BEFORE,
    }
    side = f"{content['applicant']['role']}.uscc"
    claimed, own_code = reader(side), reader("applicant.uscc")

    def is_party(facts: Facts, contract: ContractFacts, base: int | None) -> bool | None:
        party, applicant = claimed(facts, contract, base), own_code(facts, contract, base)
        return None if party is None or applicant is None else bool(party == applicant)

    party = Condition(
        name="party",
        clause=clauses["applicant"],
        text=texts.PARTY,
        test=is_party,
        facts=(side, "applicant.uscc"),
        reads=(claimed, own_code),
    )
    return [
        compile_condition({**kinds, "clause": "kinds"}, clauses),
        party,
        compile_condition({**before, "clause": "applicant"}, clauses),
    ]


def _case(raw: Mapping[str, Any], clauses: Mapping[str, Clause]) -> RateCase:
    return RateCase(
        name=raw["name"],
        when=_when(raw, clauses),
        rate=None if raw["rate"] == "given" else compile_rate(raw["rate"]),
        clause=clauses[raw["clause"]],
        cap=_cap(raw.get("cap"), clauses),
        in_year_cap=raw.get("in_year_cap", True),
    )


def _add_on(raw: Mapping[str, Any], clauses: Mapping[str, Clause]) -> AddOn:
    return AddOn(
        name=raw["name"],
        when=_when(raw, clauses),
        basis_points=raw["basis_points"],
        cap=raw.get("cap"),
        clause=clauses[raw["clause"]],
    )


def _cap_case(raw: Mapping[str, Any], clauses: Mapping[str, Clause]) -> CapCase:
    return CapCase(_when(raw, clauses), _cap(raw.get("outcome"), clauses), _cap(raw.get("year"), clauses))


def _when(raw: Mapping[str, Any], clauses: Mapping[str, Clause]) -> tuple[Condition, ...]:
    return tuple(
        compile_condition({"clause": raw.get("clause", "caps"), **condition}, clauses)
        for condition in raw.get("when", ())
    )


def _cap(raw: Mapping[str, Any] | None, clauses: Mapping[str, Clause]) -> Cap | None:
    if raw is None:
        return None
    return Cap(raw["amount"], clauses[raw["clause"]], raw.get("less_granted", True))


def _once(raw: Mapping[str, Any] | None, clauses: Mapping[str, Clause]) -> Once | None:
    if raw is None:
        return None

    def undecided(facts: Facts, contract: ContractFacts, base: int | None) -> bool | None:
        return None

    facts = (*raw["same"], "registered_on")
    condition = Condition(
        name=raw["name"],
        clause=clauses[raw["clause"]],
        text=raw["text"],
        test=undecided,
        facts=facts,
        reads=tuple(reader(fact) for fact in facts),
        reason=texts.EARLIER,
    )
    return Once(condition, frozenset(raw["kinds"]), tuple(reader(fact) for fact in raw["same"]))


def _summed(raw: Mapping[str, Any] | None, clauses: Mapping[str, Clause]) -> Summed | None:
    if raw is None:
        return None
    gate = raw.get("gate")
    return Summed(raw["by"], compile_condition({**gate, "fact": "base"}, clauses) if gate else None)


def _bound(raw: Mapping[str, Any] | None, clauses: Mapping[str, Clause]) -> Bound | None:
    if raw is None:
        return None
    return Bound(raw["fact"], reader(raw["fact"]), clauses[raw["clause"]])


def _facts_in(part: Any) -> set[str]:
    """Return every fact that a part of a rule file names."""
    if isinstance(part, Mapping):
        own = {part["fact"]} if isinstance(part.get("fact"), str) else set()
        return own.union(*map(_facts_in, part.values()))
    return set().union(*map(_facts_in, part)) if isinstance(part, list) else set()
