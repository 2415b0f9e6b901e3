"""What a person types into the forms of listings, whole and right; tests change what they are about."""

from __future__ import annotations

from datetime import date
from typing import Any

from market.listings.models import PriceKind


def outcome_values(**changes: Any) -> dict[str, Any]:
    """Return the columns of an outcome that may be submitted."""
    values: dict[str, Any] = {
        "title": "耐热铝合金导线连续制备技术",
        "highlight": "导电率提高 2.1 %IACS，强度不降",
        "field": "materials",
        "industries": ["aluminium"],
        "trl": 6,
        "modes": ["licence", "assignment"],
        "price_kind": PriceKind.FIXED,
        "price_amount": 120_000_000,
        "region": "450100",
        "problem": "强度与导电率难以兼得。",
        "solution": "在线淬火与微合金化。",
        "team": [{"name": "周一", "title": "教授", "direction": "铝合金"}],
        "contact_name": "成果转化办公室",
        "contact_phone": "0771-5550001",
        "keywords": ["铝合金", "导线"],
    }
    return values | changes


def need_values(**changes: Any) -> dict[str, Any]:
    """Return the columns of a need that may be submitted."""
    values: dict[str, Any] = {
        "title": "提高架空导线导电率",
        "field": "materials",
        "kind": "breakthrough",
        "description": "导电率不足，强度不能下降。",
        "targets": [{"indicator": "导电率", "present": "52.5 %IACS", "target": "54 %IACS"}],
        "budget_min_amount": 80_000_000,
        "budget_max_amount": 150_000_000,
        "deadline_on": date(2026, 9, 1),
        "region": "450100",
        "contact_name": "技术部",
        "contact_phone": "0771-5550002",
    }
    return values | changes


def outcome_form(**changes: Any) -> dict[str, Any]:
    """Return what the outcome's form sends."""
    typed: dict[str, Any] = {
        "title": "耐热铝合金导线连续制备技术",
        "highlight": "导电率提高 2.1 %IACS，强度不降",
        "field": "materials",
        "industries": ["aluminium"],
        "trl": "6",
        "modes": ["licence", "assignment"],
        "price_kind": "fixed",
        "price_amount": "120.00",
        "region": "450100",
        "problem": "强度与导电率难以兼得。",
        "solution": "在线淬火与微合金化。",
        "comparison-0-indicator": "导电率（%IACS）",
        "comparison-0-current": "52.5",
        "comparison-0-ours": "54.6",
        "comparison-0-change": "+2.1",
        "comparison-0-evidence": "检测报告",
        "rights-0-kind": "invention",
        "rights-0-number": "ZL 2018 1 0861934.2",
        "rights-0-name": "一种导线",
        "rights-0-status": "granted",
        "team-0-name": "周一",
        "team-0-title": "教授",
        "contact_name": "成果转化办公室",
        "contact_phone": "0771-5550001",
        "keywords": "铝合金；导线，架空线路",
    }
    return {name: value for name, value in (typed | changes).items() if value is not None}


def need_form(**changes: Any) -> dict[str, Any]:
    """Return what the need's form sends."""
    typed: dict[str, Any] = {
        "title": "提高架空导线导电率",
        "field": "materials",
        "kind": "breakthrough",
        "description": "导电率不足，强度不能下降。",
        "targets-0-indicator": "导电率",
        "targets-0-present": "52.5 %IACS",
        "targets-0-target": "54 %IACS",
        "budget_min_amount": "80",
        "budget_max_amount": "150.50",
        "deadline_on": "2026-09-01",
        "region": "450100",
        "contact_name": "技术部",
        "contact_phone": "0771-5550002",
    }
    return {name: value for name, value in (typed | changes).items() if value is not None}
