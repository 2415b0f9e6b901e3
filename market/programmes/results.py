"""What a computation leaves behind: the sums at each stage, and from them findings and lines in words.

The words are made when they are asked for, from the stages the computation went through; a year run that
only wants the awards does not pay for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from market.programmes import texts
from market.programmes.calculation import Line, Opened, Stage, Work
from market.programmes.conditions import NO_CONTRACT, Condition, Finding, finding
from market.programmes.facts import Contract, Facts
from market.programmes.lines import lines_of_claim, lines_of_contract
from market.programmes.terms import Terms
from market.programmes.texts import Text


@dataclass(frozen=True, slots=True)
class ContractAssessment:
    """What one contract is awarded and why."""

    no: str | None
    eligible: bool
    base: int
    award: int
    conditions: tuple[Finding, ...]
    lines: tuple[Line, ...]

    @property
    def failed(self) -> tuple[Finding, ...]:
        """The conditions that are not met."""
        return tuple(one for one in self.conditions if one.state == "failed")

    @property
    def open(self) -> tuple[Finding, ...]:
        """The conditions that wait for a fact (待核)."""
        return tuple(one for one in self.conditions if one.state == "open")


class Assessment:
    """The result for one claim under one rule set."""

    def __init__(
        self,
        facts: Facts,
        terms: Terms,
        states: list[bool | None],
        opened: list[Opened],
        works: list[Work],
        sums: list[Work],
        year_stage: Stage | None,
    ) -> None:
        self.facts = facts
        self.terms = terms
        self.states = states
        self.opened = opened
        self.works = works
        self.sums = sums
        self.year_stage = year_stage
        self.award = sum(work.award for work in (works if terms.per_contract else sums))
        """In fen; the contracts' awards add up to it."""

    @property
    def rate_known(self) -> bool:
        """False where the text seen gives no rate and none was given: no amount may be shown."""
        return not self.terms.needs_rate

    @property
    def provisional(self) -> bool:
        """Whether anything waits for a fact, so that the award may still change."""
        return (
            bool(self.opened)
            or None in self.states
            or any(work.missing or work.opened or None in work.states for work in self.works)
            or any(work.opened for work in self.sums)
        )

    @cached_property
    def conditions(self) -> tuple[Finding, ...]:
        """The conditions on the applicant and the claim as a whole."""
        terms = self.terms
        judged = [
            finding(condition, state, self.facts, NO_CONTRACT, None)
            for condition, state in zip(terms.applicant_conditions, self.states, strict=True)
        ]
        opened = [*self.opened, *(one for work in self.sums for one in work.opened)]
        return (*judged, *(self._opened(one, NO_CONTRACT, None) for one in opened))

    @property
    def failed(self) -> tuple[Finding, ...]:
        """The conditions on the applicant that are not met."""
        return tuple(one for one in self.conditions if one.state == "failed")

    @property
    def open(self) -> tuple[Finding, ...]:
        """What the claim as a whole waits for (待核)."""
        return tuple(one for one in self.conditions if one.state == "open")

    @cached_property
    def contracts(self) -> tuple[ContractAssessment, ...]:
        """The contracts in the order of the claim."""
        return tuple(
            ContractAssessment(
                no=work.contract.no,
                eligible=False not in work.states,
                base=work.base,
                award=work.award,
                conditions=self._findings(work),
                lines=lines_of_contract(work, self.terms),
            )
            for work in self.works
        )

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """The lines that no single contract owns: sums, caps of the year, claims without contracts."""
        return lines_of_claim(self.sums, self.year_stage, self.terms)

    def to_json(self) -> dict[str, Any]:
        """Return the result in the shape that `market assess` prints and the desk stores."""
        return {
            "uscc": self.facts.applicant.uscc,
            "year": self.facts.year,
            "programme": self.terms.programme,
            "version": self.terms.version,
            "award": self.award,
            "provisional": self.provisional,
            "failed": [_printed(one) for one in self.failed],
            "open": [_printed(one) for one in self.open],
            "lines": [line.to_json() for line in self.lines],
            "contracts": [
                {
                    "no": one.no,
                    "eligible": one.eligible,
                    "failed": [_printed(each) for each in one.failed],
                    "open": [_printed(each) for each in one.open],
                    "base": one.base,
                    "award": one.award,
                    "lines": [line.to_json() for line in one.lines],
                }
                for one in self.contracts
            ],
        }

    def _findings(self, work: Work) -> tuple[Finding, ...]:
        terms, contract = self.terms, work.contract
        base = None if work.missing else work.base
        conditions = list(terms.contract_conditions)
        if terms.once is not None:
            conditions.append(terms.once.condition)
        judged = [
            finding(condition, state, self.facts, contract, base)
            for condition, state in zip(conditions, work.states, strict=False)
        ]
        if work.gate_base is not None and terms.summed is not None and terms.summed.gate is not None:
            state = work.states[-1]
            seen = None if state is None else work.gate_base
            judged.append(finding(terms.summed.gate, state, self.facts, contract, seen))
        opened: list[Opened] = [*work.missing, *work.opened]
        return (*judged, *(self._opened(one, contract, base) for one in opened))

    def _opened(self, one: Opened, contract: Contract, base: int | None) -> Finding:
        if isinstance(one, Condition):
            return finding(one, None, self.facts, contract, base)
        what = texts.named(one)
        reason, remedy = Text(texts.OPEN, {"what": what}), Text(texts.GIVE, {"what": what})
        return Finding(one, "open", str(self.terms.base.clause), what, reason, remedy)


def _printed(one: Finding) -> dict[str, str]:
    return {"condition": one.condition, "clause": one.clause, "reason": str(one.reason)}
