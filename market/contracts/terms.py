"""The terms of a contract as values, and the three amounts that are never mixed up.

成交额 is the stated price; 技术交易额 is that less each named non-technical part; 实际到账 is what the
receipts add up to.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from market.codes import lists, regions
from market.contracts.models import Contract
from market.deals.models import ContractKind
from market.deals.terms import PlanRow, check_sum
from market.kit.errors import Invalid
from market.kit.formats import yuan
from market.kit.i18n import gettext as _
from market.kit.money import Money


@dataclass(frozen=True)
class Exclusion:
    """One named part of the price that is not technology."""

    kind: str
    name: str
    amount: int


@dataclass(frozen=True)
class ContractTerms:
    """What the two sides sign."""

    name: str
    kind: ContractKind
    field: str
    price: Money
    signed_on: date
    used_in: str
    instalments: tuple[PlanRow, ...]
    exclusions: tuple[Exclusion, ...] = ()
    valid_until: date | None = None
    licence_years: int | None = None
    is_exclusive: bool = False
    is_related: bool = False
    is_publicly_funded: bool = False

    @property
    def trade_money(self) -> Money:
        return self.price - Money(sum(each.amount for each in self.exclusions), self.price.currency)

    @property
    def content(self) -> dict[str, Any]:
        """The terms as plain values, as a draft keeps them."""
        return {
            "name": self.name,
            "kind": self.kind.value,
            "field": self.field,
            "price": self.price.amount,
            "currency": self.price.currency,
            "signed_on": self.signed_on.isoformat(),
            "valid_until": self.valid_until.isoformat() if self.valid_until else None,
            "used_in": self.used_in,
            "licence_years": self.licence_years,
            "is_exclusive": self.is_exclusive,
            "is_related": self.is_related,
            "is_publicly_funded": self.is_publicly_funded,
            "exclusions": [vars(each) for each in self.exclusions],
            "instalments": [row.plain for row in self.instalments],
        }

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> ContractTerms:
        valid_until = content["valid_until"]
        return cls(
            name=content["name"],
            kind=ContractKind(content["kind"]),
            field=content["field"],
            price=Money(content["price"], content["currency"]),
            signed_on=date.fromisoformat(content["signed_on"]),
            valid_until=date.fromisoformat(valid_until) if valid_until else None,
            used_in=content["used_in"],
            licence_years=content["licence_years"],
            is_exclusive=content["is_exclusive"],
            is_related=content["is_related"],
            is_publicly_funded=content["is_publicly_funded"],
            exclusions=tuple(Exclusion(**each) for each in content["exclusions"]),
            instalments=tuple(PlanRow.of(row) for row in content["instalments"]),
        )


def content_hash(terms: ContractTerms, file_sha256: str) -> str:
    """Return what the other side consents to: SHA-256 over the canonical terms and the scanned file."""
    text = json.dumps(
        terms.content | {"file": file_sha256}, ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )
    return hashlib.sha256(text.encode()).hexdigest()


def check(terms: ContractTerms, today: date) -> None:
    """Let pass only terms that can be signed.

    Raises:
        Invalid: at the field that is wrong.
    """
    if terms.trade_money.amount <= 0:
        parts = terms.price - terms.trade_money
        raise Invalid(
            _(
                "非技术性费用合计 %(parts)s，应小于成交额 %(price)s。",
                parts=yuan(parts),
                price=yuan(terms.price),
            ),
            field="exclusions",
        )
    if any(each.kind not in lists.EXCLUSION_KINDS or not each.name for each in terms.exclusions):
        raise Invalid(_("每一项非技术性费用都要写明类别、名称和金额。"), field="exclusions")
    if not terms.instalments:
        raise Invalid(_("请至少填写一期付款。"), field="plan")
    check_sum(terms.instalments, terms.price)
    if terms.field not in lists.FIELDS:
        raise Invalid(_("请选择技术领域。"), field="field")
    if not regions.is_known(terms.used_in):
        raise Invalid(_("请选择成果应用所在地。"), field="used_in")
    if terms.signed_on > today:
        raise Invalid(_("签订日期不能晚于今天。"), field="signed_on")
    if terms.valid_until and terms.valid_until < terms.signed_on:
        raise Invalid(_("有效期不能早于签订日期。"), field="valid_until")


@dataclass(frozen=True)
class ThreeAmounts:
    """Three columns that are never added up nor put in each other's place."""

    contract: Money
    """合同成交额"""
    trade: Money
    """技术交易额"""
    received: Money
    """实际到账"""

    @property
    def left(self) -> Money:
        """What of the price has not arrived yet."""
        return self.contract - self.received


def three_amounts(contract: Contract, received: int) -> ThreeAmounts:
    """Put a contract's three amounts side by side."""
    return ThreeAmounts(contract.contract_money, contract.trade_money, Money(received, contract.currency))
