"""The facts of a claim as the engine reads them, and how they are read from JSON.

`None` means *not known*; it is never false, never zero. Amounts are whole fen and not negative.
Decided here, where the format leaves it open:

* A key that is absent and a key that is `null` are the same: the fact is missing. Unknown keys are ignored.
* A claim without a `year` cannot be read, for neither the version nor a window can be told. An absent
  `contracts` is an empty list; an absent `receipts` is an unknown amount, an empty list is zero.
* Every code that is given, of the applicant and of the parties, must carry the digit of GB 32100.
* Roles, kinds, modes and grades outside the format's lists are unreadable. `field`, regions and outcome
  numbers are any string.
* Two contracts of one number in one claim cannot be read: paying one contract twice is never meant.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from market.codes import uscc

ROLES = frozenset({"buyer", "seller", "broker", "registry", "agency"})
PARTY_KINDS = frozenset({"enterprise", "university", "institute", "farmers_coop", "registry", "agency"})
APPLICANT_KINDS = PARTY_KINDS | {"authority"}
"""Also a kind that no set is for, so that a claim can give the real one."""
CONTRACT_KINDS = frozenset({"development", "assignment", "licence", "consulting", "service", "equity"})
MODES = frozenset({"agreed", "listed", "auction"})
GRADES = frozenset({"general", "major"})

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_YEAR = re.compile(r"\d{4}", re.ASCII)
_is_code = lru_cache(maxsize=10_000)(uscc.is_valid)
_NO_FLAGS: Mapping[str, bool | None] = {}


class FactsError(ValueError):
    """Raised when facts do not match the format; the message names the place."""


@dataclass(frozen=True, slots=True)
class ReceiptFacts:
    """Money received for a contract."""

    on: date | None = None
    amount: int | None = None


@dataclass(frozen=True, slots=True)
class Party:
    """One side of a contract."""

    uscc: str | None = None
    kind: str | None = None
    region: str | None = None


UNKNOWN_PARTY = Party()


@dataclass(frozen=True, slots=True)
class Applicant:
    """Who claims."""

    uscc: str | None = None
    role: str | None = None
    kind: str | None = None
    region: str | None = None
    established_on: date | None = None
    state_owned: bool | None = None
    manufacturer: bool | None = None
    high_tech: bool | None = None
    flags: Mapping[str, bool | None] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ContractFacts:
    """A technology contract, with what was received on it and sold from it."""

    no: str | None = None
    kind: str | None = None
    licence_years: int | None = None
    exclusive: bool | None = None
    signed_on: date | None = None
    registered_on: date | None = None
    field: str | None = None
    mode: str | None = None
    grade: str | None = None
    seller: Party = UNKNOWN_PARTY
    buyer: Party = UNKNOWN_PARTY
    used_in: str | None = None
    outcome: str | None = None
    contract_amount: int | None = None
    """The stated price."""
    trade_amount: int | None = None
    """Net of equipment, instruments, software and other parts that are no technology."""
    excluded: Mapping[str, int | None] = dataclasses.field(default_factory=dict)
    """What was taken off the price to get there; it explains, the shipped sets never subtract it again."""
    paid_in_equity: int | None = None
    receipts: tuple[ReceiptFacts, ...] | None = None
    new_sales: Mapping[int, int | None] = dataclasses.field(default_factory=dict)
    """New sales from the outcome, by year."""
    related: bool | None = None
    publicly_funded: bool | None = None
    subsidised_before: bool | None = None
    public_challenge: bool | None = None
    """Whether the contract comes from the published choice of a government list (揭榜挂帅)."""
    public_support: int | None = None
    """What that list promises of public funds for this contract."""
    granted_for_outcome: int | None = None
    """What the outcome has been granted so far, over its life."""
    flags: Mapping[str, bool | None] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Facts:
    """One claim: an applicant, a year, its contracts."""

    year: int
    applicant: Applicant = dataclasses.field(default_factory=Applicant)
    contracts: tuple[ContractFacts, ...] = ()
    granted_this_year: int | None = None
    vat_payable: int | None = None
    vat_paid: int | None = None
    registered_total: int | None = None
    brokered_total: int | None = None
    matched_award: int | None = None
    """Another programme's award, for a set that matches it (1:1 配套). No shipped set does."""


def read_facts(raw: object) -> Facts:
    """Read one claim from parsed JSON.

    Raises:
        FactsError: something in it has not the shape of the format.
    """
    claim = _object(raw, "申报事实")
    year = claim.get("year")
    if type(year) is not int or not 1 <= year <= 9999:
        raise FactsError("year：应为四位年份")
    listed = claim.get("contracts")
    if listed is None:
        listed = []
    if not isinstance(listed, list):
        raise FactsError("contracts：应为列表")
    contracts = tuple(_contract(contract, f"contracts[{place}]") for place, contract in enumerate(listed))
    numbers = [contract.no for contract in contracts if contract.no is not None]
    if len(set(numbers)) != len(numbers):
        raise FactsError("contracts：合同登记编号重复")
    return Facts(
        year=year,
        applicant=_applicant(claim.get("applicant")),
        contracts=contracts,
        granted_this_year=_amount(claim, "granted_this_year", ""),
        vat_payable=_amount(claim, "vat_payable", ""),
        vat_paid=_amount(claim, "vat_paid", ""),
        registered_total=_amount(claim, "registered_total", ""),
        brokered_total=_amount(claim, "brokered_total", ""),
        matched_award=_amount(claim, "matched_award", ""),
    )


