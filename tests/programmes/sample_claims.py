"""Claims that meet every condition of a set, for tests to bend in the one place they are about."""

from __future__ import annotations

from typing import Any

from market.programmes.engine import assess
from market.programmes.facts import read_facts
from market.programmes.results import AssessmentResult
from market.programmes.rule_files import find_terms

WAN = 1_000_000
"""万元 in fen."""
BUYER = "91350100M000100Y43"
SELLER = "91110108551385082Q"
OTHER = "914501000000000270"

REGIONS = {
    "guangxi": "450100",
    "nanning": "450100",
    "chongzuo": "451400",
    "ningxia-buyer": "640100",
    "ningxia-seller": "640100",
    "henan-buyer": "410100",
    "henan-seller": "410100",
    "luan": "341500",
    "hefei": "340100",
    "ningbo-buyer": "330200",
    "ningbo-seller": "330200",
    "ningbo-broker": "330200",
    "qianwan": "330282",
    "suzhou": "320500",
    "fuzhou": "350100",
    "hubei": "420100",
    "shenzhen": "440300",
    "xianju": "331024",
    "fujian-registry": "350100",
    "fujian-agency": "350100",
    "nanning-voucher": "450100",
    "guangxi-challenge": "450100",
}
ELSEWHERE = {"henan-buyer": "110000", "luan": "340100"}
ROLES = {"ningbo-broker": "broker", "fujian-registry": "registry", "fujian-agency": "agency"}
SELLERS = {"ningxia-seller", "henan-seller", "ningbo-seller", "shenzhen", "guangxi-challenge"}
KINDS = {"nanning-voucher": "service", "xianju": "development", "guangxi-challenge": "development"}
NOW = "2025"


def contract(programme: str, no: int = 1, year: int = 2025, **bent: Any) -> dict[str, Any]:
    """Return a contract that meets every condition; `paid` and `sales` are amounts of the claim's year."""
    slug = programme.partition("@")[0]
    region = REGIONS[slug]
    years_back = 2 if slug == "hubei" else 0
    raw = {
        "no": f"{4525010100000000 + no}",
        "kind": KINDS.get(slug, "assignment"),
        "licence_years": 5,
        "exclusive": False,
        "signed_on": f"{max(2022, year - years_back)}-01-10"
        if slug == "nanning"
        else f"{year - years_back}-01-10",
        "registered_on": f"{year - years_back}-02-01",
        "field": "biomedicine",
        "mode": "agreed",
        "grade": "general",
        "seller": {"uscc": SELLER, "kind": "university", "region": ELSEWHERE.get(slug, region)},
        "buyer": {"uscc": BUYER, "kind": "enterprise", "region": region},
        "used_in": region,
        "outcome": f"CG-2025-{no:06d}",
        "contract_amount": 0,
        "trade_amount": 0,
        "excluded": {"equipment": 0, "software": 0},
        "paid_in_equity": 0,
        "receipts": [],
        "new_sales": {str(year): 100_000 * WAN},
        "related": False,
        "publicly_funded": False,
        "subsidised_before": False,
        "granted_for_outcome": 0,
        "flags": {"witnessed": True},
    }
    if slug == "guangxi-challenge":
        raw |= {"public_challenge": True, "public_support": 100 * WAN}
    if "paid" in bent:
        raw["receipts"] = [{"on": f"{year}-03-01", "amount": bent.pop("paid")}]
    if "sales" in bent:
        raw["new_sales"] = {str(year): bent.pop("sales")}
    for side in ("seller", "buyer"):
        raw[side] = {**raw[side], **bent.pop(side, {})}  # type: ignore[dict-item]
    return {**raw, **bent}


def claim(programme: str, *contracts: dict[str, Any], year: int = 2025, **bent: Any) -> dict[str, Any]:
    """Return a claim for these contracts, by an applicant who meets every condition."""
    slug = programme.partition("@")[0]
    role = "seller" if slug in SELLERS else ROLES.get(slug, "buyer")
    applicant = {
        "uscc": SELLER if role == "seller" else BUYER,
        "role": role,
        "kind": "institute" if slug == "henan-seller" else "enterprise",
        "region": REGIONS[slug],
        "established_on": "2015-03-01",
        "state_owned": False,
        "manufacturer": True,
        "high_tech": True,
        "flags": {"sme": True},
    }
    whole = {
        "applicant": {**applicant, **bent.pop("applicant", {})},
        "year": year,
        "granted_this_year": 0,
        "vat_payable": 0,
        "vat_paid": 0,
        "registered_total": 0,
        "brokered_total": 0,
        "contracts": list(contracts),
    }
    return {**whole, **bent}


def assessed(programme: str, raw: dict[str, Any], rate: int | None = None) -> AssessmentResult:
    """Compute a claim as the command would."""
    terms = find_terms(programme)[-1]
    if rate is not None:
        terms = terms.with_rate(rate)
    return assess(read_facts(raw), terms)


def failed_of(assessment: AssessmentResult, place: int = 0) -> set[str]:
    """Return the names of the conditions that one contract failed."""
    return {finding.condition for finding in assessment.contracts[place].failed}
