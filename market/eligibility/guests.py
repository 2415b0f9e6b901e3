"""What a guest answers, in the address alone, and the facts that come of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from market.kit.i18n import lazy
from market.kit.labels import LabelEnum
from market.programmes.facts import Applicant, ContractFacts, Facts, Party, ReceiptFacts
from market.programmes.rule_terms import Terms

SOMEBODY = ""
"""Who claims is not known, but it is the contract's own party."""


class Who(LabelEnum):
    """The kind of applicant; the values are kinds of the rule sets, but for a person."""

    ENTERPRISE = "enterprise", lazy("企业")
    UNIVERSITY = "university", lazy("高等院校")
    INSTITUTE = "institute", lazy("科研院所")
    FARMERS_COOP = "farmers_coop", lazy("农民专业合作社")
    AGENCY = "agency", lazy("技术转移机构")
    REGISTRY = "registry", lazy("合同登记机构")
    PERSON = "person", lazy("个人")


class What(LabelEnum):
    """What was done or is planned: the side of the contract and its kind."""

    ASSIGNMENT = "assignment", lazy("买下成果（转让）")
    LICENCE = "licence", lazy("取得许可使用")
    DEVELOPMENT = "development", lazy("委托或合作研发")
    SERVICE = "service", lazy("买技术服务、检测")
    EQUITY = "equity", lazy("对方以技术入股")
    SOLD = "sold", lazy("卖出自己的成果")
    BROKERED = "brokered", lazy("促成技术交易")
    REGISTERED = "registered", lazy("登记技术合同")
    UNSURE = "unsure", lazy("说不准")


BUYER_KINDS = (What.ASSIGNMENT, What.LICENCE, What.DEVELOPMENT, What.SERVICE, What.EQUITY)
_ROLES: Mapping[What, frozenset[str]] = {
    **dict.fromkeys(BUYER_KINDS, frozenset({"buyer"})),
    What.SOLD: frozenset({"seller"}),
    What.BROKERED: frozenset({"broker", "agency"}),
    What.REGISTERED: frozenset({"registry"}),
}
_USUAL_ROLES: Mapping[Who, frozenset[str]] = {
    Who.AGENCY: frozenset({"broker", "agency"}),
    Who.REGISTRY: frozenset({"registry"}),
}
TRADERS = frozenset({"buyer", "seller"})


def roles_of_kind(kind: str | None) -> frozenset[str]:
    """Return the roles in which an applicant of a kind usually claims."""
    return _USUAL_ROLES.get(Who(kind), TRADERS) if kind in set(Who) else TRADERS


@dataclass(frozen=True)
class Answers:
    """What somebody answered; None: not answered."""

    who: Who | None = None
    place: str = ""
    what: What = What.UNSURE
    amount: int | None = None
    """The technology's price in fen."""
    given: Mapping[str, object] = field(default_factory=dict)
    """Further facts by name, such as `related` or `seller.region`; only what was answered."""

    @property
    def kind(self) -> str | None:
        """The kind of applicant; None while it is not answered."""
        return self.who.value if self.who is not None else None

    @property
    def roles(self) -> frozenset[str]:
        """The roles in which one would claim."""
        return _ROLES.get(self.what) or roles_of_kind(self.kind)


def facts_of_answers(answers: Answers, terms: Terms, year: int) -> Facts:
    """Return the facts of one contract, done or planned, as far as they were answered.

    The contract is the applicant's own, and in the role that the set pays; all else is not known.
    """
    given = answers.given
    place = answers.place or None
    kind = answers.kind if answers.kind != Who.PERSON else None
    own = Party(uscc=SOMEBODY, kind=kind, region=place)
    other = Party(kind=_text(given, "seller.kind"), region=_text(given, "seller.region"))
    applicant = Applicant(
        uscc=SOMEBODY,
        role=terms.role,
        kind=kind,
        region=place,
        established_on=_day(given, "applicant.established_on"),
        state_owned=_truth(given, "applicant.state_owned"),
        manufacturer=_truth(given, "applicant.manufacturer"),
        high_tech=_truth(given, "applicant.high_tech"),
        flags=_flags(given, "applicant.flags."),
    )
    is_seller = terms.role == "seller"
    contract = ContractFacts(
        kind=answers.what.value if answers.what in BUYER_KINDS else _text(given, "kind"),
        signed_on=_day(given, "signed_on"),
        registered_on=_day(given, "registered_on"),
        field=_text(given, "field"),
        mode=_text(given, "mode"),
        grade=_text(given, "grade"),
        seller=own if is_seller else other,
        buyer=Party(region=_text(given, "buyer.region")) if is_seller else own,
        used_in=_text(given, "used_in"),
        contract_amount=answers.amount,
        trade_amount=answers.amount,
        receipts=_receipts(given, year),
        new_sales={} if given.get("new_sales") is None else {year: _amount(given, "new_sales")},
        related=_truth(given, "related"),
        publicly_funded=_truth(given, "publicly_funded"),
        subsidised_before=_truth(given, "subsidised_before"),
        flags=_flags(given, "flags."),
    )
    return Facts(
        year=year,
        applicant=applicant,
        contracts=(contract,) if terms.per_contract else (),
        granted_this_year=_amount(given, "granted_this_year"),
        vat_payable=_amount(given, "vat_payable"),
        vat_paid=_amount(given, "vat_paid"),
        registered_total=answers.amount if answers.what is What.REGISTERED else None,
        brokered_total=answers.amount if answers.what is What.BROKERED else None,
    )


def _receipts(given: Mapping[str, object], year: int) -> tuple[ReceiptFacts, ...] | None:
    """Return what was received in the claim's year as one receipt; None: not answered."""
    amount = _amount(given, "receipts")
    return None if amount is None else (ReceiptFacts(date(year, 12, 31), amount),)


def _text(given: Mapping[str, object], name: str) -> str | None:
    value = given.get(name)
    return value if isinstance(value, str) and value else None


def _amount(given: Mapping[str, object], name: str) -> int | None:
    value = given.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _day(given: Mapping[str, object], name: str) -> date | None:
    value = given.get(name)
    return value if isinstance(value, date) else None


def _truth(given: Mapping[str, object], name: str) -> bool | None:
    value = given.get(name)
    return value if isinstance(value, bool) else None


def _flags(given: Mapping[str, object], prefix: str) -> Mapping[str, bool | None]:
    return {
        name.removeprefix(prefix): value
        for name, value in given.items()
        if name.startswith(prefix) and isinstance(value, bool)
    }
