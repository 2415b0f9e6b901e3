"""The terms of a contract as values, and the three amounts that are never mixed up.

成交额 is the stated price; 技术交易额 is that less each named non-technical part; 实际到账 is what the
receipts add up to.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from market.codes import contract_lists, lists, regions
from market.contracts.models import Contract
from market.deals.models import ContractKind
from market.deals.terms import PlanRow, PriceTerms, check_sum
from market.kit.errors import Invalid
from market.kit.formats import yuan
from market.kit.i18n import gettext as _
from market.kit.money import HOME, Money, decimals, round_half_up
from market.kit.terms import hash_content, place

RATE_UNIT = 1_000_000
"""Scale of an exchange rate: it is stored in millionths."""


@dataclass(frozen=True)
class Exclusion:
    """One named part of the price that is not technology."""

    kind: str
    name: str
    amount: int = dataclasses.field(metadata=place(is_minor=True))


@dataclass(frozen=True, kw_only=True)
class ContractTerms(PriceTerms):
    """What the two sides sign."""

    name: str
    field: str
    price: Money = dataclasses.field(metadata=place(column="contract_amount", currency="currency"))
    signed_on: date
    used_in: str
    instalments: tuple[PlanRow, ...] = dataclasses.field(metadata=place(form="plan", is_column=False))
    exclusions: tuple[Exclusion, ...] = dataclasses.field(default=(), metadata=place(is_column=False))
    valid_from: date | None = None
    valid_until: date | None = None
    licence_years: int | None = None
    is_related: bool = False
    is_publicly_funded: bool = False
    sub_kind: str = ""
    right_kind: str = ""
    economic_goal: str = ""
    expected_investment: int | None = dataclasses.field(
        default=None, metadata=place(column="expected_investment_amount")
    )
    """In fen, whatever the currency of the price."""
    expected_output: int | None = dataclasses.field(
        default=None, metadata=place(column="expected_output_amount")
    )
    original: Money | None = dataclasses.field(
        default=None,
        metadata=place(content="original_amount", column="original_amount", currency="original_currency"),
    )
    """The price in the currency the contract is written in, where that is another; of a price in a foreign
    currency, what it comes to in ours."""
    exchange_rate: int | None = None
    """Millionths of the price's currency for one unit of the original one."""
    rate_on: date | None = None

    @property
    def trade_money(self) -> Money:
        return self.price - Money(sum(part.amount for part in self.exclusions), self.price.currency)


def content_hash(terms: ContractTerms, file_sha256: str) -> str:
    """Return what the other side consents to: SHA-256 over the canonical terms and the scanned file."""
    return hash_content(terms.content | {"file": file_sha256})


def check_terms(terms: ContractTerms, today: date) -> None:
    """Check that the terms can be signed.

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
    if any(part.kind not in contract_lists.EXCLUSION_KINDS or not part.name for part in terms.exclusions):
        raise Invalid(_("每一项非技术性费用都要写明类别、名称和金额。"), field="exclusions")
    if not terms.instalments and terms.fixed:
        raise Invalid(_("请至少填写一期付款。"), field="plan")
    check_sum(terms.instalments, terms.fixed)
    if terms.licence_years and terms.kind is not ContractKind.LICENCE:
        raise Invalid(_("只有许可合同填许可年限，这份合同请清空。"), field="licence_years")
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
    for field, value, codes in (
        ("sub_kind", terms.sub_kind, contract_lists.CONTRACT_SUB_KINDS[terms.kind]),
        ("right_kind", terms.right_kind, lists.RIGHT_KINDS),
        ("economic_goal", terms.economic_goal, contract_lists.ECONOMIC_GOALS),
        ("seller_country", terms.seller_country, contract_lists.COUNTRIES),
        ("buyer_country", terms.buyer_country, contract_lists.COUNTRIES),
    ):
        if value and value not in codes:
            raise Invalid(_("请从列表中选择。"), field=field)


def _check_foreign(terms: ContractTerms) -> None:
    conversion = (terms.original, terms.exchange_rate, terms.rate_on)
    is_foreign = terms.price.currency != HOME
    if is_foreign and (terms.original is None or terms.original.currency != HOME or not all(conversion)):
        raise Invalid(_("以外币计价的合同要写明折合人民币的金额、汇率和汇率日期。"), field="original_amount")
    if not any(conversion):
        return
    if terms.original is None or not terms.exchange_rate or terms.rate_on is None:
        raise Invalid(_("外币合同要写明币种、外币金额、汇率和汇率日期。"), field="original_amount")
    if terms.is_domestic:
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
    """Three figures that are never added up nor substituted for each other."""

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
    """Return a contract's three amounts."""
    return ThreeAmounts(contract.contract_money, contract.trade_money, Money(received, contract.currency))
