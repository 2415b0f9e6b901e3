"""How well an outcome fits a need, told to people: group, sentences, words of a gap. Pure.

The score ranks; the group decides what is shown. It asks for a common subject, which is told by wording and
meaning alone: field, region and maturity give points to every pair of one trade.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from market.codes import regions
from market.codes.labels import label
from market.kit.formats import wan
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.labels import LabelEnum
from market.matching.indicators import Gap, IndicatorFit, Verdict
from market.matching.scoring import WEIGHTS

CLOSE = 400
"""Points of wording and meaning, of 620, from which two texts are of one subject. In the demo's 986 pairs the
46 that belong together have 408 and more, all others but eleven less than 340."""
RELATED = 320
"""Points from which they are of neighbouring subjects."""
RELATED_BY_INDICATOR = 220
"""Points from which a target that the outcome states makes a pair worth a look."""
HARD = frozenset({"budget_below_price", "maturity_too_low", "mode_not_offered", "exclusive_not_possible"})
"""Misfits with which a pair is 可参考 at best."""


class Group(LabelEnum):
    GOOD = "good", lazy("很合适"), "done"
    WORTH = "worth", lazy("可参考")
    REST = "rest", lazy("只是用词相近")


@dataclass(frozen=True, slots=True)
class Terms:
    """What both sides say of price, maturity, way of cooperation and region."""

    budget: int | None
    price: int | None
    """In fen; None is 面议."""
    trl_min: int | None
    trl: int | None
    modes_wanted: Collection[str]
    modes: Collection[str]
    region_wanted: str
    region: str
    is_exclusive_refused: bool = False
    """The need asks for exclusive rights that the outcome does not give."""


def group_of(parts: Mapping[str, int], misfits: Collection[str], indicators: Sequence[IndicatorFit]) -> Group:
    """Return the group of a pair by the points of its parts, its misfits and the need's targets."""
    content = parts.get("wording", 0) + parts.get("meaning", 0)
    verdicts = [row.verdict for row in indicators]
    is_stated = any(verdict in (Verdict.REACHED, Verdict.SHORT) for verdict in verdicts)
    if content < (RELATED_BY_INDICATOR if is_stated else RELATED):
        return Group.REST
    musts = [row.verdict for row in indicators if row.is_must]
    is_enough = (
        all(verdict is Verdict.REACHED for verdict in musts) if musts else Verdict.SHORT not in verdicts
    ) and (Verdict.REACHED in verdicts or not verdicts)
    return Group.GOOD if content >= CLOSE and is_enough and not HARD & set(misfits) else Group.WORTH


def gap_words(name: str, gap: Gap) -> str:
    """Return by how much a value differs from its target: 高 3.6, 少 8 个百分点, 正好."""
    if not gap.side:
        return _("正好")
    amount = f"{gap.amount} {gap.unit}" if gap.unit == "个百分点" or "元" in gap.unit else gap.amount
    if name.rstrip("）)").endswith(("量", "数", "次数", "人数")):
        return _("多 %(amount)s", amount=amount) if gap.side > 0 else _("少 %(amount)s", amount=amount)
    return _("高 %(amount)s", amount=amount) if gap.side > 0 else _("低 %(amount)s", amount=amount)


def indicator_sentences(indicators: Sequence[IndicatorFit]) -> list[str]:
    """Return what the table says, in sentences: reached, short, not stated, to be compared by a person."""
    if not indicators:
        return [_("需求没有写指标")]
    sentences = []
    musts = [row for row in indicators if row.is_must]
    reached = [row for row in indicators if row.verdict is Verdict.REACHED]
    if musts and all(row.verdict is Verdict.REACHED for row in musts):
        sentences.append(_("%(count)s 项必达全部达到", count=len(musts)))
    elif len(reached) == len(indicators):
        sentences.append(_("%(count)s 项指标全部达到", count=len(reached)))
    elif reached:
        sentences.append(_("%(all)s 项指标达到 %(count)s 项", all=len(indicators), count=len(reached)))
    sentences += [
        _("%(name)s%(gap)s，没有达到", name=row.name, gap=gap_words(row.name, row.gap))
        for row in indicators
        if row.verdict is Verdict.SHORT and row.gap
    ]
    for verdict, words in (
        (Verdict.UNSTATED, lazy("%(names)s没有写，可以先问")),
        (Verdict.UNCLEAR, lazy("%(names)s两边写法不同，请您比较")),
    ):
        if names := [row.name for row in indicators if row.verdict is verdict]:
            sentences.append(str(words) % {"names": "、".join(names)})
    return sentences