def _applicant(raw: object) -> Applicant:
    if raw is None:
        return Applicant()
    who, at = _object(raw, "applicant"), "applicant."
    return Applicant(
        uscc=_uscc(who, at),
        role=_choice(who, "role", at, ROLES),
        kind=_choice(who, "kind", at, APPLICANT_KINDS),
        region=_text(who, "region", at),
        established_on=_date(who, "established_on", at),
        state_owned=_truth(who, "state_owned", at),
        manufacturer=_truth(who, "manufacturer", at),
        high_tech=_truth(who, "high_tech", at),
        flags=_flags(who, at),
    )


def _contract(raw: object, place: str) -> ContractFacts:
    values, at = _object(raw, place), place + "."
    return ContractFacts(
        no=_text(values, "no", at),
        kind=_choice(values, "kind", at, CONTRACT_KINDS),
        licence_years=_amount(values, "licence_years", at),
        exclusive=_truth(values, "exclusive", at),
        signed_on=_date(values, "signed_on", at),
        registered_on=_date(values, "registered_on", at),
        field=_text(values, "field", at),
        mode=_choice(values, "mode", at, MODES),
        grade=_choice(values, "grade", at, GRADES),
        seller=_party(values, "seller", at),
        buyer=_party(values, "buyer", at),
        used_in=_text(values, "used_in", at),
        outcome=_text(values, "outcome", at),
        contract_amount=_amount(values, "contract_amount", at),
        trade_amount=_amount(values, "trade_amount", at),
        excluded=_excluded(values, at),
        paid_in_equity=_amount(values, "paid_in_equity", at),
        receipts=_receipts(values, at),
        new_sales=_new_sales(values, at),
        related=_truth(values, "related", at),
        publicly_funded=_truth(values, "publicly_funded", at),
        subsidised_before=_truth(values, "subsidised_before", at),
        public_challenge=_truth(values, "public_challenge", at),
        public_support=_amount(values, "public_support", at),
        granted_for_outcome=_amount(values, "granted_for_outcome", at),
        flags=_flags(values, at),
    )


def _party(values: dict[str, Any], key: str, at: str) -> Party:
    raw = values.get(key)
    if raw is None:
        return UNKNOWN_PARTY
    side, at = _object(raw, at + key), f"{at}{key}."
    return Party(
        uscc=_uscc(side, at),
        kind=_choice(side, "kind", at, PARTY_KINDS),
        region=_text(side, "region", at),
    )


def _receipts(values: dict[str, Any], at: str) -> tuple[ReceiptFacts, ...] | None:
    listed = values.get("receipts")
    if listed is None:
        return None
    if not isinstance(listed, list):
        raise FactsError(f"{at}receipts：应为列表")
    read = []
    for place, raw in enumerate(listed):
        row, where = _object(raw, f"{at}receipts[{place}]"), f"{at}receipts[{place}]."
        read.append(ReceiptFacts(_date(row, "on", where), _amount(row, "amount", where)))
    return tuple(read)


def _new_sales(values: dict[str, Any], at: str) -> Mapping[int, int | None]:
    raw = values.get("new_sales")
    if raw is None:
        return {}
    sales = _object(raw, at + "new_sales")
    if any(not _YEAR.fullmatch(key) for key in sales):
        raise FactsError(f"{at}new_sales：键应为四位年份")
    return {int(key): _amount(sales, key, f"{at}new_sales.") for key in sales}


def _excluded(values: dict[str, Any], at: str) -> Mapping[str, int | None]:
    raw = values.get("excluded")
    if raw is None:
        return {}
    parts = _object(raw, at + "excluded")
    return {key: _amount(parts, key, f"{at}excluded.") for key in parts}


def _flags(values: dict[str, Any], at: str) -> Mapping[str, bool | None]:
    raw = values.get("flags")
    if not raw and (raw is None or isinstance(raw, dict)):
        return _NO_FLAGS
    flags = _object(raw, at + "flags")
    return {key: _truth(flags, key, f"{at}flags.") for key in flags}


def _object(raw: object, at: str) -> dict[str, Any]:
    if not isinstance(raw, dict):
        raise FactsError(f"{at}：应为对象")
    return raw


def _amount(values: dict[str, Any], key: str, at: str) -> int | None:
    value = values.get(key)
    if value is None:
        return None
    if type(value) is not int or value < 0:
        raise FactsError(f"{at}{key}：应为不小于 0 的整数（金额以分计）")
    return value


def _text(values: dict[str, Any], key: str, at: str) -> str | None:
    value = values.get(key)
    if value is not None and not isinstance(value, str):
        raise FactsError(f"{at}{key}：应为字符串")
    return value


def _choice(values: dict[str, Any], key: str, at: str, allowed: frozenset[str]) -> str | None:
    value = _text(values, key, at)
    if value is not None and value not in allowed:
        raise FactsError(f"{at}{key}：不认识的取值“{value}”")
    return value


def _truth(values: dict[str, Any], key: str, at: str) -> bool | None:
    value = values.get(key)
    if value is not None and not isinstance(value, bool):
        raise FactsError(f"{at}{key}：应为 true、false 或 null")
    return value


def _date(values: dict[str, Any], key: str, at: str) -> date | None:
    value = values.get(key)
    if value is None:
        return None
    day = _day(value) if isinstance(value, str) else None
    if day is None:
        raise FactsError(f"{at}{key}：应为 YYYY-MM-DD 的日期")
    return day


@lru_cache(maxsize=10_000)
def _day(value: str) -> date | None:
    """Return the day, or None if it has another form or is in no calendar."""
    try:
        return date.fromisoformat(value) if _DATE.fullmatch(value) else None
    except ValueError:
        return None


def _uscc(values: dict[str, Any], at: str) -> str | None:
    code = _text(values, "uscc", at)
    if code is not None and not _is_code(code):
        raise FactsError(f"{at}uscc：统一社会信用代码校验位不符")
    return code
