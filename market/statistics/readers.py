"""Who reads what: the department everything, parties their own contracts, everybody what was disclosed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from market.accounts.actors import Actor
from market.contracts.states import Disclosure
from market.kit.formats import figure as format_figure
from market.kit.growth import Growth
from market.kit.i18n import gettext as _
from market.records.figures import Figure, Measure, Row
from market.statistics.figures import FROZEN, LIVE
from market.statistics.layouts import Line, Table
from market.statistics.periods import Chosen
from market.statistics.states import StatisticsAct
from market.statistics.units import UnitLine, UnitReport

PRIVATE = [each[0].source for figures in (LIVE, FROZEN) for each in (figures.corrections, figures.receipts)]
"""Sources whose rows only the department and the parties read."""
WHOLE = ("contract_amount", "trade_amount")
"""Amounts that guests read by part where enough contracts stand behind them; others of the whole alone."""


@dataclass(frozen=True)
class Reader:
    """One person, or a guest, before the figures."""

    actor: Actor | None

    @property
    def reads_all(self) -> bool:
        return self.actor is not None and self.actor.may(StatisticsAct.READ_STATISTICS)

    @property
    def organisation(self) -> UUID | None:
        """Return the organisation whose own contracts the person reads."""
        if self.actor is None or not self.actor.is_organisation_verified:
            return None
        return self.actor.organisation_id

    def is_shown(self, table: Table, line: Line, key: str, chosen: Chosen) -> bool:
        """Return whether the person reads a figure of a line: each count; sums where they tell no price."""
        figure = line.now[key].figure
        if self.reads_all or figure.measure is Measure.COUNT:
            return True
        if not chosen.is_of_months:
            return False
        return line is table.total or (key in WHOLE and line.key not in table.hidden)

    def reads_unit(self, report: UnitReport, line: UnitLine, key: str, chosen: Chosen) -> bool:
        """Return whether the person reads a figure of a unit: guests each count, and the amount of enough."""
        if self.reads_all or line.now[key].figure.measure is Measure.COUNT:
            return True
        if line.key and line.key == str(self.organisation):
            return True
        if not chosen.is_of_months or key != f"{report.counted}_amount":
            return False
        return not line.key or line.key not in report.hidden

    def shown_growth(self, table: Table, line: Line, key: str, chosen: Chosen) -> Growth | None:
        """Return how a figure grew, where the person reads it."""
        return line.growth(key) if self.is_shown(table, line, key, chosen) else None

    def narrowed(self, figure: Figure) -> Figure:
        """Return the figure over those of its rows alone that the person reads.

        What parties disclose is that they made a contract: what was paid or ended is theirs.
        """
        if self.reads_all:
            return figure
        nothing, own = Disclosure.NOTHING.value, self.organisation
        public = f"seller_disclosure <> '{nothing}' AND buyer_disclosure <> '{nothing}'"
        if figure.source in PRIVATE:
            public = "false"
        parties = f" OR unit = '{own}' OR buyer = '{own}'" if own else ""
        return replace(figure, where=f"({figure.where}) AND (({public}){parties})")

    def opens(self, row: Row) -> bool:
        """Return whether the person reads the whole row."""
        own = str(self.organisation) if self.organisation else None
        return self.reads_all or (own is not None and own in (row.values["unit"], row.values["buyer"]))

    def amount(self, figure: Figure, row: Row) -> str:
        """Return the amount of a row, where the person reads it: of what was disclosed, the price."""
        both = {row.values["seller_disclosure"], row.values["buyer_disclosure"]}
        is_price = both == {Disclosure.PRICE.value} and figure.amount == "amount"
        return format_figure(row.money) if is_price or self.opens(row) else _("未公开")
