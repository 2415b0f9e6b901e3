"""What the acts of the story hand on to each other: who plays, and the numbers of what came about."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import Page

from tests.browser.conftest import Market

UNIVERSITY = "桂海理工学院"
ENTERPRISE = "右江精铝线材有限公司"
OUTCOME = "稀土微合金化高导铝导线连铸连轧工艺"
NEED = "提高架空铝导线导电率且强度不降"
ENTERPRISE_PHONE = "0776-2855019"
UNIVERSITY_PHONE = "0771-3236101"
PASSWORD = "correct horse battery"


@dataclass
class Story:
    """One outcome on its way; each person sits at a browser of their own."""

    market: Market
    outcome: str = ""
    listing_import: str = ""
    need: str = ""
    deal: str = ""
    notice: str = ""
    contract: str = ""
    claim: str = ""
    batch: str = ""
    disbursement: str = ""

    @property
    def author(self) -> Page:
        """The university's first person."""
        return self.market.visitor("author")

    @property
    def cashier(self) -> Page:
        """The university's second person, who confirms receipts."""
        return self.market.visitor("cashier")

    @property
    def colleague(self) -> Page:
        """The university's third person, invited by mail, who brings in its list."""
        return self.market.visitor("colleague")

    @property
    def buyer(self) -> Page:
        """The enterprise's person."""
        return self.market.visitor("buyer")

    @property
    def operator(self) -> Page:
        return self.market.demo("operator")
