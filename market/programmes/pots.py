"""How a list's pot was shared, in words by which anybody can compute each award again. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

from market.documents.sentences import Sentence, sentence
from market.kit.formats import yuan

PLACES = Decimal("0.0000000001")
"""The factor is printed with ten decimals; awards are computed with the exact fraction."""


@dataclass(frozen=True)
class PotSharing:
    """The pot of a confirmed list, the sum of what was computed, and the rule that shared it."""

    pot: int
    computed: int
    mode: str
    """`pro_rata`, `ranked`, `hard_stop` or `none`, see `sharing.share_pot`."""

    @property
    def is_short(self) -> bool:
        """Return whether the pot was less than what was computed, so that awards were cut."""
        return self.mode != "none" and self.computed > self.pot

    @property
    def factor(self) -> Decimal:
        """Return pot by computed, cut off after ten decimals."""
        return (Decimal(self.pot) / Decimal(self.computed)).quantize(PLACES, ROUND_DOWN)

    def sentences(self) -> list[Sentence]:
        """Return how the pot is shared; nothing where it sufficed."""
        if not self.is_short:
            return []
        if self.mode != "pro_rata":
            return [
                sentence(
                    "本批核算合计 %(computed)s，年度预算可用余额 %(pot)s；按名次依次足额安排，余额用完为止。",
                    computed=yuan(self.computed),
                    pot=yuan(self.pot),
                )
            ]
        return [
            sentence(
                "本批核算合计 %(computed)s，年度预算可用余额 %(pot)s，"
                "折算系数＝可用余额÷核算合计＝%(factor)s（截取十位小数）。",
                computed=yuan(self.computed),
                pot=yuan(self.pot),
                factor=f"{self.factor:f}",
            ),
            sentence(
                "每项补助＝核算金额×可用余额÷核算合计，不足一分的舍去；"
                "舍去的余数合计按各项舍去部分从大到小逐项加一分，直到合计等于可用余额。"
            ),
        ]

    def share_of(self, computed: int, award: int) -> Sentence:
        """Return how one award follows from what was computed for it, with its remainder."""
        if self.mode != "pro_rata" or not self.is_short:
            return sentence("核算补助 %(sum)s，安排 %(award)s。", sum=yuan(computed), award=yuan(award))
        exact = Decimal(computed * self.pot) / Decimal(self.computed)
        whole = computed * self.pot // self.computed
        return sentence(
            "核算补助 %(sum)s，折算 %(exact)s 元，舍去余数后 %(whole)s，"
            "余数分配 %(extra)s 分，补助 %(award)s。",
            sum=yuan(computed),
            exact=f"{(exact / 100).quantize(Decimal('0.000001'), ROUND_DOWN):,f}",
            whole=yuan(whole),
            extra=award - whole,
            award=yuan(award),
        )
