"""Invariants of statistics: reports are as they were frozen, their cells are their rows, definitions stay."""

from __future__ import annotations

from collections.abc import Mapping

from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.room import Check, Invariant
from market.statistics.definitions import terms_of
from market.statistics.frozen import count_cells, digest
from market.statistics.models import Bulletin, StatisticsDefinition


async def bulletins_are_unchanged() -> list[str]:
    """A report has the hash of its definition, its cells and its rows."""
    return [
        _("月报 %(number)s 与封存时的校验值不符", number=bulletin.number)
        for bulletin in await Bulletin.filter(figures__isnull=False)
        if await digest(bulletin) != bulletin.rows_hash
    ]


async def cells_are_their_rows() -> list[str]:
    """Each cell of a report is the number, or the sum, of the rows that it was frozen with."""
    return [
        _("月报 %(number)s 的数与明细不符", number=bulletin.number)
        for bulletin in await Bulletin.filter(figures__isnull=False)
        if await count_cells(bulletin) != bulletin.figures
    ]


async def definitions_are_unchanged() -> list[str]:
    """A version of the definition says what its hash stands for."""
    return [
        _("统计口径第 %(version)s 版与校验值不符", version=stored.version)
        for stored in await StatisticsDefinition.all()
        if terms_of(stored).content_hash != stored.content_hash
    ]


CHECKS: Mapping[str, Invariant[Check]] = {
    "statistics: reports are unchanged": Invariant(lazy("统计：月报没有变"), bulletins_are_unchanged),
    "statistics: cells are their rows": Invariant(lazy("统计：月报的数等于明细"), cells_are_their_rows),
    "statistics: definitions are unchanged": Invariant(
        lazy("统计：口径与校验值一致"), definitions_are_unchanged
    ),
}
