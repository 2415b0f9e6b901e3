"""Serialise the engine's result for storage, and lay a stored result out as the sheet people read.

A page never computes again what was decided: it shows the facts and lines stored with the assessment. So the
reason of a decided rate (a decision's number, the experts' scores and bands) is stored beside it too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from market.codes.labels import label
from market.kit.errors import Invalid
from market.kit.formats import percent
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.money import amount_in_words
from market.kit.terms import hash_content
from market.panels.scoring import hundredths
from market.panels.verdicts import Verdict, statistic_words
from market.programmes.conditions import Finding
from market.programmes.engine import compute
from market.programmes.facts import read_facts
from market.programmes.results import AssessmentResult
from market.programmes.rule_terms import Terms


def sheet_hash(facts: Mapping[str, Any], result: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a computation's facts and result as they are stored, in hexadecimal."""
    return hash_content(json.loads(json.dumps({"facts": facts, "result": result})))


def decided_basis(terms: Terms, rate: int | None, decision: str) -> dict[str, Any]:
    """Return what is stored of a rate that a person decided on; nothing where the rules alone set it.

    Raises:
        Invalid: at `decision`, which a rate below the ceiling, or one that the rules leave open, must have.
    """
    if rate is None:
        if decision:
            raise Invalid(_("填了核定文号，没有填核定比例：请填比例，或删去文号。"), field="decision")
        return {}
    is_free = terms.needs_rate or (terms.one_rate and rate < terms.ceiling)
    if is_free and not decision:
        raise Invalid(_("核定比例低于上限，或者政策没有载明比例的，请填作出核定的文号。"), field="decision")
    basis: dict[str, Any] = {} if terms.needs_rate else {"ceiling_basis_points": terms.ceiling}
    return basis | ({"decision": decision} if decision else {})


def scored_basis(verdict: Verdict, terms: Terms) -> dict[str, Any]:
    """Return what is stored of a rate that a concluded panel set: points, mean, range, flag, reason."""
    return {
        **verdict.basis,
        "ceiling_basis_points": terms.ceiling,
        "scores": [hundredths(points) for points in verdict.scores],
        "points": verdict.shown_points,
        "range": verdict.shown_range,
        "bands": [list(band) for band in verdict.bands],
        "is_flagged": verdict.is_flagged,
        "reason": verdict.reason,
    }


def rate_words(given: Mapping[str, Any]) -> str:
    """Return a stored reason in words; empty where the rules alone set the rate, and for earlier releases."""
    rate, ceiling = given.get("rate_basis_points"), given.get("ceiling_basis_points")
    if rate is None:
        return ""
    if scores := given.get("scores"):
        words = _scored_words(rate, ceiling or 0, scores, given["points"], given["bands"])
        if given.get("is_flagged"):
            words += _("；评分跨档，已复议，按平均分作结论")
        if given.get("round"):
            words += _(
                "；评审 %(number)s，按%(statistic)s作结论",
                number=given["round"],
                statistic=statistic_words(given["statistic"]),
            )
        return words
    if not given.get("decision"):
        return ""
    if ceiling is None:
        return _("核定比例 %(rate)s，依据：%(decision)s", rate=percent(rate), decision=given["decision"])
    return _(
        "核定比例 %(rate)s（上限 %(ceiling)s），依据：%(decision)s",
        rate=percent(rate),
        ceiling=percent(ceiling),
        decision=given["decision"],
    )


def is_below_ceiling(given: Mapping[str, Any]) -> bool:
    """Return whether a rate below the ceiling was decided on, so that no assumption about it holds."""
    rate, ceiling = given.get("rate_basis_points"), given.get("ceiling_basis_points")
    return rate is not None and ceiling is not None and rate < ceiling


def _scored_words(
    rate: int, ceiling: int, scores: Sequence[str], points: str, bands: Sequence[Sequence[int]]
) -> str:
    return _(
        "专家 %(count)s 人评分 %(scores)s，平均 %(points)s 分；%(bands)s，不足的不予支持；"
        "核定比例 %(rate)s（上限 %(ceiling)s）",
        count=len(scores),
        scores="、".join(scores),
        points=points,
        bands="，".join(
            _("%(points)s 分以上按上限的 %(share)s", points=minimum, share=percent(share))
            for minimum, share in bands
        ),
        rate=percent(rate),
        ceiling=percent(ceiling),
    )


@dataclass(frozen=True)
class SheetLine:
    """One row of the sheet."""

    words: str
    note: str
    clause: str
    amount: int
    is_fact: bool = False
    """A fact the computation began from, not a step of it."""


@dataclass(frozen=True)
class Check:
    """The state of one condition: met, failed or open."""

    state: str
    text: str
    clause: str
    hint: str


@dataclass(frozen=True)
class ContractSheet:
    """One contract of a claim: what it is, its lines, what it is awarded."""

    no: str
    number: str
    name: str
    is_eligible: bool
    award: int
    lines: list[SheetLine]
    checks: list[Check]


@dataclass(frozen=True)
class Sheet:
    """A computation as people read it (核算表)."""

    award: int
    is_provisional: bool
    rate_known: bool
    checks: list[Check]
    contracts: list[ContractSheet]
    lines: list[SheetLine]
    """Lines that no single contract owns: sums, the cap of the year."""
    computed_at: datetime | None = None

    @property
    def all_checks(self) -> list[Check]:
        return [*self.checks, *(check for contract in self.contracts for check in contract.checks)]

    @property
    def total_lines(self) -> list[SheetLine]:
        """Return what each of several contracts earns, then the steps that no single contract owns."""
        parts = [SheetLine(contract.name, "", "", contract.award, True) for contract in self.contracts]
        return [*(parts if len(parts) > 1 else []), *self.lines]

    def count(self, state: str) -> int:
        """Return how many conditions stand so."""
        return sum(check.state == state for check in self.all_checks)

    @property
    def capitals(self) -> str:
        return amount_in_words(self.award)


