"""The terms of an offer as values: their content hash, which consent names, and how two offers differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from market.codes.contract_lists import CHINA
from market.codes.labels import label
from market.deals.models import ROYALTIES, ContractKind, PaymentWay
from market.kit.errors import Invalid
from market.kit.formats import yuan
from market.kit.i18n import gettext as _
from market.kit.money import HOME, Money
from market.kit.terms import hash_content, place, to_content


@dataclass(frozen=True)
class PlanRow:
    """One part of the price: on what condition or when it is due."""

    condition: str
    due_on: date | None
    amount: int = field(metadata=place(is_minor=True))


@dataclass(frozen=True)
class CostRow:
    """Who bears one cost beside the price; keys of `COST_ITEMS` and `BEARERS`."""

    item: str
    bearer: str


@dataclass(frozen=True)
class PriceTerms:
    """What an offer and the contract that comes of it have in common.

    With royalties the price is an estimate: the entry fee, if any, and the royalties expected.
    """

    kind: ContractKind
    price: Money = field(metadata=place(column="price_amount", currency="currency"))
    is_exclusive: bool = False
    payment_way: PaymentWay = PaymentWay.INSTALMENTS
    entry: int | None = field(default=None, metadata=place(column="entry_amount", is_minor=True))
    royalty_basis_points: int | None = None
    royalty_base: str = ""
    seller_country: str = CHINA
    buyer_country: str = CHINA

    @property
    def is_domestic(self) -> bool:
        """Return whether both parties are in this country."""
        return self.seller_country == self.buyer_country == CHINA

    @property
    def fixed(self) -> Money:
        """Return the fixed part of the price: all of it, or with royalties the entry fee alone."""
        if self.payment_way in ROYALTIES:
            return Money(self.entry or 0, self.price.currency)
        return self.price

    @property
    def content(self) -> dict[str, Any]:
        """Return the terms as JSON values."""
        return to_content(self)


@dataclass(frozen=True)
class OfferTerms(PriceTerms):
    """What one side proposes. The plan's rows add up to what is fixed of the price."""

    years: int | None = None
    territory: str = ""
    plan: tuple[PlanRow, ...] = ()
    note: str = ""
    costs: tuple[CostRow, ...] = ()
    seller_country: str = field(default=CHINA, metadata=place(addition="countries"))
    buyer_country: str = field(default=CHINA, metadata=place(addition="countries"))

    @property
    def content_hash(self) -> str:
        """SHA-256 over the canonical terms: any change gives another hash."""
        return hash_content(self.content)


def complete_plan(terms: OfferTerms) -> OfferTerms:
    """Return the terms with a payment plan: by default one row for the fixed part of the price.

    Raises:
        Invalid: the way of payment lacks something, the plan's rows do not add up, a foreign currency
            is asked for though nobody is abroad, or the scope of a licence is set for another kind.
    """
    _check_currency(terms)
    _check_royalty(terms)
    _check_scope(terms)
    if not terms.plan and terms.fixed:
        row = PlanRow(_("合同生效后一次付清"), None, terms.fixed.amount)
        return replace(terms, plan=(row,))
    if terms.payment_way is PaymentWay.LUMP_SUM and len(terms.plan) > 1:
        raise Invalid(_("一次总付只有一期；要分期，请选“一次总算、分期支付”。"), field="plan")
    check_sum(terms.plan, terms.fixed)
    return terms


def _check_currency(terms: OfferTerms) -> None:
    """外汇管理条例 8: between domestic parties nothing is priced or settled in a foreign currency."""
    if terms.price.currency != HOME and terms.is_domestic:
        raise Invalid(_("双方都在境内，不能用外币计价；有一方在境外的，请选它的国别。"), field="currency")


def _check_royalty(terms: OfferTerms) -> None:
    has_royalty = terms.payment_way in ROYALTIES
    if has_royalty and not (terms.royalty_basis_points and terms.royalty_base):
        raise Invalid(_("提成支付要写明提成比例和提成基数。"), field="royalty_basis_points")
    if not has_royalty and (terms.royalty_basis_points or terms.entry):
        raise Invalid(_("不是提成支付，不用填入门费和提成。"), field="payment_way")
    if terms.payment_way is PaymentWay.ENTRY_ROYALTY and not 0 < (terms.entry or 0) < terms.price.amount:
        raise Invalid(_("入门费应大于零，且小于预计总价。"), field="entry")
    if terms.payment_way is PaymentWay.ROYALTY and terms.entry:
        raise Invalid(_("有入门费的，请选“提成支付附加预付入门费”。"), field="payment_way")


def _check_scope(terms: OfferTerms) -> None:
    """Keep years, territory and exclusive use to licences, whose scope they are (民法典 864)."""
    if terms.kind is ContractKind.LICENCE:
        return
    for name, word in (("years", _("许可年限")), ("territory", _("许可地域")), ("is_exclusive", _("独占"))):
        if getattr(terms, name):
            raise Invalid(
                _(
                    "%(kind)s合同没有“%(word)s”：请清空，有别的约定写在“其他条件”里。",
                    kind=label("contract_kind", terms.kind),
                    word=word,
                ),
                field=name,
            )


def check_sum(rows: Sequence[PlanRow], price: Money) -> None:
    """Check that the rows add up to the price.

    Raises:
        Invalid: at `plan`, saying by how much they differ.
    """
    total = Money(sum(row.amount for row in rows), price.currency)
    if total != price:
        raise Invalid(
            _("各期金额合计 %(total)s，应等于约定的 %(price)s。", total=yuan(total), price=yuan(price)),
            field="plan",
        )


def differences(old: OfferTerms | None, new: OfferTerms) -> set[str]:
    """Return the names of the terms in which `new` differs from `old`; of a first offer, none."""
    if old is None:
        return set()
    before = old.content
    after = new.content
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
