"""The four questions of the check, and those that it may ask besides; all answers stand in the address."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from market.claims.forms import SELLER_KINDS
from market.codes import regions
from market.codes.labels import choices as label_choices
from market.eligibility.guests import Answers, What, Who
from market.kit.amount_fields import MoneyField
from market.kit.form_fields import ChoiceField, Choices, DayField, Required
from market.kit.formats import wan
from market.kit.forms import BaseForm
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.labels import choices
from market.programmes.texts import VALUES

QUESTIONS: Mapping[str, str] = {
    "kind": "kind",
    "subsidised_before": "before",
    "receipts": "received",
    "new_sales": "sales",
    "applicant.established_on": "established_on",
    "applicant.high_tech": "high_tech",
    "applicant.manufacturer": "manufacturer",
    "applicant.flags.sme": "sme",
    "signed_on": "signed_on",
    "registered_on": "registered_on",
    "related": "related",
    "publicly_funded": "funded",
    "seller.kind": "seller_kind",
    "seller.region": "seller_region",
    "buyer.region": "buyer_region",
    "used_in": "used_in",
    "field": "field",
    "flags.witnessed": "witnessed",
    "vat_payable": "vat_payable",
    "vat_paid": "vat_paid",
    "trade_amount": "amount",
    "registered_total": "amount",
    "brokered_total": "amount",
    "applicant.region": "place",
    "applicant.kind": "who",
}
"""The fields by which facts are asked for."""
FIRST = ("who", "place", "what", "amount")
PLACES = frozenset({"place", "seller_region", "buyer_region", "used_in"})
OF_ORGANISATION = frozenset(
    {"applicant.established_on", "applicant.high_tech", "applicant.manufacturer", "applicant.flags.sme"}
)
"""Facts that an organisation states of itself, on its own page."""


def _places() -> Choices:
    return dict(regions.choices(("province", "city", "county")))


def _yes_no() -> Choices:
    return [("yes", _("是")), ("no", _("否"))]


def _named(codes: Collection[str]) -> list[tuple[str, str]]:
    return [(code, _(VALUES[code])) for code in codes]


def _truth(label: Any) -> ChoiceField:
    return ChoiceField(label, choices=_yes_no, blank=lazy("说不准"))


def _place(label: Any) -> ChoiceField:
    return ChoiceField(label, choices=_places, also=regions.known_name, blank=lazy("说不准"))


class CheckForm(BaseForm):
    """What somebody answers of a firm and a contract, done or planned. Nothing is stored."""

    who = ChoiceField(lazy("您是"), choices=lambda: choices(Who), blank=lazy("请选择"))
    place = ChoiceField(
        lazy("注册在"),
        [Required(lazy("请选择注册在哪里：哪些政策与您有关，先看地方。"))],
        choices=_places,
        also=regions.known_name,
        blank=lazy("请选择"),
    )
    what = ChoiceField(lazy("做了或打算做"), choices=lambda: choices(What), blank=lazy("说不准"))
    amount = MoneyField(lazy("技术交易额"), is_zero_allowed=True)
    kind = ChoiceField(
        lazy("是哪一类合同"), choices=lambda: label_choices("contract_kind"), blank=lazy("说不准")
    )
    before = _truth(lazy("这份合同拿过同类补助吗"))
    received = MoneyField(lazy("今年已经付了（收到）多少合同款"), is_zero_allowed=True)
    sales = MoneyField(lazy("用这项成果，今年新增销售收入多少"), is_zero_allowed=True)
    established_on = DayField(lazy("单位哪天成立"))
    high_tech = _truth(lazy("是高新技术企业吗"))
    manufacturer = _truth(lazy("是工业制造企业吗"))
    sme = _truth(lazy("是中小企业吗"))
    signed_on = DayField(lazy("合同哪天签的"))
    registered_on = DayField(lazy("合同哪天登记的"))
    related = _truth(lazy("买卖双方有隶属或关联关系吗"))
    funded = _truth(lazy("这项转化得过财政科技资金吗"))
    seller_kind = ChoiceField(lazy("卖方是"), choices=lambda: _named(SELLER_KINDS), blank=lazy("说不准"))
    seller_region = _place(lazy("卖方在哪里"))
    buyer_region = _place(lazy("买方在哪里"))
    used_in = _place(lazy("成果在哪里转化应用"))
    field = ChoiceField(
        lazy("属于哪个技术领域"), choices=lambda: label_choices("field"), blank=lazy("说不准")
    )
    witnessed = _truth(lazy("合同经过交易见证或复核备案吗"))
    vat_payable = MoneyField(lazy("技术交易收入应缴增值税"), is_zero_allowed=True)
    vat_paid = MoneyField(lazy("实缴增值税"), is_zero_allowed=True)

    def answers(self) -> Answers:
        """Return what was answered."""
        given = {
            fact: value
            for fact, name in QUESTIONS.items()
            if name not in FIRST and (value := self._value(name)) is not None
        }
        return Answers(
            who=Who(self.who.data) if self.who.data else None,
            place=self.place.data or "",
            what=What(self.what.data) if self.what.data else What.UNSURE,
            amount=self.amount.data,
            given=given,
        )

    def _value(self, name: str) -> object:
        field = self._fields[name]
        if isinstance(field, ChoiceField) and field.data in ("yes", "no"):
            return field.data == "yes"
        return field.data if field.data not in ("", None) else None

    def words_of(self, name: str) -> str:
        """Return an answer in words; empty where there is none."""
        field = self._fields[name]
        if field.data in (None, ""):
            return ""
        if isinstance(field, MoneyField):
            return wan(field.data)
        if name in PLACES:
            return regions.full_name(field.data)
        return str(dict(field.choices)[field.data] if isinstance(field, ChoiceField) else field.data)

    def further(self) -> list[tuple[str, str]]:
        """Return the questions answered besides the first four, with their answers in words."""
        return [
            (str(field.label.text), words)
            for name, field in self._fields.items()
            if name not in FIRST and (words := self.words_of(name))
        ]

    def answered(self, apart_from: Collection[str] = ()) -> list[tuple[str, str]]:
        """Return name and typed text of the fields that were answered and can be read, for hidden inputs."""
        return [
            (name, str(field.raw_data[0]))
            for name, field in self._fields.items()
            if name not in apart_from
            and not field.errors
            and field.raw_data
            and str(field.raw_data[0]).strip()
        ]
