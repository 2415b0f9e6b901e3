"""The comparison to print: each match's indicators and terms side by side, one pair on a page. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from market.codes import lists, regions
from market.kit.formats import day, wan
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.listings.models import Need, Outcome
from market.listings.rules import budget_text
from market.matching.fit_pages import FitCard
from market.matching.fits import (
    Terms,
    gap_words,
    maturity_words,
    named_modes,
    price_words,
    region_words,
)
from market.matching.indicators import IndicatorFit, Verdict

VERDICTS = {
    Verdict.REACHED: lazy("达到"),
    Verdict.SHORT: lazy("没有达到"),
    Verdict.UNCLEAR: lazy("写法不同，请比较"),
    Verdict.UNSTATED: lazy("没有写，可以先问"),
}


def print_data(
    listing: Need | Outcome, cards: Sequence[FitCard], address: str, today: date
) -> dict[str, Any]:
    """Return what `comparison.typ` prints: what the need asks beside what each outcome states.

    A masked need names neither its enterprise nor more of its place than the city.
    """
    return {
        "title": listing.title,
        "head": [_("指标"), _("需求要的"), _("成果有的"), _("比较")],
        "pairs": [_pair(listing, card) for card in cards],
        "address": address,
        "foot": _(
            "%(number)s 指标对照 · 打印于 %(day)s · 以双方页面为准", number=listing.number, day=day(today)
        ),
    }


def _pair(listing: Need | Outcome, card: FitCard) -> dict[str, Any]:
    is_need = isinstance(listing, Need)
    return {
        "group": str(card.group.label),
        "other": _("成果") if is_need else _("需求"),
        "title": card.other.title,
        "facts": _("%(number)s　%(owner)s", number=card.other.number, owner=card.owner_name),
        "words": "；".join(card.indicator_words),
        "rows": [*map(_indicator_row, card.indicators), *_term_rows(card)],
        "indicators": len(card.indicators),
    }


def _indicator_row(row: IndicatorFit) -> list[str]:
    verdict = str(VERDICTS[row.verdict])
    return [
        f"{row.name}（{_('必达')}）" if row.is_must else row.name,
        row.wanted,
        row.offered or "—",
        f"{verdict}，{gap_words(row.name, row.gap)}" if row.gap else verdict,
    ]


def _term_rows(card: FitCard) -> list[list[str]]:
    need, outcome, terms = card.need, card.outcome, card.terms
    least = _("TRL %(trl)s 以上", trl=need.trl_min) if need.trl_min else ""
    stage = f"TRL {outcome.trl} {lists.stage(outcome.trl)}" if outcome.trl else ""
    rows = [
        (_("预算和挂牌价"), budget_text(need), wan(outcome.price_amount), price_words(terms)),
        (_("成熟度"), least, stage, maturity_words(terms)),
        (_("合作方式"), named_modes(need.modes), named_modes(outcome.modes), _agreement(terms)),
        (_("所在地"), _city(need.region), _city(outcome.region), region_words(terms)),
    ]
    return [[str(cell) or "—" for cell in row] for row in rows if row[1] or row[2]]


def _agreement(terms: Terms) -> str:
    """Return whether the ways of cooperation agree; the columns beside it name them."""
    if not terms.modes_wanted or not terms.modes:
        return ""
    return _("相合") if any(mode in terms.modes for mode in terms.modes_wanted) else _("不同")


def _city(region: str) -> str:
    """Return the name of the city, or of the province where the code names no city."""
    code = regions.current(region) if region else ""
    for known in (code[:4] + "00", code[:2] + "0000"):
        if code and regions.is_known(known):
            return regions.name(known)
    return ""
