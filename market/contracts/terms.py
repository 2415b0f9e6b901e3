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
from fractions import Fraction
from typing import Any

from market.codes import contract_lists, lists, regions
from market.codes.contract_lists import CHINA
from market.contracts.models import Contract
from market.deals.models import ROYALTIES, ContractKind, PaymentWay
from market.deals.terms import PlanRow, check_sum
from market.kit.errors import Invalid
from market.kit.formats import yuan
from market.kit.i18n import gettext as _
from market.kit.money import HOME, Money, decimals, round_half_up

RATE_UNIT = 1_000_000
"""An exchange rate is kept in millionths."""


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
    sub_kind: str = ""
    right_kind: str = ""
    economic_goal: str = ""
    payment_way: PaymentWay = PaymentWay.INSTALMENTS
    entry: int | None = None
    royalty_basis_points: int | None = None
    royalty_base: str = ""
    expected_investment: int | None = None
    expected_output: int | None = None
    seller_country: str = CHINA
    buyer_country: str = CHINA
    original: Money | None = None
    """The price in the currency the contract is written in, where that is another; of a price in a foreign
    currency, what it comes to in ours."""
    exchange_rate: int | None = None
    """Millionths of the price's currency for one unit of the original one."""
    rate_on: date | None = None
    valid_from: date | None = None

    @property
    def fixed(self) -> Money:
        """What the instalments add up to: the price, or with royalties the entry fee alone."""
        if self.payment_way in ROYALTIES:
            return Money(self.entry or 0, self.price.currency)
        return self.price

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
            "sub_kind": self.sub_kind,
            "right_kind": self.right_kind,
            "economic_goal": self.economic_goal,
            "payment_way": self.payment_way.value,
            "entry": self.entry,
            "royalty_basis_points": self.royalty_basis_points,
            "royalty_base": self.royalty_base,
            "expected_investment": self.expected_investment,
            "expected_output": self.expected_output,
            "seller_country": self.seller_country,
            "buyer_country": self.buyer_country,
            "original_amount": self.original.amount if self.original else None,
            "original_currency": self.original.currency if self.original else "",
            "exchange_rate": self.exchange_rate,
            "rate_on": self.rate_on.isoformat() if self.rate_on else None,
            "valid_from": self.valid_from.isoformat() if self.valid_from else None,
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
            **_later(content),
        )


def _later(content: Mapping[str, Any]) -> dict[str, Any]:
    """What drafts entered before the form was whole do not hold yet."""
    amount, currency = content.get("original_amount"), content.get("original_currency")
    return {
        **{
            name: content[name]
            for name in (
                *("sub_kind", "right_kind", "economic_goal", "entry", "royalty_basis_points", "royalty_base"),
                *("expected_investment", "expected_output", "exchange_rate"),
                *("seller_country", "buyer_country"),
            )
            if name in content
        },
        "payment_way": PaymentWay(content.get("payment_way", PaymentWay.INSTALMENTS)),
        "original": Money(amount, currency) if amount and currency else None,
        "rate_on": _day(content.get("rate_on")),
        "valid_from": _day(content.get("valid_from")),
    }


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


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
    if any(each.kind not in contract_lists.EXCLUSION_KINDS or not each.name for each in terms.exclusions):
        raise Invalid(_("每一项非技术性费用都要写明类别、名称和金额。"), field="exclusions")
    if not terms.instalments and terms.fixed:
        raise Invalid(_("请至少填写一期付款。"), field="plan")
    check_sum(terms.instalments, terms.fixed)
    _check_codes(terms)
    _check_foreign(terms)
    if terms.field not in lists.FIELDS:
        raise Invalid(_("请选择技术领域。"), field="field")
    if not regions.is_known(terms.used_in):
        raise Invalid(_("请选择成果应用所在地。"), field="used_in")
    if terms.signed_on > today:
        raise Invalid(_("签订日期不能晚于今天。"), field="signed_on")
    if terms.valid_until and terms.valid_until < (terms.valid_from or terms.signed_on):
        raise Invalid(_("有效期的止日不能早于起日和签订日期。"), field="valid_until")


def _check_codes(terms: ContractTerms) -> None:
    for field, value, known in (
        ("sub_kind", terms.sub_kind, contract_lists.CONTRACT_SUB_KINDS[terms.kind]),
        ("right_kind", terms.right_kind, lists.RIGHT_KINDS),
        ("economic_goal", terms.economic_goal, contract_lists.ECONOMIC_GOALS),
        ("seller_country", terms.seller_country, contract_lists.COUNTRIES),
        ("buyer_country", terms.buyer_country, contract_lists.COUNTRIES),
    ):
        if value and value not in known:
            raise Invalid(_("请从列表中选择。"), field=field)


def _check_foreign(terms: ContractTerms) -> None:
    given = (terms.original, terms.exchange_rate, terms.rate_on)
    is_foreign = terms.price.currency != HOME
    if is_foreign and (terms.original is None or terms.original.currency != HOME or not all(given)):
        raise Invalid(_("以外币计价的合同要写明折合人民币的金额、汇率和汇率日期。"), field="original_amount")
    if not any(given):
        return
    if terms.original is None or not terms.exchange_rate or terms.rate_on is None:
        raise Invalid(_("外币合同要写明币种、外币金额、汇率和汇率日期。"), field="original_amount")
    if terms.seller_country == terms.buyer_country == CHINA:
        raise Invalid(_("双方都在境内的合同不用外币。"), field="original_currency")
    if terms.rate_on > terms.signed_on:
        raise Invalid(_("汇率日期不能晚于签订日期。"), field="rate_on")
    converted = converted_money(terms.original, terms.exchange_rate, terms.price.currency)
    if abs(converted.amount - terms.price.amount) > 10 ** decimals(terms.price.currency):
        raise Invalid(
            _(
                "外币金额按汇率折合 %(money)s，应等于成交额 %(price)s，相差不超过一元。",
                money=yuan(converted),
                price=yuan(terms.price),
            ),
            field="exchange_rate",
        )


def converted_money(original: Money, rate: int, currency: str) -> Money:
    """Return an amount in another currency at a rate in millionths, rounded once."""
    units = Fraction(original.amount * rate, RATE_UNIT * 10 ** decimals(original.currency))
    return Money(round_half_up(units * 10 ** decimals(currency)), currency)


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