def compute_claim(
    facts: Mapping[str, Any], terms: Terms, rate_basis_points: int | None = None
) -> dict[str, Any]:
    """Compute a claim and return what is stored: the engine's lines and every condition in words.

    Raises:
        TermError: the set does not take this rate.
    """
    if rate_basis_points is not None:
        terms = terms.with_rate(rate_basis_points)
    return to_stored(compute(read_facts(facts), terms), rate_basis_points)


def to_stored(result: AssessmentResult, rate_basis_points: int | None = None) -> dict[str, Any]:
    """Return the engine's result in its printed shape, with the conditions that are met besides."""
    shape = result.to_json()
    shape["conditions"] = [_to_stored_finding(finding) for finding in result.conditions]
    for stored_contract, contract_result in zip(shape["contracts"], result.contracts, strict=True):
        stored_contract["conditions"] = [
            _to_stored_finding(finding) for finding in contract_result.conditions
        ]
    shape["rate_known"] = result.rate_known
    shape["given"] = {} if rate_basis_points is None else {"rate_basis_points": rate_basis_points}
    return shape


def _to_stored_finding(finding: Finding) -> dict[str, Any]:
    return {
        "condition": finding.condition,
        "state": finding.state,
        "clause": finding.clause,
        "text": str(finding.text),
        "reason": str(finding.reason) if finding.reason else "",
        "remedy": str(finding.remedy) if finding.remedy else "",
    }


def build_sheet(
    facts: Mapping[str, Any], result: Mapping[str, Any], computed_at: datetime | None = None
) -> Sheet:
    """Lay out a stored computation without computing anything."""
    facts_by_number = {contract["no"]: contract for contract in facts["contracts"]}
    basis = rate_words(result.get("given", {}))
    return Sheet(
        award=result["award"],
        is_provisional=result["provisional"],
        rate_known=result.get("rate_known", True),
        checks=[to_check(condition) for condition in result["conditions"]],
        contracts=[
            _contract(contract_result, facts_by_number[contract_result["no"]], facts["year"], basis)
            for contract_result in result["contracts"]
        ],
        lines=[_line(line, basis) for line in result["lines"]],
        computed_at=computed_at,
    )


def to_check(stored_condition: Mapping[str, Any]) -> Check:
    """Read one stored condition."""
    if stored_condition["condition"].startswith("receipts"):
        return Check(
            stored_condition["state"], _("实际支付"), _(stored_condition["clause"]), _("付款后按到账凭证核定")
        )
    hint = "；".join(_(part) for part in (stored_condition["reason"], stored_condition["remedy"]) if part)
    return Check(
        stored_condition["state"],
        _(stored_condition["text"]),
        _(stored_condition["clause"]),
        hint,
    )


def _contract(
    stored_contract: Mapping[str, Any], facts: Mapping[str, Any], year: int, basis: str
) -> ContractSheet:
    return ContractSheet(
        no=stored_contract["no"] or "",
        number=facts.get("number", ""),
        name=facts.get("name", ""),
        is_eligible=stored_contract["eligible"],
        award=stored_contract["award"],
        lines=[*_facts(facts, year), *(_line(line, basis) for line in stored_contract["lines"])],
        checks=[to_check(condition) for condition in stored_contract["conditions"]],
    )


def _facts(facts: Mapping[str, Any], year: int) -> Iterator[SheetLine]:
    """Yield the amounts a computation starts from: contract, exclusions, trade, receipts, sales."""
    where = _("登记编号 %(no)s", no=group_digits(facts["no"])) if facts.get("no") else ""
    yield SheetLine(_("合同成交额"), where, "", facts["contract_amount"] or 0, True)
    for kind, amount in (facts.get("excluded") or {}).items():
        yield SheetLine(
            _("减：%(what)s", what=label("exclusion_kind", kind)), _("合同载明"), "", -(amount or 0), True
        )
    yield SheetLine(_("核定技术交易额"), _("合同成交额减去非技术部分"), "", facts["trade_amount"] or 0, True)
    receipts = facts.get("receipts")
    if receipts is not None:
        paid = sum(row["amount"] or 0 for row in receipts)
        yield SheetLine(_("实际到账"), _("到账 %(count)s 笔", count=len(receipts)), "", paid, True)
    sales = (facts.get("new_sales") or {}).get(str(year))
    if sales is not None:
        yield SheetLine(_("新增销售收入"), _("%(year)s 年填报", year=year), "", sales, True)


STEPS = {
    "base": lazy("基数"),
    "rate": lazy("按比例"),
    "bracket": lazy("分档"),
    "add_on": lazy("加成"),
    "contract_cap": lazy("单项上限"),
    "cap": lazy("上限"),
    "bound": lazy("另一上限"),
    "outcome_cap": lazy("同一成果上限"),
    "year_cap": lazy("年度上限"),
    "round": lazy("四舍五入到分"),
    "share": lazy("按基数分摊"),
    "sum": lazy("合计基数"),
    "total": lazy("合计"),
}


def _line(stored_line: Mapping[str, Any], basis: str) -> SheetLine:
    """Read one stored line; the line of the rate says what the rate rests on."""
    note = _(stored_line["note"])
    words = str(STEPS.get(stored_line["step"], note))
    notes = [note] if note != words else []
    if basis and stored_line["step"] == "rate":
        notes.append(basis)
    return SheetLine(words, "；".join(notes), _(stored_line["clause"]), stored_line["amount"])


def group_digits(no: str) -> str:
    """Write a registration number in groups of four, as the certificate does."""
    return " ".join(no[at : at + 4] for at in range(0, len(no), 4))
