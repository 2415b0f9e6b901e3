"""The result of a computation: the sums at each stage, and from them findings and lines in words.

Words are rendered lazily from the stages; a year run that needs awards only does not pay for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from market.programmes import texts
from market.programmes.calculation import (
    Calculation,
    Line,
    OpenPoint,
    Stage,
    lines_of_claim,
    lines_of_contract,
)
from market.programmes.conditions import NO_CONTRACT, Condition, Finding, make_finding
from market.programmes.facts import ContractFacts, Facts
from market.programmes.rule_terms import Terms
from market.programmes.texts import Text


@dataclass(frozen=True, slots=True)
class ContractAssessment:
    """The award of one contract and its reasons."""

    no: str | None
    eligible: bool
    base: int
    award: int
    conditions: tuple[Finding, ...]
    lines: tuple[Line, ...]

    @property
    def failed(self) -> tuple[Finding, ...]:
        """Return the conditions that are not met."""
        return tuple(finding for finding in self.conditions if finding.state == "failed")

    @property
    def open(self) -> tuple[Finding, ...]:
        """Return the conditions that wait for a fact (待核)."""
        return tuple(finding for finding in self.conditions if finding.state == "open")


class AssessmentResult:
    """The result for one claim under one rule set."""

    def __init__(
        self,
        facts: Facts,
        terms: Terms,
        states: list[bool | None],
        opened: list[OpenPoint],
        calculations: list[Calculation],
        sums: list[Calculation],
        year_stage: Stage | None,
    ) -> None:
        self.facts = facts
        self.terms = terms
        self.states = states
        self.opened = opened
        self.calculations = calculations
        self.sums = sums
        self.year_stage = year_stage
        self.award = sum(calculation.award for calculation in (calculations if terms.per_contract else sums))
        """In fen; the contracts' awards add up to it."""

    @property
    def rate_known(self) -> bool:
        """Return False where neither the text nor the caller gives a rate: no amount may be shown."""
        return not self.terms.needs_rate

    @property
    def provisional(self) -> bool:
        """Return whether anything waits for a fact, so that the award may still change."""
        return (
            bool(self.opened)
            or None in self.states
            or any(
                calculation.missing or calculation.opened or None in calculation.states
                for calculation in self.calculations
            )
            or any(calculation.opened for calculation in self.sums)
        )

    @cached_property
    def conditions(self) -> tuple[Finding, ...]:
        """Return the conditions on the applicant and the claim as a whole."""
        terms = self.terms
        judged = [
            make_finding(condition, state, self.facts, NO_CONTRACT, None)
            for condition, state in zip(terms.applicant_conditions, self.states, strict=True)
        ]
        opened = [
            *self.opened,
            *(opened_fact for calculation in self.sums for opened_fact in calculation.opened),
        ]
        return (*judged, *(self._opened(opened_fact, NO_CONTRACT, None) for opened_fact in opened))

    @property
    def failed(self) -> tuple[Finding, ...]:
        """Return the conditions on the applicant that are not met."""
        return tuple(finding for finding in self.conditions if finding.state == "failed")

    @property
    def open(self) -> tuple[Finding, ...]:
        """Return the conditions of the claim as a whole that wait for a fact (待核)."""
        return tuple(finding for finding in self.conditions if finding.state == "open")

    @property
    def assumed(self) -> tuple[Finding, ...]:
        """Return the conditions on the applicant that are met by an assumption (假定)."""
        return tuple(finding for finding in self.conditions if finding.state == "met" and finding.reason)

    @cached_property
    def contracts(self) -> tuple[ContractAssessment, ...]:
        """Return the contracts in the order of the claim."""
        return tuple(
            ContractAssessment(
                no=calculation.contract.no,
                eligible=False not in calculation.states,
                base=calculation.base,
                award=calculation.award,
                conditions=self._findings(calculation),
                lines=lines_of_contract(calculation, self.terms),
            )
            for calculation in self.calculations
        )

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """Return the lines of no single contract: sums, caps of the year, claims without contracts."""
        return lines_of_claim(self.sums, self.year_stage, self.terms)

    def to_json(self) -> dict[str, Any]:
        """Return the result in the shape that `market assess` prints and the desk stores.

        `assumed` is there only where something was assumed.
        """
        assumed = [_printed(finding) for finding in self.assumed]
        return {
            "uscc": self.facts.applicant.uscc,
            "year": self.facts.year,
            "programme": self.terms.programme,
            "version": self.terms.version,
            "award": self.award,
            "provisional": self.provisional,
            "failed": [_printed(contract) for contract in self.failed],
            "open": [_printed(contract) for contract in self.open],
            **({"assumed": assumed} if assumed else {}),
            "lines": [line.to_json() for line in self.lines],
            "contracts": [
                {
                    "no": contract.no,
                    "eligible": contract.eligible,
                    "failed": [_printed(finding) for finding in contract.failed],
                    "open": [_printed(finding) for finding in contract.open],
                    "base": contract.base,
                    "award": contract.award,
                    "lines": [line.to_json() for line in contract.lines],
                }
                for contract in self.contracts
            ],
        }

    def _findings(self, calculation: Calculation) -> tuple[Finding, ...]:
        terms, contract = self.terms, calculation.contract
        base = None if calculation.missing else calculation.base
        conditions = list(terms.contract_conditions)
        if terms.once is not None:
            conditions.append(terms.once.condition)
        judged = [
            make_finding(condition, state, self.facts, contract, base)
            for condition, state in zip(conditions, calculation.states, strict=False)
        ]
        if calculation.gate_base is not None and terms.summed is not None and terms.summed.gate is not None:
            state = calculation.states[-1]
            seen = None if state is None else calculation.gate_base
            judged.append(make_finding(terms.summed.gate, state, self.facts, contract, seen))
        opened: list[OpenPoint] = [*calculation.missing, *calculation.opened]
        return (*judged, *(self._opened(opened_fact, contract, base) for opened_fact in opened))

    def _opened(self, opened_fact: OpenPoint, contract: ContractFacts, base: int | None) -> Finding:
        if isinstance(opened_fact, Condition):
            return make_finding(opened_fact, None, self.facts, contract, base)
        what = texts.named(opened_fact)
        reason, remedy = Text(texts.OPEN, {"what": what}), Text(texts.GIVE, {"what": what})
        return Finding(opened_fact, "open", str(self.terms.base.clause), what, reason, remedy)


def _printed(finding: Finding) -> dict[str, str]:
    return {
        "condition": finding.condition,
        "clause": finding.clause,
        "reason": f"{finding.reason}（{finding.remark}）" if finding.remark else str(finding.reason),
    }
