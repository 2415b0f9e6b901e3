"""Sharing of income with inventors: net income, legal floors, and amounts that add up. Pure.

The floors are those of 促进科技成果转化法 art. 45 and 国发〔2016〕16号; a unit's own rules may
set higher floors, never lower ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from market.kit.errors import Invalid
from market.kit.formats import percent, yuan
from market.kit.i18n import gettext as _
from market.kit.money import Money, allocate
from market.rewards.states import RewardKind

WHOLE = 10_000
POT_FLOOR = 5000
"""Of the net income of an assignment or a licence, or of the shares: 促进科技成果转化法 art. 45 (1), (2)."""
MAIN_FLOOR = 5000
"""Of the pot, for the main contributors: 国发〔2016〕16号."""
PUBLICITY_DAYS = 15
"""Working days at least, 国科发政〔2018〕103号."""


@dataclass(frozen=True)
class Deduction:
    """A direct cost of the conversion, deducted from the income; `kind` is a key of `DEDUCTION_KINDS`."""

    kind: str
    note: str
    amount: int


@dataclass(frozen=True)
class UnitShare:
    """Share of a unit (school, college, agency) in what is not the people's."""

    name: str
    basis_points: int


@dataclass(frozen=True)
class PersonShare:
    """Share of one person in the pot."""

    name: str
    is_main: bool
    work: str
    basis_points: int
    account: str = ""


@dataclass(frozen=True)
class Floors:
    """Minimum shares of the people in basis points; the law's unless a unit's own rules are higher."""

    pot: int = POT_FLOOR
    equity: int = POT_FLOOR
    main: int = MAIN_FLOOR
    source: str = ""
    """Name and number of the unit's own rules."""

    def pot_of(self, kind: RewardKind) -> int:
        return self.equity if kind is RewardKind.EQUITY else self.pot


@dataclass(frozen=True)
class Sharing:
    """A proposal. `pot` is the people's part of the net income (or of the shares) in basis points."""

    kind: RewardKind
    income: Money
    deductions: tuple[Deduction, ...]
    pot: int
    people: tuple[PersonShare, ...]
    units: tuple[UnitShare, ...] = ()

    @property
    def net(self) -> Money:
        return self.income - Money(
            sum(deduction.amount for deduction in self.deductions), self.income.currency
        )

    @property
    def main(self) -> int:
        """Return the main contributors' part of the pot, in basis points."""
        return sum(person.basis_points for person in self.people if person.is_main)

    @property
    def pot_money(self) -> Money:
        """Return the pot, rounded up to a whole fen so that a floor holds to the fen."""
        return Money(-(-self.net.amount * self.pot // WHOLE), self.income.currency)

    @property
    def people_amounts(self) -> list[int]:
        """Return the amount of each person in minor units; they add up to the pot.

        The main contributors' part is rounded up as a whole first, so that their floor holds to the fen.
        """
        main = -(-self.pot_money.amount * self.main // WHOLE)
        parts: list[int] = []
        for is_main, total in ((True, main), (False, self.pot_money.amount - main)):
            weights = [person.basis_points for person in self.people if person.is_main is is_main]
            parts += allocate(total, weights) if weights else []
        order = sorted(range(len(self.people)), key=lambda place: not self.people[place].is_main)
        amounts = [0] * len(self.people)
        for place, part in zip(order, parts, strict=True):
            amounts[place] = part
        return amounts

    @property
    def unit_amounts(self) -> list[int]:
        """Return the amount of each unit in minor units; they add up to what is not the people's."""
        if not self.units:
            return []
        rest = (self.net - self.pot_money).amount
        return allocate(rest, [unit.basis_points for unit in self.units])


@dataclass(frozen=True)
class Check:
    """One floor compared with the proposal."""

    words: str
    clause: str
    is_met: bool
    field: str
    """The form field to correct."""


def checks(sharing: Sharing, floors: Floors) -> list[Check]:
    """Check the proposal against each floor; return them with their articles."""
    pot_floor = floors.pot_of(sharing.kind)
    is_equity = sharing.kind is RewardKind.EQUITY
    law = (
        _("促进科技成果转化法第四十五条第一款第二项：作价投资的，不低于股份或出资比例的百分之五十")
        if is_equity
        else _("促进科技成果转化法第四十五条第一款第一项：转让、许可净收入的不低于百分之五十")
    )
    share = percent(sharing.pot)
    what = (
        _("奖励占股份的 %(share)s", share=share) if is_equity else _("奖励占净收入的 %(share)s", share=share)
    )
    floor_checks = [
        Check(what, law, sharing.pot >= POT_FLOOR, "pot"),
        Check(
            _("主要贡献人员占奖励总额的 %(share)s", share=percent(sharing.main)),
            _("国发〔2016〕16号：对主要贡献人员的奖励份额不低于奖励总额的百分之五十"),
            sharing.main >= MAIN_FLOOR,
            "people",
        ),
    ]
    if floors.source:
        own = _("本单位规定：%(source)s", source=floors.source)
        floor_checks += [
            Check(_("奖励不低于 %(floor)s", floor=percent(pot_floor)), own, sharing.pot >= pot_floor, "pot"),
            Check(
                _("主要贡献人员不低于奖励总额的 %(floor)s", floor=percent(floors.main)),
                own,
                sharing.main >= floors.main,
                "people",
            ),
        ]
    return floor_checks


def require_valid(sharing: Sharing, floors: Floors) -> None:
    """Raise unless the proposal adds up and meets every floor.

    Raises:
        Invalid: names the field and the article.
    """
    if sharing.net.amount <= 0:
        raise Invalid(
            _("扣除的费用合计不能达到或超过收入 %(income)s。", income=yuan(sharing.income)),
            field="deductions",
        )
    if not sharing.people:
        raise Invalid(_("请至少填写一位受奖励人员。"), field="people")
    _require_sum([person.basis_points for person in sharing.people], "people", _("人员份额"))
    if sharing.units:
        _require_sum([unit.basis_points for unit in sharing.units], "units", _("单位份额"))
    elif sharing.pot < WHOLE:
        raise Invalid(_("奖励以外的部分归哪些单位，也要写明份额。"), field="units")
    for check in checks(sharing, floors):
        if not check.is_met:
            raise Invalid(
                _("%(words)s，低于规定。依据：%(clause)s。", words=check.words, clause=check.clause),
                field=check.field,
            )


def _require_sum(parts: Sequence[int], field: str, name: str) -> None:
    if any(part <= 0 for part in parts) or sum(parts) != WHOLE:
        raise Invalid(
            _("%(name)s合计 %(sum)s，应等于 100%%。", name=name, sum=percent(sum(parts))), field=field
        )


def tax_hint(kind: RewardKind, is_state_unit: bool, is_registered: bool) -> str:
    """Return a hint about the tax on the rewards, not advice."""
    if kind is RewardKind.EQUITY:
        return _(
            "股权奖励的个人所得税可按规定递延，取得分红或转让时缴纳；请向主管税务机关备案。"
            "依据：财税〔2016〕101号。"
        )
    if is_state_unit and is_registered:
        return _(
            "科研机构、高校从职务科技成果转化收入中给予科技人员的现金奖励，"
            "在收到收入三年内发放并经公示、合同已认定登记的，减按 50% 计入当月工资薪金。"
            "依据：财税〔2018〕58号。"
        )
    return _(
        "现金奖励按工资薪金缴纳个人所得税；减按 50% 计入须是科研机构和高校，且合同已认定登记。"
        "依据：财税〔2018〕58号。"
    )