def term_sentences(terms: Terms) -> list[str]:
    """Return how price, way of cooperation, maturity and region fit."""
    sentences = [price_words(terms), mode_words(terms), maturity_words(terms), region_words(terms)]
    if terms.is_exclusive_refused:
        sentences.append(label("misfit", "exclusive_not_possible"))
    return [sentence for sentence in sentences if sentence]


def price_words(terms: Terms) -> str:
    """Return how the price stands to the budget."""
    if terms.price is None:
        return _("价格面议")
    if terms.budget is None:
        return _("挂牌价 %(price)s，需求方没有写预算", price=wan(terms.price))
    if terms.price > terms.budget:
        return _("挂牌价比预算高 %(amount)s", amount=wan(terms.price - terms.budget))
    return _("挂牌价正在预算的上限") if terms.price == terms.budget else _("挂牌价在预算内")


def mode_words(terms: Terms) -> str:
    """Return which ways of cooperation both want; empty where a side names none."""
    if not terms.modes_wanted or not terms.modes:
        return ""
    common = [mode for mode in terms.modes_wanted if mode in terms.modes]
    if common:
        return _("合作方式相合：%(modes)s", modes=named_modes(common))
    return _(
        "合作方式不同：要的是%(wanted)s，有的是%(offered)s",
        wanted=named_modes(terms.modes_wanted),
        offered=named_modes(terms.modes),
    )


def named_modes(modes: Collection[str]) -> str:
    """Return ways of cooperation by name, in a line."""
    return "、".join(label("mode", mode) for mode in modes)


def maturity_words(terms: Terms) -> str:
    """Return how the outcome's maturity stands to what is asked; empty where nothing is."""
    if terms.trl_min is None:
        return ""
    if terms.trl is None:
        return _("成熟度没有写")
    if terms.trl < terms.trl_min:
        return _("成熟度 TRL %(trl)s，低于要求的 TRL %(least)s", trl=terms.trl, least=terms.trl_min)
    return _("成熟度够，TRL %(trl)s", trl=terms.trl)


def region_words(terms: Terms) -> str:
    """Return whether both are of one city or province; empty where a side does not say."""
    if not regions.is_known(terms.region) or not regions.is_known(terms.region_wanted):
        return ""
    city, province = terms.region[:4] + "00", terms.region[:2] + "0000"
    if terms.region_wanted[:4] == city[:4] and regions.is_known(city):
        return _("同在%(region)s", region=regions.name(city))
    words = _("同在%(region)s") if terms.region_wanted[:2] == province[:2] else _("成果在%(region)s")
    return words % {"region": regions.name(province)}


@dataclass(frozen=True, slots=True)
class PartRow:
    """One part of the score: its points and the most there are, of 100, and why."""

    label: str
    points: int
    most: int
    because: str


def part_rows(parts: Mapping[str, int], terms: Sequence[str], misfits: Collection[str]) -> list[PartRow]:
    """Return the parts of a score for 怎样算的, wording and meaning as one."""
    refused = parts.get("feedback", 0)
    content = parts.get("wording", 0) + parts.get("meaning", 0)
    rows = [(_("用词与含义"), content, WEIGHTS.content, "、".join(terms))]
    most = {
        "field": (WEIGHTS.field, "field_differs"),
        "budget": (WEIGHTS.budget, "budget_below_price"),
        "region": (WEIGHTS.region, "region_far"),
        "maturity": (WEIGHTS.maturity, "maturity_too_low"),
        "mode": (WEIGHTS.mode, "mode_not_offered"),
    }
    for key, (points, misfit) in most.items():
        because = label("misfit", misfit) if misfit in misfits else ""
        if not because and not parts.get(key):
            because = _("一方没有写")
        rows.append((label("match_part", key), parts.get(key, 0), points, because))
    if refused:
        rows.append((label("match_part", "feedback"), refused, 0, label("misfit", "like_refused")))
    return [
        PartRow(name, round(points / 10), round(most / 10), because) for name, points, most, because in rows
    ]
