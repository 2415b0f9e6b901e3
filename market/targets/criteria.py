"""What a deed must fulfil, answered from its facts; what records do not tell may be stated. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from market.kit.formats import percent, wan
from market.kit.i18n import gettext as _
from market.targets.states import Answer


class Stated(StrEnum):
    """What a unit stated of a deed beside the records."""

    NOTHING = "nothing"
    WAITING = "waiting"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"


@dataclass(frozen=True)
class DeedFacts:
    """What the criteria read; amounts in fen, shares in basis points."""

    contract_amount: int
    received_share: int
    is_registered: bool
    is_in_use: bool
    is_related: bool
    is_ended: bool
    least_amount: int
    least_received: int
    stated: Stated = Stated.NOTHING
    is_rechecked: bool = False
    """The sales stand in a claim that a second person rechecked."""


@dataclass(frozen=True)
class Criterion:
    """One criterion with its answer in words; `is_stated`: it rests on what the unit stated (填报)."""

    code: str
    label: str
    answer: Answer
    words: str
    is_stated: bool = False


def answers(facts: DeedFacts) -> list[Criterion]:
    """Return each criterion with its answer."""
    return [
        Criterion(
            "standing",
            _("合同有效"),
            Answer.FAILED if facts.is_ended else Answer.MET,
            _("合同已解除或登记已注销") if facts.is_ended else _("没有解除，也没有注销登记"),
        ),
        Criterion(
            "registered",
            _("认定登记"),
            Answer.MET if facts.is_registered else Answer.OPEN,
            _("已有登记号") if facts.is_registered else _("还没有登记号，审核前应办好"),
        ),
        _amount(facts),
        _fulfilled(facts),
        Criterion(
            "unrelated",
            _("双方不是关联方"),
            Answer.FAILED if facts.is_related else Answer.MET,
            _("双方是关联方，单列，不计入") if facts.is_related else _("没有发现关联关系"),
        ),
        Criterion("once", _("没有重复计算"), Answer.MET, _("一份合同只算一次，不分年度、地区和单位")),
    ]


def _amount(facts: DeedFacts) -> Criterion:
    is_enough = facts.contract_amount >= facts.least_amount
    return Criterion(
        "amount",
        _("合同成交额"),
        Answer.MET if is_enough else Answer.FAILED,
        _("%(amount)s，起点 %(least)s", amount=wan(facts.contract_amount), least=wan(facts.least_amount)),
    )


def _fulfilled(facts: DeedFacts) -> Criterion:
    """Answer by what arrived, by reported sales, else by what the unit states with a paper."""
    label = _("已经履行")
    share, least = percent(facts.received_share), percent(facts.least_received)
    arrived = _("到账 %(share)s，要求 %(least)s", share=share, least=least)
    if facts.received_share >= facts.least_received:
        return Criterion("fulfilled", label, Answer.MET, arrived)
    if facts.is_in_use:
        words = (
            _("%(arrived)s；买方的新增销售已在补助申报中经两人复核", arrived=arrived)
            if facts.is_rechecked
            else _("%(arrived)s；买方已报告新增销售，没有经过复核", arrived=arrived)
        )
        return Criterion("fulfilled", label, Answer.MET, words)
    words_of = {
        Stated.NOTHING: _("%(arrived)s；可以填报成果已在使用，附证明", arrived=arrived),
        Stated.WAITING: _("%(arrived)s；单位填报已在使用，待审核", arrived=arrived),
        Stated.CONFIRMED: _("%(arrived)s；单位填报已在使用，证明已审核", arrived=arrived),
        Stated.REJECTED: _("%(arrived)s；填报的证明未被采信", arrived=arrived),
    }
    answer = Answer.MET if facts.stated is Stated.CONFIRMED else Answer.OPEN
    return Criterion(
        "fulfilled", label, answer, words_of[facts.stated], is_stated=facts.stated is not Stated.NOTHING
    )


def lacks_statement(criteria: Sequence[Criterion], stated: Stated) -> bool:
    """Return whether the unit must state something before it declares."""
    return stated in (Stated.NOTHING, Stated.REJECTED) and _answer_of(criteria, "fulfilled") is Answer.OPEN


def failed(criteria: Sequence[Criterion]) -> list[Criterion]:
    """Return what stands in the way of declaring."""
    return [criterion for criterion in criteria if criterion.answer is Answer.FAILED]


def unmet(criteria: Sequence[Criterion]) -> list[Criterion]:
    """Return what stands in the way of the city's check, the statement aside, which it decides on."""
    return [
        criterion
        for criterion in criteria
        if criterion.answer is not Answer.MET and not (criterion.code == "fulfilled" and criterion.is_stated)
    ]


def _answer_of(criteria: Sequence[Criterion], code: str) -> Answer:
    return next(criterion.answer for criterion in criteria if criterion.code == code)
